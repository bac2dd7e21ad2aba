from __future__ import annotations

import hashlib
import json
import platform
import shutil
import sys
from pathlib import Path
from typing import get_args, get_type_hints

import numpy as np
import pytest

from device import paths
from device.errors import ModelError
from device.models import (
    Runtime,
    load_model,
    model_names,
    read_card,
    runtime_named,
    verify_model,
)
from device.settings import ModelSettings

RUNTIMES: tuple[Runtime, ...] = ("tflite_runtime", "ai_edge_litert")
POSE_MODELS = ("pose_detector", "pose_full", "pose_lite")

# What the reference kernels make of `ripples`, on either runtime (x86-64).
GOLDEN = {
    "landmarks": [149.278, 31.9549, -39.0893, 0.542435, -1.65987],
    "presence": 0.0230595,
    "heatmap": [-1.98052, -2.39005, -2.90617],
    "world": [0.0641899, -1.50204e-05, 0.0173724, -0.0652828, -0.00422978, -0.0166802],
}


def installed(runtime: Runtime) -> Runtime:
    pytest.importorskip(f"{runtime}.interpreter")
    return runtime


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A models folder of its own with the smallest pose model in it."""
    for suffix in (".json", ".tflite"):
        shutil.copy(paths.MODELS / f"pose_lite{suffix}", tmp_path)
    return tmp_path


def changed_card(folder: Path, **changes: object) -> None:
    file = folder / "pose_lite.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def ripples(size: int) -> np.ndarray:
    """(1, size, size, 3) smooth colour waves, 0 to 1: the same on every machine."""
    y, x = np.mgrid[0:size, 0:size] / size
    waves = [np.sin(5 * x + 3 * y), np.cos(9 * x - 2 * y), np.sin(13 * x * y)]
    return (0.5 + 0.5 * np.stack(waves, axis=-1)[None]).astype(np.float32)


def the_sentence(error: pytest.ExceptionInfo[ModelError]) -> str:
    text = str(error.value)
    assert "\n" not in text
    assert text.endswith(".")
    return text


@pytest.mark.parametrize("name", POSE_MODELS)
def test_each_pose_model_matches_its_card(name: str) -> None:
    assert name in model_names()
    assert verify_model(name).name == name


def test_a_missing_file_is_one_sentence_with_the_fix(folder: Path) -> None:
    (folder / "pose_lite.tflite").unlink()
    with pytest.raises(ModelError, match="missing") as error:
        load_model("pose_lite", 1, folder=folder)
    assert "copy the models folder" in the_sentence(error)
    assert str(folder / "pose_lite.tflite") in str(error.value)


def test_a_missing_card_is_one_sentence_with_the_fix(folder: Path) -> None:
    with pytest.raises(ModelError, match=r"card .*pose_full\.json is missing") as error:
        load_model("pose_full", 1, folder=folder)
    assert "copy the models folder" in the_sentence(error)


@pytest.mark.parametrize("damage", ["cut short", "one bit", "empty"])
def test_a_damaged_file_is_not_opened(folder: Path, damage: str) -> None:
    file = folder / "pose_lite.tflite"
    content = bytearray(file.read_bytes())
    content[1000] ^= 1
    kept = {"cut short": content[:5000], "one bit": content, "empty": b""}[damage]
    file.write_bytes(bytes(kept))
    with pytest.raises(ModelError, match="damaged") as error:
        load_model("pose_lite", 1, folder=folder)
    assert "checksum" in the_sentence(error)
    with pytest.raises(ModelError, match="damaged"):
        verify_model("pose_lite", folder)


def test_a_file_that_is_no_model_is_one_sentence(folder: Path) -> None:
    content = b"not a model at all"
    (folder / "pose_lite.tflite").write_bytes(content)
    changed_card(folder, sha256=hashlib.sha256(content).hexdigest())
    with pytest.raises(ModelError, match="can't open") as error:
        load_model("pose_lite", 1, folder=folder)
    the_sentence(error)


@pytest.mark.parametrize("text", ["{", "[]", '{"name": "pose_lite"}'])
def test_a_broken_card_is_one_sentence(folder: Path, text: str) -> None:
    (folder / "pose_lite.json").write_text(text)
    with pytest.raises(ModelError, match=r"card .* can't be read") as error:
        read_card("pose_lite", folder)
    the_sentence(error)


def test_a_card_of_other_tensors_is_refused(folder: Path) -> None:
    changed_card(folder, inputs=[{"name": "image", "shape": [1, 128, 128, 3], "dtype": "float32"}])
    with pytest.raises(ModelError, match="its card says") as error:
        load_model("pose_lite", 1, folder=folder)
    the_sentence(error)


def test_no_runtime_at_all_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    for runtime in RUNTIMES:
        monkeypatch.setitem(sys.modules, f"{runtime}.interpreter", None)
    with pytest.raises(ModelError, match="No runtime") as error:
        load_model("pose_lite", 1)
    assert "./setup.sh" in the_sentence(error)


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
@pytest.mark.parametrize("runtime", RUNTIMES)
def test_where_one_runtime_is_missing_the_other_is_taken(
    runtime: Runtime, machine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed(runtime)
    (other,) = set(RUNTIMES) - {runtime}
    monkeypatch.setattr(platform, "machine", lambda: machine)
    monkeypatch.setitem(sys.modules, f"{other}.interpreter", None)
    assert load_model("pose_lite", 1).runtime == runtime


@pytest.mark.parametrize(
    ("machine", "runtime"), [("x86_64", "ai_edge_litert"), ("aarch64", "tflite_runtime")]
)
def test_where_both_are_installed_the_processor_decides(
    machine: str, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    for each in RUNTIMES:
        installed(each)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    assert load_model("pose_lite", 1).runtime == runtime


def test_a_runtime_that_is_asked_for_and_missing_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    with pytest.raises(ModelError, match="ai-edge-litert, which the setting") as error:
        load_model("pose_lite", 1, runtime="ai_edge_litert")
    assert "models/runtime to auto" in the_sentence(error)


def test_every_value_of_the_setting_names_a_runtime() -> None:
    values = get_args(get_type_hints(ModelSettings)["runtime"])
    assert [runtime_named(value) for value in values] == [None, *RUNTIMES]


def test_numpy_2_keeps_away_from_tflite_runtime(monkeypatch: pytest.MonkeyPatch) -> None:
    installed("ai_edge_litert")
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    monkeypatch.setattr(np, "__version__", "2.1.0")
    assert load_model("pose_lite", 1).runtime == "ai_edge_litert"


def test_a_wrong_shape_or_number_of_inputs_is_refused() -> None:
    model = load_model("pose_lite", 1)
    with pytest.raises(ValueError, match=r"[Dd]imension"):
        model.run(np.zeros((1, 255, 256, 3), np.float32))
    with pytest.raises(ValueError, match="argument"):
        model.run()


@pytest.mark.parametrize("name", POSE_MODELS)
def test_both_runtimes_agree(name: str) -> None:
    first, second = (load_model(name, 1, runtime=installed(r)) for r in RUNTIMES)
    image = ripples(first.card.inputs[0].shape[1])
    for a, b in zip(first.run(image), second.run(image), strict=True):
        np.testing.assert_allclose(a, b, atol=2e-3 * max(1.0, float(np.abs(a).max())))


def test_outputs_stay_valid_after_the_next_run() -> None:
    model = load_model("pose_lite", 1)
    first = model.run(ripples(256))[0]
    kept = first.copy()
    model.run(np.zeros((1, 256, 256, 3), np.float32))
    np.testing.assert_array_equal(first, kept)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_running_in_place_says_the_same_and_can_be_done_again(runtime: Runtime) -> None:
    model = load_model("pose_lite", 1, runtime=installed(runtime))
    for image in (ripples(256), 1 - ripples(256)):
        expected = model.run(image)
        found = model.run_in_place(
            lambda tensor, image=image: np.copyto(tensor, image),
            lambda *outputs: [output.copy() for output in outputs],
        )
        for a, b in zip(found, expected, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_reference_kernels_give_the_recorded_numbers(runtime: Runtime) -> None:
    model = load_model("pose_lite", 1, runtime=installed(runtime), reference=True)
    landmarks, presence, heatmap, world = model.run(ripples(256))
    np.testing.assert_allclose(landmarks[0, :5], GOLDEN["landmarks"], rtol=1e-3)
    np.testing.assert_allclose(presence.item(), GOLDEN["presence"], rtol=1e-3)
    np.testing.assert_allclose(heatmap[0, 32, 32, :3], GOLDEN["heatmap"], rtol=1e-3)
    np.testing.assert_allclose(world[0, 69:75], GOLDEN["world"], rtol=1e-3, atol=1e-5)
