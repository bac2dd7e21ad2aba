"""Renders the demo clip.

    python -m models.lifter.demo --out models/lifter/demo --work data/demo

Works in pieces of two seconds and goes on where it was stopped. Needs the recipe environment
(`models/lifter/requirements.txt`); playing the clip needs none of it.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from device.records import Array, Bytes, Depth, Extrinsics, Intrinsics
from models.lifter.body.arms import Grip
from models.lifter.body.clothing import Outfit, Wardrobe
from models.lifter.body.model import Lifter
from models.lifter.body.posed import BodyShape, PosedBody, placed
from models.lifter.body.skin import ANATOMICAL, Skin
from models.lifter.clip import video
from models.lifter.clip.files import ClipMeta, ClipTruth, DepthWriter, RepTruth, write_description
from models.lifter.clip.truth import Curves, true_rep
from models.lifter.movement.choreography import (
    FPS,
    HOOK_DISTANCE_M,
    Step,
    alex,
    hidden_bottom,
    passer_by,
    sam,
)
from models.lifter.movement.squat import Moment, Mover, Style
from models.lifter.scene import props
from models.lifter.scene.render import Scene, look_at
from models.lifter.scene.still_view import StillView

PIECE = 2 * FPS
UNIT_M = 0.001
BASELINE_M = 0.095  # D455
ROTATION_DEG = 90
CAMERA_HEIGHT_M = 1.1
AZIMUTH_DEG = 22.0
DISTANCE_M = 1.40  # camera to hips, level
GAP_S = 0.5  # between one lifter leaving the picture and the next entering
# A D455 at half of 848x480 (87 x 58 degrees) and its colour camera at 640x360 (90 x 59).
DEPTH = Intrinsics(424, 240, 223.4, 223.4, 211.5, 119.5)
COLOR = Intrinsics(640, 360, 320.0, 320.0, 319.5, 179.5)
TO_COLOR = Extrinsics(np.eye(3), np.array([-0.059, 0.0, 0.0]))


@dataclass(frozen=True)
class Actor:
    """One person of the clip."""

    shape: BodyShape
    style: Style
    outfit: Outfit


CAST = {
    "Alex": Actor(
        BodyShape(gender=0.0, age=0.66, muscle=0.68, weight=0.52, height=0.36, proportions=0.6),
        Style(stance_m=0.17, toe_out_deg=12, knees_out_deg=24, bottom_thigh_deg=99),
        Outfit(shirt=(0.06, 0.12, 0.36), shorts=(0.05, 0.05, 0.06), leg=0.42, seed=3),
    ),
    "Sam": Actor(
        BodyShape(gender=1.0, age=0.64, muscle=0.58, weight=0.50, height=0.58, proportions=0.7),
        Style(stance_m=0.16, toe_out_deg=16, knees_out_deg=27, bottom_thigh_deg=100,
              neutral_tilt_deg=9.0, bottom_list_deg=-1.5),
        Outfit(shirt=(0.48, 0.09, 0.13), shorts=(0.10, 0.11, 0.14), shoes=(0.2, 0.5, 0.5),
               skin=(0.45, 0.27, 0.18), hair=(0.03, 0.02, 0.02), sleeve=0.25, leg=0.92,
               shorts_loose_m=0.003, drape=4, seed=8),
    ),
    "passer-by": Actor(
        BodyShape(gender=0.2, age=0.8, muscle=0.5, weight=0.55, height=0.4, proportions=0.5),
        Style(stance_m=0.12, toe_out_deg=5, knees_out_deg=5),
        Outfit(shirt=(0.35, 0.36, 0.33), shorts=(0.12, 0.13, 0.25), leg=0.9, seed=11),
    ),
}  # fmt: skip


class Production:
    """Everything that is needed to render any frame of the clip."""

    def __init__(self) -> None:
        self.lifter = Lifter()
        self.wardrobe = Wardrobe(self.lifter)
        self.skin = Skin(self.lifter)
        self.movers = {
            name: Mover(self.lifter.rest(actor.shape), actor.style) for name, actor in CAST.items()
        }
        carrying = Moment(tilt_deg=1.0, posture="high_bar")
        grips = {name: self._grip_at(name, carrying) for name in ("Alex", "Sam")}
        lowest = min(float(grip.centre_m[2]) for grip in grips.values()) - 0.05
        self.hooks = Grip(
            np.array([0.0, grips["Alex"].centre_m[1] - HOOK_DISTANCE_M, lowest]),
            np.array([1.0, 0.0, 0.0]),
        )
        dips = {name: float(grip.centre_m[2]) - lowest for name, grip in grips.items()}
        self.tracks = {
            "Alex": alex(self.movers["Alex"], dips["Alex"]),
            "Sam": sam(self.movers["Sam"], dips["Sam"]),
        }
        self.starts = {"Alex": 0, "Sam": len(self.tracks["Alex"].steps) + round(GAP_S * FPS)}
        self.frames = self.starts["Sam"] + len(self.tracks["Sam"].steps)
        self._steps = {
            name: track.swaying(seed)
            for seed, (name, track) in enumerate(self.tracks.items(), start=20)
        }
        hidden = self.starts["Sam"] + hidden_bottom(self.tracks["Sam"])
        self._passer = passer_by(self.movers["passer-by"], hidden)

    def _grip_at(self, name: str, moment: Moment) -> Grip:
        grip = self.lifter.pose(CAST[name].shape, [self.movers[name].pose(moment)])[0].grip
        if grip is None:
            raise ValueError("this posture holds no bar")
        return grip

    def lifter_step(self, frame: int) -> tuple[str, Step] | None:
        """Who is lifting in a frame, and how."""
        for name, start in self.starts.items():
            if start <= frame < start + len(self._steps[name]):
                return name, self._steps[name][frame - start]
        return None

    def bodies(self, frame: int) -> list[tuple[str, Step, PosedBody]]:
        """Everybody in the room, the lifter first."""
        present = [found for found in (self.lifter_step(frame),) if found is not None]
        if frame in self._passer:
            present.append(("passer-by", self._passer[frame]))
        posed = []
        for name, step in present:
            body = self.lifter.pose(CAST[name].shape, [self.movers[name].pose(step.moment)])[0]
            posed.append((name, step, placed(body, step.x_m, step.y_m, step.heading_deg)))
        return posed

    def figures(self, bodies: list[tuple[str, Step, PosedBody]]) -> Scene:
        """People and bar, ready to be cast."""
        meshes = [
            props.dressed(self.skin.displaced(body, ANATOMICAL), self.wardrobe, CAST[name].outfit)
            for name, _, body in bodies
        ]
        grip = self.hooks
        if bodies and bodies[0][1].bar > 0 and bodies[0][2].grip is not None:
            grip = bodies[0][2].grip
        meshes.append(props.barbell(grip, plate_rgb=(0.05, 0.05, 0.06)))
        return Scene(meshes, floor=False)

    @cached_property
    def room(self) -> Scene:
        """What doesn't move."""
        front_y = float(self.hooks.centre_m[1]) - 0.10
        return Scene(
            [
                props.wall(-1.75),
                props.rack(front_y, hook_z_m=float(self.hooks.centre_m[2]) - 0.02),
                props.box((-1.05, -1.35, 0.25), (0.5, 0.6, 0.5), (0.32, 0.20, 0.10)),
                props.box((1.25, -1.55, 0.45), (0.9, 0.25, 0.06), (0.06, 0.06, 0.07)),
                props.box((1.25, -1.55, 0.22), (0.8, 0.2, 0.44), (0.10, 0.10, 0.11)),
            ]
        )

    @cached_property
    def views(self) -> tuple[StillView, StillView]:
        """Depth and colour camera."""
        azimuth = np.radians(AZIMUTH_DEG)
        hips_y = 0.08
        place = np.array([np.sin(azimuth) * DISTANCE_M, np.cos(azimuth) * DISTANCE_M + hips_y, 0])
        place[2] = CAMERA_HEIGHT_M
        depth_pose = look_at(place, (0.0, hips_y, 0.88), ROTATION_DEG, roll_deg=1.2)
        color_pose = depth_pose.copy()
        color_pose[:3, 3] += TO_COLOR.translation_m
        depth_view = StillView(self.room, DEPTH, depth_pose)
        color_view = StillView(self.room, COLOR, color_pose)
        color_view.prepare_color(self.room)
        return depth_view, color_view


