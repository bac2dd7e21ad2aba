"""`setup.sh update` and `rollback` for real, on an overlay of this system (overlay.py).

systemd is a stand-in that keeps what it is told and, like the unit, lets the release in use bring
the database up to date. Five releases: 1 and 2 know the same database; 3, 4 and 5 know a newer one;
3 does not start, and 5 does not find the camera.
"""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
from pathlib import Path

import pytest
from overlay import ROOT, Told, program, tell, wheel

SYSTEMCTL = r"""#!/bin/sh
state=/run/stand-in
mkdir -p $state
[ "$1" != --quiet ] || shift
verb=$1
[ $# -eq 0 ] || shift
case $verb in
--version) echo 'systemd 257 (257)' ;;
is-active)
    [ -e "$state/$1" ] || { [ -e /run/unplugged ] && echo activating || echo inactive; exit 3; }
    echo active
    ;;
is-enabled)
    [ -L "/etc/systemd/system/multi-user.target.wants/$1" ] || { echo disabled; exit 1; }
    echo enabled
    ;;
enable)
    mkdir -p /etc/systemd/system/multi-user.target.wants
    ln -sf "/etc/systemd/system/$1" /etc/systemd/system/multi-user.target.wants/
    ;;
disable) rm -f "/etc/systemd/system/multi-user.target.wants/$1" ;;
stop)
    [ ! -e /run/cut-at-stop ] || { rm /run/cut-at-stop; kill -9 $PPID; }
    for unit in "$@"; do rm -f "$state/$unit"; done
    ;;
restart | --no-block)
    [ ! -e /run/cut-at-start ] || { rm /run/cut-at-start; kill -9 $PPID; }
    runuser -u racklight -- env PYTHONPATH=/opt/racklight/current PYTHONDONTWRITEBYTECODE=1 \
        /usr/bin/python3.real -P -c '
from pathlib import Path
from device.database import open_for_writing
open_for_writing(Path("/var/lib/racklight/racklight.sqlite3")).close()'
    rm -f $state/racklight-device.service $state/racklight-web.service
    [ ! -e /opt/racklight/current/device/does_not_start ] || exit 0
    touch $state/racklight-web.service
    [ -e /run/unplugged ] || touch $state/racklight-device.service
    ;;
show)
    case $* in
    *NRestarts*) echo 0 ;;
    *ExecMainStatus*) [ -e /opt/racklight/current/device/does_not_start ] && echo 1 || echo 3 ;;
    *StatusText*racklight-device*)
        says='The camera works.'
        [ ! -e /opt/racklight/current/device/loses_camera ] || says='No camera.'
        echo "$says"
        ;;
    esac
    ;;
esac
"""
PYTHON = r"""#!/bin/sh
[ "$1 $2" = "-m venv" ] || exec /usr/bin/python3.real "$@"
for folder; do :; done
cp -a /template/. "$folder"
"""
SETTINGS = """
from types import SimpleNamespace
def load_settings(path):
    return SimpleNamespace(web=SimpleNamespace(host="127.0.0.1", port={port}))
"""

