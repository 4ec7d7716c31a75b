# shellcheck shell=sh disable=SC3043
# Paths of files
# Answers: the content of each as tk_read gives it.
local f=''
for f; do tk_read "$f"; done
:
