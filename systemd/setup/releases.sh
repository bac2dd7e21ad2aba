# shellcheck shell=sh
# The verbs update and rollback, for setup.sh: from one release to another. Sourced, not run.
#
# A power cut may come at any line. Until $CURRENT is pointed to the new release, the old one starts
# with the machine. From then on $UNDER_WAY names the old one and the database's backup, and
# racklight-update.service runs `update --finish` at the next start: the new release is checked, and
# stays or goes. docs/decisions/0016-releases.md says why so.
# shellcheck disable=SC2034,SC2154 # names shared with setup.sh and unit.sh

UNDER_WAY=$BASE/update-under-way
DATABASE=$DATA/racklight.sqlite3

# --- update ---------------------------------------------------------------------------------------

unit_update() {
    unit_options "$@"
    if [ "$FINISH" = yes ]; then
        need_root
        use_system_python
        find_python
        [ "$DRY_RUN" = yes ] || lock /opt
        finish_interrupted
        said_at_the_end
        return
    fi
    hand_over
    [ -f "$CURRENT/complete" ] ||
        fail "There is no installed release to update: run sudo ./setup.sh install."
    prepare
    if another_release_is_in_use; then
        update_release
    else
        say "${RELEASE##*/} is the release in use already."
        said_at_the_end
    fi
}

# A new release is set up by its own setup.sh: only that one knows what it needs.
hand_over() {
    case $HERE in "$BASE"/releases/*) here=release ;; *) here=copy ;; esac
    [ -z "$SOURCE$OFFLINE" ] && [ "$here" = release ] &&
        fail "This is the release in use: name the folder or the tarball of a newer one," \
            "setup.sh update DIR|FILE."
    if [ -z "$SOURCE" ]; then
        [ "$here" = release ] || return 0
        check_bundle_is_there
        SOURCE=$OFFLINE/$(sed -n 's/^program //p' "$OFFLINE/bundle.txt")
    fi
    [ -e "$SOURCE" ] || fail "There is no folder or file $SOURCE."
    SOURCE=$(readlink -f -- "$SOURCE")
    [ "$SOURCE" != "$HERE" ] || return 0
    set --
    [ "$DRY_RUN" = no ] || set -- "$@" --dry-run
    [ -z "$OFFLINE" ] || set -- "$@" --offline "$OFFLINE"
    status=0
    if [ -d "$SOURCE" ]; then
        check_copy "$SOURCE"
        sh "$SOURCE/setup.sh" update "$@" || status=$?
    else
        unpacked=$(mktemp -d)
        trap 'rm -rf -- "$unpacked"' EXIT
        trap 'exit 1' HUP INT TERM
        tar -xf "$SOURCE" -C "$unpacked" --no-same-owner 2>/dev/null ||
            fail "$SOURCE is no tarball, is damaged, or there is no space in ${TMPDIR:-/tmp} to unpack it."
        folder=$(find "$unpacked" -maxdepth 2 -name setup.sh -printf '%h\n' -quit)
        check_copy "${folder:-$unpacked}"
        sh "$folder/setup.sh" update "$@" || status=$?
    fi
    exit "$status"
}

check_copy() {
    grep -qx 'name = "racklight"' "$1/pyproject.toml" 2>/dev/null ||
        fail "$SOURCE is no copy of Racklight: name the folder that has setup.sh in it, or its tarball."
    grep -Eq '^ *update\)' "$1/setup.sh" || fail "The copy in $SOURCE is older than the verb update:" \
        "it can only be installed after sudo ./setup.sh uninstall, which keeps the data."
}

update_release() {
    OLD=$(readlink -- "$CURRENT")
    say "Updating ${OLD##*/} to ${RELEASE##*/}"
    make_ready
    if [ "$DRY_RUN" = no ]; then
        refuse_newer_database
        said=$(check_without_camera) || say "  Note: the check fails before the update already:" "
$(printf '%s\n' "$said" | grep '^FAIL')"
        KNOWN=$(printf '%s\n' "$said" | faults)
        trap 'leave_update' EXIT
        trap 'exit 1' HUP INT TERM
    fi
    act "stop the services" stop_services
    act "back the database up into $DATA/backups" back_up
    act "note that an update is under way" note_update
    want_system_files
    want_data
    want_units
    want_link "$RELEASE" "$CURRENT"
    act "let systemd, udev and the journal read their files again" reread_if_booted
    act "start the services" start_services
    act "check ${RELEASE##*/}, and go back to ${OLD##*/} if anything fails that was well" is_well || exit 1
    confirm_update
    trap - EXIT HUP INT TERM
    said_at_the_end
    [ "$DRY_RUN" = yes ] || say "${RELEASE##*/} is in use. Back to the one before: sudo ./setup.sh rollback"
}

