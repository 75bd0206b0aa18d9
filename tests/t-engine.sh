#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The engine from the command line: order, limits, signals, hangs, settings of
# two runs at once. Single workers that misbehave are in tests/unit/engine_sick.c.
. "${0%/*}/lib.sh"

[ -x $python ] || skip_all "python3 is not installed"
report=$TMP/report.json

# get EXPRESSION: of the report r; c is its first case, t that one's first trial.
get() {
	$python -c '
import json, sys
r = json.load(open(sys.argv[1]))
c = r["cases"][0] if r["cases"] else {}
t = c["trials"][0] if c.get("trials") else {}
def order():
    at = [(t["order"], t["number"], c["id"]) for c in r["cases"] for t in c["trials"]]
    return " ".join("%d:%s:%d" % (o, i, n) for o, n, i in sorted(at))
def slices(n=0):
    return r["bulk"]["trials"][n]["slices"][0]
print(eval("(" + sys.argv[2] + ")"))' "$report" "$1" 2>&1
}

# strain_run OPTION...: with a report and short trials unless told otherwise.
strain_run() {
	run "$STRAIN" run -t 100ms --counters none --report "$report" "$@"
}

# in_background OPTION...: starts a run; sets monitor.
in_background() {
	"$STRAIN" run --counters none --report "$report" "$@" \
		>"$TMP/bg.out" 2>"$TMP/bg.err" </dev/null &
	monitor=$!
}

# Waits for it; sets rc and err.
wait_background() {
	wait "$monitor"
	rc=$?
	err=$(cat "$TMP/bg.err")
}

milliseconds() {
	echo $(($(date +%s%N) / 1000000))
}

# within DESCRIPTION MILLISECONDS-SINCE LIMIT
within() {
	took=$(($(milliseconds) - $2))
	if [ $took -le "$3" ]; then
		pass "$1"
	else
		fail "$1" "took $took ms, at most $3"
	fi
}

children() { # of process $1
	cat /proc/"$1"/task/"$1"/children 2>/dev/null
}

# Waits for $2 workers of the run of process $1, below its leader, or one that is
# the leader itself; sets workers.
find_workers() {
	workers=
	for _ in $(seq 100); do
		for child in $(children "$1"); do
			[ "$(cat "/proc/$child/comm" 2>/dev/null)" != strain-guardian ] ||
				continue
			workers=$(children "$child")
			[ "$2$workers" != 1 ] || workers=$child
		done
		# shellcheck disable=SC2086 # they are words
		set -- "$1" "$2" $workers
		[ $# -ge $(($2 + 2)) ] && return 0
		set -- "$1" "$2"
		sleep 0.05
	done
	return 1
}

# --- order -------------------------------------------------------------------

strain_run --switch 1 --switch-method pipe,futex --trials 2 --sequential 1
is "trials of a case follow each other" "$(get 'order()')" \
	"0:switch/pipe:0 1:switch/pipe:1 2:switch/futex:0 3:switch/futex:1"
strain_run --switch 1 --switch-method pipe,futex --trials 2 --sequential 1 --interleave
is "or alternate" "$(get 'order()')" \
	"0:switch/pipe:0 1:switch/futex:0 2:switch/pipe:1 3:switch/futex:1"
strain_run --nop 1 --switch 1 --switch-method pipe
is "stressors run at once" "$(get 'order()')" "0:nop:0 0:switch/pipe:0"
strain_run --permute 1 --with nop,switch --switch-method pipe
is "every combination once" "$(get 'order()')" \
	"0:nop:0 1:switch/pipe:0 2:nop:0 2:switch/pipe:0"

# --- limits ------------------------------------------------------------------

from=$(milliseconds)
strain_run --nop 2 --nop-ops 1000 -t 60s
within "operations end a run at once" "$from" 5000
is "and are counted exactly" "$(get 't["worker_ops"]')" "[1000, 1000]"
strain_run --nop 1 -t 500ms --slice 50ms --warmup 100ms
is "time is kept" "$(get '0.49 < t["seconds"] and t["overrun"] < 0.2 + t["wait_seconds"]')" True
is "slices are as long as was asked" \
	"$(get '4 <= len(slices()["start"]) <= 12')" True
# a slice that the monitor ended late is one of the warm-up by less than half
is "those of the warm-up are marked, and only they" \
	"$(get '[bool(f & 1) for f in slices()["flags"]] ==
		[s + l <= 0.125 for s, l in zip(slices()["start"], slices()["seconds"])]')" True
strain_run --nop 1 -t 30ms --slice 1h
is "a slice may be longer than the trial" "$rc$(get 't["outcome"]')" 0pass
strain_run --nop 1 -t 4000d
is "a time too long is refused" "$rc" 2
in_background --nop 1 -t 1000d
ok "but a thousand days run" find_workers "$monitor" 1
kill -INT "$monitor"
wait_background
is "and can be interrupted" "$rc" 130

# --- what a case is made of -----------------------------------------------------

strain_run --switch 1 --switch-method pipe --seed 77
is "the seed is in the report" "$(get 'r["seed"]')" 77
recorded='[m["counts"][0] for m in c["metrics"]
	if m["kind"] == "latency" and m["values"][0] is not None]'
