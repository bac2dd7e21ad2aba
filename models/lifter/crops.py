"""Renders the crops that the pelvis network learns from.

    python -m models.lifter.crops --out data/crops --bodies 6000 --seed 1

Each body takes a standing pose and six squatting ones, and several cameras look at all of them
(posing is the dear part). Pelvic tilt, lumbar and thoracic shape are drawn independently of depth
and lean, so that the network must see the pelvis and can't guess it from the squat. Work is cut
into shards, each with its own seed; finished shards are kept when the command is run again.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from device.crop import SCALE_M, HipView, hip_view
from device.geometry import to_levelled, transform, unit
from device.records import Array, DepthImage, Extrinsics, Floor, Intrinsics
from models.lifter.body import BodyShape, Lifter, PoseAngles, PosedBody
from models.lifter.clothing import Outfit, Wardrobe
from models.lifter.render import Scene, depth_image, look_at
from models.lifter.scene import Mesh, box, cylinder, dressed, props_for, wall
from models.lifter.sensor import D400Noise
from models.lifter.skin import ANATOMICAL, Skin, SkinWay, random_way
from models.lifter.tissue import FIRM, Tissue, random_tissue

POSES = 6
CAMERAS = 8
BODIES_A_SHARD = 25
HOLE = np.iinfo(np.int16).min
NATIVE_F_PX = 425.0  # a D400 at 848 x 480
ROI_PX = 160  # what is cast around the hips; the crop averages it down to 64
ROI_M = 0.95
BALANCED_SHARE = 0.65  # of the squatting poses: the lean is one that a lifter can hold
SOFT_SHARE = 0.75  # of the lifters have soft tissue that does not follow the bones
LOADED = ("high_bar", "low_bar", "front", "goblet", "overhead", "hanging", "forward")
_SAME = Extrinsics(np.eye(3), np.zeros(3))


@dataclass(frozen=True)
class CropSet:
    """`views` (groups, 1 + poses, 64, 64, 3) int16, tenths of a mm, HOLE where nothing was seen.

    View 0 is the standing one. `truth` (groups, 1 + poses, 4): tilt, list, rotation (against the
    line of sight), lumbar flexion, deg. `about` (groups, 1 + poses, 4): azimuth deg, distance m,
    camera height m, depth of the squat 0 to 1.
    """

    views: npt.NDArray[np.int16]
    truth: npt.NDArray[np.float32]
    about: npt.NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.views)

    def some(self, groups: int) -> CropSet:
        """At most so many groups, evenly spread."""
        chosen = np.linspace(0, len(self) - 1, min(groups, len(self))).astype(int)
        return CropSet(self.views[chosen], self.truth[chosen], self.about[chosen])

    @property
    def samples(self) -> int:
        """Views in all."""
        return int(self.views.shape[0] * self.views.shape[1])


def load_crops(folder: Path, part: str) -> CropSet:
    """The crops of 'train' or 'validation': whole shards, so no body is in both."""
    shards = sorted(folder.glob("shard_*.npz"))
    chosen = [s for i, s in enumerate(shards) if (i % 12 == 0) == (part == "validation")]
    if not chosen:
        raise FileNotFoundError(f"no {part} crops in {folder}: run python -m models.lifter.crops")
    return CropSet(*(_joined(chosen, key) for key in ("views", "truth", "about")))


def _joined(shards: Sequence[Path], key: str) -> npt.NDArray[Any]:
    """One array of all shards, filled piece by piece: they are large."""
    with np.load(shards[0]) as first:
        sample = first[key]
    whole = np.empty((len(shards) * len(sample), *sample.shape[1:]), sample.dtype)
    for i, shard in enumerate(shards):
        with np.load(shard) as one:
            whole[i * len(sample) : (i + 1) * len(sample)] = one[key]
    return whole


# ---------------------------------------------------------------- what is drawn


def random_shape(rng: np.random.Generator) -> BodyShape:
    """Both sexes, short to tall, lean to heavy."""
    return BodyShape(
        gender=float(rng.random()),
        age=float(rng.uniform(0.6, 0.9)),
        muscle=float(rng.uniform(0.15, 1.0)),
        weight=float(rng.uniform(0.1, 0.95)),
        height=float(rng.uniform(0.15, 0.9)),
        proportions=float(rng.uniform(0.1, 0.9)),
    )


def random_outfit(rng: np.random.Generator) -> Outfit:
    """Tight to loose, with and without a belt."""
    return Outfit(
        waist_m=float(rng.uniform(0.03, 0.12)),
        shirt_loose_m=float(rng.uniform(0.001, 0.02)),
        shorts_loose_m=float(rng.uniform(0.001, 0.02)),
        drape=int(rng.integers(0, 12)),
        wrinkle=float(rng.uniform(0, 1)),
        seed=int(rng.integers(1 << 30)),
        belt=bool(rng.random() < 0.25),
    )


@dataclass(frozen=True)
class Stance:
    """What one lifter keeps from pose to pose."""

    abduction: float
    toe_out: float
    posture: Any
    loaded_only: bool
    tilt: float  # standing
    lumbar: float
    split: tuple[float, float, float]
    list_deg: float
    rotation: float


def random_stance(rng: np.random.Generator) -> Stance:
    """Narrow to wide feet, any bar position."""
    low = float(rng.uniform(0.05, 0.20))  # the lowest of the three lies within the sacrum
    middle = float(rng.uniform(0.35, 0.65)) * (1 - low)
    return Stance(
        abduction=float(rng.uniform(0, 35)),
        toe_out=float(rng.uniform(0, 35)),
        posture=rng.choice(LOADED, p=[0.35, 0.25, 0.1, 0.05, 0.05, 0.1, 0.1]),
        loaded_only=bool(rng.random() < 0.5),
        tilt=float(rng.uniform(-10, 20)),
        lumbar=float(rng.uniform(-18, 10)),
        split=(low, middle, 1 - low - middle),
        list_deg=float(rng.normal(0, 2)),
        rotation=float(rng.normal(0, 4)),
    )


def standing_pose(stance: Stance, rng: np.random.Generator) -> PoseAngles:
    """Relaxed, mostly without the load."""
    thigh = float(rng.uniform(-2, 8))
    return PoseAngles(
        pelvic_tilt=stance.tilt,
        pelvic_list=stance.list_deg,
        pelvic_rotation=stance.rotation,
        lumbar_flexion=stance.lumbar,
        lumbar_split=stance.split,
        thoracic_flexion=float(rng.uniform(-8, 15)),
        thigh=(thigh, thigh),
        shank=(thigh, thigh),
        abduction=(stance.abduction * 0.3, stance.abduction * 0.3),
        toe_out=(stance.toe_out, stance.toe_out),
        posture=stance.posture if stance.loaded_only else "hanging",
    )


def _any_tilt_and_bend(rng: np.random.Generator) -> tuple[float, float]:
    """Pelvic tilt and lumbar flexion over the whole range, knowing nothing of each other.

    Only a lean that nobody can hold is drawn again: the trunk is tilt and flexion together.
    """
    while True:
        tilt, lumbar = float(rng.uniform(-18, 60)), float(rng.uniform(-22, 75))
        if -10 < tilt + 0.6 * lumbar < 70:
            return tilt, lumbar


def _balanced_tilt_and_bend(depth: float, rng: np.random.Generator) -> tuple[float, float]:
    """The trunk leans as balance at that depth asks; what the pelvis does in it is still free."""
    while True:
        lean = rng.uniform(-5, 8) + depth * rng.uniform(15, 55)
        tilt = float(rng.uniform(-25, 45))
        lumbar = float((lean - tilt) / 0.8)
        if -30 < lumbar < 70:
            return tilt, lumbar


def squat_pose(stance: Stance, rng: np.random.Generator) -> tuple[PoseAngles, float]:
    """One pose and its depth 0 to 1; the pelvis knows nothing of the depth."""
    depth = float(rng.random() ** 0.7)
    if rng.random() < BALANCED_SHARE:
        tilt, lumbar = _balanced_tilt_and_bend(depth, rng)
    else:
        tilt, lumbar = _any_tilt_and_bend(rng)
    thigh = depth * rng.uniform(75, 125)
    shank = depth * rng.uniform(10, 45)
    apart, turned = rng.normal(0, 2, 2), rng.normal(0, 2.5, 2)
    pose = PoseAngles(
        pelvic_tilt=tilt,
        pelvic_list=stance.list_deg + float(rng.normal(0, 2.5)),
        pelvic_rotation=stance.rotation + float(rng.normal(0, 3)),
        lumbar_flexion=lumbar,
        lumbar_split=stance.split,
        thoracic_flexion=float(rng.uniform(-8, 14)),
        thigh=(float(thigh + apart[0]), float(thigh + apart[1])),
        shank=(float(shank), float(shank + rng.normal(0, 2))),
        abduction=(float(stance.abduction + turned[0]), float(stance.abduction + turned[1])),
        toe_out=(stance.toe_out, stance.toe_out),
        posture=stance.posture,
    )
    return pose, depth


@dataclass(frozen=True)
class View:
    """Where a unit hangs, seen from the lifter: azimuth 0 is straight behind."""

    azimuth_deg: float
    distance_m: float
    height_m: float
    rotation_deg: int
    baseline_m: float

    def position(self, around: Array) -> Array:
        """(3,) in world axes; behind the lifter is +y."""
        azimuth = np.radians(self.azimuth_deg)
        flat = np.array([np.sin(azimuth), np.cos(azimuth)]) * self.distance_m
        return np.array([around[0] + flat[0], around[1] + flat[1], self.height_m])


def random_view(rng: np.random.Generator) -> View:
    """Anywhere a unit can be mounted, mostly behind and oblique, seldom on the front uprights."""
    reach = float(rng.choice((60.0, 110.0, 150.0), p=(0.82, 0.12, 0.06)))
    return View(
        azimuth_deg=float(rng.uniform(-reach, reach)),
        distance_m=float(rng.uniform(0.8, 1.9)),
        height_m=float(rng.uniform(0.6, 2.0)),
        rotation_deg=int(rng.choice([0, 90, 180, 270])),
        baseline_m=0.05 if rng.random() < 0.5 else 0.095,
    )


# ---------------------------------------------------------------- what the camera makes of it


def clutter(view: View, body: PosedBody, rng: np.random.Generator) -> list[Mesh]:
    """A rack upright or a bar in front of the view, a wall or a spotter-like post behind."""
    meshes: list[Mesh] = []
    position = view.position(body.mid_hip)
    toward = position - body.mid_hip
    toward[2] = 0
    side = np.array([-toward[1], toward[0], 0.0]) / np.linalg.norm(toward)
    if rng.random() < 0.5:
        foot = body.mid_hip + toward * rng.uniform(0.35, 0.7) + side * rng.uniform(-0.4, 0.4)
        meshes.append(box((foot[0], foot[1], 1.1), (0.07, 0.07, 2.2), (0.3, 0.1, 0.1)))
    if rng.random() < 0.4:
        middle = body.mid_hip + toward * rng.uniform(0.3, 0.6)
        middle[2] = body.mid_hip[2] + rng.uniform(-0.35, 0.35)
        meshes.append(cylinder(middle - side, middle + side, 0.025, (0.4, 0.4, 0.4)))
    if rng.random() < 0.25:  # a spotter's trunk or leg
        foot = body.mid_hip + toward * rng.uniform(0.3, 0.8) + side * rng.uniform(-0.6, 0.6)
        top = np.array([foot[0], foot[1], rng.uniform(0.9, 1.7)])
        foot[2] = 0.0
        meshes.append(cylinder(foot, top, float(rng.uniform(0.06, 0.18)), (0.3, 0.3, 0.3)))
    if rng.random() < 0.4:
        meshes.append(wall(float(body.mid_hip[1] - rng.uniform(0.5, 1.5))))
    return meshes


class Studio:
    """The body model and wardrobe, loaded once, and the faces that a hip crop can contain."""

    def __init__(self) -> None:
        self.lifter = Lifter()
        self.wardrobe = Wardrobe(self.lifter)
        self.skin = Skin(self.lifter)
        unseen = self.lifter.bone_weight(
            (
                "head",
                "eye",
                "jaw",
                "tongue",
                "oris",
                "special",
                "levator",
                "temporalis",
                "risorius",
                "orbicularis",
                "oculi",
                "finger",
                "metacarpal",
                "toe",
            )
        )
        self._kept = (unseen[self.lifter.faces] < 0.5).all(axis=1)
        self._noises: dict[tuple[float, float, int], tuple[Intrinsics, D400Noise]] = {}

    def sensor(
        self, distance_m: float, baseline_m: float, rng: np.random.Generator
    ) -> tuple[Intrinsics, D400Noise]:
        """A camera whose whole image is the hips' surroundings, with the noise of a full one.

        Its pixels are coarser than a D400's at 848 x 480 where the lifter is near; disparity
        noise is scaled so that a pixel's depth noise is the same. Noise fields are dear to make:
        a few are kept for each of some focal lengths.
        """
        step = round(np.log(distance_m) / 0.06)
        key = (step, baseline_m, int(rng.integers(4)))
        if key not in self._noises:
            f_px = ROI_PX / ROI_M * float(np.exp(0.06 * step))
            middle = (ROI_PX - 1) / 2
            camera = Intrinsics(ROI_PX, ROI_PX, f_px, f_px, middle, middle)
            subpixel = (0.045, 0.06, 0.075, 0.09)[key[2]] * f_px / NATIVE_F_PX
            noise = D400Noise(
                camera, baseline_m, 1000 * (step + 100) + key[2], subpixel, still_share=0.0
            )
            self._noises[key] = camera, noise
        return self._noises[key]

    def mesh(
        self, body: PosedBody, outfit: Outfit, tissue: Tissue = FIRM, way: SkinWay = ANATOMICAL
    ) -> Mesh:
        """The dressed body without head, fingers and toes."""
        body = self.skin.displaced(body, way)
        if tissue.bumps:
            body = self.wardrobe.softened(body, tissue)
        mesh = dressed(body, self.wardrobe, outfit)
        return replace(mesh, faces=mesh.faces[self._kept])


class HasSensor(Protocol):
    """Whatever `seen_view` can look through."""

    def sensor(
        self, distance_m: float, baseline_m: float, rng: np.random.Generator
    ) -> tuple[Intrinsics, Any]:
        """A camera that sees the hips' surroundings, and its noise (`apply` as D400Noise has)."""


def seen_view(
    studio: HasSensor, scene: Scene, body: PosedBody, view: View, rng: np.random.Generator
) -> tuple[HipView, float]:
    """The hip view and the bearing of the line of sight in the world, deg.

    Everything after the rays is the program's own: sensor noise, levelling with a small error of
    the floor, a mid-hip guessed wrong by a few centimetres, `device.crop`.
    """
    position = view.position(body.mid_hip)
    aim = body.mid_hip + np.array([0.0, 0.0, 0.1])
    guess_error = rng.normal(0, 1, 3) * (0.03, 0.03, 0.03)
    distance = float(np.linalg.norm(aim - position))
    camera, noise = studio.sensor(distance, view.baseline_m, rng)
    pose = look_at(position, aim, view.rotation_deg, float(rng.normal(0, 2)))
    z_m = depth_image(scene, camera, pose)
    raw = noise.apply(z_m)
    up = unit(pose[:3, 2] + rng.normal(0, np.radians(0.4), 3))
    floor = Floor(up, float(position[2]), 1.0)
    depth = DepthImage(raw, 0.001, camera, _SAME, view.baseline_m)
    hip = transform((body.mid_hip + guess_error)[None], Extrinsics(pose[:3, :3], pose[:3, 3]))
    seen = hip_view(depth, floor, to_levelled(hip, floor)[0])
    sight = (aim + guess_error - position)[:2]
    return seen, float(np.degrees(np.arctan2(sight[0], -sight[1])))


