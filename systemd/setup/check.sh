# shellcheck shell=sh
# The verb check, for setup.sh: what is installed, whether it runs, and what to do where it doesn't.
# Sourced, not run.
# shellcheck disable=SC2034,SC2154 # names shared with setup.sh and unit.sh

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
        check_services
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
    [ ! -f "$UNDER_WAY" ] || told FAIL update "An update was interrupted: run sudo ./setup.sh update --finish."
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

check_services() {
    for unit in $UNITS; do check_unit "$unit"; done
    check_page
    check_database
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

# Can the release in use read what is recorded? (It brings an older file up to date by itself.)
check_database() {
    [ "$(id -u)" = 0 ] || return 0 # the folder is closed to others
    if said=$(database "$CURRENT" state 2>&1); then
        told ok database "$said"
    else
        told FAIL database "$said"
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
