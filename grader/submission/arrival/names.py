"""Names of files and people: make them harmless, and read what they say."""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

LONGEST = 100
RESERVED = {"con", "prn", "aux", "nul"} | {f"{d}{n}" for d in ("com", "lpt") for n in range(10)}
# Windows hides the last ending, so some files arrive as `losses.py.txt`.
ENDINGS = (".py", ".ipynb", ".py.txt", ".ipynb.txt", ".ipynb.json")
_COPY = re.compile(
    r"(?:\s*-\s*copy|\s+copy)?(?:[\s_]*\((?P<browser>\d{1,3})\)|-(?P<lms>\d{1,3}))?$", re.I
)


def shown(name: str, longest: int = LONGEST) -> str:
    """A name that somebody else chose, on one line, and harmless wherever it is shown."""
    composed = unicodedata.normalize("NFC", name[: 4 * longest])
    # Category C: control and format characters (terminal escapes, bidirectional marks), surrogates.
    safe = "".join("\ufffd" if unicodedata.category(c)[0] == "C" else c for c in composed)
    line = " ".join(safe.split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def folded(name: str) -> str:
    """A key that is equal for names that count as the same."""
    return unicodedata.normalize("NFKC", name).casefold()


def distinct(name: str, taken: Iterable[str]) -> str:
    """`name`, with a number after it if it is taken."""
    known = {folded(t) for t in taken}
    names = [name, *(f"{name} ({n})" for n in range(2, len(known) + 3))]
    return next(n for n in names if folded(n) not in known)


@dataclass(frozen=True)
class FileName:
    """A file's name in parts: `kim_losses-1.py` is stem `kim_losses`, ending `.py`, attempt 1."""

    stem: str
    ending: str
    attempt: int

    def module(self, modules: Iterable[str]) -> str:
        """The exercise that the file is named after; '' if none."""
        return next((m for m in modules if self.stem.casefold() == m.casefold()), "")

    def module_at_end(self, modules: Iterable[str]) -> str:
        """The exercise that the name ends with, as in `kim_losses`; '' if none."""
        fits = [m for m in modules if re.search(rf"[_\-. ]{re.escape(m)}$", self.stem, re.I)]
        return "" if self.is_test else max(fits, key=len, default="")

    def owner(self, modules: Iterable[str]) -> str:
        """The owner that the name tells, such as `kim` in `kim_losses`; '' if none."""
        module = self.module(modules) or self.module_at_end(modules)
        owner = self.stem[: len(self.stem) - len(module)].rstrip("_-. ")
        return "" if re.fullmatch(r"\d{0,2}", owner) else owner

    @property
    def is_test(self) -> bool:
        """Whether it is a suite or its configuration, and so no answer."""
        return self.stem.casefold().startswith(("test_", "conftest"))

    @property
    def is_notebook(self) -> bool:
        return self.ending.startswith(".ipynb")


def file_name(name: str) -> FileName | None:
    """The parts of a Python file's or notebook's name; None for any other file."""
    plain = unicodedata.normalize("NFC", name)
    ending = next((e for e in ENDINGS if plain.casefold().endswith(e)), "")
    if not ending or len(plain) == len(ending):
        return None
    stem, attempt = split_attempt(plain[: -len(ending)])
    return FileName(stem, ending, attempt)


def split_attempt(stem: str) -> tuple[str, int]:
    """A stem without the number of a copy, and the number: `losses (1)` is `losses`, 1."""
    copy = _COPY.search(stem)
    assert copy is not None
    number = int(copy["browser"] or copy["lms"] or 0) or int(bool(copy[0]))
    return (stem[: copy.start()], number) if copy.start() else (stem, 0)


def importable(name: FileName) -> str:
    """The name under which a helper can be imported on every system; '' if there is none."""
    stem = identifier(name.stem)
    return f"{stem}.py" if stem and name.ending == ".py" else ""


def identifier(name: str) -> str:
    """The name of a module or package as Python reads it; '' if it can't be imported."""
    read = unicodedata.normalize("NFKC", name)
    fine = read.isidentifier() and not keyword.iskeyword(read)
    return read if fine and read.casefold() not in RESERVED and len(read) <= LONGEST else ""
