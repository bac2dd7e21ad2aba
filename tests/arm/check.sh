#!/usr/bin/env bash
# Racklight on 64-bit Arm, without a Pi: in an emulated Debian user land (13 = trixie, 12 = bookworm)
# `setup.sh install` runs from nothing, everything is imported, the models' reference kernels and the
# reps of a recording must be what this machine makes of them.
#
#     tests/arm/check.sh trixie|bookworm
#
# What it makes is kept in data/arm, and a stage that is done is not done again: start it again after
# an interruption. The installation begins anew where the program has changed; to begin all anew,
# remove data/arm. Emulated times say nothing about a Pi.
# shellcheck disable=SC2317 # functions are called by name
set -euo pipefail
PATH=/usr/sbin:/usr/bin:/sbin:/bin

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(cd "$HERE/../.." && pwd)
KEPT=$ROOT/data/arm
PYTHON=$ROOT/.venv/bin/python
PROGRAM='device web models systemd requirements racklight setup.sh pyproject.toml
    LICENSE NOTICE README.md CHANGELOG.md'
NEEDED_MB=4000
CPU=cortex-a72 # a Pi 4's: what runs on it runs on a Pi 5, not the other way round
BINFMT=/proc/sys/fs/binfmt_misc

say() { printf '%s\n' "$*"; }
fail() {
    printf 'arm-check: %s\n' "$*" >&2
    exit 1
}

# Processor time of all that ended so far: on a busy machine the clock says little.
cpu_s() { awk '{ printf "%d", ($16 + $17) / 100 }' "/proc/$$/stat"; } # in the kernel's hundredths

# stage NAME TEXT COMMAND...: runs the command; its words go to a log, the last line here every half minute.
stage() {
    local name=$1 text=$2 begun=$SECONDS cpu_begun status=0
    cpu_begun=$(cpu_s)
    shift 2
    say "$(date -u +%H:%M:%S) $text"
    : >"$LOGS/$name.log"
    while sleep 30 >/dev/null 2>&1 9>&-; do
        say "         $((SECONDS - begun)) s: $(tail -c 400 "$LOGS/$name.log" | tr '\r' '\n' | tail -n 1)"
    done &
    local ticker=$!
    set +e # so that what a function says with errexit holds in the subshell
    (set -e && "$@") >"$LOGS/$name.log" 2>&1 </dev/null
    status=$?
    set -e
    kill "$ticker" 2>/dev/null || true
    wait "$ticker" 2>/dev/null || true
    [ "$status" = 0 ] || {
        tail -n 5 "$LOGS/$name.log" | sed 's/^/    /' >&2
        fail "Failed: $text (after $((SECONDS - begun)) s). All it said: $LOGS/$name.log"
    }
    say "         done in $((SECONDS - begun)) s, $(($(cpu_s) - cpu_begun)) s of processor time"
}

# --- this machine ---------------------------------------------------------------------------------

check_machine() {
    [ "$(id -u)" = 0 ] || fail "Making and entering a user land needs root: sudo make arm-check"
    [ "$(uname -m)" = x86_64 ] || fail "This compares arm64 with x86-64, and this is $(uname -m)."
    [ -x "$PYTHON" ] || fail "There is no environment to compare with: run ./setup.sh test once."
    for tool in mmdebstrap qemu-aarch64-static update-binfmts; do
        command -v "$tool" >/dev/null ||
            fail "$tool is missing: apt-get install mmdebstrap qemu-user-static binfmt-support"
    done
    [ -e "$BINFMT/register" ] || mount -t binfmt_misc binfmt_misc "$BINFMT" 2>/dev/null ||
        fail "This kernel or container has no binfmt_misc, so arm64 programs can't be started here:" \
            "use a machine whose root may mount it."
    [ -e "$BINFMT/qemu-aarch64" ] || update-binfmts --enable qemu-aarch64 2>/dev/null || true
    grep -q '^flags:.*F' "$BINFMT/qemu-aarch64" 2>/dev/null ||
        fail "The kernel doesn't know yet how to start arm64 programs: apt-get install --reinstall" \
            "qemu-user-static binfmt-support"
    mkdir -p "$KEPT"
    local free_mb=$(($(df -Pk "$KEPT" | awk 'NR == 2 { print $4 }') / 1024))
    [ "$free_mb" -ge "$NEEDED_MB" ] || fail "Only $free_mb MB are free in $KEPT, and this needs $NEEDED_MB MB."
}