def packed(view: HipView) -> npt.NDArray[np.int16]:
    """(64, 64, 3) tenths of a millimetre, HOLE where nothing was seen."""
    points = view.points[..., :3] * (SCALE_M * 1e4)
    return np.where(view.points[..., 3:] > 0, np.rint(points), HOLE).astype(np.int16)


def truth_of(body: PosedBody, sight_deg: float) -> tuple[float, float, float, float]:
    """Tilt, list, rotation against the line of sight, lumbar flexion."""
    true = body.truth
    rotation = (true.rotation_deg - sight_deg + 180) % 360 - 180
    return true.tilt_deg, true.list_deg, rotation, true.lumbar_flexion_deg


def crops_of_one_lifter(studio: Studio, rng: np.random.Generator) -> dict[str, npt.NDArray[Any]]:
    """`views`, `truth` and `about` of one body: one group a camera."""
    shape, outfit, stance = random_shape(rng), random_outfit(rng), random_stance(rng)
    tissue = random_tissue(rng) if rng.random() < SOFT_SHARE else FIRM
    way = random_way(rng)
    posed = [squat_pose(stance, rng) for _ in range(POSES)]
    poses = [standing_pose(stance, rng), *(pose for pose, _ in posed)]
    depths = [0.0, *(depth for _, depth in posed)]
    cameras = [random_view(rng) for _ in range(CAMERAS)]
    views = np.zeros((CAMERAS, 1 + POSES, 64, 64, 3), np.int16)
    truth = np.zeros((CAMERAS, 1 + POSES, 4), np.float32)
    about = np.zeros((CAMERAS, 1 + POSES, 4), np.float32)
    for p, body in enumerate(studio.lifter.pose(shape, poses)):
        meshes = [studio.mesh(body, outfit, tissue, way), *props_for(body)]
        plain = Scene(meshes)
        for c, view in enumerate(cameras):
            extra = clutter(view, body, rng) if rng.random() < 0.2 else []
            scene = Scene([*meshes, *extra]) if extra else plain
            seen, sight = seen_view(studio, scene, body, view, rng)
            views[c, p] = packed(seen)
            truth[c, p] = truth_of(body, sight)
            about[c, p] = (view.azimuth_deg, view.distance_m, view.height_m, depths[p])
    return {"views": views, "truth": truth, "about": about}