strain_run --switch 1 --switch-method pipe --latency off
is "--latency off records none" "$(get "$recorded")" "[]"
strain_run --switch 1 --switch-method pipe --latency all
like "--latency all records" "$(get "$recorded")" '^\[[0-9]+'
strain_run --parallel-dir 1 --parallel-dir-method create --fs scratch,tmpfs
is "--fs makes cases" "$(get '[c["id"] for c in r["cases"]]')" \
	"['parallel-dir/create', 'parallel-dir/create@tmpfs']"
strain_run --nop 1 --mutate nop:counted --trials 3
is "a mutation fails" "$rc$(get 't["outcome"]')" 1fail
is "every trial of it" "$(get 'len(c["trials"])')" 3
strain_run --nop 1 --mutate nop:counted --trials 3 --fail-fast
is "--fail-fast ends at the first" "$rc$(get 'len(c["trials"])')" 11
strain_run --nop 1 --mutate nop:counted --until-fail
is "--until-fail ends at a failure" "$rc$(get 'len(c["trials"])')" 11
strain_run --switch 1 --mutate nop:counted
is "what does not run cannot be mutated" "$rc" 2
in_background --nop 1 -t 50ms --until-fail
sleep 1
kill -INT "$monitor"
wait_background
is "--until-fail goes on until it is interrupted" \
	"$rc$(get 'len(c["trials"]) > 2')" 130True
is "numbers of its trials go on" \
	"$(get '[t["number"] for t in c["trials"]] == list(range(len(c["trials"])))')" True

# --- skips -------------------------------------------------------------------

strain_run --mshare 1 --mshare-method syscall
if [ "$(get 'r["outcome"]')" = skip ]; then
	is "nothing but skips is told" "$rc" 4
	strain_run --mshare 1 --mshare-method syscall --nop 1 -t 1s
	is "a skip beside a pass is not" "$rc" 0
	strain_run --mshare 1 --mshare-method syscall --nop 1 --strict-skip
	is "unless --strict-skip" "$rc" 4
else
	skip "exit codes of skips" "this kernel has every feature"
fi

# --- CPUs --------------------------------------------------------------------

allowed=$(sed -n 's/^Cpus_allowed_list:[^0-9]*//p' /proc/self/status)
cpu=${allowed%%[,-]*}
in_background --nop 2 -t 60s --cpus "$cpu"
ok "two workers run" find_workers "$monitor" 2
for _ in 1 2 3 4 5 6 7 8 9 10; do # they pin themselves
	pinned=$(for pid in $workers; do
		sed -n 's/^Cpus_allowed_list:[^0-9]*//p' "/proc/$pid/status"
	done | sort -u)
	[ "$pinned" = "$cpu" ] && break
	sleep 0.1
done
is "--cpus pins them" "$pinned" "$cpu"
ok "the monitor is not pinned" \
	grep -q "^Cpus_allowed_list:[^0-9]*$allowed\$" "/proc/$monitor/status"
is "workers have the priority of the run" \
	"$(for pid in $workers; do ps -o ni= -p "$pid"; done | sort -u | tr -d ' ')" \
	"$(ps -o ni= -p $$ | tr -d ' ')"
