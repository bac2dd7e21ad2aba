"""Numbers, dates and verdicts as a person reads them. What is not known never becomes 0."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from device.records import EventKind, VerdictName
from web.numbers import number
from web.texts import N_, Words, ngettext, pgettext, told
from web.texts import gettext as _

DASH = "–"

VERDICT_WORDS = Words(
    {
        VerdictName.CLEAN.value: N_("Clean"),
        VerdictName.WINK.value: N_("Wink"),
        VerdictName.NOT_MEASURED.value: N_("Not measured"),
        VerdictName.PARTIAL.value: N_("Partial"),
    }
)
_PHASES = Words(
    {
        "away": N_("Nobody in front of the unit"),
        "standing": N_("Standing"),
        "descent": N_("Going down"),
        "bottom": N_("Bottom"),
        "ascent": N_("Coming up"),
    }
)
_LIGHTS = Words({"red": N_("Wink"), "green": N_("Clean"), "amber": N_("Not measured")})
_NEUTRALS = Words(
    {
        "sign_in": N_("Neutral taken at sign-in"),
        "standing": N_("Neutral from standing before the set"),
    }
)
_EVENTS = Words(
    {
        EventKind.START.value: N_("Started"),
        EventKind.STOP.value: N_("Stopped"),
        EventKind.DIED.value: N_("Ended badly"),
        EventKind.CAMERA_LOST.value: N_("Camera lost"),
        EventKind.CAMERA_BACK.value: N_("Camera back"),
        EventKind.STORE_FAILS.value: N_("Can't save"),
        EventKind.STORE_BACK.value: N_("Saves again"),
        EventKind.SETTINGS.value: N_("Settings"),
        EventKind.LIGHT.value: N_("Light fails"),
        EventKind.POWER_LOW.value: N_("Weak power"),
        EventKind.POWER_BACK.value: N_("Power right"),
        EventKind.HOT.value: N_("Too hot"),
        EventKind.COOL.value: N_("Cool again"),
    }
)
_ACTORS = Words(
    {
        "coach": N_("Coach"),
        "lifter": N_("Lifter"),
        "guest": N_("Guest"),
        "rack": N_("At the rack"),
        "token": N_("A program"),
        "shell": N_("At the unit"),
        "unit": N_("The unit itself"),
    }
)
_ACTIONS = Words(
    {
        "password": N_("password"),
        "access": N_("PIN or card"),
        "settings": N_("settings"),
        "delete": N_("deleted"),
        "merge": N_("merged"),
        "correct": N_("corrected"),
        "export": N_("downloaded"),
        "backup": N_("backup"),
        "restore": N_("restored"),
        "token": N_("token"),
    }
)


def verdicts_counted() -> dict[str, str]:
    """The verdicts as they stand after a number of reps."""
    return {
        VerdictName.CLEAN.value: pgettext("so many reps", "clean"),
        VerdictName.WINK.value: pgettext("so many reps", "wink"),
        VerdictName.NOT_MEASURED.value: pgettext("so many reps", "not measured"),
        VerdictName.PARTIAL.value: pgettext("so many reps", "partial"),
    }


def not_measured() -> str:
    """What is said instead of a value."""
    return _("not measured")


def degrees(value: float | None) -> str:
    """`11°`, or a dash."""
    return DASH if value is None else f"{_whole(value)}°"


def degrees_with_sd(value: float | None, sd: float | None) -> str:
    """`11 ± 2°`; a spread below one degree is given in tenths."""
    if value is None:
        return DASH
    if sd is None:
        return degrees(value)
    spread = number(f"{sd:.1f}" if sd < 1 else f"{sd:.0f}")
    return f"{_whole(value)} ± {spread}°"


def about_parallel(hip_above_knee_cm: float | None) -> str | None:
    """`4 cm above parallel`, None where the height is not known."""
    if hip_above_knee_cm is None:
        return None
    height = round(hip_above_knee_cm)
    if height == 0:
        return _("at parallel")
    if height > 0:
        return _("%(height)s cm above parallel", height=height)
    return _("%(height)s cm below parallel", height=-height)


def onset(hip_above_knee_cm: float | None, knee_flexion_deg: float | None) -> str | None:
    """Where a wink began, as height or else as knee flexion; None where neither is known."""
    height = about_parallel(hip_above_knee_cm)
    if height is not None:
        return height
    if knee_flexion_deg is None:
        return None
    return _("at %(degrees)s° of knee flexion", degrees=_whole(knee_flexion_deg))


def rep_detail(verdict: str, wink_deg: float | None, start: str | None, reason: str | None) -> str:
    """What there is to say of a rep beside its verdict; `start` as `onset` gives it."""
    unjudged = (VerdictName.NOT_MEASURED.value, VerdictName.PARTIAL.value)
    if verdict in unjudged or wink_deg is None:
        return sentence(reason)
    whole = round(wink_deg)
    if whole == 0:
        return _("Your pelvis held its position.")
    if verdict == VerdictName.CLEAN.value:
        return ngettext(
            "Your pelvis tucked %(num)s degree, less than the threshold.",
            "Your pelvis tucked %(num)s degrees, less than the threshold.",
            whole,
        )
    if start:
        return ngettext(
            "Your pelvis tucked %(num)s degree, starting %(where)s.",
            "Your pelvis tucked %(num)s degrees, starting %(where)s.",
            whole,
            where=start,
        )
    return ngettext(
        "Your pelvis tucked %(num)s degree.", "Your pelvis tucked %(num)s degrees.", whole
    )


def rep_sentence(
    verdict: str, wink_deg: float | None, start: str | None, reason: str | None
) -> str:
    """The verdict and its detail: `Clean. Your pelvis tucked 4 degrees, ...`."""
    word = VERDICT_WORDS.get(verdict, verdict)
    return f"{word}. {rep_detail(verdict, wink_deg, start, reason)}".strip()


def loaded_word(loaded: bool | None) -> str:
    """Did the unit notice a bar on the lifter? What was on it is the load, which people put in."""
    if loaded is None:
        return not_measured()
    return _("bar seen") if loaded else _("no bar seen")


def phase_word(phase: str) -> str:
    """Where in the rep the lifter is."""
    return _PHASES.get(phase, phase)


def light_word(light: str) -> str | None:
    """What the light says; None while it is off."""
    return _LIGHTS.get(light)


def neutral_word(source: str | None) -> str:
    """Which neutral the tilt is measured from."""
    none = _("No neutral yet: stand relaxed for two seconds")
    return _NEUTRALS.get(source or "", none)


def count(number: int, thing: str) -> str:
    """`1 rep`, `2 reps`, `no reps`; `thing` is one of those below."""
    none, some = _COUNTS[thing]
    return some(number) if number else _(none)


_COUNTS: dict[str, tuple[str, Callable[[int], str]]] = {
    "rep": (N_("no reps"), lambda n: ngettext("%(num)s rep", "%(num)s reps", n)),
    "set": (N_("no sets"), lambda n: ngettext("%(num)s set", "%(num)s sets", n)),
    "wink": (N_("no winks"), lambda n: ngettext("%(num)s wink", "%(num)s winks", n)),
    "session": (N_("no sessions"), lambda n: ngettext("%(num)s session", "%(num)s sessions", n)),
    "lifter": (N_("no lifters"), lambda n: ngettext("%(num)s lifter", "%(num)s lifters", n)),
    "write": (N_("no writes"), lambda n: ngettext("%(num)s write", "%(num)s writes", n)),
}


def times(number: int) -> str:
    """`never`, `once`, `3 times`."""
    if number == 0:
        return _("never")
    return _("once") if number == 1 else _("%(number)s times", number=number)


def event_word(kind: str) -> str:
    """What happened, in a word or two."""
    return _EVENTS.get(kind, kind)


def actor_word(actor: str) -> str:
    """Who did what the audit tells."""
    return _ACTORS.get(actor, actor)


def action_word(action: str) -> str:
    """What the audit tells, in a word or two."""
    return _ACTIONS.get(action, action)


def duration(seconds: float) -> str:
    """`40 s`, `12 min`, `3.5 h`, `12 days`."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    if seconds < 100 * 60:
        return f"{seconds / 60:.0f} min"
    if seconds < 48 * 3600:
        return f"{number(f'{seconds / 3600:.1f}')} h"
    return _("%(number)s days", number=f"{seconds / 86400:.0f}")


