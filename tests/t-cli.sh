#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The command line of `strain run`: what is taken, what is refused and how.
. "${0%/*}/lib.sh"
XDG_STATE_HOME=$TMP/state XDG_CONFIG_HOME=$TMP/config
export XDG_STATE_HOME XDG_CONFIG_HOME

# A refusal is one line that names the subject, exit 2, and nothing started.
refuses() { # EXTENDED-REGULAR-EXPRESSION ARGUMENT...
	pattern=$1
	shift
	run "$STRAIN" "$@"
	if [ "$rc" = 2 ] && [ -z "$out" ] && [ "$(printf '%s\n' "$err" | wc -l)" = 1 ] &&
		printf '%s\n' "$err" | grep -Eq -e "$pattern"; then
		pass "refused: $*"
	else
		fail "refused: $*" "exit status $rc, wanted 2" "stderr: $err" \
			"wanted: $pattern" "stdout: $out"
	fi
}

# The plan of a run, one line a trial or skip.
plan() { # ARGUMENT...
	run "$STRAIN" run --dry-run "$@"
}

# --- refusals ---------------------------------------------------------------
refuses "unknown command 'rnu', did you mean 'run'\\?" rnu
refuses "unknown command 'xyzzyplugh'" xyzzyplugh
refuses "unknown option '--nup', did you mean '--nop'\\?" run --nup 1
refuses "unknown option '--timout', did you mean '--timeout'\\?" run --nop 1 --timout 1
refuses "unknown option '--time', did you mean '--timeout'\\?" run --nop 1 --time 1
refuses "unknown option '--nop-opps', did you mean '--nop-ops'\\?" run --nop-opps 1
refuses "unknown option '--FALUT', did you mean '--fault'\\?" run --FALUT 1
refuses "unknown option '-Z'" run -Z
refuses "unknown option '--'|unknown option '--=" run --=1
refuses "option '--nop' needs a value" run --nop
refuses "option '-t' needs a value" run --nop 1 -t
refuses "option '--nop': value 'x' is not a number of workers" run --nop x
refuses "option '--nop': value '8193' is outside of the range 0 to 8192" run --nop 8193
refuses "option '--nop': value '99999999999999999999' is not a number of workers" run --nop 99999999999999999999
refuses "option '--nop': value '0%' is outside of the range 1% to 1000%" run --nop 0%
refuses "option '--sequential': value 'many' is not a number" run --sequential many
refuses "option '--timeout': value '5X' is not a duration" run --nop 1 -t 5X
refuses "option '--timeout': value '1us' is outside of the range 1ms to 3650d" run --nop 1 -t 1us
refuses "option '--trials': value '0' is outside of the range 1 to 1000000" run --nop 1 --trials 0
refuses "option '--verify': value 'maybe' is neither yes nor no" run --nop 1 --verify=maybe
refuses "option '--latency': value 'al' is unknown, did you mean 'all'\\?" run --nop 1 --latency al
refuses "option '--seed': value '1.5' is not a number" run --nop 1 --seed 1.5
refuses "nothing to run" run
refuses "nothing to run" run -t 1s
refuses "what is 'nop'\\? a stressor is run by '--nop N'" run nop
refuses "what is 'quick'\\? a class is run by '--class quick'" run quick
refuses "what is 'nopp'\\? nothing more was expected" run nopp
refuses "what is '--verify'\\?" run --nop 1 -- --verify
refuses "stressor 'nop' are given but it is not selected; add '--nop N'" run --nop-ops 3
refuses "unknown class 'quik', did you mean 'quick'\\?" run --class quik
refuses "unknown tag or stressor 'memroy', did you mean 'memory'\\?" run --select memroy
refuses "')' is missing at the end" run --select '(memory'
refuses "unknown tag or stressor 'nopp', did you mean 'nop'\\?" run --with nopp
refuses "unknown tag or stressor 'nopp', did you mean 'nop'\\?" run --nop 1 -x nopp
refuses "no stressor is left to run" run --with nop --exclude nop
refuses "unknown filesystem 'btrsf', did you mean 'btrfs'\\?" run --nop 1 --fs btrsf
refuses "option '--fs' names nothing" run --nop 1 --fs ,
refuses "cannot use '/nonexistent': No such file" run --nop 1 --temp-path /nonexistent
refuses "cannot use '$SRC/VERSION': Not a directory" run --nop 1 --temp-path "$SRC/VERSION"
refuses "cannot use '/nonexistent': No such file" run --nop 1 --fs-device /nonexistent --fs-device-destroy
refuses "cannot use '$SRC/VERSION': Block device required" run --nop 1 --fs-device "$SRC/VERSION" --fs-device-destroy
refuses "option '--atomic-write-device': cannot use '/nonexistent': No such file" \
	run --atomic-write 1 --atomic-write-device /nonexistent
refuses "option '--atomic-write-device': cannot use '$SRC/VERSION': Block device required" \
	run --atomic-write 1 --atomic-write-device "$SRC/VERSION"
refuses "option '--fault-bytes': value '1000%' \\([0-9]+M\\) is outside of the range 4K to 1G" \
	run --fault 1 --fault-bytes 1000%
