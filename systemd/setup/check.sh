# shellcheck shell=sh
# The verb check, for setup.sh: what is installed, whether it runs, and what to do where it doesn't.
# Sourced, not run.
# shellcheck disable=SC2034,SC2154 # names shared with setup.sh and unit.sh

CAMERA_WORKS='The camera works.' # what the camera process tells systemd
TRIES=50 # a fifth of a second each

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
    check_saving
}

check_unit() {
    name=${1#racklight-}
    name=${name%.service}
    ended=$(why_down "$1")
    state=$(systemctl is-active "$1" || true)
    enabled=$(systemctl is-enabled "$1" 2>/dev/null || true)
    text=$(systemctl show -p StatusText --value "$1")
    if [ "$state" != active ] || [ "$enabled" != enabled ]; then
        told FAIL "$name" "$state, $enabled${ended:+, exit $ended}: journalctl -u $1 says why"
    elif [ "$name" = device ] && [ -n "$text" ] && [ "$text" != "$CAMERA_WORKS" ]; then
        told FAIL camera "$text" # the unit works and waits for it
    else
        told ok "$name" "active, starts with the machine${text:+; $text}"
    fi
}

# why_down UNIT: the status that a service which does not come up ended with. One that is starting
# is given a moment.
why_down() {
    tries=0
    while state=$(systemctl is-active "$1" || true) && [ "$state" != active ]; do
        ended=$(systemctl show -p ExecMainStatus --value "$1")
        case $ended in 0 | '') ;; *)
            printf '%s\n' "$ended"
            return
            ;;
        esac
        [ "$state" = activating ] && [ "$tries" -lt "$TRIES" ] || return 0
        tries=$((tries + 1))
        sleep 0.2
    done
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

# Can the unit at work save? It tells its page; whoever may not listen is not told.
check_saving() {
    systemctl --quiet is-active racklight-device.service || return 0
    said=$(PYTHONPATH=$CURRENT "$CURRENT/.venv/bin/python" -P -B - 2>/dev/null <<'PYTHON'
from device import live, paths
with live.LiveClient(paths.live_socket()) as unit:
    state = unit.newest(3)
print("ok" if state is None else state.store)
PYTHON
    ) || return 0
    [ "$said" = ok ] || told FAIL saving "$said"
}

check_hardware() {
    if booted && systemctl --quiet is-active racklight-device.service; then
        say "      The unit is at work and holds camera and light. To test them too:" \
            "sudo systemctl stop racklight-device, this again, and start it."
        return
    fi
    if [ "$(id -u)" = 0 ]; then
        # lgpio makes small files where it is started
        (cd "$RUN" && as_the_unit "$CURRENT/racklight" check) || failed=1
    else
        "$CURRENT/racklight" check || failed=1
    fi
}

# as_the_unit COMMAND...: by its user, with what the owner put into the services' environment.
as_the_unit() {
    [ ! -r "$ETC/environment" ] || while IFS= read -r line; do
        case $line in [A-Za-z_]*=*) set -- "$line" "$@" ;; esac
    done <"$ETC/environment"
    runuser -u racklight -- env "$@"
}
