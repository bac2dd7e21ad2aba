"""What the page asks of the unit: one frozen dataclass each, checked when it is made.

On the socket a command is one JSON object: `{"command": "set_load", "kg": 100}`.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from typing import Any

from device.errors import LiveError

NAME_LENGTH = 40
LARGEST_LOAD_KG = 500.0


@dataclass(frozen=True, slots=True)
class SignIn:
    """A lifter says who is squatting; the unit then asks for two quiet seconds."""

    lifter: str

    def __post_init__(self) -> None:
        shown = " ".join(self.lifter.split()) if isinstance(self.lifter, str) else ""
        if not 0 < len(shown) <= NAME_LENGTH or not shown.isprintable():
            raise LiveError(f"A lifter's name has 1 to {NAME_LENGTH} letters; type it again.")
        object.__setattr__(self, "lifter", shown)


@dataclass(frozen=True, slots=True)
class SignOut:
    """The lifter leaves; the neutral is dropped."""


@dataclass(frozen=True, slots=True)
class SetLoad:
    """The weight on the bar for the coming sets; None: not entered."""

    kg: float | None

    def __post_init__(self) -> None:
        if self.kg is None:
            return
        number = isinstance(self.kg, int | float) and not isinstance(self.kg, bool)
        if not number or not math.isfinite(self.kg) or not 0 <= self.kg <= LARGEST_LOAD_KG:
            raise LiveError(f"Invalid load {self.kg!r} kg: expected 0 to {LARGEST_LOAD_KG:.0f}.")


@dataclass(frozen=True, slots=True)
class LightTest:
    """Shows every light and sounds the buzzer once."""


@dataclass(frozen=True, slots=True)
class TakeNeutral:
    """Takes the lifter's relaxed standing as neutral now."""


@dataclass(frozen=True, slots=True)
class UndoRep:
    """Takes the last rep back."""


@dataclass(frozen=True, slots=True)
class ToggleSet:
    """Starts a set, or ends the one that was started so."""


@dataclass(frozen=True, slots=True)
class ToggleMute:
    """Mutes the buzzer until the unit starts again, or lets it sound."""


Command = SignIn | SignOut | SetLoad | LightTest | TakeNeutral | UndoRep | ToggleSet | ToggleMute

_NAMES: dict[str, type[Command]] = {
    "sign_in": SignIn,
    "sign_out": SignOut,
    "set_load": SetLoad,
    "light_test": LightTest,
    "take_neutral": TakeNeutral,
    "undo_rep": UndoRep,
    "toggle_set": ToggleSet,
    "toggle_mute": ToggleMute,
}


def command_to_json(command: Command) -> str:
    """One line, without its end."""
    name = next(name for name, kind in _NAMES.items() if kind is type(command))
    return json.dumps({"command": name, **asdict(command)})


def command_from_json(line: str | bytes) -> Command:
    """The command of one line. Raises LiveError for anything else."""
    try:
        fields: Any = json.loads(line)
        return _NAMES[fields.pop("command")](**fields)
    except LiveError:
        raise
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise LiveError(
            f"Not a command of this version: {line[:80]!r}; update page and unit together."
        ) from error
