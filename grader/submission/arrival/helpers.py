"""What an answer can import: the files that lie around it, as it finds them at home."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from grader.submission.arrival.names import FileName, identifier, shown
from grader.submission.arrival.tree import File


@dataclass(eq=False)
class Found:
    """A Python file or notebook of the submission."""

    path: tuple[str, ...]
    name: FileName
    file: File
    attempt: int
    order: int
    exact: str  # the exercise that it is named after, '' if none
    near: str  # the exercise that its name ends with, '' if none

    @property
    def shown(self) -> str:
        return shown("/".join(self.path))


class Helpers:
    """The Python files of a submission."""

    def __init__(self, every: Iterable[Found]) -> None:
        modules = [found for found in every if found.name.ending == ".py"]
        self._modules = sorted(modules, key=lambda found: -found.attempt)

    def at_home(
        self, folder: Sequence[str], source: bytes, text: Callable[[Found], bytes]
    ) -> Iterator[tuple[str, Found]]:
        """The files that a source in `folder` can import, each with its path in the sandbox.

        What lies in its own folder comes before what lies in those above. Only what the source
        mentions is given, and what that mentions. `text` gives a file's source.
        """
        tops: dict[str, dict[str, Found]] = {}
        for depth in range(len(folder), -1, -1):
            for found in self._modules:
                if found.path[:depth] == tuple(folder[:depth]):
                    parts = [identifier(part) for part in found.path[depth:-1]]
                    parts.append(identifier(found.name.stem))
                    if all(parts) and parts != ["__init__"]:
                        path = "/".join(parts) + ".py"
                        tops.setdefault(parts[0], {}).setdefault(path, found)
        todo = [source]
        while todo:
            for word in set(re.findall(r"\w+", todo.pop().decode("utf-8", "replace"))):
                for path, found in tops.pop(word, {}).items():
                    yield path, found
                    todo.append(text(found))
