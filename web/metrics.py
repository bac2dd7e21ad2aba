"""The unit's health for Prometheus, in its text format (version 0.0.4).

Base units (seconds, bytes, degrees Celsius) stand in the names. What is not known is not there.
https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from device.health import MachineHealth, UnitHealth
from web.hub import Snapshot

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
EventCounts = Mapping[tuple[str, str], int]


@dataclass(frozen=True, slots=True)
class Sample:
    """One line; `value` None: not known, so no line."""

    value: float | bool | None
    labels: Mapping[str, str] = field(default_factory=dict)
    suffix: str = ""


def metrics(
    snapshot: Snapshot,
    machine: MachineHealth,
    unit_name: str,
    database_readable: bool,
    events: EventCounts,
) -> str:
    """The whole answer to a scrape."""
    parts = (
        *_whole(snapshot, unit_name, database_readable, events),
        *_unit(snapshot.state.health if snapshot.state else None),
        *_machine(machine),
    )
    return "".join(parts)


def _whole(
    snapshot: Snapshot, unit_name: str, database_readable: bool, events: EventCounts
) -> Iterator[str]:
    state = snapshot.state
    yield _one("unit_info", "gauge", "The unit's name.", Sample(1, {"name": unit_name}))
    yield _one("up", "gauge", "Whether the unit answers its page.", Sample(state is not None))
    camera = None if state is None else state.camera == "ok"
    yield _one("camera_ok", "gauge", "Whether the camera gives pictures.", Sample(camera))
    store = None if state is None else state.store == "ok"
    yield _one("store_ok", "gauge", "Whether the unit can write its database.", Sample(store))
    yield _one(
        "database_readable", "gauge", "Whether the page can read it.", Sample(database_readable)
    )
    fps = None if state is None else state.fps
    yield _one("frames_per_second", "gauge", "Frames looked at, smoothed.", Sample(fps))
    yield _family(
        "events_kept",
        "gauge",
        "Rows of the capped event table, by kind and reason.",
        [Sample(count, {"kind": kind, "reason": why}) for (kind, why), count in events.items()],
    )


def _unit(unit: UnitHealth | None) -> Iterator[str]:
    if unit is None:
        return
    yield _one("uptime_seconds", "gauge", "Since the unit started.", Sample(unit.uptime_s))
    yield _one("frames_total", "counter", "Frames looked at.", Sample(unit.frames))
    yield _one(
        "frames_dropped_total",
        "counter",
        "Frames lost by the camera or passed over because the unit was busy.",
        Sample(unit.frames_dropped),
    )
    yield _family(
        "cue_latency_seconds",
        "summary",
        "From a frame's arrival to its cue on the pins; the quantiles are of a sliding window.",
        [
            Sample(unit.latency_median_s, {"quantile": "0.5"}),
            Sample(unit.latency_p95_s, {"quantile": "0.95"}),
            Sample(unit.latency_sum_s, suffix="_sum"),
            Sample(unit.frames, suffix="_count"),
        ],
    )
    yield _one(
        "camera_losses_total", "counter", "Times the camera went away.", Sample(unit.camera_losses)
    )
    yield _one(
        "camera_resets_total",
        "counter",
        "Times the unit restarted the camera's hardware.",
        Sample(unit.camera_resets),
    )
    yield _one(
        "writes_waiting", "gauge", "Writes the disk still owes.", Sample(unit.writes_waiting)
    )


def _machine(machine: MachineHealth) -> Iterator[str]:
    board, disk = machine.board, machine.disk
    yield _one("cpu_temperature_celsius", "gauge", "The processor's.", Sample(board.temperature_c))
    conditions = {
        "under_voltage": board.under_voltage,
        "throttled": board.throttled,
        "frequency_capped": board.capped,
        "soft_temperature_limit": board.hot,
    }
    yield _family(
        "power_condition",
        "gauge",
        "What the board's firmware complains of now (1) or not (0).",
        [Sample(value, {"condition": name}) for name, value in conditions.items()],
    )
    yield _one("machine_uptime_seconds", "gauge", "Since its start.", Sample(machine.uptime_s))
    yield _one("disk_free_bytes", "gauge", "Left for the data.", Sample(disk.free_bytes))
    yield _one("disk_size_bytes", "gauge", "Of the data's file system.", Sample(disk.size_bytes))
    named = {"device": disk.name or ""}
    yield _one(
        "disk_written_bytes_total",
        "counter",
        "Written to the disk with the data since the machine started.",
        Sample(disk.written_bytes, named),
    )
    life = None if disk.life_used_percent is None else disk.life_used_percent / 100
    yield _one(
        "disk_life_used_ratio",
        "gauge",
        "At most so much of the storage's life is used (steps of a tenth).",
        Sample(life, named),
    )
    yield _family(
        "camera_usb_bits_per_second",
        "gauge",
        "Speed of the camera's USB connection.",
        [Sample(one.speed_bits_per_s, {"port": one.port}) for one in machine.usb_cameras],
    )
    yield _family(
        "camera_usb_connected_seconds",
        "gauge",
        "Since the camera was plugged in or came back after a reset.",
        [Sample(one.connected_s, {"port": one.port}) for one in machine.usb_cameras],
    )
    yield _one(
        "clock_synchronised",
        "gauge",
        "Whether a network has set the clock.",
        Sample(machine.clock_synchronised),
    )
    newest = machine.backups.newest
    yield _one(
        "last_backup_timestamp_seconds",
        "gauge",
        "When the newest backup was made, in seconds since 1970.",
        Sample(newest.made_s if newest else None),
    )


def _one(name: str, kind: str, meaning: str, sample: Sample) -> str:
    return _family(name, kind, meaning, [sample])


def _family(name: str, kind: str, meaning: str, samples: Iterable[Sample]) -> str:
    """HELP, TYPE and the known samples; nothing where none is known."""
    full = f"racklight_{name}"
    lines = [
        f"{full}{sample.suffix}{_labels(sample.labels)} {_number(sample.value)}\n"
        for sample in samples
        if sample.value is not None
    ]
    if not lines:
        return ""
    return f"# HELP {full} {meaning}\n# TYPE {full} {kind}\n{''.join(lines)}"


def _labels(labels: Mapping[str, str]) -> str:
    told = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return f"{{{told}}}" if told else ""


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _number(value: float | bool) -> str:
    return str(int(value)) if isinstance(value, bool | int) else repr(float(value))
