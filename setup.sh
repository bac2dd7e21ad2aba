#!/bin/sh
# Sets Racklight up in its own folder and runs it, or installs it as a unit's services.
# `./setup.sh help` says what it can do.
#
# All that `demo` and `test` install goes into .venv beside this file, pinned and hash-checked; the
# only things they may add to the system are the Debian packages named in `missing_debs`. What the
# other verbs change is in systemd/setup/. An environment without
# a stamp, or with the stamp of other requirements, is made anew, so an interrupted run mends itself.
set -eu
unset PYTHONHOME PYTHONPATH
PATH=$PATH:/usr/sbin:/sbin # not everybody who may become root has them
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_USER=0

HERE=$(dirname -- "$(readlink -f -- "$0")")
VENV=$HERE/.venv
ENV_PYTHON=$VENV/bin/python
LOG=$VENV/setup.log
DISK_NEEDED_MB=900
DISK_AT=$HERE
VENV_OPTIONS=''
OFFLINE='' # a bundle's folder, where nothing may come from a network
PYTHONS='python3 python3.13 python3.11 python3.12 /usr/bin/python3'

say() { printf '%s\n' "$*"; }
fail() {
    printf 'setup.sh: %s\n' "$*" >&2
    exit 1
}

help() {
    cat <<'TEXT'
Usage: ./setup.sh VERB

  demo [--seconds N]  run Racklight with a simulated lifter; N: stop by itself after N seconds
  test [ARGUMENT...]  run every check (style, types, tests); arguments go to pytest
  install             install the program and its services on this machine (needs root)
  uninstall [--purge] take all of that back, but keep the data; --purge: the data too
  check               is what is installed complete, running, and fit to work?
  update [DIR|FILE]   install the release in that folder or tarball, or in this folder; the database
                      is backed up first, and the old release comes back by itself if check fails
  rollback [--restore] back to the release before; --restore: even where that hides what was recorded
                      since the update (it is kept in a file)
  bundle DIR          collect all that install needs, to carry it to a unit without internet
  help                show this text

install and update take --offline DIR: everything comes from the bundle in DIR, nothing is fetched.
install, uninstall, check, update, rollback and bundle take --dry-run: every step is told, nothing
is changed.
The first demo or test makes what it needs in .venv (some minutes); later runs start at once.
TEXT
}

# --- the machine ----------------------------------------------------------------------------------

check_machine() {
    machine=$(uname -m)
    [ "$(uname -s)" = Linux ] ||
        fail "Racklight runs on Linux, not on $(uname -s): use Debian 12 or 13, or Raspberry Pi OS."
    # A 32-bit Raspberry Pi OS may run a 64-bit kernel, so the programs are asked, not only the kernel.
    case $machine in
    x86_64 | aarch64) [ "$(getconf LONG_BIT)" = 64 ] || machine="32-bit programs on $machine" ;;
    esac
    case $machine in
    x86_64 | aarch64) ;;
    *) fail "Racklight needs a 64-bit system (x86-64 or aarch64), and this is $machine:" \
        "on a Raspberry Pi, install the 64-bit Raspberry Pi OS." ;;
    esac
    system=$(sed -n 's/^PRETTY_NAME="\{0,1\}\([^"]*\)"\{0,1\}$/\1/p' /etc/os-release 2>/dev/null ||
        true)
    find_python
    say "Machine: ${system:-Linux}, $machine, ${PYTHON_VERSION:+Python }${PYTHON_VERSION:-no Python yet}"
}

# Sets PYTHON and PYTHON_VERSION; both stay empty when there is no python3 at all.
find_python() {
    PYTHON='' PYTHON_VERSION='' found=''
    for candidate in $PYTHONS; do
        version=$("$candidate" -c 'import sys; print("%d.%d" % sys.version_info[:2])' \
            2>/dev/null) || continue
        found="$found $version"
        case $version in
        3.11 | 3.12 | 3.13)
            PYTHON=$candidate PYTHON_VERSION=$version
            return
            ;;
        esac
    done
    [ -z "$found" ] || fail "Racklight runs on Python 3.11 to 3.13, and this machine has$found:" \
        "use Debian 12 (3.11) or 13 (3.13), or install python3.13 beside it and run this again."
}

