"""The settings that the page offers, as form fields, and what was typed as settings again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from device.chosen import Value
from device.errors import SettingsError
from device.settings import Settings

KG_PER_LB = 0.45359237


@dataclass(frozen=True, slots=True)
class Choice:
    """One field; `options` (value, words) for a list, none for a number, a text or a tick."""

    key: str
    label: str
    help: str
    kind: str  # text, number, list, tick
    value: str
    options: tuple[tuple[str, str], ...] = ()
    unit: str = ""


_MODES = (
    ("at_once", "At once, during the rep"),
    ("after_rep", "After the rep"),
    ("faded", "After about two reps in three"),
    ("off", "Never"),
)
_GATES = (
    ("hands", "By the hands at the shoulders"),
    ("entered", "By the weight entered for the set"),
    ("always", "Every rep counts as loaded"),
)
_HOOK = ("hook", "By the hook switch")
_UNITS = (("kg", "Kilograms"), ("lb", "Pounds"))
_THEMES = (("auto", "As each device has it"), ("light", "Light"), ("dark", "Dark"))
_LANGUAGES = (("en", "English"),)


def choices_of(own: Settings, now: Settings) -> list[tuple[str, list[Choice]]]:
    """The fields in groups; `own` are the unit's own settings, `now` those with the choices."""
    gates = (*_GATES, _HOOK) if own.load.gate == "hook" else _GATES
    weight = now.load.floor_kg / (KG_PER_LB if now.page.units == "lb" else 1)
    return [
        (
            "The light",
            [
                Choice(
                    "wink/threshold_deg",
                    "Threshold",
                    "How far the pelvis may tuck before the light turns red: 3 to 40 degrees.",
                    "number",
                    f"{now.wink.threshold_deg:g}",
                    unit="°",
                ),
                Choice("cue/mode", "When it answers", "", "list", now.cue.mode, options=_MODES),
                _tick("cue/unloaded", "Light for unloaded reps too", now.cue.unloaded),
                _tick("cue/buzzer", "Buzzer with the red light", now.cue.buzzer),
            ],
        ),
        (
            "The bar",
            [
                Choice(
                    "load/gate",
                    "How the unit knows that the bar is on the lifter",
                    "",
                    "list",
                    now.load.gate,
                    options=gates,
                ),
                Choice(
                    "load/floor_kg",
                    "Loaded from",
                    "Counts where the entered weight decides.",
                    "number",
                    f"{round(weight, 1):g}",
                    unit=now.page.units,
                ),
            ],
        ),
        (
            "The page",
            [
                Choice("unit/name", "The rack's name", "", "text", now.unit.name),
                Choice("page/units", "Weights in", "", "list", now.page.units, options=_UNITS),
                Choice("page/theme", "Colours", "", "list", now.page.theme, options=_THEMES),
                Choice(
                    "page/language", "Language", "", "list", now.page.language, options=_LANGUAGES
                ),
            ],
        ),
    ]


def typed(form: Mapping[str, str], own: Settings, now: Settings) -> dict[str, Value]:
    """What changed, as settings. Raises SettingsError with a sentence about what was typed."""
    found: dict[str, Value] = {}
    for _, group in choices_of(own, now):
        for choice in group:
            value = _typed_one(choice, form)
            if value is not None:
                found[choice.key] = value
    return found


def _typed_one(choice: Choice, form: Mapping[str, str]) -> Value | None:
    """The value if it is another than the one shown; a tick that is not sent is off."""
    if choice.kind == "tick":
        on = choice.key in form
        return None if on == (choice.value == "on") else on
    text = " ".join(form.get(choice.key, choice.value).split())
    if text == choice.value:
        return None
    if choice.kind != "number":
        return text
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        raise SettingsError(f"{choice.label}: {text!r} is not a number; type 12, say.") from None
    return round(number * KG_PER_LB, 2) if choice.unit == "lb" else number


def _tick(key: str, label: str, on: bool) -> Choice:
    return Choice(key, label, "", "tick", "on" if on else "")
