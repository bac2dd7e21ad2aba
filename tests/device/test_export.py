"""What leaves the unit: CSV, JSON and its schema, OpenSim motion and markers."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from device.errors import StoreError
from device.export import (
    Selection,
    csv_lines,
    export_schema,
    harmless,
    json_pieces,
    mot_text,
    motion_files,
    opensim,
    read_trace,
    rep_file,
    trc_text,
)
from device.moment import Moment
from device.records import SKELETON_JOINTS, Joint, Skeleton, Trace
from device.store import Store
from tests.factories import make_hidden_rep, make_rep, make_trace

ROOT = Path(__file__).resolve().parents[2]
ANY = Selection()


def moment(day: int) -> Moment:
    return Moment(f"2026-05-{day:02d}T18:00:00.000Z", "boot", 1.0, True)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Ann on the 1st and the 3rd, a lifter with a hostile name on the 2nd; one rep taken back."""
    path = tmp_path / "racklight.sqlite3"
    with Store.open(path, "rack") as store:
        for day, name in ((1, "Ann"), (2, "=cmd|' /C calc'!A0"), (3, "Ann")):
            visit = store.start_session(store.lifter(name).id, moment=moment(day))
            store.add_rep(visit, make_rep(1, 1, wink_deg=14.0), moment(day))
            store.add_rep(visit, make_hidden_rep(2, 2), moment(day))
            store.undo_rep(store.add_rep(visit, make_rep(3, 2), moment(day)))
    return path


def lines(file: Path, which: Selection = ANY) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO("".join(csv_lines(file, which)), newline="")))


def document(file: Path, traces: bool = False, which: Selection = ANY) -> Any:
    return json.loads("".join(json_pieces(file, which, traces)))


def faults(value: Any, schema: dict[str, Any], where: str = "$") -> Iterator[str]:
    """What JSON Schema finds, for the few words of it that ours uses."""
    kinds = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int}
    if "const" in schema and value != schema["const"]:
        yield f"{where} is {value!r}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{where} is {value!r}"
    allowed = schema.get("type", [])
    allowed = [allowed] if isinstance(allowed, str) else allowed
    number = isinstance(value, int | float) and not isinstance(value, bool)
    fits = (value is None and "null" in allowed) or (number and "number" in allowed)
    if allowed and not fits and not any(isinstance(value, kinds.get(k, ())) for k in allowed):
        yield f"{where} is no {allowed}"
    if isinstance(value, dict):
        known = schema.get("properties", {})
        yield from (
            f"{where}.{name} is missing" for name in schema["required"] if name not in value
        )
        yield from (f"{where}.{name} is unknown" for name in value if name not in known)
        for name in value.keys() & known.keys():
            yield from faults(value[name], known[name], f"{where}.{name}")
    if isinstance(value, list):
        for i, one in enumerate(value):
            yield from faults(one, schema["items"], f"{where}[{i}]")


# ---------------------------------------------------------------- CSV


def test_csv_has_a_line_for_each_rep_that_was_not_taken_back(file: Path) -> None:
    rows = lines(file)
    assert [row["rep_number"] for row in rows] == ["1", "2"] * 3
    assert rows[0]["lifter_name"] == "Ann"
    assert rows[0]["started_utc"] == "2026-05-01T18:00:00.000Z"
    assert rows[0]["verdict"] == "wink"
    assert rows[0]["loaded"] == "true"
    assert float(rows[0]["wink_deg"]) == 14.0
    assert float(rows[0]["onset_5_hip_above_knee_cm"]) == 4.2


def test_what_was_not_measured_is_empty_and_never_zero(file: Path) -> None:
    assert lines(file)[1]["wink_deg"] == ""


def test_a_hostile_name_is_no_formula(file: Path) -> None:
    assert lines(file)[2]["lifter_name"] == "'=cmd|' /C calc'!A0"


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "＝1+1", "'=1", "|x", "%x"],
)
def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["Ann", "O'Neil", "'s Gravenhage", "5x5 = fun", "", "a-b", "Zoë"])
def test_other_text_is_left_as_it_is(text: str) -> None:
    assert harmless(text) == text


