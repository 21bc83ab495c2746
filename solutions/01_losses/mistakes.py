"""Known wrong answers for losses.py, each with the hint that it earns."""

# fmt: off

from grader.assignment.mistakes import edit, mistake, whole

# Most answers don't shift the scores: what they get wrong gives other numbers than with the shift.
SHIFT = "x = x - x.max(-1, keepdim=True).values"
LOG_SOFTMAX = "x - x.exp().sum(-1, keepdim=True).log()"
PICKED = "input[range(len(input)), target]"
RIGHT = "(out.argmax(dim=-1) == yb)"
MEAN = ".float().mean()"

# ------------------------------------------------------------------------------- log_softmax

mistake("log_softmax", "no_logarithm", edit(LOG_SOFTMAX, "x.exp() / x.exp().sum(-1, keepdim=True)"),
    hint="These are the probabilities themselves (softmax). Take their logarithm.")
mistake("log_softmax", "sums_over_the_samples", edit(SHIFT, ""), edit(".sum(-1", ".sum(0"),
    hint="""The exponentials are summed down the columns, over the samples. Each row is one sample:
    sum along the row, which is the last dimension.""")
mistake("log_softmax", "sums_over_everything", edit(SHIFT, ""),
    edit(".sum(-1, keepdim=True)", ".sum()"),
    hint="""sum() without a dimension adds up the whole batch. Each row needs a sum of its own: the
    probabilities in each row, not those in the whole batch, add up to 1.""")
mistake("log_softmax", "drops_the_dimension", edit(SHIFT, ""),
    edit(".sum(-1, keepdim=True)", ".sum(-1)"),
    hint="""After the sum the row's dimension is gone: the sums have shape (N,), so the subtraction
    fails, or for a square batch takes the wrong row's sum. Keep that dimension, with size 1.""")
mistake("log_softmax", "logarithm_before_the_sum", edit(SHIFT, ""),
    edit(".sum(-1, keepdim=True).log()", ".log().sum(-1, keepdim=True)"),
    hint="""The plain sum of the row's scores is subtracted: exp() is missing, or the logarithm is
    taken before the sum and undoes it. First exp(), then the sum, then its logarithm.""")
mistake("log_softmax", "logarithm_to_base_ten", edit(SHIFT, ""), edit(".log()", ".log10()"),
    hint="""exp() and log10() don't belong together: the inverse of exp() is the natural logarithm,
    which is called log().""")
SHIFTED_ONCE = """The row's largest score is subtracted in one place and not in the other. It
    cancels only when both the score and the exponentials in the sum are shifted by it."""
mistake("log_softmax", "shifts_only_the_scores", edit("x = x - x.max", "shifted = x - x.max"),
    edit("return x -", "return shifted -"), hint=SHIFTED_ONCE)
mistake("log_softmax", "shifts_only_in_the_sum", edit("x = x - x.max", "shifted = x - x.max"),
    edit("x.exp()", "shifted.exp()"), hint=SHIFTED_ONCE)
mistake("log_softmax", "sign_turned_round",
    edit(LOG_SOFTMAX, "x.exp().sum(-1, keepdim=True).log() - x"),
    hint="""The sign is turned round: these numbers are positive, and the logarithm of a probability
    never is. Subtract the log of the sum from the score.""")
mistake("log_softmax", "adds_the_logarithm", edit(SHIFT, ""), edit("return x -", "return x +"),
    hint="""Dividing by a sum becomes subtracting its logarithm, not adding it. Check that exp() of
    each row adds up to 1.""")
mistake("log_softmax", "mean_of_the_exponentials", edit(".sum(", ".mean("),
    hint="""The mean of the exponentials is used in place of their sum, so each row's probabilities
    add up to the number of classes, not to 1.""")
mistake("log_softmax", "largest_score_for_the_sum", edit(LOG_SOFTMAX, "x"),
    hint="""The row's largest score stands in for the log of the sum. It comes close only where one
    score towers above the rest; the others count too.""")
