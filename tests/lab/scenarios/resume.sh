# shellcheck shell=sh disable=SC2016,SC2034,SC2086,SC2154 # expanded in the guest; of what sources this
# Streams that are cut, and their tokens.

edge resume.yml pa/r pb/x/r 'encryption: plain'
guest 's17 a stream that takes long' '' "zfs create pa/r && $(write pa/r big 96) && zfs snapshot pa/r@big"
$alone "$tank" replicate run resume.yml -i hosts --retries 0 >cut.log 2>&1 </dev/null &
pid=$!
tries=0
until in_guest 'test "$(zfs list -Hp -o used pb/x/r)" -gt 30000000' 2>/dev/null </dev/null || [ "$tries" -gt 60 ]; do
    tries=$((tries + 1))
done
kill -9 "$pid"
wait "$pid" 2>/dev/null
guest '  is cut, and its receiver keeps what it has' '^1-' \
    'for i in 1 2 3 4 5 6 7 8 9 10; do pgrep -x zfs >/dev/null || break; sleep 1; done; zfs get -H -o value receive_resume_token pb/x/r'
tank 's24 the plan says so, whoever died' 0 'go on with pa/r@big' plan resume.yml
tank '  and it goes on' 0 'copied' run resume.yml
arrived pa/r pb/x/r big
tank '  once' 0 'up to date' run resume.yml
guest 's20 a token whose snapshot is gone' '' "$(write pa/r t 8) && zfs snapshot pa/r@t &&
    { zfs send -i pa/r@big pa/r@t | head -c 3000000 | zfs receive -s -u pb/x/r; :; } && zfs destroy pa/r@t && $(write pa/r u 1) && zfs snapshot pa/r@u"
tank '  is dropped' 0 'drop the interrupted receive' run resume.yml
arrived pa/r pb/x/r u
guest 's18 the second of two is cut' '' "$(write pa/r v 2) && zfs snapshot pa/r@v && $(write pa/r w 8) && zfs snapshot pa/r@w &&
    zfs send -i pa/r@u pa/r@v | zfs receive -s -u pb/x/r && { zfs send -i pa/r@v pa/r@w | head -c 3000000 | zfs receive -s -u pb/x/r; :; }; $(write pa/r z 1) && zfs snapshot pa/r@z"
tank '  and gone on with' 0 'go on with pa/r@w' run resume.yml
arrived pa/r pb/x/r w
arrived pa/r pb/x/r z
tank '  once' 0 'up to date' run resume.yml
