"""Since and until: what a user may write for a moment."""

from datetime import UTC, datetime, timedelta
from typing import TypeAlias

__all__ = ["Moment", "moment_ns"]

Moment: TypeAlias = float | int | datetime
"""Seconds since 1970 as float, nanoseconds since 1970 as int, or a datetime (without a zone: local time)."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def moment_ns(moment: Moment | None) -> int | None:
    """Nanoseconds since 1970, exact for int and datetime.

    Raises TypeError for anything else, ValueError for a float that is not a time.
    """
    if moment is None:
        return None
    if isinstance(moment, bool) or not isinstance(moment, float | int | datetime):
        raise TypeError(f"a moment is float seconds, int nanoseconds or a datetime, not {type(moment).__name__}")
    if isinstance(moment, datetime):
        return (moment.astimezone(UTC) - _EPOCH) // _MICROSECOND * 1000
    if isinstance(moment, int):
        return moment
    try:
        return round(moment * 1e9)
    except (OverflowError, ValueError) as error:
        raise ValueError(f"a moment in seconds must be a finite number, not {moment!r}") from error
