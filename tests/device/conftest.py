from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from gpiozero import Device
from gpiozero.pins.mock import MockFactory, MockPWMPin

from device.notebook import Notebook


@pytest.fixture
def pins() -> Iterator[MockFactory]:
    """gpiozero's mock pins, which can be dimmed as a Raspberry Pi's can."""
    before = Device.pin_factory
    Device.pin_factory = MockFactory(pin_class=MockPWMPin)
    yield Device.pin_factory
    Device.pin_factory.reset()
    Device.pin_factory = before


@pytest.fixture
def notebook(database: Path) -> Iterator[Notebook]:
    """The notebook of a test module's own `database`."""
    with Notebook.open(database) as opened:
        yield opened
