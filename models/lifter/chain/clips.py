"""Renders the clips of the whole-chain evaluation.

    python -m models.lifter.chain.clips --out data/chain --clips 70 --seed 7001

One clip a lifter: relaxed standing, the bar, four or five reps; a fifth of the clips hold no
squat. Every clip has its own seed; finished clips are kept when the command is run again, and
several processes can share the work (`--first K --step N`). Needs the recipe environment.
"""

from __future__ import annotations

import argparse
import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from device.records import Bytes, Depth
from models.lifter.body.arms import Grip
from models.lifter.body.model import Lifter
from models.lifter.body.posed import PosedBody, placed
from models.lifter.chain.drawn import PLATE_M, DrawnClip, Person, prepared
from models.lifter.chain.people import MAKERS, Maker
from models.lifter.chain.plan import EVERY, FPS, Plan
from models.lifter.chain.truth import COLUMNS, Note, clip_truth, row_of, truth_of, write_truth
from models.lifter.clip import video
from models.lifter.clip.files import ClipMeta, DepthWriter, write_description
from models.lifter.movement.choreography import Step
from models.lifter.rendered import add_arguments, add_mocap
from models.lifter.scene import props
from models.lifter.scene.props import Mesh
from models.lifter.scene.render import Scene
from models.lifter.scene.still_view import StillView

UNIT_M = 0.001
SEED = 7001
_BATCH = 16  # bodies posed at a time
_NOBODY = (float("nan"),) * len(COLUMNS)


# ---------------------------------------------------------------- rendering


def posed(maker: Maker, person: Person) -> Iterator[tuple[Step, PosedBody] | None]:
    """One a frame; posed in batches, which costs half."""
    for first in range(0, len(person.steps), _BATCH):
        steps = person.steps[first : first + _BATCH]
        angles = [
            person.recorded.get(i) or person.mover.pose(step.moment)
            for i, step in enumerate(steps, first)
            if step is not None
        ]
        bodies = iter(maker.lifter.pose(person.shape, angles) if angles else [])
        for step in steps:
            if step is None:
                yield None
            else:
                body = next(bodies)
                yield step, placed(body, step.x_m, step.y_m, step.heading_deg)


def bar_of(drawn: DrawnClip, lifter: tuple[Step, PosedBody] | None) -> list[Mesh]:
    """The bar where it is in this frame."""
    radius = PLATE_M
    grip = drawn.floor_bar or drawn.around.hooks
    if lifter is not None and lifter[0].bar > 0 and lifter[1].grip is not None:
        grip = lifter[1].grip
    meshes = [barbell_at(grip, radius)]
    if drawn.floor_bar is not None:
        meshes.append(barbell_at(drawn.around.hooks, 0.0))
    return meshes


def barbell_at(grip: Grip, plate_radius_m: float) -> Mesh:
    """The bar, moved from where it was made: that is quicker."""
    across = grip.axis / np.linalg.norm(grip.axis)
    ahead = np.cross([0.0, 0.0, 1.0], across)
    ahead /= np.linalg.norm(ahead)
    turn = np.stack([across, ahead, np.cross(across, ahead)], axis=1)
    return props.moved(_barbell(plate_radius_m), grip.centre_m, turn)


@cache
def _barbell(plate_radius_m: float) -> Mesh:
    middle = Grip(np.zeros(3), np.array([1.0, 0.0, 0.0]))
    return props.barbell(middle, plate_radius_m=plate_radius_m, plate_rgb=(0.05, 0.05, 0.06))


def pictures(
    maker: Maker,
    drawn: DrawnClip,
    views: tuple[StillView, StillView],
    rows: list[tuple[float, ...]],
) -> Iterator[tuple[Bytes, Depth]]:
    """Colour and clean depth of each frame; the lifter's truth is appended to `rows`."""
    everybody = [posed(maker, person) for person in drawn.people]
    depth_view, color_view = views
    for _ in range(drawn.frames):
        present = [next(person) for person in everybody]
        lifter = present[0] if present else None
        meshes = bar_of(drawn, lifter)
        for person, there in zip(drawn.people, present, strict=True):
            if there is not None:
                meshes.append(maker.mesh(there[1], person.dress))
        figures = Scene(meshes, floor=False)
        rows.append(_NOBODY if lifter is None else row_of(lifter[1]))
        depth = np.asarray(np.rint(depth_view.depth_with(figures) / UNIT_M), np.uint16)
        yield color_view.color_with(figures), depth


