"""What the two sides of a comparison are, in words, so that the result tells it on paper, too."""

from __future__ import annotations

from collections.abc import Iterator

from web import numbers
from web.coach.conditions import Condition
from web.coach.sets import SetPlace
from web.coach.words import exercise_word
from web.texts import gettext as _
from web.weights import load
from web.words import local_time


def side_words(side: Condition, other: Condition, place: SetPlace | None, name: str) -> str:
    """`Alex, Front squat, from 60 kg`; `name` is the lifter's, `other` the other side."""
    if place is not None:
        return _(
            "%(lifter)s, set %(number)s of %(time)s",
            lifter=place.lifter or _("nobody signed in"),
            number=place.number,
            time=numbers.date_and_time(local_time(place.utc)),
        )
    return ", ".join((name, *_limits(side, of_both=other.lifter == side.lifter)))


def _limits(side: Condition, of_both: bool) -> Iterator[str]:
    if side.open:
        yield _("all other sets") if of_both else _("all sets")
    if side.exercise:
        yield exercise_word(side.exercise) or ""
    if side.tag:
        if side.without:
            yield _("without the tag ‘%(tag)s’", tag=side.tag)
        else:
            yield _("tag ‘%(tag)s’", tag=side.tag)
    if side.kg_low is not None:
        yield _("at least %(kg)s", kg=load(side.kg_low))
    if side.kg_high is not None:
        yield _("at most %(kg)s", kg=load(side.kg_high))
    if side.since is not None:
        yield _("from %(day)s", day=numbers.day(side.since))
    if side.until is not None:
        yield _("to %(day)s", day=numbers.day(side.until))
