"""Every measure of the mount in mm, and what follows from them: bolt places and bolt lengths.

Plain numbers: nothing here needs the CAD library.

Sources. D435: 90 x 25 x 25.05, tripod thread (1/4-20 UNC) at the middle of the length, 14.9 behind
the front plate (realsense-ros, `_d435.urdf.xacro`; realsense-ros #999, from the maker's CAD). D455:
124 x 29 x 26, thread 15.8 behind the front, at the middle (`_d455.urdf.xacro`). Rear threads: D435
two M3, 45 apart, at most 3 mm deep and 0.4 Nm; D455 two M4 (librealsense #7317, although the data
sheet says M3), 95 apart (taken from a published mount that is in use). How high the rear threads
sit is in no source found, so their holes are slots, and no load is counted on them. Masses: D435
75 g (a robot maker's data sheet); D455 not found, taken as 150 g, above any figure seen.
Raspberry Pi 3, 4, 5: 85 x 56, holes for M2.5 on 58 x 49, the first 3.5 from the corner.
Bolts: ISO 4014 (thread 22 long on an M8 up to 125, 28 above), nuts DIN 985, washers ISO 7089.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

# Uprights the clamp must take, each way round: metric ones, and 2 and 3 inch.
UPRIGHTS_MM = (50.0, 50.8, 60.0, 70.0, 75.0, 76.2, 80.0)


@dataclass(frozen=True)
class Camera:
    """A depth camera in its own frame: length along its baseline, depth along its view."""

    name: str
    length_mm: float
    height_mm: float
    depth_mm: float
    thread_behind_front_mm: float
    rear_pitch_mm: float
    rear_hole_mm: float  # clearance of the rear screws
    rear_head_mm: float  # their heads
    mass_g: float
    imagers_mm: tuple[float, ...]  # along the length, from the tripod thread
    fov_deg: tuple[float, float]  # along length and height: the widest of depth and colour

    @property
    def thread_before_back_mm(self) -> float:
        """From the camera's back to the axis of its tripod thread."""
        return self.depth_mm - self.thread_behind_front_mm


D435 = Camera("d435", 90, 25, 25.05, 14.9, 45, 3.4, 6.5, 75, (32.5, 17.5, -32.5), (87, 58))
D455 = Camera("d455", 124, 29, 26, 15.8, 95, 4.5, 8.0, 150, (47.5, -11.5, -47.5), (90, 65))
CAMERAS = (D435, D455)


@dataclass(frozen=True)
class Clamp:
    """Two equal jaws and four M8 bolts in slots, so that the bolts always hug the tube."""

    width_mm: float = 116.0
    height_mm: float = 96.0
    thickness_mm: float = 14.0
    bolt_mm: float = 8.0
    slot_mm: float = 9.0
    bolt_row_mm: float = 36.0  # above and below the middle
    bolt_gap_mm: float = 1.0  # between bolt and tube
    slot_from_mm: float = 29.5  # bolt axis nearest to the middle
    slot_to_mm: float = 46.0
    pad_mm: float = 3.0  # rubber
    pad_width_mm: float = 100.0
    pad_height_mm: float = 60.0
    pad_pocket_mm: float = 1.0
    pad_squeeze_mm: float = 0.4

    @property
    def gap_mm(self) -> float:
        """Between jaw and tube once the rubber is squeezed."""
        return self.pad_mm - self.pad_pocket_mm - self.pad_squeeze_mm

    def bolt_at_mm(self, tube_width_mm: float) -> float:
        """Where the bolts sit beside a tube, from the middle."""
        return tube_width_mm / 2 + self.bolt_gap_mm + self.bolt_mm / 2

    def grip_mm(self, tube_depth_mm: float) -> float:
        """What head and nut hold together: jaws, rubber, tube, two washers."""
        return tube_depth_mm + 2 * (self.gap_mm + self.thickness_mm) + 2 * M8.washer_mm

    def bolt_length_mm(self, tube_depth_mm: float) -> int:
        """The shortest standard M8 bolt for a tube of this depth."""
        return M8.length_for_mm(self.grip_mm(tube_depth_mm))


@dataclass(frozen=True)
class Bolt:
    """A metric hexagon bolt with its locking nut and washer."""

    diameter_mm: float
    hole_mm: float
    head_mm: float
    head_flats_mm: float
    nut_mm: float
    washer_mm: float
    washer_across_mm: float
    pitch_mm: float
    lengths_mm: tuple[int, ...]

    def length_for_mm(self, grip_mm: float) -> int:
        """The shortest length with the whole nut and two turns beyond it on the thread."""
        needed = grip_mm + self.nut_mm + 2 * self.pitch_mm
        fitting = [length for length in self.lengths_mm if length >= needed]
        if not fitting:
            raise ValueError(f"No standard M{self.diameter_mm:g} bolt is {needed:.1f} mm long.")
        return fitting[0]

    def thread_mm(self, length_mm: float) -> float:
        """How much of a bolt carries thread (ISO 4014; short ones all of it)."""
        threaded = 2 * self.diameter_mm + (6 if length_mm <= 125 else 12)
        return min(length_mm, threaded)


