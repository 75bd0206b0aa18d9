#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# tests/run: beside others
# The guest's side of the port, without a virtual machine: jobs, what they print
# as frames, orders, strange input.
. "${0%/*}/lib.sh"

if ! have python3; then
	skip "jobs over a port" "no python3"
	finish
fi

# guest STEP...: $out has a frame a line.
guest() {
	run python3 "$SRC/tests/guest-host.py" "$STRAIN" "$@"
}

guest '{"job": {"argv": ["--nop", "1", "--nop-ops", "10"]}}'
is "a run succeeds" "$rc" 0
like "the guest says who it is" "$out" '^H \{"protocol":1,"strain":"[0-9.]+",.*"boot_id":"[-0-9a-f]+","uptime":[0-9.]+\}'
like "the first line is the run's" "$out" '^L \{"schema":"strain-report/1","line":"run"'
like "there is a trial" "$out" '^L \{"line":"trial",.*"outcome":"pass"'
like "the report ends" "$out" '^L \{"line":"end",.*"exit_code":0'
like "and then the job" "$out" '^E \{"status":0,"signal":0,"seconds":[0-9.]+,"out_of_memory":false\}'
is "it ends by order" "${out##*
}" "exit 0"
is "every line of the report is JSON" "$(printf '%s\n' "$out" | sed -n 's/^L //p' |
	python3 -c 'import json, sys
for line in sys.stdin: json.loads(line)' 2>&1)" ""

guest '{"job": {"argv": ["--nopp", "1"]}}' '{"job": {"argv": ["--nop", "1", "--nop-ops", "1"]}}'
like "what is said on stderr comes as text" "$out" "^T strain: unknown option '--nopp'"
like "with the exit code" "$out" '^E \{"status":2,"signal":0,'
like "the next job is done" "$out" '^E \{"status":0,"signal":0,'

guest '{"order": "go 0", "after": "ready 0 1 0"}' '{"order": "pause 0", "after": "never"}' \
	'{"job": {"turns": true, "argv": ["--nop", "1", "--nop-ops", "10"]}}'
is "a run in turns succeeds" "$rc" 0
like "its answers come" "$out" '^A ready 0 1 0$'
like "its report too" "$out" '^L \{"line":"trial",'

guest '{"job": {"kind": "doctor"}}'
is "doctor succeeds" "$rc" 0
is "in one line of a frame" "$(printf '%s\n' "$out" | grep -c '^L ')" 1
like "which is its document" "$out" '"can_run"'

guest '{"job": {"kind": "script", "script": "echo heard; echo loud >&2; exit 3"}}' \
	'{"job": {"kind": "script"}}'
like "what a script prints comes as text" "$out" '^T heard$'
like "both of it" "$out" '^T loud$'
like "with its status" "$out" '^E \{"status":3,'
like "a job without a script is refused" "$out" "^T strain: the script of the job is not text"

guest '{"job": {"kind": "dance"}}' '{"job": {"argv": ["--nop", 1]}}' '{"job": []}'
like "unknown kinds are refused" "$out" "^T strain: unknown kind of job 'dance'"
like "words that are no text" "$out" "^T strain: word 1 of the job is not text"
like "jobs that are no objects" "$out" "^T strain: the job is not a JSON object"
is "each with status 5 or as a run of nothing" "$(printf '%s\n' "$out" | grep -c '^E {"status":[52],')" 3

guest '{"raw": "noise"}' '{"job": {"argv": ["--nop", "1", "--nop-ops", "1"]}}'
like "noise is told" "$out" '^T strain: 5 bytes that came are no frame'
like "and does no harm" "$out" '^E \{"status":0,'

# More than the socket and the pipes hold, and nobody reads: about 3 MB.
guest '{"slow": 1}' '{"job": {"argv": ["--nop", "1", "-t", "1ms", "--trials", "1500"]}}'
is "a host that is slow loses nothing" "$rc" 0
is "not one trial" "$(printf '%s\n' "$out" | grep -c '^L {"line":"trial"')" 1500

guest '{"job": {"exact": true, "env": {"HOME": "/"}, "argv": ["--nop", "1", "-t", "2500ms"]}}'
unlike "an exact job has no heartbeat" "$out" '^B'
guest '{"job": {"argv": ["--nop", "1", "-t", "2500ms"]}}'
like "others have" "$out" '^B '

guest '{"job": {"quiet": 0.1, "argv": ["--nop", "1", "--nop-ops", "1"]}}'
like "whether it is quiet is told" "$out" '^Q \{"quiet":(true|false),"waited":'

# mounts, the name of the machine, power: all of it would be the container's, or ours
name=$(uname -n)
# shellcheck disable=SC2016 # for the shell inside
run timeout 60 unshare -mupf --mount-proc "$python" -c '
import os, sys
os.execv(sys.argv[1], ["/init"])' "$STRAIN"
if printf '%s\n' "$err" | grep -q '^unshare: '; then
	skip "the first process of a container is no guest" "$err"
else
	is "the first process of a container is no guest" "$rc" 2
	like "whatever its name" "$err" '^usage: strain'
fi
is "the machine has its name" "$(uname -n)" "$name"

run "$STRAIN" --guest=99
is "a descriptor that is none" "$rc" 2
like "is refused" "$err" "^strain: '99' is no descriptor"
finish
