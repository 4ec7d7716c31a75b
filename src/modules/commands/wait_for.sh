# shellcheck shell=sh disable=SC3043
# $1 path, $2 1 when its text is wanted. Answers: + or -, then the text.
if tk_exists "$1"; then tk_line +; else tk_line -; fi
if [ "$2" = 1 ]; then tk_read "$1"; fi
:
