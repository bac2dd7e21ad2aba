"""The Health page as ready words: what is wrong, what was measured, what happened."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from device.health import (
    HOT_C,
    LATE_S,
    MIN_FREE_BYTES,
    Finding,
    MachineHealth,
    UnitHealth,
    backup_age_days,
    findings,
    writes_per_day,
)
from device.records import LiveState
from web import words
from web.hub import NO_ANSWER, Snapshot
from web.numbers import day, number
from web.texts import N_, ngettext, pgettext, told
from web.texts import gettext as _

NOT_KNOWN = N_("not known")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table."""

    name: str
    value: str
    wanted: str = ""
    note: str = ""  # what goes with the value
    about: frozenset[str] = frozenset()  # findings that are of this line
    off: bool = False
    known: bool = True


@dataclass(frozen=True, slots=True)
class Group:
    """One table."""

    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class HealthView:
    """Everything the Health page shows beside the events."""

    state: str  # well, advice, trouble
    mark: str  # the shape that says the same
    headline: str
    troubles: tuple[str, ...]
    advice: tuple[str, ...]
    groups: tuple[Group, ...]


def all_findings(
    snapshot: Snapshot, machine: MachineHealth, database: str | None
) -> tuple[Finding, ...]:
    """All that is wrong, the unit's own troubles first; `database`: why it can't be read."""
    state = snapshot.state
    own = [Finding("unit", True, snapshot.problem or NO_ANSWER)]
    if state is not None:
        told = (("camera", state.camera), ("store", state.store))
        own = [Finding(about, True, text) for about, text in told if text != "ok"]
    if database is not None:
        own.append(Finding("database", True, database))
    return (*own, *findings(machine, state.health if state else None))


def health_view(snapshot: Snapshot, machine: MachineHealth, database: str | None) -> HealthView:
    """The newest there is, in words."""
    found = all_findings(snapshot, machine, database)
    troubles = tuple(told(one.text) for one in found if one.urgent)
    advice = tuple(told(one.text) for one in found if not one.urgent)
    state, mark, headline = "well", "clean", _("All is well")
    if troubles:
        state, mark = "trouble", "wink"
        headline = ngettext("Something is wrong", "%(num)s things are wrong", len(troubles))
    elif advice:
        state, mark, headline = "advice", "not_measured", _("It works, but …")
    about = {one.about for one in found}
    unit = snapshot.state.health if snapshot.state else None
    groups = (
        Group(_("Camera and light"), _marked(_camera_rows(snapshot.state, unit, machine), about)),
        Group(_("Board"), _marked(_board_rows(machine), about)),
        Group(_("Data"), _marked(_data_rows(machine, unit), about)),
    )
    return HealthView(state, mark, headline, troubles, advice, groups)


def _camera_rows(
    state: LiveState | None, unit: UnitHealth | None, machine: MachineHealth
) -> Iterable[Row]:
    yield Row(_("Unit has run for"), words.duration(unit.uptime_s) if unit else NOT_KNOWN)
    name = unit.camera_name if unit and unit.camera_name else NOT_KNOWN
    yield Row(_("Camera"), name, about=frozenset({"camera"}))
    yield _usb_row(unit, machine)
    lost = words.times(unit.camera_losses) if unit else NOT_KNOWN
    reset = _("reset by the unit: %(times)s", times=words.times(unit.camera_resets)) if unit else ""
    yield Row(_("Camera lost since the start"), lost, _("never"), reset)
    fps = state.fps if state else None
    yield Row(_("Pictures a second"), NOT_KNOWN if fps is None else number(f"{fps:.1f}"))
    yield _missed_row(unit)
    yield _latency_row(unit)


def _usb_row(unit: UnitHealth | None, machine: MachineHealth) -> Row:
    cameras = machine.usb_cameras
    told = [f"USB {unit.camera_usb}"] if unit and unit.camera_usb else []
    speeds = [one.speed_bits_per_s for one in cameras if one.speed_bits_per_s is not None]
    told += [words.bits_per_second(speed) for speed in speeds]
    since = [words.duration(one.connected_s) for one in cameras if one.connected_s is not None]
    note = _("connected for %(time)s", time=_(" and ").join(since)) if since else ""
    return Row("USB", ", ".join(told) or NOT_KNOWN, "5 Gbit/s", note, frozenset({"usb"}))


