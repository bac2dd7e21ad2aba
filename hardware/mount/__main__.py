"""`python -m hardware.mount --out hardware/mount`: every part, picture and figure of the mount.

Writes stl/ and step/ (one file a part, STL as it lies on the printer), pictures/, facts.json and
README.md. Needs the environment of hardware/requirements.txt; takes about two minutes.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from build123d import export_step, export_stl

from hardware.mount import assembly, facts, page, parts
from hardware.mount.picture import Shown, draw, triangles_of
from hardware.mount.sizes import CAMERAS, D435, D455, MOUNT

STEPS = ("parts", "pictures", "facts")


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m hardware.mount", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("hardware/mount"), help="where to write")
    parser.add_argument("--only", choices=STEPS, help="one step instead of all")
    given = parser.parse_args()
    problems = build(given.out, STEPS if given.only is None else (given.only,))
    for problem in problems:
        print(f"Problem: {problem}")
    return 1 if problems else 0


def build(out: Path, steps: tuple[str, ...] = STEPS) -> list[str]:
    """Write everything; what does not hold comes back as sentences."""
    for folder in ("stl", "step", "pictures"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    if "parts" in steps:
        for name in parts.PRINTED:
            say(f"part {name}")
            write_part(out, name)
    if "pictures" in steps:
        draw_pictures(out / "pictures")
    if "facts" not in steps:
        return []
    found = measure()
    (out / "facts.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    (out / "README.md").write_text(page.mount_page(found), encoding="utf-8")
    return problems_of(found)


def say(words: str) -> None:
    """Progress."""
    print(words, file=sys.stderr, flush=True)


def write_part(out: Path, name: str) -> None:
    """STL as printed, STEP in the part's own frame."""
    printed = parts.PRINTED[name]
    shape = printed.build(MOUNT)
    lying = parts.for_printing(shape, printed)
    export_stl(lying, str(out / "stl" / f"{name}.stl"), tolerance=0.05, angular_tolerance=0.25)
    export_step(shape, str(out / "step" / f"{name}.step"), write_pcurves=False)


def measure() -> dict[str, Any]:
    """All of facts.json."""
    say("parts' measures")
    measured: dict[str, Any] = {"sizes": facts.sizes_record()}
    measured["parts"] = {name: facts.part_facts(name) for name in parts.PRINTED}
    say("fits on every upright")
    measured["fits"] = facts.fit_facts()
    say("poses: what touches, what stands in the picture")
    measured["pose_problems"] = [p for camera in CAMERAS for p in facts.pose_problems(camera)]
    measured["other_problems"] = facts.other_problems()
    measured["masses"] = facts.masses_g()
    measured["loads"] = facts.load_facts(measured["masses"])
    return measured


def problems_of(found: dict[str, Any]) -> list[str]:
    """Everything in the facts that should not be."""
    problems = [f"{name} is no valid solid" for name, p in found["parts"].items() if not p["valid"]]
    for row in found["fits"]:
        problems += [f"upright {row['wide_mm']} x {row['deep_mm']}: {o}" for o in row["overlaps"]]
    problems += found["pose_problems"] + found["other_problems"]
    weak = [row for row in found["loads"] if not row["holds"]]
    return problems + [f"{row['name']}: safety {row['safety']} is too low" for row in weak]


def draw_pictures(folder: Path) -> None:
    """Several views; what is drawn is what is exported."""
    upright = assembly.unit_on_upright(D435, 75, 75, pan_deg=30, tilt_deg=-10)
    apart = [p.exploded() for p in assembly.unit_on_upright(D435) if p.name != "upright"]
    _draw(folder / "unit.png", upright, (0.8, -1, -0.45), (800, 640))
    _draw(folder / "unit-behind.png", upright, (-0.8, 1, -0.4), (800, 640))
    _draw(folder / "unit-side.png", upright, (-1, 0, -0.02), (800, 640))
    _draw(folder / "exploded.png", apart, (0.9, -0.5, -0.45), (1200, 640))
    _draw(
        folder / "thin-upright.png",
        assembly.unit_on_upright(D455, 50, 50, -40),
        (0.3, -0.5, -1),
        (800, 640),
    )
    _draw(folder / "boom.png", assembly.unit_on_boom(D455, 800, -30), (0.5, -1, -0.45), (1200, 560))
    _draw(folder / "wall.png", assembly.unit_on_wall(D455, -20), (0.8, -1, -0.35), (640, 640))
    beds = [_lying(name, number) for number, name in enumerate(parts.PRINTED)]
    _draw(folder / "printed.png", beds, (0.35, 1, -0.9), (1200, 800))


def _lying(name: str, number: int) -> assembly.Piece:
    """A part as it lies on the printer, in a row."""
    printed = parts.PRINTED[name]
    piece = assembly.Piece(name, parts.for_printing(printed.build(MOUNT), printed), assembly.PRINT)
    middle = piece.solid.bounding_box().center()
    column, row = number % 4, number // 4
    return piece.moved(-column * 150.0 - middle.X, -row * 170.0 - middle.Y, 0)


def _draw(
    file: Path,
    pieces: list[assembly.Piece],
    towards: tuple[float, float, float],
    size_px: tuple[int, int],
) -> None:
    say(f"picture {file.stem}")
    shown = [Shown(triangles_of(piece.solid), piece.color) for piece in pieces]
    draw(file, shown, towards, size_px)


if __name__ == "__main__":
    raise SystemExit(main())
