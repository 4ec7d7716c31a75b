# shellcheck shell=sh
# What is not in the cache yet: modules, image, saved state. Sourced; the lock is held. A thing is built under a
# temporary name and renamed when it is whole.
# shellcheck disable=SC2154,SC2034 # names of cache.sh and guest.sh

temporary=

build_end() {
    [ -z "$temporary" ] || as_root rm -rf --one-file-system "$temporary"
    temporary=
}

seconds() {
    echo $(($(date +%s) - started))
}

begin() {
    # The lock is ours: what others left is nobody's.
    for old in "$lab"/tmp.*; do
        [ ! -e "$old" ] || as_root rm -rf --one-file-system "$old"
    done
    temporary=$(mktemp -d "$lab/tmp.XXXXXX")
    started=$(date +%s)
}

build_modules() {
    names=$(mktemp -d "$lab/names.XXXXXX")
    found=$(sh "$here/modules.sh" "$suite" "$mirror" names "$names") || found=
    rm -rf "$names"
    [ -n "$found" ] || fail "cannot build without the lists of $suite"
    modules=$lab/modules-$(printf '%s' "$found" | tr ' ' _)
    if [ ! -e "$modules" ]; then
        begin
        say "building OpenZFS ${found#* } for ${found% *}: 4 to 6 minutes"
        # shellcheck disable=SC2086 # kernel and version
        as_root nice -n 10 sh "$here/modules.sh" "$suite" "$mirror" build $found "$temporary/modules.deb" >&2 ||
            fail "the modules could not be built"
        as_root chown "$(id -u):$(id -g)" "$temporary/modules.deb"
        mkdir "$temporary/whole"
        mv "$temporary/modules.deb" "$temporary/whole/zfs-modules.deb"
        mv "$temporary/whole" "$modules"
        say "modules built in $(seconds) s"
        build_end
    fi
    keep modules "${modules#"$lab/modules-"}"
}

build_image() {
    key=$(image_key)
    image=$lab/image-$key
    [ ! -e "$image" ] || return 0
    need_root 'to build the guest'
    build_modules
    begin
    say "building the image: about 2 minutes"
    mkdir "$temporary/image"
    as_root nice -n 10 sh "$here/image.sh" "$temporary/image" "$modules/zfs-modules.deb" "$suite" "$mirror" \
        "$(id -u):$(id -g)" >"$temporary/log" 2>&1 || {
        tail -n 40 "$temporary/log" >&2
        fail "the image could not be built"
    }
    mv "$temporary/image" "$image"
    say "image built in $(seconds) s"
    build_end
    keep image "$key"
}

# A booted guest with zfs loaded, saved by the emulator's migration to a file: an overlay of the image with what the
# boot wrote, and the machine's memory.
build_state() {
    key=$(state_key)
    state=$lab/state-$key
    [ ! -e "$state" ] || return 0
    begin
    say "booting the guest to save its state: 1 to 2 minutes"
    dir=$temporary
    guest_files "$image"
    mkfifo "$dir/monitor.in" "$dir/monitor.out"
    guest_up 600 saved -chardev pipe,id=monitor,path=monitor -mon chardev=monitor,mode=readline
    (cd "$dir" && guest_ssh sh -s <"$here/warm.sh") >&2 || {
        why='the guest is not as it should be'
        guest_tail 'after booting'
        fail "no state saved"
    }
    save_state
    mkdir "$dir/whole"
    mv "$dir/os.qcow2" "$dir/whole/base.qcow2"
    mv "$dir/memory" "$dir/whole/memory"
    chmod a-w "$dir/whole/base.qcow2" "$dir/whole/memory"
    mv "$dir/whole" "$state"
    say "state saved in $(seconds) s"
    build_end
    keep state "$key"
}

save_state() {
    cat "$dir/monitor.out" >"$dir/monitor.log" 9>&- &
    reader=$!
    {
        echo 'migrate_set_parameter max-bandwidth 100G'
        echo 'migrate "exec:cat >memory"'
        echo 'info migrate'
        echo 'quit'
    } >"$dir/monitor.in"
    wait "$pid" || true
    pid=
    kill "$reader" 2>/dev/null || true
    wait "$reader" 2>/dev/null || true
    grep -aq 'Migration status: completed' "$dir/monitor.log" || {
        tail -n 20 "$dir/monitor.log" >&2
        fail "the emulator could not save the state"
    }
}

build_all() {
    install_missing
    lock
    build_image
    [ "$1" = reboot ] || build_state
}
