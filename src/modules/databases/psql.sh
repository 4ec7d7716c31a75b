# shellcheck shell=sh disable=SC3043,SC2154
# Words: database, user, host or directory of the socket, port, mode of TLS (each may be empty).
# stdin: a line of .pgpass or an empty one, then SQL. Answers what psql prints.
local db="$1" user="$2" host="$3" port="$4" tls="$5" pass='' rc
if ! tk_have psql; then
  tk_line "$PATH" >&2
  return 127
fi
IFS= read -r pass
if [ -n "$pass" ]; then
  tk_tmp || return 1
  (umask 077 && tk_line "$pass" >"$tk_out") || return 1
  pass=$tk_out
fi
(
  unset PGPASSWORD PGSERVICE PGOPTIONS
  PGCLIENTENCODING=UTF8 PGCONNECT_TIMEOUT=20 PGAPPNAME=tank PGDATABASE=$db
  export PGCLIENTENCODING PGCONNECT_TIMEOUT PGAPPNAME PGDATABASE
  if [ -n "$user" ]; then export PGUSER="$user"; fi
  if [ -n "$host" ]; then export PGHOST="$host"; fi
  if [ -n "$port" ]; then export PGPORT="$port"; fi
  if [ -n "$tls" ]; then export PGSSLMODE="$tls"; fi
  if [ -n "$pass" ]; then export PGPASSFILE="$pass"; fi
  psql -X -q -w -A -t -v ON_ERROR_STOP=1 -f -
)
rc=$?
if [ -n "$pass" ]; then rm -f "$pass"; fi
return "$rc"
