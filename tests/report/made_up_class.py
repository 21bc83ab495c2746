"""A made-up class to try reports on. It is the same at every call."""

from __future__ import annotations

import math
import random

from grader.result import ExerciseResult, Grades, Outcome, Result, Student, TestResult

SECRET = "test_secret_of"  # every hidden test's name holds it
DETAIL = "expected tensor(0.6931)"  # every detail
MISTAKE = "mistake_known_as"  # every mistake's code

EXERCISES = {
    "01_losses": ("log_softmax", "nll", "accuracy"),
    "02_scratch": ("init_params", "model", "sgd_step", "train"),
    "03_modules": ("Mnist_Logistic", "MyLinear"),
    "04_fit": ("fit",),
    "05_refactor": ("get_model", "fit", "train_random"),
    "06_autograd": ("dz_dw", "LinearRegression", "train_regression", "predict"),
    "07_temperature": ("split", "training_loop", "make_model"),
}
CHECKS = (
    "gives the right shape and dtype",
    "gives the right values on random inputs",
    "lets gradients flow to every input",
    "works on float64 and on an odd size",
)
HOSTILE = (
    "<script>alert('name')</script>",
    '=HYPERLINK("http://example.org","x")',
    "\x1b[31mred\x1b[0m \x07bell",
    "\u202eevil\u202c \u2066marks\u2069",
    "[bold]markup[/bold] `code` | pipe",
    "김하늘",
    "Zoë Ångström-Müller, Jr.",
    "+1;DROP TABLE grades",
    "../../etc/passwd",
    ']]> & "quotes" \' --><!--',
)
ORDINARY = (
    "Ada Moreau", "Ben Okafor", "Chiara Rossi", "Dae-jung Park", "Elif Kaya", "Farid Haddad",
    "Grace Lindqvist", "Hana Suzuki", "Ivan Petrov", "Jia Chen", "Kofi Mensah", "Lena Fischer",
    "Mateo Silva", "Noor Aziz",
)  # fmt: skip


def sample(seed: int = 0, hostile: bool = True) -> Grades:
    """A class of good, middling and odd submissions, some with hostile names if `hostile`."""
    chance = random.Random(seed)
    names = [*ORDINARY, *(HOSTILE if hostile else ())]
    results = [_result(number, name, chance) for number, name in enumerate(names)]
    results += [_empty(len(results)), _ungraded(len(results) + 1)]
    return Grades(
        results=results,
        title="Autumn <b>2026</b>",
        graded_at="2026-11-20T10:00:00Z",
        seed=seed,
        isolation="namespaces",
        notes=["The simulated accelerator was used for 3 tests."],
    )


def one(outcome: Outcome = Outcome.FAILED, **more: object) -> Result:
    """A submission of one exercise with two tests: one passed, one ended as `outcome`."""
    tests = [a_test(0, "nll", Outcome.PASSED), a_test(1, "nll", outcome)]
    for key, value in more.items():
        setattr(tests[1], key, value)
    code = "import torch\n\n\ndef nll(input, target):\n    return 0\n"
    student = Student("Kim", "7", "kim7", "kim@example.org")
    return Result("kim", student, [ExerciseResult("01_losses", tests, code=code)])


def a_test(
    number: int, target: str, outcome: Outcome, bonus: bool = False, mistake: bool = False
) -> TestResult:
    """One test, with feedback as the judge writes it."""
    missed = outcome is not Outcome.PASSED
    return TestResult(
        name=f"{SECRET}_{target}_{number}",
        target=target,
        title=f"`{target}` {CHECKS[number % len(CHECKS)]}",
        outcome=outcome,
        points=float(1 + number % 2),
        bonus=bonus,
        seconds=0.01 * (number + 1),
        feedback=_feedback(target, outcome) if missed else "",
        mistake=f"{MISTAKE}_{target}" if mistake else "",
        hint="This is what you get when gradients are never zeroed." if mistake else "",
        detail=DETAIL if missed else "",
    )


