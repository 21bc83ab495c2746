"""The loop of `grader watch`: events from keys, files and runs, one after the other."""

from __future__ import annotations

import os
import pydoc
import queue
import shutil
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from grader.result import Outcome
from grader.student import fingerprints
from grader.student.answers import PublicTest, read_answers, with_stub
from grader.student.layout import relative, without_markup
from grader.student.picture import can_draw, picture_of
from grader.student.store import Store, passing
from grader.student.watch import screen
from grader.student.watch.artist import Artist, opened
from grader.student.watch.desk import Course, Desk, Do, Phase, Spot
from grader.student.watch.keys import Keyboard
from grader.student.watch.spares import Spare, Spares

TICK = 0.5  # seconds between two looks at how long a run takes
HANGS = 90  # seconds without a word after which a run is ended: the tests' own limits are shorter
SETTLE = 20  # milliseconds for which a file must have been left alone
SETTLED = (Phase.STUB, Phase.BROKEN, Phase.FAILED, Phase.GREEN)
HANDED_OVER = "\nbreakpoint(): the terminal is the debugger's.\nc goes on, q ends the run.\n"


class Watch:
    """One `grader watch`, from its first screen to `q`."""

    def __init__(self, folder: Path, course: Course, *, terminal: bool) -> None:
        """`terminal`: whether there is one, with a keyboard; if not, plain lines are printed."""
        self.desk = Desk(course)
        self._folder, self._terminal = folder, terminal
        self._store = Store(folder)
        self._events: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
        self._spares = Spares(lambda spare, message: self._events.put(("run", (spare, message))))
        self._artist = Artist(lambda *drawn: self._events.put(("drawn", drawn)))
        self._keyboard: Keyboard | None = None
        self._job: tuple[Path, list[str]] | None = None  # what waits for a process to be ready
        self._run: Spare | None = None
        self._ran: dict[Spot, str] = {}  # the targets that the run is about, with their contents
        self._heard = self._began = time.monotonic()
        self._debugging = self._paused = False
        self._printed = ""
        self._size = shutil.get_terminal_size()
        self._over = threading.Event()

    def go(self, exercise: str = "") -> None:
        """Watch until the student leaves. `exercise`: where to begin, else where they were."""
        self._spares.fill()
        if self._terminal:
            self._keyboard = Keyboard(lambda key: self._events.put(("key", key)))
        threading.Thread(target=self._watch_files, daemon=True).start()
        try:
            self._begin(exercise)
            while self._one_event():
                pass
        finally:
            self._over.set()
            self._end_run()
            self._spares.close()
            self._artist.stop()
            if self._keyboard is not None:
                self._keyboard.let_go()

    # -- events -----------------------------------------------------------------------------------

    def _begin(self, exercise: str) -> None:
        desk = self.desk
        for spot in desk.course.spots:
            self._read(spot.exercise.name)
        names = [spot.name for spot in desk.course.spots]
        open_ones = [at for at, spot in enumerate(desk.course.spots) if spot not in desk.green]
        at = names.index(self._store.at) if self._store.at in names else (open_ones or [0])[0]
        if exercise:
            mine = [i for i, s in enumerate(desk.course.spots) if s.exercise.name == exercise]
            at = ([i for i in mine if i in open_ones] or mine)[0]
        desk.go(at)
        self._do(Do.MOVED)

    def _one_event(self) -> bool:
        """Wait for an event and handle it; False if it is time to leave."""
        try:
            kind, what = self._events.get(timeout=TICK)
        except queue.Empty:
            self._tick()
            return True
        except KeyboardInterrupt as stop:
            if type(stop) is not KeyboardInterrupt:  # the command has been asked to end
                raise
            return self._interrupted()
        if kind == "key":
            return self._key(what)
        if kind == "saved":
            self._saved(what)
        elif kind == "drawn":
            self._picture_drawn(*what)
        else:
            self._told(*what)
        return True

    def _key(self, key: str) -> bool:
        if self._paused:  # the debugger's last words are still there
            self._paused = False
            self._draw()
            return True
        return self._do(self.desk.press(key))

    def _interrupted(self) -> bool:
        if self._debugging:
            return True
        if not self._busy:
            return False
        self._end_run()
        self.desk.over("You stopped it.")
        self._draw()
        return True

    def _tick(self) -> None:
        if shutil.get_terminal_size() != self._size:
            self._draw()
        if not self._busy or self._debugging:
            return
        if self._run is not None and time.monotonic() - self._heard > HANGS:
            self._end_run()
            self.desk.over("It did not finish and could not be interrupted, so it was killed.")
        self._draw()

    def _saved(self, paths: Sequence[Path]) -> None:
        for name in dict.fromkeys(spot.exercise.name for spot in self.desk.course.spots):
            exercise = self.desk.course.of(name)[0].exercise
            if any(path.parent == exercise.folder for path in paths):
                was = self.desk.spot
                answers, green = self._reading(name)
                do = self.desk.saved(name, answers, green)
                if self.desk.spot != was:
                    self._store.at = self.desk.spot.name
                self._do(do)

    def _do(self, what: Do) -> bool:
        """Do what an event asks for, and draw; False: leave."""
        if what is Do.QUIT:
            return False
        if what is Do.MOVED:
            what = self._moved()
        if what is Do.RUN:
            self._start([self.desk.spot])
        elif what is Do.RUN_ALL:
            self._start(self.desk.mine, everything=True)
        elif what is Do.LESSON:
            self._lesson()
        elif what is Do.PICTURE:
            self._show_picture()
        elif what is Do.RESET:
            self._reset()
        self._draw()
        return True

    def _moved(self) -> Do:
        """Another target was opened."""
        self._end_run()
        desk = self.desk
        self._store.at = desk.spot.name
        self._read(desk.spot.exercise.name)
        do = desk.look()
        self._picture(anew=False)
        if do is Do.NOTHING and self._terminal and not self._store.asked(desk.spot.name):
            desk.ask()
            if desk.phase is Phase.QUESTION:
                self._store.ask(desk.spot.name)
        return do

    # -- files ------------------------------------------------------------------------------------

    def _watch_files(self) -> None:
        import watchfiles

        changes = watchfiles.watch(
            self._folder,
            watch_filter=lambda change, path: path.endswith(".py"),
            debounce=10 * SETTLE,
            step=SETTLE,
            stop_event=self._over,
            raise_interrupt=False,
            ignore_permission_denied=True,
        )
        for batch in changes:
            self._events.put(("saved", [Path(path) for _, path in batch]))

    def _read(self, name: str) -> None:
        answers, green = self._reading(name)
        self.desk.answers[name] = answers
        self.desk.know(name, green)

    def _reading(self, name: str) -> tuple[Any, set[str]]:
        """An exercise's file as it is, and which of its targets are known to pass."""
        spots = self.desk.course.of(name)
        targets = tuple(spot.target for spot in spots)
        answers = read_answers(spots[0].exercise, targets)
        tests = [test for spot in spots for test in self.desk.course.tests[spot]]
        return answers, passing(spots[0].exercise, tests, answers.digests)

    def _reset(self) -> None:
        spot = self.desk.spot
        file, stubs = spot.exercise.file, fingerprints.read(spot.exercise.folder).get("stubs", "")
        try:
            text = with_stub(file.read_text("utf-8-sig"), stubs, spot.target)
            copy = self._store.copy(file)
            file.write_text(text, encoding="utf-8")
        except (OSError, ValueError) as error:
            self.desk.note = str(error)
            return
        self._read(spot.exercise.name)
        self.desk.look()
        self.desk.note = f"It is a stub again. Your file is kept as {relative(copy)}."

    def _picture(self, *, anew: bool) -> None:
        """Draw the picture of a finished exercise; `anew`: even if there is one already."""
        desk, exercise = self.desk, self.desk.spot.exercise
        if not desk.exercise_done or desk.answers[exercise.name].stubs:  # in the notebook, perhaps
            return
        if not can_draw(exercise):
            desk.pictures[exercise.name] = "Its picture needs matplotlib: pip install matplotlib"
        elif picture_of(exercise).exists() and not anew:
            self._picture_drawn(exercise.name, True)
        elif anew or exercise.name not in desk.pictures:
            desk.pictures[exercise.name] = "Its picture is being drawn, with your code …"
            self._artist.draw(exercise)

    def _picture_drawn(self, name: str, done: bool) -> None:
        file = relative(picture_of(self.desk.course.of(name)[0].exercise))
        told = f"The picture that it made (v opens it): {file}" if done else ""
        self.desk.pictures[name] = told or "Its picture could not be drawn."
        self._draw()

    def _show_picture(self) -> None:
        picture = picture_of(self.desk.spot.exercise)
        if not picture.exists():
            self.desk.note = "There is a picture once the whole exercise is done."
        elif not opened(picture):
            self.desk.note = (
                f"It can't be shown from here. Open {relative(picture)} in your editor."
            )

    def _lesson(self) -> None:
        from rich.console import Console
        from rich.markdown import Markdown

        lesson = self.desk.spot.exercise.folder / "README.md"
        try:
            text = without_markup(lesson.read_text("utf-8"))
        except OSError:
            self.desk.note = f"There is no {relative(lesson)}."
            return
        with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
            console = Console(file=nowhere, width=min(90, self._columns), record=True)
            console.print(Markdown(text))
        if self._keyboard is not None:
            self._keyboard.let_go()
        try:
            pydoc.pager(console.export_text())
        finally:
            if self._keyboard is not None:
                self._keyboard.take_back()

    # -- runs -------------------------------------------------------------------------------------

    def _start(self, spots: Sequence[Spot], *, everything: bool = False) -> None:
        self._end_run()
        exercise = spots[0].exercise
        answers = self.desk.answers[exercise.name]
        if answers.broken:
            self.desk.phase = Phase.BROKEN
            return
        written = [spot for spot in spots if spot.target not in answers.stubs]
        self.desk.began(everything=everything)
        self._ran = {spot: answers.digests[spot.target] for spot in written}
        if not written:
            return
        tests = [test.name for spot in written for test in self.desk.course.tests[spot]]
        self._job = exercise.suite, tests
        self._began = time.monotonic()
        self._launch()

    def _launch(self) -> None:
        """Begin what waits, if a process is ready."""
        if self._job is not None and (spare := self._spares.take()) is not None:
            spare.run(*self._job, self._columns - 2)  # the mark takes two
            self._run, self._job = spare, None
            self._heard = self._began = time.monotonic()

    @property
    def _busy(self) -> bool:
        return self._run is not None or self._job is not None

    def _end_run(self) -> None:
        self._job = None
        if self._run is not None:
            self._run.stop()
            self._run = None
            self._spares.fill()

    def _told(self, spare: Spare, message: list[Any]) -> None:
        """A process has sent a message. Only the process that does the current run counts."""
        kind, *rest = spare.heard(*message)
        if spare is not self._run:
            self._spares.fill()
            self._launch()
            return
        self._heard = time.monotonic()
        match kind:
            case "test":
                self.desk.seen.running = rest[0]
            case "ended":
                self._test_ended(*rest)
            case "explained":
                self.desk.explained(*rest)
            case "uncollected":
                self.desk.seen.text = rest[0]
            case "debugger":
                self._hand_over(spare)
                return
            case "over" | "died":
                self._run_over(rest[0] if kind == "died" else "")
        self._draw()

    def _test_ended(self, function: str, outcome: str, text: str) -> None:
        tests = (t for spot in self._ran for t in self.desk.course.tests[spot])
        test: PublicTest | None = next((t for t in tests if t.name == function), None)
        if test is not None:
            attempted = outcome != Outcome.NOT_ATTEMPTED.value
            passed = outcome == Outcome.PASSED.value
            self.desk.ended(test, passed=passed, attempted=attempted, text=text)

    def _run_over(self, died: str) -> None:
        self._run = None
        self._spares.fill()
        self.desk.over(died)
        for spot, content in self._ran.items():
            mine = {test.name for test in self.desk.course.tests[spot]}
            failed = mine & self.desk.seen.failed
            passed = (mine & self.desk.seen.passed) - failed
            self._store.ran(spot.exercise.name, spot.target, content, passed, failed)
        self._picture(anew=True)
        if self._debugging:
            self._debugging, self._paused = False, True
            print("\nThe run is over. Press a key.", flush=True)
            if self._keyboard is not None:
                self._keyboard.take_back()

    def _hand_over(self, spare: Spare) -> None:
        if not self._debugging:
            self._debugging = True
            if self._keyboard is not None:
                self._keyboard.let_go()
            print(HANDED_OVER, flush=True)
        spare.go_on()

    # -- the screen -------------------------------------------------------------------------------

    @property
    def _columns(self) -> int:
        return max(40, min(100, shutil.get_terminal_size().columns))

    def _draw(self) -> None:
        if self._debugging or self._paused:
            return
        self._size = shutil.get_terminal_size()
        seconds = int(time.monotonic() - self._began)
        width, height = self._columns, self._size.lines
        file = relative(self.desk.spot.exercise.file)
        if self._terminal:
            lines = screen.drawn(self.desk, width, height, file, seconds)
            text = "\x1b[H" + "".join(f"{line}\x1b[K\n" for line in lines) + "\x1b[J"
        elif not self._busy and self.desk.phase in SETTLED:
            lines = [f"{self.desk.spot.name}:", *screen.told(self.desk, width, height, file)]
            text = "\n".join([*lines, "", ""])
            if text == self._printed:
                return
        else:
            return
        self._printed = text
        encoding = sys.stdout.encoding or "utf-8"
        sys.stdout.write(text.encode(encoding, "replace").decode(encoding))
        sys.stdout.flush()
