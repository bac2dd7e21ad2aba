"""What the pose model loses where the picture has no colour, as an infrared one has none.

    python -m models.pose.grey_input VIDEO... [--every N]

Each video is seen by the whole pose stage in colour and then changed: darker by a tenth (a change
that should not matter, for scale), as its luminance, and as its luminance with a projector's dots
over it. Only a proxy: skin and cloth reflect infrared light otherwise than visible light, and the
dots here lie still, while real ones move with the depth of what they fall on.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from device.body import BodyTracker
from device.cameras import camera_settings_for, open_camera
from device.pose import PoseEstimator
from device.records import Array, Bytes, Frame, Joint

DOTS = 5000  # of a D400's projector, about
DOT_LEVELS = 60
SQUAT_DEG = 60.0  # knee flexion of a squat's bottom, at least
APART_S = 0.7  # bottoms are further apart than this
SHOWN = {
    "shoulders": (Joint.LEFT_SHOULDER, Joint.RIGHT_SHOULDER),
    "hips": (Joint.LEFT_HIP, Joint.RIGHT_HIP),
    "knees": (Joint.LEFT_KNEE, Joint.RIGHT_KNEE),
    "ankles": (Joint.LEFT_ANKLE, Joint.RIGHT_ANKLE),
}
Change = Callable[[Bytes], Bytes]
Levels = npt.NDArray[np.int16]


def darker(rgb: Bytes) -> Bytes:
    """A tenth less light."""
    return np.asarray(rgb * np.float32(0.9), np.uint8)


def grey(rgb: Bytes) -> Bytes:
    """Luminance in all three channels."""
    return np.asarray(cv2.cvtColor(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB))


def dotted(rgb: Bytes) -> Bytes:
    """Luminance with bright dots of about a pixel of an 848-pixel picture."""
    bright = grey(rgb).astype(np.int16) + _dots(*rgb.shape[:2])[:, :, None]
    out: Bytes = np.clip(bright, 0, 255).astype(np.uint8)
    return out


CHANGES: dict[str, Change] = {"darker": darker, "grey": grey, "grey with dots": dotted}
_DOTS: dict[tuple[int, int], Levels] = {}


def _dots(height: int, width: int) -> Levels:
    if (height, width) not in _DOTS:
        places = np.random.default_rng(0)
        layer = np.zeros((height, width), np.float32)
        layer[places.integers(0, height, DOTS), places.integers(0, width, DOTS)] = 1.0
        spread = max(height, width) / 848
        spread_out = cv2.GaussianBlur(layer, (0, 0), spread)
        _DOTS[height, width] = np.asarray(spread_out / spread_out.max() * DOT_LEVELS, np.int16)
    return _DOTS[height, width]


@dataclasses.dataclass(frozen=True)
class Seen:
    """One frame: (33, 2) pixels and (left, right) knee flexion in degrees; None: nobody."""

    points_px: Array | None
    knee_flexion_deg: tuple[float, float] | None


class Viewer:
    """Pose and body for one way of changing the picture."""

    def __init__(self, change: Change | None) -> None:
        self._change = change
        self._pose = PoseEstimator("full", 1)
        self._body = BodyTracker()

    def look(self, frame: Frame) -> Seen:
        """The next frame."""
        if self._change is not None:
            frame = dataclasses.replace(frame, color_rgb=self._change(frame.color_rgb))
        keypoints = self._pose.estimate(frame)
        body = None if keypoints is None else self._body.update(keypoints, frame, None)
        if keypoints is None or body is None:
            return Seen(None, None)
        left, right = body.knee_flexion_left_deg, body.knee_flexion_right_deg
        return Seen(keypoints.points_px, None if left is None or right is None else (left, right))


def look_at(file: Path, every: int) -> tuple[dict[str, list[Seen]], int]:
    """Every frame (or each `every`-th) of a video in colour and changed, and how many of them make
    APART_S.
    """
    viewers = {"colour": Viewer(None)} | {name: Viewer(one) for name, one in CHANGES.items()}
    seen: dict[str, list[Seen]] = {name: [] for name in viewers}
    count, last_s = 1, 0.0
    with open_camera(camera_settings_for(file), offline=True) as camera:
        for frame in camera:
            count, last_s = frame.number, frame.time_s
            if (frame.number - 1) % every == 0:
                for name, viewer in viewers.items():
                    seen[name].append(viewer.look(frame))
    frames_per_s = count / every / max(last_s, 1e-3)
    return seen, round(APART_S * frames_per_s)


def report(file: Path, seen: dict[str, list[Seen]], reach: int) -> list[str]:
    """Lines: share of frames with a lifter, distances to colour in % of the trunk, knee angles."""
    colour = seen["colour"]
    found = sum(one.points_px is not None for one in colour)
    lines = [f"{file.name}: {len(colour)} frames, a lifter in {found} in colour"]
    for name, changed in seen.items():
        if name == "colour":
            continue
        pairs = [
            (a, b)
            for a, b in zip(colour, changed, strict=True)
            if a.points_px is not None and b.points_px is not None
        ]
        lines.append(f"  {name}: a lifter in {sum(b.points_px is not None for b in changed)}")
        for part, joints in SHOWN.items():
            off = np.array([_off_percent(a, b, joints) for a, b in pairs])
            lines.append(f"    {part}: median {np.median(off):.1f} %, p95 {_p95(off):.1f} %")
        angles = np.array(
            [
                np.subtract(b.knee_flexion_deg, a.knee_flexion_deg)
                for a, b in pairs
                if a.knee_flexion_deg is not None and b.knee_flexion_deg is not None
            ]
        )
        lines.append(
            f"    knee flexion: mean {angles.mean():+.1f}, median"
            f" {np.median(np.abs(angles)):.1f}, p95 {_p95(np.abs(angles)):.1f} degrees"
        )
    return lines + at_bottoms(seen, bottoms(colour, reach))


def bottoms(seen: Sequence[Seen], reach: int) -> list[int]:
    """Frames of deepest mean knee flexion within `reach` frames on either side."""
    depth = np.array(
        [0.0 if one.knee_flexion_deg is None else np.mean(one.knee_flexion_deg) for one in seen]
    )
    return [
        i
        for i in range(len(depth))
        if depth[i] > SQUAT_DEG and depth[i] == depth[max(0, i - reach) : i + reach + 1].max()
    ]


def at_bottoms(seen: dict[str, list[Seen]], frames: Sequence[int]) -> list[str]:
    """A line for each way of seeing: left and right knee flexion, median of five frames."""
    lines = []
    for name, looked in seen.items():
        shown = []
        for frame in frames:
            near = looked[max(0, frame - 2) : frame + 3]
            angles = [one.knee_flexion_deg for one in near if one.knee_flexion_deg is not None]
            left, right = np.median(angles, axis=0) if angles else (np.nan, np.nan)
            shown.append(f"{left:.0f}/{right:.0f}")
        lines.append(f"  knee flexion at the bottoms, {name}: {' '.join(shown)} degrees")
    return lines


def _off_percent(colour: Seen, changed: Seen, joints: Sequence[int]) -> float:
    assert colour.points_px is not None
    assert changed.points_px is not None
    shoulders = colour.points_px[list(SHOWN["shoulders"])].mean(axis=0)
    hips = colour.points_px[list(SHOWN["hips"])].mean(axis=0)
    trunk_px = max(1.0, float(np.linalg.norm(shoulders - hips)))
    off = np.linalg.norm(changed.points_px[list(joints)] - colour.points_px[list(joints)], axis=1)
    return 100 * float(off.mean()) / trunk_px


def _p95(values: Array) -> float:
    return float(np.percentile(values, 95))


def main() -> None:
    """Prints the comparison."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("video", nargs="+", type=Path, help="colour videos of one squatter")
    parser.add_argument("--every", type=int, default=1, help="take each N-th frame")
    arguments = parser.parse_args()
    for file in arguments.video:
        print("\n".join(report(file, *look_at(file, arguments.every))), flush=True)


if __name__ == "__main__":
    main()
