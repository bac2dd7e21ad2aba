"""What the coach's pages say of numbers: trends, differences, spreads, and too little of them."""

from __future__ import annotations

from datetime import date

from device.records import Exercise, VerdictName
from web import numbers
from web.coach.beside import Struck
from web.coach.sets import SetNotes
from web.coach.spread import DIFFERENCE_SETS, TREND_SETS, Difference, Spread, Trend
from web.queries import RepRow
from web.texts import N_, Words, ngettext
from web.texts import gettext as _
from web.weights import load
from web.words import (
    DASH,
    VERDICT_WORDS,
    about_parallel,
    capital,
    degrees,
    not_measured,
    sentence,
)

EXERCISES = Words(
    {
        Exercise.BACK_SQUAT.value: N_("Back squat"),
        Exercise.FRONT_SQUAT.value: N_("Front squat"),
        Exercise.GOBLET.value: N_("Goblet squat"),
        Exercise.HEELS_RAISED.value: N_("Heels raised"),
    }
)
PERIODS = Words({"3": N_("3 months"), "12": N_("A year"), "": N_("All")})
DELETED = N_("Deleted for good. Copies of the database made before still hold what was deleted.")
GONE = N_("It is not in this unit's history.")
CHOOSE = N_("Choose a lifter under A.")
SAME = N_(
    "A and B are the same sets. Say under A what is different about its sets (the squat, a tag, the"
    " load or the dates); B is then everything else."
)
NOBODY_ELSE = N_("Choose the other lifter first.")
NOT_YOURS = N_("This is not your history.")


def added(name: str) -> str:
    """After a lifter was added."""
    return _("%(name)s is a lifter now, and can sign in at the rack by this name.", name=name)


def merged(name: str, other: str) -> str:
    """After a merge."""
    return _("Done: %(name)s is %(other)s now.", name=name, other=other)


def signed_in(name: str) -> str:
    """Why a lifter can't be deleted now."""
    return _(
        "%(name)s is signed in at the rack, or waits there for a turn: sign out there first, then"
        " delete.",
        name=name,
    )


def pain_word(pain: bool) -> str:
    """Whether it hurt, after a colon."""
    return _("pain") if pain else _("no pain")


def signed(value: float, digits: int = 1) -> str:
    """`+0.4`, `−2.1`; a true minus, and no sign before nothing."""
    text = f"{value:+.{digits}f}"
    return numbers.number(text.lstrip("+-") if float(text) == 0 else text)


def plain(value: float, digits: int = 0) -> str:
    """`4`, `−2`; never `−0`."""
    text = f"{value:.{digits}f}"
    return numbers.number(text.lstrip("-") if float(text) == 0 else text)


def spread_words(found: Spread, unit: str, digits: int = 1) -> str:
    """`8.2 ± 1.4°`, `8.2°` for a single value, a dash for none."""
    if found.mean is None:
        return DASH
    if found.sd is None:
        return f"{plain(found.mean, digits)}{unit}"
    return f"{plain(found.mean, digits)} ± {plain(found.sd, digits)}{unit}"


def trend_words(
    what: str,
    trend: Trend | None,
    sets: int,
    by: float,
    step: str,
    unit: str,
    of_tucked: bool = False,
) -> str:
    """How something changes for `by` units of x, called `step`; or what is missing to say it.

    `of_tucked`: only sets count in which the pelvis tucked at all.
    """
    if trend is None and sets < TREND_SETS and of_tucked:
        return ngettext(
            "Whether %(what)s changes needs %(least)s sets tucked by 5°; so far there is %(num)s.",
            "Whether %(what)s changes needs %(least)s sets tucked by 5°; so far there are %(num)s.",
            sets,
            what=_(what),
            least=TREND_SETS,
        )
    if trend is None and sets < TREND_SETS:
        return ngettext(
            "Whether %(what)s changes needs %(least)s measured sets; so far there is %(num)s.",
            "Whether %(what)s changes needs %(least)s measured sets; so far there are %(num)s.",
            sets,
            what=_(what),
            least=TREND_SETS,
        )
    if trend is None:
        return _(
            "Whether %(what)s changes needs sets %(apart)s.", what=_(what), apart=_(_APART[step])
        )
    low, high = sorted((trend.low * by, trend.high * by))
    values = {
        "change": f"{signed(trend.slope * by)}{unit} {_(step)}",
        "range": _range(low, high),
    }
    if not trend.stands_out:
        return _(
            "No change of %(what)s that stands out from the spread: %(change)s (%(range)s).",
            what=_(what),
            **values,
        )
    values["what"] = capital(_(what))
    if trend.slope > 0:
        return _(
            "%(what)s becomes more: %(change)s (%(range)s), which is more than the spread between"
            " sets explains.",
            **values,
        )
    return _(
        "%(what)s becomes less: %(change)s (%(range)s), which is more than the spread between"
        " sets explains.",
        **values,
    )


def difference_words(
    found: Difference | None,
    plain_value: float | None,
    unit: str,
    of_sets: tuple[float | None, float | None],
) -> str:
    """B against A, with how sure that is; `of_sets`: the means of sets it is made of."""
    if found is None:
        if plain_value is None:
            return _("not measured on both sides")
        return _(
            "%(difference)s; too little to say more", difference=f"{signed(plain_value)}{unit}"
        )
    first, second = (DASH if one is None else f"{plain(one, 1)}{unit}" for one in of_sets)
    said = _(
        "%(difference)s (%(range)s; means of sets: A %(first)s, B %(second)s)",
        difference=f"{signed(found.value)}{unit}",
        range=_range(found.low, found.high),
        first=first,
        second=second,
    )
    if found.stands_out:
        return _("%(difference)s, stands out", difference=said)
    return _("%(difference)s, may be chance", difference=said)


def compare_note(few: bool) -> str:
    """What the differences mean."""
    if few:
        return _(
            "A difference between conditions needs at least %(least)s sets on each side: one set"
            " against one tells of these two sets, not of what was different between them.",
            least=DIFFERENCE_SETS,
        )
    return _(
        "Differences are B minus A, from one mean for each set: reps of one set are too alike to"
        " count one by one. ‘Stands out’ means that the 95 %% range leaves zero out."
    )


def neutral_words(
    measured: int, neutral: int, neutral_cm: float | None, onset: Spread, onsets: int
) -> str:
    """How deep the pelvis stays neutral, over all measured reps."""
    if not measured:
        return _("Not measured in any rep of this time.")
    said = []
    if neutral:
        said.append(_neutral_to_the_bottom(measured, neutral, about_parallel(neutral_cm)))
    if onset.mean is not None:
        said.append(_tucked(measured if not neutral else None, onset, onsets))
    unknown = measured - neutral - onsets
    if unknown > 0:
        said.append(_("In %(reps)s it tucked, and how deep that began is not known.", reps=unknown))
    return " ".join(said)


def _neutral_to_the_bottom(measured: int, neutral: int, depth: str | None) -> str:
    if depth:
        return ngettext(
            "In %(neutral)s of %(num)s measured rep the pelvis stayed neutral to the bottom, on"
            " average %(depth)s.",
            "In %(neutral)s of %(num)s measured reps the pelvis stayed neutral to the bottom, on"
            " average %(depth)s.",
            measured,
            neutral=neutral,
            depth=depth,
        )
    return ngettext(
        "In %(neutral)s of %(num)s measured rep the pelvis stayed neutral to the bottom.",
        "In %(neutral)s of %(num)s measured reps the pelvis stayed neutral to the bottom.",
        measured,
        neutral=neutral,
    )


def _tucked(measured: int | None, onset: Spread, onsets: int) -> str:
    """In how many reps, of how many where that was not said before, it tucked, and where."""
    mean = onset.mean or 0.0
    height = plain(abs(mean)) if onset.sd is None else f"{plain(abs(mean))} ± {onset.sd:.0f}"
    where = (
        _("%(height)s cm above parallel", height=height)
        if mean >= 0
        else _("%(height)s cm below parallel", height=height)
    )
    if measured is None:
        return _(
            "In %(reps)s it had tucked 5° at %(where)s (± between sets).", reps=onsets, where=where
        )
    return ngettext(
        "In %(reps)s of %(num)s measured rep the pelvis had tucked 5° at %(where)s (± between"
        " sets).",
        "In %(reps)s of %(num)s measured reps the pelvis had tucked 5° at %(where)s (± between"
        " sets).",
        measured,
        reps=onsets,
        where=where,
    )


def shown_of(period: str, tag: str, squat: str) -> str:
    """Which of a lifter's sets are shown: what is pressed on the page, in words for paper."""
    of_time = _("Sets of all time.")
    if period != PERIODS[""]:
        of_time = _("Sets of: %(time)s.", time=period)
    of_tag = _("Only those with the tag ‘%(tag)s’.", tag=tag) if tag else ""
    of_squat = _("Only of the squat ‘%(squat)s’.", squat=EXERCISES[squat]) if squat else ""
    return " ".join(said for said in (of_time, of_tag, of_squat) if said)


