"""Hostile submissions among honest ones, graded by the command line and watched from outside.

Each file of `attacks/corpus/` is one attack. Its docstring says what it tries, and below that, for
the test of what it attacks (`target`, `double` unless told):

    must: the outcome; several only where the machine's speed decides which limit comes first
    says: what the feedback has to say, a regular expression
    rest: passed (unless told), lost or any: what becomes of the other tests

`Watched` is what must hold of a grading, whoever grades.
"""

from __future__ import annotations

import ast
import ctypes
import json
import os
import re
import resource
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

MARKS = [
    pytest.mark.slow,
    pytest.mark.timeout(1800),  # the first test grades them all
    pytest.mark.skipif(
        not sys.platform.startswith("linux"), reason="elsewhere less is stopped: see SECURITY.md"
    ),
]

ROOT = Path(__file__).parents[1]
CORPUS = sorted((ROOT / "tests" / "attacks" / "corpus").glob("*.py"))
NOBODY = 65534
LIMITS = {
    "--memory": "320",
    "--cpu-seconds": "1",
    "--threads": "16",
    "--scratch": "32",
    "--output": "4",
    "--test-seconds": "2",  # of processor time; what sleeps ends after three times as much
}
STUDENT_FACING = ("title", "outcome", "feedback", "hint")

REFERENCE = """
import torch
from torch import nn


def double(x):
    return x * 2


def twice(f, x):
    return f(f(x))


class Scale(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor([3.0]))

    def forward(self, x):
        return self.weight * x


def slope(x):
    return 5 * x


def mean(x):
    return x.sum() / x.numel()
"""

SUITE = '''
import torch

from grader.suite.checks import by_hand

# {canary}


def test_double(student):
    """Twice as much."""
    x = torch.tensor([1.0, -3.0, 0.5])
    given = student.double(x)
    want = x * 2  # after the call, so that a poisoned argument would show
    torch.testing.assert_close(given, want, msg="{canary}")
    assert given.shape == (3,)
    assert all(abs(float(g - w)) < 1e-6 for g, w in zip(given, want))


def test_twice(student):
    """Calls what it is given, twice."""
    calls = []

    def triple(x):
        calls.append("{canary}")
        return 3 * x

    x = torch.tensor([1.0, 2.0])
    want = x * 9
    torch.testing.assert_close(student.twice(triple, x), want)
    assert len(calls) == 2


def test_Scale(student):
    """A module with one weight, 3."""
    model = student.Scale()
    torch.testing.assert_close(model(torch.ones(2)), torch.full((2,), 3.0))
    (weight,) = model.parameters()
    assert weight.shape == (1,) and weight.item() == 3


def test_slope(student):
    """Gradients flow."""
    x = torch.ones(2, requires_grad=True)
    student.slope(x).sum().backward()
    torch.testing.assert_close(x.grad, torch.full((2,), 5.0))


def test_mean(student, reference):
    """The mean, by hand."""
    x = torch.tensor([[1.0, 2.0], [3.0, 6.0]])
    by_hand(student.mean, reference.mean, x, forbids=["aten::mean"])
    assert float(student.mean(x)) == 3
'''


@dataclass(frozen=True)
class Attack:
    """One file of the corpus, and what must become of it."""

    name: str
    source: str
    target: str
    must: frozenset[str]
    says: str
    rest: str

    @classmethod
    def read(cls, path: Path) -> Attack:
        source = path.read_text(encoding="utf-8")
        doc = ast.get_docstring(ast.parse(source)) or ""
        head = dict(re.findall(r"^(\w+): (.+)$", doc, re.M))
        return cls(
            name=path.stem,
            source=source,
            target=head.get("target", "double"),
            must=frozenset(head["must"].split(", ")),
            says=head.get("says", ""),
            rest=head.get("rest", "passed"),
        )


ATTACKS = [Attack.read(path) for path in CORPUS]


