"""What the page asks of the unit: one frozen dataclass each, checked when it is made.

On the socket a command is one JSON object: `{"command": "set_load", "kg": 100}`.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from device.errors import LiveError
from device.records import Exercise, load_refused

NAME_LENGTH = 40
LOAD_UNITS = ("kg", "lb")


@dataclass(frozen=True, slots=True)
class SignIn:
    """A lifter says who is squatting; the unit then asks for two quiet seconds."""

    lifter: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "lifter", _name(self.lifter))


@dataclass(frozen=True, slots=True)
class SignOut:
    """The lifter leaves; the neutral is dropped."""


@dataclass(frozen=True, slots=True)
class SetLoad:
    """The weight on the bar for the coming sets; None: not entered.

    `unit` is only how a person wants to read it: kg or lb.
    """

    kg: float | None
    unit: str = "kg"

    def __post_init__(self) -> None:
        if self.unit not in LOAD_UNITS:
            raise LiveError(f"Invalid unit {self.unit!r}: expected {' or '.join(LOAD_UNITS)}.")
        refused = None if self.kg is None else load_refused(self.kg)
        if refused is not None:
            raise LiveError(refused)


@dataclass(frozen=True, slots=True)
class SetExercise:
    """Which squat the coming reps are; None: nobody says."""

    exercise: Exercise | None

    def __post_init__(self) -> None:
        if self.exercise is None:
            return
        try:
            object.__setattr__(self, "exercise", Exercise(self.exercise))
        except ValueError:
            known = ", ".join(Exercise)
            raise LiveError(
                f"Invalid exercise {self.exercise!r}: expected one of {known}."
            ) from None


@dataclass(frozen=True, slots=True)
class LightTest:
    """Shows every light and sounds the buzzer once."""


@dataclass(frozen=True, slots=True)
class TakeNeutral:
    """Takes the lifter's relaxed standing as neutral now."""


@dataclass(frozen=True, slots=True)
class UndoRep:
    """Takes the last rep back; `rep`: only if it is this one (`RepSummary.index`)."""

    rep: int | None = None


@dataclass(frozen=True, slots=True)
class RedoRep:
    """Brings back the rep that was taken back last."""


@dataclass(frozen=True, slots=True)
class GiveSet:
    """A set was this lifter's, who is signed in from now on if it is the last one.

    Which set: the one of that rep (`RepSummary.index`) in that session; None: the last.
    """

    lifter: str
    session: str | None = None
    rep: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "lifter", _name(self.lifter))


@dataclass(frozen=True, slots=True)
class ToggleSet:
    """Starts a set, or ends the one that was started so."""


@dataclass(frozen=True, slots=True)
class ToggleMute:
    """Mutes the buzzer until the unit starts again, or lets it sound."""


@dataclass(frozen=True, slots=True)
class NewSettings:
    """Reads again what the coach chose on the page."""


@dataclass(frozen=True, slots=True)
class ShowSilhouette:
    """Tells the shape of what the unit sees for the next seconds; nobody is disturbed by it."""


def _name(typed: object) -> str:
    shown = " ".join(typed.split()) if isinstance(typed, str) else ""
    if not 0 < len(shown) <= NAME_LENGTH or not shown.isprintable():
        raise LiveError(f"A lifter's name has 1 to {NAME_LENGTH} letters; type it again.")
    return shown


Command = (
    SignIn
    | SignOut
    | SetLoad
    | SetExercise
    | LightTest
    | TakeNeutral
    | UndoRep
    | RedoRep
    | GiveSet
    | ToggleSet
    | ToggleMute
    | NewSettings
    | ShowSilhouette
)

_NAMES: dict[str, type[Command]] = {
    "sign_in": SignIn,
    "sign_out": SignOut,
    "set_load": SetLoad,
    "set_exercise": SetExercise,
    "light_test": LightTest,
    "take_neutral": TakeNeutral,
    "undo_rep": UndoRep,
    "redo_rep": RedoRep,
    "give_set": GiveSet,
    "toggle_set": ToggleSet,
    "toggle_mute": ToggleMute,
    "new_settings": NewSettings,
    "show_silhouette": ShowSilhouette,
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
