# shellcheck shell=sh
# Is a release well, for setup.sh's update and rollback: what was well before it must be well after it.
# Sourced, not run. docs/decisions/0027-a-whole-unit-without-a-pi.md says why so.
# shellcheck disable=SC2034,SC2154 # names shared with setup.sh, check.sh and releases.sh

KNOWN='' # what was broken before the update
WELL_WITHIN_S=100 # a service may take 90 s to start
WELL_HOLDS_S=10
KNOWN_WITHIN_S=30 # where only that fails which failed before

# True when files, services, page and database are well, and stay so for a moment. What was broken
# before the update (KNOWN) is not the new release's fault: a camera that is unplugged, say.
is_well() {
    begun=$(uptime_s)
    until said=$(check_without_camera); do
        patience=$WELL_WITHIN_S
        [ -n "$(new_faults)" ] || patience=$KNOWN_WITHIN_S
        [ "$(($(uptime_s) - begun))" -lt "$patience" ] || break
        sleep 2
    done
    ! has_new_faults || return 1
    booted || return 0
    restarts=$(count_restarts)
    sleep "$WELL_HOLDS_S"
    if [ "$(count_restarts)" != "$restarts" ]; then
        told FAIL services "a service ended and was started anew: journalctl -u 'racklight-*' says why"
        return 1
    fi
    said=$(check_without_camera) || ! has_new_faults || return 1
    still=$(printf '%s\n' "$said" | faults)
    [ -z "$still" ] || say "  Note: what failed before the update fails still:" "
$(printf '%s\n' "$said" | grep '^FAIL')"
}

# The names of what a check found broken, one a line; a service's with the status that it ended with,
# as another one is another fault. 3 is the camera's, whether the process waits for it or not.
faults() {
    sed -n -e 's/^FAIL *device .* exit 3:.*/camera/p;t' \
        -e 's/^FAIL *\([a-z]*\) .* exit \([0-9]*\):.*/\1 \2/p;t' -e 's/^FAIL *\([a-z]*\) .*/\1/p'
}

# Of what was said.
new_faults() {
    printf '%s\n' "$said" | faults | while read -r fault; do
        printf '%s\n' "$KNOWN" | grep -qxF -- "$fault" || printf '%s\n' "$fault"
    done
}

has_new_faults() {
    [ -n "$(new_faults)" ] || return 1
    printf '%s\n' "$said"
}

# Not the clock, which may be set while this waits.
uptime_s() { cut -d . -f 1 /proc/uptime; }

# Lamps and camera belong to the services, which run.
check_without_camera() (
    failed=0
    UNDER_WAY=''
    check_files
    [ "$failed" = 1 ] || ! booted || check_services
    exit "$failed"
)

# Of the services that are up: one that was down before the update tries again and again.
count_restarts() {
    for unit in $UNITS; do
        ! systemctl --quiet is-active "$unit" || systemctl show -p NRestarts --value "$unit"
    done
}
