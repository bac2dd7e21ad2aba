"""The RealSense on USB: is one there, and can its port carry the pictures?"""

from __future__ import annotations

from typing import Any

from device.cameras import librealsense, streams
from device.errors import NoCameraError
from device.settings import CameraSettings


def find_device(context: Any, serial: str) -> Any:
    """The camera with this serial number, or the first one. Raises NoCameraError."""
    devices = list(context.query_devices())
    serials = [librealsense.info(device, "serial_number") or "?" for device in devices]
    if not devices:
        raise NoCameraError("No RealSense is plugged in: plug the camera into a blue USB 3 port.")
    if serial and serial not in serials:
        raise NoCameraError(
            f"No RealSense with serial number {serial} is plugged in (there is"
            f" {', '.join(serials)}): plug it in or change camera/serial."
        )
    return devices[serials.index(serial) if serial else 0]


def mode_missing(device: Any, wanted: CameraSettings) -> NoCameraError:
    """What to say of a camera that can't do what the settings ask."""
    name = librealsense.info(device, "name")
    mode = streams.describe(wanted)
    if is_usb_2(librealsense.info(device, "usb_type_descriptor")):
        return NoCameraError(
            f"The {name} is plugged into a USB 2 port, which can't carry {mode}: move it to a blue"
            " USB 3 port with a USB 3 cable."
        )
    return NoCameraError(
        f"The {name} has no {mode}: change the sizes or fps in the [camera] settings."
    )


def is_usb_2(usb: str | None) -> bool:
    """Whether a `usb_type_descriptor` such as '2.1' names a slow port."""
    return usb is not None and usb.startswith("2")
