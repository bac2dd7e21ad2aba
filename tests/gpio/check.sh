#!/usr/bin/env bash
# Lights, buzzer, hook switch and button on real kernel lines: boots a small virtual machine whose kernel
# simulates a chip of pins (gpio-sim), and in it runs this tree through gpiozero and the real lgpio
# (play.py), with this machine's environment and files, which it sees read-only.
#
#     tests/gpio/check.sh [SCENE...]         all, or the named ones
#
# No Debian kernel has gpio-sim (CONFIG_GPIO_SIM is not set), but its source is in linux-source: the
# module is made from it for Debian 13's kernel, once, and kept in data/gpio with the kernel and lgpio.
# To begin all anew, remove data/gpio.
# shellcheck disable=SC2317 # functions are called by name
set -euo pipefail
PATH=/usr/sbin:/usr/bin:/sbin:/bin

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(cd "$HERE/../.." && pwd)
KEPT=$ROOT/data/gpio
KERNEL=$KEPT/kernel
PINS=$KEPT/pins
CONSOLE=$KEPT/console.log
PYTHON=$ROOT/.venv/bin/python
MODULES='fs/netfs/netfs net/9p/9pnet net/9p/9pnet_virtio fs/9p/9p fs/configfs/configfs'
NEEDED_MB=3000
KVM_BOOTS_WITHIN_S=20
BOOTS_WITHIN_S=180
ENDS_WITHIN_S=900

say() { printf '%s\n' "$*"; }
fail() {
    printf 'gpio-check: %s\n' "$*" >&2
    exit 1
}

check_machine() {
    [ "$(id -u)" = 0 ] || fail "Making the kernel's module needs root: sudo make gpio-check"
    [ "$(uname -m)" = x86_64 ] || fail "This boots an x86-64 kernel, and this is $(uname -m)."
    [ -x "$PYTHON" ] || fail "There is no environment to run this with: run ./setup.sh test once."
    for tool in mmdebstrap qemu-system-x86_64; do
        command -v "$tool" >/dev/null ||
            fail "$tool is missing: apt-get install mmdebstrap qemu-system-x86"
    done
    mkdir -p "$KEPT"
    [ -e "$KERNEL/gpio-simulated.ko" ] && return
    local free_mb=$(($(df -Pk "$KEPT" | awk 'NR == 2 { print $4 }') / 1024))
    [ "$free_mb" -ge "$NEEDED_MB" ] || fail "Only $free_mb MB are free in $KEPT, and this needs $NEEDED_MB MB."
}

# step TEXT LOG COMMAND...: its words go to the log; the last ones are shown where it fails.
step() {
    local text=$1 log=$KEPT/$2.log status=0
    shift 2
    say "$(date -u +%H:%M:%S) $text"
    set +e # so that what a function says with errexit holds in the subshell
    (set -e && "$@") >"$log" 2>&1 </dev/null
    status=$?
    set -e
    [ "$status" = 0 ] || {
        tail -n 5 "$log" | sed 's/^/    /' >&2
        fail "Failed: $text. All it said: $log"
    }
}

# The kernel, the modules that it boots with and gpio-sim, in a Debian 13 that is thrown away again.
make_kernel() {
    local shop=$KEPT/workshop.part module
    rm -rf "$shop" "$KERNEL.part"
    mkdir -p "$KERNEL.part"
    mmdebstrap --arch=amd64 --variant=apt --include=linux-headers-amd64,linux-image-amd64,linux-source \
        --include=gcc,make,xz-utils,busybox-static --aptopt='APT::Install-Recommends "false"' \
        --aptopt='Acquire::Languages "none"' --dpkgopt=force-unsafe-io trixie "$shop"
    # irq_sim.c is a part of the kernel that Debian's lacks as well; irq_to_desc is not for modules.
    # shellcheck disable=SC2016 # the inner shell's variables
    chroot "$shop" /usr/bin/env -i PATH="$PATH" sh -euc '
        mkdir /module && cd /module
        tar -xJf /usr/src/linux-source-*.tar.xz --strip-components=3 --wildcards \
            "*/drivers/gpio/gpio*.h" "*/drivers/gpio/gpio-sim.c" "*/kernel/irq/irq_sim.c"
        sed -i "s/irq_to_desc(irqnum)/irq_data_to_desc(irq_get_irq_data(irqnum))/" irq_sim.c
        echo "obj-m := gpio-simulated.o" >Kbuild
        echo "gpio-simulated-y := gpio-sim.o irq_sim.o" >>Kbuild
        release=$(ls /lib/modules)
        make -C "/lib/modules/$release/build" M=/module modules
        strip --strip-debug gpio-simulated.ko
        for module in $1; do
            xz -dc "/lib/modules/$release/kernel/$module.ko.xz" >"${module##*/}.ko"
        done
        cp "/boot/vmlinuz-$release" vmlinuz
        cp /usr/bin/busybox .
        echo "$release" >release' make "$MODULES"
    for module in $MODULES gpio-simulated; do
        cp "$shop/module/${module##*/}.ko" "$KERNEL.part/"
    done
    cp "$shop/module/vmlinuz" "$shop/module/busybox" "$shop/module/release" "$KERNEL.part/"
    rm -rf "$shop" "$KERNEL"
    mv "$KERNEL.part" "$KERNEL"
}

