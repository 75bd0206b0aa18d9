#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Counters from the command line to the report: what is asked for is counted or
# named as missing, what is misspelt is refused, and nothing is left mounted.
. "${0%/*}/lib.sh"

report=$TMP/report.json

# value NAME: the number of that name in the report (the first one).
value() {
	tr -d ' \n' <"$report" | grep -Eo "\"$1\":\[?[0-9.eE+]+" | head -n 1 |
		sed 's/.*[:[]//'
}

# counted LIST [SOURCES]: a short run that counts these.
counted() {
	run "$STRAIN" run --nop 1 -t 300ms \
		"--perf=$1" --counters "${2:-none}" --report "$report"
}

run "$STRAIN" list events
like "events are listed by perf's names" "$out" '^ *page-faults +software'
like "and cache events" "$out" '^ *L1-dcache-load-misses +cache'
run "$STRAIN" list counters
for source in vmstat psi meminfo stat schedstat interrupts thp disk io; do
	like "source $source is listed" "$out" "^ *$source "
done

run "$STRAIN" run --fault 1 --perf=cycels
is "an unknown event is a usage error" "$rc" 2
like "its neighbour is named" "$err" "'cycels', did you mean 'cycles'\\?"
is "in one line" "$(printf '%s\n' "$err" | wc -l)" 1
run "$STRAIN" run --fault 1 --counters vmstat,pis
is "an unknown source is a usage error" "$rc" 2
like "its neighbour is named, too" "$err" "'pis', did you mean 'psi'\\?"

mounts=$(cat /proc/self/mounts)
run "$STRAIN" run --fault 1 -t 200ms --perf=sched:sched_swich --report "$report"
if [ "$rc" = 0 ]; then # tracefs is closed, or not there: nobody knows
	like "a tracepoint that is not there is missing" "$(cat "$report")" \
		"\"sched:sched_swich\": ?\"(no tracepoint|tracefs|kernel built|cannot)"
else
	like "an unknown tracepoint is a usage error" "$rc $err" \
		"^2 .*'sched:sched_swich', did you mean 'sched:sched_switch'\\?"
fi
counted page-faults,sched:sched_switch,nosuchpmu/event=1/ vmstat,psi
is "a run that counts passes" "$rc" 0
like "a PMU that is not there is missing" "$(cat "$report")" \
	"\"nosuchpmu/event=1/\": ?\"no PMU 'nosuchpmu' in this machine"
unlike "and neither is counted" "$(cat "$report")" '"nosuch[^"]*": ?[0-9]'
is "nothing is mounted afterwards" "$(cat /proc/self/mounts)" "$mounts"
like "vmstat is in the report" "$(value pgfault)" '^[1-9]'
like "the report tells the backend" "$(cat "$report")" \
	'"counters": ?"(libperf|perf_event_open)'

# The sanitizer's shadow memory faults as well: the program built for speed.
run "$STRAIN_FAST" run --fault 1 --fault-method anon -t 500ms \
	--perf=page-faults --counters none --report "$report"
# Every fault that the stressor counted is one the kernel counted; what it does
# beside them (the program's own pages) is little.
faults=$(value page-faults)
counts=$(tr -d ' \n' <"$report" | grep -Eo '"counts":\[[0-9.]+' | head -n 1 |
	sed 's/.*\[//')
if [ -z "$faults" ]; then
	skip "page faults of the worker" "perf events are not to be had here"
else
	ok "page faults counted ($faults) cover those made ($counts)" \
		awk -v f="$faults" -v c="$counts" \
		'BEGIN { exit !(c > 0 && f >= c && f < 2 * c + 20000) }'
fi

counted "$("$STRAIN" list events | awk '$2 == "hardware" { printf "%s,", $1 }')"
is "hardware events, there or not, fail nothing" "$rc" 0
for event in cycles instructions branch-misses; do
	like "$event is counted or missing with a reason" "$(cat "$report")" \
		"\"$event(:u)?\": ?([0-9]|\"[a-z])"
done

counted page-faults all
is "all sources pass" "$rc" 0
like "interrupts among them" "$(cat "$report")" '"interrupts"'

if [ "$(id -u)" = 0 ] && have setpriv &&
	[ "$(cat /proc/sys/kernel/perf_event_paranoid)" = 2 ]; then
	mkdir "$TMP/user" && cp "$STRAIN" "$TMP/user/strain"
	chmod 755 "$TMP" "$TMP/user" && chown 65534 "$TMP/user"
	report=$TMP/user/report.json
	run env HOME="$TMP/user" setpriv --reuid 65534 --clear-groups \
		"$TMP/user/strain" run --nop 1 -t 300ms \
		--perf=task-clock,cs --counters none --report "$report"
	is "without privilege a run passes" "$rc" 0
	like "user mode is counted and named so" "$(cat "$report")" \
		'"task-clock:u": ?[1-9]'
	like "what happens in the kernel is missing, not zero" \
		"$(cat "$report")" '"cs": ?"perf_event_paranoid is 2'
else
	skip "without privilege" "needs root, setpriv and perf_event_paranoid 2"
fi
finish
