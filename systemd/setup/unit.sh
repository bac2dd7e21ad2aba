# shellcheck shell=sh
# The verbs install, uninstall and check, for setup.sh. Sourced, not run.
#
# A release is this folder's program with its own environment, under $BASE/releases, named after
# version and content; $BASE/current points to the one in use.
# shellcheck disable=SC2034,SC2154 # names shared with setup.sh

# shellcheck source=systemd/setup/steps.sh
. "$HERE/systemd/setup/steps.sh"

CURRENT=$BASE/current
ETC=/etc/racklight
DATA=/var/lib/racklight
RUN=/run/racklight
SERIAL=/sys/firmware/devicetree/base/serial-number
UNITS='racklight-device.service racklight-web.service'
PROGRAM='device web models systemd requirements racklight setup.sh pyproject.toml
    LICENSE NOTICE README.md CHANGELOG.md'
SYSTEMD_NEEDED=252

unit_help() {
    say "Usage: ./setup.sh install | uninstall [--purge] | check, each with --dry-run"
    exit 2
}

unit_options() {
    PURGE=no
    for option in "$@"; do
        case $option in
        --dry-run) DRY_RUN=yes ;;
        --purge)
            [ "$verb" = uninstall ] || unit_help
            PURGE=yes
            ;;
        *) unit_help ;;
        esac
    done
}

need_root() {
    [ "$DRY_RUN" = yes ] || [ "$(id -u)" = 0 ] ||
        fail "'$verb' changes the system and needs root: sudo ./setup.sh $verb"
}

said_at_the_end() {
    if [ "$CHANGES" = 0 ]; then
        say "Nothing to do."
    elif [ "$DRY_RUN" = yes ]; then
        say "A dry run: nothing was changed."
    fi
}

# --- install --------------------------------------------------------------------------------------

unit_install() {
    unit_options "$@"
    umask 022
    export PIP_NO_CACHE_DIR=1
    # The system's own Python, the one that the system's camera packages are made for.
    PYTHONS='/usr/bin/python3 /usr/bin/python3.13 /usr/bin/python3.11 /usr/bin/python3.12'
    need_root
    check_machine
    check_system
    RELEASE=$BASE/releases/$(release_name)
    DISK_AT=/opt
    [ -f "$RELEASE/complete" ] || check_disk
    [ "$DRY_RUN" = yes ] || lock /opt
    say "Installing ${RELEASE##*/}"
    want_dir "$BASE"
    want_dir "$BASE/releases"
    want_debs
    want_user
    [ -f "$RELEASE/complete" ] || act "make the release $RELEASE" make_release
    want_settings
    want_system_files
    want_data
    [ "$(readlink -- "$CURRENT")" = "$RELEASE" ] || drop_old_releases
    want_link "$RELEASE" "$CURRENT"
    want_link "$CURRENT/racklight" /usr/local/bin/racklight
    for unit in $UNITS; do want_unit "$unit"; done
    want_running
    said_at_the_end
    [ "$DRY_RUN" = yes ] || say "Settings: $ETC/racklight.toml. Is all well? sudo ./setup.sh check"
}

check_system() {
    command -v systemctl >/dev/null ||
        fail "Racklight's services need systemd, and this system has none: use Debian 12 or 13," \
            "or Raspberry Pi OS."
    version=$(systemctl --version | sed -n '1s/^systemd \([0-9]*\).*/\1/p')
    [ "$version" -ge "$SYSTEMD_NEEDED" ] ||
        fail "Racklight needs systemd $SYSTEMD_NEEDED, and this is $version: use Debian 12 or 13."
    ! getent passwd racklight >/dev/null || recorded user racklight ||
        fail "There is a user 'racklight' already, and the program needs that name for itself:" \
            "give that person another name."
}

# Version and content: other content is another release, even where nobody changed the version.
release_name() {
    version=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$HERE/pyproject.toml")
    printf '%s-%s\n' "$version" "$(program_files | LC_ALL=C sort -z | (cd "$HERE" && xargs -0 sha256sum) |
        sha256sum | cut -c 1-8)"
}

program_files() {
    # shellcheck disable=SC2086 # a list of names
    (cd "$HERE" && find $PROGRAM -type f ! -path '*/__pycache__/*' ! -name '*.pyc' -print0)
}

want_debs() {
    debs=$(missing_debs)
    [ -z "$debs" ] || act "install with apt: $debs" add_debs
}

# Records what apt really brought, dependencies included.
add_debs() {
    VENV=$BASE
    LOG=$BASE/apt.log
    record file "$LOG"
    installed_debs >"$BASE/debs.before"
    require_debs
    for deb in $(installed_debs | comm -13 "$BASE/debs.before" -); do record deb "$deb"; done
    rm "$BASE/debs.before"
}

