"""What can go wrong, one class each; every message says what to do about it.

Each class is also the built-in error it resembles, so that callers may catch either.
`exit_code` is what the command line returns when the error ends a command.
"""

from __future__ import annotations


class RacklightError(Exception):
    """Something a person can mend; its text is one clear sentence with the fix."""

    exit_code = 1


class SettingsError(RacklightError, ValueError):
    """A setting is unknown, of the wrong type or out of range."""

    exit_code = 2


class CameraError(RacklightError, OSError):
    """The camera can't give frames."""

    exit_code = 3


class NoCameraError(CameraError):
    """No camera is plugged in, or it can't do what the settings ask."""


class BadRecordingError(CameraError):
    """A recording or video is missing, truncated or not one."""


class StreamStalledError(CameraError, TimeoutError):
    """The camera was there and stopped sending."""


class CameraStuckError(CameraError):
    """The camera can't be let go; only a new process can open it again."""


class CalibrationError(CameraError, ValueError):
    """The Pi camera's calibration is missing, damaged or belongs to another camera."""


class ModelError(RacklightError, ValueError):
    """A model file is missing, damaged or not the one its card describes."""

    exit_code = 4


class StoreError(RacklightError, OSError):
    """The database can't be read or written."""

    exit_code = 5


class NewerDatabaseError(StoreError):
    """The database was written by a later version of the program."""


class NotebookError(RacklightError, ValueError):
    """What a person asked the history to keep, merge or delete can't be done."""

    exit_code = 5


class ChangedMeanwhileError(NotebookError):
    """What a person wants to replace is no longer what they were shown."""


class CueError(RacklightError, OSError):
    """The light or buzzer can't be driven."""

    exit_code = 6


class SwitchError(RacklightError, OSError):
    """The hook switch or the button can't be read."""

    exit_code = 6


class LiveError(RacklightError, OSError):
    """The socket between the device and the page can't be used, or the port is taken."""

    exit_code = 7


class LogError(RacklightError, ValueError):
    """A log of readings that can't be compared with what the unit measured."""

    exit_code = 8


class AccountError(RacklightError, ValueError):
    """A password, PIN or name that can't be taken."""

    exit_code = 9
