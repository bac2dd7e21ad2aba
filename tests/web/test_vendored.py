"""What others wrote and the page serves is what NOTICE says it is, and carries its licence."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENDOR = ROOT / "web" / "static" / "vendor"


def test_every_vendored_file_is_the_one_whose_checksum_stands_in_the_notice() -> None:
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    said = set(re.findall(r"sha256 ([0-9a-f]{64})", notice))
    served = [file for file in VENDOR.iterdir() if file.suffix != ".LICENSE"]
    assert {file.name for file in served} == {"uplot-1.6.32.min.js", "uplot-1.6.32.min.css"}
    for file in served:
        assert file.name in notice
        assert hashlib.sha256(file.read_bytes()).hexdigest() in said, file.name


def test_the_licence_lies_beside_it_and_the_version_stands_in_the_file() -> None:
    assert "MIT License" in (VENDOR / "uplot-1.6.32.LICENSE").read_text(encoding="utf-8")
    assert "(v1.6.32)" in (VENDOR / "uplot-1.6.32.min.js").read_text(encoding="utf-8")[:100]


def test_nothing_vendored_asks_another_machine_for_anything() -> None:
    for file in VENDOR.iterdir():
        text = file.read_text(encoding="utf-8")
        assert not re.search(
            r"fetch\(|XMLHttpRequest|import\(|@import|url\(|sourceMappingURL", text
        )
