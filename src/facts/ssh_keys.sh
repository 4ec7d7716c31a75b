# shellcheck shell=sh disable=SC2154
# Public host keys.
if setup_wants ssh_pub_keys; then
  for setup_f in /etc/ssh /etc/openssh /etc; do
    set -- "$@" "$setup_f/ssh_host_dsa_key.pub" "$setup_f/ssh_host_rsa_key.pub" \
      "$setup_f/ssh_host_ecdsa_key.pub" "$setup_f/ssh_host_ed25519_key.pub"
  done
fi
