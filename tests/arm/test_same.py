"""What `make arm-check` would find: same.py on made files, and check.sh where it can't begin."""

from __future__ import annotations

import copy
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import same

CHECK = Path(__file__).with_name("check.sh")

REP: dict[str, Any] = {
    "index": 1,
    "start_s": 8.6,
    "bottom_s": 9.7,
    "end_s": 10.7,
    "wink_deg": 12.0,
    "wink_sd_deg": 3.5,
    "onset_5": {"knee_flexion_deg": 101.0, "hip_above_knee_cm": 2.0},
    "onset_10": None,
    "verdict": "wink",
    "reason": None,
}
TILTS = [None, *np.linspace(0, 15, 120)]


def replayed(folder: Path, name: str, **changes: Any) -> Path:
    """A replay's file; a change named `rep__x` is one of the rep's."""
    rep = copy.deepcopy(REP)
    whole = {"models": {"pelvis": "abc"}, "fps": 15.0, "reps": [rep], "tilt_deg": TILTS}
    for key, value in changes.items():
        if key.startswith("rep__"):
            rep[key.removeprefix("rep__")] = value
        else:
            whole[key] = value
    file = folder / name
    file.write_text(json.dumps(whole))
    return file


def test_the_same_reps_with_a_little_noise_are_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = replayed(tmp_path, "there.json")
    noisy = [None if tilt is None else tilt + 0.1 for tilt in TILTS]
    here = replayed(tmp_path, "here.json", tilt_deg=noisy, rep__wink_deg=12.4, rep__start_s=8.62)
    assert same.main(["check-reps", str(there), str(here)]) == 0
    said = capsys.readouterr().out
    assert "wink 12.4 degrees here, 12.0 there" in said
    assert "0.100 degrees apart (RMS)" in said


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"reps": []}, "0 reps were found here, and 1 there"),
        ({"rep__wink_deg": 13.5}, "wink_deg is 13.5 here, and 12.0 there"),
        ({"rep__wink_deg": None}, "wink_deg is None here, and 12.0 there"),
        ({"rep__bottom_s": 9.85}, "bottom_s is 9.85 here"),
        ({"rep__verdict": "clean"}, "verdict is clean here, and wink there"),
        ({"rep__onset_5": {"knee_flexion_deg": 104.0, "hip_above_knee_cm": 2.0}}, "knee_flexion"),
        ({"models": {"pelvis": "def"}}, "different models"),
        ({"tilt_deg": TILTS[1:]}, "120 frames came here, and 121 there"),
        ({"tilt_deg": [None, *np.linspace(2, 17, 120)]}, "is not seen alike"),
        ({"tilt_deg": [None] * 5 + TILTS[5:]}, "is not seen alike"),
    ],
)
def test_other_reps_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], changes: dict[str, Any], words: str
) -> None:
    there = replayed(tmp_path, "there.json")
    here = replayed(tmp_path, "here.json", **changes)
    assert same.main(["check-reps", str(there), str(here)]) == 1
    told = capsys.readouterr().err
    assert told.startswith("same.py: ")
    assert words in told


def test_a_reference_without_a_measured_rep_proves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = replayed(tmp_path, "there.json", reps=[])
    assert same.main(["check-reps", str(there), str(there)]) == 1
    assert "does not hold 1 rep(s) with a wink" in capsys.readouterr().err


@pytest.fixture(scope="module")
def values(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the smallest model gives here."""
    file = tmp_path_factory.mktemp("values") / "values.npz"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(same, "model_names", lambda: ["pelvis"])
        assert same.main(["values", str(file)]) == 0
    return file


def changed(values: Path, out: Path, kind: str, change: float) -> Path:
    """The same values but for one: U an integer tensor, f an output, sha256 a model's checksum."""
    found = dict(np.load(values))
    key = "sha256/pelvis"
    if kind != "sha256":
        key = next(key for key, value in found.items() if value.dtype.kind == kind)
    if kind == "f":
        found[key] = found[key] + np.float32(change * np.ptp(found[key]))
    else:
        found[key] = np.array("0" * 64)
    np.savez(out, **found)
    return out


@pytest.mark.parametrize(
    ("kind", "change", "words"),
    [
        ("f", 5e-4, None),
        ("f", 2e-3, "differs by 2.0e-03 of its range"),
        ("U", 0, "is not the same on both processors"),
        ("sha256", 0, "The model pelvis is another one than when"),
    ],
)
def test_values_are_compared_with_this_processors(
    values: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    kind: str,
    change: float,
    words: str | None,
) -> None:
    monkeypatch.setattr(same, "model_names", lambda: ["pelvis"])
    status = same.main(["check-values", str(changed(values, tmp_path / "x.npz", kind, change))])
    told = capsys.readouterr()
    if words is None:
        assert status == 0, told.err
        assert "integer tensors identical" in told.out
    else:
        assert status == 1
        assert words in told.err


def test_the_input_is_the_same_on_every_processor() -> None:
    made = same.ripples((4, 2), 1)
    assert made.dtype == np.float32
    exact = [(i * 2654435761 + 40503) % (1 << 24) / (1 << 24) for i in range(1, 9)]
    assert made.ravel().tolist() == pytest.approx(exact, abs=0)


def refused(*arguments: str) -> str:
    done = subprocess.run(
        ["bash", str(CHECK), *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=dict(os.environ),
        timeout=60,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("arm-check: ")
    return done.stderr


def test_check_refuses_what_it_does_not_know() -> None:
    assert "Name the Debian" in refused()
    assert "serves trixie and bookworm, not 'sid'" in refused("sid")
