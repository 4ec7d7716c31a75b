#!/bin/sh
# The same work with tank, ansible-core (pipelining on), Ansible with Mitogen, and pyinfra, against one local sshd
# at 0 and 50 ms round trip: 100 file tasks on a fresh and on a converged host, and gathering of facts.
# Each run starts without an open connection. Prints medians of wall time, CPU time (user + system of the tool and
# its children) and peak memory of the largest process, and how much longer than tank each took.
#   benches/compare.sh [RUNS]         5 unless told
# TOOLS="tank ansible mitogen pyinfra" DELAYS="0 50" choose. Python's tools are installed by pip into the cache.
set -eu
cd "$(dirname "$0")/.."

runs=${1:-5}
tools=${TOOLS:-tank ansible mitogen pyinfra}
delays=${DELAYS:-0 50}
cache=${TANK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tank}
work=$(mktemp -d /tmp/tank-bench.XXXXXX)
PATH=$PATH:/usr/sbin
children=

# Ends the connections that ssh keeps open for Ansible.
hang_up() {
    for socket in "$work"/cp/*; do
        [ ! -S "$socket" ] || ssh -F /dev/null -o "ControlPath=$socket" -O exit host 2>/dev/null || :
    done
    rm -rf "$work/cp"
}

clean() {
    hang_up
    for child in $children; do
        kill "$child" 2>/dev/null || :
    done
    rm -rf "$work"
}
trap clean EXIT

die() {
    echo "benches/compare.sh: $*" >&2
    exit 1
}

for need in sshd ssh-keygen cargo rustc; do
    command -v "$need" >/dev/null || die "missing: $need"
done
[ -x /usr/bin/time ] || die "missing: /usr/bin/time (package time)"

wants() {
    case " $tools " in *" $1 "*) return 0 ;; esac
    return 1
}

# A virtual environment $1 with the packages after it.
environment() {
    venv=$cache/bench-$1
    shift
    [ ! -e "$venv/done" ] || return 0
    rm -rf "$venv"
    "${PYTHON:-python3}" -c 'import sys; sys.exit(sys.version_info < (3, 12))' ||
        die "missing: a Python of 3.12 or newer; name one in PYTHON"
    "${PYTHON:-python3}" -m venv "$venv"
    "$venv/bin/pip" install --quiet "$@"
    : >"$venv/done"
}

if wants tank; then
    cargo build --quiet --release
fi
if wants ansible || wants mitogen; then
    environment ansible ansible-core==2.21.5 mitogen
fi
if wants pyinfra; then
    environment pyinfra pyinfra
fi
delay=$work/delay
rustc -O --edition 2024 -o "$delay" benches/delay.rs
target=${CARGO_TARGET_DIR:-target}

# --- the host ---
mkdir -p /run/sshd 2>/dev/null || :
ssh-keygen -q -t ed25519 -N '' -C '' -f "$work/host"
ssh-keygen -q -t ed25519 -N '' -C '' -f "$work/key"
# SHLVL keeps bash from reading the account's .bashrc in every session: a slow one would be charged to whoever
# opens many of them.
cat >"$work/sshd_config" <<END
ListenAddress 127.0.0.1
HostKey $work/host
PidFile none
AuthorizedKeysFile $work/key.pub
StrictModes no
PermitRootLogin yes
UsePAM no
UseDNS no
SetEnv SHLVL=5
Subsystem sftp internal-sftp
END

listen() {
    for _ in 1 2 3 4 5; do
        port=$(awk 'BEGIN { srand(); print 20000 + int(rand() * 20000) }')
        "$(command -v sshd)" -D -e -f "$work/sshd_config" -p "$port" 2>"$work/sshd.log" &
        server=$!
        sleep 1
        if kill -0 "$server" 2>/dev/null; then
            children="$children $server"
            return 0
        fi
    done
    die "sshd does not start: $(cat "$work/sshd.log")"
}

# A port with the round-trip time of $1 milliseconds.
port_at() {
    if [ "$1" -eq 0 ]; then
        echo "$port"
        return
    fi
    mkfifo "$work/hold$1"
    "$delay" "$port" "$1" <"$work/hold$1" >"$work/port$1" 2>/dev/null &
    echo $! >>"$work/pids"
    sleep 600000 >"$work/hold$1" &
    echo $! >>"$work/pids"
    while [ ! -s "$work/port$1" ]; do sleep 0.1; done
    cat "$work/port$1"
}

# --- the work ---
tasks() {
    awk 'BEGIN {
        for (i = 1; i <= 20; i++) printf "    - copy: { content: \"value %d\\n\", dest: \"{{ dest }}/copy%d\", mode: \"0644\" }\n", i, i
        for (i = 1; i <= 20; i++) printf "    - template: { src: t.j2, dest: \"{{ dest }}/template%d\", mode: \"0644\" }\n      vars: { n: %d }\n", i, i
        for (i = 1; i <= 15; i++) printf "    - file: { path: \"{{ dest }}/dir%d\", state: directory, mode: \"0755\" }\n", i
        for (i = 1; i <= 15; i++) printf "    - lineinfile: { path: \"{{ dest }}/copy%d\", line: \"line %d\", insertafter: EOF }\n", i + 5, i
        for (i = 1; i <= 10; i++) printf "    - blockinfile: { path: \"{{ dest }}/template%d\", block: \"block %d\" }\n", i, i
        for (i = 1; i <= 10; i++) printf "    - command: { cmd: \"touch {{ dest }}/command%d\", creates: \"{{ dest }}/command%d\" }\n", i, i
        for (i = 1; i <= 10; i++) printf "    - stat: { path: \"{{ dest }}/copy%d\" }\n", i
    }'
}

write_project() {
    mkdir -p "$work/project/templates"
    printf 'name = {{ inventory_hostname }}\nnumber = {{ n }}\n{%% for i in range(20) %%}\nline {{ i }}\n{%% endfor %%}\n' \
        >"$work/project/templates/t.j2"
    {
        printf -- '- hosts: all\n  gather_facts: false\n  tasks:\n'
        tasks
    } >"$work/project/work.yml"
    # A line and a block in a file that copy or template owns would never converge: these are their own files.
    sed -i -e '/lineinfile/s/copy/line/' -e '/blockinfile/s/template/block/' \
        -e '/lineinfile\|blockinfile/s/ }$/, create: true, mode: "0644" }/' "$work/project/work.yml"
    printf -- '- hosts: all\n  gather_facts: true\n  tasks: []\n' >"$work/project/facts.yml"
    cat >"$work/project/work.py" <<'END'
from io import StringIO

from pyinfra import host
from pyinfra.operations import files, server

dest = host.data.dest
for i in range(1, 21):
    files.put(src=StringIO(f"value {i}\n"), dest=f"{dest}/copy{i}", mode="644")
for i in range(1, 21):
    files.template(src="templates/t.j2", dest=f"{dest}/template{i}", mode="644", n=i, inventory_hostname=host.name)
for i in range(1, 16):
    files.directory(path=f"{dest}/dir{i}", mode="755")
for i in range(1, 16):
    files.line(path=f"{dest}/line{i + 5}", line=f"line {i}", ensure_newline=True)
for i in range(1, 11):
    files.block(path=f"{dest}/block{i}", content=f"block {i}", try_prevent_shell_expansion=True)
for i in range(1, 11):
    if not host.get_fact(__import__("pyinfra.facts.files", fromlist=["File"]).File, path=f"{dest}/command{i}"):
        server.shell(commands=[f"touch {dest}/command{i}"])
for i in range(1, 11):
    host.get_fact(__import__("pyinfra.facts.files", fromlist=["File"]).File, path=f"{dest}/copy{i}")
END
}

# Settings for the port $1.
write_settings() {
    printf 'host ansible_host=127.0.0.1 ansible_port=%s dest=%s\n' "$1" "$work/dest" >"$work/project/hosts"
    for p in $port "$1"; do
        printf '[127.0.0.1]:%s %s\n' "$p" "$(cat "$work/host.pub")"
    done >"$work/known_hosts"
    cat >"$work/project/ansible.cfg" <<END
[defaults]
inventory = hosts
private_key_file = $work/key
interpreter_python = /usr/bin/python3
[ssh_connection]
pipelining = True
ssh_common_args = -F /dev/null -o UserKnownHostsFile=$work/known_hosts
END
    cat >"$work/project/inventory.py" <<END
hosts = [("127.0.0.1", {"ssh_port": $1, "ssh_key": "$work/key", "ssh_user": "$(id -un)", "dest": "$work/dest",
          "ssh_known_hosts_file": "$work/known_hosts"})]
END
}

# Runs tool $1 on work $2 (work or facts); its output goes to $work/out.
once() {
    hang_up
    mkdir -p "$work/cp"
    case $1 in
    tank) set -- "$tank" playbook "$2.yml" ;;
    ansible) set -- "$cache/bench-ansible/bin/ansible-playbook" "$2.yml" ;;
    mitogen)
        set -- env ANSIBLE_STRATEGY=mitogen_linear \
            ANSIBLE_STRATEGY_PLUGINS="$(echo "$cache"/bench-ansible/lib/python3*/site-packages/ansible_mitogen/plugins/strategy)" \
            "$cache/bench-ansible/bin/ansible-playbook" "$2.yml"
        ;;
    pyinfra)
        if [ "$2" = work ]; then
            set -- "$cache/bench-pyinfra/bin/pyinfra" -y inventory.py work.py
        else
            set -- "$cache/bench-pyinfra/bin/pyinfra" -y inventory.py fact server.Kernel server.Hostname \
                server.LinuxDistribution server.Mounts hardware.Cpus hardware.Memory hardware.NetworkDevices
        fi
        ;;
    esac
    (
        cd "$work/project"
        export ANSIBLE_SSH_CONTROL_PATH_DIR="$work/cp"
        /usr/bin/time -o "$work/time" -f '%e %U %S %M' "$@" </dev/null >"$work/out" 2>"$work/err"
    )
}