# The Debian packages that are needed and not there.
missing_debs() {
    if [ -z "$PYTHON" ]; then
        printf 'python3 python3-venv '
    elif ! "$PYTHON" -c 'import ensurepip, venv' 2>/dev/null; then
        printf 'python%s-venv ' "$PYTHON_VERSION"
    fi
    # The maker's pyrealsense2 for x86-64 is linked against the system's libusb.
    if [ "$machine" = x86_64 ] &&
        ! "${PYTHON:-false}" -c 'import ctypes; ctypes.CDLL("libusb-1.0.so.0")' 2>/dev/null; then
        printf 'libusb-1.0-0 '
    fi
    if wants_system_lgpio && [ -z "$(system_lgpio)" ] && apt_knows python3-lgpio; then
        printf 'python3-lgpio '
    fi
}

apt_knows() {
    if [ -n "$OFFLINE" ]; then
        bundle_has_deb "$1"
    else
        apt-cache show "$1" >/dev/null 2>&1
    fi
}

# True where `apt-get` can be run without asking anybody; sets AS_ROOT to what goes before it.
can_apt() {
    command -v apt-get >/dev/null || return 1
    AS_ROOT=''
    [ "$(id -u)" = 0 ] && return 0
    AS_ROOT='sudo -n'
    sudo -n true 2>/dev/null
}

apt_install() {
    # shellcheck disable=SC2086 # AS_ROOT is two words, or none
    $AS_ROOT env DEBIAN_FRONTEND=noninteractive \
        apt-get install --yes --no-install-recommends --no-upgrade "$@"
}

# Installs Debian packages. The first try uses the package lists as they are.
install_debs() {
    say "Installing with apt: $*"
    mkdir -p "$VENV"
    if [ -n "$OFFLINE" ]; then
        install_bundled_debs "$@" >"$LOG" 2>&1
        return
    fi
    apt_install "$@" >"$LOG" 2>&1 && return
    # shellcheck disable=SC2086
    $AS_ROOT apt-get update >"$LOG" 2>&1 && apt_install "$@" >>"$LOG" 2>&1
}

require_debs() {
    debs=$(missing_debs)
    [ -n "$debs" ] || return 0
    command -v apt-get >/dev/null ||
        fail "This needs ${debs% } (Debian's names): install them with your package manager."
    can_apt || fail "System packages are missing; install them and run this again:" \
        "sudo apt-get update && sudo apt-get install --no-install-recommends ${debs% }"
    # shellcheck disable=SC2086
    install_debs $debs || fail "$(why_apt_failed)"
    find_python
    [ -n "$PYTHON" ] || fail "apt-get installed python3, and still there is none in the PATH: $PATH"
}

why_apt_failed() {
    if [ -n "$OFFLINE" ] && grep -qi 'hash sum mismatch\|unexpected size' "$LOG"; then
        set -- "A package of the bundle in $OFFLINE is damaged (hash mismatch): make the bundle anew."
    elif [ -n "$OFFLINE" ]; then
        set -- "The packages ${debs% } of the bundle in $OFFLINE do not fit this system:" \
            "make the bundle anew, or connect this machine to the internet once."
    else
        set -- "apt-get could not install ${debs% }: run" \
            "'sudo apt-get update && sudo apt-get install ${debs% }' and see what it says."
    fi
    printf '%s (All it said: %s)' "$*" "$LOG"
}

check_disk() {
    free_mb=$(($(df -Pk "$DISK_AT" | awk 'NR == 2 { print $4 }') / 1024))
    [ "$free_mb" -ge "$DISK_NEEDED_MB" ] || fail "Only $free_mb MB are free in $DISK_AT, and this" \
        "needs $DISK_NEEDED_MB MB: free some space and run this again."
}

# --- the light's driver ---------------------------------------------------------------------------
# lgpio has no wheel for aarch64 with Python 3.13; Raspberry Pi OS brings it as python3-lgpio. Two
# links bring that one module, and nothing else of the system, into the environment.

wants_system_lgpio() { [ "$machine" = aarch64 ] && [ "$PYTHON_VERSION" = 3.13 ]; }