want_user() {
    want_file "$HERE/systemd/sysusers.conf" /etc/sysusers.d/racklight.conf
    { getent passwd racklight && getent group gpio; } >/dev/null ||
        act "make the system user racklight, member of the group gpio" make_user
}

make_user() {
    for group in gpio racklight; do
        getent group "$group" >/dev/null || record group "$group"
    done
    record user racklight
    systemd-sysusers /etc/sysusers.d/racklight.conf >/dev/null 2>&1 ||
        fail "The user racklight could not be made: see what" \
            "'systemd-sysusers /etc/sysusers.d/racklight.conf' says."
}

make_release() {
    record tree "$RELEASE"
    rm -rf -- "$RELEASE"
    mkdir -- "$RELEASE"
    program_files | (cd "$HERE" && xargs -0 cp -p --no-preserve=ownership --parents -t "$RELEASE" --)
    chmod -R u=rwX,go=rX "$RELEASE"
    HERE=$RELEASE
    VENV=$RELEASE/.venv
    ENV_PYTHON=$VENV/bin/python
    LOG=$VENV/setup.log
    VENV_OPTIONS=--system-site-packages
    find_python
    build_env
    (cd "$RELEASE" && "$ENV_PYTHON" -m compileall -q device web models) ||
        fail "The program in $RELEASE could not be compiled: run this again."
    : >"$RELEASE/complete"
}

