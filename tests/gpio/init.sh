#!/bin/busybox sh
# shellcheck shell=dash disable=SC2153
# The first and only process of check.sh's machine: makes a chip of simulated pins, shows the machine
# that it runs on read-only, and starts play.py with that one's Python. check.sh puts WHERE beside it.
/bin/busybox --install -s /bin
PATH=/bin
# shellcheck disable=SC1091 # ROOT, PINS, SCENES: of check.sh
. /where

stop() {
    echo "gpio-check: $*"
    poweroff -f
}

mkdir -p /proc /sys /host
mount -t proc proc /proc
mount -t sysfs sysfs /sys
for module in netfs 9pnet 9pnet_virtio 9p configfs gpio-simulated; do
    insmod "/modules/$module.ko" || stop "the module $module can't be loaded"
done
mount -t 9p -o trans=virtio,version=9p2000.L,ro,cache=loose,msize=512000 host /host ||
    stop "the files of the machine outside can't be seen"
mount --bind /proc /host/proc
mount -t sysfs sysfs /host/sys
mount -t devtmpfs devtmpfs /host/dev
mount -t tmpfs tmpfs /host/run
mount -t configfs configfs /host/sys/kernel/config

# As many lines as a Pi 4's chip has, and its name.
pins=/host/sys/kernel/config/gpio-sim/pins
mkdir -p "$pins/bank"
echo 58 >"$pins/bank/num_lines"
echo pinctrl-bcm2711 >"$pins/bank/label"
echo 1 >"$pins/live" || stop "gpio-sim makes no chip"
[ "$(cat "$pins/bank/chip_name")" = gpiochip0 ] || stop "the simulated chip is not the first one"

# gpiozero asks the processor for the board it is on: a Pi 4.
{
    cat /proc/cpuinfo
    echo "Revision : c03114"
} >/host/run/cpuinfo
mount --bind /host/run/cpuinfo /host/proc/cpuinfo

# lgpio makes small files in its working directory.
mkdir -p /host/run/check /host/run/state /host/run/pins
cp -r "/host$PINS/." /host/run/pins
chmod 1777 /host/run/check
echo "gpio-check: booted"
# shellcheck disable=SC2016,SC2086 # the inner shell's words; SCENES is a list of names
chroot /host /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/run LC_ALL=C.UTF-8 \
    TMPDIR=/run/check RACKLIGHT_STATE=/run/state RACKLIGHT_ETC=/run/none RACKLIGHT_RUN=/run/check \
    PYTHONPATH="/run/pins:$ROOT" PYTHONSAFEPATH=1 PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 GPIOZERO_PIN_FACTORY=lgpio \
    /bin/sh -c 'cd /run/check && exec "$@"' check "$ROOT/.venv/bin/python" -m tests.gpio.play $SCENES
poweroff -f
