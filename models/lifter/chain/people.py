"""Who is rendered in the clips of the whole-chain evaluation: bodies, clothes, and their meshes.

A `Maker` turns a posed body into a mesh. Which one is used is written into every clip, so that the
player puts on the noise that belongs to it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from models.lifter.body.clothing import Outfit, Region, Rgb, Wardrobe
from models.lifter.body.drawn import random_outfit
from models.lifter.body.model import Lifter
from models.lifter.body.posed import PosedBody
from models.lifter.body.skeleton import HEAD_BONES
from models.lifter.body.tissue import FIRM, Tissue, random_flesh
from models.lifter.scene.props import Mesh, dressed, joined

CELL_M = 0.01  # head, hands and feet keep one vertex in a cube of this size
_HANDS = ("finger", "metacarpal", "wrist")
_FINE = (*HEAD_BONES, *_HANDS, "toe", "foot")
_SKINS: tuple[Rgb, ...] = (
    (0.62, 0.42, 0.32),
    (0.70, 0.50, 0.40),
    (0.45, 0.27, 0.18),
    (0.22, 0.12, 0.08),
)


class Maker(Protocol):
    """Dresses bodies."""

    name: str
    lifter: Lifter

    def random_dress(self, rng: np.random.Generator) -> Any:
        """Clothes and flesh of one lifter."""

    def mesh(self, body: PosedBody, dress: Any) -> Mesh:
        """The body in them."""

    def about(self, body: PosedBody, dress: Any) -> dict[str, Any]:
        """`clothing` (belt, shirt_loose_m, shorts_loose_m) and `soft_tissue_mm` of this body."""


@dataclass(frozen=True)
class Dress:
    """What the first generator needs to know of one lifter."""

    outfit: Outfit
    tissue: Tissue = FIRM


class FirstMaker:
    """The generator that the training crops come from."""

    name = "first"

    def __init__(self, lifter: Lifter) -> None:
        self.lifter = lifter
        self._wardrobe = Wardrobe(lifter)
        self._faces = light_faces(lifter)

    def random_dress(self, rng: np.random.Generator) -> Dress:
        """Tight to loose, any colour."""
        outfit = replace(
            random_outfit(rng),
            skin=_SKINS[int(rng.integers(len(_SKINS)))],
            shirt=_color(rng),
            shorts=_color(rng, 0.35),
            shoes=_color(rng, 0.8),
            hair=_hair(rng),
            sleeve=float(rng.choice([0.0, 0.3, 0.55, 1.0])),
            leg=float(rng.choice([0.25, 0.45, 0.92])),
        )
        return Dress(outfit, random_flesh(rng))

    def mesh(self, body: PosedBody, dress: Dress) -> Mesh:
        """The dressed body, coarser where nothing is measured."""
        if dress.tissue.bumps:
            body = self._wardrobe.softened(body, dress.tissue)
        mesh = dressed(body, self._wardrobe, dress.outfit)
        return replace(mesh, faces=self._faces)

    def about(self, body: PosedBody, dress: Dress) -> dict[str, Any]:
        """See `Maker`."""
        outfit = dress.outfit
        soft = self._wardrobe.softened(body, dress.tissue).vertices - body.vertices
        clothing = {
            "belt": outfit.belt,
            "shirt_loose_m": outfit.shirt_loose_m,
            "shorts_loose_m": outfit.shorts_loose_m,
        }
        return {"clothing": clothing, "soft_tissue_mm": _mm(soft)}


@dataclass(frozen=True)
class SecondWear:
    """A dress of the second generator and its colours, by layer."""

    dress: Any
    rgb: dict[str, Rgb]


class SecondMaker:
    """The generator that no estimator has learned from, with the head and hands that it leaves out.

    Pose models look for a head, shoes and clothes of any colour; nothing of that is measured.
    """

    name = "second"

    def __init__(self, lifter: Lifter) -> None:
        from models.lifter.second.generator import SecondStudio

        self.lifter = lifter
        self._studio = SecondStudio(lifter)
        self._wardrobe = Wardrobe(lifter)
        ends = lifter.bone_weight(HEAD_BONES) + lifter.bone_weight(_HANDS) > 0.5
        faces = light_faces(lifter)
        self._ends = faces[ends[faces].any(axis=1)]
        bare = Outfit(sleeve=0.0, leg=0.0, waist_m=-10.0)
        self._hair = self._wardrobe.regions(bare) == Region.HAIR

    def random_dress(self, rng: np.random.Generator) -> SecondWear:
        """Any cut, any colour."""
        from models.lifter.second.generator import random_dress

        rgb = {
            "skin": _SKINS[int(rng.integers(len(_SKINS)))],
            "shirt": _color(rng),
            "shorts": _color(rng, 0.35),
            "belt": (0.25, 0.15, 0.08),
            "shoes": _color(rng, 0.8),
            "hair": _hair(rng),
        }
        return SecondWear(random_dress(rng), rgb)

    def mesh(self, body: PosedBody, dress: SecondWear) -> Mesh:
        """The dressed body; shoes are painted on."""
        from models.lifter.second.generator import LAYER_RGB

        mesh = self._studio.mesh(body, dress.dress)
        colors = mesh.colors.copy()
        for layer, rgb in LAYER_RGB.items():
            own = (mesh.colors == np.asarray(rgb, np.float32)).all(axis=1)
            colors[own] = dress.rgb[layer]
            if layer == "skin":
                colors[own & _by_the_floor(mesh, body)] = dress.rgb["shoes"]
        return joined([replace(mesh, colors=colors), self._head_and_hands(body, dress)])

    def about(self, body: PosedBody, dress: SecondWear) -> dict[str, Any]:
        """See `Maker`."""
        soft_mm = round(self._studio.soft_tissue_mm(body, dress.dress), 1)
        return {"clothing": dress.dress.facts, "soft_tissue_mm": soft_mm}

    def _head_and_hands(self, body: PosedBody, dress: SecondWear) -> Mesh:
        rgb = np.where(self._hair[:, None], dress.rgb["hair"], dress.rgb["skin"])
        normals = self._wardrobe.normals(body.vertices).astype(np.float32)
        return Mesh(body.vertices, self._ends, rgb.astype(np.float32), normals)


MAKERS: dict[str, Callable[[Lifter], Maker]] = {"first": FirstMaker, "second": SecondMaker}


def _by_the_floor(mesh: Mesh, body: PosedBody) -> npt.NDArray[np.bool_]:
    """(V,) whether a vertex belongs to a shoe: near a foot's line from heel to toe."""
    near = np.zeros(len(mesh.vertices), bool)
    for side in ("left", "right"):
        heel, toe = body.joints[f"{side}_heel"], body.joints[f"{side}_toe"]
        middle, length = (heel + toe) / 2, float(np.linalg.norm(toe - heel))
        away = np.abs(mesh.vertices - middle)
        low = mesh.vertices[:, 2] < body.joints[f"{side}_ankle"][2]
        near |= low & (np.hypot(away[:, 0], away[:, 1]) < 0.6 * length)
    return near


