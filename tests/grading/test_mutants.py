"""Mutants: what is made of a right answer, what survives, and how that is written down."""

from __future__ import annotations

from pathlib import Path

import pytest
import tiny

from grader.assignment.exercises import AssignmentError, Exercise
from grader.grading.mutants import Fate, Tally, normal, read_survivors
from grader.grading.mutation import Mutant, mutants_of

TRAIN = '''"""Doc."""

import torch

LR = 0.1


def train(model, x, y, bs=64):
    """Doc."""
    losses = []
    for i in range(len(x) // bs):
        batch = x[i * bs : (i + 1) * bs].to("cpu")
        loss = model(batch, y).mean(dim=-1, keepdim=True)
        loss.backward()
        with torch.no_grad():
            for p in model.parameters():
                p -= LR * p.grad
                p.grad.zero_()
        if i <= 3:
            losses.append(loss.detach())
    print("done", 3)
    return losses, -LR
'''


def made(source: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for mutant in mutants_of(source):
        added = [line[1:].strip() for line in mutant.diff.splitlines() if line.startswith("+")]
        found.setdefault(mutant.operator, []).append("\n".join(added))
    return found


@pytest.mark.parametrize(
    ("operator", "line"),
    [
        ("off by one", "for i in range((len(x) // bs) - 1):"),
        ("a lost .to()", "batch = x[i * bs : (i + 1) * bs]"),
        ("no lower end", 'batch = x[ : (i + 1) * bs].to("cpu")'),
        ("sum for mean", "loss = model(batch, y).sum(dim=-1, keepdim=True)"),
        ("keepdim= left out", "loss = model(batch, y).mean(dim=-1)"),
        ("the other truth", "loss = model(batch, y).mean(dim=-1, keepdim=False)"),
        ("another dimension", "loss = model(batch, y).mean(dim=0, keepdim=True)"),
        ("swapped arguments", "loss = model(y, batch).mean(dim=-1, keepdim=True)"),
        ("a statement left out", "pass"),
        ("a lost with", "if True:"),
        ("another operator", "p += LR * p.grad"),
        ("another operator", "if i < 3:"),
        ("= for an update", "p = LR * p.grad"),
        ("a lost .detach()", "losses.append(loss)"),
        ("a lost sign", "return losses, LR"),
        ("swapped elements", "return -LR, losses"),
        ("the first round only", "for p in [*model.parameters()][:1]:"),
        ("another constant", "def train(model, x, y, bs=65):"),
    ],
)
def test_the_usual_slips_are_made(operator, line):
    assert line in made(TRAIN)[operator]


def test_each_mutant_is_new_python_and_differs_in_what_counts():
    mutants = mutants_of(TRAIN)
    assert len({mutant.source for mutant in mutants}) == len(mutants)
    for mutant in mutants:
        compile(mutant.source, "mutant", "exec")
        assert mutant.target == "train"
        assert "done" not in mutant.diff  # what is printed doesn't count
        assert "Doc" not in mutant.diff


def test_what_counts_for_no_target_is_left_alone():
    source = (
        "def twice(x):\n    return x + x\n\n\ndef by_hand(x):\n    return 2 * x\n\n\n"
        "def double(x):\n    assert by_hand(1) == 2\n    return twice(x)\n\n\n"
        "def compare():\n    return double(3) == by_hand(3)\n"
    )
    mutants = mutants_of(source, ["double"])
    assert {mutant.target for mutant in mutants} == {"double"}
    changed = {mutant.diff.splitlines()[0].strip("- ") for mutant in mutants}
    assert changed == {"return x + x", "return twice(x)"}
    for mutant in mutants:
        assert mutant.source.count("def ") == 4


def test_known_survivors_are_told_from_new_ones_and_stale_ones(tmp_path):
    where = Exercise(tmp_path)
    (tmp_path / "survivors.diff").write_text(
        "# Any dtype is a share.\n-    return x.float()\n+    return x.double()\n\n"
        "# Gone.\n-a\n+b\n"
    )
    known = read_survivors(where)
    assert known == {
        "-return x.float()\n+return x.double()": "Any dtype is a share.",
        "-a\n+b": "Gone.",
    }

    def fate(diff: str, hidden: str = "", public: str = "") -> Fate:
        return Fate("reference", Mutant("f", "o", diff, diff), hidden, public)

    new = fate("-  c\n+  d")
    right = fate("-        return x.float()\n+        return x.double()")
    tally = Tally([new, right, fate("x", "test_f", "test_f"), fate("y", "test_f")], known)
    assert tally.survivors == [new]
    assert tally.stale == ["-a\n+b"]
    assert tally.public_share == 0.5
    assert normal(new.mutant.diff) == "-c\n+d"
    (tmp_path / "survivors.diff").write_text("# Open.\n-c\n\n# Same.\n-e\n+f\n+g\n")
    known = read_survivors(where)
    assert known == {"-c": "Open.", "-e\n+f": "Same.", "-e\n+g": "Same."}
    other = fate("- e\n+ g")
    tally = Tally([new, other, fate("-e\n+h")], known)
    assert [f.mutant.diff for f in tally.survivors] == ["-e\n+h"]
    assert tally.stale == ["-e\n+f"]
    (tmp_path / "survivors.diff").write_text("# Kept.\n-…(x)…\n+…x…\n")
    tally = Tally([fate("- 2 * f(x)[0]\n+ 2 * fx[0]"), fate("-f(x)\n+gx")], read_survivors(where))
    assert [f.mutant.diff for f in tally.survivors] == ["-f(x)\n+gx"]
    (tmp_path / "survivors.diff").write_text("# Kept.\n-f(x)\n+…x\n")
    with pytest.raises(AssignmentError, match="more `…`"):
        read_survivors(where)
    (tmp_path / "survivors.diff").write_text("-a\n+b\n")
    with pytest.raises(AssignmentError, match="say why"):
        read_survivors(where)


@pytest.mark.slow
def test_survivors_are_listed_until_they_are_written_down(tmp_path: Path, grader):
    solutions = tiny.write_assignment(tmp_path) / "01_double"
    (solutions / "double.py").write_text(tiny.REFERENCE.replace("x + x", "2.0 * x"))
    (solutions / "test_double.py").write_text(
        '"""Hidden."""\n\nimport torch\n\n\ndef test_double_sign(student):\n'
        '    """Positive stays positive."""\n    assert student.double(torch.ones(1)) > 0\n'
    )
    done = grader(tmp_path, "check", "double", "--mutants", "--workers", "1", "-v")
    assert done.returncode == 2, done.stdout + done.stderr
    diff = "-    return 2.0 * x\n+    return 4.0 * x\n"
    assert diff in done.stdout
    lines = done.stdout.splitlines()
    assert lines[-1].startswith(f"{lines[1].split()[4]} of {lines[1].split()[1]} mutants survive")
    assert lines[1].split()[2] != "0"  # `pass` alone gives None, which is not positive
    blocks = [line for line in lines if line[:1] in "-+"]
    pairs = zip(blocks[::2], blocks[1::2], strict=True)
    (solutions / "survivors.diff").write_text(
        "\n\n".join(f"# Because.\n{old}\n{new}" for old, new in pairs)
    )
    done = grader(tmp_path, "check", "double", "--mutants", "--workers", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1].startswith("No mutant survives")