def test_a_negative_number_stays_a_number(file: Path) -> None:
    assert float(lines(file)[0]["hip_above_knee_cm"]) == -4.1


def test_notes_with_commas_quotes_and_line_ends_come_back_whole(file: Path) -> None:
    from device.notebook import Notebook

    note = 'belt "too" high,\nheels up'
    set_id = lines(file)[0]["set_id"]
    with Notebook.open(file) as notebook:
        notebook.write_set(set_id, text=note, pain=False)
        notebook.tag_set(set_id, ["heels raised", "@home"])
    row = lines(file)[0]
    assert (row["set_note"], row["set_pain"]) == (note, "false")
    assert row["set_tags"] in ("'@home; heels raised", "heels raised; @home")


# ---------------------------------------------------------------- which, and JSON


def test_a_lifter_or_a_time_chooses_visits(file: Path) -> None:
    ann = lines(file)[0]["lifter_id"]
    assert len(lines(file, Selection(lifter_id=ann))) == 4
    middle = Selection(from_utc=moment(2).utc, before_utc=moment(3).utc)
    assert len(lines(file, middle)) == 2
    assert len(lines(file, Selection(lifter_id=ann, from_utc=moment(2).utc))) == 2
    assert lines(file, Selection(session_id="none")) == []


@pytest.mark.parametrize("traces", [False, True])
def test_the_document_is_what_its_schema_says(file: Path, traces: bool) -> None:
    found = document(file, traces)
    assert list(faults(found, export_schema())) == []
    rep = found["sessions"][0]["sets"][0]["reps"][0]
    assert ("trace" in rep) == traces
    assert ("skeleton" in rep) == traces
    if traces:
        assert len(rep["skeleton"]["joints"]["left_hip"]) == len(rep["skeleton"]["time_s"])
        assert len(rep["trace"]["time_s"]) == len(rep["trace"]["wink_deg"]) == 120
        assert None in found["sessions"][0]["sets"][1]["reps"][0]["trace"]["wink_deg"]


def test_the_schema_check_of_this_file_finds_faults(file: Path) -> None:
    found = document(file)
    found["sessions"][0]["sets"][0]["reps"][0].update(wink_deg="14", verdict="fine", more=1)
    del found["sessions"][1]["lifter_id"]
    assert len(list(faults(found, export_schema()))) == 4


def test_the_schema_in_the_docs_is_the_served_one() -> None:
    written = json.loads((ROOT / "docs" / "export.schema.json").read_text(encoding="utf-8"))
    assert written == export_schema()


def test_each_unit_stands_in_its_fields_name() -> None:
    ends = ("_deg", "_cm", "_kg", "_s", "_deg_per_cm")
    rep = export_schema()["properties"]["sessions"]["items"]["properties"]["sets"]["items"]
    fields = rep["properties"]["reps"]["items"]["properties"]
    numbers = [name for name, field in fields.items() if "number" in field.get("type", ())]
    assert len(numbers) > 15
    assert [name for name in numbers if not name.endswith(ends)] == []


def test_an_export_comes_visit_by_visit(file: Path) -> None:
    assert len(list(csv_lines(file, ANY))) == 1 + 3
    assert len(list(json_pieces(file, ANY, True))) == 1 + 3 + 1


def test_no_database_is_told_in_a_sentence(tmp_path: Path) -> None:
    for pieces in (csv_lines, lambda path, which: json_pieces(path, which, False)):
        with pytest.raises(StoreError, match="no database"):
            next(iter(pieces(tmp_path / "none.sqlite3", ANY)))


# ---------------------------------------------------------------- OpenSim


def parsed(text: str) -> tuple[dict[str, str], list[str], np.ndarray[Any, Any]]:
    head, _, body = text.partition("endheader\n")
    keys = dict(line.split("=") for line in head.splitlines() if "=" in line)
    labels, *rows = body.splitlines()
    return keys, labels.split("\t"), np.array([row.split("\t") for row in rows], float)