# Keeps the one in use until now beside the new one; a card has no room for all of them.
drop_old_releases() {
    for old in "$BASE"/releases/*; do
        case $old in
        "$RELEASE" | "$(readlink -- "$CURRENT")") ;;
        *) [ ! -d "$old" ] || act "remove the old release $old" drop_release "$old" ;;
        esac
    done
}

drop_release() {
    rm -rf -- "$1"
    forget tree "$1"
}

want_settings() {
    want_dir "$ETC"
    [ -e "$ETC/racklight.toml" ] || act "write $ETC/racklight.toml" write_settings
}

# Not in the manifest: from now on it is the owner's.
write_settings() {
    cat >"$ETC/racklight.toml" <<TEXT
# This unit's settings; what is not named here keeps its default. After a change:
# sudo systemctl restart racklight-device racklight-web
[unit]
name = "$(unit_name)"
TEXT
}

# rack-xxxx: two racks with one name would be one address.
unit_name() {
    if [ -r "$SERIAL" ]; then
        serial=$(tr -d '\0' <"$SERIAL")
    else
        serial=$(sha256sum </etc/machine-id | cut -c 1-8)
    fi
    printf 'rack-%s\n' "$(printf '%s' "$serial" | tail -c 4)"
}

want_system_files() {
    want_file "$HERE/systemd/tmpfiles.conf" /etc/tmpfiles.d/racklight.conf
    want_file "$HERE/systemd/70-racklight.rules" /etc/udev/rules.d/70-racklight.rules
    want_file "$HERE/systemd/hardware-watchdog.conf" /etc/systemd/system.conf.d/racklight.conf
    want_file "$HERE/systemd/journal.conf" /etc/systemd/journald.conf.d/racklight.conf
    for unit in $UNITS; do
        want_file "$HERE/systemd/$unit" "/etc/systemd/system/$unit"
    done
    if [ -f /etc/avahi/avahi-daemon.conf ]; then
        want_avahi
    else
        say "  Note: without the package avahi-daemon the page has no name, only its address."
    fi
}

want_avahi() {
    avahi=$(mktemp)
    sed -e '/^#\{0,1\}host-name=/d' -e "s/^\[server\]/[server]\nhost-name=$(unit_name)/" \
        /etc/avahi/avahi-daemon.conf >"$avahi"
    want_file "$avahi" "$ETC/avahi-daemon.conf"
    rm -- "$avahi"
    want_file "$HERE/systemd/avahi-racklight.service" /etc/avahi/services/racklight.service
    want_file "$HERE/systemd/avahi-name.conf" \
        /etc/systemd/system/avahi-daemon.service.d/racklight.conf
}

want_data() {
    if ! [ -d "$DATA" ] || ! [ -d "$RUN" ]; then
        act "make $DATA and $RUN" make_data
    fi
    # An uninstall gave kept data to root, so that no later user of the same number owns it.
    [ -z "$(find "$DATA" -user root -print -quit 2>/dev/null)" ] ||
        act "give the kept data in $DATA to the user racklight" chown -R racklight:racklight "$DATA"
}

make_data() {
    record tree "$RUN"
    systemd-tmpfiles --create /etc/tmpfiles.d/racklight.conf
}

# Starts what does not run, and starts anew what was changed.
want_running() {
    if ! booted; then
        [ "$CHANGES" = 0 ] || say "  systemd is not running here: the services start with the machine."
        return 0
    fi
    if [ "$CHANGES" != 0 ]; then
        act "let systemd, udev and the journal read their files again" reread_files
        # shellcheck disable=SC2086
        act "start the services" systemctl --no-block restart $UNITS
        return
    fi
    for unit in $UNITS; do
        systemctl --quiet is-active "$unit" || act "start $unit" systemctl --no-block restart "$unit"
    done
}

reread_files() {
    systemctl daemon-reload
    systemctl reset-failed 'racklight-*' 2>/dev/null || true
    systemctl try-restart systemd-journald.service
    systemctl try-restart avahi-daemon.service 2>/dev/null || true
    if systemctl --quiet is-active systemd-udevd.service; then
        udevadm control --reload
        udevadm trigger --subsystem-match=usb --subsystem-match=gpio
    fi
}

# --- uninstall ------------------------------------------------------------------------------------

unit_uninstall() {
    unit_options "$@"
    need_root
    [ "$DRY_RUN" = yes ] || lock /opt
    cd /
    if [ -f "$MANIFEST" ]; then
        say "Uninstalling"
        undo_all
        undo_dirs
        ! booted || act "let systemd, udev and the journal read their files again" reread_files
    fi
    if [ "$PURGE" = yes ]; then
        for folder in "$DATA" "$ETC"; do
            [ ! -d "$folder" ] || act "remove the folder $folder with all it holds" rm -rf -- "$folder"
        done
    else
        keep_data
    fi
    said_at_the_end
}

keep_data() {
    [ ! -d "$DATA" ] || [ "$(stat -c %U "$DATA")" = root ] ||
        act "give the data in $DATA to root" give_data_to_root
    [ ! -d "$DATA" ] || say "  kept: $DATA and $ETC (uninstall --purge removes them)"
}

give_data_to_root() {
    chown -R root:root "$DATA"
}

# --- check ----------------------------------------------------------------------------------------

unit_check() {
    unit_options "$@"
    if [ "$DRY_RUN" = yes ]; then
        say "  would look at the installed files, the user, the services and the page"
        say "  would run 'racklight check' where the unit is not at work (it holds camera and light)"
        return
    fi
    failed=0
    check_files
    [ "$failed" = 0 ] || exit 1
    if booted; then
        for unit in $UNITS; do check_unit "$unit"; done
        check_page
    else
        told FAIL services "systemd is not running here"
    fi
    check_hardware
    [ "$failed" = 0 ] || exit 1
}

# One line in the words and columns of `racklight check`.
told() {
    printf '%-4s  %-9s %s\n' "$1" "$2" "$3"
    [ "$1" = ok ] || failed=1
}

check_files() {
    [ -f "$CURRENT/complete" ] || {
        told FAIL installed "There is no installed release: run sudo ./setup.sh install."
        return
    }
    told ok installed "$(basename "$(readlink "$CURRENT")")"
    missing=''
    while read -r kind what; do
        case $kind in
        file | link | tree | replaced) [ -e "$what" ] || missing="$missing $what" ;;
        user) getent passwd "$what" >/dev/null || missing="$missing user:$what" ;;
        esac
    done <"$MANIFEST"
    if [ -n "$missing" ]; then
        told FAIL files "Missing:$missing: run sudo ./setup.sh install."
    else
        told ok files "all $(wc -l <"$MANIFEST") entries of $MANIFEST are there"
    fi
}

check_unit() {
    state=$(systemctl is-active "$1" || true)
    enabled=$(systemctl is-enabled "$1" 2>/dev/null || true)
    text=$(systemctl show -p StatusText --value "$1")
    name=${1#racklight-}
    if [ "$state" = active ] && [ "$enabled" = enabled ]; then
        told ok "${name%.service}" "active, starts with the machine${text:+; $text}"
    else
        told FAIL "${name%.service}" "$state, $enabled: journalctl -u $1 says why"
    fi
}

check_page() {
    if address=$(PYTHONPATH=$CURRENT "$CURRENT/.venv/bin/python" -P -B - 2>&1 <<'PYTHON'
import sys, urllib.request
from device import paths, settings
try:
    web = settings.load_settings(paths.settings_file()).web
    host = "127.0.0.1" if web.host in ("0.0.0.0", "::") else web.host
    with urllib.request.urlopen(f"http://{host}:{web.port}/", timeout=10) as answer:
        print(f"http://{host}:{web.port}/ answers {answer.status}")
except (OSError, ValueError) as error:
    sys.exit(f"{error}")
PYTHON
    ); then
        told ok page "$address"
    else
        told FAIL page "The page does not answer: $address"
    fi
}

check_hardware() {
    if booted && systemctl --quiet is-active racklight-device.service; then
        say "      The unit is at work and holds camera and light. To test them too:" \
            "sudo systemctl stop racklight-device, this again, and start it."
        return
    fi
    if [ "$(id -u)" = 0 ]; then
        # lgpio makes small files where it is started
        (cd "$RUN" && runuser -u racklight -- "$CURRENT/racklight" check) || failed=1
    else
        "$CURRENT/racklight" check || failed=1
    fi
}
