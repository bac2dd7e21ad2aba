"""Languages in the application: which one answers a request, and the templates' functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import Flask, request
from jinja2 import Environment
from markupsafe import escape

from web.texts import spoken
from web.texts.catalogue import ENGLISH, Language

_PROGRAMS = ("/api/", "/healthz", "/metrics")  # what programs read stays English


def install(app: Flask, languages: Mapping[str, Language], chosen: Callable[[], str]) -> None:
    """Has each answer to a person be in the language that is `chosen` then; English without."""
    prepare(app.jinja_env)
    app.jinja_env.globals.update(told=spoken.told, script_texts=script_texts)

    def begin() -> None:
        for_programs = request.path.startswith(_PROGRAMS)
        spoken.speak(languages.get(ENGLISH if for_programs else chosen()))

    app.before_request(begin)
    app.teardown_request(lambda error: spoken.speak())


def prepare(environment: Environment) -> None:
    """`_()`, `ngettext()`, `pgettext()` and `{% trans %}` in templates."""
    environment.policies["ext.i18n.trimmed"] = True
    environment.add_extension("jinja2.ext.i18n")
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        _gettext, _ngettext, newstyle=True, pgettext=_pgettext, npgettext=_npgettext
    )


def script_texts() -> dict[str, str]:
    """What the page's scripts say, by the English, and the decimal mark; empty for English."""
    here = spoken.language()
    return {} if here.english else {**here.scripts, ".": spoken.pgettext("decimal mark", ".")}


# The templates' own functions fill the holes and take the text for HTML, so a translation may
# bring no tag or quote that the English has not (catalogue.fits sees to the tags).


def _gettext(message: str) -> str:
    return _safe(message, spoken.language().translations.gettext(message))


def _ngettext(one: str, many: str, number: int) -> str:
    return _safe(one, spoken.language().translations.ngettext(one, many, number))


def _pgettext(context: str, message: str) -> str:
    return _safe(message, spoken.language().translations.pgettext(context, message))


def _npgettext(context: str, one: str, many: str, number: int) -> str:
    found = spoken.language().translations.npgettext(context, one, many, number)
    return _safe(one, found)


def _safe(english: str, text: str) -> str:
    if spoken.language().english or "<" in english or "&" in english:
        return text
    return str(escape(text))
