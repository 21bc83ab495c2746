"""What can go wrong between the two sides."""

from __future__ import annotations


class BoundaryError(Exception):
    """The other side, or the connection to it, is broken."""


class ProtocolError(BoundaryError):
    """The received bytes are not a message, are too many, or make no sense here."""


class Gone(BoundaryError):
    """The requested object no longer exists; the message is for the student."""


class Closed(BoundaryError):
    """The other side is gone."""


class DeadlinePassed(BoundaryError):
    """The deadline passed before the other side had answered."""


class Unsupported(TypeError):
    """A value that can't cross."""
