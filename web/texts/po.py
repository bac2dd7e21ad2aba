"""Reads and writes gettext's .po files, as far as this program's catalogues need them.

    entries = read(file.read_text())          # the header is the entry with the empty message
    file.write_text(written(entries))

The format is that of the GNU gettext manual, 'The Format of PO Files'. Fuzzy and obsolete entries
are left out: they are no translations yet, or none any more.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_KEYWORD = re.compile(r'(msgctxt|msgid|msgid_plural|msgstr|msgstr\[(\d)\])\s+(".*")\s*')
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}
_MO_MAGIC = 0x950412DE
_MO_HEAD = 28  # bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """One message and its translations: one, or one for each of the language's plural forms."""

    message: str
    plural: str | None = None
    context: str | None = None
    strings: tuple[str, ...] = ()
    places: tuple[str, ...] = ()  # where the program says it


class BadCatalogueError(ValueError):
    """A .po file that can't be read, with the line."""


def read(text: str) -> list[Entry]:
    """The entries that count, in their order. Raises BadCatalogueError."""
    return [entry for block in _blocks(text) if (entry := _entry(block)) is not None]


def written(entries: Iterable[Entry]) -> str:
    """The file's text."""
    return "\n".join(_lines_of(entry) for entry in entries)


def compiled(entries: Iterable[Entry]) -> bytes:
    """What `gettext.GNUTranslations` reads (the manual's 'The Format of GNU MO Files').

    Entries without a translation are left out: the English then stands in for it.
    """
    whole = [one for one in entries if one.strings and all(one.strings)]
    pairs = sorted((_key(one), "\0".join(one.strings)) for one in whole)
    known = [(key.encode(), value.encode()) for key, value in pairs]
    count = len(known)
    at = _MO_HEAD + 16 * count
    tables: list[list[int]] = [[], []]
    packed = b""
    for side in (0, 1):
        for pair in known:
            tables[side] += [len(pair[side]), at + len(packed)]
            packed += pair[side] + b"\0"
    head = struct.pack(
        "<7I", _MO_MAGIC, 0, count, _MO_HEAD, _MO_HEAD + 8 * count, 0, _MO_HEAD + 16 * count
    )
    return head + struct.pack(f"<{4 * count}I", *tables[0], *tables[1]) + packed


def _key(entry: Entry) -> str:
    before = "" if entry.context is None else f"{entry.context}\x04"
    after = "" if entry.plural is None else f"\0{entry.plural}"
    return f"{before}{entry.message}{after}"


_Block = list[tuple[int, str]]  # lines with their numbers


def _blocks(text: str) -> Iterator[_Block]:
    """The lines of each entry: an entry ends at an empty line, or where the next one begins."""
    block: _Block = []
    told = False  # the block has a translation already
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        begins = stripped.startswith(("#", "msgctxt", "msgid ")) and told
        if not stripped or begins:
            yield block
            block, told = [], False
        if stripped:
            block.append((number, stripped))
            told = told or stripped.startswith("msgstr")
    yield block


def _entry(block: _Block) -> Entry | None:
    """None for comments, obsolete and fuzzy entries."""
    parts: dict[str, str] = {}
    places: list[str] = []
    current = ""
    for number, line in block:
        if line.startswith("#"):
            if line.startswith("#,") and "fuzzy" in line:
                return None
            if line.startswith("#:"):
                places += line[2:].split()
            continue
        found = _KEYWORD.fullmatch(line)
        if found is not None:
            current = found[1]
            parts[current] = _unquoted(found[3], number)
        elif line.startswith('"') and current:
            parts[current] += _unquoted(line, number)
        else:
            raise BadCatalogueError(f"line {number} is not of a .po file: {line[:40]!r}")
    if "msgid" not in parts:
        return None
    strings = [parts[name] for name in sorted(parts) if name.startswith("msgstr")]
    return Entry(
        parts["msgid"],
        parts.get("msgid_plural"),
        parts.get("msgctxt"),
        tuple(strings),
        tuple(places),
    )


def _unquoted(text: str, number: int) -> str:
    if len(text) < 2 or not text.endswith('"'):
        raise BadCatalogueError(f"line {number} has no closing quote: {text[:40]!r}")
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), text[1:-1])


def _quoted(text: str) -> str:
    text = text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
    if "\n" not in text:
        return f'"{text}"'
    lines = text.splitlines(keepends=True)
    return "\n".join(['""', *('"' + line.replace("\n", "\\n") + '"' for line in lines)])


def _lines_of(entry: Entry) -> str:
    lines = [f"#: {place}" for place in entry.places]
    if "%(" in entry.message:
        lines.append("#, python-format")
    if entry.context is not None:
        lines.append(f"msgctxt {_quoted(entry.context)}")
    lines.append(f"msgid {_quoted(entry.message)}")
    if entry.plural is None:
        lines.append(f"msgstr {_quoted(entry.strings[0] if entry.strings else '')}")
    else:
        lines.append(f"msgid_plural {_quoted(entry.plural)}")
        strings = entry.strings or ("", "")
        lines += [f"msgstr[{form}] {_quoted(text)}" for form, text in enumerate(strings)]
    return "\n".join(lines) + "\n"
