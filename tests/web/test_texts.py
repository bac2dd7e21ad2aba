"""The catalogue: it holds what the program says, and a translation can't break a page."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from device.reasons import Reason, unsure
from device.settings import Settings
from tests.factories import make_state
from tests.web.conftest import HERE, Unit
from tests.web.pseudo import CODE, accented, speak_pseudo
from web import numbers, weights, words
from web.app import HUB, create_app
from web.texts import found_in, ngettext, speaking, told
from web.texts import gettext as _
from web.texts.catalogue import Language, fits, language_of
from web.texts.extract import TEMPLATE, UnclearMessageError, collect, of_python, of_unit
from web.texts.po import BadCatalogueError, Entry, read, written

HEADER = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n{plural}\\n"\n\n'
TWO = "Plural-Forms: nplurals=2; plural=(n != 1);"


def language(text: str, plural: str = TWO, name: str = "de") -> Language:
    return language_of(name, HEADER.format(plural=plural) + text)


def test_the_catalogue_is_what_the_program_says() -> None:
    assert TEMPLATE.read_text(encoding="utf-8") == collect(), "run `make texts`"


def test_a_translated_message_is_spoken_and_the_rest_stays_english() -> None:
    german = language('msgid "Clean"\nmsgstr "Sauber"\n\nmsgid "Partial"\nmsgstr ""\n')
    with speaking(german):
        assert words.VERDICT_WORDS["clean"] == "Sauber"
        assert words.VERDICT_WORDS["partial"] == "Partial"
    assert words.VERDICT_WORDS["clean"] == "Clean"


def test_each_number_gets_the_plural_form_of_its_language() -> None:
    three = "Plural-Forms: nplurals=3; plural=(n==1 ? 0 : n<5 ? 1 : 2);"
    polish = language(
        'msgid "%(num)s rep"\nmsgid_plural "%(num)s reps"\n'
        'msgstr[0] "%(num)s a"\nmsgstr[1] "%(num)s b"\nmsgstr[2] "%(num)s c"\n',
        three,
    )
    with speaking(polish):
        said = [ngettext("%(num)s rep", "%(num)s reps", number) for number in (1, 3, 7)]
    assert said == ["1 a", "3 b", "7 c"]


def test_a_context_tells_equal_words_apart() -> None:
    german = language(
        'msgid "Set"\nmsgstr "Satz"\n\nmsgctxt "button"\nmsgid "Set"\nmsgstr "Setzen"\n'
    )
    with speaking(german):
        assert _("Set") == "Satz"
        assert german.translations.pgettext("button", "Set") == "Setzen"


def test_numbers_have_the_decimal_mark_of_the_language() -> None:
    with speaking(language('msgctxt "decimal mark"\nmsgid "."\nmsgstr ","\n')):
        assert numbers.number("-1.5") == "−1,5"
        assert weights.load(102.5) == "102,5 kg"
    assert weights.load(102.5) == "102.5 kg"
    assert weights.load(61.235) == "61.2 kg", "135 lb"


@pytest.mark.parametrize(
    ("english", "translation", "good"),
    [
        ("Rep %(number)s", "Wdh. %(number)s", True),
        ("Rep %(number)s", "Wiederholung", True),
        ("Rep %(number)s", "Wdh. %(nummer)s", False),
        ("Rep %(number)s", "Wdh. %s", False),
        ("under 5 %%", "unter 5 %", False),
        ("type the name: <b>%(name)s</b>", "Name: <b>%(name)s</b>", True),
        ("type the name: <b>%(name)s</b>", "Name: <script>%(name)s</script>", False),
        ("Clean", "<b>Sauber</b>", False),
    ],
)
def test_a_translation_asks_for_nothing_that_the_page_does_not_give(
    english: str, translation: str, good: bool
) -> None:
    assert fits(Entry(english, strings=(translation,))) is good


def test_what_does_not_fit_is_left_out_and_told(caplog: pytest.LogCaptureFixture) -> None:
    wrong = language('msgid "Rep %(number)s"\nmsgstr "Wdh. %(nummer)s"\n')
    assert "does not fit" in caplog.text
    with speaking(wrong):
        assert _("Rep %(number)s", number=3) == "Rep 3"


def test_fuzzy_and_obsolete_entries_are_no_translations() -> None:
    text = '#, fuzzy\nmsgid "Clean"\nmsgstr "Rein"\n\n#~ msgid "Gone"\n#~ msgstr "Weg"\n'
    assert read(text) == []


def test_long_messages_and_escapes_are_read_as_they_were_written() -> None:
    entries = [Entry('a "quoted"\nline\\', strings=("x\n\ty",), places=("web/x.py",))]
    assert read(written(entries)) == entries
    assert read('msgid ""\n"one "\n"two"\nmsgstr "three"\n')[0].message == "one two"


@pytest.mark.parametrize(
    "text", ["msgid Clean\n", 'msgid "Clean\nmsgstr "x"\n', "something else\n"]
)
def test_a_file_that_is_no_catalogue_is_told_with_its_line(text: str) -> None:
    with pytest.raises(BadCatalogueError, match="line 1"):
        read(text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("de", "rubbish"),
        ("de", 'msgid "Clean"\nmsgstr "Sauber"\n'),
        ("de", HEADER.format(plural="Plural-Forms: nplurals=2; plural=import;")),
        ("deutsch!", HEADER.format(plural=TWO)),
    ],
)
def test_a_bad_file_is_told_in_the_log_and_not_offered(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str, text: str
) -> None:
    (tmp_path / f"{name}.po").write_text(text, encoding="utf-8")
    with caplog.at_level(logging.WARNING):
        assert list(found_in(tmp_path)) == ["en"]
    assert "left out" in caplog.text


def test_a_language_tells_its_own_name_and_has_a_code_that_browsers_know(tmp_path: Path) -> None:
    own = 'msgctxt "this language\'s own name"\nmsgid "English"\nmsgstr "Português"\n'
    (tmp_path / "pt_BR.po").write_text(HEADER.format(plural=TWO) + own, encoding="utf-8")
    (tmp_path / "de.po").write_text(HEADER.format(plural=TWO), encoding="utf-8")
    found = found_in(tmp_path)
    assert {code: one.name for code, one in found.items()} == {
        "en": "English",
        "de": "de",
        "pt-BR": "Português",
    }


# ---------------------------------------------------------------- the unit's sentences


def unit_language() -> Language:
    return language(
        'msgctxt "unit"\nmsgid "Only %(n1)s MB are free: delete old recordings."\n'
        'msgstr "Nur %(n1)s MB frei."\n\n'
        'msgctxt "unit"\nmsgid "the unit is not sure, plus or minus %(sd_deg)s degrees"\n'
        'msgstr "unsicher, +- %(sd_deg)s Grad"\n\n'
        f'msgctxt "unit"\nmsgid "{Reason.TOO_FAR}"\nmsgstr "zu weit weg"\n\n'
        'msgctxt "unit"\nmsgid "it hangs well, but %(reason)s"\nmsgstr "haengt gut, %(reason)s"\n'
    )


@pytest.mark.parametrize(
    ("english", "said"),
    [
        (Reason.TOO_FAR, "zu weit weg"),
        ("Only 312 MB are free: delete old recordings.", "Nur 312 MB frei."),
        (unsure(3.2, None), "unsicher, +- 3.2 Grad"),
        (unsure(3.2, Reason.TOO_FAR), "unsicher, +- 3.2 Grad: zu weit weg"),
        (f"it hangs well, but {Reason.TOO_FAR}", "haengt gut, zu weit weg"),
        ("the pelvis was hidden for 1.2 s", "the pelvis was hidden for 1.2 s"),
    ],
)
def test_a_sentence_of_the_unit_is_found_by_what_it_is_made_of(english: str, said: str) -> None:
    with speaking(unit_language()):
        assert told(english) == said
    assert told(english) == english


def test_every_reason_is_in_the_catalogue() -> None:
    known = {entry.message for entry in read(collect()) if entry.context == "unit"}
    assert set(Reason) <= known


def test_a_sentence_with_what_is_put_in_becomes_a_message_with_holes(tmp_path: Path) -> None:
    file = tmp_path / "device.py"
    file.write_text(
        '"""A docstring is none."""\n'
        'x = f"Only {free} of {1 + 1} are left."\ny = "SELECT id FROM reps"\n'
        'z = "key"\nlog.warning("nobody reads this")\nw = "move it {} back"\n'
    )
    found = [entry.message for entry in of_unit(file, tmp_path)]
    assert found == ["Only %(free)s of %(n2)s are left.", "move it %(n1)s back"]


def test_a_message_that_is_made_up_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "page.py"
    file.write_text('_(f"Rep {number}")\n')
    with pytest.raises(UnclearMessageError, match=r"page\.py:1"):
        list(of_python(file, tmp_path))


# ---------------------------------------------------------------- the application


def test_a_file_put_beside_the_database_is_offered_and_chosen(
    database: Path, socket_path: Path, coach: FlaskClient
) -> None:
    assert CODE not in coach.get("/settings").text
    speak_pseudo(database.parent)
    (database.parent / "chosen.toml").unlink()
    again = create_app(database, socket_path, Settings())
    try:
        client = again.test_client()
        cookie = coach.get_cookie("racklight")
        assert cookie is not None
        client.set_cookie("racklight", cookie.value)
        shown = client.get("/settings").text
        assert f'<option value="{CODE}">{accented("English")}</option>' in shown
        assert '<html lang="en">' in shown
    finally:
        again.extensions[HUB].close()


@pytest.fixture
def offered(database: Path) -> None:
    """Before the application is made: there is another language, and English is spoken."""
    speak_pseudo(database.parent)
    (database.parent / "chosen.toml").unlink()


def test_a_language_that_is_chosen_is_spoken_from_then_on(
    offered: None, coach: FlaskClient
) -> None:
    answer = coach.post("/settings", data={"page/language": CODE}, headers=HERE)
    assert answer.status_code == 303
    assert accented("Sign in") in coach.application.test_client().get("/sign-in").text
    coach.post("/settings", data={"page/language": "en"}, headers=HERE)
    assert '<html lang="en">' in coach.get("/settings").text


def test_a_language_that_was_taken_away_leaves_english(database: Path, guest: FlaskClient) -> None:
    chosen = database.parent / "chosen.toml"
    chosen.write_text('[page]\nlanguage = "gone"\n', encoding="utf-8")
    answer = guest.get("/sign-in")
    assert answer.status_code == 200
    assert '<html lang="en">' in answer.text


@pytest.fixture
def foreign_app(database: Path, socket_path: Path, session_id: str) -> Flask:
    speak_pseudo(database.parent)
    return create_app(database, socket_path, Settings())


def test_programs_are_answered_in_english(foreign_app: Flask) -> None:
    try:
        client = foreign_app.test_client()
        health = client.get("/healthz").get_json()
        assert health["unit"].isascii()
        assert client.get("/api/v1/nothing").text.isascii()
    finally:
        foreign_app.extensions[HUB].close()


def test_a_stream_speaks_the_language_after_its_request_is_over(
    foreign_app: Flask, unit: Unit
) -> None:
    unit.state = make_state(lifter=None, light="off", phase="standing")
    try:
        answer = foreign_app.test_client().get("/events", buffered=False)
        told_states = (
            json.loads(line[6:])
            for piece in answer.response
            for line in (piece.decode() if isinstance(piece, bytes) else piece).splitlines()
            if line.startswith("data: {")
        )
        state = next(one for one in told_states if one["connected"])
        assert state["headline"] == accented("Standing")
        assert _("Standing") == "Standing"
    finally:
        foreign_app.extensions[HUB].close()
