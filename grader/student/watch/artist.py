"""Draws the picture of a finished exercise, in a process of its own, and opens it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from grader.assignment.exercises import Exercise
from grader.student.picture import picture_of

SECONDS = 300  # for all that an exercise's plots train


class Artist:
    """Draws one picture at a time. Calls `tell(exercise, succeeded)` from a thread."""

    def __init__(self, tell: Callable[[str, bool], None]) -> None:
        self._tell = tell
        self._process: subprocess.Popen[bytes] | None = None

    def draw(self, exercise: Exercise) -> None:
        """Draw an exercise's picture anew; give up the one that was being drawn."""
        self.stop()
        picture_of(exercise).unlink(missing_ok=True)
        command = [sys.executable, "-m", "grader.student.picture", str(exercise.folder)]
        self._process = _started(command)
        arguments = (self._process, exercise.name)
        threading.Thread(target=self._wait, args=arguments, daemon=True).start()

    def stop(self) -> None:
        """Give up the picture that is being drawn."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()

    def _wait(self, process: subprocess.Popen[bytes], name: str) -> None:
        try:
            code = process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            code = process.wait()
        if process is self._process:
            self._tell(name, code == 0)


def opened(picture: Path) -> bool:
    """Open a picture in a window or in the editor that this terminal is in; whether that worked."""
    if sys.platform == "win32":
        os.startfile(picture)
        return True
    if os.environ.get("TERM_PROGRAM") == "vscode":
        command = ["code", "--reuse-window"]
    elif sys.platform == "darwin":
        command = ["open"]
    elif os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        command = ["xdg-open"]
    else:
        return False
    if shutil.which(command[0]) is None:
        return False
    _started([*command, str(picture)])
    return True


def _started(command: list[str]) -> subprocess.Popen[bytes]:
    """A process that neither reads the keys nor writes on the screen."""
    nothing = subprocess.DEVNULL
    return subprocess.Popen(
        command, stdin=nothing, stdout=nothing, stderr=nothing, start_new_session=True
    )
