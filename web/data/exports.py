"""What is chosen on the form, and the streams that answer it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta

from flask import Response

from device.export import Selection

CSV = "text/csv; charset=utf-8; header=present"
JSON = "application/json"
# Spreadsheets take UTF-8 for what it is only with this in front; other readers skip it.
_BOM = "\ufeff"


def selection_of(form: Mapping[str, str]) -> Selection:
    """From the fields `from`, `to` (days on the unit's clock, both included) and `lifter`.

    Raises ValueError for a day that is none, or for days in the wrong order.
    """
    first, last = _day(form.get("from", "")), _day(form.get("to", ""))
    if first and last and first > last:
        raise ValueError("the days are in the wrong order")
    return Selection(
        lifter_id=form.get("lifter") or None,
        from_utc=_begin_utc(first) if first else None,
        before_utc=_begin_utc(last + timedelta(days=1)) if last else None,
    )


def streamed(pieces: Iterator[str], name: str, mimetype: str) -> Response:
    """A download that is never in memory as a whole.

    The first piece is made here, so that a database that can't be read is said in words.
    """
    first = next(pieces)
    mark = _BOM if mimetype == CSV else ""

    def whole() -> Iterator[str]:
        yield mark + first
        yield from pieces

    return attached(Response(whole(), mimetype=mimetype), name)


def attached(response: Response, name: str) -> Response:
    """The response as a file of that name; `name` is of letters, digits, dots and lines."""
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _day(text: str) -> date | None:
    if not text:
        return None
    day = date.fromisoformat(text)
    if not 2000 <= day.year < 3000:
        raise ValueError("not a year of this unit")
    return day


def _begin_utc(day: date) -> str:
    begin = datetime.combine(day, time()).astimezone().astimezone(UTC)
    return begin.isoformat(timespec="milliseconds").replace("+00:00", "Z")
