"""Settings: one schema, every key with a default, a range and a sentence that explains it.

A TOML file holds one table a section; what it leaves out keeps its default. Errors name the key,
the value and what is allowed: `Invalid value 400 for cue/red_pin: expected 0 to 27.`
"""

from __future__ import annotations

import tomllib
from dataclasses import Field, dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from device.errors import SettingsError
from device.pins import refuse_bad_pins


def _setting(default: Any, doc: str, low: float | None = None, high: float | None = None) -> Any:
    return field(default=default, metadata={"doc": doc, "low": low, "high": high})


@dataclass(frozen=True)
class UnitSettings:
    """Which unit this is."""

    name: str = _setting("rack", "The rack's name, as the page shows it.")


@dataclass(frozen=True)
class CameraSettings:
    """Where frames come from."""

    source: Literal["realsense", "video", "simulated"] = _setting(
        "realsense", "Where frames come from: a RealSense, a colour video file, or the demo clip."
    )
    path: str = _setting(
        "",
        "A recording (.db3, .bag) for realsense, a file for video, a clip folder for simulated;"
        " empty: the live camera, or the demo clip.",
    )
    serial: str = _setting("", "Serial number of the RealSense to use; empty: the first one found.")
    depth_width_px: int = _setting(848, "Width of the depth image.", 256, 1280)
    depth_height_px: int = _setting(480, "Height of the depth image.", 144, 800)
    color_width_px: int = _setting(640, "Width of the colour image.", 320, 1920)
    color_height_px: int = _setting(360, "Height of the colour image.", 180, 1080)
    fps: int = _setting(30, "Frames per second.", 6, 90)
    colour_source: Literal["realsense", "picamera", "infrared"] = _setting(
        "realsense",
        "What the pose model sees beside a live RealSense's depth: its colour camera; a Pi camera"
        " beside it, once `racklight calibrate` has measured where it sits; or its left infrared"
        " image, which needs no colour. Recordings give what they hold.",
    )
    calibration: str = _setting(
        "",
        "File that `racklight calibrate` wrote, for picamera; empty: calibration.json in the state"
        " folder.",
    )
    rotation: Literal["auto", "0", "90", "180", "270"] = _setting(
        "auto",
        "How far the picture must be turned clockwise to stand upright; auto: found from the floor"
        " and the lifter.",
    )
    stall_s: float = _setting(
        1.0, "Seconds without a frame after which the camera counts as lost.", 0.2, 10
    )


@dataclass(frozen=True)
class ModelSettings:
    """What runs the models."""

    runtime: Literal["auto", "tflite-runtime", "ai-edge-litert"] = _setting(
        "auto",
        "What runs the models; auto: the faster of those installed for this kind of processor.",
    )


@dataclass(frozen=True)
class PoseSettings:
    """The pose model."""

    model: Literal["full", "lite"] = _setting("full", "Which BlazePose: full, or lite for a Pi 4.")
    threads: int = _setting(1, "Processor cores the models may use.", 1, 4)


@dataclass(frozen=True)
class WinkSettings:
    """What counts as a wink."""

    threshold_deg: float = _setting(10.0, "Wink beyond which the light turns red.", 3, 40)
    max_sd_deg: float = _setting(
        3.0, "Largest standard deviation with which a wink still counts as measured.", 0.5, 10
    )


@dataclass(frozen=True)
class LoadSettings:
    """When a rep counts as loaded."""

    gate: Literal["hands", "entered", "always", "hook"] = _setting(
        "hands",
        "How the unit knows that the bar is on the lifter: hands or bar at the shoulders, the"
        " weight entered for the set, always, or a hook switch.",
    )
    floor_kg: float = _setting(20.0, "Entered weight from which a set counts as loaded.", 0, 500)


