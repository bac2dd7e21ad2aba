"""A language for tests: every message of the catalogue with an accent on each letter.

What is still plain ASCII on a page in this language is data, or was forgotten.
"""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

from web.texts.extract import TEMPLATE
from web.texts.po import Entry, read, written

CODE = "qps-ploc"  # what browsers take for a language that is none
HEADER = (
    "Language: qps-ploc\nContent-Type: text/plain; charset=UTF-8\n"
    "Plural-Forms: nplurals=2; plural=(n != 1);\n"
)
_ACCENTS = str.maketrans(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "ȧƀƈḓḗƒɠħīĵķŀḿƞǿƥɋřşŧŭṽẇẋẏẑȦƁƇḒḖƑƓĦĪĴĶĿḾȠǾƤɊŘŞŦŬṼẆẊẎẐ",
)
_KEPT = re.compile(r"(%\(\w+\)s|<[^>]*>|%%)")
_SHOWN = ("title", "aria-label", "placeholder", "alt", "data-label")
_NOT_READ = {"script", "style", "code"}
_BARE = re.compile(r"[A-Za-z]{2,}")
_KEY = re.compile(r"\b[a-z_]+/[a-z_]+\b")  # of a setting


def accented(text: str) -> str:
    """The text in the pseudo language; its holes and tags stay."""
    parts = _KEPT.split(text)
    return "".join(
        part if number % 2 else part.translate(_ACCENTS) for number, part in enumerate(parts)
    )


def pseudo_catalogue() -> str:
    """The whole catalogue as a .po file."""
    _, *entries = read(TEMPLATE.read_text(encoding="utf-8"))
    return written([Entry("", strings=(HEADER,)), *(_translated(entry) for entry in entries)])


def speak_pseudo(folder: Path) -> None:
    """Has the unit whose database lies in the folder speak it."""
    texts = folder / "texts"
    texts.mkdir()
    (texts / f"{CODE}.po").write_text(pseudo_catalogue(), encoding="utf-8")
    (folder / "chosen.toml").write_text(f'[page]\nlanguage = "{CODE}"\n', encoding="utf-8")


def bare(texts: list[str], data: set[str]) -> list[str]:
    """What of the texts is in no language but English; `data` are words that are the unit's own."""
    words = {text: _BARE.findall(_KEY.sub("", text)) for text in texts}
    return [text for text in texts if not data.issuperset(words[text])]


def texts_of(html: str) -> list[str]:
    """Every text of a page that somebody sees or hears."""
    reader = _Reader()
    reader.feed(html)
    return reader.found


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name in _SHOWN and value]
        if tag in _NOT_READ:
            self._inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._inside[-1:] == [tag]:
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        if data.strip() and not self._inside:
            self.found.append(" ".join(data.split()))


def _translated(entry: Entry) -> Entry:
    said = [entry.message] if entry.plural is None else [entry.message, entry.plural]
    return replace(entry, strings=tuple(accented(text) for text in said), places=())