STORY = r"""
root() { chroot "$WORK/root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"; }
lifters() {
    root /usr/bin/python3.real -c 'import sqlite3, sys
rows = sqlite3.connect("/var/lib/racklight/racklight.sqlite3").execute(
    "SELECT name FROM lifters ORDER BY name")
print(*(row[0] for row in rows))' >"$OUT/$1.lifters" 2>/dev/null || true
    root sh -c 'cd /var/lib/racklight/backups 2>/dev/null && ls' >"$OUT/$1.backups" || true
    readlink "$WORK/root/opt/racklight/current" >"$OUT/$1.current" || true
}
lifter() {
    root runuser -u racklight -- /usr/bin/python3.real -c 'import sqlite3, sys
file = sqlite3.connect("/var/lib/racklight/racklight.sqlite3")
unit = file.execute("SELECT unit_id FROM this_unit").fetchone()
if unit is None:
    unit = ("u",)
    file.execute("INSERT INTO units VALUES (\"u\", \"rack\", \"\", \"\", 0)")
    file.execute("INSERT INTO this_unit VALUES (1, \"u\")")
file.execute("INSERT INTO lifters (id, unit_id, name, name_key, recorded_utc, boot_id,"
    " clock_synchronised) VALUES (?1, ?2, ?1, ?1, \"\", \"\", 0)", (sys.argv[1], *unit))
file.commit()' "$1"
}
step() { # NAME RELEASE ARGUMENT...
    name=$1
    PROGRAM=$PROGRAMS/$2
    shift 2
    run "$name" "$@"
    lifters "$name"
}
rm -rf "$WORK/root/var/lib/racklight" "$WORK/root/etc/racklight" # of another day
real=$(root readlink -f /usr/bin/python3)
root "$real" -m venv --system-site-packages /template
root env PIP_NO_INDEX=1 "PIP_FIND_LINKS=$WHEELS" /template/bin/python -m pip install -q stand_in
ln -s "$real" "$WORK/root/usr/bin/python3.real"
rm -f "$WORK/root/usr/bin/python3"
install -m 755 "$STAND_INS/python3" "$WORK/root/usr/bin/python3"
install -m 755 "$STAND_INS/systemctl" "$WORK/root/usr/bin/systemctl"
cp "$WORK/root/usr/bin/true" "$WORK/root/usr/bin/sleep.new"
mv "$WORK/root/usr/bin/sleep.new" "$WORK/root/usr/bin/sleep"
mount -t tmpfs run "$WORK/root/run"
mkdir -p "$WORK/root/run/systemd/system"
(cd "$STAND_INS" && exec python3 -m http.server --bind 127.0.0.1 "$PORT" >/dev/null 2>&1) &
page=$!
trap 'kill $page' EXIT

snap before
step nothing 1 update
step install 1 install
lifter one
step dry 2 update --dry-run
step update 1 update "$PROGRAMS/2.tar"
step same 2 update
step dry_back 2 rollback --dry-run
lifter two
step back 2 rollback
step forth 1 rollback
step broken 1 update "$PROGRAMS/3"
step over 4 install
step back_at_once 4 rollback
step over_again 4 update
lifter four
step refused 4 rollback
step restored 4 rollback --restore
lifter five

touch "$WORK/root/run/cut-at-stop"
step cut_before 4 update
step cut_before_next 1 check
touch "$WORK/root/run/cut-at-start"
step cut_good 4 update
step cut_good_check 4 check
step finish_good 4 update --finish
step finish_none 4 update --finish
step back_for_more 4 rollback --restore
lifter six
touch "$WORK/root/run/cut-at-start"
step cut_bad 3 update
step finish_bad 3 update --finish
step newer_first 4 update
step older 1 update
run back_to_two rollback --restore
data=$WORK/root/var/lib/racklight
mkdir "$WORK/aside"
mv "$data"/racklight.sqlite3* "$WORK/aside/"
root runuser -u racklight -- sh -c 'echo no database >/var/lib/racklight/racklight.sqlite3'
PROGRAM=$PROGRAMS/4
run damaged update
mv "$WORK"/aside/* "$data/"
step camera_lost 5 update
touch "$WORK/root/run/unplugged"
root systemctl restart
step unplugged_check 2 check
step unplugged 4 update
step unplugged_bad 3 update
touch "$WORK/root/run/cut-at-start"
step unplugged_cut 5 update
step unplugged_finish 5 update --finish
rm "$WORK/root/run/unplugged"
root systemctl restart
PROGRAM=$PROGRAMS/5
run no_copy update /usr
run no_file update /nowhere
run bad_tar update "$PROGRAMS/bad.tar"
PROGRAM=$PROGRAMS/1
touch "$WORK/root/run/unplugged"
root systemctl restart
run uninstall uninstall
run purge uninstall --purge
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    folder = tmp_path_factory.mktemp("update")
    pin = wheel(folder / "wheels")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    for number in (1, 2, 3, 4, 5):
        release(folder / "programs" / str(number), number, pin, port)
    subprocess.run(
        ["tar", "-C", str(folder / "programs"), "-cf", str(folder / "programs/2.tar"), "2"],
        check=True,
    )
    (folder / "programs" / "bad.tar").write_text("half a tar")
    stand_ins = folder / "stand-ins"
    stand_ins.mkdir()
    (stand_ins / "systemctl").write_text(SYSTEMCTL)
    (stand_ins / "python3").write_text(PYTHON)
    return tell(
        folder,
        STORY,
        {
            "PROGRAMS": str(folder / "programs"),
            "STAND_INS": str(stand_ins),
            "PORT": str(port),
        },
    )


def release(folder: Path, number: int, pin: str, port: int) -> None:
    folder.parent.mkdir(exist_ok=True)
    program(folder)
    (folder / "requirements" / "runtime.txt").write_text(pin)
    project = folder / "pyproject.toml"
    text = project.read_text().replace('version = "0.1.0"', f'version = "{number}.0"')
    project.write_text(text)
    for name in ("errors", "database", "migrations", "backups", "paths"):
        shutil.copy2(ROOT / "device" / f"{name}.py", folder / "device")
    (folder / "device" / "settings.py").write_text(SETTINGS.format(port=port))
    patience = folder / "systemd" / "setup" / "judge.sh"
    text = patience.read_text()
    for seconds in ("WELL_WITHIN_S=100", "KNOWN_WITHIN_S=30"):
        assert f"{seconds} #" in text
        text = text.replace(seconds, f"{seconds.split('=')[0]}=1")
    patience.write_text(text)
    if number >= 3:
        with (folder / "device" / "migrations.py").open("a") as file:
            file.write('\nMIGRATIONS += ("ALTER TABLE lifters ADD COLUMN height_cm REAL;",)\n')
    if number == 3:
        (folder / "device" / "does_not_start").touch()
    if number == 5:
        (folder / "device" / "loses_camera").touch()


def in_use(told: Told, step: str) -> str:
    """The number of the release in use after a step."""
    return Path(told(step, "current").strip()).name[0]


def files(told: Told, step: str) -> list[str]:
    """The file system; whether SQLite's companions are there is chance."""
    lines = told(step, "files").splitlines()
    return [line for line in lines if "sqlite3-shm" not in line and "sqlite3-wal" not in line]


