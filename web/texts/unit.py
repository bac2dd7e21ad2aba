"""Sentences that the unit made in English, in another language.

device/ knows no languages: an error, a reason, a piece of advice reaches the page as an English
sentence, some are read from the database years later. The catalogue has each of them with holes
for what was put in (`Only %(free_mb)s MB are free ...`); a sentence is compared with those, and
what stood in the holes is put into the translation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache

_HOLE = re.compile(r"%\((\w+)\)s")
_DEEPEST = 3  # a sentence may hold a reason, which may hold a number with its unit
_KEPT = 512


class UnitTexts:
    """The unit's sentences of one language: pairs of English and translation, both with holes."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        known = list(pairs)
        # The one with the most words of its own decides: holes fit nearly everything.
        known.sort(key=lambda pair: -len(_HOLE.sub("", pair[0])))
        self._plain = {english: text for english, text in known if not _HOLE.search(english)}
        self._holed = [(_pattern(english), text) for english, text in known if "%(" in english]
        self.told: Callable[[str], str | None] = lru_cache(_KEPT)(self._told)

    def _told(self, sentence: str, depth: int = 0) -> str | None:
        """The sentence in this language; None where it is not known."""
        if sentence in self._plain:
            return self._plain[sentence].replace("%%", "%")
        for pattern, text in self._holed:
            found = pattern.fullmatch(sentence)
            if found is not None:
                return text % {name: self._part(part, depth) for name, part in found_parts(found)}
        return self._both(sentence, depth)

    def _part(self, part: str, depth: int) -> str:
        return (self._told(part, depth + 1) if depth < _DEEPEST else None) or part

    def _both(self, sentence: str, depth: int) -> str | None:
        """'what: why' or 'what, how', where both are known."""
        for between in (": ", ", "):
            what, found, why = sentence.partition(between)
            if not found or depth >= _DEEPEST:
                continue
            first, second = self._told(what, depth + 1), self._told(why, depth + 1)
            if first and second:
                return f"{first}{between}{second}"
        return None


def found_parts(found: re.Match[str]) -> list[tuple[str, str]]:
    """What stood in each hole, by the hole's name."""
    return [(name.removeprefix("_"), part) for name, part in found.groupdict().items()]


def _pattern(english: str) -> re.Pattern[str]:
    """Matches the sentence with anything in its holes, and the same in holes of one name."""
    parts: list[str] = []
    seen: set[str] = set()
    # '3 to 40' is known by so little that its holes hold one word each.
    inside = ".*?" if re.search(r"[a-z]{3}", _HOLE.sub("", english)) else r"\S+?"
    for number, part in enumerate(_HOLE.split(english)):
        if number % 2 == 0:
            parts.append(re.escape(part.replace("%%", "%")))
        elif part in seen:
            parts.append(f"(?P=_{part})")
        else:
            seen.add(part)
            parts.append(f"(?P<_{part}>{inside})")
    return re.compile("".join(parts), re.DOTALL)
