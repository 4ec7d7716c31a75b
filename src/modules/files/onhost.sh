# shellcheck shell=sh
# $1 source on this host, then the words of place.sh, whose text follows
# Answers: the source's stat line with its sum, - when it cannot be read, then what place.sh answers.
if [ -e "$1" ] && [ ! -r "$1" ]; then tk_line '!'; else tk_stat "$1" follow sum; fi
shift