def without_backups(told: Told, step: str) -> set[str]:
    """The file system, the data apart."""
    return {line for line in told(step, "files").splitlines() if "/var/lib/racklight" not in line}


def one_error(told: Told, step: str) -> str:
    """The sentence that ended a step."""
    assert told(step, "status") == "1\n", told(step, "said")
    said = told(step, "said")
    assert "Traceback" not in said
    errors = [line for line in said.splitlines() if line.startswith("setup.sh: ")]
    assert len(errors) == 1, said
    return errors[0]


def test_without_an_installed_release_there_is_nothing_to_update(told: Told) -> None:
    assert "run sudo ./setup.sh install" in one_error(told, "nothing")


def test_a_dry_update_tells_every_step_and_changes_nothing(told: Told) -> None:
    assert told("dry", "status") == "0\n", told("dry", "said")
    assert files(told, "dry") == files(told, "install")
    steps = [line[8:] for line in told("dry", "said").splitlines() if line.startswith("  would ")]
    assert len(steps) >= 8
    done = told("update", "said")
    assert [step for step in steps if f"  {step}\n" not in done] == []


def test_an_update_from_a_tarball_is_in_use_and_the_old_one_stays_beside_it(told: Told) -> None:
    assert told("update", "status") == "0\n", told("update", "said")
    assert in_use(told, "update") == "2"
    assert told("update", "lifters") == "one\n"
    assert told("update", "backups").startswith("0001-before-2.0-")
    there = told("update", "files")
    assert "/opt/racklight/previous l" in there
    assert "update-under-way" not in there
    assert there.count("/complete ") == 2


def test_an_update_to_the_release_in_use_changes_nothing(told: Told) -> None:
    assert told("same", "status") == "0\n"
    assert "is the release in use already" in told("same", "said")
    assert files(told, "same") == files(told, "update")


def test_a_dry_rollback_changes_nothing(told: Told) -> None:
    assert told("dry_back", "status") == "0\n"
    assert files(told, "dry_back") == files(told, "update")
    assert "would put the release" in told("dry_back", "said")


def test_a_rollback_keeps_what_was_recorded_and_another_goes_forth_again(told: Told) -> None:
    assert told("back", "status") == "0\n", told("back", "said")
    assert in_use(told, "back") == "1"
    assert told("back", "lifters") == "one two\n"
    assert in_use(told, "forth") == "2"
    assert files(told, "forth") == files(told, "update")


def test_an_update_that_fails_its_check_is_taken_back_with_its_database(told: Told) -> None:
    step = "broken"
    text = one_error(told, step)
    assert "failed its check and was taken back; 2.0-" in text
    assert "FAIL  device" in told(step, "said")
    assert in_use(told, step) == "2"
    assert told(step, "lifters") == "one two\n"
    assert "-aside-3.0-" in told(step, "backups")
    assert without_backups(told, step) == without_backups(told, "update")


def test_an_install_over_another_release_is_an_update(told: Told) -> None:
    assert "so this is an update" in told("over", "said")
    assert in_use(told, "over") == "4"
    assert "-before-4.0-" in told("over", "backups")


def test_a_rollback_restores_the_database_when_nothing_was_recorded_since(told: Told) -> None:
    assert told("back_at_once", "status") == "0\n", told("back_at_once", "said")
    assert in_use(told, "back_at_once") == "2"
    assert "the database of before back" in told("back_at_once", "said")
    assert told("back_at_once", "lifters") == "one two\n"


def test_a_rollback_that_would_hide_reps_is_refused_and_changes_nothing(told: Told) -> None:
    assert "can't read what was recorded since the update (1 lifters)" in one_error(told, "refused")
    assert in_use(told, "refused") == "4"
    assert told("refused", "lifters") == "four one two\n"


