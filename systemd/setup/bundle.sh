# shellcheck shell=sh
# The verb bundle and the option --offline, for setup.sh. Sourced, not run.
#
# A bundle is a folder, on a stick say:
#   racklight-RELEASE.tar.gz   the program
#   wheels/                    for every processor and Python served; pip checks each by its hash
#   debs/DEBIAN-ARCH/          Debian packages with all they need, and an apt index
#   bundle.txt                 what it is for; written last, so a bundle without it is not finished
# shellcheck disable=SC2034,SC2153,SC2154 # names shared with setup.sh and unit.sh

SERVED='12 bookworm 3.11
13 trixie 3.13'
BUNDLE_NEEDED_MB=1000

# --- making ---------------------------------------------------------------------------------------

unit_bundle() {
    unit_options "$@"
    [ -n "$SOURCE" ] || unit_help
    check_machine
    [ -n "$PYTHON" ] || fail "Making a bundle needs Python: sudo apt-get install python3-venv"
    "$PYTHON" -c 'import ensurepip, venv' 2>/dev/null ||
        fail "Making a bundle needs python$PYTHON_VERSION-venv: sudo apt-get install python$PYTHON_VERSION-venv"
    [ ! -e "$SOURCE" ] || [ -d "$SOURCE" ] || fail "$SOURCE is a file: name a folder for the bundle."
    BUNDLE=$(readlink -f -- "$SOURCE") || fail "There is no folder $(dirname -- "$SOURCE") to make a bundle in."
    WORK=$(mktemp -d)
    trap 'rm -rf -- "$WORK"' EXIT
    trap 'exit 1' HUP INT TERM
    release=$(release_name)
    tell_bundle >"$WORK/bundle.txt"
    if cmp -s "$WORK/bundle.txt" "$BUNDLE/bundle.txt"; then
        say "The bundle in $BUNDLE is for $release already."
        said_at_the_end
        return
    fi
    if [ "$DRY_RUN" = no ]; then
        { mkdir -p -- "$BUNDLE" 2>/dev/null && [ -w "$BUNDLE" ]; } ||
            fail "The folder $BUNDLE can't be written."
        DISK_AT=$BUNDLE
        DISK_NEEDED_MB=$BUNDLE_NEEDED_MB
        check_disk
        rm -f -- "$BUNDLE/bundle.txt"
    fi
    act "write the program $release" bundle_program
    act "make an environment for pip" make_pip
    while read -r kind one two; do
        case $kind in
        wheels) act "fetch the wheels for Python $one on $two" bundle_wheels "$one" "$two" </dev/null ;;
        debs) act "fetch the packages for Debian $one on $two" bundle_debs "$one" "$two" </dev/null ;;
        esac
    done <"$WORK/bundle.txt"
    act "write bundle.txt" finish_bundle
    said_at_the_end
    [ "$DRY_RUN" = yes ] || say "The bundle in $BUNDLE holds $(du -sm -- "$BUNDLE" | cut -f1) MB."
}

# The Pi's processor and this machine's, on each Debian served.
tell_bundle() {
    printf 'release %s\nrequirements %s\nprogram racklight-%s.tar.gz\n' "$release" \
        "$(requirements_hash)" "$release"
    for processor in $(printf '%s\n' aarch64 "$machine" | sort -u); do
        printf '%s\n' "$SERVED" | while read -r number _ python; do
            printf 'wheels %s %s\ndebs %s %s\n' "$python" "$processor" "$number" "$processor"
        done
    done
}

requirements_hash() { sha256sum <"$HERE/requirements/runtime.txt" | cut -d ' ' -f 1; }

bundle_program() {
    rm -f -- "$BUNDLE"/racklight-*.tar.gz
    program_files | LC_ALL=C sort -z | tar -C "$HERE" --null -T - --transform "s,^,racklight-$release/," \
        --owner=0 --group=0 -cf - | gzip -n >"$BUNDLE/racklight-$release.tar.gz"
}

make_pip() {
    "$PYTHON" -m venv "$WORK/env" >"$WORK/log" 2>&1 ||
        fail "Python could not make an environment in $WORK: $(tail -n 1 "$WORK/log")"
}

