"""Where frames come from. `open_camera(settings)` is the only way in."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from device.cameras.base import Camera
from device.cameras.recovery import CameraTrouble, frames_with_recovery
from device.errors import BadRecordingError
from device.settings import CameraSettings

__all__ = [
    "Camera",
    "CameraTrouble",
    "camera_settings_for",
    "frames_with_recovery",
    "open_camera",
]


def open_camera(
    settings: CameraSettings, record_to: Path | None = None, *, offline: bool = False
) -> Camera:
    """The camera that the settings name; enter it to start it.

    `record_to` writes everything that comes to a .db3 as well. `offline` plays a simulated clip
    once, as fast as its frames are taken; recordings and videos are always offline. Raises
    CameraError where the settings can't be met; see `Camera` for what entering raises.
    """
    if settings.source == "video":
        from device.cameras.video import VideoCamera

        if record_to is not None:
            raise BadRecordingError("A video is a file already: copy it instead of recording it.")
        return VideoCamera(settings)
    if settings.source == "simulated":
        from device.cameras.simulated import SimulatedCamera

        return SimulatedCamera(settings, realtime=not offline, record_to=record_to)
    from device.cameras.realsense import RealSenseCamera

    if settings.path and record_to is not None:
        raise BadRecordingError("A recording is a file already: copy it instead of recording it.")
    return RealSenseCamera(settings, record_to=record_to)


def camera_settings_for(path: Path, base: CameraSettings | None = None) -> CameraSettings:
    """The settings that play a file or clip folder, by its suffix. Raises BadRecordingError."""
    from device.cameras import recordings, video

    suffix = path.suffix.lower()
    if not path.exists():
        raise BadRecordingError(f"There is no file {path}: check the name.")
    base = base or CameraSettings()
    if (path / "clip.json").is_file():
        return dataclasses.replace(base, source="simulated", path=str(path))
    if path.is_dir():
        raise BadRecordingError(f"The folder {path} holds no clip: name a recording or a video.")
    if suffix in recordings.SUFFIXES:
        return dataclasses.replace(base, source="realsense", path=str(path))
    if suffix in video.SUFFIXES:
        return dataclasses.replace(base, source="video", path=str(path))
    known = ", ".join((*recordings.SUFFIXES, *video.SUFFIXES))
    raise BadRecordingError(f"Can't play {path}: expected a file ending in {known}.")
