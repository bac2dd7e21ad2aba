"""QR codes that another reader, OpenCV's, reads back."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from web.qr import qr_modules, qr_svg


def picture(text: str) -> np.ndarray:
    dark = np.pad(qr_modules(text), 4)
    return np.kron(np.where(dark, 0, 255).astype(np.uint8), np.ones((6, 6), np.uint8))


@pytest.mark.parametrize(
    "text",
    [
        "http://rack/",
        "http://rack-1a2b.local/c",
        "http://rack-1a2b.local:8080/card/abcd",
        "http://rack-1a2b.local:8080/card/pV3wZ-x_09AbCdEfGhIjKlMn",
        "http://rack-1a2b.local:8080/card/pV3wZ-x_09AbCdEfGhIjKlMn" + "x" * 26,
    ],
)
def test_each_version_reads_back(text: str) -> None:
    found, _, _ = cv2.QRCodeDetector().detectAndDecode(picture(text))
    assert found == text


def test_what_does_not_fit_is_told() -> None:
    with pytest.raises(ValueError, match="85 bytes"):
        qr_modules("x" * 85)


def test_the_svg_holds_each_dark_module_and_a_quiet_zone() -> None:
    text = "http://rack/"
    svg = qr_svg(text)
    assert svg.count("h1v1h-1z") == int(qr_modules(text).sum())
    assert 'viewBox="0 0 29 29"' in svg
