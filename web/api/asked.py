"""What a program asks of the API, checked: dates, page sizes, cursors, keys."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime

from device.export import Page, Row

LARGEST_PAGE = 200
USUAL_PAGE = 50
_KEY = re.compile(r"[0-9a-f]{32}")
_LARGEST_NUMBER = 2**53


class BadRequestError(ValueError):
    """What was asked makes no sense; the text says what would."""


def checked_names(arguments: Mapping[str, str], known: tuple[str, ...]) -> None:
    """Raises BadRequestError for a parameter that does not exist: a typo must not be ignored."""
    for name in arguments:
        if name not in known:
            allowed = ", ".join(known) or "none"
            raise BadRequestError(f"Unknown parameter {name[:40]!r}; known here: {allowed}.")


def page_asked(arguments: Mapping[str, str]) -> Page:
    """`limit` and `after`. Raises BadRequestError."""
    text = arguments.get("limit", str(USUAL_PAGE))
    if not re.fullmatch(r"[0-9]{1,4}", text) or not 1 <= int(text) <= LARGEST_PAGE:
        raise BadRequestError(f"limit is a whole number from 1 to {LARGEST_PAGE}.")
    after = arguments.get("after")
    return Page(int(text), None if after is None else _opened(after))


def next_of(rows: list[Row], page: Page, order: str, key: str) -> str | None:
    """The cursor of the page after this one; None if this one was not full."""
    if len(rows) < page.limit:
        return None
    packed = json.dumps([rows[-1][order], rows[-1][key]]).encode()
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def key_asked(text: str) -> str | None:
    """A key as the database has them; None for what can't be one."""
    return text if _KEY.fullmatch(text) else None


def lifter_asked(arguments: Mapping[str, str]) -> str | None:
    """`lifter_id`, if it was asked for. Raises BadRequestError."""
    text = arguments.get("lifter_id")
    if text is not None and key_asked(text) is None:
        raise BadRequestError("lifter_id is a lifter's key, as /lifters tells it.")
    return text


def instant_asked(arguments: Mapping[str, str], name: str) -> str | None:
    """An instant as the database has them, or None. Raises BadRequestError."""
    text = arguments.get(name)
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadRequestError(
            f"{name} is a date or an instant in UTC, 2026-05-01 or 2026-05-01T18:30:00Z say."
        ) from None
    return found.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _opened(cursor: str) -> tuple[str | int, str]:
    try:
        order, key = json.loads(base64.b64decode(_padded(cursor), b"-_", validate=True))
    except (ValueError, TypeError, binascii.Error, RecursionError):
        raise _bad_cursor() from None
    number = isinstance(order, int) and abs(order) < _LARGEST_NUMBER
    text = isinstance(order, str) and order.isascii()
    if not (number or text) or not isinstance(key, str) or not _KEY.fullmatch(key):
        raise _bad_cursor()
    return order, key


def _padded(cursor: str) -> bytes:
    try:
        plain = cursor.encode("ascii")
    except UnicodeEncodeError:
        raise _bad_cursor() from None
    return plain + b"=" * (-len(plain) % 4)


def _bad_cursor() -> BadRequestError:
    return BadRequestError("after is what 'next' was on the page before; leave it out to begin.")