def _mm(moved: npt.NDArray[Any]) -> float:
    return round(1000 * float(np.linalg.norm(moved, axis=1).max()), 1)


def light_faces(lifter: Lifter) -> npt.NDArray[np.int32]:
    """(F, 3) the body model's faces, with head, hands and feet in fewer: half of all.

    Every vertex of those parts is replaced by one of the same bone within the same small cube.
    """
    points, faces = lifter.template, lifter.faces
    fine = lifter.bone_weight(_FINE) > 0.5
    strongest = lifter.bone_weights.argmax(axis=1)
    bone = np.take_along_axis(lifter.bone_indices, strongest[:, None], axis=1)[:, 0]
    cells = np.floor(points / CELL_M).astype(np.int64)
    alone = np.where(fine, -1, np.arange(len(points)))
    key = np.column_stack([np.where(fine[:, None], cells, 0), np.where(fine, bone, 0), alone])
    _, first, of = np.unique(key, axis=0, return_index=True, return_inverse=True)
    coarse = first[of.ravel()][faces]
    a, b, c = coarse.T
    coarse = coarse[(a != b) & (b != c) & (a != c)]
    _, kept = np.unique(np.sort(coarse, axis=1), axis=0, return_index=True)
    return np.ascontiguousarray(coarse[np.sort(kept)], np.int32)


def _hair(rng: np.random.Generator) -> Rgb:
    tone = float(rng.uniform(0.01, 0.3))
    return tone, 0.7 * tone, 0.5 * tone


def _color(rng: np.random.Generator, brightest: float = 0.6) -> Rgb:
    r, g, b = (float(v) for v in rng.uniform(0.03, 1.0, 3) * rng.uniform(0.06, brightest))
    return r, g, b
