"""The language of the answer that is being made, and the functions that say something in it.

    with speaking(languages["de"]):
        _("Set %(number)s", number=3)

The usual names of gettext: `_` marks a text and translates it, `N_` only marks it (for tables that
are made before anybody asks). Outside of an answer the language is English.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from web.texts.catalogue import Language

_ENGLISH = Language()
_now: ContextVar[Language] = ContextVar("language", default=_ENGLISH)


def language() -> Language:
    """The language that is spoken now."""
    return _now.get()


@contextmanager
def speaking(wanted: Language) -> Iterator[None]:
    """Speaks it for a while."""
    before = _now.set(wanted)
    try:
        yield
    finally:
        _now.reset(before)


def speak(wanted: Language | None = None) -> None:
    """Speaks it from now on; None: English."""
    _now.set(wanted or _ENGLISH)


def gettext(message: str, **values: object) -> str:
    """The message, with `%(name)s` filled in; `%%` is a percent sign."""
    return _now.get().translations.gettext(message) % values


def ngettext(one: str, many: str, number: int, **values: object) -> str:
    """The form that goes with the number, which is `%(num)s` in it."""
    text = _now.get().translations.ngettext(one, many, number)
    return text % {"num": number, **values}


def pgettext(context: str, message: str, **values: object) -> str:
    """The message where the same English word means different things."""
    return _now.get().translations.pgettext(context, message) % values


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for it
    """The message as it is: marked for the catalogue, translated where it is shown."""
    return message


def told(text: object) -> str:
    """A sentence that the unit or an exception made in English; unknown ones stay English."""
    sentence = str(text)
    here = _now.get()
    if here.english:
        return sentence
    return here.unit.told(sentence) or here.translations.gettext(sentence)


class Words(Mapping[str, str]):
    """A table of words by code: what is looked up comes in the language that is spoken."""

    def __init__(self, words: Mapping[str, str]) -> None:
        self._words = dict(words)

    def __getitem__(self, key: str) -> str:
        return gettext(self._words[key])

    def __iter__(self) -> Iterator[str]:
        return iter(self._words)

    def __len__(self) -> int:
        return len(self._words)
