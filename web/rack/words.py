"""Every text of the rack screen that is not in its templates."""

from __future__ import annotations

from device.records import Exercise, VerdictName
from web import words

NOBODY = "Who lifts?"
NO_EXERCISE = "Which squat?"
NO_LOAD = "No load"
NO_REPS = "No reps yet: stand with your back to the unit and squat."
EXERCISES = {
    Exercise.BACK_SQUAT.value: "Back squat",
    Exercise.FRONT_SQUAT.value: "Front squat",
    Exercise.GOBLET.value: "Goblet squat",
    Exercise.HEELS_RAISED.value: "Heels raised",
}
KG_PER_LB = 0.45359237


def exercise(name: str | None) -> str:
    """Which squat is coming."""
    return NO_EXERCISE if name is None else EXERCISES.get(name, name)


def load(kg: float | None, unit: str) -> str:
    """`100 kg`, `225 lb`: as the lifter typed it."""
    return NO_LOAD if kg is None else f"{amount(kg, unit):g} {unit}"


def amount(kg: float, unit: str) -> float:
    """A load in the unit it is read in, to a quarter of a pound or a hundredth of a kilogram."""
    return round(kg, 2) if unit == "kg" else round(kg / KG_PER_LB * 4) / 4


def clock(seconds: float | None) -> str:
    """`1:35`; empty for nothing."""
    if seconds is None:
        return ""
    whole = int(seconds)
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d}"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def rep_headline(verdict: str, wink_deg: float | None) -> str:
    """The last rep in two words: `Wink 11°`, `Clean 4°`, `Not measured`."""
    word = words.VERDICT_WORDS.get(verdict, verdict)
    judged = verdict in (VerdictName.CLEAN.value, VerdictName.WINK.value)
    return f"{word} {words.degrees(wink_deg)}" if judged and wink_deg is not None else word


def rep_line(verdict: str, start: str | None, reason: str | None) -> str:
    """What else there is to say of it: where a wink began, or why there is no answer."""
    if verdict == VerdictName.WINK.value:
        return f"Started {start}" if start else "Where it started was not measured"
    if verdict == VerdictName.CLEAN.value:
        return "Less than the threshold"
    return words.sentence(reason)


def signs_out(lifter: str | None, seconds: float | None) -> str:
    """A warning in the last minute; empty before."""
    if seconds is None:
        return ""
    what = "ends the visit" if lifter is None else f"signs {lifter} out"
    return f"Nobody moves: the unit {what} in {seconds:.0f} s."


def left_over(rest: float, unit: str) -> str:
    """What no plate is small enough for."""
    return f"{rest:g} {unit} more than these plates" if rest > 0 else ""
