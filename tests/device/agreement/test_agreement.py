"""The log of an inclinometer against what a unit measured: figures, words, refusals."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from device.__main__ import main
from device.agreement import as_json, compare, report
from device.agreement.figures import figures_of, student_t_975
from device.agreement.log import read_log
from device.errors import LogError, StoreError
from device.records import Rep, Verdict, VerdictName
from device.replay import FRAME_FIELDS, rep_as_json
from device.store import Store
from tests.factories import make_hidden_rep, make_rep

TRUE = np.array([0.0, 4.0, 9.0, 14.0, 18.0, 22.0, 25.0, 20.0, 12.0, 6.0, 1.0, -3.0])


def write(file: Path, *lines: str) -> Path:
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def frames_csv(file: Path, tilt_at: dict[float, float | None], until_s: float = 130.0) -> Path:
    """A replay's frames: around each time the tilt of that hold, elsewhere nothing measured."""
    rows = [",".join(FRAME_FIELDS)]
    for i in range(round(until_s * 10)):
        time_s = i / 10
        tilt = next((v for t, v in tilt_at.items() if abs(t - time_s) < 2), None)
        cells = dict.fromkeys(FRAME_FIELDS, "")
        cells |= {"frame": str(i + 1), "time_s": f"{time_s}"}
        cells["anterior_pelvic_tilt_deg"] = "" if tilt is None else f"{tilt:.3f}"
        rows.append(",".join(cells.values()))
    return write(file, *rows)


def held(folder: Path, unit_deg: np.ndarray, log_deg: np.ndarray = TRUE) -> tuple[Path, Path]:
    """(log, OUT.csv) of holds ten seconds apart."""
    times = [5.0 + 10 * i for i in range(len(log_deg))]
    rows = [f"{t},{v}" for t, v in zip(times, log_deg, strict=True)]
    log = write(folder / "log.csv", "time_s,sacrum_change_deg", *rows)
    tilts = dict(zip(times, (float(v) for v in unit_deg), strict=True))
    return log, frames_csv(folder / "OUT.csv", dict(tilts))


# ---------------------------------------------------------------- figures


def test_the_figures_are_those_of_the_textbook() -> None:
    rng = np.random.default_rng(4)
    x = rng.uniform(-5, 30, 40)
    y = 1.5 + 0.9 * x + rng.normal(0, 2, 40)
    found = figures_of(x, y)
    difference = y - x
    assert found.bias_deg == pytest.approx(difference.mean())
    assert found.rmse_deg == pytest.approx(np.sqrt((difference**2).mean()))
    assert found.limits_deg[1] == pytest.approx(difference.mean() + 1.96 * difference.std(ddof=1))
    assert found.slope == pytest.approx(np.polyfit(x, y, 1)[0])


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """300 sets of 12 readings: 95 % of the intervals of bias and slope, give or take 4 %."""
    rng = np.random.default_rng(8)
    bias = slope = 0
    for _ in range(300):
        x = rng.uniform(-5, 30, 12)
        found = figures_of(x, x + 1.0 + rng.normal(0, 2.5, 12))
        bias += found.bias_interval_deg[0] < 1.0 < found.bias_interval_deg[1]
        assert found.slope_interval is not None
        slope += found.slope_interval[0] < 1.0 < found.slope_interval[1]
    assert bias / 300 == pytest.approx(0.95, abs=0.04)
    assert slope / 300 == pytest.approx(0.95, abs=0.04)


@pytest.mark.parametrize(("freedom", "t"), [(3, 3.182), (4, 2.776), (9, 2.262), (29, 2.045)])
def test_students_t_is_the_tables(freedom: int, t: float) -> None:
    assert student_t_975(freedom) == pytest.approx(t, rel=0.01)


def test_readings_all_alike_have_no_slope() -> None:
    found = figures_of(np.full(6, 10.0), np.array([9.0, 11, 10, 12, 8, 10]))
    assert found.slope is None


# ---------------------------------------------------------------- the three sources


def test_holds_are_compared_with_the_frames_of_a_replay(tmp_path: Path) -> None:
    log, frames = held(tmp_path, TRUE + 2.0)
    (found,) = compare(log, frames, None, 0.0)
    assert (found.what, found.readings, found.not_measured) == ("tilt", 12, 0)
    assert found.figures is not None
    assert found.figures.bias_deg == pytest.approx(2.0, abs=0.01)
    assert found.figures.slope == pytest.approx(1.0, abs=0.01)


def test_the_offset_shifts_the_log_to_the_recording(tmp_path: Path) -> None:
    log, frames = held(tmp_path, TRUE)
    text = log.read_text().splitlines()
    early = [f"{float(row.split(',')[0]) - 3},{row.split(',')[1]}" for row in text[1:]]
    log = write(tmp_path / "early.csv", text[0], *early)
    (found,) = compare(log, frames, None, 3.0)
    assert found.figures is not None
    assert found.figures.rmse_deg == pytest.approx(0.0, abs=0.01)