refuses "option '--counters' names nothing" run --nop 1 --counters ''
refuses "option '--why-skip' and option '--kconfig'" list --kconfig --why-skip
refuses "'--kconfig' is not for the list 'tags'" list tags --kconfig
refuses "'--why-skip' is not for the list 'nonsense'" list nonsense --why-skip
for numbers in '' x 1,2 1,2,3,4 1,2,-3 1,2,3x 1,2,99999999999999999999; do
	refuses "value '$numbers' is not CREATE,MAP,ATTACH" run --mshare 1 --mshare-syscalls "$numbers"
done
refuses "value '': names no program" run --command 1 --command-line ''
refuses "value 'a \"b': a quote is not closed" run --command 1 --command-line 'a "b'
refuses "option '--class' names nothing" run --class ''
refuses "unknown event 'cycels', did you mean 'cycles'\\?" run --nop 1 --perf=cycels
refuses "option '--perf' names nothing" run --nop 1 --perf=,
refuses "unknown source 'vmstatt', did you mean 'vmstat'\\?" run --nop 1 --counters vmstatt
refuses "value 'nop' is not STRESSOR:CHECK" run --nop 1 --mutate nop
refuses "no check 'count', did you mean 'counted'\\?" run --nop 1 --mutate nop:count
refuses "stressor 'switch' is not selected" run --nop 1 --mutate switch:x
refuses "cannot read job '/nonexistent': No such file" run --job /nonexistent
refuses "cannot|No such file" run --nop 1 --nop-ops 1 --report "$TMP/none/report.json"
refuses "known issues|No such file" run --nop 1 --known-issues /nonexistent
refuses "CPU|cpu" run --nop 1 --cpus 99999
refuses "unknown stressor 'nup', did you mean 'nop'\\?" show nup
refuses "show needs the name of a stressor" show
refuses "there is no list 'tag', did you mean 'tags'\\?" list tag
refuses "what is 'b'\\?" list tags b
refuses "unknown option '--fault'|unknown option '--nop'" --nop 1
ok "nothing was left by refusals" test ! -e "$TMP/state"

# --- what is taken ----------------------------------------------------------
plan --nop 3
is "a plan is no failure" "$rc" 0
like "--nop 3" "$out" 'trial 1 +nop \(3 workers\)'
plan --nop=3 --no-report
like "--nop=3" "$out" 'nop \(3 workers\)'
plan -t 2s --nop 1
like "-t 2s" "$out" '^1 trial of 2s, 2s in all'
plan -t2s --nop 1 --trials 3
like "-t2s, trials" "$out" '^3 trials of 2s, 6s in all'
plan --trials=2 --nop 1 -nq -t 1m30s
like "letters together" "$out" '^2 trials of 1m30s, 3m in all'
plan --nop 0
cpus=$(nproc)
if [ "$cpus" = 1 ]; then s=''; else s=s; fi
like "--nop 0: usable CPUs" "$out" "nop \\($cpus worker$s\\)|quota"
plan --nop -1
like "--nop -1: online CPUs" "$out" "nop \\($(getconf _NPROCESSORS_ONLN) worker"
plan --nop 0 --cpus 0,0
like "--nop 0 with --cpus: those" "$out" 'nop \(1 worker\)'
plan --nop 1000%
like "--nop 1000%" "$out" 'nop \([0-9]*0 workers\)'
plan --nop 1 --split-lock 1
like "listed stressors run together" "$out" 'trial 1 +nop.*with split-lock|trial 1 +split-lock.*with nop|skip'
plan --nop 2 --sequential 1 --with nop
like "its own number counts more than --sequential's" "$out" 'nop \(2 workers\)'
plan --with nop --workers 2
like "--workers" "$out" 'nop \(2 workers\)'
plan --all 1
unlike "--all selects nothing that hurts the host" "$out" split-lock
plan --class cpu
unlike "nor does a class" "$out" split-lock
plan --class hurts-host
like "the class that says so does" "$out" split-lock
plan --exclude cpu --all 1
unlike "--exclude takes tags" "$out" '[ :]nop'
plan --nop 1 --taskset 0
is "--taskset is --cpus" "$rc" 0
plan -a 1 --with nop
is "-a is --all" "$rc" 0
plan --seq 1 --with nop
is "--seq is --sequential" "$rc" 0
plan --nop 1 --abort
is "--abort is --fail-fast" "$rc" 0

# --- runs -------------------------------------------------------------------
run "$STRAIN" run --nop 1 --nop-ops 5 --report "$TMP/r.json"
is "a run passes" "$rc" 0
like "its table names the case" "$out" '^nop +pass'
like "and the report" "$out" "report: $TMP/r.json"
ok "which is there" test -s "$TMP/r.json"
run "$STRAIN" run --nop 1 --nop-ops 5 --json
is "--json" "$(printf '%s\n' "$out" | head -c 1)" "{"
ok "the default report is the user's" test -d "$TMP/state/strain/reports"
run "$STRAIN" run --nop 1 --nop-ops 5 --no-report
unlike "--no-report" "$out" 'report:'
run sh -c '"$0" run --nop 1 --nop-ops 5 --no-report >/dev/full' "$STRAIN"
is "standard output that is full is broken" "$rc" 5
is "with one line" "$(printf '%s\n' "$err" | grep -c 'cannot write to standard output')" 1
for arguments in list 'list --json' 'show nop' --help --version 'run --nop 1 -n' \
	--doc=json 'list tags'; do
	run sh -c '"$0" $1 >/dev/full' "$STRAIN" "$arguments"
	is "strain $arguments >/dev/full" "$rc: $err" \
		"5: strain: cannot write to standard output: No space left on device"
done
finish
