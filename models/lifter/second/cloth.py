"""Shorts, shirt and belt of the second generator, each a surface of its own over the skin.

Cloth is the skin carried out by what tubes around trunk and thighs say (`second_drape`), cut
where its hems are. A shirt that hangs out lies over the shorts; a belt is a stiff ring that
pins it.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace

import numpy as np

from device.records import Array
from models.lifter.scene.props import Faces, Mesh
from models.lifter.second.belt import ring_belt
from models.lifter.second.cut import Cut, cut
from models.lifter.second.drape import (
    COLUMNS,
    Tube,
    folds,
    hang_m,
    make_tube,
    onto_vertices,
    outwards,
    taut_m,
)
from models.lifter.second.dress import Dress

_TRUNK_ROWS_M = np.arange(-0.09, 0.451, 0.02)
_THIGH_ROWS_M = np.arange(0.125, 0.41, 0.022)  # from the hip joint downwards
_SEAT_ROWS, _HUNG_ROWS = 7, 9  # of the trunk that shorts hang from, of the thigh below it
_FACING_M = 0.003  # between two layers
_SHOULDER_M = (0.36, 0.46)  # above, a shirt lies on the body
_TOP_M = 0.50  # of a shirt
_CUT_STEP_M = 0.004  # hems move by whole steps, so that few cuts are needed
_CUTS_KEPT = 64


@dataclass(frozen=True, eq=False)
class Pose:
    """What cloth needs to know of a posed body; rotations are away from rest."""

    skin_m: Array  # (V, 3)
    pelvis: Array  # (3, 3)
    thorax: Array
    thighs: tuple[Array, Array]  # left, right
    flexion_deg: tuple[float, float]  # of the hips


class Tailor:
    """Holds what depends on the mesh alone: `mesh` is the template, `thigh` and `trunk` (V,)."""

    def __init__(
        self, mesh: Mesh, thighs: tuple[Array, Array], trunk: Array, joints: dict[str, Array]
    ) -> None:
        self._rest = mesh.vertices.astype(float)
        self._faces = mesh.faces
        bare = replace(mesh, faces=mesh.faces[(trunk + sum(thighs))[mesh.faces].min(axis=1) > 0.4])
        self._trunk, _ = make_tube(bare, np.zeros(3), np.eye(3), _TRUNK_ROWS_M, 0.35)
        self._legs: list[Tube] = []
        self._along_leg = np.full(len(self._rest), -1.0)
        for side in "LR":
            own = (self._rest[:, 0] > 0) == (side == "L")
            limb = replace(bare, faces=bare.faces[own[bare.faces].all(axis=1)])
            hip, knee, ankle = (joints[f"{j}.{side}"] for j in ("upperleg01", "lowerleg01", "foot"))
            tube, _ = make_tube(limb, hip, _leg_axes(knee - hip), _THIGH_ROWS_M, 0.2)
            self._legs.append(tube)
            share = (self._rest - hip) @ (ankle - hip) / ((ankle - hip) @ (ankle - hip))
            self._along_leg = np.where(own, share, self._along_leg)
        self._from_trunk = onto_vertices(self._trunk, self._rest)
        self._from_legs = [onto_vertices(leg, self._rest) for leg in self._legs]
        self._thighs = thighs
        self._arm = 1 - np.clip(trunk + sum(thighs), 0, 1)
        self._cuts: OrderedDict[tuple[float, ...], tuple[Cut, Cut, Cut]] = OrderedDict()

    def layers(self, pose: Pose, dress: Dress) -> list[tuple[str, Array, Faces]]:
        """(what, vertices (n, 3), faces) of skin, shorts, shirt and belt."""
        trunk_skin = self._trunk.grid(pose.skin_m)
        turns = _ring_turns(pose)
        out, centres = outwards(trunk_skin, turns)
        taut = taut_m(trunk_skin, centres, turns)
        shorts_lift = taut * dress.span + self._ease(dress, pose, 0)
        shirt_lift = self._shirt_lift(pose, dress, trunk_skin, out, taut, shorts_lift)
        way = self._from_trunk @ out.reshape(-1, 3)
        to_shorts = self._from_trunk @ (out * shorts_lift[..., None]).reshape(-1, 3)
        to_shorts = self._with_legs(
            to_shorts, pose, dress, trunk_skin + out * shorts_lift[..., None]
        )
        to_shirt = self._from_trunk @ (out * shirt_lift[..., None]).reshape(-1, 3)
        inside = ((to_shorts - to_shirt) * way).sum(axis=1) + _FACING_M
        below = np.clip((dress.waist_m + 0.02 - self._rest[:, 2]) / 0.02, 0, 1)
        to_shirt += (np.clip(inside, 0, None) * below)[:, None] * way
        shorts, shirt, bare = self._cuts_of(dress, pose)
        found = [
            ("skin", bare.of(pose.skin_m), bare.faces),
            ("shorts", shorts.of(pose.skin_m + to_shorts), shorts.faces),
            ("shirt", shirt.of(pose.skin_m + to_shirt), shirt.faces),
        ]
        if dress.belt:
            under = trunk_skin + out * (taut * 0.7 + 0.003)[..., None]
            found.append(("belt", *ring_belt(under, turns, _TRUNK_ROWS_M, dress)))
        return found

    # ------------------------------------------------------------ how far cloth is from skin

    def _ease(self, dress: Dress, pose: Pose, salt: int) -> Array:
        """(rows, COLUMNS) m that cloth stands off a taut one."""
        loose = dress.shirt_loose_m if salt else dress.shorts_loose_m
        rng = np.random.default_rng([dress.seed, salt])
        turn = np.radians(sum(pose.flexion_deg) / 2) * 1.5
        rows = len(self._trunk.rows_m)
        along, across = folds(rng, rows, (2.5, 1.2)), folds(rng, rows, (1.0, 2.5))
        pattern = np.cos(turn) * along + np.sin(turn) * across
        ridges = 0.5 - np.abs(pattern)
        ease: Array = np.maximum(loose + dress.fold_m * ridges * 2, 0.0005)
        return ease

    def _shirt_lift(
        self,
        pose: Pose,
        dress: Dress,
        skin: Array,
        out: Array,
        taut: Array,
        shorts_lift: Array,
    ) -> Array:
        rows = self._trunk.rows_m
        lift = taut * dress.span + self._ease(dress, pose, 1)
        slack = np.full(len(rows), dress.shirt_slack_m)
        if dress.kind == "tucked":
            slack *= np.clip((rows - dress.waist_m) / 0.08, 0, 1)
        if dress.belt:
            above = np.abs(rows - dress.belt_m) - dress.belt_wide_m / 2
            pinned = np.clip(above / 0.04, 0, 1)
            slack *= pinned
            lift = np.minimum(lift, taut * 0.7 + 0.003 + 0.05 * pinned[:, None])
        down = slice(None, None, -1)
        surface = skin + out * lift[..., None]
        lift = lift + hang_m(surface[down], out[down], slack[down], dress.cling)[down]
        low, high = _SHOULDER_M
        near = np.clip((high - rows) / (high - low), 0.15, 1)[:, None]
        lift *= near
        if dress.kind != "out":  # in the shorts
            free = np.clip((rows - dress.waist_m + dress.waist_drop_m) / 0.04, 0, 1)[:, None]
            lift = shorts_lift + (lift - shorts_lift) * free
        else:
            under = np.clip((dress.waist_m + 0.02 - rows) / 0.02, 0, 1)[:, None]
            lift = np.maximum(lift, (shorts_lift + _FACING_M) * under)
        limited: Array = lift
        return limited

    def _with_legs(self, moved: Array, pose: Pose, dress: Dress, seat: Array) -> Array:
        """The way (V, 3) from skin to shorts, trunk and legs together."""
        rng = np.random.default_rng([dress.seed, 7])
        for i, (tube, weight) in enumerate(zip(self._legs, self._thighs, strict=True)):
            skin = tube.grid(pose.skin_m)
            turns = np.tile(pose.thighs[i] @ tube.axes, (len(skin), 1, 1))
            out, centres = outwards(skin, turns)
            lift = taut_m(skin, centres, turns) * dress.span + dress.shorts_loose_m
            ridges = 0.5 - np.abs(folds(rng, len(skin), (2.0, 1.5)))
            lift = np.maximum(lift + dress.fold_m * ridges * 2, 0.0005)
            lift += dress.shorts_slack_m * np.clip(-out[..., 2], 0, 1)  # sags below the thigh
            lift += self._off_the_seat(skin + out * lift[..., None], out, seat, dress)
            own = self._from_legs[i] @ (out * lift[..., None]).reshape(-1, 3)
            moved = moved + weight[:, None] * (own - moved)
        return moved

    def _off_the_seat(self, cloth: Array, out: Array, seat: Array, dress: Dress) -> Array:
        """(rows, columns) m that shorts hang off the leg, straight down from the seat."""
        hung = np.zeros(cloth.shape[:2])
        if dress.shorts_slack_m <= 0:
            return hung
        behind = np.abs(np.arange(COLUMNS) - COLUMNS // 2) > COLUMNS // 4  # column 0 is the back
        edge = seat[:_SEAT_ROWS, behind][:, ::2].reshape(-1, 3)
        under, out = cloth[:_HUNG_ROWS].reshape(-1, 1, 3), out[:_HUNG_ROWS].reshape(-1, 1, 3)
        level = np.hypot(out[..., 0], out[..., 1])
        side = out[..., :2] / np.maximum(level, 1e-6)[..., None]
        x, y, fall = np.moveaxis(edge - under, -1, 0)
        over = (fall > 0) & (np.abs(x * side[..., 1] - y * side[..., 0]) < 0.03)
        ahead = x * side[..., 0] + y * side[..., 1] - dress.cling * fall
        reach = np.where(over, ahead, 0).max(axis=1) / np.maximum(level[:, 0], 0.3)
        reach = np.where(level[:, 0] > 0.3, reach, 0)
        hung[:_HUNG_ROWS] = np.clip(reach, 0, dress.shorts_slack_m).reshape(-1, COLUMNS)
        return hung

    # ------------------------------------------------------------ where cloth ends

    def _cuts_of(self, dress: Dress, pose: Pose) -> tuple[Cut, Cut, Cut]:
        """Shorts, shirt, and the skin that they do not hide; hems move as the body bends."""
        hips = float(np.clip(sum(pose.flexion_deg) / 2 / 110, 0, 1))
        leg = round(dress.leg - dress.ride * hips, 2)
        waist = round((dress.waist_m - dress.waist_drop_m * hips) / _CUT_STEP_M) * _CUT_STEP_M
        hem = waist - 0.004
        if dress.kind == "out":
            rise = dress.hem_rise_m * float(np.clip(_spine_deg(pose) / 60, 0, 1))
            rise *= 0.2 if dress.belt else 1.0
            hem = round((dress.hem_m + rise) / _CUT_STEP_M) * _CUT_STEP_M
        key = (leg, waist, hem)
        if key not in self._cuts:
            shorts, shirt = self._inside_shorts(waist, leg), self._inside_shirt(hem)
            # what a shirt hides is left out, or it would show through
            seen = np.minimum(shorts, hem + 0.01 - self._rest[:, 2])
            bare = 0.015 - np.maximum(shorts, shirt)
            parts = cut(self._faces, seen), cut(self._faces, shirt), cut(self._faces, bare)
            self._cuts[key] = parts
            while len(self._cuts) > _CUTS_KEPT:
                self._cuts.popitem(last=False)
        self._cuts.move_to_end(key)
        return self._cuts[key]

    def _inside_shirt(self, hem_m: float) -> Array:
        """(V,) m inside the hems, negative outside."""
        height = self._rest[:, 2]
        bare_arm = (0.5 - self._arm) * 0.2
        return np.minimum(np.minimum(height - hem_m, _TOP_M - height), bare_arm)

    def _inside_shorts(self, waist_m: float, leg: float) -> Array:
        below = np.minimum(waist_m - self._rest[:, 2], (leg - self._along_leg) * 0.85)
        return np.minimum(below, (0.5 - self._arm) * 0.2)


def _leg_axes(line: Array) -> Array:
    """(3, 3) columns: left, back, along the line."""
    along = line / np.linalg.norm(line)
    left = np.array([1.0, 0.0, 0.0]) - along[0] * along
    left /= np.linalg.norm(left)
    back = np.cross(along, left)
    return np.stack([left, back * np.sign(back[1]), along], axis=1)


def _spine_deg(pose: Pose) -> float:
    """How far the thorax leans forwards in the pelvis, against rest."""
    up = pose.pelvis.T @ pose.thorax[:, 2]
    return float(np.degrees(np.arctan2(-up[1], up[2])))


def _ring_turns(pose: Pose) -> Array:
    """(rows, 3, 3) axes of the trunk's rings: the pelvis below, the thorax above, between them."""
    from scipy.spatial.transform import Rotation, Slerp

    share = np.clip((_TRUNK_ROWS_M - 0.06) / 0.30, 0, 1)
    ends = Rotation.from_matrix(np.stack([pose.pelvis, pose.thorax]))
    turns: Array = Slerp([0, 1], ends)(share).as_matrix()
    return turns