def test_what_the_unit_did_not_measure_is_counted_not_guessed(tmp_path: Path) -> None:
    log, _ = held(tmp_path, TRUE)
    seen = {5.0 + 10 * i: float(v) for i, v in enumerate(TRUE) if i % 3}
    (found,) = compare(log, frames_csv(tmp_path / "holes.csv", dict(seen)), None, 0.0)
    assert (found.readings, found.not_measured) == (8, 4)


def reps() -> list[Rep]:
    """Seven reps; the fourth hidden, the fifth measured too vaguely to stand by."""
    made = [
        make_rep(
            i,
            anterior_pelvic_tilt_peak_deg=14.0,
            anterior_pelvic_tilt_bottom_deg=14.0 - 2.0 * i,
        )
        for i in range(1, 8)
    ]
    made[3] = make_hidden_rep(4)
    made[4] = replace(made[4], verdict=Verdict(VerdictName.NOT_MEASURED, "not sure"))
    return made


def rep_log(folder: Path) -> Path:
    rows = [f"{i};{14 - 2 * i},5;tilt" for i in range(1, 8)]
    rows += [f"{i};{2 * i},0;tuck" for i in range(1, 8)]
    return write(folder / "reps.csv", "# Ann, 12 May", "rep;sacrum_change_deg;what", *rows)


def check_reps(log: Path, source: Path, session: str | None = None) -> None:
    tilt, tuck = compare(log, source, session, 0.0)
    assert (tilt.what, tilt.readings, tilt.not_measured) == ("tilt", 5, 2)
    assert (tuck.what, tuck.readings, tuck.not_measured) == ("tuck", 5, 2)
    assert tilt.figures is not None
    assert tilt.figures.bias_deg == pytest.approx(-0.5)
    assert tuck.figures is not None
    assert tuck.figures.rmse_deg == pytest.approx(0.0, abs=1e-6)
    assert tuck.figures.slope == pytest.approx(1.0)


def test_reps_are_compared_with_the_json_of_a_replay(tmp_path: Path) -> None:
    file = tmp_path / "OUT.json"
    file.write_text(json.dumps({"reps": [rep_as_json(rep) for rep in reps()]}))
    check_reps(rep_log(tmp_path), file)


def test_reps_are_compared_with_the_newest_session_or_a_named_one(tmp_path: Path) -> None:
    file = tmp_path / "unit.sqlite3"
    with Store.open(file, "rack") as store:
        session = store.start_session(store.lifter("Ann").id)
        for rep in reps():
            store.add_rep(session, rep)
        check_reps(rep_log(tmp_path), file)
        store.start_session(None)
    check_reps(rep_log(tmp_path), file, session)
    with pytest.raises(LogError, match="no rep 1"):
        compare(rep_log(tmp_path), file, None, 0.0)
    with pytest.raises(LogError, match="no session nonsense"):
        compare(rep_log(tmp_path), file, "nonsense", 0.0)


def test_a_database_that_is_missing_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no database"):
        compare(rep_log(tmp_path), tmp_path / "unit.sqlite3", None, 0.0)


# ---------------------------------------------------------------- words


def test_the_report_says_what_the_figures_mean(tmp_path: Path) -> None:
    noise = np.array([2.0, -2, 1, -1, 2, -2, 1, -1, 2, -2, 1, -1])
    text = report(compare(*held(tmp_path, TRUE - 1.0 + noise), None, 0.0))
    assert "12 readings compared" in text
    assert "On average the unit reads 1.0 degrees less than the inclinometer." in text
    assert "19 of 20 readings of the unit lie" in text
    assert "10 degrees of the inclinometer are" in text
    assert "the limits are rough" in text
    assert "Skin moves over the sacrum" in text


def test_fewer_than_ten_readings_are_called_few(tmp_path: Path) -> None:
    text = report(compare(*held(tmp_path, TRUE[:6] + 1, TRUE[:6]), None, 0.0))
    assert "not to say how good the unit is" in text


def test_a_turned_round_sign_and_raw_readings_are_noticed(tmp_path: Path) -> None:
    assert "turned round" in report(compare(*held(tmp_path, -TRUE), None, 0.0))
    assert "raw readings" in report(compare(*held(tmp_path, TRUE - 45.0), None, 0.0))


def test_json_holds_every_figure(tmp_path: Path) -> None:
    (one,) = json.loads(as_json(compare(*held(tmp_path, TRUE), None, 0.0)))["agreement"]
    assert one["readings"] == 12
    assert set(one["figures"]) >= {"bias_deg", "rmse_deg", "limits_deg", "slope"}