M8 = Bolt(8, 8.4, 5.3, 13, 8, 1.6, 16, 1.25, (50, 60, 65, 70, 80, 90, 100, 110, 120, 130, 140))
M6 = Bolt(6, 6.6, 4.0, 10, 6, 1.6, 12, 1.0, (20, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70))


@dataclass(frozen=True)
class Joint:
    """What every part that carries another has in common: four M6 on a 60 x 38 rectangle."""

    wide_mm: float = 60.0
    high_mm: float = 38.0
    pocket_mm: float = 5.0  # the bolt's head lies this deep in the back of jaw and plates
    half_height_mm: float = 27.0  # parts bolted on stay below the clamp's washers

    @property
    def places_mm(self) -> tuple[tuple[float, float], ...]:
        """The four bolt axes."""
        return tuple((x * self.wide_mm / 2, z * self.high_mm / 2) for x in (-1, 1) for z in (-1, 1))


@dataclass(frozen=True)
class Head:
    """Bracket, knuckle and cradle: pan about the upright's axis, then tilt."""

    barrel_mm: float = 28.0  # the knuckle, square
    play_mm: float = 0.2  # each side, between barrel and ears
    ear_mm: float = 10.0
    ear_width_mm: float = 44.0
    bracket_mm: float = 10.0
    bracket_width_mm: float = 76.0
    clear_mm: float = 18.0  # from axis to the plate behind it: the barrel's corners turn in it
    ear_beyond_mm: float = 15.0  # from axis to the ear's end
    reach_mm: float = 42.0  # from pan to tilt axis
    plate_mm: float = 7.0
    cradle_half_mm: float = 38.0
    side_mm: float = 7.0  # the plate under the camera's tripod thread
    screw_hole_mm: float = 6.8  # 1/4 inch is 6.35
    pan_deg: float = 60.0
    tilt_deg: float = 45.0

    @property
    def ears_apart_mm(self) -> float:
        """Inner faces."""
        return self.barrel_mm + 2 * self.play_mm

    def front_mm(self, camera: Camera) -> float:
        """From the tilt axis to the camera's front."""
        return self.clear_mm + self.plate_mm + camera.depth_mm


@dataclass(frozen=True)
class Boom:
    """A square aluminium tube between saddles."""

    tube_mm: float = 25.0
    tube_wall_mm: float = 2.0
    longest_mm: float = 1200.0
    saddle_length_mm: float = 90.0
    floor_mm: float = 8.0
    channel_mm: float = 25.3
    channel_deep_mm: float = 24.5  # less than the tube: the bolts squeeze it
    back_mm: float = 10.0


@dataclass(frozen=True)
class Board:
    """The Raspberry Pi and its tray on the clamp's other jaw."""

    length_mm: float = 85.0
    width_mm: float = 56.0
    holes_mm: tuple[float, float] = (58.0, 49.0)
    first_hole_mm: float = 3.5
    standoff_mm: float = 6.0
    pilot_mm: float = 2.1  # M2.5 cuts its own thread
    tray_mm: tuple[float, float, float] = (112.0, 74.0, 4.0)
    post_mm: float = 8.0
    post_height_mm: float = 40.0
    post_at_mm: tuple[float, float] = (51.0, 33.0)
    board_from_mm: float = -44.0  # the end with the card, from the tray's middle
    boss_mm: float = 8.0  # straight, over the heads of the clamp's bolts; then it widens
    cover_mm: float = 3.0


@dataclass(frozen=True)
class Mount:
    """All of it."""

    clamp: Clamp = field(default_factory=Clamp)
    joint: Joint = field(default_factory=Joint)
    head: Head = field(default_factory=Head)
    boom: Boom = field(default_factory=Boom)
    board: Board = field(default_factory=Board)
    wall_plate_mm: tuple[float, float, float] = (116.0, 140.0, 14.0)
    wall_screw_mm: float = 6.0
    tie_mm: tuple[float, float] = (5.0, 2.2)  # slots for cable ties up to 4.8 x 1.5
    lanyard_mm: float = 5.0  # through the cradle's ears: a steel rope to the upright


MOUNT = Mount()


def as_record(mount: Mount = MOUNT) -> dict[str, Any]:
    """The sizes as JSON holds them: what was built is compared with what stands here."""
    cameras = {camera.name: asdict(camera) for camera in CAMERAS}
    return {"mount": asdict(mount), "cameras": cameras, "uprights_mm": list(UPRIGHTS_MM)}


def joint_bolt_length_mm(stack_mm: float, mount: Mount = MOUNT) -> int:
    """M6 from a head pocket through `stack_mm` of bolted-on part, washer and locking nut."""
    under_head = mount.clamp.thickness_mm - mount.joint.pocket_mm
    return M6.length_for_mm(under_head + stack_mm + M6.washer_mm)
