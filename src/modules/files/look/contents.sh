# shellcheck shell=sh disable=SC3043
# stdin: paths, one a line
# Answers: the content of each as tk_read gives it.
local n=''
while IFS= read -r n; do tk_read "$n"; done
:
