"""Known wrong answers for losses.py, each with the hint that it earns."""

import torch
import torch.nn.functional as F

from grader.assignment.mistakes import mistake

# ------------------------------------------------------------------------------- log_softmax


@mistake(
    "log_softmax",
    hint="These are the probabilities themselves (softmax): their logarithm is still to be taken.",
)
def no_logarithm(x):
    return x.exp() / x.exp().sum(-1, keepdim=True)


@mistake(
    "log_softmax",
    hint="""The exponentials are summed down the columns, over the samples. Each row is one sample:
    sum along the row, which is the last dimension.""",
)
def sums_over_the_samples(x):
    return x - x.exp().sum(0, keepdim=True).log()


@mistake(
    "log_softmax",
    hint="""sum() without a dimension adds up the whole batch. Each row needs a sum of its own:
    the probabilities in each row, not those in the whole batch, add up to 1.""",
)
def sums_over_everything(x):
    return x - x.exp().sum().log()


@mistake(
    "log_softmax",
    hint="""After the sum the row's dimension is gone: the sums have shape (N,), so the subtraction
    fails, or for a square batch takes the wrong row's sum. Keep that dimension, with size 1.""",
)
def drops_the_dimension(x):
    return x - x.exp().sum(-1).log()


@mistake(
    "log_softmax",
    hint="""The logarithm is taken before the sum, where it only undoes exp(). The sum comes first:
    the log of a sum isn't the sum of the logs.""",
)
def logarithm_before_the_sum(x):
    return x - x.exp().log().sum(-1, keepdim=True)


@mistake(
    "log_softmax",
    hint="""exp() and log10() don't belong together: the inverse of exp() is the natural logarithm,
    which is called log().""",
)
def logarithm_to_base_ten(x):
    return x - x.exp().sum(-1, keepdim=True).log10()


@mistake(
    "log_softmax",
    hint="""The row's largest score is subtracted in one place and not in the other. It cancels only
    when both the score and the exponentials in the sum are shifted by it.""",
)
def shifts_only_once(x):
    return x - x.max(-1, keepdim=True).values - x.exp().sum(-1, keepdim=True).log()


@mistake(
    "log_softmax",
    hint="""The sign is turned round: these numbers are positive, and the logarithm of a probability
    never is. Subtract the log of the sum from the score.""",
)
def sign_turned_round(x):
    return x.exp().sum(-1, keepdim=True).log() - x


@mistake(
    "log_softmax",
    hint="""Dividing by a sum becomes subtracting its logarithm, not adding it. Check that exp() of
    each row adds up to 1.""",
)
def adds_the_logarithm(x):
    return x + x.exp().sum(-1, keepdim=True).log()


@mistake(
    "log_softmax",
    hint="""The mean of the exponentials is used in place of their sum, so each row's probabilities
    add up to the number of classes, not to 1.""",
)
def mean_of_the_exponentials(x):
    return x - x.exp().mean(-1, keepdim=True).log()


@mistake(
    "log_softmax",
    hint="""The row's largest score stands in for the log of the sum. It comes close only where one
    score towers above the rest; the others count too.""",
)
def largest_score_for_the_sum(x):
    return x - x.max(-1, keepdim=True).values


@mistake(
    "log_softmax",
    hint="""Each score is passed through a sigmoid by itself. The classes of a row compete: every
    probability depends on all scores of its row.""",
)
def each_score_by_itself(x):
    return -(1 + (-x).exp()).log()


@mistake(
    "log_softmax",
    hint="""The values are right, but detach() cuts the sum off from x, so the gradient leaves out
    how each score moves the row's sum.""",
)
def sum_is_detached(x):
    return x - x.exp().sum(-1, keepdim=True).log().detach()


@mistake(
    "log_softmax",
    hint="""The values are right, but they are computed without a graph, so no gradient can flow
    back to x and nothing that uses this loss can learn. no_grad() is for the update alone.""",
)
def without_a_graph(x):
    with torch.no_grad():
        return x - x.exp().sum(-1, keepdim=True).log()


