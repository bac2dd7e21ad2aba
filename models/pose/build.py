"""Makes the pose models and their cards: `python -m models.pose.build --pictures FOLDER`.

Fetches the registry package, folds float16 to float32, cuts the segmentation branch, names the
tensors, stores the weights as int8, and measures the drift on the folder's videos. Run it in an
environment made from `models/pose/requirements.txt`, with npm at hand.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from device import paths
from device.models import Model, load_model
from models.pose import drift, graph, quantise

PACKAGE = "@mediapipe/pose@0.5.1675469404"
LICENCE_WHEEL = "mediapipe==1.2.2"  # the npm package names Apache-2.0 but carries no text
LICENCE_FILE = "LICENSES/mediapipe-Apache-2.0.txt"


@dataclass(frozen=True, slots=True)
class Source:
    """One model of the package, and what is kept of it."""

    name: str
    file: str
    sha256: str
    input_shape: tuple[int, ...]
    outputs: dict[str, tuple[int, ...]]


_LANDMARKS = {
    "landmarks": (1, 195),
    "presence": (1, 1),
    "heatmap": (1, 64, 64, 39),
    "world": (1, 117),
}
SOURCES = (
    Source(
        "pose_detector",
        "pose_solution_packed_assets.data",
        "a63c614bef30d35947f13be361820b1e4e3bec9cfeebf4d11216a18373108e85",
        (1, 224, 224, 3),
        {"boxes": (1, 2254, 12), "scores": (1, 2254, 1)},
    ),
    Source(
        "pose_full",
        "pose_landmark_full.tflite",
        "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
        (1, 256, 256, 3),
        _LANDMARKS,
    ),
    Source(
        "pose_lite",
        "pose_landmark_lite.tflite",
        "f17bfbecadb61c3be1baa8b8d851cc6619c870a87167b32848ad20db306b9d61",
        (1, 256, 256, 3),
        _LANDMARKS,
    ),
)


def main() -> None:
    """Builds everything into `--out` (default: the models folder)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=Path, required=True, help="folder of squat videos")
    parser.add_argument("--out", type=Path, default=paths.MODELS)
    options = parser.parse_args()
    images = list(drift.pictures(options.pictures)) if options.pictures.is_dir() else []
    if not images:
        sys.exit(f"No video (.mov, .mp4) in {options.pictures}: the drift can't be measured.")
    with tempfile.TemporaryDirectory() as folder:
        exact = Path(folder)
        fetch_licence(exact, options.out)
        fetched = fetch(exact)
        for source in SOURCES:
            make(source, fetched[source.name], exact, options.out)
        add_drift(options.out, exact, images)


def fetch(folder: Path) -> dict[str, bytes]:
    """The package's models by our names, checked. Exits where one is not the expected file."""
    subprocess.run(
        ["npm", "pack", "--silent", PACKAGE, "--pack-destination", str(folder)], check=True
    )
    (archive,) = folder.glob("*.tgz")
    found = {}
    with tarfile.open(archive) as package:
        for source in SOURCES:
            member = package.extractfile(f"package/{source.file}")
            content = member.read() if member else b""
            if hashlib.sha256(content).hexdigest() != source.sha256:
                sys.exit(f"{source.file} of {PACKAGE} is not the file this recipe was made for.")
            found[source.name] = content
    return found


def fetch_licence(folder: Path, out: Path) -> None:
    """The licence text, from the same project's Python package."""
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", LICENCE_WHEEL]
    subprocess.run([*command, "-d", str(folder)], check=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (n for n in archive.namelist() if n.endswith("licenses/LICENSE"))
        target = out / LICENCE_FILE
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(archive.read(name))


def make(source: Source, content: bytes, exact: Path, out: Path) -> None:
    """Writes the float model to `exact`, the stored one to `out`, each with a card."""
    folded = graph.fold_constants(content)
    cut = graph.keep_outputs(folded, list(source.outputs.values()))
    named = graph.with_signature(cut, ["image"], list(source.outputs))
    stored, small, left = quantise.int8_weights(named, source.name)
    _write(exact, source, named, "none: float32")
    _write(
        out,
        source,
        stored,
        f"weights of {small} convolutions stored as int8, a scale for each channel;"
        f" {left} other convolutions, depthwise weights and all sums float32",
    )
    print(f"{source.name}: {len(content)} -> {len(stored)} bytes")


def add_drift(out: Path, exact: Path, images: list[Any]) -> None:
    """Measures every stored model against its float model and completes the cards."""
    detector = _open("pose_detector", exact)
    for source in SOURCES:
        if source.name == "pose_detector":
            figures: Any = drift.detector_drift(detector, _open(source.name, out), images)
        else:
            model = _open(source.name, exact)
            seen = drift.views(images, detector, model)
            figures = drift.landmark_drift(model, _open(source.name, out), seen)
            figures["pictures"] = len(seen)
        file = out / f"{source.name}.json"
        card = json.loads(file.read_text(encoding="utf-8"))
        card["drift"] = {"against": "the same graph in float32", **figures}
        file.write_text(_json(card), encoding="utf-8")
        print(source.name, json.dumps(figures))


def _open(name: str, folder: Path) -> Model:
    return load_model(name, threads=1, folder=folder)


def _write(folder: Path, source: Source, content: bytes, quantisation: str) -> None:
    def rows(tensors: dict[str, tuple[int, ...]]) -> list[dict[str, Any]]:
        return [{"name": n, "shape": list(s), "dtype": "float32"} for n, s in tensors.items()]

    card = {
        "name": source.name,
        "file": f"{source.name}.tflite",
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "source": {"npm": PACKAGE, "file": source.file, "sha256": source.sha256},
        "licence": "Apache-2.0",
        "licence_file": LICENCE_FILE,
        "recipe": "python -m models.pose.build",
        "inputs": rows({"image": source.input_shape}),
        "outputs": rows(source.outputs),
        "quantisation": quantisation,
    }
    (folder / f"{source.name}.tflite").write_bytes(content)
    (folder / f"{source.name}.json").write_text(_json(card), encoding="utf-8")


def _json(card: dict[str, Any]) -> str:
    return json.dumps(card, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    main()
