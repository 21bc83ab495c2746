"""The sandboxes of one submission: forked when needed, killed when broken."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from grader.assignment.stubs import stub_lines
from grader.judge.endpoint import Endpoint
from grader.judge.errors import (
    CROWDED,
    Crashed,
    GraderFault,
    StudentError,
    TimedOut,
    breach,
    crowded,
)
from grader.judge.loaded import lacking
from grader.judge.paths import RemoteLab, RemoteStudent
from grader.judge.sandboxes import Forker, Sandbox
from grader.lockdown.limits import GRACE
from grader.sandbox.objects import TORCH
from grader.submission import Submission
from grader.suite.calls import Calls, call_text
from grader.wire.errors import BoundaryError, Closed, DeadlinePassed
from grader.wire.structs import Raised, TorchName, Value

LOADS = 3  # if its sandbox is killed this often while a module loads, the module is to blame
STANDSTILL = 1.0  # seconds by which a wait ends late only if the machine stood still
MAX_NOTES, MAX_LACKING = 100, 20  # most that one sandbox may add to a result


class Session:
    """The modules of one submission, each loaded into a sandbox of its own."""

    def __init__(self, forker: Forker, submission: Submission, *, alone: bool = True) -> None:
        """`alone`: no other submission is graded on this machine now."""
        self._forker, self._submission, self._alone = forker, submission, alone
        self._files: dict[str, bytes] = {}  # of the module that was entered
        self._sandbox: Sandbox | None = None
        self._endpoint: Endpoint | None = None
        self._roots: dict[tuple[str, str], int] = {}  # by name, and what is pretended
        self.passed_on: dict[tuple[int, str], Any] = {}  # what a test passed on, kept alive
        self._unloadable: dict[tuple[str, str], Exception] = {}
        self._lost_loads: Counter[tuple[str, str]] = Counter()
        self._seed = 0
        self.module = ""
        self.deadline: float | None = None
        self._patience: tuple[float, float, float] | None = None  # limit, began at, CPU spent then
        self.end_of_time: float | None = None
        self.printed: dict[str, str] = {}
        self.calls = Calls()
        self._notes: list[str] = []
        self._lacking: list[str] = []
        self.disturbed = False
        """Whether a sandbox was killed since the test began, and not for a limit that it passed."""

        self.lab = RemoteLab(_OfTorch(self), self.define)
        self._blamed: BaseException | None = None
        self._stub_lines: dict[str, frozenset[int]] = {}

    def enter(self, module: str) -> RemoteStudent:
        """The proxy of one module of the submission; the sandbox of any other module is ended.

        Raises `NotImplementedError` if there is no such file, before a sandbox is started.
        """
        if module != self.module:
            self.close()
            self.module = module
            self._files = self._submission.beside(module)
            self._stub_lines.clear()
        if f"{module}.py" not in self._files:
            raise NotImplementedError(f"there is no {module}.py in this submission")
        return RemoteStudent(_OfStudent(self))

    def seed(self, seed: int) -> None:
        """Seed what student code draws from, now or as soon as its sandbox exists."""
        self._seed = seed
        if self._endpoint is not None:
            self._endpoint.seed(seed)

    def endpoint(self) -> Endpoint:
        """The live sandbox's endpoint; forks one where there is none."""
        if self._endpoint is None:
            try:
                return self._begun()
            except GraderFault:  # it may not happen again: perhaps the zygote was killed
                return self._begun()
        return self._endpoint

    def _begun(self) -> Endpoint:
        """The endpoint of a new sandbox that has the submission's files."""
        self._sandbox = self._forker.fork()
        self._roots.clear()
        self.passed_on.clear()
        self._endpoint = Endpoint(self._sandbox.channel, self)
        self._endpoint.seed(self._seed)
        self._sandbox.channel.overdue = self._overdue
        if self._patience is not None:
            self._patience = (*self._patience[:2], 0.0)
        try:
            self._endpoint.write(self._files)
        except TimedOut:  # the submission has used up all of its time
            self.close()
            raise
        except (StudentError, BoundaryError) as error:  # nothing of the student's has run yet
            self.close()
            raise GraderFault(f"a sandbox could not be made ready: {error}") from None
        return self._endpoint

    def root(self) -> int:
        """The number of the submission's module in the live sandbox, imported if need be.

        Each kind of pretence has its own copy of the module, imported under that pretence.
        """
        module = self.module
        key = module, self.calls.pretending
        if key in self._unloadable:
            raise self._unloadable[key]
        endpoint = self.endpoint()
        if key not in self._roots:
            try:
                self._roots[key] = endpoint.load(*key)
            except (StudentError, BoundaryError) as error:
                self._lost_loads[key] += self.disturbed
                if not self.disturbed or self._lost_loads[key] == LOADS:
                    self._unloadable[key] = error
                raise
            self._lost_loads[key] = 0
        return self._roots[key]

    def define(self, thing: Any) -> Any:
        """Make a function or class of a suite, which holds no secret, on the student's side."""
        return self.endpoint().define(thing)

    def logged(
        self,
        name: str,
        make: Callable[[], Any],
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
    ) -> Any:
        """Make a call of the student's code. If it raises, note the innermost call that raised."""
        try:
            value = make()
        except Exception as error:
            if error is not self._blamed or not self.calls.failed:
                self._blamed = error
                self.calls.failed = call_text(name, args, kwargs)
            raise
        self.calls.returned(value)
        return value

    def note(self, text: str) -> None:
        """Add a note on the submission, unless it is there already."""
        if text not in self._notes and len(self._notes) < MAX_NOTES:
            self._notes.append(text)

    def lack(self, module: str) -> None:
        """Note that the submission imports a module that isn't there."""
        if module not in self._lacking and len(self._lacking) < MAX_LACKING:
            self._lacking.append(module)

    @property
    def notes(self) -> list[str]:
        """The notes on what the submission's code did."""
        return [*([lacking(self._lacking)] if self._lacking else []), *self._notes]

    def locate(self, file: str, line: int) -> str:
        """Where the student finds a line of a file."""
        return self._submission.locate(file, line)

    def source(self, module: str) -> str:
        """The text of a module's file, as far as it is text."""
        return self._submission.files.get(f"{module}.py", b"").decode("utf-8-sig", "replace")

    def begin(self, seconds: float) -> None:
        """A test begins, with this time limit."""
        now = time.monotonic()
        self.disturbed = False
        self.deadline = now + seconds
        spent = self._sandbox.cpu_seconds() if self._sandbox else 0.0
        self._patience = seconds, now, spent

    def end(self) -> None:
        """The test is over."""
        self.deadline = self._patience = None

    def _overdue(self) -> float | None:
        """A later deadline for a sandbox that had to wait for the processor; None if it didn't.

        On a busy machine, right code may take long. So the limit counts in processor time, up to
        `GRACE` times as much on the clock. Time in which the whole machine stood still, as a
        virtual one does now and then, doesn't count at all.
        """
        if self._patience is None or self._sandbox is None:
            return None
        seconds, began, before = self._patience
        now = time.monotonic()
        late = now - (self._sandbox.channel.deadline or now)
        if late > STANDSTILL:  # all that this process did was to wait for the deadline
            began += late
            self._patience = seconds, began, before
            if self.end_of_time is not None:
                self.end_of_time += late
        left = seconds - (self._sandbox.cpu_seconds() - before)
        if left <= 0:
            return None
        latest = min(began + GRACE * seconds, self.end_of_time or math.inf)
        self.deadline = min(now + max(left, 0.1), latest)
        return self.deadline

    def limit(self) -> float | None:
        """When a request that starts now must have its answer, by `time.monotonic`."""
        return min((t for t in (self.deadline, self.end_of_time) if t is not None), default=None)

    def breach(self, raised: Raised) -> str:
        """The limit that an exception of student code is about, in words, or ''.

        Raises `GraderFault` if others may have reached the limit.
        """
        return breach(raised, self._forker.limits, self._forker.layers, alone=self._alone)

    def is_of_stub(self, raised: Raised) -> bool:
        """Whether an exception comes from a function that is still to be written.

        Torch raises `NotImplementedError` too, for example for a module without `forward`.
        """
        if not raised.frames:
            return False
        place = raised.frames[-1]
        if place.file not in self._stub_lines:
            try:
                lines = stub_lines(self._files.get(place.file, b""))
            except SyntaxError:
                lines = frozenset()
            self._stub_lines[place.file] = lines
        return place.line in self._stub_lines[place.file]

    def broken(self, error: BoundaryError) -> BoundaryError:
        """End the sandbox that failed with `error`; the exception that the test is to get.

        Raises `GraderFault` if others may have used up what the sandbox needed.
        """
        sandbox, how = self._sandbox, self.close()
        if isinstance(error, DeadlinePassed):
            return TimedOut(*error.args)
        if not isinstance(error, Closed):
            return error
        said = sandbox.output.text() if sandbox else ""
        if crowded(said, self._forker.layers, alone=self._alone):  # torch ends the process so
            raise GraderFault(CROWDED)
        self.disturbed |= not how
        return Crashed(how or "was killed")

    def close(self) -> str:
        """End the sandbox, if there is one. If it had ended by itself, say how, in words."""
        sandbox, endpoint = self._sandbox, self._endpoint
        self._sandbox = self._endpoint = None
        if endpoint is not None:
            endpoint.ended = True
        if sandbox is None:
            return ""
        how = sandbox.end()
        self.printed[self.module] = self.printed.get(self.module, "") + sandbox.output.text()
        return how


class _OfStudent:
    """Where the paths of the fixture `student` start: the submission's module."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def call(self, path: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        session = self._session

        def make() -> Any:
            root, pretend = session.root(), session.calls.pretending
            return session.endpoint().call(root, path, args, kwargs, pretend=pretend)

        return session.logged(path, make, args, kwargs)

    def refer(self, path: str) -> Value:
        session = self._session
        root = session.root()
        if (root, path) not in session.passed_on:
            session.passed_on[root, path] = session.endpoint().get(root, path)
        return session.endpoint().refer(session.passed_on[root, path])


class _OfTorch:
    """Where the paths of the fixture `lab` start: torch."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def call(self, path: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        return self._session.endpoint().call(TORCH, path, args, kwargs)

    def refer(self, path: str) -> Value:
        return TorchName(path)
