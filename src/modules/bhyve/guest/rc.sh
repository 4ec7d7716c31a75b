# shellcheck shell=sh disable=SC3043,SC2154
# Follows ask.sh. Answers the files of rc.conf, and where vm is.
told_files /etc/rc.conf /etc/rc.conf.local
told_tool vm vm || :