def render_frame(production: Production, frame: int) -> tuple[Bytes, Depth, dict[str, float]]:
    """Picture (rows, columns, 3), depth (rows, columns) in counts, and the truth of one frame."""
    bodies = production.bodies(frame)
    figures = production.figures(bodies)
    depth_view, color_view = production.views
    depth = np.asarray(np.rint(depth_view.depth_with(figures) / UNIT_M), np.uint16)
    truth = {"tilt": np.nan, "lumbar": np.nan, "hip": np.nan}
    if bodies and bodies[0][0] != "passer-by":
        body = bodies[0][2]
        truth = {
            "tilt": body.truth.tilt_deg,
            "lumbar": body.truth.lumbar_flexion_deg,
            "hip": float(body.mid_hip[2] - body.mid_ankle[2]),
        }
    return color_view.color_with(figures), depth, truth


def render_piece(production: Production, first: int, work: Path) -> Path:
    """Two seconds from frame `first` into the work folder; already rendered ones are kept."""
    done = work / f"piece_{first:05d}.npz"
    if done.exists():
        return done
    last = min(first + PIECE, production.frames)
    rendered = [render_frame(production, frame) for frame in range(first, last)]
    video.write(done.with_suffix(".mp4"), [color for color, _, _ in rendered], FPS, quality=8)
    waiting = done.with_suffix(".part.npz")
    np.savez_compressed(
        waiting,
        depth=np.stack([depth for _, depth, _ in rendered]),
        **{key: np.array([truth[key] for _, _, truth in rendered]) for key in rendered[0][2]},
    )
    waiting.rename(done)
    return done


