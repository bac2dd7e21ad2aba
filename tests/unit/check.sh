#!/usr/bin/env bash
# A whole unit for real: a booted Debian 13 container without a network, in it `setup.sh install` from
# this tree on the simulated camera, and then what a unit must live through (story.py): a frozen and a
# killed program, a lost database, a full disk, broken settings, updates good and bad, uninstalling.
#
#     tests/unit/check.sh [SCENARIO...]      all, or the named ones after those that prepare them
#
# The bare system and the bundle are made once and kept in data/unit; the unit itself is made anew in
# each run, on an overlay. To begin all anew, remove data/unit.
# shellcheck disable=SC2317 # functions are called by name
set -euo pipefail
PATH=/usr/sbin:/usr/bin:/sbin:/bin

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(cd "$HERE/../.." && pwd)
KEPT=$ROOT/data/unit
LAND=$KEPT/land
BUNDLE=$KEPT/bundle
PROGRAMS=$KEPT/programs
PYTHON=$ROOT/.venv/bin/python
PROGRAM='device web models systemd requirements racklight setup.sh pyproject.toml
    LICENSE NOTICE README.md CHANGELOG.md'
NEEDED_MB=4000
BOOTS_WITHIN_S=120

say() { printf '%s\n' "$*"; }
fail() {
    printf 'unit-check: %s\n' "$*" >&2
    exit 1
}

check_machine() {
    [ "$(id -u)" = 0 ] || fail "Making and booting a container needs root: sudo make unit-check"
    [ "$(uname -m)" = x86_64 ] || fail "This boots an x86-64 system, and this is $(uname -m)."
    [ -x "$PYTHON" ] || fail "There is no environment to run this with: run ./setup.sh test once."
    for tool in mmdebstrap systemd-nspawn nsenter; do
        command -v "$tool" >/dev/null ||
            fail "$tool is missing: apt-get install mmdebstrap systemd-container util-linux"
    done
    mkdir -p "$KEPT"
    local free_mb=$(($(df -Pk "$KEPT" | awk 'NR == 2 { print $4 }') / 1024))
    [ "$free_mb" -ge "$NEEDED_MB" ] || fail "Only $free_mb MB are free in $KEPT, and this needs $NEEDED_MB MB."
}

# step TEXT LOG COMMAND...: its words go to the log; the last ones are shown where it fails.
step() {
    local text=$1 log=$KEPT/$2.log
    shift 2
    say "$(date -u +%H:%M:%S) $text"
    "$@" >"$log" 2>&1 </dev/null || {
        tail -n 5 "$log" | sed 's/^/    /' >&2
        fail "Failed: $text. All it said: $log"
    }
}

# As bare as a system with systemd can be: no Python, nothing of what the program needs. But with the
# /etc/hosts that every installed Debian has: netbase makes one where there is none, and leaves it.
make_land() {
    rm -rf "$LAND.part"
    # shellcheck disable=SC2016 # mmdebstrap's variable
    mmdebstrap --arch=amd64 --variant=minbase --include=systemd,udev,dbus,ca-certificates \
        --customize-hook='echo "127.0.0.1 localhost" >"$1/etc/hosts"' \
        --aptopt='Acquire::Languages "none"' --dpkgopt=force-unsafe-io trixie "$LAND.part"
    rm -rf "$LAND"
    mv "$LAND.part" "$LAND"
}

bundle_fits() {
    grep -qxF "requirements $(sha256sum <"$ROOT/requirements/runtime.txt" | cut -d ' ' -f 1)" \
        "$BUNDLE/bundle.txt" 2>/dev/null
}

# copy_program NAME VERSION: of this tree, so that nobody edits it meanwhile.
copy_program() {
    mkdir -p "$PROGRAMS/$1"
    # shellcheck disable=SC2086 # a list of names
    tar -C "$ROOT" --exclude=__pycache__ -cf - $PROGRAM | tar -C "$PROGRAMS/$1" --no-same-owner -xf -
    sed -i "s/^version = .*/version = \"$2\"/" "$PROGRAMS/$1/pyproject.toml"
}

# The release to install, a good one after it, and a bad one whose camera process does not start.
copy_programs() {
    rm -rf "$PROGRAMS"
    copy_program first 1.0
    copy_program second 2.0
    copy_program broken 3.0
    echo 'raise RuntimeError("this release does not start")' >>"$PROGRAMS/broken/device/pipeline.py"
}

# Sets NSPAWN and LEADER, its init. --private-network: a loopback and nothing else, as in a gym without
# internet.
boot() {
    rm -rf "$KEPT/changed"
    mkdir -p "$KEPT/changed/upper" "$KEPT/changed/work" "$KEPT/changed/root"
    # shellcheck disable=SC2016 # the inner shell's variables
    LAND=$LAND CHANGED=$KEPT/changed BUNDLE=$BUNDLE PROGRAMS=$PROGRAMS \
        SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 unshare --mount --propagation=private sh -euc '
        mount -t overlay -o "lowerdir=$LAND,upperdir=$CHANGED/upper,workdir=$CHANGED/work" racklight \
            "$CHANGED/root"
        cd /
        exec systemd-nspawn --directory="$CHANGED/root" --boot --private-network --register=no \
            --keep-unit --console=pipe --machine=racklight-unit \
            --bind-ro="$BUNDLE:/mnt/bundle" --bind-ro="$PROGRAMS:/mnt/programs"
    ' >"$KEPT/boot.log" 2>&1 </dev/null &
    NSPAWN=$!
    trap 'kill -TERM "$NSPAWN" 2>/dev/null; wait "$NSPAWN" 2>/dev/null || true' EXIT
    trap 'exit 1' HUP INT TERM
    for _ in $(seq "$BOOTS_WITHIN_S"); do
        LEADER=$(cut -d ' ' -f 1 "/proc/$NSPAWN/task/$NSPAWN/children" 2>/dev/null) || LEADER=''
        [ -z "$LEADER" ] || case $(nsenter -t "$LEADER" -a env -i PATH="$PATH" systemctl is-system-running 2>&1) in
        running | degraded) return 0 ;;
        esac
        kill -0 "$NSPAWN" 2>/dev/null || break
        sleep 1
    done
    tail -n 5 "$KEPT/boot.log" | sed 's/^/    /' >&2
    fail "The container did not boot. All it said: $KEPT/boot.log"
}

main() {
    check_machine
    exec 9>"$KEPT/lock"
    flock -n 9 || fail "Another unit-check is at work: wait for it, or end its systemd-nspawn."
    [ -d "$LAND" ] || step "make a bare Debian 13" land make_land
    bundle_fits || step "collect wheels and packages (setup.sh bundle)" bundle "$ROOT/setup.sh" bundle "$BUNDLE"
    copy_programs
    say "$(date -u +%H:%M:%S) boot it"
    boot
    env -C "$PROGRAMS/first" PYTHONPATH="$PROGRAMS/first:$ROOT" PYTHONSAFEPATH=1 PYTHONDONTWRITEBYTECODE=1 \
        "$PYTHON" -m tests.unit.story "$LEADER" "$KEPT" "$@"
}

{ main "$@"; exit; } # read whole, so that it may be edited while it runs
