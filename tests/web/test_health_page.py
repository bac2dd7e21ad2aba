"""The Health page, /healthz and /metrics: of a unit in good order, in trouble, and of nothing."""

from __future__ import annotations

import json
import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from device.records import Cause, EventKind, LiveState
from device.settings import Settings, WebSettings
from device.store import Store
from tests.factories import make_health, make_state
from tests.machine_tree import BLOCK, USB, MachineTree
from web import words
from web.app import HUB, create_app
from web.queries import PAGE_EVENTS

Heard = Callable[[LiveState], None]
OPEN_TO_READ = Settings(web=WebSettings(reading="everyone"))
VOLT = "sys/class/hwmon/hwmon1/in0_lcrit_alarm"
SAMPLE = re.compile(
    r'(racklight_[a-z0-9_]+)((?:\{[a-z]+="(?:[^"\\\n]|\\.)*"(?:,[a-z]+="[^"]*")*\})?) (\S+)'
)


@pytest.fixture
def tree(tmp_path: Path) -> MachineTree:
    made = MachineTree(tmp_path)
    made.backup()
    return made


@pytest.fixture
def app(database: Path, socket_path: Path, tree: MachineTree) -> Iterator[Flask]:
    made = create_app(database, socket_path, OPEN_TO_READ, tree.machine())
    yield made
    made.extensions[HUB].close()


@pytest.fixture
def events(database: Path) -> Path:
    """Three events, the newest a start after the watchdog."""
    with Store.open(database, "rack") as store:
        store.add_event(EventKind.START, "started for the first time", reason=Cause.FIRST)
        store.add_event(EventKind.DIED, "the program hung", reason=Cause.WATCHDOG)
        store.add_event(EventKind.START, "started again <b>", reason=Cause.WATCHDOG)
    return database


def html_of(page: FlaskClient, address: str = "/health") -> str:
    answer = page.get(address)
    assert answer.status_code == 200
    return answer.text