@dataclass(frozen=True)
class CueSettings:
    """The light and the buzzer."""

    mode: Literal["at_once", "after_rep", "faded", "off"] = _setting(
        "at_once",
        "When the light answers: at once, after the rep, after about two reps in three, or never.",
    )
    unloaded: bool = _setting(False, "Whether unloaded reps get a light too.")
    buzzer: bool = _setting(False, "Whether the buzzer sounds with the red light.")
    buzzer_kind: Literal["active", "passive"] = _setting(
        "active",
        "active: sounds by itself when it gets power (a stack light's does too); passive: needs a"
        " tone.",
    )
    buzzer_volume_percent: int = _setting(
        100,
        "How loud: a passive buzzer's tone is weaker below 100, an active one's beeps are shorter.",
        5,
        100,
    )
    buzzer_tone_hz: int = _setting(2700, "Tone of a passive buzzer.", 200, 8000)
    lamps: Literal["three", "rgb"] = _setting(
        "three",
        "three: red, green and amber lamp, as LEDs or as a stack light behind its driver board;"
        " rgb: one RGB LED on red_pin and green_pin, whose amber is red with some green.",
    )
    rgb_amber_green: float = _setting(
        0.3, "How much green makes an RGB LED's amber, as a share of all it has.", 0.05, 1
    )
    red_pin: int = _setting(17, "GPIO number of the red light.", 0, 27)
    green_pin: int = _setting(27, "GPIO number of the green light.", 0, 27)
    amber_pin: int = _setting(22, "GPIO number of the amber light.", 0, 27)
    buzzer_pin: int = _setting(18, "GPIO number of the buzzer.", 0, 27)
    hold_s: float = _setting(2.0, "Seconds that the light after a rep stays on.", 0.2, 10)


@dataclass(frozen=True)
class InputSettings:
    """The hook switch and the push button; the hook switch is read if load/gate is hook."""

    hook_pin: int = _setting(23, "GPIO number of the hook switches; low: the bar is off.", 0, 27)
    hook_settle_s: float = _setting(
        0.2, "Seconds that the hook must stay as it is before it counts: a bar rattles.", 0.01, 2
    )
    button: bool = _setting(
        True,
        "Whether the push button is read: a short press starts or ends a set, a long one mutes the"
        " buzzer.",
    )
    button_pin: int = _setting(24, "GPIO number of the push button; low: pressed.", 0, 27)
    long_press_s: float = _setting(1.0, "Seconds from which a press is a long one.", 0.4, 5)


@dataclass(frozen=True)
class WebSettings:
    """The page."""

    host: str = _setting("0.0.0.0", "Network address the page listens on.")
    port: int = _setting(8080, "Port the page listens on.", 1, 65535)
    viewers: int = _setting(8, "How many live pages may be open at once.", 1, 12)
    reading: Literal["coach", "everyone"] = _setting(
        "coach",
        "Who reads everybody's history: the coach who signed in; or everyone who reaches the page,"
        " who then need not choose a password first either (the demo does this).",
    )


@dataclass(frozen=True)
class PageSettings:
    """How the page looks."""

    units: Literal["kg", "lb"] = _setting("kg", "What weights are shown and typed in.")
    theme: Literal["auto", "light", "dark"] = _setting(
        "auto", "Light or dark pages; auto: as each device has it."
    )
    language: str = _setting(
        "en", "The page's language: en, or one that was added (docs/languages.md)."
    )


@dataclass(frozen=True)
class Settings:
    """Everything that can be set, by section."""

    unit: UnitSettings = field(default_factory=UnitSettings)
    camera: CameraSettings = field(default_factory=CameraSettings)
    models: ModelSettings = field(default_factory=ModelSettings)
    pose: PoseSettings = field(default_factory=PoseSettings)
    wink: WinkSettings = field(default_factory=WinkSettings)
    load: LoadSettings = field(default_factory=LoadSettings)
    cue: CueSettings = field(default_factory=CueSettings)
    inputs: InputSettings = field(default_factory=InputSettings)
    web: WebSettings = field(default_factory=WebSettings)
    page: PageSettings = field(default_factory=PageSettings)


