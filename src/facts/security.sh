# shellcheck shell=sh disable=SC2154
# What restricts the host or this session: SELinux, AppArmor, FIPS mode, another root directory, capabilities.
if setup_wants selinux; then
  set -- "$@" /sys/fs/selinux/enforce /sys/fs/selinux/policyvers /etc/selinux/config
fi
if setup_wants apparmor; then setup_there /sys/kernel/security/apparmor; fi
if setup_wants fips; then set -- "$@" /proc/sys/crypto/fips_enabled; fi
if setup_wants chroot; then
  tk_line "debian_chroot:${debian_chroot-}"
  case $tk_sys in
  *BSD | DragonFly | Darwin) setup_f=$(stat -f '%d:%i' / /proc/1/root/. 2>/dev/null) ;;
  *)
    setup_f=$(stat -c '%d:%i' / /proc/1/root/. 2>/dev/null)
    case $setup_f in *"$tk_nl"*) ;; *) setup_say rootfs stat -f -c %T / ;; esac
    ;;
  esac
  setup_lines root "$setup_f"
fi
if setup_wants caps && tk_have capsh; then setup_say caps capsh --print; fi
