"""The settings that the page offers, as form fields, and what was typed as settings again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from device.chosen import Value
from device.errors import SettingsError
from device.settings import Settings
from web.texts import N_, Language
from web.texts import gettext as _
from web.weights import KG_PER_LB


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
    ("at_once", N_("At once, during the rep")),
    ("after_rep", N_("After the rep")),
    ("faded", N_("After about two reps in three")),
    ("off", N_("Never")),
)
_GATES = (
    ("hands", N_("By hands and bar at the shoulders")),
    ("entered", N_("By the weight entered for the set")),
    ("always", N_("Every rep counts as loaded")),
)
_HOOK = ("hook", N_("By the hook switch"))
_READERS = (
    ("coach", N_("The coach, and each lifter their own")),
    ("everyone", N_("Everybody who opens this page")),
)
_UNITS = (("kg", N_("Kilograms")), ("lb", N_("Pounds")))
_THEMES = (("auto", N_("As each device has it")), ("light", N_("Light")), ("dark", N_("Dark")))


def choices_of(
    own: Settings, now: Settings, languages: Mapping[str, Language]
) -> list[tuple[str, list[Choice]]]:
    """The fields in groups; `own` are the unit's own settings, `now` those with the choices."""
    gates = _told((*_GATES, _HOOK) if own.load.gate == "hook" else _GATES)
    spoken = tuple((code, language.name) for code, language in languages.items())
    weight = now.load.floor_kg / (KG_PER_LB if now.page.units == "lb" else 1)
    return [
        (
            _("The light"),
            [
                Choice(
                    "wink/threshold_deg",
                    _("Threshold"),
                    _("How far the pelvis may tuck before the light turns red: 3 to 40 degrees."),
                    "number",
                    f"{now.wink.threshold_deg:g}",
                    unit="°",
                ),
                Choice(
                    "cue/mode",
                    _("When it answers"),
                    "",
                    "list",
                    now.cue.mode,
                    options=_told(_MODES),
                ),
                _tick("cue/unloaded", _("Light for unloaded reps too"), now.cue.unloaded),
                _tick("cue/buzzer", _("Buzzer with the red light"), now.cue.buzzer),
            ],
        ),
        (
            _("The bar"),
            [
                Choice(
                    "load/gate",
                    _("How the unit knows that the bar is on the lifter"),
                    "",
                    "list",
                    now.load.gate,
                    options=gates,
                ),
                Choice(
                    "load/floor_kg",
                    _("Loaded from"),
                    _("Counts where the entered weight decides."),
                    "number",
                    f"{round(weight, 1):g}",
                    unit=now.page.units,
                ),
            ],
        ),
        (
            _("The page"),
            [
                Choice("unit/name", _("The rack's name"), "", "text", now.unit.name),
                Choice(
                    "page/units", _("Weights in"), "", "list", now.page.units, options=_told(_UNITS)
                ),
                Choice(
                    "page/theme", _("Colours"), "", "list", now.page.theme, options=_told(_THEMES)
                ),
                Choice(
                    "page/language", _("Language"), "", "list", now.page.language, options=spoken
                ),
                Choice(
                    "web/reading",
                    _("Who reads the history and your notes"),
                    _("Changes always need the coach’s password."),
                    "list",
                    now.web.reading,
                    options=_told(_READERS),
                ),
            ],
        ),
    ]


def typed(
    form: Mapping[str, str], own: Settings, now: Settings, languages: Mapping[str, Language]
) -> dict[str, Value]:
    """What changed, as settings. Raises SettingsError with a sentence about what was typed."""
    found: dict[str, Value] = {}
    for _title, group in choices_of(own, now, languages):
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
    if choice.key == "page/language" and text not in dict(choice.options):
        raise SettingsError(
            _(
                "There is no language %(code)s here: expected %(known)s.",
                code=repr(text),
                known=_(" or ").join(dict(choice.options)),
            )
        )
    if choice.kind != "number":
        return text
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        raise SettingsError(
            _(
                "%(setting)s: %(typed)s is not a number; type 12, say.",
                setting=choice.label,
                typed=repr(text),
            )
        ) from None
    return round(number * KG_PER_LB, 2) if choice.unit == "lb" else number


def _tick(key: str, label: str, on: bool) -> Choice:
    return Choice(key, label, "", "tick", "on" if on else "")


def _told(options: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """The options in the page's language."""
    return tuple((value, _(words)) for value, words in options)