def _feedback(target: str, outcome: Outcome) -> str:
    if outcome is Outcome.NOT_ATTEMPTED:
        return "Not attempted yet: it still raises NotImplementedError."
    if outcome is Outcome.TIMED_OUT:
        return f"{target}(tensor of 64 × 784) didn't finish within 10 seconds."
    return (
        f"{target}(tensor of 64 × 784) raised\n"
        f"  losses.py, line 4 in {target}: return <b>x</b> @ w\n"
        "  RuntimeError: </textarea><script>alert('feedback')</script>"
    )


def _result(number: int, name: str, chance: random.Random) -> Result:
    skill = chance.betavariate(4, 1.5)
    exercises = []
    for order, (exercise, targets) in enumerate(EXERCISES.items()):
        reached = chance.random() < 1.25 - 0.09 * order + 0.3 * (skill - 0.6)
        tests = []
        for target in targets:
            for check in range(len(CHECKS)):
                outcome = _outcome(chance, skill - 0.08 * check) if reached else None
                outcome = outcome or Outcome.NOT_ATTEMPTED
                known = outcome is Outcome.FAILED and chance.random() < 0.6
                tests.append(a_test(check, target, outcome, mistake=known))
        lucky = reached and chance.random() < 0.3
        won = Outcome.PASSED if lucky else Outcome.NOT_ATTEMPTED
        tests.append(a_test(9, targets[0], won, bonus=True))
        exercises.append(_exercise(exercise, targets, tests, reached, skill, chance))
    student = Student(name, str(100 + number), f"login{number}", f"s{number}@example.org", "A")
    submission = name if number % 2 else f"submission-{number:02}"
    notes = ["losses.py: read as CP949, not UTF-8."] if number % 5 == 0 else []
    return Result(submission, student, exercises, notes, seconds=4.2)


def _outcome(chance: random.Random, skill: float) -> Outcome:
    if chance.random() < skill + 0.15:
        return Outcome.PASSED
    rare = [Outcome.TIMED_OUT, Outcome.CRASHED, Outcome.REFUSED]
    return chance.choice([*[Outcome.FAILED] * 6, *rare])


def _exercise(
    name: str,
    targets: tuple[str, ...],
    tests: list[TestResult],
    reached: bool,
    skill: float,
    chance: random.Random,
) -> ExerciseResult:
    exercise = ExerciseResult(name, tests)
    body = '    return <nothing> & "all"\n\n\n'
    exercise.code = "import torch\n\n\n" + "".join(f"def {t}(x):\n{body}" for t in targets)
    exercise.printed = "epoch 1 <b>loss</b> 2.3\n" * 3 if reached else ""
    if "fit" in targets or "training_loop" in targets:
        right = [0.25 + 2.1 * math.exp(-epoch / 3) for epoch in range(12)]
        exercise.band = [(0.9 * loss, 1.12 * loss) for loss in right]
        if reached:
            slow = 1 if skill > 0.6 else 3
            noise = [1 + 0.04 * chance.gauss(0, 1) for _ in right]
            losses = [0.25 + 2.1 * math.exp(-epoch / (3 * slow)) for epoch in range(12)]
            exercise.curve = [loss * factor for loss, factor in zip(losses, noise, strict=True)]
            if skill < 0.55:
                exercise.curve[5:] = [9.0, 1e9, math.inf, math.nan, math.nan, math.nan, math.nan]
    return exercise


def _empty(number: int) -> Result:
    """A submission with nothing in it: a score of 0, with a note."""
    exercises = [
        ExerciseResult(name, [a_test(0, t, Outcome.NOT_ATTEMPTED) for t in targets])
        for name, targets in EXERCISES.items()
    ]
    note = "No exercise file was found in this submission."
    return Result("empty", Student("Ola Nowak", str(100 + number)), exercises, [note])


def _ungraded(number: int) -> Result:
    """A submission without a score, because of a fault of ours."""
    tests = [a_test(0, "nll", Outcome.PASSED), a_test(1, "nll", Outcome.NOT_GRADED)]
    fault = "the sandbox could not be started: /opt/grader/zygote: no such file"
    student = Student("Pia Weber", str(100 + number), email="pia@example.org")
    return Result("unlucky", student, [ExerciseResult("01_losses", tests)], fault=fault)