# The lgpio that the requirements pin for a Pi, with its hash: on x86-64 they leave it out.
lgpio_pin() { sed -n '/^lgpio==/,/^ *# via/p' "$ROOT/requirements/runtime.txt" | sed '/# via/d; s/ ;[^\\]*/ /'; }

fetch_lgpio() {
    rm -rf "$PINS" "$PINS.part"
    lgpio_pin >"$KEPT/lgpio.txt"
    "$PYTHON" -m pip install --disable-pip-version-check --no-deps --only-binary :all: --require-hashes \
        --target "$PINS.part" -r "$KEPT/lgpio.txt"
    { lgpio_pin && "$PYTHON" --version; } >"$PINS.part/made-of"
    mv "$PINS.part" "$PINS"
}

lgpio_fits() { { lgpio_pin && "$PYTHON" --version; } | cmp -s - "$PINS/made-of"; }

# make_ram SCENE...: the first file system of the machine.
make_ram() {
    local ram=$KEPT/ram
    rm -rf "$ram"
    mkdir -p "$ram/bin" "$ram/modules"
    cp "$KERNEL/busybox" "$ram/bin/"
    cp "$KERNEL"/*.ko "$ram/modules/"
    cp "$HERE/init.sh" "$ram/init"
    chmod +x "$ram/init"
    printf "ROOT='%s'\nPINS='%s'\nSCENES='%s'\n" "$ROOT" "$PINS" "$*" >"$ram/where"
    (cd "$ram" && find . | bin/busybox cpio -o -H newc | gzip -1) >"$KEPT/ram.gz"
    rm -rf "$ram"
}

# boot WITHIN_S FLAG...: whether it says that it booted by then; QEMU is its process.
boot() {
    local within_s=$1
    shift
    : >"$CONSOLE"
    qemu-system-x86_64 "$@" -m 512 -smp 2 -nodefaults -no-user-config -no-reboot -display none -nic none \
        -serial "file:$CONSOLE" -kernel "$KERNEL/vmlinuz" -initrd "$KEPT/ram.gz" \
        -append "console=ttyS0 quiet panic=-1" \
        -virtfs local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap \
        -daemonize -pidfile "$KEPT/qemu.pid" >"$KEPT/qemu.log" 2>&1 </dev/null 9>&- || return 1
    QEMU=$(cat "$KEPT/qemu.pid")
    for _ in $(seq $((within_s * 2))); do
        ! grep -q '^gpio-check: booted' "$CONSOLE" || return 0
        runs || return 1
        sleep 0.5
    done
    end_machine
    return 1
}

runs() { kill -0 "$QEMU" 2>/dev/null; }

end_machine() {
    [ -n "${QEMU:-}" ] || return 0
    while runs; do
        kill "$QEMU" 2>/dev/null || true
        sleep 0.2
    done
    QEMU=''
}

leave() {
    end_machine
    rm -rf "$KEPT"/*.part "$KEPT/ram" "$KEPT/ram.gz" "$KEPT/qemu.pid"
}

# Shows what the machine says until it ends, less its kernel's words.
follow() {
    local shown=0 ended=no lines
    for _ in $(seq $((ENDS_WITHIN_S * 2))); do
        lines=$(wc -l <"$CONSOLE")
        [ "$lines" -le "$shown" ] ||
            sed -n "/^\[ *[0-9]/d; /: booted/d; $((shown + 1)),${lines}p" "$CONSOLE" | tr -d '\r'
        shown=$lines
        [ "$ended" = no ] || return 0
        runs || ended=yes # once more, for its last words
        sleep 0.5
    done
    fail "The machine did not end within $ENDS_WITHIN_S s. All it said: $CONSOLE"
}

main() {
    check_machine
    exec 9>"$KEPT/lock"
    flock -n 9 || fail "Another gpio-check is at work: wait for it, or end its qemu-system-x86_64."
    trap leave EXIT
    trap 'exit 1' HUP INT TERM
    [ -e "$KERNEL/gpio-simulated.ko" ] ||
        step "make gpio-sim for Debian 13's kernel (some minutes, once)" kernel make_kernel
    lgpio_fits || step "fetch lgpio" lgpio fetch_lgpio
    make_ram "$@"
    # Emulated, the machine's clock counts its instructions, 4 ns each: however busy this one is, times
    # seen inside are not its fault.
    local how='' emulated='-accel tcg,thread=single -icount shift=2,sleep=off -rtc clock=vm -cpu max'
    # shellcheck disable=SC2086 # a list of words
    if [ -w /dev/kvm ] && boot "$KVM_BOOTS_WITHIN_S" -accel kvm -cpu host; then
        how=KVM
    elif boot "$BOOTS_WITHIN_S" $emulated; then
        how='plain emulation'
    else
        tail -n 5 "$CONSOLE" "$KEPT/qemu.log" | sed 's/^/    /' >&2
        fail "The machine did not boot. All it said: $CONSOLE and $KEPT/qemu.log"
    fi
    say "$(date -u +%H:%M:%S) booted Linux $(cat "$KERNEL/release") by $how"
    follow
    grep -q '^gpio-check: all passed' "$CONSOLE" || fail "Not all passed. All it said: $CONSOLE"
    say "gpio-check took $SECONDS s."
}

{ main "$@"; exit; } # read whole, so that it may be edited while it runs
