# shellcheck shell=sh disable=SC2154
# Interfaces, addresses and default routes by ifconfig and route.
if setup_wants network && [ "$tk_sys" != Linux ] && tk_have ifconfig && tk_have route; then
  setup_say ifconfig ifconfig -a
  setup_say route4 route -n get default
  setup_say route6 route -n get -inet6 default
fi
