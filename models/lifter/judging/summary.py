"""Everything that is told of a set: figures, targets, breakdown, map."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from device.models import Model
from device.settings import WinkSettings
from models.lifter.judging.breakdown import Cell, Group, breakdown, placement_map, recommended
from models.lifter.judging.figures import class_counts, coverage, figures_of
from models.lifter.judging.judge import JudgedRep
from models.lifter.judging.lifter_file import LifterFile
from models.lifter.judging.resampling import Figure, Resampling
from models.lifter.judging.targets import Held, held, size_and_cost

PARTS: dict[str, Callable[[JudgedRep], bool]] = {
    "all": lambda rep: True,
    "second generator": lambda rep: bool(rep.about["generator"] == "second"),
    "mocap-driven": lambda rep: bool(rep.about["movement"] == "mocap"),
}


@dataclass(frozen=True)
class Evaluation:
    """Everything that is told, and the reps it comes from.

    `figures[place][which]`: recommended or anywhere; all or measured reps, coverage among both.
    """

    lifters: Sequence[LifterFile]
    model: Model
    settings: WinkSettings
    reps: Sequence[JudgedRep]
    classes: dict[str, dict[str, dict[str, int]]]
    figures: dict[str, dict[str, dict[str, Figure]]]
    not_measured: dict[str, int]
    targets: dict[str, list[Held]]
    groups: Sequence[Group]
    cells: Sequence[Cell]


def summed_up(
    lifters: Sequence[LifterFile], reps: Sequence[JudgedRep], settings: WinkSettings, model: Model
) -> Evaluation:
    """The figures of judged reps."""
    drawing = Resampling(len(lifters))
    placed = [rep for rep in reps if recommended(rep.place)]
    figures = {
        place: _both(chosen, drawing)
        for place, chosen in (("recommended", placed), ("anywhere", reps))
    }
    model_numbers = size_and_cost(model)
    targets = {
        name: held(
            _both([rep for rep in placed if belongs(rep)], drawing),
            _both([rep for rep in reps if belongs(rep)], drawing),
            *model_numbers,
        )
        for name, belongs in PARTS.items()
        if any(belongs(rep) for rep in reps)
    }
    return Evaluation(
        lifters=lifters,
        model=model,
        settings=settings,
        reps=reps,
        classes={"recommended": class_counts(placed), "anywhere": class_counts(reps)},
        figures=figures,
        not_measured=_reasons(placed),
        targets=targets,
        groups=breakdown(reps, drawing),
        cells=placement_map(reps, drawing),
    )


def _both(reps: Sequence[JudgedRep], drawing: Resampling) -> dict[str, dict[str, Figure]]:
    """All reps and measured reps; the coverage is the same of both."""
    share = {"coverage": coverage(reps, drawing)}
    measured = [rep for rep in reps if rep.is_measured]
    return {
        "all": share | figures_of(reps, drawing),
        "measured": share | figures_of(measured, drawing),
    }


def _reasons(reps: Sequence[JudgedRep]) -> dict[str, int]:
    """Why reps were not measured, commonest first; numbers in a reason are taken out."""
    given = [rep.verdict.reason or "" for rep in reps if not rep.is_measured]
    plain = [" ".join("N" if w[:1].isdigit() else w for w in one.split()) for one in given]
    return dict(Counter(plain).most_common())
