"""Turn source files in whatever encoding into plain UTF-8 text."""

from __future__ import annotations

import codecs
import re

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# PEP 263: a coding line is one of the first two.
_COOKIE = re.compile(
    r"\A((?:[ \t\f]*(?:#[^\r\n]*)?(?:\r\n?|\n))?[ \t\f]*#[^\r\n]*?coding[:=][ \t]*)([-\w.]+)"
)
# Encodings of text only: a codec such as `idna` or `unicode_escape` could hide what a file says.
_TEXT = re.compile(
    r"utf-8|ascii|iso8859-\d+|cp\d+|euc_\w+|johab|shift_jis\w*|gb\w+|big5\w*|koi8-\w"
)


class NotTextError(ValueError):
    """These bytes aren't text. The message is for the student."""


def decode(raw: bytes) -> tuple[str, str]:
    """The text with Unix line ends, and its encoding ('' for UTF-8)."""
    text, encoding = _decode(raw)
    plain = text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")
    return plain, encoding


def source(raw: bytes) -> tuple[bytes, str]:
    """The text as UTF-8, with a coding line that agrees if it has one, and its former encoding."""
    text, encoding = decode(raw)
    return utf8(_COOKIE.sub(r"\1utf-8", text)), encoding


def utf8(text: str) -> bytes:
    """The text in UTF-8. Lone surrogates, which JSON can hold, become `?`."""
    return text.encode("utf-8", "replace")


def _decode(raw: bytes) -> tuple[str, str]:
    for bom, codec in _BOMS:
        if raw.startswith(bom):
            try:
                return raw.decode(codec), "" if codec == "utf-8-sig" else codec.upper()
            except UnicodeError:
                raw = raw.removeprefix(codecs.BOM_UTF8)
                break
    if b"\0" in raw:
        if text := _utf_16_without_bom(raw):
            return text, "UTF-16"
        if raw.rstrip(b"\0").count(b"\0") or len(raw.rstrip(b"\0")) * 2 < len(raw):
            raise NotTextError("it isn't text")
        raw = raw.rstrip(b"\0")  # which a crash while saving leaves at the end
    declared = _declared(raw)
    for codec in filter(None, ("utf-8", declared)):
        try:
            return raw.decode(codec), "" if codec == "utf-8" else codec.upper()
        except UnicodeError:
            continue
    try:
        text = raw.decode("cp949")
        if _is_korean(text):
            return text, "CP949"
    except UnicodeError:
        pass
    return raw.decode("latin-1"), "Latin-1"


def _declared(raw: bytes) -> str:
    cookie = _COOKIE.match(raw[:1000].decode("latin-1"))
    try:
        name = codecs.lookup(cookie[2]).name if cookie else ""
    except (LookupError, ValueError):
        return ""
    return name if _TEXT.fullmatch(name) else ""


def _utf_16_without_bom(raw: bytes) -> str:
    """The text, if it is UTF-16 that is mostly ASCII (every other byte is NUL); else ''."""
    for start, codec in ((1, "utf-16-le"), (0, "utf-16-be")):
        half = raw[start::2]
        if len(raw) % 2 == 0 and half.count(0) * 2 > len(half) and not raw[1 - start :: 2].count(0):
            try:
                return raw.decode(codec)
            except UnicodeError:
                break
    return ""


def _is_korean(text: str) -> bool:
    """Whether it is Korean. Latin-1 bytes can pass for CP949, but rarely for common syllables."""
    foreign = [c for c in text if c > "\x7f"]
    common = sum(1 for c in foreign if "\uac00" <= c <= "\ud7a3" and _in_ks_x_1001(c))
    return common * 2 > len(foreign)


def _in_ks_x_1001(character: str) -> bool:
    try:
        return len(character.encode("euc_kr")) == 2  # any other takes eight bytes
    except UnicodeError:
        return False