def render(drawn: DrawnClip, maker: Maker, out: Path) -> list[tuple[float, ...]]:
    """Renders one clip into the folder `out`; returns its truth, a row a frame."""
    room = Scene([*drawn.around.meshes, *drawn.still])
    cameras = drawn.place.cameras
    depth_view = StillView(room, cameras.depth, drawn.place.depth_pose)
    color_view = StillView(room, cameras.color, drawn.place.color_pose)
    color_view.prepare_color(room)
    background = np.rint(depth_view.depth / UNIT_M).astype(np.uint16)
    rows: list[tuple[float, ...]] = []
    with DepthWriter(out, background, preset=0) as writer:

        def colors() -> Iterator[Bytes]:
            for color, depth in pictures(maker, drawn, (depth_view, color_view), rows):
                writer.add(depth)
                yield color

        video.write(out / "color.mp4", colors(), FPS, quality=20)
    return rows


def describe(
    maker: Maker, drawn: DrawnClip, rows: list[tuple[float, ...]], out: Path, seed: int, number: int
) -> int:
    """Writes truth and description; returns the number of reps."""
    plan, place = drawn.plan, drawn.place
    notes, loaded, neutral = [], [False] * len(rows), (0, 0)
    if plan.track is not None:
        loaded = [step is not None and step.bar > 0 for step in drawn.people[0].steps]
        notes = [
            Note(note.first // EVERY, note.last // EVERY, note.shows, note.loaded)
            for note in plan.track.notes
        ]
        neutral = _neutral(plan, notes)
    frames, reps = truth_of(rows, loaded, neutral, notes, FPS)
    meta = ClipMeta(
        fps=FPS,
        frames=len(rows),
        rotation_deg=place.view.rotation_deg,
        color=place.cameras.color,
        depth=place.cameras.depth,
        to_color=place.cameras.to_color,
        unit_m=UNIT_M,
        baseline_m=place.cameras.baseline_m,
        camera_height_m=place.view.height_m,
        lifters={"lifter": asdict(plan.shape)},
    )
    script = [{"time_s": 0.05, "command": "sign_in", "lifter": "lifter"}] if plan.signed_in else []
    write_description(out, meta, script, clip_truth(frames, reps))
    about = {
        "generator": maker.name,
        "seed": seed,
        "number": number,
        "fps": FPS,
        "kind": plan.kind,
        "posture": plan.posture,
        "signed_in": plan.signed_in,
        "neutral_frames": list(neutral),
        "movement": "planned" if plan.movement == "planned" else "mocap",
        "subject": None if plan.movement == "planned" else plan.movement,
        "reps": [note.shows for note in notes],
        "lifter": asdict(plan.shape) | {"stature_m": round(_stature_m(maker.lifter, plan), 3)},
        "occlusion": drawn.around.occlusion,
        "spotter": drawn.spotter,
        "passer_by": len(drawn.people) > 1,
        "camera": asdict(place.view) | {"model": place.cameras.model},
        **maker.about(drawn.bottom, drawn.dress),
    }
    write_truth(out, frames, about)
    return len(reps)


def _stature_m(lifter: Lifter, plan: Plan) -> float:
    z = lifter.rest(plan.shape).vertices[:, 2]
    return float(z.max() - z.min())


def _neutral(plan: Plan, notes: list[Note]) -> tuple[int, int]:
    """Frames of the standing that the definition measures from."""
    assert plan.track is not None
    if plan.signed_in or not notes:
        return plan.track.neutral[0] // EVERY, plan.track.neutral[1] // EVERY
    return max(0, notes[0].first - round(0.5 * FPS)), notes[0].first


# ---------------------------------------------------------------- command line


def clip_folder(out: Path, seed: int, number: int) -> Path:
    """Where a clip lies."""
    return out / f"clip_{seed:05d}_{number:04d}"


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    add_arguments(parser, "clip", seed=SEED)
    parser.add_argument("--clips", type=int, default=70)
    add_mocap(parser, without="planned squats; with it, clips of recorded people alone")
    parser.add_argument("--generator", choices=sorted(MAKERS), default="second")
    chosen = parser.parse_args()
    cv2.setNumThreads(1)
    maker = MAKERS[chosen.generator](Lifter())
    frames = reps = 0
    spent_s = time.process_time()
    for number in range(chosen.first, chosen.clips, chosen.step):
        folder = clip_folder(chosen.out, chosen.seed, number)
        if folder.exists():
            continue
        draft = folder.with_suffix(".part")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        drawn = prepared(maker, chosen.seed, number, chosen.mocap)
        rows = render(drawn, maker, draft)
        own = describe(maker, drawn, rows, draft, chosen.seed, number)
        draft.rename(folder)
        frames, reps = frames + len(rows), reps + own
        spent = time.process_time() - spent_s
        print(
            f"{folder.name}: {len(rows)} frames, {own} reps; in all {reps} reps,"
            f" {spent:.0f} s of work, {spent / max(frames, 1):.3f} s a frame",
            flush=True,
        )


if __name__ == "__main__":
    main()
