"""Fixtures of the camera tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from camera_rig import Rig


@pytest.fixture
def rig() -> Rig:
    return Rig()


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording of 12 frames."""
    return Rig().record(tmp_path_factory.mktemp("recording") / "squat.db3", 12)