def truth_of(production: Production, columns: dict[str, Array]) -> ClipTruth:
    """Reps and curves against each lifter's own neutral."""
    tilt, lumbar = columns["tilt"].copy(), columns["lumbar"].copy()
    reps: list[RepTruth] = []
    for name, track in production.tracks.items():
        start = production.starts[name]
        own = np.s_[start : start + len(track.steps)]
        neutral = np.s_[start + track.neutral[0] : start + track.neutral[1]]
        tilt[own] -= columns["tilt"][neutral].mean()
        lumbar[own] -= columns["lumbar"][neutral].mean()
        curves = Curves(FPS, columns["hip"], tilt, lumbar)
        for note in track.notes:
            told = {"lifter": name, "set": note.set, "loaded": note.loaded, "shows": note.shows}
            true = true_rep(
                curves,
                start + note.first,
                start + note.last,
                measurable=note.measurable,
                **told,
            )
            reps.append(true.truth)
    return ClipTruth(tuple(reps), tilt, lumbar)


def script_of(production: Production) -> list[dict[str, Any]]:
    """Who signs in, and when; they take turns, so nobody signs out and each keeps one visit."""
    sam_track = production.tracks["Sam"]
    sam_stands = production.starts["Sam"] + sam_track.neutral[0]
    return [
        {"time_s": 0.05, "command": "sign_in", "lifter": "Alex"},
        {"time_s": round(sam_stands / FPS + 0.2, 2), "command": "sign_in", "lifter": "Sam"},
    ]


def finish(production: Production, pieces: list[Path], out: Path) -> None:
    """Joins the pieces into the clip."""
    out.mkdir(parents=True, exist_ok=True)
    background = np.rint(production.views[0].depth / UNIT_M).astype(np.uint16)
    columns: dict[str, list[Array]] = {"tilt": [], "lumbar": [], "hip": []}
    with DepthWriter(out, background) as writer:
        for piece in pieces:
            loaded = np.load(piece)
            for depth in loaded["depth"]:
                writer.add(depth)
            for key, column in columns.items():
                column.append(loaded[key])
    pictures = (picture for piece in pieces for picture in video.read(piece.with_suffix(".mp4")))
    video.write(out / "color.mp4", pictures, FPS, quality=26, slow=True)
    meta = ClipMeta(
        fps=FPS,
        frames=production.frames,
        rotation_deg=ROTATION_DEG,
        color=COLOR,
        depth=DEPTH,
        to_color=TO_COLOR,
        unit_m=UNIT_M,
        baseline_m=BASELINE_M,
        camera_height_m=CAMERA_HEIGHT_M,
        lifters={name: asdict(actor.shape) for name, actor in CAST.items()},
    )
    joined = {key: np.concatenate(column) for key, column in columns.items()}
    write_description(out, meta, script_of(production), truth_of(production, joined))


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Render the demo clip.")
    parser.add_argument("--out", type=Path, required=True, help="the clip's folder")
    parser.add_argument("--work", type=Path, default=Path("data/demo"), help="pieces to go on from")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    arguments.work.mkdir(parents=True, exist_ok=True)
    production = Production()
    print(f"{production.frames} frames, {production.frames / FPS:.1f} s", flush=True)
    began = time.monotonic()
    pieces = []
    for first in range(0, production.frames, PIECE):
        pieces.append(render_piece(production, first, arguments.work))
        print(f"{first + PIECE} frames, {time.monotonic() - began:.0f} s", flush=True)
    finish(production, pieces, arguments.out)


if __name__ == "__main__":
    main()
