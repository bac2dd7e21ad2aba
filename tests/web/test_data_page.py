"""The page ‘Data’: exports, backups, restoring and tokens, by the coach alone."""

from __future__ import annotations

import csv
import html
import io
import json
import re
import sqlite3
import zipfile
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from device import audit, backups, restored, restoring
from device.accounts import Accounts
from device.api_tokens import ApiTokens
from device.lifter_book import delete_lifter
from device.notebook import Notebook
from device.store import Store
from tests.web.browser import CHROMIUM, Browser
from tests.web.conftest import HERE, PASSWORD, Serve
from web import numbers

ADDRESSES = ("/data", "/data/export?format=csv", "/data/sessions/x.csv", "/data/backups/x")


def noted(database: Path) -> list[tuple[str, str]]:
    return [(row.action, row.text) for row in audit.newest(database)]


def test_a_backup_is_deleted_once_that_is_confirmed(
    coach: FlaskClient, guest: FlaskClient, session_id: str, database: Path
) -> None:
    for _ in range(2):
        coach.post("/data/backup", headers=HERE)
    folder = database.parent / "backups"
    newest, oldest = backups.copies(folder)
    address = f"/data/backups/{oldest.name}/delete"
    assert f'href="{address}"' in coach.get("/data").text
    asked = coach.get(address).text
    assert "Delete it for good" in asked
    assert numbers.date_and_time(datetime.fromtimestamp(oldest.stat().st_mtime).astimezone()) in (
        asked
    )
    assert guest.post(address, headers=HERE).status_code in (303, 403)
    assert oldest.exists()  # nothing goes by asking
    answer = coach.post(address, headers=HERE)
    assert answer.status_code == 303
    assert "The backup is deleted." in coach.get(answer.headers["Location"].partition("#")[0]).text
    assert backups.copies(folder) == [newest]
    action, text = noted(database)[0]
    assert action == "backup"
    assert re.fullmatch(r"the copy of \d{4}-\d\d-\d\d \d\d:\d\d deleted", text)
    for again in (coach.get(address), coach.post(address, headers=HERE)):
        assert again.status_code == 404
    stray = folder / "notes.sqlite3"
    stray.touch()
    assert coach.post(f"/data/backups/{stray.name}/delete", headers=HERE).status_code == 404
    assert stray.exists()


@pytest.mark.parametrize("address", ADDRESSES)
def test_it_is_for_the_coach_alone(
    guest: FlaskClient, ann: FlaskClient, session_id: str, address: str
) -> None:
    assert guest.get(address).status_code == 303
    assert ann.get(address).status_code == 403


def test_csv_of_a_session_opens_in_a_spreadsheet(
    coach: FlaskClient, session_id: str, database: Path
) -> None:
    answer = coach.get(f"/data/sessions/{session_id}.csv")
    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"].endswith('.csv"')
    assert answer.data.startswith(b"\xef\xbb\xbfsession_id,")
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))
    assert [row["rep_number"] for row in rows] == ["1", "2", "3", "4"]
    assert noted(database)[0] == ("export", f"session {session_id} as CSV")


def test_the_session_page_leads_the_coach_to_its_files(coach: FlaskClient, session_id: str) -> None:
    page = coach.get(f"/sessions/{session_id}").text
    for form in ("csv", "json", "mot.zip"):
        address = f"/data/sessions/{session_id}.{form}"
        assert f'href="{address}"' in page
        assert coach.get(address).status_code == 200


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium")
def test_a_coach_backs_up_makes_a_token_and_revokes_it_in_a_browser(
    session_id: str, database: Path, serve_unit: Serve
) -> None:
    Accounts(database, "rack").choose_first_password(PASSWORD)
    with serve_unit() as address, Browser() as browser:
        browser.open(f"{address}/sign-in?next=/data")
        browser.evaluate(f"document.querySelector('#password').value = {PASSWORD!r}")
        for button, shown in (
            ("form[action='/sign-in/coach'] .main", "There is no backup yet."),
            ("#backup button", "Backup made; download it"),
            ("#tokens form:last-child button", "it is not shown again"),
            ("#tokens li button", "opens nothing any more"),
        ):
            browser.evaluate(
                "{ const name = document.querySelector('#tokens [name=name]');"
                " if (name) name.value = 'club'; }"
            )
            browser.evaluate(f'document.querySelector("{button}").click()')
            browser.wait_for(f"(document.body?.innerText ?? '').includes('{shown}')", 30)
            browser.wait_for("document.readyState === 'complete'")  # with its style sheets
            assert browser.evaluate("document.documentElement.scrollWidth") == 390
    assert ApiTokens(database, "rack").all() == []


