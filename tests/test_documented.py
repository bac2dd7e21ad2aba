"""Every setting, sub-command and verb is documented, and the generated pages are not stale."""

from __future__ import annotations

import importlib.util
import re
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

from device.settings import describe_settings

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
STALE = "docs/{} is not what the program says: run `make docs`"


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_settings_page_is_what_the_schema_says(generate: ModuleType) -> None:
    written = (DOCS / "settings.md").read_text(encoding="utf-8")
    assert written == generate.settings_page(), STALE.format("settings.md")


def test_the_commands_page_is_what_the_parsers_say(generate: ModuleType) -> None:
    written = (DOCS / "commands.md").read_text(encoding="utf-8")
    assert written == generate.commands_page(), STALE.format("commands.md")


def test_every_setting_stands_on_its_page_with_a_meaning() -> None:
    page = (DOCS / "settings.md").read_text(encoding="utf-8")
    for key, _, _, meaning in describe_settings():
        section, _, name = key.partition("/")
        table = page.split(f"## {section}\n")[1].split("\n## ")[0]
        assert f"| `{name}` |" in table, f"{key} is not documented"
        assert len(meaning) > 10, f"{key} has no explanation"


def test_every_sub_command_and_argument_has_a_help_text(generate: ModuleType) -> None:
    from device.arguments import build_parser

    page = (DOCS / "commands.md").read_text(encoding="utf-8")
    commands = list(generate.sub_commands(build_parser()))
    assert {"run", "demo", "replay", "record", "check", "bench"} <= {
        name for name, _, _ in commands
    }
    for name, summary, command in commands:
        assert f"## racklight {name}\n" in page, f"racklight {name} is not documented"
        assert summary or command.description, f"racklight {name} has no help text"
        for action in generate.own_actions(command):
            assert action.help, f"racklight {name}: {action.dest} has no help text"


def test_every_verb_of_setup_stands_in_its_help() -> None:
    text = (ROOT / "setup.sh").read_text(encoding="utf-8")
    verbs = re.findall(
        r"^ *(\w+)[\w| -]*\) \w+", text.split("case $verb in")[1], flags=re.MULTILINE
    )
    assert {"demo", "test", "help"} <= set(verbs)
    shown = subprocess.run(
        [str(ROOT / "setup.sh"), "help"], check=True, capture_output=True, text=True
    ).stdout
    for verb in verbs:
        assert re.search(rf"^  {verb} ", shown, flags=re.MULTILINE), f"no help for {verb}"


def test_a_new_setting_makes_the_page_stale(
    generate: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [*describe_settings(), ("web/colour", "red", "text", "The colour of the page.")]
    monkeypatch.setattr(generate, "describe_settings", lambda: rows)
    assert "| `colour` | `red` |" in generate.settings_page()
    assert generate.settings_page() != (DOCS / "settings.md").read_text(encoding="utf-8")
