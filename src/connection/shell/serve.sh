# shellcheck shell=sh disable=SC3043,SC2154
# The shell's side of the protocol; follows prelude.sh in one text.
#
# Request: KEY OP ID LINES DATA PART, then the text (LINES lines; bN: N bytes and a newline), then, when DATA is 1, blocks
# (a line with their length, then `s` on the last one; the bytes) up to a line `0`, or `-` when the sender gave up.
# Answer: stdout MARK ID CODE WHERE NOTE newline; stderr follows up to the same line on stdout (WHERE 1) or
# descriptor 5 (WHERE 2), or is lost (WHERE 0).
# OP: P text of ours in this shell, S the same in a subshell with its output in files, X a user's command in
# such a subshell with what the login gave, D functions of ours, Q the end.
# A PART other than 0 is not tried any more once one of its requests failed: code `-`.

tk_path0=${PATH-} tk_lc0=${LC_ALL-} tk_lc1=${LC_ALL+x} tk_umask0=$(umask)
tk_rd='' tk_new='' tk_stage='' tk_bad='' tk_note='' tk_litter=0

tk_reader() {
  [ -z "$tk_rd" ] || return 0
  if [ "$(printf 'abcdef\n' | { dd bs=3 count=1 iflag=fullblock >/dev/null 2>&1; cat; })" = def ]; then
    tk_rd='dd'
  elif [ "$(printf 'abcdef\n' | { head -c 3 >/dev/null 2>&1; cat; })" = def ]; then
    tk_rd='head'
  else
    tk_rd=byte
  fi
}

# tk_take N [conv=fsync]: copies exactly N bytes of the request to stdout; takes them also when they cannot
# be written.
tk_take() {
  case $tk_rd in
  dd) dd bs="$1" count=1 iflag=fullblock ${2+"$2"} <&3 ;;
  head) head -c "$1" <&3 | tk_drain ;;
  *) dd bs=1 count="$1" <&3 | tk_drain ;;
  esac
}

# Copies stdin; what cannot be written is taken nevertheless.
tk_drain() {
  local rc=0
  cat || rc=1
  cat >/dev/null
  return "$rc"
}

# tk_feed: copies the data of the request to stdout. 1: it could not be written, 2: the sender gave up, or the
# connection ended before all was there.
tk_feed() {
  local n='' rc=0
  while :; do
    IFS= read -r n <&3 || n=-
    case $n in
    0) break ;;
    -)
      rc=2
      break
      ;;
    esac
    tk_take "${n%s}" 2>/dev/null || rc=1
  done
  tk_in=0
  return "$rc"
}

# tk_piped PROGRAM WORDS...: runs it with the data of the request as its stdin.
tk_piped() {
  local rc fed=''
  # Descriptor 7 tells how the feeding ended: a program may not notice that its input was cut.
  {
    fed=$({
      {
        tk_feed
        tk_line "$?" >&7
      } | (
        exec 7>&-
        "$@" >&8
        rc=$?
        [ "$tk_rd" = dd ] || cat >/dev/null
        exit "$rc"
      )
    } 7>&1)
  } 8>&1
  rc=$?
  tk_in=0
  [ "$fed" != 2 ] || [ "$rc" != 0 ] || rc=1
  return "$rc"
}

# tk_fetch PATH: the bytes of a regular file.
tk_fetch() {
  if [ ! -f "$1" ]; then
    tk_line "$1 is not a regular file" >&2
    return 1
  fi
  cat <"$1"
}

# tk_end CODE WHERE: the end of an answer.
tk_end() {
  tk_mark="$tk_m $tk_id $1 $2 $tk_note"
  tk_line "$tk_mark" >&4
  [ "$2" != 2 ] || tk_line "$tk_mark" >&5
}

# tk_show FILE CODE: an answer whose output lies in FILE.o and FILE.e.
tk_show() {
  if [ -s "$1.o" ]; then cat "$1.o" >&4; fi
  tk_end "$2" 1
  if [ -s "$1.e" ]; then cat "$1.e" >&4; fi
  tk_line "$tk_mark" >&4
  # A name is never used twice: a child in the background may still hold the file.
  { true; } >"$1.o"
  { true; } >"$1.e"
  if [ -f "$1.i" ]; then { true; } >"$1.i"; fi
  tk_litter=$((tk_litter + 1))
  if [ "$tk_litter" -ge 50 ]; then
    rm -f "$tk_dir"/t*
    tk_litter=0
  fi
}

# What the login gave, for a user's command; in its subshell.
tk_login() {
  exec 3<&- 4>&- 5>&-
  PATH=$tk_path0
  LC_ALL=$tk_lc0
  [ -n "$tk_lc1" ] || unset LC_ALL
  umask "$tk_umask0"
}

# tk_cannot CODE TEXT: ends a user's command that was not started; no program can say such a code.
tk_cannot() {
  tk_line "$2" >&2
  [ -z "$tk_apart_out" ] || tk_line "$1" >"$tk_apart_out.n"
  exit 126
}

