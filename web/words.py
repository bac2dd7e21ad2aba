"""Numbers and verdicts as a person reads them. What is not known never becomes 0."""

from __future__ import annotations

from datetime import datetime

from device.records import EventKind, VerdictName

DASH = "–"
NOT_MEASURED = "not measured"

VERDICT_WORDS = {
    VerdictName.CLEAN.value: "Clean",
    VerdictName.WINK.value: "Wink",
    VerdictName.NOT_MEASURED.value: "Not measured",
    VerdictName.PARTIAL.value: "Partial",
}
_PHASES = {
    "away": "Nobody in front of the unit",
    "standing": "Standing",
    "descent": "Going down",
    "bottom": "Bottom",
    "ascent": "Coming up",
}
_LIGHTS = {"red": "Wink", "green": "Clean", "amber": "Not measured"}
_NEUTRALS = {
    "sign_in": "Neutral taken at sign-in",
    "standing": "Neutral from standing before the set",
}
_EVENTS = {
    EventKind.START.value: "Started",
    EventKind.STOP.value: "Stopped",
    EventKind.DIED.value: "Ended badly",
    EventKind.CAMERA_LOST.value: "Camera lost",
    EventKind.CAMERA_BACK.value: "Camera back",
    EventKind.STORE_FAILS.value: "Can't save",
    EventKind.STORE_BACK.value: "Saves again",
    EventKind.SETTINGS.value: "Settings",
    EventKind.LIGHT.value: "Light fails",
    EventKind.POWER_LOW.value: "Weak power",
    EventKind.POWER_BACK.value: "Power right",
    EventKind.HOT.value: "Too hot",
    EventKind.COOL.value: "Cool again",
}
_ACTORS = {
    "coach": "Coach",
    "lifter": "Lifter",
    "guest": "Guest",
    "token": "A program",
    "shell": "At the unit",
}
_ACTIONS = {
    "password": "password",
    "access": "PIN or card",
    "settings": "settings",
    "delete": "deleted",
    "merge": "merged",
    "export": "taken out",
    "backup": "backup",
    "restore": "restored",
    "token": "token",
}
_LOADS = {True: "loaded", False: "unloaded"}


def degrees(value: float | None) -> str:
    """`11°`, or a dash."""
    return DASH if value is None else f"{_whole(value)}°"


def degrees_with_sd(value: float | None, sd: float | None) -> str:
    """`11 ± 2°`; a spread below one degree is given in tenths."""
    if value is None:
        return DASH
    if sd is None:
        return degrees(value)
    spread = f"{sd:.1f}" if sd < 1 else f"{sd:.0f}"
    return f"{_whole(value)} ± {spread}°"


def kilograms(value: float | None) -> str:
    """`102.5 kg`, or a dash."""
    return DASH if value is None else f"{value:g} kg"


def about_parallel(hip_above_knee_cm: float | None) -> str | None:
    """`4 cm above parallel`, None where the height is not known."""
    if hip_above_knee_cm is None:
        return None
    height = round(hip_above_knee_cm)
    if height == 0:
        return "at parallel"
    return f"{abs(height)} cm {'above' if height > 0 else 'below'} parallel"


def onset(hip_above_knee_cm: float | None, knee_flexion_deg: float | None) -> str | None:
    """Where a wink began, as height or else as knee flexion; None where neither is known."""
    height = about_parallel(hip_above_knee_cm)
    if height is not None:
        return height
    if knee_flexion_deg is None:
        return None
    return f"at {_whole(knee_flexion_deg)}° of knee flexion"


def rep_detail(verdict: str, wink_deg: float | None, start: str | None, reason: str | None) -> str:
    """What there is to say of a rep beside its verdict; `start` as `onset` gives it."""
    unjudged = (VerdictName.NOT_MEASURED.value, VerdictName.PARTIAL.value)
    if verdict in unjudged or wink_deg is None:
        return sentence(reason)
    whole = round(wink_deg)
    if whole == 0:
        return "Your pelvis held its position."
    tucked = f"Your pelvis tucked {count(whole, 'degree')}"
    if verdict == VerdictName.CLEAN.value:
        return f"{tucked}, less than the threshold."
    return f"{tucked}, starting {start}." if start else f"{tucked}."


def rep_sentence(
    verdict: str, wink_deg: float | None, start: str | None, reason: str | None
) -> str:
    """The verdict and its detail: `Clean. Your pelvis tucked 4 degrees, ...`."""
    word = VERDICT_WORDS.get(verdict, verdict)
    return f"{word}. {rep_detail(verdict, wink_deg, start, reason)}".strip()


def loaded_word(loaded: bool | None) -> str:
    """Was the bar on the lifter?"""
    return NOT_MEASURED if loaded is None else _LOADS[loaded]


def phase_word(phase: str) -> str:
    """Where in the rep the lifter is."""
    return _PHASES.get(phase, phase)


def light_word(light: str) -> str | None:
    """What the light says; None while it is off."""
    return _LIGHTS.get(light)


def neutral_word(source: str | None) -> str:
    """Which neutral the tilt is measured from."""
    return _NEUTRALS.get(source or "", "No neutral yet: stand relaxed for two seconds")


def count(number: int, thing: str) -> str:
    """`1 rep`, `2 reps`, `no reps`."""
    return f"{number or 'no'} {thing}{'' if number == 1 else 's'}"


def times(number: int) -> str:
    """`never`, `once`, `3 times`."""
    return {0: "never", 1: "once"}.get(number, f"{number} times")


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
        return f"{seconds / 3600:.1f} h"
    return f"{seconds / 86400:.0f} days"


def size(bytes_: float) -> str:
    """`19 kB`, `512 MB`, `28.4 GB`: thousands, as disks are sold."""
    for unit, step in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if bytes_ >= step:
            number = bytes_ / step
            return f"{number:.1f} {unit}" if number < 100 and step > 1e6 else f"{number:.0f} {unit}"
    return f"{bytes_:.0f} bytes"


def bits_per_second(value: float) -> str:
    """`5 Gbit/s`, `480 Mbit/s`, `1.5 Mbit/s`."""
    return f"{value / 1e9:g} Gbit/s" if value >= 1e9 else f"{value / 1e6:g} Mbit/s"


def local_time(utc: str) -> datetime:
    """A stored time on the unit's own clock face."""
    return datetime.fromisoformat(utc.replace("Z", "+00:00")).astimezone()


def _whole(value: float) -> str:
    return f"{round(value)}".replace("-", "−")


def sentence(text: str | None) -> str:
    """With a capital and a full stop; empty for nothing."""
    if not text:
        return ""
    return f"{text[0].upper()}{text[1:].rstrip('.')}."