@mistake(
    "log_softmax",
    hint="""The values leave PyTorch on the way (NumPy, or new tensors made of numbers): their
    history stays behind, and no gradient can flow back to x. Stay with tensors throughout.""",
)
def goes_through_python_numbers(x):
    return torch.tensor((x - x.exp().sum(-1, keepdim=True).log()).tolist(), dtype=x.dtype)


@mistake(
    "log_softmax",
    hint="""The result is right, but `-=` writes it into the caller's own x, which is lost. Build
    a new tensor instead.""",
)
def writes_into_x(x):
    x -= x.exp().sum(-1, keepdim=True).log()
    return x


@mistake(
    "log_softmax",
    hint="""Everything is turned into float32 on the way. Leave x in the dtype it comes in, and the
    result has that dtype by itself.""",
)
def always_single_precision(x):
    x = x.float()
    return x - x.exp().sum(-1, keepdim=True).log()


@mistake(
    "log_softmax",
    hint="""The number of classes is fixed at ten here. Let the sum run over however many columns
    x has.""",
)
def ten_classes_only(x):
    return x - sum(x[:, j].exp() for j in range(10)).log().unsqueeze(-1)


@mistake(
    "log_softmax",
    hint="""view() needs numbers that lie side by side in memory, and those of a transpose or of
    a slice don't. Work along a dimension (or use reshape) instead.""",
)
def relies_on_the_memory_layout(x):
    rows = x.view(-1).split(x.shape[-1])
    return torch.stack([row - row.exp().sum().log() for row in rows])


@mistake(
    "log_softmax",
    hint="""That is PyTorch's own function. From the next exercise on you may use it; here, write
    its formula yourself.""",
)
def library_function(x):
    return F.log_softmax(x, dim=-1)


# --------------------------------------------------------------------------------------- nll


@mistake(
    "nll",
    hint="""The minus sign is missing: log-probabilities are negative, and a loss has to fall as the
    right class becomes more likely.""",
)
def no_minus_sign(input, target):
    return input[range(target.shape[0]), target].mean()


@mistake(
    "nll",
    hint="""This is the sum over the batch. Take the mean, so that the loss doesn't grow with the
    number of samples.""",
)
def sum_instead_of_mean(input, target):
    return -input[range(target.shape[0]), target].sum()


@mistake(
    "nll",
    hint="""The mean runs over all N × C numbers, zeros included. Only N of them count, one for each
    sample: divide by N.""",
)
def mean_over_the_zeros_too(input, target):
    return -(input * F.one_hot(target, input.shape[1])).mean()


@mistake(
    "nll",
    hint="""The sum is divided by the number of classes (columns). It is to be divided by the number
    of samples (rows).""",
)
def divides_by_the_classes(input, target):
    return -input[range(target.shape[0]), target].sum() / input.shape[1]


@mistake(
    "nll",
    hint="""input[:, target] takes all those columns for every row: N × N numbers. Only the pairs
    (row i, column target[i]) are wanted, so the rows need an index of their own.""",
)
def every_row_with_every_target(input, target):
    return -input[:, target].mean()


@mistake(
    "nll",
    hint="""The targets are used to pick rows. A target is a class, and the classes are the columns:
    the row is the sample's own number.""",
)
def targets_as_rows(input, target):
    return -input[target, range(target.shape[0])].mean()


@mistake(
    "nll",
    hint="""The highest log-probability of each row is taken, whatever the right class is. So the
    loss rewards confidence, not being right: use target.""",
)
def most_likely_class(input, target):
    return -input.max(-1).values.mean()


@mistake(
    "nll",
    hint="""The target's number itself is multiplied in. A target isn't a quantity but the index of
    a column to pick.""",
)
def target_as_a_factor(input, target):
    return -(input * target.unsqueeze(-1)).sum(-1).mean()


@mistake(
    "nll",
    hint="""exp() turns the log-probabilities back into probabilities, and their mean is another
    quantity. input holds logarithms already: average those.""",
)
def mean_probability(input, target):
    return -input.exp()[range(target.shape[0]), target].mean()


@mistake(
    "nll",
    hint="""The probabilities are averaged first and the logarithm taken after. Average the
    logarithms: the log of a mean isn't the mean of the logs.""",
)
def logarithm_of_the_mean(input, target):
    return -input[range(target.shape[0]), target].exp().mean().log()