refuse_newer_database() {
    have=$(database "$RELEASE" schema 2>&1) || fail "$have"
    knows=$(schema_known_to "$RELEASE") || fail "The release $RELEASE can't run: run this again."
    [ "$have" -le "$knows" ] || fail "The database was written by a later version (schema $have," \
        "${RELEASE##*/} knows $knows): update to that version or a later one."
}

back_up() {
    BACKUP=$(database "$RELEASE" take "${RELEASE##*/}" 2>&1) || fail "$BACKUP"
    say "    ${BACKUP:-there is no database yet}"
}

note_update() {
    record file "$UNDER_WAY"
    printf '%s\n' "$OLD" "$BACKUP" "$KNOWN" >"$UNDER_WAY.new"
    mv -f -- "$UNDER_WAY.new" "$UNDER_WAY"
    sync
}

# From here on the update stands.
confirm_update() {
    want_link "$OLD" "$PREVIOUS"
    [ "$DRY_RUN" = yes ] || end_update
    drop_releases_but "$RELEASE" "$OLD"
}

end_update() {
    rm -f -- "$UNDER_WAY"
    forget file "$UNDER_WAY"
    sync
}

# Whatever ended the update early: the unit works again before this ends.
leave_update() {
    trap - EXIT
    trap '' HUP INT TERM
    if [ -f "$UNDER_WAY" ]; then
        take_update_back
    else
        start_services
        say "The update was not made; ${OLD##*/} goes on working."
        exit 1
    fi
}

# Also after a power cut anywhere in it: each step may be done twice.
take_update_back() {
    OLD=$(sed -n 1p "$UNDER_WAY")
    BACKUP=$(sed -n 2p "$UNDER_WAY")
    FAILED=$RELEASE
    say "  going back to ${OLD##*/}"
    stop_services
    return_database "$OLD" "$BACKUP" || say "  The database stays as it is, and ${OLD##*/} can't save: free" \
        "some space and run sudo ./setup.sh rollback, or update again."
    use_release "$OLD"
    end_update
    [ "$FAILED" = "$OLD" ] || drop_release "$FAILED"
    fail "The update to ${FAILED##*/} failed its check and was taken back; ${OLD##*/} is in use." \
        "What failed stands above."
}

# finish_interrupted: an update that a power cut ended is checked now, and stays or goes.
finish_interrupted() {
    [ -f "$UNDER_WAY" ] || return 0
    if [ "$DRY_RUN" = yes ]; then
        say "  would finish the update that was interrupted, or take it back"
        return
    fi
    wanted=${RELEASE:-}
    OLD=$(sed -n 1p "$UNDER_WAY")
    KNOWN=$(sed -n '3,$p' "$UNDER_WAY")
    RELEASE=$(readlink -- "$CURRENT")
    if [ "$RELEASE" != "$OLD" ]; then
        say "An update was interrupted: checking ${RELEASE##*/}"
        CHANGES=$((CHANGES + 1))
        is_well || take_update_back
        confirm_update
    else
        say "An update was interrupted before it began to work: cleaning up"
        (take_update_back) 2>/dev/null || true
    fi
    RELEASE=$wanted
}

# --- rollback -------------------------------------------------------------------------------------