# bundle_wheels PYTHON PROCESSOR
bundle_wheels() {
    python=$1 processor=$2
    "$WORK/env/bin/python" "$HERE/requirements/for_target.py" "$HERE/requirements/runtime.txt" \
        "$python" "$processor" >"$WORK/pins.txt"
    set -- --platform "manylinux1_$processor" --platform "manylinux2010_$processor" \
        --platform "manylinux2014_$processor"
    minor=5
    while [ "$minor" -le 36 ]; do # the glibc of Debian 12, and all before it
        set -- "$@" --platform "manylinux_2_${minor}_$processor"
        minor=$((minor + 1))
    done
    LOG=$BUNDLE/pip.log
    mkdir -p -- "$BUNDLE/wheels"
    rm -f -- "$WORK/pip.status"
    {
        "$WORK/env/bin/python" -m pip download --no-deps --only-binary=:all: --require-hashes \
            --progress-bar=off --no-cache-dir --python-version "$python" "$@" \
            -d "$BUNDLE/wheels" -r "$WORK/pins.txt" 2>&1 && echo ok >"$WORK/pip.status"
    } | tee "$LOG" | show_pip
    [ -e "$WORK/pip.status" ] || fail "$(why_pip_failed)"
}

# bundle_debs DEBIAN PROCESSOR: with all that a bare system would need, so that apt can choose there.
bundle_debs() {
    arch=$(deb_arch "$2")
    codename=$(printf '%s\n' "$SERVED" | sed -n "s/^$1 \([^ ]*\) .*/\1/p")
    apt=$WORK/apt-$1-$2
    target=$BUNDLE/debs/$1-$2
    mkdir -p -- "$apt/lists/partial" "$apt/archives/partial" "$target"
    : >"$apt/status"
    mkdir -p -- "$apt/keys"
    for key in /etc/apt/trusted.gpg.d/* /usr/share/keyrings/*archive*; do # what this machine trusts
        [ ! -f "$key" ] || ln -sf -- "$key" "$apt/keys/"
    done
    sources_for "$codename" >"$apt/sources.list"
    [ -s "$apt/sources.list" ] || fail "apt-get on this machine knows no Debian archive, so the packages for" \
        "Debian $1 can't be fetched: make the bundle on a machine with Debian or Raspberry Pi OS."
    apt_conf "$apt" "$arch" >"$apt/apt.conf"
    names='python3 python3-venv'
    [ "$2" != x86_64 ] || names="$names libusb-1.0-0"
    APT_CONFIG=$apt/apt.conf apt-get update >"$WORK/log" 2>&1 || why_no_debs "$1" "$2"
    ! APT_CONFIG=$apt/apt.conf apt-cache show python3-lgpio >/dev/null 2>&1 || names="$names python3-lgpio"
    # shellcheck disable=SC2086 # a list of names
    APT_CONFIG=$apt/apt.conf apt-get install --download-only --yes --no-install-recommends $names \
        >"$WORK/log" 2>&1 || why_no_debs "$1" "$2"
    rm -f -- "$target"/*.deb
    cp -- "$apt"/archives/*.deb "$target/"
    index_debs "$target" >"$target/Packages"
}

why_no_debs() {
    fail "apt-get could not fetch the packages for Debian $1 on $2:" \
        "$(grep -m1 '^[EW]:' "$WORK/log" || tail -n 1 "$WORK/log")"
}

deb_arch() { case $1 in x86_64) echo amd64 ;; aarch64) echo arm64 ;; esac; }

# The archives this machine uses, for another release of Debian.
sources_for() {
    own=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
    # shellcheck disable=SC2016 # apt's fields, not the shell's
    apt-get indextargets --format '$(CREATED_BY) $(COMPONENT) $(REPO_URI) $(RELEASE)' \
        2>/dev/null | sort -u | while read -r by component uri suite; do
        case $by:$component:$suite in
        Packages:main:"$own" | Packages:main:"$own"-updates | Packages:main:"$own"-security)
            printf 'deb %s %s%s main\n' "$uri" "$1" "${suite#"$own"}"
            ;;
        esac
    done
}

# apt with lists, cache and state of its own, on an empty system.
apt_conf() {
    cat <<TEXT
Dir::Etc::sourcelist "$1/sources.list";
Dir::Etc::sourceparts "-";
Dir::Etc::trustedparts "$1/keys";
Dir::State "$1";
Dir::State::lists "$1/lists";
Dir::State::status "$1/status";
Dir::Cache "$1";
Dir::Cache::archives "$1/archives";
APT::Architecture "$2";
APT::Architectures { "$2"; };
APT::Sandbox::User "";
Acquire::Languages "none";
Debug::NoLocking "true";
TEXT
}

# The index that apt reads beside packages in a folder.
index_debs() {
    for deb in "$1"/*.deb; do
        dpkg-deb -f "$deb"
        printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' "${deb##*/}" "$(stat -c %s -- "$deb")" \
            "$(sha256sum <"$deb" | cut -d ' ' -f 1)"
    done
}

