"""Writes docs/settings.md and docs/commands.md from the program itself.

`make docs` runs it; tests/test_documented.py fails when a page is not what it would write.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

DOCS = Path(__file__).resolve().parent
PROGRAM = DOCS.parent
if __name__ == "__main__":
    sys.path.insert(0, str(PROGRAM))

from device.arguments import build_parser  # noqa: E402
from device.settings import describe_settings  # noqa: E402

NOTICE = "<!-- Written by docs/generate.py; change the program, then run `make docs`. -->\n"

SETTINGS_HEAD = """# Settings

One TOML file, normally `/etc/racklight/racklight.toml`; what it leaves out keeps its default.
A value that is unknown, of the wrong type or out of range stops the program with a sentence that
names it.

```toml
[camera]
source = "realsense"

[wink]
threshold_deg = 12
```
"""

COMMANDS_HEAD = """# Commands

`setup.sh` sets the program up in its folder. `racklight` (the same as `python -m device` from the
program's folder) is the program.

## setup.sh
"""


def settings_page() -> str:
    """docs/settings.md: a table for each section of the settings file."""
    parts = [SETTINGS_HEAD]
    for section, rows in groupby(describe_settings(), key=lambda row: row[0].partition("/")[0]):
        parts.append(f"## {section}\n")
        lines = ["| setting | default | allowed | meaning |", "| --- | --- | --- | --- |"]
        for key, default, allowed, meaning in rows:
            name = key.partition("/")[2]
            shown = f"`{default}`" if default else "empty"
            lines.append(f"| `{name}` | {shown} | {_cell(allowed)} | {_cell(meaning)} |")
        parts.append("\n".join(lines) + "\n")
    return "\n".join((NOTICE, *parts))


def commands_page() -> str:
    """docs/commands.md: the verbs of setup.sh and every sub-command of racklight."""
    parser = build_parser()
    parts = [COMMANDS_HEAD, f"```text\n{_setup_help()}```\n"]
    parts.append("## Before any command of racklight\n")
    parts.append(_table(parser))
    for name, summary, command in sub_commands(parser):
        parts.append(f"## racklight {name}\n\n{_sentence(command.description or summary)}\n")
        if own_actions(command):
            parts.append(_table(command))
    return "\n".join((NOTICE, *parts))


def sub_commands(
    parser: argparse.ArgumentParser,
) -> Iterator[tuple[str, str, argparse.ArgumentParser]]:
    """(name, one-line help, parser) of every sub-command; argparse has no public way to ask."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            help_by_name = {choice.dest: choice.help or "" for choice in action._choices_actions}
            for name, command in action.choices.items():
                yield name, help_by_name.get(name, ""), command


def own_actions(command: argparse.ArgumentParser) -> list[argparse.Action]:
    """The arguments of a parser that are meant to be seen."""
    hidden = (argparse._HelpAction, argparse._SubParsersAction)
    return [
        action
        for action in command._actions
        if not isinstance(action, hidden) and action.help != argparse.SUPPRESS
    ]


def _table(command: argparse.ArgumentParser) -> str:
    rows = [_argument(action) for action in own_actions(command)]
    return "\n".join(("| argument | meaning |", "| --- | --- |", *rows)) + "\n"


def _argument(action: argparse.Action) -> str:
    value = action.metavar or ("|".join(map(str, action.choices)) if action.choices else None)
    shown = value if isinstance(value, str) else action.dest.upper()
    if action.option_strings:
        name = ", ".join(action.option_strings)
        name = name if action.nargs == 0 else f"{name} {shown}"
    else:
        name = shown if action.metavar else action.dest.upper()
    meaning = (action.help or "").replace("%(default)s", str(action.default))
    return f"| `{_cell(name)}` | {_cell(_sentence(meaning))} |"


def _setup_help() -> str:
    command = [str(PROGRAM / "setup.sh"), "help"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _sentence(text: str) -> str:
    text = " ".join(text.split())
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "?", "!")) else ".")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main() -> None:
    """Writes both pages beside this file."""
    (DOCS / "settings.md").write_text(settings_page(), encoding="utf-8")
    (DOCS / "commands.md").write_text(commands_page(), encoding="utf-8")


if __name__ == "__main__":
    main()
