# shellcheck shell=sh
# Changes to the system, for setup.sh: each is looked at first, told, written down in the manifest, and
# can be taken back. With --dry-run it is only told. Sourced, not run.
#
# The manifest holds one change a line, oldest first:
#   dir, file, link, tree PATH    made here
#   replaced PATH                 was there and is kept in $KEPT
#   user, group, deb NAME         made or installed here
#   unit NAME                     enabled here

BASE=/opt/racklight
MANIFEST=$BASE/manifest
KEPT=$BASE/kept
DRY_RUN=no
CHANGES=0

# act TEXT COMMAND [ARGUMENT...]: one change.
act() {
    CHANGES=$((CHANGES + 1))
    if [ "$DRY_RUN" = yes ]; then
        say "  would $1"
        return
    fi
    say "  $1"
    shift
    "$@"
}

recorded() { [ -f "$MANIFEST" ] && grep -qxF -- "$*" "$MANIFEST"; }

record() { recorded "$@" || printf '%s\n' "$*" >>"$MANIFEST"; }

forget() {
    grep -vxF -- "$*" "$MANIFEST" >"$MANIFEST.new" || true
    mv -f -- "$MANIFEST.new" "$MANIFEST"
}

is_there() { [ -e "$1" ] || [ -L "$1" ]; }

booted() { [ -d /run/systemd/system ]; }

# --- making ---------------------------------------------------------------------------------------

want_dir() {
    [ -d "$1" ] || act "make the folder $1" make_dir "$1"
}

# With those above it, each of which is recorded.
make_dir() {
    [ -d "$(dirname -- "$1")" ] || make_dir "$(dirname -- "$1")"
    mkdir -m 755 -- "$1"
    record dir "$1"
}

# want_file SOURCE PATH: PATH holds what SOURCE holds; a release without SOURCE has no PATH.
want_file() {
    [ -e "$1" ] || {
        ! recorded file "$2" || act "remove $2" drop_file "$2"
        return 0
    }
    ! cmp -s -- "$1" "$2" || return 0
    want_dir "$(dirname -- "$2")"
    if recorded file "$2" || recorded replaced "$2"; then
        act "bring $2 up to date" write_file "$1" "$2"
    elif [ -e "$2" ]; then
        act "replace $2 (uninstall puts the old one back)" replace_file "$1" "$2"
    else
        act "write $2" new_file "$1" "$2"
    fi
}

write_file() {
    cp -- "$1" "$2.new"
    chmod 644 "$2.new"
    mv -f -- "$2.new" "$2"
}

new_file() {
    record file "$2"
    write_file "$1" "$2"
}

drop_file() {
    case $1 in
    /etc/systemd/system/*) undo_unit "${2##*/}" && forget unit "${2##*/}" ;;
    esac
    rm -f -- "$1"
    forget file "$1"
}

replace_file() {
    mkdir -p "$KEPT$(dirname -- "$2")"
    cp -a -- "$2" "$KEPT$2"
    record replaced "$2"
    write_file "$1" "$2"
}

# want_link TARGET PATH; a PATH that is somebody else's stays as it is.
want_link() {
    if [ "$(readlink -- "$2")" != "$1" ]; then
        if is_there "$2" && ! recorded link "$2"; then
            say "  Note: $2 was there already and stays as it is."
        else
            act "point $2 to $1" make_link "$1" "$2"
        fi
    fi
}

make_link() {
    record link "$2"
    ln -sfn -- "$1" "$2.new"
    mv -fT -- "$2.new" "$2"
}

want_unit() {
    systemctl --quiet is-enabled "$1" 2>/dev/null ||
        act "start $1 with the machine" enable_unit "$1"
}

enable_unit() {
    record unit "$1"
    systemctl --quiet enable "$1"
}

# --- taking back ----------------------------------------------------------------------------------

# Every recorded change, newest first; but a service is stopped before any of its files goes.
undo_all() {
    debs=''
    newest_first=$(tac -- "$MANIFEST")
    while read -r kind what; do
        [ "$kind" != unit ] || undo_unit "$what"
    done <<TEXT
$newest_first
TEXT
    while read -r kind what; do
        case $kind in
        file | link) ! is_there "$what" || act "remove $what" rm -f -- "$what" ;;
        tree) [ ! -e "$what" ] || act "remove the folder $what" rm -rf -- "$what" ;;
        replaced) [ ! -e "$KEPT$what" ] || act "put $what back" mv -fT -- "$KEPT$what" "$what" ;;
        user) ! getent passwd "$what" >/dev/null || act "remove the user $what" remove_user "$what" ;;
        group) ! getent group "$what" >/dev/null || act "remove the group $what" groupdel "$what" ;;
        deb) debs="$debs $what" ;;
        esac
    done <<TEXT
$newest_first
TEXT
    undo_debs
}

# Last: folders, where nobody has put anything else into them. The manifest itself lies in one.
undo_dirs() {
    if [ "$DRY_RUN" = yes ]; then
        say "  would remove the folders made for it, where they are empty"
        return
    fi
    newest_first=$(tac -- "$MANIFEST")
    rm -rf -- "$KEPT" "$MANIFEST"
    while read -r kind what; do
        [ "$kind" != dir ] || rmdir -- "$what" 2>/dev/null || true
    done <<TEXT
$newest_first
TEXT
}

# Also one that is not up but tries again and again.
undo_unit() {
    ! booted || case $(systemctl is-active "$1") in
    inactive | failed | unknown) ;;
    *) act "stop $1" systemctl stop "$1" ;;
    esac
    ! systemctl --quiet is-enabled "$1" 2>/dev/null ||
        act "no longer start $1 with the machine" systemctl --quiet disable "$1"
}

remove_user() {
    said=$(userdel "$1" 2>&1) || fail "The user $1 could not be removed: ${said#userdel: }; end that and run this again."
}

# Removes the packages that came with the installation, unless something that came later needs one.
undo_debs() {
    gone=''
    for deb in $debs; do
        ! is_installed "$deb" || gone="$gone $deb"
    done
    [ -n "$gone" ] || return 0
    # shellcheck disable=SC2086 # package names
    others=$(LC_ALL=C apt-get -s purge $gone 2>/dev/null | awk '/^(Remv|Purg) / { print $2 }' |
        grep -vxF "$(printf '%s\n' $gone; printf '%s\n' $gone | sed 's/:.*//')" || true)
    if [ -n "$others" ]; then
        say "  These packages stay, because others need them by now:$gone"
        return
    fi
    # shellcheck disable=SC2086
    act "remove the packages$gone" purge_debs $gone
}

purge_debs() {
    DEBIAN_FRONTEND=noninteractive apt-get purge --yes "$@" >/dev/null 2>&1 ||
        say "  apt-get could not remove them: see what 'apt-get purge $*' says."
}

is_installed() { dpkg-query -W -f '${db:Status-Abbrev}\n' "$1" 2>/dev/null | grep -q '^ii'; }

installed_debs() {
    dpkg-query -W -f '${db:Status-Abbrev} ${binary:Package}\n' | sed -n 's/^ii *//p' | sort
}