def size(bytes_: float) -> str:
    """`19 kB`, `512 MB`, `28.4 GB`: thousands, as disks are sold."""
    for unit, step in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if bytes_ >= step:
            amount = bytes_ / step
            digits = 1 if amount < 100 and step > 1e6 else 0
            return f"{number(f'{amount:.{digits}f}')} {unit}"
    return _("%(number)s bytes", number=f"{bytes_:.0f}")


def bits_per_second(value: float) -> str:
    """`5 Gbit/s`, `480 Mbit/s`, `1.5 Mbit/s`."""
    big = value >= 1e9
    return f"{number(f'{value / (1e9 if big else 1e6):g}')} {'Gbit/s' if big else 'Mbit/s'}"


def local_time(utc: str) -> datetime:
    """A stored time on the unit's own clock face."""
    return datetime.fromisoformat(utc.replace("Z", "+00:00")).astimezone()


def _whole(value: float) -> str:
    return number(f"{round(value)}")


def sentence(text: str | None) -> str:
    """What the unit said, with a capital and a full stop; empty for nothing."""
    return ended(capital(told(text))) if text else ""


def capital(text: str) -> str:
    """With a capital."""
    return f"{text[:1].upper()}{text[1:]}"


def ended(text: str) -> str:
    """With one full stop."""
    return f"{text.rstrip('.')}."