def plain(html: str) -> str:
    """What a person reads."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def samples(page: FlaskClient) -> dict[str, float]:
    """Every line of /metrics by name and labels; the format is held strictly."""
    answer = page.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.text.endswith("\n")
    found: dict[str, float] = {}
    family, kind, closed = "", "", set()
    lines = answer.text.splitlines()
    for before, line in zip(["", *lines], lines, strict=False):
        if line.startswith("# HELP "):
            closed.add(family)
            family = line.split()[2]
            assert family not in closed, f"{family} comes twice"
            assert len(line.split(maxsplit=3)[3]) > 5
        elif line.startswith("# TYPE "):
            assert before.startswith(f"# HELP {family} ")
            _, _, name, kind = line.split()
            assert name == family
            assert kind in ("counter", "gauge", "summary")
            assert (kind == "counter") == family.endswith("_total")
        else:
            match = SAMPLE.fullmatch(line)
            assert match, line
            name, labels, value = match.groups()
            suffixes = ("", "_sum", "_count") if kind == "summary" else ("",)
            assert name in {family + suffix for suffix in suffixes}
            assert name + labels not in found
            found[name + labels] = float(value)
    return found


# ---------------------------------------------------------------- the page


def test_a_unit_in_good_order_says_so(page: FlaskClient, heard: Heard, events: Path) -> None:
    heard(make_state(health=make_health()))
    read = plain(html_of(page))
    assert "All is well" in read
    for said in (
        "Intel RealSense D455 123456",
        "USB 3.2, 5 Gbit/s connected for 90 min",
        "0.1 % in the last 60 s; 108 of 108000 in all",
        "17 ms 95 % within 23 ms",
        "52 °C",
        "Voltage right",
        "set by the network",
        "1.1 GB since the machine started, 12.9 GB a day",
        "up to 20 %",
    ):
        assert said in read, said
    assert re.search(r"\d+ s ago, 4 kB", read)
    assert 'class="off"' not in html_of(page)


def test_without_unit_and_sensors_everything_is_not_known_and_nothing_is_zero(
    database: Path, socket_path: Path, tmp_path: Path
) -> None:
    bare = MachineTree(tmp_path / "bare")
    bare.root.rename(tmp_path / "elsewhere")
    app = create_app(database, socket_path, OPEN_TO_READ, bare.machine())
    try:
        read = plain(html_of(app.test_client()))
    finally:
        app.extensions[HUB].close()
    rows = ("Camera", "USB", "Pictures a second", "Pictures missed", "From picture to light",
            "Temperature", "Voltage", "Slowed down", "Clock", "Written",
            "Life of the storage used")  # fmt: skip
    for row in rows:
        assert f"{row} not known" in read, row
    assert not re.search(r"\b0 (ms|°C|Mbit|bytes)", read)
    assert "There is no database" in read


def test_trouble_is_told_first_and_its_line_is_marked(
    page: FlaskClient, tree: MachineTree, heard: Heard, events: Path
) -> None:
    tree.write(VOLT, "1\n")
    tree.write(f"{USB}/2-1/speed", "480\n")
    heard(make_state(camera="The camera is gone; plug it in.", health=make_health()))
    html = html_of(page)
    assert "2 things are wrong" in html
    assert html.index("The camera is gone") < html.index("too little voltage")
    assert html.index("too little voltage") < html.index("480 Mbit/s: use a blue USB 3 port")
    off = re.findall(r'<tr class="off">\s*<th scope="row"><span class="name">([^<]+)', html)
    assert off == ["Camera", "USB", "Voltage"]


def test_what_happened_is_told_newest_first_and_escaped(page: FlaskClient, events: Path) -> None:
    html = html_of(page)
    words_seen = re.findall(r"<li><b>([^<]+)</b>", html)
    assert words_seen == ["Started", "Ended badly", "Started"]
    assert "Started again &lt;b&gt;." in html


def test_many_events_come_in_pages(page: FlaskClient, database: Path) -> None:
    with Store.open(database, "rack") as store:
        for number in range(PAGE_EVENTS + 2):
            store.add_event(EventKind.CAMERA_LOST, f"number {number}")
    first, second = html_of(page), html_of(page, "/health?page=2")
    assert first.count("<li><b>") == PAGE_EVENTS
    assert second.count("<li><b>") == 2
    assert "Older" in first
    assert "Older" not in second
    assert "Nothing older was kept." in html_of(page, "/health?page=9")
    for odd in ("0", "-3", "x"):
        html_of(page, f"/health?page={odd}")


def test_a_damaged_database_does_not_take_the_page_away(page: FlaskClient, database: Path) -> None:
    database.write_bytes(b"nonsense" * 1000)
    assert "damaged" in html_of(page)


def test_every_kind_of_event_has_a_word() -> None:
    assert all(words.event_word(kind) != kind for kind in EventKind)
    assert words.event_word("of a later version") == "of a later version"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (99, "99 s"), (100, "2 min"), (7000, "1.9 h"), (172_800, "2 days")],
)
def test_durations_are_short(seconds: float, said: str) -> None:
    assert words.duration(seconds) == said


@pytest.mark.parametrize(
    ("size", "said"),
    [(12, "12 bytes"), (4096, "4 kB"), (5e8, "500 MB"), (2.84e10, "28.4 GB"), (2.7e11, "270 GB")],
)
def test_sizes_are_in_thousands(size: float, said: str) -> None:
    assert words.size(size) == said


# ---------------------------------------------------------------- /healthz


def test_healthz_of_a_unit_in_good_order(page: FlaskClient, heard: Heard, events: Path) -> None:
    heard(make_state(health=make_health()))
    answer = page.get("/healthz")
    assert answer.status_code == 200
    assert answer.text.count("\n") == 1
    assert answer.json == {
        "status": "ok", "unit": "ok", "database": "ok", "troubles": [], "advice": [],
    }  # fmt: skip


def test_healthz_of_nothing_names_unit_and_database(page: FlaskClient) -> None:
    until = time.monotonic() + 5
    while "not running" not in (text := page.get("/healthz").text):
        assert time.monotonic() < until
        time.sleep(0.02)
    told = json.loads(text)
    assert page.get("/healthz").status_code == 503
    assert told["status"] == "trouble"
    assert "no database" in told["database"]
    assert len(told["troubles"]) == 2


@pytest.mark.parametrize(
    ("breaks", "status", "said"),
    [
        (lambda tree: tree.write(VOLT, "1\n"), 503, "too little voltage"),
        (lambda tree: tree.throttled("4\n"), 503, "slows itself down"),
        (lambda tree: tree.write(f"{BLOCK}/device/pre_eol_info", "0x03\n"), 503, "worn out"),
        (lambda tree: tree.write(f"{USB}/2-1/speed", "480\n"), 200, "480 Mbit/s"),
        (lambda tree: tree.backup().unlink(), 200, "no backup"),
    ],
)
def test_healthz_fails_for_what_is_urgent_and_only_tells_the_rest(
    page: FlaskClient,
    tree: MachineTree,
    heard: Heard,
    events: Path,
    breaks: Callable[[MachineTree], object],
    status: int,
    said: str,
) -> None:
    breaks(tree)
    heard(make_state(health=make_health()))
    answer = page.get("/healthz")
    assert answer.status_code == status
    assert answer.json is not None
    (text,) = answer.json["troubles" if status == 503 else "advice"]
    assert said in text


@pytest.mark.parametrize("part", ["camera", "store"])
def test_healthz_tells_the_units_own_trouble(
    page: FlaskClient, heard: Heard, events: Path, part: str
) -> None:
    heard(make_state(**{part: "It fails: mend it."}))
    answer = page.get("/healthz")
    assert answer.status_code == 503
    assert answer.json is not None
    assert answer.json["troubles"] == ["It fails: mend it."]


# ---------------------------------------------------------------- /metrics


def test_metrics_carry_what_is_known_in_base_units(
    page: FlaskClient, heard: Heard, events: Path
) -> None:
    heard(make_state(health=make_health()))
    found = samples(page)
    expected = {
        'racklight_unit_info{name="rack"}': 1,
        "racklight_up": 1,
        "racklight_camera_ok": 1,
        "racklight_store_ok": 1,
        "racklight_database_readable": 1,
        "racklight_frames_total": 107_892,
        "racklight_frames_dropped_total": 108,
        'racklight_cue_latency_seconds{quantile="0.5"}': 0.0174,
        'racklight_cue_latency_seconds{quantile="0.95"}': 0.0231,
        "racklight_cue_latency_seconds_sum": 1877.3,
        "racklight_cue_latency_seconds_count": 107_892,
        "racklight_cpu_temperature_celsius": 51.6,
        'racklight_power_condition{condition="under_voltage"}': 0,
        'racklight_disk_written_bytes_total{device="mmcblk0"}': 2**30,
        'racklight_disk_life_used_ratio{device="mmcblk0"}': 0.2,
        'racklight_camera_usb_bits_per_second{port="2-1"}': 5e9,
        "racklight_clock_synchronised": 1,
        'racklight_events_kept{kind="start",reason="watchdog"}': 1,
    }
    assert {name: found.get(name) for name in expected} == expected
    assert found["racklight_last_backup_timestamp_seconds"] > 1.7e9


def test_what_is_not_known_is_absent(
    page: FlaskClient, tree: MachineTree, heard: Heard, events: Path
) -> None:
    for name in (f"{USB}/2-1/speed", VOLT, "sys/class/thermal/thermal_zone0/temp"):
        tree.write(name, "broken")
    tree.throttled("")
    tree.remove(f"{BLOCK}/device/life_time")
    tree.backup().unlink()
    heard(make_state(fps=None, health=make_health(latency_median_s=None, latency_p95_s=None)))
    found = "\n".join(samples(page))
    for absent in ("temperature", "power_condition", "life", "usb_bits", "backup", "quantile",
                   "frames_per_second"):  # fmt: skip
        assert absent not in found
    assert "racklight_cue_latency_seconds_sum" in found


def test_a_unit_that_is_gone_leaves_the_machines_metrics(page: FlaskClient, events: Path) -> None:
    found = samples(page)
    assert found["racklight_up"] == 0
    assert "racklight_camera_ok" not in found
    assert "racklight_frames_total" not in found
    assert found["racklight_cpu_temperature_celsius"] == 51.6


def test_metrics_say_that_the_database_cannot_be_read(page: FlaskClient, database: Path) -> None:
    database.write_bytes(b"nonsense" * 1000)
    assert samples(page)["racklight_database_readable"] == 0


def test_odd_names_are_escaped(database: Path, socket_path: Path, tree: MachineTree) -> None:
    from device.settings import UnitSettings

    settings = Settings(unit=UnitSettings(name='a "rack"\\ \n'))
    app = create_app(database, socket_path, settings, tree.machine())
    try:
        found = samples(app.test_client())
    finally:
        app.extensions[HUB].close()
    assert 'racklight_unit_info{name="a \\"rack\\"\\\\ \\n"}' in found


def test_events_of_a_database_in_use_are_counted(page: FlaskClient, events: Path) -> None:
    with sqlite3.connect(events) as connection:
        connection.execute("INSERT INTO events SELECT 'x', unit_id, 0, 'old', '', '', '', 0, NULL,"
                           " NULL FROM this_unit")  # fmt: skip
    connection.close()
    assert samples(page)['racklight_events_kept{kind="old",reason=""}'] == 1