def write_shards(out: Path, seed: int, shards: range) -> Iterator[Path]:
    """Writes the shards that are not there yet, one after the other."""
    out.mkdir(parents=True, exist_ok=True)
    studio = Studio()
    for shard in shards:
        file = out / f"shard_{seed:03d}_{shard:05d}.npz"
        if file.exists():
            continue
        rng = np.random.default_rng([seed, shard])
        parts = [crops_of_one_lifter(studio, rng) for _ in range(BODIES_A_SHARD)]
        joined = {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
        draft = file.with_suffix(".tmp")
        with draft.open("wb") as stream:
            np.savez(stream, **joined)
        draft.replace(file)
        yield file


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--bodies", type=int, default=4000)
    parser.add_argument("--first", type=int, default=0, help="number of the first shard")
    parser.add_argument("--step", type=int, default=1, help="every n-th shard (for two processes)")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    shards = range(chosen.first, chosen.bodies // BODIES_A_SHARD, chosen.step)
    started = time.monotonic()
    for done, file in enumerate(write_shards(chosen.out, chosen.seed, shards), 1):
        crops = done * BODIES_A_SHARD * CAMERAS * (1 + POSES)
        rate = crops / (time.monotonic() - started)
        print(f"{file.name}  {done} written, {rate:.0f} crops/s", flush=True)


if __name__ == "__main__":
    main()