def struck_out(rep: Struck) -> str:
    """`Set 2, after rep 3: 14°`: a rep that does not count has no number of its own."""
    known = rep.verdict != VerdictName.NOT_MEASURED.value
    said = degrees(rep.wink_deg) if known else not_measured()
    if rep.after == 0:
        return _("Set %(set)s, before rep 1: %(degrees)s", set=rep.set, degrees=said)
    return _(
        "Set %(set)s, after rep %(rep)s: %(degrees)s", set=rep.set, rep=rep.after, degrees=said
    )


def slot(rep: RepRow | Struck, number: int | None) -> str:
    """A rep among its set's buttons, so that nobody mistakes it when the numbers move: `Rep 3, 8°`.

    One that is struck out has no number, and stays where it was.
    """
    known = rep.verdict in (VerdictName.CLEAN.value, VerdictName.WINK.value)
    said = degrees(rep.wink_deg) if known else DASH
    if number is None:
        return _("Bring back %(degrees)s", degrees=said)
    return _("Rep %(number)s, %(degrees)s", number=number, degrees=said)


def said_of_set(first: RepRow, written: SetNotes) -> list[tuple[str, str]]:
    """What is kept of a set, as its form names it."""
    pain = {None: _("Not asked"), True: _("Yes"), False: _("No")}[written.pain]
    return [
        (_("Load"), load(first.load_kg)),
        (_("Squat"), exercise_word(first.exercise) or _("Not known")),
        (_("Note"), written.text or DASH),
        (_("Tags"), ", ".join(written.tags) or DASH),
        (_("Did it hurt?"), pain),
    ]


def day_words(day: date, today: date) -> str:
    """`Today`, or which day it was."""
    return _("Today") if day == today else numbers.long_day(day)


def exercise_word(exercise: str | None) -> str | None:
    """Which squat; None where nobody said."""
    return None if exercise is None else EXERCISES.get(exercise, exercise)


def squat_names(exercise: str) -> tuple[str, ...]:
    """What a squat is called, by its code and in words, as tags are compared."""
    return tuple(
        dict.fromkeys(name.casefold() for name in (exercise.replace("_", " "), EXERCISES[exercise]))
    )


def squats_like(text: str) -> tuple[str, ...]:
    """The squats whose name holds the text."""
    wanted = text.casefold()
    return tuple(key for key in EXERCISES if any(wanted in name for name in squat_names(key)))


def squat_called(text: str) -> str | None:
    """The squat that goes by this name; None for none."""
    wanted = " ".join(text.split()).casefold()
    return next((key for key in EXERCISES if wanted in squat_names(key)), None)


def rep_sentence(
    verdict: str, wink_deg: float | None, start: str | None, reason: str | None
) -> str:
    """`Clean. The pelvis tucked 4 degrees, ...`: what the rack says to a lifter, for others."""
    word = VERDICT_WORDS.get(verdict, verdict)
    return f"{word}. {rep_detail(verdict, wink_deg, start, reason)}".strip()


def rep_detail(verdict: str, wink_deg: float | None, start: str | None, reason: str | None) -> str:
    """What there is to say of a rep beside its verdict."""
    if verdict not in ("clean", "wink") or wink_deg is None:
        return sentence(reason)
    whole = round(wink_deg)
    if whole == 0:
        return _("The pelvis held its position.")
    if verdict == "clean":
        return ngettext(
            "The pelvis tucked %(num)s degree, less than the threshold.",
            "The pelvis tucked %(num)s degrees, less than the threshold.",
            whole,
        )
    if start:
        return ngettext(
            "The pelvis tucked %(num)s degree, starting %(where)s.",
            "The pelvis tucked %(num)s degrees, starting %(where)s.",
            whole,
            where=start,
        )
    return ngettext(
        "The pelvis tucked %(num)s degree.", "The pelvis tucked %(num)s degrees.", whole
    )


def _range(low: float, high: float) -> str:
    return _("95 %%: %(low)s to %(high)s", low=signed(low), high=signed(high))


A_MONTH, TEN_KG, TWENTY_LB = N_("a month"), N_("for every 10 kg"), N_("for every 20 lb")
_APART = {
    A_MONTH: N_("that lie two weeks or more apart"),
    TEN_KG: N_("with 10 kg or more between their loads"),
    TWENTY_LB: N_("with 20 lb or more between their loads"),
}
