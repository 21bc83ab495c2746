"""When a submission was handed in, as learning platforms write it."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

FILES = "the files' own times"  # the last resort: copying and unpacking change them

_ISO = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)[ T](?P<time>\d\d:\d\d(?::\d\d)?)(?:\.\d+)?\s*(?P<zone>\S*)"
)
# Moodle in English: `Friday, 20 November 2026, 10:00 AM`, or with a 24-hour clock.
_MOODLE = re.compile(r"(?:\w+, )?(?P<date>\d{1,2} \w+ \d{4}), (?P<time>\d{1,2}:\d\d(?: ?[AP]M)?)")


def moment(text: str) -> datetime | None:
    """A point in time, in UTC; None if the text isn't one.

    Without a time zone it is taken as this machine's local time.
    """
    text = " ".join(text.split())
    if told := _ISO.fullmatch(text):
        try:
            naive = datetime.fromisoformat(f"{told['day']}T{told['time']}")
            return _in_utc(naive, told["zone"])
        except (ValueError, OSError, OverflowError):
            return None
    if told := _MOODLE.fullmatch(text):
        for clock in ("%I:%M %p", "%H:%M"):
            try:
                return _in_utc(datetime.strptime(f"{told[1]} {told[2]}", f"%d %B %Y {clock}"), "")
            except (ValueError, OSError, OverflowError):
                continue
    return None


def from_seconds(seconds: float) -> datetime | None:
    """A file's time, in UTC; None if it has none, or one that can't be."""
    try:
        return datetime.fromtimestamp(int(seconds), timezone.utc) if seconds > 0 else None
    except (ValueError, OSError, OverflowError):
        return None


def _in_utc(naive: datetime, zone: str) -> datetime:
    """Raises `ValueError` for a zone that nobody knows."""
    if not zone:
        return naive.astimezone(timezone.utc)
    if zone.upper() in ("Z", "UTC", "GMT"):
        return naive.replace(tzinfo=timezone.utc)
    if re.fullmatch(r"[+-]\d\d:?\d\d", zone):
        sign, digits = zone[0], zone[1:].replace(":", "")
        return datetime.fromisoformat(
            f"{naive.isoformat()}{sign}{digits[:2]}:{digits[2:]}"
        ).astimezone(timezone.utc)
    if not re.fullmatch(r"[A-Za-z_]+(/[A-Za-z_+-]+)*", zone):
        raise ValueError(zone)
    try:
        return naive.replace(tzinfo=ZoneInfo(zone)).astimezone(timezone.utc)
    except Exception:  # zoneinfo has errors of several kinds for a name that it doesn't know
        raise ValueError(zone) from None
