"""The figures again for each part of the set: where the error lives, and where a unit may hang."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from models.lifter.judging.figures import by_frame, coverage, figures_of, tilt_error
from models.lifter.judging.judge import JudgedRep
from models.lifter.judging.lifter_file import Place
from models.lifter.judging.resampling import Figure, Resampling

Belongs = Callable[[JudgedRep], bool]

# The recommended placement: straight behind to beside the glutes, near, portrait.
MAX_AZIMUTH_DEG = 55.0
DISTANCE_M = {"D435": (0.9, 1.25), "D455": (0.9, 1.6)}
HEIGHT_M = (0.8, 1.6)
PORTRAIT = (90, 270)

# What a group tells; the rest of the figures is told of the whole only.
TOLD = (
    "tilt_change_rmse_deg",
    "lumbar_change_rmse_deg",
    "wink_rmse_deg",
    "wink_bias_deg",
    "wink_limits_low_deg",
    "wink_limits_high_deg",
    "wink_slope",
    "onset_knee_flexion_deg_median",
    "red_for_12_and_more_share",
    "red_for_5_and_less_share",
    "wrong_by_more_than_8_share",
    "frame_within_1_sd_share",
    "frame_within_2_sd_share",
    "wink_within_1_sd_share",
    "wink_within_2_sd_share",
)

AZIMUTH_EDGES_DEG = (0.0, 20.0, 40.0, 55.0, 75.0, 110.0, 150.0)
DISTANCE_EDGES_M = (0.7, 0.9, 1.05, 1.25, 1.6, 2.1)
HEIGHT_EDGES_M = (0.5, 0.8, 1.1, 1.35, 1.6, 2.1)


@dataclass(frozen=True)
class Group:
    """One part of the set."""

    dimension: str
    label: str
    reps: int  # views of reps
    lifters: int
    coverage: Figure
    all_reps: dict[str, Figure]
    measured: dict[str, Figure]


@dataclass(frozen=True)
class Cell:
    """A place of the map: spans of |azimuth| and of distance or height, for one camera."""

    model: str
    azimuth_deg: tuple[float, float]
    across: str  # distance_m or height_m
    span_m: tuple[float, float]
    lifters: int
    tilt_rmse_deg: Figure
    coverage: Figure


def recommended(place: Place) -> bool:
    """Whether a camera hangs as recommended."""
    near, far = DISTANCE_M.get(place.model, DISTANCE_M["D435"])
    low, high = HEIGHT_M
    return (
        abs(place.azimuth_deg) <= MAX_AZIMUTH_DEG
        and near <= place.distance_m <= far
        and low <= place.height_m <= high
        and place.rotation_deg % 360 in PORTRAIT
    )


def breakdown(reps: Sequence[JudgedRep], drawing: Resampling) -> list[Group]:
    """Every group that has reps. Placement is broken down over all places, what belongs to the
    lifter over the recommended ones.
    """
    placed = [rep for rep in reps if recommended(rep.place)]
    groups = []
    for dimensions, base in ((_OF_PLACE, reps), (_OF_LIFTER, placed)):
        for name, parts in dimensions.items():
            labelled = parts if isinstance(parts, dict) else _values(base, parts)
            for label, belongs in labelled.items():
                chosen = [rep for rep in base if belongs(rep)]
                if chosen:
                    groups.append(_group(name, label, chosen, drawing))
    return groups


def placement_map(reps: Sequence[JudgedRep], drawing: Resampling) -> list[Cell]:
    """Tilt change and coverage by azimuth x distance and azimuth x height, for each camera."""
    cells = []
    for model in sorted({rep.place.model for rep in reps}):
        for across, edges in (("distance_m", DISTANCE_EDGES_M), ("height_m", HEIGHT_EDGES_M)):
            for azimuth in _spans(AZIMUTH_EDGES_DEG):
                for span in _spans(edges):
                    inside = [
                        rep
                        for rep in reps
                        if rep.place.model == model
                        and azimuth[0] <= abs(rep.place.azimuth_deg) < azimuth[1]
                        and span[0] <= getattr(rep.place, across) < span[1]
                    ]
                    if inside:
                        cells.append(_cell(model, azimuth, across, span, inside, drawing))
    return cells


def _group(name: str, label: str, reps: Sequence[JudgedRep], drawing: Resampling) -> Group:
    of_all = figures_of(reps, drawing)
    measured = figures_of([rep for rep in reps if rep.is_measured], drawing)
    return Group(
        dimension=name,
        label=label,
        reps=len(reps),
        lifters=len({rep.number for rep in reps}),
        coverage=coverage(reps, drawing),
        all_reps={key: of_all[key] for key in TOLD},
        measured={key: measured[key] for key in TOLD},
    )


def _cell(
    model: str,
    azimuth: tuple[float, float],
    across: str,
    span: tuple[float, float],
    reps: Sequence[JudgedRep],
    drawing: Resampling,
) -> Cell:
    return Cell(
        model=model,
        azimuth_deg=azimuth,
        across=across,
        span_m=span,
        lifters=len({rep.number for rep in reps}),
        tilt_rmse_deg=drawing.rms(by_frame(reps, tilt_error)),
        coverage=coverage(reps, drawing),
    )


# ---------------------------------------------------------------- the parts


def _spans(edges: Sequence[float]) -> list[tuple[float, float]]:
    return list(pairwise(edges))


@dataclass(frozen=True)
class _Within:
    """Whether a value lies in a span."""

    value: Callable[[JudgedRep], float]
    low: float
    high: float

    def __call__(self, rep: JudgedRep) -> bool:
        return self.low <= self.value(rep) < self.high


@dataclass(frozen=True)
class _Is:
    """Whether a value is this one."""

    value: Callable[[JudgedRep], str]
    wanted: str

    def __call__(self, rep: JudgedRep) -> bool:
        return self.value(rep) == self.wanted


def _binned(
    value: Callable[[JudgedRep], float], edges: Sequence[float], unit: str
) -> dict[str, Belongs]:
    return {f"{low:g} to {high:g}{unit}": _Within(value, low, high) for low, high in _spans(edges)}


def _values(reps: Sequence[JudgedRep], value: Callable[[JudgedRep], str]) -> dict[str, Belongs]:
    """One part for each value that occurs."""
    return {found: _Is(value, found) for found in sorted({value(rep) for rep in reps})}


def _looseness(rep: JudgedRep) -> float:
    clothing = rep.about["clothing"]
    return 1000 * float(
        max(clothing.get("shirt_loose_m", 0.0), clothing.get("shorts_loose_m", 0.0))
    )


def _body(rep: JudgedRep, name: str) -> float:
    return float(rep.about["lifter"][name])


_OF_PLACE: dict[str, dict[str, Belongs] | Callable[[JudgedRep], str]] = {
    "placement": {
        "recommended": lambda rep: recommended(rep.place),
        "elsewhere": lambda rep: not recommended(rep.place),
    },
    "azimuth": _binned(lambda rep: abs(rep.place.azimuth_deg), AZIMUTH_EDGES_DEG, " deg"),
    "side": {
        "camera to the left": lambda rep: rep.place.azimuth_deg > 0,
        "camera to the right": lambda rep: rep.place.azimuth_deg < 0,
    },
    "distance": _binned(lambda rep: rep.place.distance_m, DISTANCE_EDGES_M, " m"),
    "height": _binned(lambda rep: rep.place.height_m, HEIGHT_EDGES_M, " m"),
    "camera": lambda rep: rep.place.model,
    "turn": lambda rep: "portrait" if rep.place.rotation_deg % 360 in PORTRAIT else "landscape",
}

_OF_LIFTER: dict[str, dict[str, Belongs] | Callable[[JudgedRep], str]] = {
    "generator": lambda rep: str(rep.about["generator"]),
    "movement": lambda rep: str(rep.about["movement"]),
    "sex": {
        "male": lambda rep: _body(rep, "gender") < 0.5,
        "female": lambda rep: _body(rep, "gender") >= 0.5,
    },
    "weight": {
        "lean": lambda rep: _body(rep, "weight") < 0.35,
        "middle": lambda rep: 0.35 <= _body(rep, "weight") < 0.65,
        "heavy": lambda rep: _body(rep, "weight") >= 0.65,
    },
    "stature": {
        "under 1.65 m": lambda rep: _body(rep, "stature_m") < 1.65,
        "1.65 to 1.85 m": lambda rep: 1.65 <= _body(rep, "stature_m") < 1.85,
        "from 1.85 m": lambda rep: _body(rep, "stature_m") >= 1.85,
    },
    "cloth stands off": _binned(_looseness, (0.0, 7.0, 14.0, 60.0), " mm"),
    "kind of clothes": lambda rep: str(rep.about["clothing"].get("kind", "shirt and shorts")),
    "belt": lambda rep: "belt" if rep.about["clothing"]["belt"] else "no belt",
    "posture": lambda rep: str(rep.about["posture"]),
    "occlusion": lambda rep: rep.place.occlusion,
    "soft tissue": _binned(
        lambda rep: float(rep.about["soft_tissue_mm"]), (0.0, 1.0, 5.0, 10.0, 15.0, 40.0), " mm"
    ),
    "true wink": _binned(lambda rep: rep.true_wink, (0.0, 2.0, 5.0, 8.0, 12.0, 20.0, 60.0), " deg"),
    "over-arched start": lambda rep: "over-arched" if rep.over_arched else "not over-arched",
}