system_lgpio() {
    dist=/usr/lib/python3/dist-packages
    driver=_lgpio.cpython-${PYTHON_VERSION%.*}${PYTHON_VERSION#*.}-aarch64-linux-gnu.so
    if [ -e "$dist/lgpio.py" ] && [ -e "$dist/$driver" ]; then
        printf '%s\n' "$dist/lgpio.py" "$dist/$driver"
    fi
}

link_lgpio() {
    wants_system_lgpio || return 0
    files=$(system_lgpio)
    [ -n "$files" ] || {
        say "Note: there is no lgpio here (package python3-lgpio), so no real light can be driven."
        return 0
    }
    for file in $files; do
        ln -sf "$file" "$VENV/lib/python$PYTHON_VERSION/site-packages/"
    done
}

# --- the environment ------------------------------------------------------------------------------

# What the stamp of a group of requirements must say: these packages, for this Python.
wanted_stamp() {
    printf '%s %s\n' "$(sha256sum <"$HERE/requirements/$1.txt")" \
        "$("$ENV_PYTHON" -c 'import sys; print(sys.version)' 2>/dev/null | tr '\n' ' ')"
}

is_ready() {
    [ -x "$ENV_PYTHON" ] && [ -f "$VENV/$1.stamp" ] &&
        [ "$(cat "$VENV/$1.stamp")" = "$(wanted_stamp "$1")" ]
}

# pip_install WHAT GROUP
pip_install() {
    say "Installing $1 ($(grep -c '^[a-z0-9].*==' "$HERE/requirements/$2.txt") pins, each checked by hash):"
    shift
    [ -z "$OFFLINE" ] || set -- "$@" --no-index --find-links "$OFFLINE/wheels"
    pins=$HERE/requirements/$1.txt
    shift
    # The status goes through a file: a pipeline's own status is that of its last command.
    {
        "$ENV_PYTHON" -m pip install --require-hashes --only-binary=:all: --progress-bar=off \
            "$@" -r "$pins" 2>&1 && echo ok >"$VENV/pip.status"
    } | tee "$LOG" | show_pip
    [ -e "$VENV/pip.status" ] || fail "$(why_pip_failed)"
    rm "$VENV/pip.status"
}

show_pip() {
    while IFS= read -r line; do
        case $line in
        Collecting*) package=${line#Collecting } && say "  ${package%% *}" ;;
        Processing*) package=${line%% (from*} && say "  ${package##*/}" ;;
        'Installing collected packages'*) say "  unpacking" ;;
        esac
    done
}

why_pip_failed() {
    if grep -q 'DO NOT MATCH THE HASHES' "$LOG" && [ -n "$OFFLINE" ]; then
        set -- "A wheel of the bundle in $OFFLINE is not the one that was checked (hash mismatch): nothing" \
            "was installed. The stick is damaged or the bundle was changed: make it anew."
    elif [ -n "$OFFLINE" ] && grep -q 'No matching distribution' "$LOG"; then
        set -- "The bundle in $OFFLINE is not complete" \
            "($(sed -n 's/^ERROR: No matching distribution found for \([^ ]*\).*/\1/p' "$LOG") is missing):" \
            "make it anew."
    elif grep -q 'DO NOT MATCH THE HASHES' "$LOG"; then
        set -- "A downloaded package is not the one that was checked (hash mismatch): nothing was installed." \
            "Look at the network's proxy or package mirror, then run this again."
    elif grep -q 'No space left' "$LOG"; then
        set -- "The disk is full: free some space and run this again."
    elif grep -qE 'Temporary failure|NewConnectionError|ConnectTimeout|Read timed out|Connection (refused|reset)|Network is unreachable' "$LOG"; then
        set -- "The package registry can't be reached: connect this machine to the internet and run this again."
    else
        set -- "pip says: $(grep -m1 '^ERROR' "$LOG" || tail -n 1 "$LOG")"
    fi
    printf '%s (All it said: %s)' "$*" "$LOG"
}

make_env() {
    check_machine
    require_debs
    check_disk
    build_env
}

build_env() {
    say "Making the environment .venv with Python $PYTHON_VERSION"
    rm -rf "$VENV"
    mkdir "$VENV"
    # shellcheck disable=SC2086 # one word, or none
    "$PYTHON" -m venv $VENV_OPTIONS "$VENV" >"$LOG" 2>&1 ||
        fail "Python could not make the environment: $(tail -n 1 "$LOG")"
    pip_install "what the program needs" runtime
    link_lgpio
    "$ENV_PYTHON" "$HERE/requirements/verify.py" || exit 1
}

