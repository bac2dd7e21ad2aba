"""The mount's page, written from the facts: parts, print settings, fits, loads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hardware.mount import loads
from hardware.mount.sizes import M6, M8, MOUNT, UPRIGHTS_MM, joint_bolt_length_mm


def mount_page(found: dict[str, Any]) -> str:
    """The page in Markdown."""
    beyond = [row["beyond_nut_mm"] for row in found["fits"]]
    fit_words = f"Between {min(beyond):g} and {max(beyond):g} mm of bolt stand out beyond the nut."
    boom, head = MOUNT.boom, MOUNT.head
    deep = boom.tube_mm + boom.floor_mm
    half = head.ears_apart_mm + 2 * head.ear_mm
    end = boom.back_mm - MOUNT.joint.pocket_mm + deep + head.bracket_mm + M6.washer_mm
    template = Path(__file__).with_name("page-template.md").read_text(encoding="utf-8")
    return template.format(
        pan=head.pan_deg,
        tilt=head.tilt_deg,
        wide=MOUNT.joint.wide_mm,
        high=MOUNT.joint.high_mm,
        pad=MOUNT.clamp.pad_mm,
        parts="\n".join(_part_row(name, part) for name, part in found["parts"].items()),
        clamp_bolts="\n".join(_clamp_rows()),
        axis=M8.length_for_mm(half + 2 * M8.washer_mm),
        axis_nm=loads.torque_nm(8, loads.JOINT_BOLT_N),
        m6_nm=loads.torque_nm(6, loads.SADDLE_BOLT_N),
        bracket=joint_bolt_length_mm(head.bracket_mm),
        tray=joint_bolt_length_mm(6),
        saddle=joint_bolt_length_mm(deep),
        end=M6.length_for_mm(end),
        uprights=", ".join(f"{size:g}" for size in UPRIGHTS_MM),
        fit_words=fit_words,
        bump=loads.BUMP_G,
        knock=loads.KNOCK_N,
        bar=loads.BAR_M_S,
        boom=loads.BOOM_N,
        along=loads.ALONG_MPA,
        across=loads.ACROSS_MPA,
        slip=loads.slip_n(),
        loads="\n".join(_load_row(row) for row in found["loads"]),
        sag=loads.boom_sag_mm(0.5),
        unit=found["masses"]["unit_g"] / 1000,
    )


def _part_row(name: str, part: dict[str, Any]) -> str:
    size = " x ".join(f"{value:.0f}" for value in part["size_mm"])
    link = f"[{name}](stl/{name}.stl)"
    return f"| {link} | {part['count']} | {part['lies']} | {size} | {part['printed_g']:.0f} |"


def _clamp_rows() -> list[str]:
    by_length: dict[int, list[str]] = {}
    for size in UPRIGHTS_MM:
        by_length.setdefault(MOUNT.clamp.bolt_length_mm(size), []).append(f"{size:g}")
    torque = loads.torque_nm(8, loads.CLAMP_BOLT_N)
    return [
        f"| clamp (4), upright {' or '.join(sizes)} mm deep | M8 x {length}, 2 washers, locking nut"
        f" | {torque:.1f} Nm, crosswise |"
        for length, sizes in by_length.items()
    ]


def _load_row(row: dict[str, Any]) -> str:
    unit = row["unit"]
    return (
        f"| {row['name']} | {row['needs']:g} {unit} | {row['has']:g} {unit} | {row['safety']:.1f} |"
    )
