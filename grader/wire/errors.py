"""What can go wrong between the two sides."""

from __future__ import annotations


class BoundaryError(Exception):
    """The other side, or the way to it, broke."""


class ProtocolError(BoundaryError):
    """What arrived is not a message, is too large, or makes no sense here."""


class Gone(BoundaryError):
    """The object that was asked for isn't there any more; the message is for the student."""


class Closed(BoundaryError):
    """The other side is gone."""


class DeadlinePassed(BoundaryError):
    """The deadline passed before the other side had answered."""


class Unsupported(TypeError):
    """A value that can't cross."""