def test_motion_has_opensims_header_names_and_signs() -> None:
    trace = make_trace(14.0, start_s=50.0)
    text = mot_text("rep_001", trace)
    assert text is not None
    keys, labels, table = parsed(text)
    assert text.startswith("rep_001\nversion=1\n")
    assert keys["inDegrees"] == "yes"
    assert (int(keys["nRows"]), int(keys["nColumns"])) == table.shape == (120, 5)
    ours = trace.columns
    expected: dict[str, Iterable[float]] = {
        "time": ours["time_s"] - 50.0,
        "pelvis_tilt": -ours["anterior_pelvic_tilt_deg"],  # negative: anterior
        "pelvis_list": -ours["pelvic_list_deg"],  # about the forward axis: right side down
        "pelvis_rotation": ours["pelvic_rotation_deg"],  # about the upward axis: to the left
        "lumbar_extension": -ours["lumbar_flexion_deg"],
    }
    assert labels == list(expected)
    for column, values in zip(table.T, expected.values(), strict=True):
        assert np.abs(column - values).max() <= 5.1e-5


def test_frames_that_were_not_measured_are_left_out_and_time_goes_on() -> None:
    text = mot_text("rep", make_trace(hole=(0.4, 0.6)))
    assert text is not None
    _, _, table = parsed(text)
    assert 90 < len(table) < 100
    assert np.isfinite(table).all()
    assert (np.diff(table[:, 0]) > 0).all()
    assert np.diff(table[:, 0]).max() == pytest.approx(0.8, abs=0.1)


def test_without_the_lumbar_angle_the_pelvis_alone_is_given() -> None:
    trace = make_trace()
    trace.columns["lumbar_flexion_deg"][10:] = np.nan
    text = mot_text("rep", trace)
    assert text is not None
    _, labels, table = parsed(text)
    assert labels == ["time", "pelvis_tilt", "pelvis_list", "pelvis_rotation"]
    assert len(table) == 120


def test_a_rep_without_pelvis_or_trace_has_no_motion() -> None:
    assert mot_text("rep", make_trace(hole=(0.0, 1.0))) is None
    assert mot_text("rep", None) is None


def test_a_session_gives_a_motion_for_each_measured_rep(file: Path) -> None:
    row = lines(file)[0]
    packed = b"".join(motion_files(file, Selection(session_id=row["session_id"]), "mot"))
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["README.txt", "set_01_rep_001.mot", "set_02_rep_001.mot"]
        assert "pelvis_tilt is negative for anterior" in archive.read("README.txt").decode()
        one = archive.read("set_01_rep_001.mot").decode()
    assert rep_file(file, row["rep_id"], "mot") == ("rep_001.mot", one)
    assert rep_file(file, "none", "mot") is None