def test_json_of_a_session_has_its_traces(coach: FlaskClient, session_id: str) -> None:
    found = json.loads(coach.get(f"/data/sessions/{session_id}.json").data)
    assert len(found["sessions"][0]["sets"][0]["reps"][0]["trace"]["time_s"]) == 120


def test_days_and_lifter_choose_what_is_exported(
    coach: FlaskClient, session_id: str, database: Path
) -> None:
    def reps(**asked: str) -> int:
        answer = coach.get("/data/export", query_string={"format": "csv", **asked})
        assert answer.status_code == 200
        return len(answer.text.splitlines()) - 1

    with Store.open(database, "rack") as store:
        ann, bob = store.lifter("Ann").id, store.lifter("Bob").id
    assert reps() == reps(lifter=ann) == 4
    assert reps(lifter=bob) == 0
    assert reps(to="2020-01-01") == 0
    assert reps(**{"from": "2020-01-01", "to": "2100-01-01"}) == 4


@pytest.mark.parametrize(
    "asked",
    [
        "format=xls",
        "",
        "format=csv&from=yesterday",
        "format=csv&from=2026-02-02&to=2026-01-01",
        "format=json&to=9999-12-31",
        "format=csv&from=0001-01-01",
    ],
)
def test_what_makes_no_sense_is_refused_in_words(
    coach: FlaskClient, session_id: str, asked: str
) -> None:
    answer = coach.get(f"/data/export?{asked}")
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text or "That did not work" in answer.text


@pytest.mark.parametrize(
    ("name", "form", "called"),
    [
        ("Ann", "csv", "racklight-Ann-2026-03-04.csv"),
        ("Zoë O'Hara", "mot.zip", "racklight-Zoe_O_Hara-2026-03-04.mot.zip"),
        ("井上", "json", "racklight-2026-03-04.json"),
    ],
)
def test_files_are_called_after_lifter_and_day(
    coach: FlaskClient, session_id: str, database: Path, name: str, form: str, called: str
) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE lifters SET name = ?", (name,))
        connection.execute("UPDATE sessions SET recorded_utc = '2026-03-04T12:00:00.000Z'")
    answer = coach.get(f"/data/sessions/{session_id}.{form}")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{called}"'


def test_the_log_says_whose_was_downloaded_and_forgets_who_was_deleted(
    coach: FlaskClient, session_id: str, database: Path
) -> None:
    with closing(sqlite3.connect(database)) as connection:
        (lifter,) = connection.execute("SELECT id FROM lifters").fetchone()
    coach.get(f"/data/sessions/{session_id}.trc.zip")
    coach.get(f"/data/export?format=csv&lifter={lifter}")
    log = coach.get("/settings").text
    assert re.search(r"Downloaded: Ann, [^<]* as \.trc\.", log)
    assert "Downloaded: Ann, the beginning to now as CSV." in log
    assert session_id not in log
    with Notebook.open(database) as notebook:
        delete_lifter(notebook, lifter, "Ann")
    log = coach.get("/settings").text
    assert "Ann" not in log
    assert log.count("what was deleted since") == 2


