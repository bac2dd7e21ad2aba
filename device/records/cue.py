"""What the light and buzzer say."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Light(StrEnum):
    """What the lamp shows."""

    OFF = "off"
    RED = "red"
    GREEN = "green"
    AMBER = "amber"


@dataclass(frozen=True, slots=True)
class Cue:
    """What the light and buzzer do now."""

    light: Light = Light.OFF
    buzzer: bool = False
