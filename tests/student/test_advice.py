"""Names that were meant, and what an error means: said where it is true, and nowhere else."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from kits import Kit
from torch import nn

from grader.student.advice import advice_on

MEANT = {
    "F.logsoftmax(x)": "Did you mean `log_softmax`?",
    "x.logsoftmax(-1)": "Did you mean `log_softmax`?",
    "torch.nll_loss(x, x)": "Did you mean `torch.nn.functional.nll_loss`?",
    "nn.linear(3, 4)": "Did you mean `Linear`?",
    "x.argMax(0)": "Did you mean `argmax`?",
    "x.astype(float)": "Did you mean `to`? (`astype` is NumPy's name for it.)",
    "x.unsqeeze(0)": "Did you mean `unsqueeze`?",
    "x.ad_(x)": "Did you mean `add_`?",
    "nn.Linear(1, 1).wieght": "Did you mean `weight`?",
    "tensr": "Did you mean `tensor`?",
    "helpr": "Did you mean `helper`?",
    "lenn(x)": "Did you mean `len`?",
    "log_softmax(x)": "Did you mean `torch.log_softmax`?",
    "np.exp(x)": "`np` is not imported in this file: add `import numpy as np` at its top.",
    "x.sum().item().backward()": "A Python float has lost its graph, so no gradient can flow",
    "w.grad.zero_()": "`.grad` is None until `backward()` has computed a gradient.",
    "__import__('pytorch')": "PyTorch is imported as `torch`.",
    "__import__('colections')": "Did you mean `collections`?",
    "exec('from torch.nn.functional import logsoftmax')": "Did you mean `log_softmax`?",
    "w.mul_(2)": "Such a tensor may be changed in place only inside `with torch.no_grad():`.",
    "x.sum().backward()": "A graph ends at `.item()`",
    "(x == 1).mean()": "`mean()` needs floating-point numbers: `.float()`",
    # nothing is better than something false
    "x.qwertyuiop": "",
    "torch.qwertyuiop": "",
    "qwertyuiop": "",
    "x[0].item().qwertyuiop": "",
    "None.zero_()": "",
    "[].qwertyuiop": "",
    "1 / 0": "",
    "torch.ones(2) @ torch.ones(3)": "",
}


@pytest.mark.parametrize(("code", "said"), MEANT.items(), ids=MEANT)
def test_what_was_meant(code: str, said: str) -> None:
    names: dict[str, Any] = {
        **{"torch": torch, "F": F, "nn": nn, "x": torch.ones(2), "tensor": torch.tensor},
        **{"helper": len, "w": nn.Parameter(torch.ones(1))},
    }
    with pytest.raises(Exception) as caught:
        eval(code, dict(names))
    advice = advice_on(caught.value, names, code)
    assert advice.startswith(said) if said else not advice


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "said", "unsaid"),
    [
        ("def duoble(x):\n    return 2 * x", "Did you mean your `duoble`?", ""),
        ("def Double(x):\n    return 2 * x", "Did you mean your `Double`?", ""),
        ("def other(x):\n    return 2 * x", "does not define `double`.", "Did you mean"),
        (
            "def double(x):\n    return x.sum().backward()",
            "`backward()` returns None",
            "no `return`",
        ),
        ("def double(x):\n    return None if x.sum() else x", "NoneType", "no `return`"),
        ("def double(x):\n    x = 2 * x", "has no `return` with a value", "backward"),
        ("def double(x):\n    return (2 * x).sum().item()", "has lost its graph", "no `return`"),
    ],
)
def test_missing_names_and_missing_values(kit: Kit, code: str, said: str, unsaid: str) -> None:
    kit.write(code)
    run = kit.run("exercises/01_first", "-k", "double")
    assert said in " ".join(run.out.split())
    assert not unsaid or unsaid not in run.out