mistake("log_softmax", "each_score_by_itself", edit(SHIFT, ""),
    edit(LOG_SOFTMAX, "-(1 + (-x).exp()).log()"),
    hint="""Each score is passed through a sigmoid by itself. The classes of a row compete: every
    probability depends on all scores of its row.""")
mistake("log_softmax", "sum_is_detached", edit(SHIFT, ""), edit(".log()", ".log().detach()"),
    hint="""The values are right, but the sum is cut off from x (by detach(), no_grad() or item()),
    so the gradient leaves out how each score moves the row's sum.""")
NO_GRAPH = """The values are right, but the result has no graph that leads back to x, so nothing
    that uses this loss can learn. Stay with tensors throughout: no_grad(), detach(), item(),
    tolist() and NumPy leave their history behind."""
mistake("log_softmax", "without_a_graph",
    edit("return x", "with torch.no_grad():\n        return x"), hint=NO_GRAPH)
mistake("log_softmax", "goes_through_python_numbers",
    edit(LOG_SOFTMAX, "torch.tensor((" + LOG_SOFTMAX + ").tolist(), dtype=x.dtype)"), hint=NO_GRAPH)
mistake("log_softmax", "writes_into_x", edit("x = x - x.max", "x -= x.max"),
    hint="""The result is right, but an in-place operation (such as `-=`) writes into the caller's
    own x, which is lost. Build a new tensor instead.""")
mistake("log_softmax", "always_single_precision", edit(SHIFT, "x = x.float()"),
    hint="""Everything is turned into float32 on the way. Leave x in the dtype it comes in, and the
    result has that dtype by itself.""")
mistake("log_softmax", "ten_classes_only",
    edit("x.exp().sum(-1, keepdim=True)", "sum(x[:, j].exp() for j in range(10)).unsqueeze(-1)"),
    hint="""A column is asked for that x doesn't have: the number of classes is fixed (at ten, say),
    or a loop runs too far. Let the sum run over however many columns x has.""")
VIEW = """view() needs numbers that lie side by side in memory, and those of a transpose or of a
    slice don't. Work along a dimension (or index, or reshape) instead."""
mistake("log_softmax", "relies_on_the_memory_layout",
    edit(SHIFT, "rows = x.view(-1).split(x.shape[-1])"),
    edit(LOG_SOFTMAX, "torch.stack([row - row.exp().sum().log() for row in rows])"), hint=VIEW)
READY_MADE = """That is PyTorch's own function. From the next exercise on you may use it; here,
    write its formula yourself."""
mistake("log_softmax", "library_function", edit(LOG_SOFTMAX, "F.log_softmax(x, dim=-1)"),
    hint=READY_MADE)

# --------------------------------------------------------------------------------------- nll

mistake("nll", "no_minus_sign", edit("return -", "return "),
    hint="""The minus sign is missing: log-probabilities are negative, and a loss has to fall as the
    right class becomes more likely.""")
mistake("nll", "sum_instead_of_mean", edit(".mean()", ".sum()"),
    hint="""This is the sum over the batch. Take the mean, so that the loss doesn't grow with the
    number of samples.""")
mistake("nll", "mean_over_the_zeros_too",
    edit(PICKED, "(input * F.one_hot(target, input.shape[1]))"),
    hint="""The mean runs over all N × C numbers, zeros included. Only N of them count, one for each
    sample: divide by N.""")
mistake("nll", "divides_by_the_classes", edit(".mean()", ".sum() / input.shape[1]"),
    hint="""The sum is divided by the number of classes (columns). Divide it by the number of
    samples (rows).""")
mistake("nll", "every_row_with_every_target", edit("range(len(input))", ":"),
    hint="""input[:, target] takes all those columns for every row: N × N numbers. Only the pairs
    (row i, column target[i]) are wanted, so the rows need an index of their own.""")
mistake("nll", "targets_as_rows",
    edit("range(len(input)), target", "target, range(len(input))"),
    hint="""The targets are used to pick rows. A target is a class, and the classes are the columns:
    the row is the sample's own number.""")
mistake("nll", "most_likely_class", edit(PICKED, "input.max(-1).values"),
    hint="""The highest log-probability of each row is taken, whatever the right class is. So the
    loss rewards confidence, not being right: use target.""")
mistake("nll", "target_as_a_factor", edit(PICKED, "(input * target.unsqueeze(-1)).sum(-1)"),
    hint="""The target's number itself is multiplied in. A target isn't a quantity but the index of
    a column to pick.""")
mistake("nll", "mean_probability", edit("-input", "-input.exp()"),
    hint="""exp() turns the log-probabilities back into probabilities, and their mean is another
    quantity. input holds logarithms already: average those.""")
mistake("nll", "logarithm_of_the_mean", edit(".mean()", ".exp().mean().log()"),
    hint="""The probabilities are averaged first and the logarithm taken after. Average the
    logarithms: the log of a mean isn't the mean of the logs.""")
mistake("nll", "logarithm_twice", edit("-input", "-input.log()"),
    hint="""A logarithm is taken of what is a logarithm already; of negative numbers it is NaN.
    input holds log-probabilities: use them as they are.""")
mistake("nll", "normalises_again",
    edit("-input", "-(input - input.exp().sum(-1, keepdim=True).log())"),
    hint="""log_softmax is applied to what is log_softmax's result already. The value doesn't show
    it, but the gradient does: it should reach the right class's number only.""")
mistake("nll", "python_number", edit(".mean()", ".mean().item()"),
    hint="""This is a plain Python number, which has no graph: backward() can't start from it.
    item() and float() make one of a tensor. Return the tensor.""")
mistake("nll", "detached_loss", edit("-input", "-input.detach()"),
    hint="""The value is right, but the loss has no graph that leads back to input: no gradient
    flows, and a model that minimises it learns nothing.""")
mistake("nll", "one_loss_a_sample", edit(".mean()", ""),
    hint="This is one loss a sample. Their mean is asked for: a single number for the batch.")
mistake("nll", "first_sample_only", edit(PICKED + ".mean()", PICKED + "[0]"),
    hint="""Only the first sample counts here (a return inside the loop?). Go through the whole
    batch before taking the mean.""")
mistake(
    "nll",
    "mean_of_class_means",
    whole("""
    def nll(input, target):
        picked = input[range(target.shape[0]), target]
        return -torch.stack([picked[target == c].mean() for c in target.unique()]).mean()
    """),
    hint="""The mean is taken over classes, each class's own mean first. Every sample weighs the
    same, however many there are of its class.""",
)
mistake("nll", "classes_guessed_from_the_batch",
    edit(PICKED, "(input * F.one_hot(target)).sum(-1)"),
    hint="""Without a number of classes, one_hot() takes the highest target in the batch for it,
    which is too few where a batch lacks the last class. Read the number off input's shape.""")
mistake("nll", "writes_into_target",
    edit("return -", "target += input.shape[1] * torch.arange(target.shape[0])\n    return -"),
    edit(PICKED, "input.flatten()[target]"),
    hint="""The loss is right, but the caller's target is overwritten on the way by an in-place
    operation. Work on a copy or, better, on a new tensor.""")
mistake("nll", "always_a_float32_loss", edit("-input", "-input.float()"),
    hint="""Everything is turned into float32 on the way. Leave input in the dtype it comes in, and
    the loss has that dtype by itself.""")
mistake("nll", "counts_on_adjacent_numbers",
    edit(PICKED, "input.view(-1)[input.shape[1] * torch.arange(target.shape[0]) + target]"),
    hint=VIEW)
mistake("nll", "library_loss", edit("-" + PICKED + ".mean()", "F.nll_loss(input, target)"),
    hint=READY_MADE)

# ---------------------------------------------------------------------------------- accuracy

mistake("accuracy", "best_sample_of_each_class", edit("argmax(dim=-1)", "argmax(0)"),
    hint="""argmax runs down the columns, so it finds a sample for each class. Look for the highest
    score of each row, along dimension 1.""")
mistake("accuracy", "best_of_the_whole_batch", edit("argmax(dim=-1)", "argmax()"),
    hint="""argmax without a dimension gives one position in the whole batch. Each row needs a
    prediction of its own.""")
mistake("accuracy", "lowest_score", edit("argmax", "argmin"),
    hint="This picks the class with the lowest score. The prediction is the highest one.")
mistake("accuracy", "percentage", edit("return ", "return 100 * "),
    hint="This is a percentage. A share from 0 to 1 is asked for.")
mistake("accuracy", "count", edit(MEAN, ".sum()"),
    hint="This counts the right predictions. Divide by the number of samples to get a share.")
ALL_OR_NOTHING = """Anything short of perfect gives 0: `//` and int() throw the fraction away, and
    all() asks for every sample. Take the mean, which gives the share of the right ones."""
mistake("accuracy", "integer_division", edit(MEAN, ".sum() // yb.shape[0]"), hint=ALL_OR_NOTHING)
mistake("accuracy", "error_rate", edit("==", "!="),
    hint="This is the share of wrong predictions: the error rate. Accuracy counts the right ones.")
mistake("accuracy", "share_of_the_classes", edit(MEAN, ".sum() / out.shape[1]"),
    hint="""The number of right predictions is divided by the number of classes. Divide by the
    number of samples.""")
mistake("accuracy", "score_instead_of_its_index", edit("argmax(dim=-1)", "max(-1).values"),
    hint="""max() gives the highest score itself. Compare its index with yb: argmax() gives
    that.""")
mistake("accuracy", "every_prediction_with_every_label",
    edit("argmax(dim=-1)", "argmax(-1, keepdim=True)"),
    hint="""Predictions and labels differ in shape, (N, 1) and (N,): comparing them gives an N × N
    table, every prediction against every label. Give both the shape (N,).""")
mistake("accuracy", "needs_more_than_half",
    edit(RIGHT, "(out.softmax(-1)[range(yb.shape[0]), yb] > 0.5)"),
    hint="""A prediction counts as right only where its probability exceeds one half. With more than
    two classes the highest may be lower than that: compare the scores with each other.""")
mistake("accuracy", "sign_ignored", edit("out.argmax", "out.abs().argmax"),
    hint="""The size of the scores is compared without their sign. A score of -9 is lower than one
    of 2: compare the scores as they are.""")
mistake("accuracy", "one_answer_a_sample", edit(".mean()", ""),
    hint="""This is a list of which samples are right, not yet a number. Turn True and False into
    1.0 and 0.0, and take the mean.""")
mistake("accuracy", "all_or_nothing", edit(MEAN, ".all().float()"), hint=ALL_OR_NOTHING)
mistake("accuracy", "second_best_counts_too",
    edit(RIGHT, "(out.topk(2, dim=-1).indices == yb.unsqueeze(-1)).any(-1)"),
    hint="""A sample counts as right if its class is among the two highest scores. Only the highest
    one is the prediction.""")
mistake("accuracy", "rounded", edit(RIGHT + MEAN, "round(" + RIGHT + MEAN + ".item(), 2)"),
    hint="The share is rounded. Return it as it is; round it when you print it.")
mistake("accuracy", "batches_of_64_only", edit(MEAN, ".sum() / 64"),
    hint="""The share is divided by a batch size of 64, whatever the batch. Take the number of
    samples from yb, or take the mean.""")
mistake("accuracy", "writes_into_out",
    edit("return ", "out -= out.max(-1, keepdim=True).values\n    return "),
    hint="""The value is right, but the scores are changed in place on the way, and the caller still
    needs them. Compare without writing into `out`.""")
mistake("accuracy", "printed_only", edit("return " + RIGHT + MEAN, "print(" + RIGHT + MEAN + ")"),
    hint="None is returned, whatever is printed. Hand the number back with return.")