# tk_chdir DIR: for a user's command.
tk_chdir() {
  if [ ! -e "$1" ]; then tk_cannot 901 '[Errno 2] No such file or directory'; fi
  if [ ! -d "$1" ]; then tk_cannot 901 '[Errno 20] Not a directory'; fi
  CDPATH='' cd "$1" >/dev/null 2>&1 || tk_cannot 901 '[Errno 13] Permission denied'
}

# tk_exec PROGRAM WORDS...: becomes the program, as execvp does.
tk_exec() {
  local d='' seen=0 left
  case $1 in
  */*)
    if [ ! -e "$1" ]; then tk_cannot 902 '[Errno 2] No such file or directory'; fi
    if [ -d "$1" ] || [ ! -x "$1" ]; then tk_cannot 903 '[Errno 13] Permission denied'; fi
    exec "$@"
    ;;
  esac
  left=${PATH-}:
  while [ -n "$left" ]; do
    d=${left%%:*}/$1 left=${left#*:}
    if [ -d "$d" ] || [ ! -e "$d" ]; then continue; fi
    if [ -x "$d" ]; then exec "$@"; fi
    seen=1
  done
  [ "$seen" = 0 ] || tk_cannot 903 '[Errno 13] Permission denied'
  tk_cannot 902 '[Errno 2] No such file or directory'
}

# tk_apart OP: the text in a subshell. Without a writable directory its output comes directly.
tk_apart() {
  local in=/dev/null out=''
  ! tk_tmp || out=$tk_out
  tk_apart_out=$out
  if [ "$tk_in" = 1 ]; then
    in=$out.i
    if [ -z "$out" ] || ! tk_feed >"$in"; then
      tk_refuse "no room for the data of a command below ${tk_dir:-/tmp}"
      return
    fi
  fi
  if [ -n "$out" ] && ! { { true; } >"$out.o" && { true; } >"$out.e"; } 2>/dev/null; then
    tk_refuse "no room for the output of a command in $tk_dir"
    return
  fi
  if [ -z "$out" ]; then
    (
      trap - EXIT HUP INT TERM PIPE
      exec >&4 2>&5 </dev/null
      [ "$1" = S ] || tk_login
      eval "$tk_s"
    )
    tk_rc=$?
    tk_end "$tk_rc" "$tk_where"
    return
  fi
  (
    trap - EXIT HUP INT TERM PIPE
    [ "$1" = S ] || tk_login
    eval "$tk_s"
  ) <"$in" >"$out.o" 2>"$out.e"
  tk_rc=$?
  if [ -f "$out.n" ]; then IFS= read -r tk_rc <"$out.n"; fi
  tk_show "$out" "$tk_rc"
}

# tk_refuse TEXT: the answer to what could not even be tried.
tk_refuse() {
  tk_rc=905
  tk_drop
  tk_end 905 1
  tk_line "$1" >&4
  tk_line "$tk_mark" >&4
}

# Takes data that nobody read.
tk_drop() { [ "$tk_in" = 0 ] || tk_feed >/dev/null || :; }

# The text in this shell: cheapest. On a terminal stderr goes through a file, or is lost.
tk_plain() {
  local err=/dev/null
  if [ "$tk_tty" = 0 ]; then
    eval "$tk_s" >&4 2>&5
    tk_rc=$?
    tk_drop
    tk_end "$tk_rc" 2
    return
  fi
  ! tk_tmp || err=$tk_out.e
  eval "$tk_s" >&4 2>"$err"
  tk_rc=$?
  tk_drop
  if [ "$err" = /dev/null ]; then
    tk_end "$tk_rc" 0
  else
    tk_show "${err%.e}" "$tk_rc"
  fi
}

# Functions of ours; a fault in them must not end this shell.
tk_define() {
  tk_rc=0
  # shellcheck disable=SC2030,SC2031
  if (eval "$tk_s") >/dev/null 2>&5; then eval "$tk_s"; else tk_rc=94; fi
  tk_end "$tk_rc" "$tk_where"
}

# Sets tk_s to the text of the request.
tk_load() {
  local line n=0
  case $1 in
  b*)
    tk_reader
    tk_s=$(tk_take "${1#b}" 2>/dev/null && tk_put .) || exit 96
    tk_s=${tk_s%.}
    # A text that was cut is not run.
    IFS= read -r line <&3 || exit 96
    ;;
  1) IFS= read -r tk_s <&3 || exit 96 ;;
  *)
    tk_s=
    while [ "$n" -lt "$1" ]; do
      IFS= read -r line <&3 || exit 96
      tk_s=$tk_s$line$tk_nl
      n=$((n + 1))
    done
    ;;
  esac
}

tk_serve() {
  while IFS=' ' read -r tk_key tk_op tk_id tk_n tk_in tk_part <&3; do
    [ "$tk_key" = "$tk_k" ] || exit 96
    tk_note=
    tk_load "$tk_n"
    [ "$tk_in" = 0 ] || tk_reader
    if [ "$tk_part" != 0 ] && [ "$tk_part" = "$tk_bad" ]; then
      tk_drop
      tk_end - "$tk_where"
      continue
    fi
    case $tk_op in
    P) tk_plain ;;
    S | X) tk_apart "$tk_op" ;;
    D) tk_define ;;
    Q) exit 0 ;;
    *) exit 96 ;;
    esac
    [ "$tk_part" = 0 ] || [ "$tk_rc" = 0 ] || tk_bad=$tk_part
    IFS=" $tk_tab$tk_nl"
  done
}

# ---- what the host is (for the client alone) ---------------------------------------------------------

# Directories of PATH without those that are links to others, for a quick look; none has a blank.
tk_look_dirs() {
  local left="$PATH:" d seen
  tk_dirs=
  while [ -n "$left" ]; do
    d=${left%%:*}
    left=${left#*:}
    case $d in '' | *[!/A-Za-z0-9._-]*) continue ;; esac
    for seen in $tk_dirs; do
      # shellcheck disable=SC3013 # all our shells know -ef
      if [ "$seen" -ef "$d" ]; then continue 2; fi
    done
    [ ! -d "$d" ] || tk_dirs="$tk_dirs $d"
  done
}

# What may change while we look: tools, distribution, who runs services. No fork.
tk_platform() {
  local t line d found=''
  hash -r 2>/dev/null
  for t in apt-get dpkg-query rpm dnf yum apk pacman zypper pkg pip3 npm gem cargo git svn hg \
    systemctl service rc-service rc-update update-rc.d chkconfig invoke-rc.d sysrc launchctl initctl \
    aptitude useradd usermod userdel groupadd groupmod gpasswd chage chpasswd adduser pw getent crontab at visudo sudo doas su \
    zfs zpool jls jail jexec bastille vm bectl bhyve pfctl ipfw nft iptables iptables-save ip ifconfig netstat ss \
    nmcli netplan networkctl ethtool bridge route ping nc ncat curl wget fetch openssl ssh-keygen \
    tar bsdtar gzip bzip2 xz zstd unzip zip unar cpio rsync getfacl setfacl getfattr setfattr lsattr chattr chflags \
    getenforce setsebool semanage sestatus restorecon aa-status sysctl modprobe lsmod kldload kldstat kenv \
    mount umount findmnt swapon mkswap blkid lsblk fsck parted sgdisk gpart mkfs.ext4 mkfs.xfs newfs cryptsetup \
    pvs vgs lvs lvcreate mdadm virsh qemu-img virt-install docker podman lxc timedatectl hostnamectl localectl \
    locale-gen update-locale loginctl journalctl logger udevadm lspci pciconf dmidecode lscpu \
    bash zsh python3 python perl awk jq base64 sha1sum sha256sum sha1 sha256 md5 md5sum stat timeout flock lockf \
    setsid shutdown reboot systemd-run update-alternatives alternatives debconf-show debconf-set-selections \
    dpkg-reconfigure add-apt-repository gpg patch expect psql mysql rabbitmqctl nginx apachectl a2enmod; do
    for d in $tk_dirs; do
      if [ -x "$d/$t" ]; then
        found="$found$t "
        break
      fi
    done
  done
  tk_line "tools=$found"
  for t in /etc/os-release /usr/lib/os-release; do
    [ -r "$t" ] || continue
    while IFS= read -r line; do
      case $line in ID=* | VERSION_ID=*) tk_line "os.$line" ;; esac
    done <"$t"
    break
  done
  if [ -d /run/systemd/system ]; then
    tk_line services=systemd
  elif [ -e /run/openrc/softlevel ] || [ -x /sbin/openrc-run ]; then
    tk_line services=openrc
  elif [ -r /etc/rc.subr ] && [ -d /etc/rc.d ]; then
    tk_line services=rc
  elif [ -d /etc/init.d ]; then
    tk_line services=sysv
  fi
}

# What cannot change while this shell lives. Two forks.
tk_hello() {
  local t line
  tk_look_dirs
  tk_line "uname=$(uname -srm)"
  tk_line "id=$(id)"
  tk_put home=
  tk_esc "${HOME-}"
  tk_line "umask=$tk_umask0"
  tk_line "pid=$$"
  for t in /etc/machine-id /etc/hostid /var/lib/dbus/machine-id; do
    if [ ! -r "$t" ] || [ ! -f "$t" ]; then continue; fi
    line=
    IFS= read -r line <"$t"
    case $line in
    *[!0-9a-fA-F-]* | '') ;;
    *)
      tk_line "machine=$line"
      break
      ;;
    esac
  done
  tk_platform
}

tk_bye() {
  [ -z "$tk_dir" ] || rm -rf "$tk_dir"
  [ -z "$tk_new" ] || rm -f "$tk_new"
  [ -z "$tk_stage" ] || rm -rf "$tk_stage"
}

case $tk_tty in 1) tk_where=0 ;; *) tk_where=2 ;; esac
for tk_s in /usr/local/sbin /usr/local/bin /usr/sbin /usr/bin /sbin /bin; do
  case :$PATH: in *:"$tk_s":*) ;; *) PATH=${PATH:+$PATH:}$tk_s ;; esac
done
LC_ALL=C
export PATH LC_ALL
umask 077
exec 3<&0 4>&1 5>&2 </dev/null >/dev/null 2>&1
trap tk_bye EXIT
trap 'exit 98' HUP INT TERM PIPE
tk_serve