def load_settings(file: Path | None = None) -> Settings:
    """Settings from a TOML file; a file that isn't there means every default.

    Raises SettingsError for an unreadable file, an unknown key, a wrong type or a value out of
    range.
    """
    if file is None or not file.exists():
        return Settings()
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"Can't read the settings file {file}: {error}.") from error
    return settings_from(tables)


def settings_from(tables: dict[str, Any]) -> Settings:
    """Settings from nested dictionaries, as TOML gives them. Raises SettingsError."""
    sections = {section.name: section for section in fields(Settings)}
    _refuse_unknown("section", tables, sections)
    hints = get_type_hints(Settings)
    built = {name: _section(name, hints[name], table) for name, table in tables.items()}
    settings = Settings(**built)
    refuse_bad_pins(pins_in_use(settings))
    return settings


def with_value(settings: Settings, key: str, value: Any) -> Settings:
    """A copy with `section/key` set to value. Raises SettingsError."""
    tables = {
        section.name: {
            item.name: getattr(getattr(settings, section.name), item.name)
            for item in fields(getattr(settings, section.name))
        }
        for section in fields(Settings)
    }
    section_name, _, item_name = key.partition("/")
    tables.setdefault(section_name, {})[item_name] = value
    return settings_from(tables)


def describe_settings() -> list[tuple[str, str, str, str]]:
    """(key, default, allowed, explanation) of every setting, for the documentation."""
    hints = get_type_hints(Settings)
    rows = []
    for section in fields(Settings):
        types_by_name = get_type_hints(hints[section.name])
        for item in fields(hints[section.name]):
            allowed = _allowed(item, types_by_name[item.name])
            default = "true" if item.default is True else str(item.default)
            default = "false" if item.default is False else default
            rows.append((f"{section.name}/{item.name}", default, allowed, item.metadata["doc"]))
    return rows


def _section(name: str, kind: type, table: Any) -> Any:
    if not is_dataclass(kind) or not isinstance(table, dict):
        raise SettingsError(f"Invalid value {table!r} for {name}: expected a table [{name}].")
    known = {item.name: item for item in fields(kind)}
    _refuse_unknown(f"setting in [{name}]", table, known)
    hints = get_type_hints(kind)
    values = {
        key: _checked(f"{name}/{key}", known[key], hints[key], value)
        for key, value in table.items()
    }
    return kind(**values)


def _refuse_unknown(what: str, given: dict[str, Any], known: dict[str, Any]) -> None:
    for name in given:
        if name not in known:
            raise SettingsError(f"Unknown {what}: {name}. Known: {', '.join(known)}.")


def _checked(key: str, item: Field[Any], kind: Any, value: Any) -> Any:
    allowed = _allowed(item, kind)
    wrong = SettingsError(f"Invalid value {value!r} for {key}: expected {allowed}.")
    if get_origin(kind) is Literal:
        value = str(value) if type(value) is int else value  # rotation = 90 reads naturally
        if value not in get_args(kind):
            raise wrong
        return value
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(value, kind) or (kind is not bool and isinstance(value, bool)):
        raise wrong
    low, high = item.metadata["low"], item.metadata["high"]
    if (low is not None and not value >= low) or (high is not None and not value <= high):
        raise wrong
    return value


def _allowed(item: Field[Any], kind: Any) -> str:
    if get_origin(kind) is Literal:
        return " or ".join(get_args(kind))
    if kind is bool:
        return "true or false"
    if kind is str:
        return "text"
    return f"{item.metadata['low']} to {item.metadata['high']}"


def pins_in_use(settings: Settings) -> dict[str, int]:
    """GPIO number of every lamp, buzzer and switch that these settings drive or read."""
    cue, inputs = settings.cue, settings.inputs
    pins = {"cue/red_pin": cue.red_pin, "cue/green_pin": cue.green_pin}
    if cue.lamps == "three":
        pins["cue/amber_pin"] = cue.amber_pin
    pins["cue/buzzer_pin"] = cue.buzzer_pin
    if settings.load.gate == "hook":
        pins["inputs/hook_pin"] = inputs.hook_pin
    if inputs.button:
        pins["inputs/button_pin"] = inputs.button_pin
    return pins
