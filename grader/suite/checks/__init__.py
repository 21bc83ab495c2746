"""The words that suites are written in; docs/suites.md has an example of each."""

import pytest

from grader.suite.checks.backward import gradients
from grader.suite.checks.compare import Tolerance
from grader.suite.checks.inputs import (
    all_alike,
    classification,
    labels,
    layouts,
    log_probabilities,
    pessimist,
    regression,
    scores,
    shapes,
    tensors,
)
from grader.suite.checks.mismatch import Mismatch, Mismatched
from grader.suite.checks.models import Deep, Moody, classifier, optimizer, regressor
from grader.suite.checks.readers import (
    anything,
    array,
    floats,
    loss,
    number,
    pair,
    scalar,
    several,
)
from grader.suite.checks.shortcuts import LAYERS, OPTIMIZERS, Refused
from grader.suite.checks.sides import Either, both, define, pretending
from grader.suite.checks.slopes import by_autograd
from grader.suite.checks.training import (
    independent,
    learns,
    random_batches,
    row_uses,
    trained_alike,
    untrained_loss,
    updates,
    uses,
)
from grader.suite.checks.twins import Twins, refusing_empty, twins
from grader.suite.checks.values import by_hand, judged, leaves_alone, same

on_each_device = pytest.mark.on_each_device
"""Run a test that asks for the fixture `device` on the CPU and on each accelerator."""

__all__ = [
    "LAYERS",
    "OPTIMIZERS",
    "Deep",
    "Either",
    "Mismatch",
    "Mismatched",
    "Moody",
    "Refused",
    "Tolerance",
    "Twins",
    "all_alike",
    "anything",
    "array",
    "both",
    "by_autograd",
    "by_hand",
    "classification",
    "classifier",
    "define",
    "floats",
    "gradients",
    "independent",
    "judged",
    "labels",
    "layouts",
    "learns",
    "leaves_alone",
    "log_probabilities",
    "loss",
    "number",
    "on_each_device",
    "optimizer",
    "pair",
    "pessimist",
    "pretending",
    "random_batches",
    "refusing_empty",
    "regression",
    "regressor",
    "row_uses",
    "same",
    "scalar",
    "scores",
    "several",
    "shapes",
    "tensors",
    "trained_alike",
    "twins",
    "untrained_loss",
    "updates",
    "uses",
]
