"""What the mount must bear, and a short calculation that it does: plain numbers, no CAD.

Loads
- bump: the whole unit shaken at 5 g, as when a bar is racked hard (assumed; a rack's shake was not
  measured).
- knock: 300 N against the camera's front, any direction: an elbow, a shoulder, somebody holding on.
  About 30 kg of push, and more than the joints hold: they turn at some 100 N from the side, and
  are the fuse.
- bar: 20 kg that swing against the camera at 0.5 m/s, 2.5 J, to be taken by a joint that turns. A
  dropped barbell is not covered: the unit hangs where the bar's path cannot reach, on a steel rope.
- boom: 60 N at the far end of the longest boom, which hangs above head height: a hand that pushes
  it aside. It is no handle.

Strength: printed PETG, ultimate 44 MPa along the layers and 25 MPa across them: the lower ends of
a collection of published figures for printed specimens (additive.tools/materials/petg). Holes and
inner corners count double (notch factor 2). Lasting stress from tightened bolts must stay
under 10 MPa, or plastic creeps. Aluminium 6060 T66: yield 150 MPa (EN 755-2). Beams: stress =
moment / section modulus, the modulus of a rectangle being width * height^2 / 6.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi

from hardware.mount.sizes import CAMERAS, D455, M6, M8, MOUNT, Mount

GRAVITY = 9.81
BUMP_G = 5.0
KNOCK_N = 300.0
BAR_KG, BAR_M_S = 20.0, 0.5
BOOM_N = 60.0

ALONG_MPA, ACROSS_MPA, LASTING_MPA = 44.0, 25.0, 10.0
ALUMINIUM_MPA, ALUMINIUM_GPA = 150.0, 70.0
NOTCH = 2.0
SAFETY = 2.0

CLAMP_BOLT_N = 1500.0  # M8 at about 2.4 Nm: torque = 0.2 * diameter * force
JOINT_BOLT_N = 2000.0  # M8 of pan and tilt at about 3.2 Nm
SADDLE_BOLT_N = 1000.0  # M6 at about 1.2 Nm
RUBBER_FRICTION, PLASTIC_FRICTION = 0.4, 0.25


@dataclass(frozen=True)
class Check:
    """One thing that must hold: `has` over `needs` is the safety, in the same unit."""

    name: str
    needs: float
    has: float
    unit: str
    must_be: float = SAFETY

    @property
    def safety(self) -> float:
        """How many times over it holds."""
        return self.has / self.needs

    @property
    def holds(self) -> bool:
        """Whether that is enough."""
        return self.safety >= self.must_be


def rectangle_mm3(width_mm: float, height_mm: float) -> float:
    """Section modulus of a rectangle, bent over its height."""
    return width_mm * height_mm**2 / 6


def torque_nm(bolt_mm: float, force_n: float) -> float:
    """What a dry bolt is tightened with for this force (nut factor 0.2)."""
    return 0.2 * bolt_mm / 1000 * force_n


def all_checks(unit_kg: float, camera_side_kg: float, mount: Mount = MOUNT) -> list[Check]:
    """Every check; masses as `facts.json` has them (whole unit; what hangs in front of the pan)."""
    return [
        *_head_checks(mount),
        *_clamp_checks(unit_kg, mount),
        *_joint_checks(camera_side_kg, mount),
        *_boom_checks(mount),
    ]


def _lever_mm(mount: Mount) -> float:
    """From the tilt axis to the front of the deeper camera."""
    return max(mount.head.front_mm(camera) for camera in CAMERAS)


def _head_checks(mount: Mount) -> list[Check]:
    head = mount.head
    from_tilt = _lever_mm(mount)
    from_pan = from_tilt + head.reach_mm
    from_plate = from_pan + head.clear_mm
    beside = 2 * rectangle_mm3(head.ear_mm, head.ear_width_mm)
    apart = head.ears_apart_mm + head.ear_mm
    pull = from_plate * KNOCK_N / apart / (head.ear_mm * head.ear_width_mm)
    drilled = rectangle_mm3(head.barrel_mm - M8.hole_mm, head.barrel_mm)
    ear_high = 2 * (head.cradle_half_mm - head.clear_mm)
    cradle_ear = rectangle_mm3(ear_high, head.ear_mm)
    sideways = KNOCK_N / 2 * head.clear_mm / cradle_ear
    sideways += KNOCK_N * from_tilt / apart / (head.ear_mm * (ear_high - M8.hole_mm))
    # a knock on the camera's end presses the plate where the ears end; it spans between them
    on_plate = KNOCK_N * (D455.length_mm / 2) / head.cradle_half_mm
    span = rectangle_mm3(20, head.plate_mm)
    return [
        Check(
            "bracket's ears, knock from the side",
            NOTCH * KNOCK_N * from_plate / beside,
            ACROSS_MPA,
            "MPa",
        ),
        Check("bracket's ears, knock from above", NOTCH * pull, ACROSS_MPA, "MPa"),
        Check("knuckle at the pan hole", NOTCH * KNOCK_N * from_pan / drilled, ALONG_MPA, "MPa"),
        Check("knuckle at the tilt hole", NOTCH * KNOCK_N * from_tilt / drilled, ALONG_MPA, "MPa"),
        Check("cradle's ears, knock from the side", NOTCH * sideways, ALONG_MPA, "MPa"),
        Check(
            "cradle's plate, knock on a camera's end",
            NOTCH * on_plate * head.ears_apart_mm / 8 / span,
            ALONG_MPA,
            "MPa",
        ),
    ]


def _clamp_checks(unit_kg: float, mount: Mount) -> list[Check]:
    clamp, joint = mount.clamp, mount.joint
    aside = clamp.bolt_gap_mm + clamp.bolt_mm / 2
    beside_slot = rectangle_mm3(clamp.height_mm - 2 * clamp.slot_mm, clamp.thickness_mm)
    bent = 2 * CLAMP_BOLT_N * aside / beside_slot
    pressed = 4 * CLAMP_BOLT_N
    tube = min(50.0, clamp.pad_width_mm)
    to_front = _lever_mm(mount) + mount.head.reach_mm + mount.head.clear_mm + mount.head.bracket_mm
    twist = KNOCK_N * (to_front + clamp.thickness_mm + 40) / 1000
    floor = clamp.thickness_mm - joint.pocket_mm
    pull = KNOCK_N * to_front / joint.high_mm / 2
    return [
        Check("jaw, bent by its bolts, lasting", bent, LASTING_MPA, "MPa", 1.0),
        Check(
            "clamp sliding down, bump",
            BUMP_G * GRAVITY * unit_kg,
            2 * RUBBER_FRICTION * pressed,
            "N",
        ),
        Check("clamp sliding down, knock", KNOCK_N, 2 * RUBBER_FRICTION * pressed, "N"),
        Check(
            "clamp lifting off a 50 mm tube, knock from the side",
            twist,
            pressed * tube / 2 / 1000,
            "Nm",
        ),
        Check(
            "bolt's head through the jaw",
            NOTCH * pull / (pi * M6.head_flats_mm * floor),
            ACROSS_MPA / 2,
            "MPa",
        ),
    ]


def slip_nm(mount: Mount = MOUNT) -> float:
    """At what moment pan and tilt turn: two faces, pressed by one M8."""
    radius_mm = (mount.head.barrel_mm / 2 + M8.hole_mm / 2) / 2
    return 2 * PLASTIC_FRICTION * JOINT_BOLT_N * radius_mm / 1000


def slip_n(mount: Mount = MOUNT) -> float:
    """The push on the camera's front, from the side, at which the pan joint turns."""
    return slip_nm(mount) / ((_lever_mm(mount) + mount.head.reach_mm) / 1000)