@mistake(
    "nll",
    hint="""A logarithm is taken of what is a logarithm already; of negative numbers it is NaN.
    input holds log-probabilities: use them as they are.""",
)
def logarithm_twice(input, target):
    return -input.log()[range(target.shape[0]), target].mean()


@mistake(
    "nll",
    hint="""log_softmax is applied to what is log_softmax's result already. The value doesn't show
    it, but the gradient does: it should reach the right class's number only.""",
)
def normalises_again(input, target):
    input = input - input.exp().sum(-1, keepdim=True).log()
    return -input[range(target.shape[0]), target].mean()


@mistake(
    "nll",
    hint="""item() gives a plain Python number, which has no graph: backward() can't start from it.
    Return the tensor.""",
)
def python_number(input, target):
    return -input[range(target.shape[0]), target].mean().item()


@mistake(
    "nll",
    hint="""The value is right, but the loss is detached from input: no gradient flows back, and
    a model that minimises it learns nothing.""",
)
def detached_loss(input, target):
    return -input.detach()[range(target.shape[0]), target].mean()


@mistake(
    "nll",
    hint="This is one loss a sample. Their mean is asked for: a single number for the batch.",
)
def one_loss_a_sample(input, target):
    return -input[range(target.shape[0]), target]


@mistake(
    "nll",
    hint="""Only the first sample counts here (a return inside the loop?). Go through the whole
    batch before taking the mean.""",
)
def first_sample_only(input, target):
    for row, right in zip(input, target):
        return -row[right]


@mistake(
    "nll",
    hint="""The mean is taken over classes, each class's own mean first. Every sample weighs the
    same, however many there are of its class.""",
)
def mean_of_class_means(input, target):
    picked = input[range(target.shape[0]), target]
    return -torch.stack([picked[target == c].mean() for c in target.unique()]).mean()


@mistake(
    "nll",
    hint="""Without a number of classes, one_hot() takes the highest target in the batch for it,
    which is too few where a batch lacks the last class. Read the number off input's shape.""",
)
def classes_guessed_from_the_batch(input, target):
    return -(input * F.one_hot(target)).sum(-1).mean()


@mistake(
    "nll",
    hint="""The loss is right, but the caller's target is overwritten on the way by an in-place
    operation. Work on a copy or, better, on a new tensor.""",
)
def writes_into_target(input, target):
    target += input.shape[1] * torch.arange(target.shape[0])
    return -input.flatten()[target].mean()


@mistake(
    "nll",
    hint="""Everything is turned into float32 on the way. Leave input in the dtype it comes in, and
    the loss has that dtype by itself.""",
)
def always_a_float32_loss(input, target):
    return -input.float()[range(target.shape[0]), target].mean()


@mistake(
    "nll",
    hint="""view() needs numbers that lie side by side in memory, and those of a transpose or of
    a slice don't. Index the rows and columns, or use gather, instead.""",
)
def counts_on_adjacent_numbers(input, target):
    return -input.view(-1)[input.shape[1] * torch.arange(target.shape[0]) + target].mean()


@mistake(
    "nll",
    hint="""That is PyTorch's own function. From the next exercise on you may use it; here, write
    its formula yourself.""",
)
def library_loss(input, target):
    return F.nll_loss(input, target)


# ---------------------------------------------------------------------------------- accuracy


@mistake(
    "accuracy",
    hint="""argmax runs down the columns, so it finds a sample for each class. Look for the highest
    score of each row, along dimension 1.""",
)
def best_sample_of_each_class(out, yb):
    best = torch.zeros_like(yb)
    columns = out.argmax(0)[: yb.shape[0]]
    best[: columns.shape[0]] = columns
    return (best == yb).float().mean()


@mistake(
    "accuracy",
    hint="""argmax without a dimension gives one position in the whole batch. Each row needs a
    prediction of its own.""",
)
def best_of_the_whole_batch(out, yb):
    return (out.argmax() == yb).float().mean()


@mistake(
    "accuracy",
    hint="This picks the class with the lowest score. The prediction is the highest one.",
)
def lowest_score(out, yb):
    return (out.argmin(-1) == yb).float().mean()


@mistake("accuracy", hint="This is a percentage. A share from 0 to 1 is asked for.")
def percentage(out, yb):
    return 100 * (out.argmax(-1) == yb).float().mean()


@mistake(
    "accuracy",
    hint="This counts the right predictions. Divide by the number of samples to get a share.",
)
def count(out, yb):
    return (out.argmax(-1) == yb).sum()


@mistake(
    "accuracy",
    hint="""// throws the fraction away, so that anything short of perfect is 0. Divide with /.""",
)
def integer_division(out, yb):
    return (out.argmax(-1) == yb).sum() // yb.shape[0]


@mistake(
    "accuracy",
    hint="This is the share of wrong predictions: the error rate. Accuracy counts the right ones.",
)
def error_rate(out, yb):
    return (out.argmax(-1) != yb).float().mean()


@mistake(
    "accuracy",
    hint="""The number of right predictions is divided by the number of classes. Divide by the
    number of samples.""",
)
def share_of_the_classes(out, yb):
    return (out.argmax(-1) == yb).sum() / out.shape[1]


@mistake(
    "accuracy",
    hint="""max() gives the highest score itself; to be compared with yb is where it stands, its
    index: argmax().""",
)
def score_instead_of_its_index(out, yb):
    return (out.max(-1).values == yb).float().mean()


@mistake(
    "accuracy",
    hint="""Predictions of shape (N, 1) compared with labels of shape (N,) give an N × N table:
    every prediction against every label. Drop keepdim, so that both have shape (N,).""",
)
def every_prediction_with_every_label(out, yb):
    return (out.argmax(-1, keepdim=True) == yb).float().mean()


@mistake(
    "accuracy",
    hint="""A prediction counts as right only where its probability exceeds one half. With more than
    two classes the highest may be lower than that: compare the scores with each other.""",
)
def needs_more_than_half(out, yb):
    right = out.softmax(-1)[range(yb.shape[0]), yb]
    return (right > 0.5).float().mean()


@mistake(
    "accuracy",
    hint="""The size of the scores is compared without their sign. A score of -9 is lower than
    one of 2: compare the scores as they are.""",
)
def sign_ignored(out, yb):
    return (out.abs().argmax(-1) == yb).float().mean()


@mistake(
    "accuracy",
    hint="""This is a list of which samples are right, not yet a number. Turn True and False into
    1.0 and 0.0, and take the mean.""",
)
def one_answer_a_sample(out, yb):
    return (out.argmax(-1) == yb).float()


@mistake(
    "accuracy",
    hint="""A batch counts as right only where all of it is. Take the mean, which gives the share of
    the right ones.""",
)
def all_or_nothing(out, yb):
    return (out.argmax(-1) == yb).all().float()


@mistake(
    "accuracy",
    hint="""A sample counts as right if its class is among the two highest scores. Only the highest
    one is the prediction.""",
)
def second_best_counts_too(out, yb):
    return (out.topk(2, dim=-1).indices == yb.unsqueeze(-1)).any(-1).float().mean()


@mistake(
    "accuracy",
    hint="The share is rounded. Return it as it is; round it when you print it.",
)
def rounded(out, yb):
    return round((out.argmax(-1) == yb).float().mean().item(), 2)


@mistake(
    "accuracy",
    hint="""The share is divided by a batch size of 64, whatever the batch. Take the number of
    samples from yb, or take the mean.""",
)
def batches_of_64_only(out, yb):
    return (out.argmax(-1) == yb).sum() / 64


@mistake(
    "accuracy",
    hint="""The value is right, but the scores are changed in place on the way, and the caller still
    needs them. Compare without writing into `out`.""",
)
def writes_into_out(out, yb):
    out -= out.max(-1, keepdim=True).values
    return (out[range(yb.shape[0]), yb] == 0).float().mean()


@mistake(
    "accuracy",
    hint="The accuracy is printed, and None is returned. Hand the number back with return.",
)
def printed_only(out, yb):
    print((out.argmax(-1) == yb).float().mean())