def test_the_files_of_a_session_come_one_by_one(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []

    def read_one(connection: sqlite3.Connection, rep_id: str) -> Trace | None:
        looked.append(rep_id)
        return read_trace(connection, rep_id)

    monkeypatch.setattr(opensim, "read_trace", read_one)
    pieces = motion_files(file, Selection(session_id=lines(file)[0]["session_id"]), "mot")
    assert b"set_01_rep_001.mot" in next(pieces)
    assert len(looked) == 1
    assert list(pieces)
    assert len(looked) > 1


def test_a_session_without_anything_measured_gives_no_piece(file: Path) -> None:
    assert list(motion_files(file, Selection(session_id="none"), "trc")) == []


# ---------------------------------------------------------------- markers


def strictly_parsed(text: str) -> tuple[dict[str, str], list[str], np.ndarray[Any, Any]]:
    """A .trc as its description has it; anything else in it fails."""
    first, keys, values, names, axes, blank, *rows = text.removesuffix("\n").split("\n")
    kind, number, order, name = first.split("\t")
    assert (kind, number, order) == ("PathFileType", "4", "(X/Y/Z)")
    assert name.endswith(".trc")
    assert blank == ""
    head = dict(zip(keys.split("\t"), values.split("\t"), strict=True))
    frame, time, *labels = names.split("\t")
    assert (frame, time) == ("Frame#", "Time")
    markers = [label for label in labels if label]
    count = len(markers)
    assert labels == [cell for marker in markers for cell in (marker, "", "")]
    wanted = [f"{axis}{i}" for i in range(1, count + 1) for axis in "XYZ"]
    assert axes.split("\t") == ["", "", *wanted]
    table = [[float(cell) if cell else np.nan for cell in row.split("\t")] for row in rows]
    assert {len(row) for row in table} == {2 + 3 * count}
    assert [row[0] for row in table] == list(range(1, len(rows) + 1))
    assert (int(head["NumFrames"]), int(head["NumMarkers"])) == (len(rows), count)
    return head, markers, np.array(table)


def test_markers_have_opensims_header_axes_and_millimetres() -> None:
    trace = make_trace(start_s=50.0)
    text = trc_text("rep_001", trace)
    assert text is not None
    head, markers, table = strictly_parsed(text)
    assert head["Units"] == "mm"
    assert len(markers) == len(set(markers)) == 18
    standing = dict(zip(markers, table[0, 2:].reshape(-1, 3), strict=True))
    for side, right in (("L", -1), ("R", 1)):
        np.testing.assert_allclose(standing[f"{side}Hip"], [-50, 920, right * 100], atol=2)
        np.testing.assert_allclose(standing[f"{side}BigToe"], [190, 30, right * 240], atol=2)
    np.testing.assert_allclose(np.diff(table[:, 1]), 1 / float(head["DataRate"]), atol=1e-3)
    assert table[0, 1] == 0.0  # the clock of the .mot
    hips = table[:, 2 + 3 * markers.index("RHip") + 1]
    assert hips.min() == pytest.approx(410, abs=2)


def test_a_joint_that_was_hidden_is_empty_and_one_never_seen_is_left_out() -> None:
    trace = make_trace()
    assert trace.skeleton is not None
    joints = trace.skeleton.joints_m
    joints[:, SKELETON_JOINTS.index(Joint.LEFT_EAR)] = np.nan
    text = trc_text("rep", trace)
    assert text is not None
    _, markers, table = strictly_parsed(text)
    assert "LEar" not in markers
    wrist = table[:, 2 + 3 * markers.index("RWrist")]
    assert 5 < np.isnan(wrist).sum() < 40
    others = [markers.index(name) for name in markers if name != "RWrist"]
    assert all(np.isfinite(table[:, 2 + 3 * number]).all() for number in others)


def test_no_place_is_made_up_where_nobody_was_seen() -> None:
    trace = make_trace()
    assert trace.skeleton is not None
    seen = np.abs(trace.skeleton.time_s - 2.0) > 0.5
    left = Skeleton(trace.skeleton.time_s[seen], trace.skeleton.joints_m[seen], metric=True)
    text = trc_text("rep", replace(trace, skeleton=left))
    assert text is not None
    _, _, table = strictly_parsed(text)
    assert np.abs(table[:, 1] - 2.0).min() > 0.45
    assert np.isfinite(table[:, -1]).all()
    assert table[-1, 1] > 3.9  # time goes on


def test_a_rep_without_joints_or_without_metres_has_no_markers() -> None:
    trace = make_trace()
    assert trace.skeleton is not None
    assert trc_text("rep", None) is None
    assert trc_text("rep", replace(trace, skeleton=None)) is None
    assert trc_text("rep", replace(trace, skeleton=replace(trace.skeleton, metric=False))) is None
    one = Skeleton(trace.skeleton.time_s[:1], trace.skeleton.joints_m[:1], metric=True)
    assert trc_text("rep", replace(trace, skeleton=one)) is None


def test_a_session_gives_markers_for_each_rep_with_joints(file: Path) -> None:
    row = lines(file)[0]
    packed = b"".join(motion_files(file, Selection(session_id=row["session_id"]), "trc"))
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["README.txt", "set_01_rep_001.trc", "set_02_rep_001.trc"]
        assert "millimetres" in archive.read("README.txt").decode()
        strictly_parsed(archive.read("set_01_rep_001.trc").decode())