# --- what this machine makes ----------------------------------------------------------------------

# As bare as a system with systemd can be: no Python, nothing of what the program needs.
make_land() {
    rm -rf "$LAND.part"
    mmdebstrap --arch=arm64 --variant=minbase --include=systemd,udev,ca-certificates \
        --aptopt='Acquire::Languages "none"' --dpkgopt=force-unsafe-io "$SUITE" "$LAND.part"
    rm -rf "$LAND"
    mv "$LAND.part" "$LAND"
}

bundle_fits() {
    grep -qxF "requirements $(sha256sum <"$ROOT/requirements/runtime.txt" | cut -d ' ' -f 1)" \
        "$KEPT/bundle/bundle.txt" 2>/dev/null
}

# A copy that nobody edits meanwhile; PROGRAM_HASH is its content's.
copy_program() {
    rm -rf "$SOURCE"
    mkdir -p "$SOURCE"
    # shellcheck disable=SC2086 # a list of names
    tar -C "$ROOT" --exclude=__pycache__ -cf - $PROGRAM | tar -C "$SOURCE" --no-same-owner -xf -
}

hash_of() { find "$@" -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c 1-16; }

# From the copied program, as inside.
here() { env -C "$SOURCE" PYTHONPATH="$SOURCE" PYTHONSAFEPATH=1 PYTHONDONTWRITEBYTECODE=1 "$PYTHON" "$@"; }

# What this machine makes of the models, and of the recording that was made inside.
make_values() {
    rm -f "$REFERENCE/values.npz"
    here "$HERE/same.py" values "$REFERENCE/values.part.npz"
    mv "$REFERENCE/values.part.npz" "$REFERENCE/values.npz"
}

make_reps() { here "$HERE/same.py" replay "$REFERENCE/recording.db3" "$REFERENCE/reps.json"; }

# --- inside ---------------------------------------------------------------------------------------

# inside COMMAND...: in the user land, without network; what it changes is kept apart from the land.
inside() {
    # shellcheck disable=SC2016 # the inner shell's variables
    LAND=$LAND CHANGED=$CHANGED SOURCE=$SOURCE BUNDLE=$KEPT/bundle REFERENCE=$REFERENCE HERE=$HERE CPU=$CPU \
        unshare --mount --propagation=private --net --pid --fork --kill-child sh -euc '
        root=$CHANGED/root
        mkdir -p "$CHANGED/upper" "$CHANGED/work" "$root"
        mount -t overlay -o "lowerdir=$LAND,upperdir=$CHANGED/upper,workdir=$CHANGED/work" racklight "$root"
        mount -t proc proc "$root/proc"
        mount --rbind /dev "$root/dev"
        mount --bind -o ro /sys "$root/sys"
        mount --bind "$HERE/cpuinfo" "$root/proc/cpuinfo" # by an Intel one the interpreters crash
        mkdir -p "$root/mnt/racklight" "$root/mnt/bundle" "$root/mnt/reference" "$root/mnt/check"
        mount --bind -o ro "$SOURCE" "$root/mnt/racklight"
        mount --bind -o ro "$BUNDLE" "$root/mnt/bundle"
        mount --bind -o ro "$REFERENCE" "$root/mnt/reference"
        mount --bind -o ro "$HERE" "$root/mnt/check"
        exec chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
            QEMU_CPU="$CPU" PYTHONPATH=/opt/racklight/current PYTHONSAFEPATH=1 PYTHONUNBUFFERED=1 \
            PYTHONDONTWRITEBYTECODE=1 OMP_NUM_THREADS=1 GPIOZERO_PIN_FACTORY=mock "$@"
    ' inside "$@"
}

inside_python() { inside /opt/racklight/current/.venv/bin/python "$@"; }

install_from_nothing() {
    rm -rf "$CHANGED"
    # shellcheck disable=SC2016 # the inner shell's words
    inside sh -c 'test "$(uname -m)" = aarch64 && ! command -v python3'
    inside /mnt/racklight/setup.sh install --offline /mnt/bundle
}

install_again() {
    local said
    said=$(inside /mnt/racklight/setup.sh install --offline /mnt/bundle)
    say "$said"
    grep -qx 'Nothing to do.' <<<"$said"
}

