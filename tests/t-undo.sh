#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What a run changed is put back: by itself, by its guardian when it is killed,
# by `strain restore` when all of it was killed at once.
. "${0%/*}/lib.sh"

STRAIN_UNDO_DIR=$TMP/undo
export STRAIN_UNDO_DIR
work=$TMP/work
mkdir "$work"

fs=scratch
if [ "$(id -u)" = 0 ] && unshare --mount true 2>/dev/null &&
	[ -c /dev/loop-control ] && [ -x /sbin/mkfs.ext4 ]; then
	fs=ext4
fi

# Loop devices on images of ours.
loops() {
	cat /sys/block/loop*/loop/backing_file 2>/dev/null | grep "^$work"
}

# wait_until COMMAND...: up to 20 s.
wait_until() {
	for _ in $(seq 200); do
		"$@" && return 0
		sleep 0.1
	done
	return 1
}

has_scratch() {
	[ -n "$(ls "$work")" ] && { [ "$fs" = scratch ] || [ -n "$(loops)" ]; }
}

# The facts that last for a boot are no trace of a run.
is_clean() {
	[ -z "$(ls "$work")" ] && [ -z "$(loops)" ] &&
		{ [ ! -e "$TMP/undo" ] ||
			[ -z "$(find "$TMP/undo" -mindepth 1 ! -name facts)" ]; }
}

# Processes that name our directory in their arguments; not grep itself.
processes() {
	grep -lzs -- "${work%k}[k]" /proc/[0-9]*/cmdline | grep -v "^/proc/$$/"
}

no_processes() {
	[ -z "$(processes)" ]
}

run_in_background() {
	"$STRAIN" run --parallel-dir 2 --fs $fs --parallel-dir-method create \
		--temp-path "$work" --report "$TMP/report.json" -t 60s \
		>"$TMP/run.out" 2>&1 &
	monitor=$!
	wait_until has_scratch || note "$(cat "$TMP/run.out")"
	guardian=
	# shellcheck disable=SC2013 # these paths have no blanks
	for comm in $(grep -lxs strain-guardian /proc/[0-9]*/comm); do
		pid=${comm%/comm} pid=${pid#/proc/}
		if grep -qxs "PPid:	$monitor" "/proc/$pid/status"; then
			guardian=$pid
		fi
	done
}

run "$STRAIN" restore
is 'restore with nothing to do succeeds' "$rc" 0
is 'and says so in one line' "$out" 'nothing to restore'
run "$STRAIN" restore --json
like 'also as JSON' "$out" '"done": 0'
run "$STRAIN" restore everything
is 'restore takes no words' "$rc" 2

run_in_background
ok 'a run has scratch space' has_scratch
ok 'and a guardian' test -n "$guardian"
run "$STRAIN" restore
is 'restore leaves a live run alone' "$out" 'nothing to restore'
ok 'its scratch space is still there' has_scratch
kill -INT "$monitor"
wait "$monitor"
is 'an interrupted run says so' $? 130
ok 'and leaves nothing' is_clean
ok 'no process either' no_processes

run_in_background
kill -KILL "$monitor"
wait "$monitor" 2>/dev/null
ok 'the guardian of a killed run leaves nothing' wait_until is_clean
ok 'no process either' wait_until no_processes
ok 'the guardian is gone' wait_until test ! -e "/proc/$guardian"

run_in_background
kill -KILL "$guardian" "$monitor"
wait "$monitor" 2>/dev/null
ok 'its workers died with it' wait_until no_processes
ok 'of a run killed with its guardian something is left' test -n "$(ls "$work")"
run "$STRAIN" restore --dry-run
is 'a dry run succeeds' "$rc" 0
like 'and tells what would be done' "$out" "^would undo dir '$work"
ok 'but does not do it' test -n "$(ls "$work")"
run "$STRAIN" restore
is 'restore succeeds' "$rc" 0
like 'it tells what it did' "$out" "^removed '$work"
ok 'nothing is left' is_clean
run "$STRAIN" restore
is 'a second one finds nothing' "$out" 'nothing to restore'

# A signal between the log and its guardian.
if have strace; then
	run strace -f -o "$TMP/trace" -e trace=pidfd_open \
		-e inject=pidfd_open:signal=INT:when=1 "$STRAIN_FAST" run \
		--fault 1 --fault-method file-shared -t 60s --temp-path "$work" \
		--report "$TMP/early.json"
	is 'a signal that comes before anything runs' "$rc" 130
	ok 'is in the report' grep -q '"interrupted": true' "$TMP/early.json"
	ok 'and no log is left' is_clean
else
	skip 'a signal before anything runs' 'needs strace'
fi

# A log of a process that once had our pid.
mkdir -p "$TMP/undo"
chmod 700 "$TMP/undo"
log=$TMP/undo/log-$$-1-0
printf 'strain-undo 1\t%d\t1\t%d\t%s\n' $$ "$(stat -L -c %i /proc/self/ns/pid)" \
	"$(cat /proc/sys/kernel/random/boot_id)" >"$log"
printf 'value\t1.1\t%s\t1\t2\nvalue\t1.2\t%s\t1\t2\n' "$TMP/mine" "$TMP/theirs" >>"$log"
chmod 600 "$log"
echo 2 >"$TMP/mine"
echo 3 >"$TMP/theirs"
run "$STRAIN" restore
is 'what others changed meanwhile makes restore exit 5' "$rc" 5
is 'with one line' "$err" "strain: left '$TMP/theirs' alone: it is '3', not the '2' of the run"
is 'their value stays' "$(cat "$TMP/theirs")" 3
is 'ours went back' "$(cat "$TMP/mine")" 1
is 'it is told only once' "$("$STRAIN" restore)" 'nothing to restore'

rm -f "$TMP/undo/facts"
mkdir -p "$TMP/undo"
chmod 777 "$TMP/undo"
run "$STRAIN" restore
is 'a directory that others can write is refused' "$rc" 5
like 'and named' "$err" "'$TMP/undo': others can write it"
run "$STRAIN" run --parallel-dir 1 --fs $fs --parallel-dir-method create \
	--temp-path "$work" --report "$TMP/report2.json" -t 1s
is 'and no run starts' "$rc" 5
like 'which says why' "$err" "'$TMP/undo': others can write it"
rmdir "$TMP/undo"
is 'nor makes anything' "$(ls "$work")" ''

finish
