"""Texts that nobody reads by chance: locked hints, and the answers of questions."""

from __future__ import annotations

import base64
import hashlib


def sealed(text: str, key: bytes) -> str:
    """A text that can't be read at a glance. `unsealed` gives it back."""
    return base64.b64encode(_mixed(text.encode(), key)).decode()


def unsealed(text: str, key: bytes) -> str:
    """The text. Raises `ValueError` for what was not sealed with this key."""
    return _mixed(base64.b64decode(text, validate=True), key).decode()


def _mixed(text: bytes, key: bytes) -> bytes:
    stream = hashlib.shake_256(key).digest(len(text))
    return bytes(a ^ b for a, b in zip(text, stream, strict=True))
