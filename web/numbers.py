"""Numbers and dates as the language of the page writes them: the one place that does."""

from __future__ import annotations

from datetime import date, datetime

from web.texts import N_, pgettext
from web.texts import gettext as _

_MONTHS = (
    *(N_("Jan"), N_("Feb"), N_("Mar"), N_("Apr"), N_("May"), N_("Jun")),
    *(N_("Jul"), N_("Aug"), N_("Sep"), N_("Oct"), N_("Nov"), N_("Dec")),
)
_DAYS = (N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun"))
_LONG_DAYS = (
    *(N_("Monday"), N_("Tuesday"), N_("Wednesday"), N_("Thursday")),
    *(N_("Friday"), N_("Saturday"), N_("Sunday")),
)


def number(text: str) -> str:
    """A number as Python writes it (`-0.5`), with a true minus and the language's decimal mark."""
    return text.replace("-", "−").replace(".", pgettext("decimal mark", "."))


def day(local: date) -> str:
    """`03 May 2026`."""
    return _("%(day)s %(month)s %(year)s", day=f"{local:%d}", month=month(local), year=local.year)


def long_day(local: date) -> str:
    """`Sunday, 3 May 2026`."""
    return _(
        "%(weekday)s, %(day)s %(month)s %(year)s",
        weekday=_(_LONG_DAYS[local.weekday()]),
        day=local.day,
        month=month(local),
        year=local.year,
    )


def date_and_time(local: datetime) -> str:
    """`Sun 03 May 2026, 17:05`."""
    return _(
        "%(weekday)s %(day)s %(month)s %(year)s, %(time)s",
        weekday=_(_DAYS[local.weekday()]),
        day=f"{local:%d}",
        month=month(local),
        year=local.year,
        time=f"{local:%H:%M}",
    )


def clock(local: datetime) -> str:
    """`17:05`."""
    return f"{local:%H:%M}"


def short_day(local: date) -> str:
    """`3 May 26`."""
    return _("%(day)s %(month)s %(year)s", day=local.day, month=month(local), year=f"{local:%y}")


def month(local: date) -> str:
    """`May`."""
    return _(_MONTHS[local.month - 1])
