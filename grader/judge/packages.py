"""The packages that submissions can import: those installed with the grader, and allowed ones."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from grader.lockdown.landlock import python_paths

# What notebooks and scripts of lessons import most often.
USUAL = (
    "matplotlib", "pandas", "seaborn", "scipy", "sklearn", "torchvision", "tqdm", "IPython", "PIL",
    "requests", "torchinfo", "d2l",
)  # fmt: skip


@dataclass(frozen=True)
class Package:
    """A package that sandboxes may import although it isn't installed with the grader.

    `place`: the folder or file that they may read. `whole`: `place` is a folder of installed
    packages, and all of them may be imported.
    """

    name: str
    place: str
    whole: bool = False


class PackageError(ValueError):
    """A package can't be allowed. The message says why."""


def find_package(name: str) -> Package | None:
    """The package of that name; None if it is installed with the grader anyway.

    Raises `PackageError` if there is no such package.
    """
    if not name.isidentifier():
        raise PackageError(f"{name}: give the name of a package, as it is imported")
    kept = list(sys.path)
    # Don't look in the folder that the command runs in: its files may be a submission.
    sys.path[:] = [entry for entry in kept if entry and Path(entry).resolve() != Path.cwd()]
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        spec = None
    finally:
        sys.path[:] = kept
    places = list(spec.submodule_search_locations or []) if spec else []
    if spec and not places and spec.origin not in (None, "built-in", "frozen"):
        places = [str(spec.origin)]
    if spec is None:
        raise PackageError(f"{name}: there is no such package; install it beside the grader")
    if not places or _is_readable(Path(places[0])):
        return None
    place = Path(places[0]).resolve()
    if any(place.parent.glob("*.dist-info")):
        return Package(name, str(place.parent), whole=True)
    return Package(name, str(place))


def check_apart(packages: Iterable[Package], secret: Path) -> None:
    """Raise `PackageError` if sandboxes could read something of the folder `secret`."""
    folder = secret.resolve()
    for package in packages:
        place = Path(package.place)
        if place == folder or place in folder.parents or folder in place.parents:
            raise PackageError(f"{package.name}: {place} holds hidden suites, or lies among them")


def installed() -> list[tuple[str, str]]:
    """Name and version of each distribution that is installed where sandboxes import from."""
    path = [entry for entry in sys.path if entry and _is_readable(Path(entry))]
    found = {str(d.metadata["Name"]): d.version for d in metadata.distributions(path=path)}
    return sorted(found.items(), key=lambda one: one[0].casefold())


def missing(allowed: Iterable[Package] = ()) -> list[str]:
    """Those of the usual packages that aren't there."""
    given = {package.name for package in allowed}
    return [name for name in USUAL if name not in given and _is_missing(name)]


def _is_missing(name: str) -> bool:
    try:
        return find_package(name) is not None
    except PackageError:
        return True


def _is_readable(place: Path) -> bool:
    """Whether every sandbox may read it, and imports from there."""
    resolved = place.resolve()
    return any(root == resolved or root in resolved.parents for root in python_paths())
