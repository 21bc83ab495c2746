"""`results.json`: a whole run, to keep, to read again and for programs of your own.

It holds everything, including secrets, so it is for instructors. Numbers in a student's loss curves
may be infinite or NaN. JSON has no word for these, so they are `null`. Results of a large class are
compressed: `results.json.xz`. (What students have in common lies too far apart for gzip, which made
four times as much of it.)
"""

from __future__ import annotations

import gzip
import lzma
import math
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from grader.report.files import ReportError, save
from grader.result import SCHEMA, Grades

NAME = "json"
HELP = "Everything, for programs: `results.json`, in a documented schema. For instructors."
OUT = "results.json"
OPTIONS: Mapping[str, str] = {
    "schema": "a path: write the JSON schema there too",
    "compress": "yes: write .json.xz; no: don't; auto (default): above 200 submissions",
}
LARGE = 200
PRESET = 2  # the next ones take longer and save little

T = TypeVar("T")


def write(grades: Grades, out: Path, options: Mapping[str, str]) -> list[Path]:
    """Write the run to `out`, and its schema if that is asked for."""
    compress = options.get("compress", "auto")
    if compress not in ("yes", "no", "auto"):
        raise ReportError(f"compress={compress}: give yes, no or auto.")
    plain = out.with_name(out.name.removesuffix(".xz"))
    packed = plain.with_name(f"{plain.name}.xz")
    if compress == "yes" or (compress == "auto" and len(grades.results) > LARGE):
        data, path = lzma.compress(encode(grades) + b"\n", preset=PRESET), packed
    else:
        data, path = msgspec.json.format(encode(grades), indent=1) + b"\n", plain
    written = [save(path, data)]
    for older in {plain, packed, plain.with_name(f"{plain.name}.gz")} - {path}:
        older.unlink(missing_ok=True)
    if "schema" in options:
        content = msgspec.json.format(msgspec.json.encode(schema()), indent=2)
        written.append(save(Path(options["schema"]), content + b"\n"))
    return written


def read(path: Path) -> Grades:
    """Read what `write` wrote, compressed or not.

    Raises `ReportError`, which says what to do, for anything else.
    """
    files = [path, *(path.with_name(f"{path.name}{suffix}") for suffix in (".xz", ".gz"))]
    try:
        data = next((file for file in files if file.is_file()), path).read_bytes()
        raw = msgspec.json.decode(_unpacked(data))
    except (gzip.BadGzipFile, lzma.LZMAError, EOFError, zlib.error) as error:
        raise ReportError(f"{path}: damaged ({error}). Grade again to write a new one.") from error
    except OSError as error:
        raise ReportError(f"{path}: could not be read ({error.strerror or error}).") from error
    except msgspec.DecodeError as error:
        raise ReportError(f"{path}: not JSON ({error}). Grade again to write a new one.") from error
    found = raw.get("schema") if isinstance(raw, dict) else None
    if found != SCHEMA:
        raise ReportError(
            f"{path}: not results that this version reads: its schema is {found!r}, not {SCHEMA!r}."
        )
    try:
        return msgspec.convert(_each_number(raw, _read_number), Grades)
    except msgspec.ValidationError as error:
        raise ReportError(f"{path}: not as the schema {SCHEMA} wants it: {error}.") from error


def _unpacked(data: bytes) -> bytes:
    """The data as they are, or decompressed: earlier versions wrote gzip."""
    if data.startswith(b"\x1f\x8b"):
        return gzip.decompress(data)
    return lzma.decompress(data) if data.startswith(b"\xfd7zXZ\0") else data


def encode(value: object) -> bytes:
    """Results, or any part of them, as JSON, whatever is in students' names and losses."""
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:  # a file name that was never text
        return msgspec.json.encode(_texts(msgspec.to_builtins(value)))


def decode(data: bytes, kind: type[T]) -> T:
    """The object of class `kind` of which `encode` made this."""
    return msgspec.convert(_each_number(msgspec.json.decode(data), _read_number), kind)


def schema() -> dict[str, Any]:
    """The JSON schema of `results.json`."""
    made: dict[str, Any] = msgspec.json.schema(Grades)
    made["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    made["title"] = SCHEMA
    parts = made["$defs"]
    parts["Grades"]["properties"]["schema"] = {"const": SCHEMA}
    parts["Grades"]["required"] = ["results", "schema"]
    properties = parts["ExerciseResult"]["properties"]
    finite_or_not = {"type": ["number", "null"]}
    properties["curve"]["items"] = finite_or_not
    properties["band"]["items"]["prefixItems"] = [finite_or_not, finite_or_not]
    return made


def _read_number(value: object) -> object:
    return math.nan if value is None else value


def _each_number(value: Any, change: Callable[[object], object]) -> Any:
    """Change each item of the curves and bands, wherever in the tree they are."""
    if isinstance(value, list):
        return [_each_number(item, change) for item in value]
    if not isinstance(value, dict):
        return value
    changed = {key: _each_number(item, change) for key, item in value.items()}
    for key in ("curve", "band"):
        if isinstance(changed.get(key), list):
            changed[key] = [
                [change(v) for v in item] if isinstance(item, list) else change(item)
                for item in changed[key]
            ]
    return changed


def _texts(value: Any) -> Any:
    """With every text made of characters that can be encoded."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, list | tuple):
        return [_texts(item) for item in value]
    if isinstance(value, dict):
        return {_texts(key): _texts(item) for key, item in value.items()}
    return value