def _joint_checks(camera_side_kg: float, mount: Mount) -> list[Check]:
    hangs_nm = BUMP_G * GRAVITY * camera_side_kg * _lever_mm(mount) / 1000
    bar_j = BAR_KG * BAR_M_S**2 / 2
    room_j = slip_nm(mount) * 0.5  # half a radian of turning
    return [
        Check("tilt joint turning under the camera, bump", hangs_nm, slip_nm(mount), "Nm"),
        Check("pan joint turning before anything breaks", slip_n(mount), KNOCK_N, "N"),
        Check("bar's swing taken by half a radian of pan", bar_j, room_j, "J", 1.0),
    ]


def boom_sag_mm(end_kg: float, mount: Mount = MOUNT) -> float:
    """How far the longest boom's end hangs down under a mass: force * length^3 / (3 E I)."""
    boom = mount.boom
    inner = boom.tube_mm - 2 * boom.tube_wall_mm
    second_moment_mm4 = (boom.tube_mm**4 - inner**4) / 12
    free_mm = boom.longest_mm - boom.saddle_length_mm
    return GRAVITY * end_kg * free_mm**3 / (3 * ALUMINIUM_GPA * 1000 * second_moment_mm4)


def _boom_checks(mount: Mount) -> list[Check]:
    boom, joint = mount.boom, mount.joint
    inner = boom.tube_mm - 2 * boom.tube_wall_mm
    modulus = (boom.tube_mm**4 - inner**4) / (6 * boom.tube_mm)
    moment = BOOM_N * (boom.longest_mm - boom.saddle_length_mm / 2)
    half = boom.saddle_length_mm / 2
    # the channel's walls take the moment as two opposite pressures, each over half the saddle
    wall = moment / (half * 4 / 3) / (half * boom.channel_deep_mm)
    radius = (joint.wide_mm**2 + joint.high_mm**2) ** 0.5 / 2
    bearing = moment / (4 * radius) / (M6.diameter_mm * 2 * M6.diameter_mm)
    lifting = moment / joint.wide_mm / 2
    head_press = lifting / (pi * M6.head_flats_mm * (mount.clamp.thickness_mm - joint.pocket_mm))
    return [
        Check("boom tube", moment / modulus, ALUMINIUM_MPA, "MPa"),
        Check("saddle's channel under the tube", NOTCH * wall, ALONG_MPA, "MPa"),
        Check("saddle's holes under its bolts", NOTCH * bearing, ALONG_MPA, "MPa"),
        Check("bolt's head through the jaw, boom", NOTCH * head_press, ACROSS_MPA / 2, "MPa"),
        # the bolts beside the tube stop it even where the rubber slips
        Check(
            "clamp turning on a 50 mm upright, boom pushed up or down",
            moment / 1000,
            2 * RUBBER_FRICTION * 4 * CLAMP_BOLT_N * 25 / 1000,
            "Nm",
            1.5,
        ),
        Check(
            "clamp lifting off a 50 mm upright, boom pushed sideways",
            moment / 1000,
            4 * CLAMP_BOLT_N * 25 / 1000,
            "Nm",
            1.5,
        ),
        Check("tube sliding in the saddle", BOOM_N, 2 * PLASTIC_FRICTION * 4 * SADDLE_BOLT_N, "N"),
    ]
