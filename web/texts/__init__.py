"""Every word that a person reads on the page, in one catalogue (docs/languages.md)."""

from web.texts.catalogue import PROGRAM_TEXTS, Language, found_in
from web.texts.spoken import (
    N_,
    Words,
    gettext,
    language,
    ngettext,
    pgettext,
    speaking,
    told,
)

__all__ = [
    "N_",
    "PROGRAM_TEXTS",
    "Language",
    "Words",
    "found_in",
    "gettext",
    "language",
    "ngettext",
    "pgettext",
    "speaking",
    "told",
]