def test_the_command_prints_the_report_or_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ETC", "STATE", "RUN"):
        monkeypatch.setenv(f"RACKLIGHT_{name}", str(tmp_path))
    log, frames = held(tmp_path, TRUE)
    assert main(["agree", str(log), "--measured", str(frames)]) == 0
    assert "RMSE" in capsys.readouterr().out
    assert main(["agree", str(log), "--measured", str(frames), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["agreement"]
    assert main(["agree", str(tmp_path / "none.csv"), "--measured", str(frames)]) == 8
    assert capsys.readouterr().err.count("\n") == 1


# ---------------------------------------------------------------- refusals

HEAD = "time_s,sacrum_change_deg"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ((), "is empty"),
        (("# only a remark",), "is empty"),
        ((HEAD,), "no readings"),
        (("time,angle", "1,2"), "columns time, angle; expected time_s or rep"),
        (("time_s,sacrum_change_rad", "1,2"), "expected time_s or rep"),
        (("sacrum_change_deg", "2"), "expected time_s or rep"),
        ((HEAD, "1,two"), "Line 2 .* 'two'; expected a number"),
        ((HEAD, "1,"), "Line 2 .* ''; expected a number"),
        ((HEAD, "1,nan"), "expected a number"),
        ((HEAD, "1,inf"), "expected a number"),
        ((HEAD, "1,104"), "Line 2 .*104 degrees is no change"),
        ((HEAD, ",10"), "needs either time_s or rep, not neither"),
        (("time_s,rep,sacrum_change_deg", "1,1,10"), "not both"),
        (("rep,sacrum_change_deg", "1.5,10"), "counted from 1"),
        (("rep,sacrum_change_deg", "0,10"), "counted from 1"),
        (("rep,sacrum_change_deg,what", "1,10,wink"), "expected tilt"),
        (("time_s,sacrum_change_deg,what", "1,10,tuck"), "expected tilt"),
        ((HEAD, "1,10", "1.1,11"), "Lines 2 and 3 .* 0.1 s apart"),
        (("rep,sacrum_change_deg", "1,10", "1,11"), "Rep 1 stands twice"),
    ],
)
def test_a_log_that_makes_no_sense_is_refused_in_one_sentence(
    tmp_path: Path, lines: tuple[str, ...], said: str
) -> None:
    log = write(tmp_path / "log.csv", *lines)
    with pytest.raises(LogError, match=said) as refused:
        read_log(log)
    assert "\n" not in str(refused.value)


def test_a_log_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(LogError, match="save it as CSV"):
        read_log(tmp_path / "log.csv")


def test_a_log_of_a_spreadsheet_with_decimal_commas_is_read(tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    file.write_bytes("time_s;sacrum_change_deg\r\n5,5;-3,25\r\n".encode("utf-8-sig"))
    (reading,) = read_log(file)
    assert (reading.time_s, reading.change_deg, reading.line) == (5.5, -3.25, 2)


def test_times_outside_of_the_recording_are_refused(tmp_path: Path) -> None:
    log, frames = held(tmp_path, TRUE)
    with pytest.raises(LogError, match=r"outside of .* --offset"):
        compare(log, frames, None, 100.0)


def test_angles_in_radians_are_refused(tmp_path: Path) -> None:
    log, frames = held(tmp_path, TRUE, np.radians(TRUE))
    with pytest.raises(LogError, match="radians"):
        compare(log, frames, None, 0.0)


def test_reps_can_not_be_found_in_frames_nor_times_in_reps(tmp_path: Path) -> None:
    log, frames = held(tmp_path, TRUE)
    with pytest.raises(LogError, match="names a rep"):
        compare(rep_log(tmp_path), frames, None, 0.0)
    file = tmp_path / "OUT.json"
    file.write_text(json.dumps({"reps": [rep_as_json(rep) for rep in reps()]}))
    with pytest.raises(LogError, match="names a time"):
        compare(log, file, None, 0.0)


def test_too_few_readings_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LogError, match="Only 4 readings"):
        compare(*held(tmp_path, TRUE[:4], TRUE[:4]), None, 0.0)


@pytest.mark.parametrize("name", ["OUT.csv", "OUT.json"])
def test_files_that_no_replay_wrote_are_refused(tmp_path: Path, name: str) -> None:
    log = rep_log(tmp_path)
    with pytest.raises(LogError, match="racklight replay"):
        compare(log, tmp_path / name, None, 0.0)
    write(tmp_path / name, "something,else", "1,2")
    with pytest.raises(LogError, match="is not what racklight replay"):
        compare(log, tmp_path / name, None, 0.0)