kill -INT "$monitor"
wait_background
if have taskset; then
	run taskset -c "$cpu" "$STRAIN" run --nop 0 -t 100ms --report "$report"
	is "one CPU, one worker for 0" "$(get 'c["workers"]')" 1
else
	skip "workers follow the affinity mask" "taskset is not installed"
fi

# --- workers that are stopped and killed --------------------------------------------

# hurt SIGNAL WORKERS: sends it to one of so many workers, the first of two cases.
hurt() {
	in_background --nop "$2" --switch 1 --switch-method pipe --sequential 2 \
		-t 2s --grace 100ms
	find_workers "$monitor" "$2"
	sleep 0.2 # past the gate
	kill -"$1" "${workers%% *}"
	wait_background
}

slow=$STRAIN
for workers_asked in 2 1; do
	of="one of $workers_asked"
	hurt STOP $workers_asked
	is "$of stopped is a hang" "$rc$(get 't["outcome"]')" 124hang
	like "$of: the report has its state" "$(get 't["stuck"][0]["state"]')" '^T \(stopped\)'
	is "$of: and where it waits" "$(get 't["stuck"][0]["wchan"] is not None')" True
	is "$of: and the next case runs" "$(get 'r["cases"][1]["outcome"]')" pass
	hurt KILL $workers_asked
	is "$of killed is told apart" "$rc$(get 't["outcome"]')" 5killed
	like "$of: by signal" "$(get 't["reason"]')" '^worker process [0-9]+ was killed by signal 9 \(Killed\)'
	is "$of: what it used is known" "$(get 't["max_rss"] > 0')" True
	is "$of: the next case runs" "$(get 'r["cases"][1]["outcome"]')" pass
	# A sanitizer would turn this signal into an exit.
	STRAIN=$STRAIN_FAST
	hurt SEGV $workers_asked
	is "$of: a crash is told apart" "$rc$(get 't["outcome"]')" 5killed
	like "$of: by its signal" "$(get 't["reason"]')" '^worker process [0-9]+ was killed by signal 11 '
	STRAIN=$slow
done

# --- interrupts --------------------------------------------------------------------

for signal in INT TERM; do
	# a machine that does other things just then gets another chance
	for _ in 1 2 3; do
		in_background --nop 64 -t 60s
		find_workers "$monitor" 64
		from=$(milliseconds)
		kill -$signal "$monitor"
		wait_background
		[ $(($(milliseconds) - from)) -gt 2000 ] || break
	done
	within "SIG$signal ends 64 workers" "$from" 2000
	is "and is told" "$rc$(get 'r["sealed"], r["interrupted"], t["outcome"]')" \
		"130(True, True, 'interrupted')"
done
in_background --nop 1 -t 60s --trials 5
find_workers "$monitor" 1
kill -INT "$monitor"
kill -INT "$monitor"
wait_background
is "a second one does no harm" "$rc$(get 'r["sealed"], len(c["trials"])')" "130(True, 1)"
in_background --nop 1 -t 300ms --trials 200
find_workers "$monitor" 1
sleep 1
kill -KILL "$monitor"
wait_background 2>/dev/null
partial=$(find "$TMP" -name '*report.json*' | head -n 1)
is "a killed run leaves the trials that were finished" \
	"$($python -c '
import json, sys
lines = [json.loads(l) for l in open(sys.argv[1])]
trials = [l for l in lines if l["line"] == "trial"]
print(1 < len(trials) < 6 and lines[0]["line"] == "run")' "$partial" 2>&1)" True
rm -f "$partial"

# --- how it is started -------------------------------------------------------------

run sh -c 'trap "" CHLD; exec "$@"' sh "$STRAIN" run --nop 1 -t 100ms --no-report
is "an ignored SIGCHLD does no harm" "$rc" 0
cat >"$TMP/shared.sh" <<-'END'
	sleep 60 &
	echo $! >"$1"
	shift
	exec "$@"