# Whether the run did what it should: $1 tool, $2 fresh, converged or facts.
checked() {
    case $1/$2 in
    pyinfra/*) return 0 ;;
    */fresh) grep -q 'changed=90 .*failed=0' "$work/out" ;;
    */converged) grep -q 'changed=0 .*failed=0' "$work/out" ;;
    */facts) grep -q 'ok=1 .*failed=0' "$work/out" ;;
    esac
}

# Median of column $1 of the measured runs.
median() {
    awk -v c="$1" '{ print c == "cpu" ? $2 + $3 : c == "mem" ? $4 / 1024 : $1 }' "$work/runs" | sort -n |
        awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

measure() {
    tool=$1 kind=$2 rtt=$3
    name=work
    [ "$kind" != facts ] || name=facts
    : >"$work/runs"
    n=0
    while [ "$n" -lt "$runs" ]; do
        if [ "$kind" = fresh ] || [ ! -d "$work/dest" ]; then
            rm -rf "$work/dest"
            mkdir -p "$work/dest"
        fi
        if ! once "$tool" "$name" || ! checked "$tool" "$kind"; then
            echo "| $kind | $rtt ms | $tool | failed: $(cat "$work/err" "$work/out" | tail -n 3 | tr '\n|' '  ' | cut -c1-200) | | | |"
            return 0
        fi
        tail -n 1 "$work/time" >>"$work/runs"
        n=$((n + 1))
    done
    wall=$(median wall)
    [ "$tool" != tank ] || echo "$wall" >"$work/tank-$kind-$rtt"
    base=$(cat "$work/tank-$kind-$rtt" 2>/dev/null || echo 0)
    awk -v k="$kind" -v r="$rtt" -v t="$tool" -v w="$wall" -v c="$(median cpu)" -v m="$(median mem)" -v b="$base" 'BEGIN {
        ratio = "-"
        if (b > 0) ratio = sprintf("%.1f", w / b)
        printf "| %s | %s ms | %s | %.2f s | %.2f s | %.0f MiB | %s |\n", k, r, t, w, c, m, ratio }'
}

tank=$(cd "$target" 2>/dev/null && pwd || echo "$target")/release/tank
listen
write_project
echo "| 100 tasks | round trip | tool | wall | CPU | peak memory | x tank |"
echo "|---|---|---|---|---|---|---|"
for rtt in $delays; do
    write_settings "$(port_at "$rtt")"
    [ ! -s "$work/pids" ] || children="$children $(tr '\n' ' ' <"$work/pids")"
    for tool in $tools; do
        rm -rf "$work/dest"
        for kind in fresh converged facts; do
            measure "$tool" "$kind" "$rtt"
        done
    done
done