def test_a_rollback_that_was_asked_to_restore_puts_the_present_data_aside(told: Told) -> None:
    assert told("restored", "status") == "0\n", told("restored", "said")
    assert in_use(told, "restored") == "2"
    assert told("restored", "lifters") == "one two\n"
    assert told("restored", "backups").count("-aside-4.0-") == 2


def test_a_power_cut_before_the_switch_leaves_the_old_release(told: Told) -> None:
    assert told("cut_before", "status") == "137\n"
    assert in_use(told, "cut_before") == "2"
    assert "ok    installed 2.0-" in told("cut_before_next", "said")


def test_a_power_cut_after_the_switch_is_finished_at_the_next_start(told: Told) -> None:
    assert told("cut_good", "status") == "137\n"
    assert in_use(told, "cut_good") == "4"
    assert "An update was interrupted" in told("cut_good_check", "said")
    assert told("finish_good", "status") == "0\n", told("finish_good", "said")
    assert in_use(told, "finish_good") == "4"
    assert told("finish_good", "lifters") == "five one two\n"
    assert "update-under-way" not in told("finish_good", "files")
    assert "Nothing to do." in told("finish_none", "said")


def test_a_power_cut_in_a_bad_update_ends_with_the_old_release(told: Told) -> None:
    assert told("cut_bad", "status") == "137\n"
    assert in_use(told, "cut_bad") == "3"
    assert "was taken back" in one_error(told, "finish_bad")
    assert in_use(told, "finish_bad") == "2"
    assert told("finish_bad", "lifters") == "five one six two\n"
    assert "update-under-way" not in told("finish_bad", "files")


def test_an_update_to_one_that_can_not_read_the_database_is_refused(told: Told) -> None:
    assert told("newer_first", "status") == "0\n", told("newer_first", "said")
    assert re.search(
        r"was written by a later version \(schema \d+, 1\.0-", one_error(told, "older")
    )
    assert in_use(told, "older") == "4"


def test_a_damaged_database_stops_an_update_before_anything_is_switched(told: Told) -> None:
    assert told("back_to_two", "status") == "0\n", told("back_to_two", "said")
    assert "is damaged or no database" in one_error(told, "damaged")


def test_an_update_that_loses_the_camera_is_taken_back(told: Told) -> None:
    assert "failed its check and was taken back" in one_error(told, "camera_lost")
    assert "FAIL  camera    No camera." in told("camera_lost", "said")
    assert in_use(told, "camera_lost") == "2"


def test_a_camera_that_was_unplugged_before_is_no_fault_of_an_update(told: Told) -> None:
    assert "FAIL  device    activating, enabled, exit 3" in told("unplugged_check", "said")
    said = told("unplugged", "said")
    assert told("unplugged", "status") == "0\n", said
    assert in_use(told, "unplugged") == "4"
    assert "Note: the check fails before the update already" in said
    assert "Note: what failed before the update fails still" in said


def test_another_fault_behind_an_unplugged_camera_takes_an_update_back(told: Told) -> None:
    assert "failed its check and was taken back" in one_error(told, "unplugged_bad")
    assert "FAIL  device    activating, enabled, exit 1" in told("unplugged_bad", "said")
    assert in_use(told, "unplugged_bad") == "4"


def test_what_was_broken_before_is_known_after_a_power_cut_too(told: Told) -> None:
    assert told("unplugged_cut", "status") == "137\n"
    assert told("unplugged_finish", "status") == "0\n", told("unplugged_finish", "said")
    assert in_use(told, "unplugged_finish") == "5"


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ("no_copy", "/usr is no copy of Racklight"),
        ("no_file", "There is no folder or file /nowhere"),
        ("bad_tar", "bad.tar is no tarball, is damaged"),
    ],
)
def test_a_source_that_is_none_is_told(told: Told, step: str, words: str) -> None:
    assert words in one_error(told, step)


def test_uninstall_stops_a_service_that_tries_again_and_again(told: Told) -> None:
    assert "  stop racklight-device.service\n" in told("uninstall", "said")


def test_uninstall_after_all_that_leaves_the_data_and_purge_nothing(told: Told) -> None:
    assert told("uninstall", "status") == "0\n", told("uninstall", "said")
    before, left = (set(told(step, "files").splitlines()) for step in ("before", "uninstall"))
    assert {line.split()[0] for line in left - before if "/var/lib/racklight/" not in line} == {
        "./etc/racklight/racklight.toml"
    }
    assert told("purge", "files") == told("before", "files")
    assert told("purge", "users") == told("before", "users")
