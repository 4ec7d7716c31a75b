# shellcheck shell=sh disable=SC3043,SC2154
# Follows told/ask.sh. pve_ask PATH WORDS...: what the API says of a path, told under its name. What it says on stderr
# comes first and is no JSON.
pve_ask() {
  local path="$1"
  shift
  told_ask "get $path" pvesh get "$path" "$@" --output-format json
}

# The name of this node, as the cluster has it.
pve_node() {
  tk_out_of hostname -s
  pve_name=${tk_out%"$tk_nl"}
  told_say node 0 "$pve_name"
}