def test_a_rep_s_file_says_which_set(coach: FlaskClient, session_id: str, database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        (rep,) = connection.execute("SELECT id FROM reps WHERE rep_index = 3").fetchone()
    named = coach.get(f"/data/reps/{rep}.mot").headers["Content-Disposition"]
    assert named.startswith('attachment; filename="racklight-Ann-20')
    assert named.endswith('-set_2-rep_001.mot"')


def test_motion_of_a_rep_and_of_a_session(
    coach: FlaskClient, session_id: str, database: Path
) -> None:
    packed = coach.get(f"/data/sessions/{session_id}.mot.zip").data
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert len(archive.namelist()) == 5
    found = json.loads(coach.get(f"/data/sessions/{session_id}.json").data)
    rep_id = found["sessions"][0]["sets"][0]["reps"][0]["rep_id"]
    assert coach.get(f"/data/reps/{rep_id}.mot").text.startswith("rep_001\nversion=1\n")
    assert noted(database)[0] == ("export", f"rep {rep_id} as .mot")
    assert coach.get("/data/reps/none.mot").status_code == 404
    assert coach.get("/data/sessions/none.mot.zip").status_code == 404


def test_markers_of_a_rep_and_of_a_session(
    coach: FlaskClient, session_id: str, database: Path
) -> None:
    packed = coach.get(f"/data/sessions/{session_id}.trc.zip").data
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert len(archive.namelist()) == 5
    found = json.loads(coach.get(f"/data/sessions/{session_id}.json").data)
    rep_id = found["sessions"][0]["sets"][0]["reps"][0]["rep_id"]
    assert coach.get(f"/data/reps/{rep_id}.trc").text.startswith(
        "PathFileType\t4\t(X/Y/Z)\trep_001"
    )
    assert noted(database)[0] == ("export", f"rep {rep_id} as .trc")
    assert coach.get(f"/data/reps/{rep_id}.c3d").status_code == 404
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("DELETE FROM traces")
    for address in (f"reps/{rep_id}.trc", f"sessions/{session_id}.trc.zip"):
        answer = coach.get(f"/data/{address}")
        assert answer.status_code == 404
        assert "No joints were kept" in answer.text


def test_one_button_makes_a_backup_that_can_be_downloaded(
    coach: FlaskClient, session_id: str, database: Path
) -> None:
    answer = coach.post("/data/backup", headers=HERE, follow_redirects=True)
    (copy,) = backups.copies(database.parent / "backups")
    assert "Backup made; download it" in answer.text
    assert f'href="/data/backups/{copy.name}"' in answer.text
    assert copy.name not in re.sub(r'href="[^"]*"', "", answer.text)
    assert "made here" in answer.text
    download = coach.get(f"/data/backups/{copy.name}")
    assert download.data == copy.read_bytes()
    named = download.headers["Content-Disposition"]
    assert re.fullmatch(r"attachment; filename=racklight-backup-[\d-]{10}-0001\.sqlite3", named)
    assert [action for action, _ in noted(database)[:2]] == ["backup", "backup"]


def test_every_column_of_the_table_is_explained_in_its_order(
    coach: FlaskClient, session_id: str, database: Path
) -> None:
    page = coach.get("/data/columns").text
    table = coach.get(f"/data/sessions/{session_id}.csv").data.decode("utf-8-sig")
    named = re.findall(r'<th scope="row"><code>(\w+)</code></th><td>([^<]+)</td><td>([^<]+)', page)
    assert [name for name, _, _ in named] == table.partition("\r\n")[0].split(",")
    units = {name: unit for name, unit, _ in named}
    assert units["load_kg"] == "kg"
    assert units["wink_rate_deg_per_cm"] == "degrees for each cm"
    assert units["wink_sd_deg"] == "degrees"
    assert units["start_s"] == "seconds"
    assert units["started_utc"] == "date and time, UTC"
    assert units["loaded"] == "true or false"
    assert "The weight entered for the set." in {html.unescape(told) for _, _, told in named}
    assert "<code>not_measured</code>, <code>partial</code>" in page
    assert 'href="/api/v1/export.schema.json"' in page
    assert 'href="/data/columns"' in coach.get("/data").text


@pytest.mark.parametrize("name", ["..%2Fracklight.sqlite3", "racklight.sqlite3", "%2Fetc%2Fpasswd"])
def test_only_backups_can_be_downloaded(coach: FlaskClient, session_id: str, name: str) -> None:
    assert coach.get(f"/data/backups/{name}").status_code == 404


def send(visitor: FlaskClient, content: bytes) -> int:
    form = {"backup": (io.BytesIO(content), "copy.sqlite3")}
    return visitor.post("/data/restore", data=form, headers=HERE).status_code


def test_a_backup_sent_back_waits_for_the_units_next_start(
    coach: FlaskClient, session_id: str, database: Path
) -> None:
    coach.post("/data/backup", headers=HERE)
    (copy,) = backups.copies(database.parent / "backups")
    assert copy.stat().st_size > 16 * 1024  # more than any other form may send
    assert send(coach, copy.read_bytes()) == 303
    page = coach.get("/data").text
    assert "A backup waits: 1 session" in page
    assert "restart racklight-device" in page
    assert "Nothing changes" not in page
    coach.post("/data/restore/call-off", headers=HERE)
    assert not restoring.waits(database)


def put_back(coach: FlaskClient, database: Path) -> str:
    """Backs up, lifts on, restores as the unit's next start does; the page afterwards."""
    coach.post("/data/backup", headers=HERE)
    (copy,) = backups.copies(database.parent / "backups")
    with Store.open(database, "rack") as store:
        store.lifter("Zoe")
    restoring.lay_ready(database, io.BytesIO(copy.read_bytes()))
    restoring.take_up(database, "rack")
    with coach.session_transaction() as cookie:  # a restore signs everybody out
        cookie["key"] = Accounts(database, "rack").coach_key()
    return coach.get("/data").text


def test_what_a_start_put_back_is_said_until_the_coach_has_read_it(
    coach: FlaskClient, session_id: str, database: Path
) -> None:
    assert "was put back" not in coach.get("/data").text
    page = put_back(coach, database)
    said = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    today = numbers.day(datetime.now().astimezone())
    assert f"The backup with sessions up to {today} was put back at the start of" in said
    (aside,) = [
        path for path in backups.copies(database.parent / "backups") if "aside" in path.name
    ]
    notice = page.split('class="notice put-back"')[1].split("</div>")[0]
    assert f'href="/data/backups/{aside.name}"' in notice
    assert page.index("was put back") < page.index('id="export"')
    assert "was put back" in coach.get("/data").text
    assert coach.post("/data/restore/read", headers=HERE).status_code == 303
    page = coach.get("/data").text
    assert "was put back" not in page
    assert f'href="/data/backups/{aside.name}"' in page  # the copy stays


def test_the_next_backup_ends_it_too(coach: FlaskClient, session_id: str, database: Path) -> None:
    assert "was put back" in put_back(coach, database)
    coach.post("/data/backup", headers=HERE)
    assert "was put back" not in coach.get("/data").text


def test_where_the_damaged_one_lies_is_said_and_of_a_lost_copy_nothing(
    coach: FlaskClient, session_id: str, database: Path
) -> None:
    (database.parent / "restore").mkdir()
    lost = database.with_name("racklight.sqlite3.damaged")
    lost.write_bytes(b"torn")
    utc = "2026-05-01T10:00:00.000Z"
    restored.tell(database, restored.PutBack(utc, True, None, lost.name))
    assert "on the unit as the file racklight.sqlite3.damaged" in coach.get("/data").text
    lost.unlink()
    page = coach.get("/data").text
    assert "A backup without sessions was put back at the start of" in page
    assert "What was there before is kept" not in page.split("data-parts")[0]
    restored.tell(database, restored.PutBack(utc, True, None, ""))
    assert "There was nothing before." in coach.get("/data").text


def test_what_is_no_backup_is_refused_in_words(
    coach: FlaskClient, session_id: str, database: Path
) -> None:
    assert send(coach, b"no database") == 400
    assert coach.post("/data/restore", headers=HERE).status_code == 400
    assert not restoring.waits(database)


def test_a_guest_can_send_no_large_file(
    guest: FlaskClient, session_id: str, database: Path
) -> None:
    assert send(guest, bytes(100_000)) in (403, 413)
    assert not restoring.waits(database)


def test_forms_from_elsewhere_change_nothing(
    coach: FlaskClient, session_id: str, database: Path
) -> None:
    for address in ("/data/backup", "/data/tokens", "/data/restore", "/data/restore/call-off"):
        answer = coach.post(address, headers={"Origin": "http://evil.example"})
        assert answer.status_code == 403
    assert backups.copies(database.parent / "backups") == []


def test_a_token_is_shown_once_opens_the_api_and_can_be_revoked(
    coach: FlaskClient, guest: FlaskClient, session_id: str, database: Path
) -> None:
    form = {"name": "<b>club</b>"}
    page = coach.post("/data/tokens", data=form, headers=HERE, follow_redirects=True).text
    secret = page.split('class="secret">')[1].split("<")[0]
    assert "&lt;b&gt;club" in page
    assert secret not in coach.get("/data").text
    assert secret.encode() not in database.read_bytes()
    bearer = {"Authorization": f"Bearer {secret}"}
    assert guest.get("/api/v1/unit", headers=bearer).status_code == 200
    (token,) = ApiTokens(database, "rack").all()
    coach.post(f"/data/tokens/{token.id}/revoke", headers=HERE)
    assert guest.get("/api/v1/unit", headers=bearer).status_code == 401
    assert coach.post(f"/data/tokens/{token.id}/revoke", headers=HERE).status_code == 404


@pytest.mark.parametrize("name", ["", "  ", "x" * 41, "\u202e"])
def test_a_token_needs_a_name(coach: FlaskClient, session_id: str, name: str) -> None:
    assert coach.post("/data/tokens", data={"name": name}, headers=HERE).status_code == 400