@dataclass
class World:
    """One grading of many attacks, as one user, and what was seen of it from outside."""

    base: Path
    user: str
    attacks: list[Attack]
    canaries: dict[str, str] = field(default_factory=dict)
    token: str = field(default_factory=lambda: secrets.token_hex(8))
    results: dict[str, dict[str, Any]] = field(default_factory=dict)
    said: str = ""
    peak_bytes: int = 0
    left_over: list[str] = field(default_factory=list)
    visitors: list[bytes] = field(default_factory=list)

    def folder(self, name: str) -> Path:
        path = self.base / name
        path.mkdir(exist_ok=True)
        return path

    def prepare(self, port: int) -> None:
        for place in ("suite", "neighbour", "roster", "environment", "file"):
            self.canaries[place] = f"CANARY-{place}-{secrets.token_hex(8)}"
        suites = self.folder("solutions")
        exercise = suites / "01_toy"
        exercise.mkdir()
        canary = self.canaries["suite"]
        (exercise / "toy.py").write_text(f"# {canary}\n{REFERENCE}")
        (exercise / "test_toy.py").write_text(SUITE.replace("{canary}", canary))
        (self.base / "roster.csv").write_text(f"name\n{self.canaries['roster']}\n")
        (self.base / "file").write_text(self.canaries["file"])
        words = {
            "@solutions@": str(suites),
            "@submissions@": str(self.folder("all")),
            "@roster@": str(self.base / "roster.csv"),
            "@out@": str(self.base / "out-all"),
            "@marker@": str(self.folder("tmp") / f"torchgrade-attack-{self.token}"),
            "@token@": self.token,
            "@port@": str(port),
        }
        honest = f"{REFERENCE}\n# {self.canaries['neighbour']}\n"
        for number, attack in enumerate(self.attacks):
            source = attack.source
            for word, value in words.items():
                source = source.replace(word, value)
            self._hand_in("all", f"{number:03}_{attack.name}", source + _rest_of(attack))
            if number % 12 == 0:
                self._hand_in("all", f"{number:03}_honest", honest)
        self._hand_in("honest", "honest", honest)
        if os.getuid() == 0 and self.user == "nobody":
            for path in [self.base, *self.base.rglob("*")]:
                os.chown(path, NOBODY, NOBODY)

    def _hand_in(self, place: str, name: str, source: str) -> None:
        folder = self.folder(place) / name
        folder.mkdir()
        (folder / "toy.py").write_text(source, encoding="utf-8", errors="surrogatepass")

    def words(self, what: str) -> list[str]:
        """The arguments that grade a folder."""
        suites, out = self.base / "solutions", self.base / f"out-{what}"
        words = ["grade", str(self.base / what), "--solutions", str(suites), "--out", str(out)]
        return [*words, "--seed", "7"]

    def results_of(self, what: str) -> dict[str, dict[str, Any]]:
        grades = json.loads((self.base / f"out-{what}" / "results.json").read_text())
        return {result["submission"]: result for result in grades["results"]}

    def grade(self) -> None:
        """Run `grader grade` as a user would, with a secret in its environment and an open file."""
        command = [sys.executable, "-m", "grader", *self.words("all"), "--workers", "2"]
        command += [word for pair in LIMITS.items() for word in pair]
        if self.user == "nobody":
            command = as_nobody(command)
        environment = {
            **os.environ,
            "TOKEN": self.canaries["environment"],
            "TMPDIR": str(self.base / "tmp"),
            "HOME": str(self.base),
            "OMP_NUM_THREADS": "1",
        }
        with (self.base / "file").open("rb") as open_file:
            os.set_inheritable(open_file.fileno(), True)
            done = subprocess.run(
                command,
                cwd=self.base,
                env=environment,
                close_fds=False,
                capture_output=True,
                text=True,
            )
        assert done.returncode == 0, done.stderr[-4000:]
        self.said += done.stdout + done.stderr
        self.results = self.results_of("all")

    def run(self) -> None:
        adopt_orphans()
        with Listener() as listener:
            self.prepare(listener.port)
            before = traces()
            self.grade()
            self.left_over = sorted(what_stays(before))
            self.visitors = listener.visitors
        self.peak_bytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss << 10

    def shown(self) -> Iterator[str]:
        """All that a student could be shown, of anybody's submission."""
        for result in self.results.values():
            yield json.dumps(result["notes"])
            for exercise in result["exercises"]:
                yield exercise["printed"]
                for test in exercise["tests"]:
                    yield from (str(test[key]) for key in STUDENT_FACING)
        for path in (self.base / "out-all" / "feedback").rglob("*"):
            if path.is_file():
                yield path.read_text()
        yield self.said

    def tests(self, attack: Attack) -> dict[str, dict[str, Any]]:
        number = self.attacks.index(attack)
        result = self.results[f"{number:03}_{attack.name}"]
        return {test["target"]: test for test in result["exercises"][0]["tests"]}

    def gives_nothing(self, attack: Attack) -> None:
        """Raise `AssertionError` where an attack has another end than it must have."""
        tests = self.tests(attack)
        tried = tests.pop(attack.target)
        assert tried["outcome"] in attack.must, tried
        assert re.search(attack.says, tried["feedback"]), tried
        outcomes = {test["outcome"] for test in tests.values()}
        if attack.rest == "passed":
            assert outcomes == {"passed"}, tests
        elif attack.rest == "lost":
            assert "passed" not in outcomes, tests


def _rest_of(attack: Attack) -> str:
    """Right answers for what an attack doesn't define."""
    own = {getattr(node, "name", None) for node in ast.parse(attack.source).body}
    own |= {"double"} if attack.name == "lying_frames" else set()  # it defines it by exec
    tree = ast.parse(REFERENCE)
    tree.body = [node for node in tree.body if getattr(node, "name", "an import") not in own]
    return "\n\n" + ast.unparse(tree) + "\n"