# systemd does not run in a user land and there is no camera, so check must find faults, in sentences.
run_check() {
    local said
    said=$(inside /mnt/racklight/setup.sh check 2>&1 || true)
    say "$said"
    grep -q '^ok    installed' <<<"$said" && grep -q '^ok    files' <<<"$said" &&
        grep -q '^ok    models' <<<"$said" && ! grep -q Traceback <<<"$said"
}

import_all() {
    inside_python /mnt/racklight/requirements/verify.py
    inside_python -c 'import platform, sys, cv2, flask, gpiozero, numpy, pyrealsense2 as rs
from device.models import load_model
import web
print(platform.machine(), sys.version.split()[0], "numpy", numpy.__version__, "cv2", cv2.__version__,
      "runtime", load_model("pose_lite", 1).runtime)
rs.software_device().add_sensor("depth")
lamp = gpiozero.LED(17); lamp.on(); assert lamp.is_lit'
}

# Made there and played on both.
make_recording() {
    rm -f "$REFERENCE/recording.db3" "$CHANGED/upper/root/recording.db3"
    inside_python /mnt/check/same.py record /root/recording.db3
    mv "$CHANGED/upper/root/recording.db3" "$REFERENCE/recording.db3"
}

replay_recording() {
    inside_python /mnt/check/same.py replay /mnt/reference/recording.db3 /root/reps.json
}

compare_reps() { inside_python /mnt/check/same.py check-reps /mnt/reference/reps.json /root/reps.json; }

# once MARK NAME TEXT COMMAND...: a stage that is not done again while MARK stays the same.
once() {
    local mark=$1 name=$2
    shift
    if [ "$(cat "$LOGS/$name.done" 2>/dev/null)" = "$mark" ]; then
        say "         $2: done before"
        return
    fi
    rm -f "$LOGS/$name.done"
    stage "$@"
    printf '%s\n' "$mark" >"$LOGS/$name.done"
}

main() {
    [ $# = 1 ] || fail "Name the Debian: tests/arm/check.sh trixie, or bookworm"
    SUITE=$1
    case $SUITE in trixie | bookworm) ;; *) fail "Racklight serves trixie and bookworm, not '$SUITE'." ;; esac
    check_machine
    LAND=$KEPT/$SUITE/land CHANGED=$KEPT/$SUITE/changed LOGS=$KEPT/$SUITE/logs
    SOURCE=$KEPT/$SUITE/program REFERENCE=$KEPT/$SUITE/reference
    mkdir -p "$LOGS" "$REFERENCE"
    exec 9>"$KEPT/$SUITE.lock"
    flock -n 9 || fail "Another arm-check of $SUITE is at work: wait for it, or end it."

    [ -d "$LAND" ] || stage land "make a bare arm64 user land of Debian $SUITE" make_land
    exec 8>"$KEPT/bundle.lock"
    flock 8 # both Debians use it
    bundle_fits || stage bundle "collect wheels and packages for arm64 (setup.sh bundle)" \
        "$ROOT/setup.sh" bundle "$KEPT/bundle"
    exec 8>&-
    copy_program
    local mark
    mark=$(cd "$SOURCE" && hash_of .)-$(hash_of "$HERE/same.py" | cut -c 1-8)
    once "$mark" here "note what this machine makes of the models" make_values
    once "$mark" install "install from nothing" install_from_nothing
    once "$mark" again "install again: nothing to do" install_again
    once "$mark" import "import everything" import_all
    once "$mark" check "setup.sh check: installed, files and models are found well" run_check
    once "$mark" values "the models' reference kernels, compared with this machine's" \
        inside_python /mnt/check/same.py check-values /mnt/reference/values.npz
    grep '^  ' "$LOGS/values.log"
    once "$mark" record "record the demo clip's first rep" make_recording
    once "$mark" here-reps "replay the recording on this machine" make_reps
    once "$mark" replay "replay the recording (the longest stage)" replay_recording
    once "$mark" reps "compare the reps" compare_reps
    grep '^  ' "$LOGS/reps.log"
    say "Debian $SUITE on arm64 does what this machine does ($((SECONDS / 60)) minutes now, $(cpu_s) s of processor time)."
}

{ main "$@"; exit; } # read whole, so that it may be edited while it runs