# Makes the environment hold a group of requirements (runtime, or runtime and test).
require_env() {
    is_ready runtime && is_ready "$1" && return
    lock "$HERE"
    is_ready runtime && is_ready "$1" && return
    is_ready runtime || make_env
    if [ "$1" = test ]; then
        # Without stamps until all is there: an interrupted run starts again from nothing.
        rm -f "$VENV/runtime.stamp"
        pip_install "what the tests need" test
        wanted_stamp test >"$VENV/test.stamp"
    fi
    wanted_stamp runtime >"$VENV/runtime.stamp"
    exec 9<&-
}

# lock FOLDER: one setup.sh at a time works on it.
lock() {
    exec 9<"$1"
    command -v flock >/dev/null || return 0
    flock -n 9 && return
    say "Another setup.sh is at work on $1: waiting for it"
    flock 9
}

# --- the verbs ------------------------------------------------------------------------------------

demo() {
    require_env runtime
    exec "$HERE/racklight" demo "$@"
}

get_chromium() {
    for browser in chromium chromium-browser google-chrome; do
        command -v "$browser" >/dev/null && return
    done
    can_apt && install_debs chromium && return
    say "Note: without chromium (sudo apt-get install chromium) the browser tests are skipped."
}

run_step() {
    name=$1
    shift
    say "== $name"
    "$ENV_PYTHON" -m "$@" || failed="$failed${failed:+, }$name"
}

# The tests of the pages (a browser, most of the time waiting) run beside all others.
run_all_tests() {
    pages=$(mktemp)
    "$ENV_PYTHON" -m pytest -p no:cacheprovider tests/web >"$pages" 2>&1 &
    beside=$!
    trap 'kill "$beside" 2>/dev/null || :; rm -f -- "$pages"' EXIT
    trap 'exit 1' HUP INT TERM
    run_step 'pytest' pytest --ignore=tests/web
    say "== pytest tests/web"
    wait "$beside" || failed="$failed${failed:+, }pytest tests/web"
    cat -- "$pages"
}

run_tests() {
    require_env test
    get_chromium
    cd "$HERE"
    failed=''
    run_step 'ruff check' ruff check .
    run_step 'ruff format' ruff format --check .
    run_step 'mypy' mypy
    if [ $# -gt 0 ]; then run_step 'pytest' pytest "$@"; else run_all_tests; fi
    [ -z "$failed" ] || fail "Failed: $failed; each one's words stand above under its name."
}

use_unit_verbs() {
    # shellcheck source=systemd/setup/unit.sh
    . "$HERE/systemd/setup/unit.sh"
    # shellcheck source=systemd/setup/check.sh
    . "$HERE/systemd/setup/check.sh"
    # shellcheck source=systemd/setup/judge.sh
    . "$HERE/systemd/setup/judge.sh"
    # shellcheck source=systemd/setup/releases.sh
    . "$HERE/systemd/setup/releases.sh"
    # shellcheck source=systemd/setup/bundle.sh
    . "$HERE/systemd/setup/bundle.sh"
}

main() {
    verb=${1:-}
    [ $# -eq 0 ] || shift
    case $verb in
    demo) demo "$@" ;;
    test) run_tests "$@" ;;
    install) use_unit_verbs && unit_install "$@" ;;
    uninstall) use_unit_verbs && unit_uninstall "$@" ;;
    check) use_unit_verbs && unit_check "$@" ;;
    update) use_unit_verbs && unit_update "$@" ;;
    rollback) use_unit_verbs && unit_rollback "$@" ;;
    bundle) use_unit_verbs && unit_bundle "$@" ;;
    help | --help | -h) help ;;
    *)
        printf "setup.sh: there is no verb '%s'.\n\n" "$verb" >&2
        help >&2
        exit 2
        ;;
    esac
}

# Read whole before anything is done: a shell reads as it runs, and an update of this folder (or an
# edit) meanwhile would have it go on in the middle of another line.
{
    main "$@"
    exit
}