class Listener:
    """A server on this machine that nobody should reach."""

    def __init__(self) -> None:
        self._tcp = socket.create_server(("127.0.0.1", 0))
        self.port = self._tcp.getsockname()[1]
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind(("127.0.0.1", self.port))
        self.visitors: list[bytes] = []

    def __enter__(self) -> Listener:
        threading.Thread(target=self._accept, daemon=True).start()
        threading.Thread(target=self._receive, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._tcp.close()
        self._udp.close()

    def _accept(self) -> None:
        while True:
            try:
                self.visitors.append(repr(self._tcp.accept()[1]).encode())
            except OSError:
                return

    def _receive(self) -> None:
        while True:
            try:
                self.visitors.append(self._udp.recv(100))
            except OSError:
                return


def as_nobody(command: list[str]) -> list[str]:
    """The command under another uid, in a view of the disk where it can reach Python.

    Python may live under root's closed home: then the home is covered, and Python bound back.
    """
    if shutil.which("unshare") is None or shutil.which("setpriv") is None:
        pytest.skip("unshare and setpriv are needed to become an ordinary user")
    script = """
        set -e
        if [ "${1#/root/}" != "$1" ]; then
            mount --bind "$1" /mnt
            mount -t tmpfs -o mode=755 tmpfs /root
            mkdir -p "$1"
            mount --bind /mnt "$1"
        fi
        shift
        exec setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
    """
    return ["unshare", "--mount", "sh", "-c", script, "sh", sys.base_prefix, *command]


def adopt_orphans() -> None:
    """Whatever a grading leaves behind becomes a child of this process, and can be seen."""
    pr_set_child_subreaper = 36
    ctypes.CDLL(None).prctl(pr_set_child_subreaper, 1, 0, 0, 0)


def what_stays(before: set[str]) -> set[str]:
    """The traces that are still there after the moment that it takes a process to die."""
    give_up = time.monotonic() + 60  # a bound for a failure, not a measure
    while (left := traces() - before) and time.monotonic() < give_up:
        for name in left:
            if name.startswith("process "):
                os.waitpid(int(name.split()[1]), os.WNOHANG)
        time.sleep(0.05)
    return left


def traces() -> set[str]:
    """What could be left on this machine: children of ours, shared memory, files in temp."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            rest = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(rest[1]) == os.getpid():
            found.add(f"process {path.parent.name}")
    for path in ("/proc/sysvipc/shm", "/proc/sysvipc/sem", "/proc/sysvipc/msg"):
        if Path(path).exists():
            found |= {f"{path}: {line}" for line in Path(path).read_text().splitlines()[1:]}
    for place in ("/dev/shm", "/dev/mqueue", "/tmp", "/var/tmp", "/run"):
        if Path(place).is_dir():
            found |= {str(path) for path in Path(place).iterdir() if "attack" in path.name}
    return found


@contextmanager
def graded(user: str, attacks: list[Attack]) -> Iterator[World]:
    """Grade these attacks as a user: "me", or "nobody" where root runs the tests."""
    base = Path(tempfile.mkdtemp(prefix="graded-"))
    base.chmod(0o755)
    try:
        world = World(base, user, attacks)
        world.run()
        yield world
    finally:
        shutil.rmtree(base, ignore_errors=True)


class Watched:
    """What must hold of a grading, whoever grades: tests of the fixture `world`."""

    def test_everything_is_graded(self, world: World) -> None:
        assert len(world.attacks) >= 60
        assert len(world.results) == len(list((world.base / "all").iterdir()))
        assert all(not result["fault"] for result in world.results.values())
        for result in world.results.values():
            for exercise in result["exercises"]:
                assert "not graded" not in {test["outcome"] for test in exercise["tests"]}

    def test_honest_grades_are_what_they_are_alone(self, world: World, grader: Any) -> None:
        def grades(result: dict[str, Any]) -> str:
            for exercise in result["exercises"]:
                for test in exercise["tests"]:
                    del test["seconds"]
            return json.dumps([result["exercises"], result["notes"]], sort_keys=True)

        assert grader(world.base, *world.words("honest")).returncode == 0
        [alone] = world.results_of("honest").values()
        assert {t["outcome"] for e in alone["exercises"] for t in e["tests"]} == {"passed"}
        among_attacks = [grades(r) for name, r in world.results.items() if name.endswith("_honest")]
        assert len(among_attacks) >= 5
        assert set(among_attacks) == {grades(alone)}

    def test_nobody_learns_a_secret(self, world: World) -> None:
        for text in world.shown():
            for place, canary in world.canaries.items():
                assert canary not in text, place

    def test_no_path_of_this_machine_is_shown(self, world: World) -> None:
        """But for those that an attack knew, and named itself."""
        for attack in world.attacks:
            if "@" not in attack.source and "environ" not in attack.source:
                for test in world.tests(attack).values():
                    assert str(world.base) not in test["feedback"], attack.name
                    assert str(ROOT) not in test["feedback"], attack.name

    def test_what_is_shown_is_harmless(self, world: World) -> None:
        for text in world.shown():
            assert not re.search(
                r"[\x00-\x08\x0b-\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text
            )
            assert len(text) < 1 << 20

    def test_nothing_survives(self, world: World) -> None:
        assert world.left_over == []
        assert not list((world.base / "tmp").iterdir())
        assert not list(world.base.rglob(f"*{world.token}*"))

    def test_nobody_calls(self, world: World) -> None:
        assert world.visitors == []

    def test_the_judge_stays_small(self, world: World) -> None:
        assert world.peak_bytes < 2 << 30