END
run sh "$TMP/shared.sh" "$TMP/child" "$STRAIN" run --nop 1 -t 100ms --no-report
child=$(cat "$TMP/child")
ok "children that were there before stay alive" kill "$child"
# The shell that started us may ignore it.
$python -c 'import os, signal, sys
signal.signal(signal.SIGHUP, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])' "$STRAIN" run --nop 1 -t 60s --report "$report" \
	>"$TMP/bg.out" 2>"$TMP/bg.err" &
monitor=$!
find_workers "$monitor" 1
kill -HUP "$monitor"
wait_background
is "a hangup ends a run" "$rc" 130
run sh -c 'trap "" HUP; "$@" & sleep 0.5; kill -HUP $!; wait $!' sh \
	"$STRAIN" run --nop 1 -t 1s --no-report
is "but not under nohup" "$rc" 0

# --- two runs that want the same setting -------------------------------------------

# The settings of all sizes, which method mthp wants at madvise.
settings() {
	cat /sys/kernel/mm/transparent_hugepage/hugepages-*/enabled 2>/dev/null
}
# Waits until the run of process $1 has its value in its undo log and in sysfs.
holds_setting() {
	for _ in $(seq 200); do
		held=$(awk '$1 == "value" { print $3 }' /run/strain/log-"$1"-* 2>/dev/null)
		held=${held%%[!a-zA-Z0-9/_.-]*}
		[ -z "$held" ] || ! grep -q '\[madvise\]' "$held" || return 0
		sleep 0.05
	done
	return 1
}
before=$(settings)
if [ "$(id -u)" = 0 ] && printf '%s\n' "$before" | grep -q '\[never\]' &&
	"$STRAIN" list --why-skip | grep -q '^runs  hugepage/mthp$'; then
	in_background --hugepage 1 --hugepage-method mthp -t 60s
	ok "the first one sets it" holds_setting "$monitor"
	ok "and runs" find_workers "$monitor" 1
	during=$(settings)
	run "$STRAIN" run --hugepage 1 --hugepage-method mthp --hugepage-ops 20 -t 20s \
		--no-report
	is "the second uses what is set" "$rc" 0
	is "and does not put it back" "$(settings)" "$during"
	kill -INT "$monitor"
	wait_background
	is "the first is not disturbed" "$rc$(get 't["outcome"]')" 130interrupted
	is "the setting is put back" "$(settings)" "$before"
else
	skip "two runs that want the same setting" "needs root and a setting that is off"
fi

# --- limits of a cgroup ------------------------------------------------------------

memory=/sys/fs/cgroup/memory
group=
if [ "$(id -u)" = 0 ] && [ -f $memory/memory.limit_in_bytes ]; then
	group=$(mktemp -d "$memory/strain-test.XXXXXX" 2>/dev/null)
elif [ "$(id -u)" = 0 ] && [ -f /sys/fs/cgroup/cgroup.subtree_control ] &&
	grep -q memory /sys/fs/cgroup/cgroup.subtree_control; then
	group=$(mktemp -d "/sys/fs/cgroup/strain-test.XXXXXX" 2>/dev/null)
fi
# in_group COMMAND...: with 64 MiB of memory.
in_group() {
	run sh -c 'echo $$ >"$1/cgroup.procs" && shift && exec "$@"' sh "$group" "$@"
}
if [ -n "$group" ]; then
	echo 67108864 >"$group/memory.limit_in_bytes" 2>/dev/null ||
		echo 67108864 >"$group/memory.max"
	[ ! -f "$group/memory.swap.max" ] || echo 0 >"$group/memory.swap.max"
	in_group "$STRAIN_FAST" run --fault 1 --fault-method anon --fault-bytes 25% \
		-t 200ms --report "$report"
	is "sizes follow the limit of the cgroup" \
		"$rc$(get 'c["options"]["bytes"] < 16 << 20')" 0True
	in_group "$STRAIN_FAST" run --fault 1 --fault-method anon --fault-bytes 256M \
		-t 500ms --report "$report"
	is "and cannot be asked to exceed it" \
		"$rc$(get 't["max_rss"] < 64 << 20, t["outcome"]')" "0(True, 'pass')"
	rmdir "$group"
else
	skip "limits of a cgroup" "needs root and a memory cgroup"
fi

finish
