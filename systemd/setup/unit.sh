# shellcheck shell=sh
# The verbs install and uninstall, for setup.sh. Sourced, not run.
#
# A release is this folder's program with its own environment, under $BASE/releases, named after
# version and content; $BASE/current points to the one in use, $BASE/previous to the one before.
# shellcheck disable=SC2034,SC2154 # names shared with setup.sh

# shellcheck source=systemd/setup/steps.sh
. "$HERE/systemd/setup/steps.sh"

CURRENT=$BASE/current
PREVIOUS=$BASE/previous
ETC=/etc/racklight
DATA=/var/lib/racklight
RUN=/run/racklight
SERIAL=/sys/firmware/devicetree/base/serial-number
UNITS='racklight-device.service racklight-web.service'
FINISHER=racklight-update.service # does something after an interrupted update only
PROGRAM='device web models systemd requirements racklight setup.sh pyproject.toml
    LICENSE NOTICE README.md CHANGELOG.md'
SYSTEMD_NEEDED=252

unit_help() {
    say "Usage: ./setup.sh install [--offline DIR] | uninstall [--purge] | check |" \
        "update [--offline DIR] [DIR|FILE] | rollback [--restore] | bundle DIR, each with --dry-run"
    exit 2
}

unit_options() {
    PURGE=no RESTORE=no FINISH=no SOURCE=''
    while [ $# -gt 0 ]; do
        case $verb:$1 in
        *:--dry-run) DRY_RUN=yes ;;
        uninstall:--purge) PURGE=yes ;;
        rollback:--restore) RESTORE=yes ;;
        update:--finish) FINISH=yes ;;
        install:--offline | update:--offline)
            [ $# -ge 2 ] || unit_help
            OFFLINE=$(readlink -f -- "$2") || fail "There is no folder $2."
            shift
            ;;
        *:-*) unit_help ;;
        update:?* | bundle:?*)
            [ -z "$SOURCE" ] || unit_help
            SOURCE=$1
            ;;
        *) unit_help ;;
        esac
        shift
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
    prepare
    if another_release_is_in_use; then
        say "Another release is installed, so this is an update."
        update_release
        return
    fi
    say "Installing ${RELEASE##*/}"
    make_ready
    want_system_files
    want_data
    want_link "$RELEASE" "$CURRENT"
    want_link "$CURRENT/racklight" /usr/local/bin/racklight
    want_units
    want_running
    drop_releases_but "$RELEASE" "$(readlink -- "$PREVIOUS")"
    said_at_the_end
    [ "$DRY_RUN" = yes ] || say "Settings: $ETC/racklight.toml. Is all well? sudo ./setup.sh check"
}

# Looks at machine, system, space and bundle; sets RELEASE; finishes what was interrupted.
prepare() {
    umask 022
    export PIP_NO_CACHE_DIR=1
    use_system_python
    need_root
    check_machine
    check_system
    RELEASE=$BASE/releases/$(release_name)
    [ -z "$OFFLINE" ] || use_bundle
    DISK_AT=/opt
    [ -f "$RELEASE/complete" ] || check_disk
    [ "$DRY_RUN" = yes ] || lock /opt
    finish_interrupted
}

# The system's own Python, the one that the system's camera packages are made for.
use_system_python() {
    PYTHONS='/usr/bin/python3 /usr/bin/python3.13 /usr/bin/python3.11 /usr/bin/python3.12'
}

another_release_is_in_use() {
    [ -f "$CURRENT/complete" ] && [ "$(readlink -- "$CURRENT")" != "$RELEASE" ]
}

# All that a release needs before it is put in use.
make_ready() {
    want_dir "$BASE"
    want_dir "$BASE/releases"
    want_debs
    want_user
    [ -f "$RELEASE/complete" ] || act "make the release $RELEASE" make_release
    want_settings
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

# drop_releases_but ONE OTHER: a card has no room for all of them.
drop_releases_but() {
    for old in "$BASE"/releases/*; do
        case $old in
        "$1" | "$2") ;;
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
    for unit in $UNITS $FINISHER; do
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

want_units() {
    for unit in $UNITS $FINISHER; do want_unit "$unit"; done
}

# Starts what does not run, and starts anew what was changed.
want_running() {
    if ! booted; then
        [ "$CHANGES" = 0 ] || say "  systemd is not running here: the services start with the machine."
        return 0
    fi
    if [ "$CHANGES" != 0 ]; then
        act "let systemd, udev and the journal read their files again" reread_files
        act "start the services" start_services
        return
    fi
    for unit in $UNITS; do
        systemctl --quiet is-active "$unit" || act "start $unit" systemctl --no-block restart "$unit"
    done
}

# shellcheck disable=SC2086 # a list of names
start_services() {
    ! booted || systemctl --no-block restart $UNITS
}

# shellcheck disable=SC2086
stop_services() {
    ! booted || systemctl stop $UNITS
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
