"""Room on the disk for what a run will write, taken before anything is graded."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from types import TracebackType

FOR_A_RUN = 8 << 20
FOR_A_SUBMISSION = 128 << 10  # its row in the gradebook, and its part of every report


class Reserve:
    """A nameless file that takes up disk space until it is given back."""

    def __init__(self, folder: Path, submissions: int) -> None:
        """Raises `OSError` where there is no such room in `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - it is closed by whom it is for
        try:
            _fill(self._file.fileno(), FOR_A_RUN + FOR_A_SUBMISSION * submissions)
        except OSError:
            self._file.close()
            raise

    def give_back(self) -> None:
        """Free the space for others."""
        self._file.close()

    def __enter__(self) -> Reserve:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.give_back()


def _fill(descriptor: int, size: int) -> None:
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(descriptor, 0, size)
        return
    zeros = bytes(1 << 20)
    for _ in range(0, size, len(zeros)):
        os.write(descriptor, zeros)
