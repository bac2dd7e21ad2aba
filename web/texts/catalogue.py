"""The languages there are: English, which is in the program, and each .po file in a folder.

languages = found_in(PROGRAM_TEXTS, database.parent / "texts")
languages["de"].translations.gettext("Clean")

A language is one file, `de.po` say: read when the page starts, nothing is built. What of it does
not fit (a placeholder or a tag that the English has not) is left out, and the English stands in.
"""

from __future__ import annotations

import gettext
import io
import logging
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from web.texts.po import BadCatalogueError, Entry, compiled, read
from web.texts.unit import UnitTexts

PROGRAM_TEXTS = Path(__file__).parent
OF_SCRIPTS = "script"  # the context of messages that are in the page's scripts
OF_UNIT = "unit"  # the context of sentences that come from device/
ENGLISH = "en"
OWN_NAME = ("this language's own name", "English")

_CODE = re.compile(r"[a-z]{2,3}([-_][A-Za-z0-9]{2,8})*")
_HOLE = re.compile(r"%\((\w+)\)s")
_TAG = re.compile(r"<[^>]*>")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Language:
    """One language's texts; `code` as HTML's lang has it."""

    code: str = ENGLISH
    name: str = "English"
    translations: gettext.NullTranslations = field(default_factory=gettext.NullTranslations)
    scripts: dict[str, str] = field(default_factory=dict)  # the messages of the page's scripts
    unit: UnitTexts = field(default_factory=lambda: UnitTexts([]))

    @property
    def english(self) -> bool:
        """Whether it is the program's own language."""
        return self.code == ENGLISH


def found_in(*folders: Path) -> dict[str, Language]:
    """Languages by code, English first; a later folder's file comes before an earlier one's.

    A file that can't be read is told in the log, and its language is not offered.
    """
    found = {ENGLISH: Language()}
    for folder in folders:
        for file in sorted(folder.glob("*.po")) if folder.is_dir() else ():
            if not _CODE.fullmatch(file.stem) or file.stem == ENGLISH:
                _log.warning("%s is not named after a language (de.po, say): left out", file)
                continue
            try:
                language = language_of(file.stem, file.read_text(encoding="utf-8"))
            except (OSError, ValueError) as error:
                _log.warning("The language %s can't be read (%s): left out", file, error)
                continue
            found[language.code] = language
    return found


def language_of(name: str, text: str) -> Language:
    """The language of a .po file's text. Raises BadCatalogueError."""
    header, *rest = read(text) or [Entry("")]
    if header.message:
        raise BadCatalogueError("it does not begin with a header (an empty msgid)")
    wrong = [entry for entry in rest if not fits(entry)]
    for entry in wrong:
        _log.warning("%s: the translation of %r does not fit: left out", name, entry.message)
    entries = [entry for entry in rest if fits(entry)]
    try:
        translations = gettext.GNUTranslations(io.BytesIO(compiled([header, *entries])))
    except (ValueError, SyntaxError) as error:  # what the header says of plural forms
        raise BadCatalogueError(f"its header is not right: {error}") from error
    own = translations.pgettext(*OWN_NAME)
    return Language(
        code=name.replace("_", "-"),
        name=name if own == OWN_NAME[1] else own,
        translations=translations,
        scripts=_of(OF_SCRIPTS, entries),
        unit=UnitTexts(_of(OF_UNIT, entries).items()),
    )


def fits(entry: Entry) -> bool:
    """Whether a translation asks for nothing that the page does not give it."""
    known = set(_HOLE.findall(f"{entry.message}{entry.plural or ''}"))
    tags = Counter(_TAG.findall(entry.message))
    for text in entry.strings:
        if not text:
            continue
        stray = "%" in _HOLE.sub("", text).replace("%%", "")
        if stray or not known.issuperset(_HOLE.findall(text)):
            return False
        if Counter(_TAG.findall(text)) != tags:
            return False
    return True


def _of(context: str, entries: Iterable[Entry]) -> dict[str, str]:
    """The translated messages of a context."""
    return {
        entry.message: entry.strings[0]
        for entry in entries
        if entry.context == context and entry.strings and entry.strings[0]
    }