unit_rollback() {
    unit_options "$@"
    umask 022
    cd /
    use_system_python
    need_root
    [ -f "$CURRENT/complete" ] || fail "There is no installed release to go back from."
    [ "$DRY_RUN" = yes ] || lock /opt
    find_python
    finish_interrupted
    OLD=$(readlink -- "$PREVIOUS") || OLD=''
    NOW=$(readlink -- "$CURRENT")
    RELEASE=$NOW
    { [ -f "$OLD/complete" ] && [ "$OLD" != "$NOW" ]; } ||
        fail "There is no release to go back to: ${NOW##*/} is the only one here."
    knows=$(schema_known_to "$OLD") || fail "${OLD##*/} can't run on this system any more (was its Python" \
        "upgraded?): update to a release made here instead."
    say "Going back from ${NOW##*/} to ${OLD##*/}"
    if [ "$DRY_RUN" = yes ]; then
        tell_rollback
        return
    fi
    choose_backup
    trap 'start_services' EXIT
    trap 'exit 1' HUP INT TERM
    act "stop the services" stop_services
    return_database "$OLD" "$BACKUP" || fail "The rollback was not made; ${NOW##*/} goes on working."
    act "put the release $OLD in use" use_release "$OLD"
    make_link "$NOW" "$PREVIOUS"
    trap - EXIT HUP INT TERM
    act "check ${OLD##*/}" is_well ||
        fail "${OLD##*/} is in use, and its check failed as told above; 'rollback' once more goes to ${NOW##*/}."
    say "${OLD##*/} is in use. 'rollback' once more goes to ${NOW##*/}."
}

tell_rollback() {
    act "stop the services" :
    say "  would put an older database back, if ${OLD##*/} can't read the present one and nothing was recorded since"
    act "put the release $OLD in use" :
    act "check ${OLD##*/}" :
    said_at_the_end
}

# Sets BACKUP where the older program can't read the present database; refuses to hide what is in it.
choose_backup() {
    BACKUP=''
    have=$(database "$NOW" schema 2>&1) || fail "$have"
    [ "$have" -gt "$knows" ] || return 0
    BACKUP=$(database "$NOW" find "$knows" 2>&1) || fail "$BACKUP"
    [ -n "$BACKUP" ] || fail "${OLD##*/} can't read the present database (schema $have, it knows $knows)," \
        "and $DATA/backups holds none that it can: stay with ${NOW##*/}, or move the database aside."
    since=$(database "$NOW" since "$BACKUP" 2>&1) || fail "$since"
    [ -z "$since" ] || [ "$RESTORE" = yes ] ||
        fail "${OLD##*/} can't read what was recorded since the update ($since): stay with ${NOW##*/}," \
            "or 'rollback --restore' shows the data of before and keeps these in a file."
}

# --- both -----------------------------------------------------------------------------------------

# return_database RELEASE BACKUP: where RELEASE can't read the database, BACKUP takes its place and the
# present one is put aside.
return_database() {
    have=$(database "$(database_program)" schema) || return 1
    knows=$(schema_known_to "$1") || return 1
    [ "$have" -gt "$knows" ] || return 0
    aside=$(database "$(database_program)" restore "$(basename -- "$(readlink -- "$CURRENT")")" \
        ${2:+"$2"}) || return 1
    CHANGES=$((CHANGES + 1))
    say "  put the database of before back (${2:-none}); the present one is kept as $aside"
}

# A release that has the program for it: not every one in use has.
database_program() {
    for program in "$CURRENT" "$PREVIOUS" "$RELEASE"; do
        [ ! -f "$program/device/backups.py" ] || break
    done
    printf '%s\n' "$program"
}

# database PROGRAM VERB [ARGUMENT...]: as the user who owns the file, or the unit could not open what
# SQLite makes beside it.
database() (
    program=$1
    shift
    cd /
    runuser -u racklight -- env "PYTHONPATH=$program" PYTHONDONTWRITEBYTECODE=1 \
        "${PYTHON:-/usr/bin/python3}" -P -m device.backups "$DATABASE" "$@"
)

# How many schema versions a release knows; false where its own Python does not run any more.
schema_known_to() {
    PYTHONPATH=$1 "$1/.venv/bin/python" -P -B -c \
        'from device.migrations import MIGRATIONS; print(len(MIGRATIONS))' 2>/dev/null
}

# use_release RELEASE: with its own system files.
use_release() {
    HERE=$1
    want_system_files
    make_link "$1" "$CURRENT"
    reread_if_booted
    start_services
}

reread_if_booted() { ! booted || reread_files; }