def _missed_row(unit: UnitHealth | None) -> Row:
    arrived = unit.recent_frames + unit.recent_dropped if unit else 0
    row = Row(_("Pictures missed"), NOT_KNOWN, _("under 5 %%"), about=frozenset({"frames"}))
    if unit is None or not arrived:
        return row
    all_frames = unit.frames + unit.frames_dropped
    return replace(
        row,
        value=f"{number(f'{100 * unit.recent_dropped / arrived:.1f}')} %",
        note=_(
            "in the last %(seconds)s s; %(missed)s of %(all)s in all",
            seconds=f"{unit.recent_s:.0f}",
            missed=unit.frames_dropped,
            all=all_frames,
        ),
    )


def _latency_row(unit: UnitHealth | None) -> Row:
    wanted = _within(LATE_S)
    row = Row(_("From picture to light"), NOT_KNOWN, wanted, about=frozenset({"latency"}))
    if unit is None or unit.latency_median_s is None or unit.latency_p95_s is None:
        return row
    return replace(
        row,
        value=f"{1000 * unit.latency_median_s:.0f} ms",
        note=_within(unit.latency_p95_s),
    )


def _within(latency_s: float) -> str:
    return _("95 %% within %(time)s ms", time=f"{1000 * latency_s:.0f}")


def _board_rows(machine: MachineHealth) -> Iterable[Row]:
    board = machine.board
    heat = NOT_KNOWN if board.temperature_c is None else f"{board.temperature_c:.0f} °C"
    yield Row(
        _("Temperature"),
        heat,
        _("under %(degrees)s °C", degrees=f"{HOT_C:.0f}"),
        about=frozenset({"heat"}),
    )
    voltage = _yes(board.under_voltage, _("too low"), pgettext("voltage", "right"))
    yield Row(_("Voltage"), voltage, pgettext("voltage", "right"), about=frozenset({"power"}))
    slowed = _yes(board.throttled, _("yes"), _("no"))
    yield Row(_("Slowed down"), slowed, _("no"), about=frozenset({"heat"}))
    yield Row(_("Machine has run for"), words.duration(machine.uptime_s))
    clock = _yes(machine.clock_synchronised, _("set by the network"), _("not set"))
    yield Row(_("Clock"), clock, pgettext("of the clock", "set"), about=frozenset({"clock"}))


def _data_rows(machine: MachineHealth, unit: UnitHealth | None) -> Iterable[Row]:
    disk = machine.disk
    free = NOT_KNOWN if disk.free_bytes is None else words.size(disk.free_bytes)
    size = "" if disk.size_bytes is None else _("of %(size)s", size=words.size(disk.size_bytes))
    about = frozenset({"disk", "store", "database"})
    yield Row(
        _("Space left"), free, _("over %(size)s", size=words.size(MIN_FREE_BYTES)), size, about
    )
    yield _written_row(machine)
    life = disk.life_used_percent
    used = (
        NOT_KNOWN
        if life is None
        else _("all of it")
        if life > 100
        else _("up to %(part)s %%", part=life)
    )
    yield Row(_("Life of the storage used"), used, _("under 80 %%"), about=frozenset({"wear"}))
    if unit is not None:
        waiting = words.count(unit.writes_waiting, "write")
        yield Row(_("Waiting to be written"), waiting, about=frozenset({"store"}))
    yield _backup_row(machine)


def _written_row(machine: MachineHealth) -> Row:
    written = machine.disk.written_bytes
    if written is None:
        return Row(_("Written"), NOT_KNOWN)
    a_day = writes_per_day(written, machine.uptime_s)
    since = _("since the machine started")
    if a_day is not None:
        since = _("since the machine started, %(size)s a day", size=words.size(a_day))
    return Row(_("Written"), words.size(written), note=since)


def _backup_row(machine: MachineHealth) -> Row:
    newest = machine.backups.newest
    row = Row(_("Last backup"), NOT_KNOWN, _("under 30 days old"), about=frozenset({"backup"}))
    if newest is None:
        return replace(row, value=_("none")) if machine.backups.known else row
    made = datetime.fromtimestamp(newest.made_s, UTC).astimezone()
    age = backup_age_days(newest, machine.now_s)
    note = words.size(newest.size_bytes)
    if age is not None:
        note = _("%(time)s ago, %(size)s", time=words.duration(86400 * age), size=note)
    return replace(row, value=day(made), note=note)


def _yes(value: bool | None, yes: str, no: str) -> str:
    return NOT_KNOWN if value is None else yes if value else no


def _marked(rows: Iterable[Row], about: set[str]) -> tuple[Row, ...]:
    return tuple(
        replace(row, off=bool(row.about & about), value=_(NOT_KNOWN), known=False)
        if row.value == NOT_KNOWN
        else replace(row, off=bool(row.about & about))
        for row in rows
    )
