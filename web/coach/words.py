"""What the coach's pages say of numbers: trends, differences, spreads, and too little of them."""

from __future__ import annotations

from datetime import date

from device.records import Exercise
from web.coach.spread import DIFFERENCE_SETS, TREND_SETS, Difference, Spread, Trend
from web.words import DASH, about_parallel, count

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
EXERCISES = {
    Exercise.BACK_SQUAT.value: "Back squat",
    Exercise.FRONT_SQUAT.value: "Front squat",
    Exercise.GOBLET.value: "Goblet squat",
    Exercise.HEELS_RAISED.value: "Heels raised",
}
PAIN = {True: "Pain", False: "No pain", None: "Not asked"}
PERIODS = {"3": "3 months", "12": "A year", "": "All"}
DELETED = "Deleted for good. Copies of the database made before still hold what was deleted."
GONE = "It is not in this unit's history."
NOT_YOURS = "This is not your history."
SIGNED_IN = (
    "{name} is signed in at the rack, or waits there for a turn; sign out there first, then delete."
)
NO_MONTHS = "{typed} is no number of months; type 24, say, or leave it empty for ‘for ever’."


def signed(value: float, digits: int = 1) -> str:
    """`+0.4`, `−2.1`; a true minus, and no sign before nothing."""
    text = f"{value:+.{digits}f}"
    return text.lstrip("+-") if float(text) == 0 else text.replace("-", "−")


def plain(value: float, digits: int = 0) -> str:
    """`4`, `−2`; never `−0`."""
    text = f"{value:.{digits}f}"
    return text.lstrip("-") if float(text) == 0 else text.replace("-", "−")


def spread_words(found: Spread, unit: str, digits: int = 1) -> str:
    """`8.2 ± 1.4°`, `8.2°` for a single value, a dash for none."""
    if found.mean is None:
        return DASH
    if found.sd is None:
        return f"{plain(found.mean, digits)}{unit}"
    return f"{plain(found.mean, digits)} ± {found.sd:.{digits}f}{unit}"


def trend_words(what: str, trend: Trend | None, sets: int, by: float, step: str, unit: str) -> str:
    """How something changes for `by` units of x, called `step`; or why that can't be said."""
    if trend is None:
        return (
            f"Too little to say whether {what} changes: {count(sets, 'measured set')}, at least"
            f" {TREND_SETS} are needed, {_APART[step]}."
        )
    low, high = sorted((trend.low * by, trend.high * by))
    range_ = f"95 %: {signed(low)} to {signed(high)}"
    if not trend.stands_out:
        return (
            f"No change of {what} that stands out from the spread: {signed(trend.slope * by)}{unit}"
            f" {step} ({range_})."
        )
    way = "more" if trend.slope > 0 else "less"
    return (
        f"{_capital(what)} becomes {way}: {signed(trend.slope * by)}{unit} {step} ({range_}), which"
        " is more than the spread between sets explains."
    )


def difference_words(found: Difference | None, plain_value: float | None, unit: str) -> str:
    """B against A, with how sure that is."""
    if found is None:
        if plain_value is None:
            return "not measured on both sides"
        return f"{signed(plain_value)}{unit}; too little to say more"
    said = f"{signed(found.value)}{unit} (95 %: {signed(found.low)} to {signed(found.high)})"
    return f"{said}, stands out" if found.stands_out else f"{said}, may be chance"


def compare_note(few: bool) -> str:
    """What the differences mean."""
    if few:
        return (
            f"A difference between conditions needs at least {DIFFERENCE_SETS} sets on each side:"
            " one set against one tells of these two sets, not of what was different between them."
        )
    return (
        "Differences are B minus A, from one mean for each set: reps of one set are too alike to"
        " count one by one. ‘Stands out’ means that the 95 % range leaves zero out."
    )


def neutral_words(
    measured: int, neutral: int, neutral_cm: float | None, onset: Spread, onsets: int
) -> str:
    """How deep the pelvis stays neutral, over all measured reps."""
    if not measured:
        return "Not measured in any rep of this time."
    said = []
    if neutral:
        depth = about_parallel(neutral_cm)
        deep = f", on average {depth}" if depth else ""
        said.append(
            f"In {neutral} of {count(measured, 'measured rep')} the pelvis stayed neutral"
            f" to the bottom{deep}."
        )
    if onset.mean is not None:
        sd = "" if onset.sd is None else f" ± {onset.sd:.0f}"
        place = "above" if onset.mean >= 0 else "below"
        many = f"{onsets}" if neutral else f"{onsets} of {count(measured, 'measured rep')}"
        said.append(
            f"In {many} {'it' if neutral else 'the pelvis'} had tucked 5° at"
            f" {plain(abs(onset.mean))}{sd} cm {place} parallel (± between sets)."
        )
    unknown = measured - neutral - onsets
    if unknown > 0:
        said.append(f"In {unknown} it tucked, and how deep that began is not known.")
    return " ".join(said)


def day_words(day: date, today: date) -> str:
    """`Today`, or which day it was."""
    if day == today:
        return "Today"
    return f"{day:%A}, {day.day} {MONTHS[day.month - 1]} {day.year}"


def exercise_word(exercise: str | None) -> str | None:
    """Which squat; None where nobody said."""
    return None if exercise is None else EXERCISES.get(exercise, exercise)


_APART = {"a month": "over two weeks or more", "for every 10 kg": "with 10 kg or more between them"}


def _capital(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}"
