"""`racklight check --placement`: somebody stands on the spot, the unit says how to move it."""

from __future__ import annotations

from collections.abc import Callable

from device.cameras import open_camera
from device.errors import BadRecordingError
from device.pipeline import Pipeline
from device.records import Placement, PlacementVerdict
from device.settings import Settings

LINE_EVERY_S = 1.0
_MEASURED = (PlacementVerdict.GOOD, PlacementVerdict.MOVE)


def check_placement(settings: Settings, seconds: float, say: Callable[[str], None]) -> bool:
    """Watches for so many seconds of the camera's time, with a line a second and a verdict.

    The verdict is on how the unit hung last, so it may be moved meanwhile. Returns whether it
    hangs well. Raises CameraError, ModelError.
    """
    pipeline = Pipeline(settings)
    last: Placement | None = None
    told_s: float | None = None
    with open_camera(settings.camera) as camera:
        say(f"{camera.describe()}: watching for {seconds:.0f} s.")
        say("Stand where the lifter stands: relaxed, upright, back to the unit.")
        for frame in camera:
            placement = pipeline.step(frame).placement
            if last is None or placement.verdict in _MEASURED or last.verdict not in _MEASURED:
                last = placement
            if told_s is None or frame.time_s >= told_s + LINE_EVERY_S:
                told_s = frame.time_s
                say(f"{frame.time_s:5.0f} s  {line(placement)}")
            if frame.time_s >= seconds:
                break
    if last is None:
        raise BadRecordingError("There is no picture to judge the placement by: record it again.")
    for text in verdict_lines(last):
        say(text)
    return last.verdict is PlacementVerdict.GOOD


def line(placement: Placement) -> str:
    """The numbers and the first thing to do, on one line."""
    if placement.verdict not in _MEASURED:
        return placement.advice[0]
    return f"{numbers(placement)}: {placement.advice[0] if placement.moves else 'good'}"


def numbers(placement: Placement) -> str:
    """`22 degrees to the left of straight behind, 1.40 m away, 1.10 m high, ...`."""
    azimuth = placement.azimuth_deg or 0.0
    side = "left" if azimuth > 0 else "right"
    stands = "upright" if placement.portrait else "on its side"
    return (
        f"{abs(azimuth):.0f} degrees to the lifter's {side} of straight behind,"
        f" {placement.distance_m:.2f} m away, {placement.height_m:.2f} m high, {stands};"
        f" room above the shoulders {placement.shoulder_margin_deg:.0f}, below the feet"
        f" {placement.feet_margin_deg:.0f} degrees"
    )


def verdict_lines(placement: Placement) -> list[str]:
    """What was found, last of all."""
    if placement.verdict not in _MEASURED:
        return ["", f"NOT KNOWN: {placement.advice[0]}."]
    found = ["", f"The unit is {numbers(placement)}."]
    if placement.verdict is PlacementVerdict.GOOD:
        return [*found, "GOOD: it hangs where it measures well."]
    return [*found, "MOVE IT:", *(f"  {n}. {text}" for n, text in enumerate(placement.advice, 1))]