finish_bundle() {
    rm -f -- "$BUNDLE/pip.log"
    sync
    cp -- "$WORK/bundle.txt" "$BUNDLE/bundle.txt"
    sync
}

# --- using ----------------------------------------------------------------------------------------

check_bundle_is_there() {
    [ -f "$OFFLINE/bundle.txt" ] || fail "There is no finished bundle in $OFFLINE (no bundle.txt): make it with" \
        "'./setup.sh bundle DIR' on a machine with internet."
}

# Refuses a bundle that is not for this program or this machine, before anything is changed.
use_bundle() {
    check_bundle_is_there
    bundle_has "requirements $(requirements_hash)" ||
        fail "The bundle in $OFFLINE is for $(sed -n 's/^release //p' "$OFFLINE/bundle.txt")," \
            "which needs other packages than ${RELEASE##*/}: use the program in the bundle, or make it anew."
    number=$(sed -n 's/^VERSION_ID="\{0,1\}\([^"]*\)"\{0,1\}$/\1/p' /etc/os-release)
    python=${PYTHON_VERSION:-$(printf '%s\n' "$SERVED" | sed -n "s/^$number [^ ]* //p")}
    bundle_has "wheels $python $machine" ||
        fail "The bundle in $OFFLINE has nothing for Python ${python:-of Debian $number} on $machine, only for" \
            "$(sed -n 's/^wheels //p' "$OFFLINE/bundle.txt" | tr '\n' ',' | sed 's/,$//; s/,/, /g'):" \
            "make one with './setup.sh bundle DIR' on a machine like this one."
    debs=$(missing_debs)
    [ -z "$debs" ] || bundle_has "debs $number $machine" ||
        fail "This machine needs ${debs% }, and the bundle in $OFFLINE has no packages for Debian $number on" \
            "$machine: make one with './setup.sh bundle DIR' on a machine like this one."
    export PIP_CONFIG_FILE=/dev/null
    unset PIP_INDEX_URL PIP_EXTRA_INDEX_URL PIP_FIND_LINKS
}

bundle_has() { grep -qxF -- "$1" "$OFFLINE/bundle.txt"; }

bundled_debs() {
    printf '%s/debs/%s-%s\n' "$OFFLINE" "$(sed -n 's/^VERSION_ID="\{0,1\}\([^"]*\)"\{0,1\}$/\1/p' \
        /etc/os-release)" "$machine"
}

bundle_has_deb() { grep -qx "Package: $1" "$(bundled_debs)/Packages" 2>/dev/null; }

# Installs from the bundle alone; apt's own lists are neither used nor changed.
install_bundled_debs() {
    apt=$(mktemp -d)
    ln -s -- "$(bundled_debs)" "$apt/debs" # a name without spaces
    mkdir -p "$apt/lists/partial"
    # trusted: whoever brings the stick brings the program too
    echo "deb [trusted=yes] file:$apt/debs ./" >"$apt/sources.list"
    cat >"$apt/apt.conf" <<TEXT
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "-";
Dir::State::lists "$apt/lists";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
APT::Sandbox::User "";
Acquire::Languages "none";
TEXT
    status=0
    { APT_CONFIG=$apt/apt.conf apt-get update &&
        APT_CONFIG=$apt/apt.conf apt_install "$@"; } || status=$?
    rm -rf -- "$apt"
    return "$status"
}
