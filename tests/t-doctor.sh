#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# strain doctor: sections, JSON that agrees with list, refusal of bad input.
. "${0%/*}/lib.sh"

run "$STRAIN" doctor
is "doctor succeeds" "$rc" 0
is "nothing on stderr" "$err" ""
like "it counts what can run" "$out" '^can run  [0-9]+ of [0-9]+ stressors, [0-9]+ of [0-9]+ methods'
like "it has noise" "$out" '^noise  [0-9]+ of [0-9]+ '
for word in load steal tenants governor turbo smt thp swap aslr irqbalance \
	'nmi watchdog' pmu lockdown clocksource 'frequency driver' 'debug options'; do
	like "noise names $word" "$out" "^[! ] $word +[^ ]"
done
like "each noisy thing has its effect" "$out" '^    effect '
is "and a command" "$(printf '%s\n' "$out" | grep -c '^! ')" \
	"$(printf '%s\n' "$out" | grep -c "^    change  *[^ -]")"
like "it has memory" "$out" '^memory  [0-9.]+[KMGT]?B? in [0-9]+ nodes?'
like "and its nodes" "$out" '^  node 0 +[0-9.]+[KMGT]?, (CPUs? [0-9]|no CPU)'
like "it names the counter backend" "$out" '^  counters +(libperf|perf_event_open)'
like "it says whether the kernel log is watched" "$out" '^  kernel log +(not )?watched'
like "it says that there is no selfcheck" "$out" '^  selfcheck +none: '
unlike "no colour in a pipe" "$out" "$(printf '\033')"
is "no line over 80 columns" "$(printf '%s\n' "$out" | awk 'length > 80')" ""

if have script && [ -w /dev/ptmx ]; then
	run script -qec "NO_COLOR= TERM=xterm '$STRAIN' doctor" /dev/null
	like "colour on a terminal" "$out" "$(printf '\033\\[1m')can run"
	run script -qec "NO_COLOR=1 TERM=xterm '$STRAIN' doctor" /dev/null
	unlike "none with NO_COLOR" "$out" "$(printf '\033\\[')"
else
	skip "colour on a terminal" "no script(1)"
fi

run "$STRAIN" doctor --json
is "doctor --json succeeds" "$rc" 0
if have python3; then
	printf '%s\n' "$out" >"$TMP/doctor.json"
	"$STRAIN" list --json >"$TMP/list.json"
	run python3 - "$TMP/doctor.json" "$TMP/list.json" <<'PY'
import json, sys
d = json.load(open(sys.argv[1]))
assert set(d) == {"can_run", "noise", "memory", "tool"}, set(d)
for kind in ("stressors", "methods"):
    c = d["can_run"][kind]
    assert 0 <= c["run"] <= c["total"], c
for m in d["can_run"]["missing"]:
    assert m["reason"] and m["wanted_by"], m
names = [n["name"] for n in d["noise"]]
assert len(set(names)) == len(names) > 15, names
for n in d["noise"]:
    assert n["state"] and n["effect"] and n["noisy"] in (True, False), n
    assert n["noisy"] or n.get("change") is None, n
assert d["tool"]["selfcheck"] is None
m = d["memory"]
assert all(n["bytes"] > 0 and n["cpus"] != "" for n in m["nodes"]), m
assert m["demotion"] in (True, False, None), m
assert d["tool"]["version"] and d["tool"]["counters"]
listed = json.load(open(sys.argv[2]))
listed = listed["stressors"] if isinstance(listed, dict) else listed
print(d["can_run"]["stressors"]["total"], len(listed))
PY
	is "the JSON is what it should be" "$rc" 0
	is "as many stressors as list has" "${out% *}" "${out#* }"
else
	skip "the JSON is what it should be" "no python3"
fi

run "$STRAIN" doctor --jsno
is "an unknown option is a usage error" "$rc" 2
like "and names the nearest" "$err" "'--jsno'.*'--json'"
is "in one line" "$(printf '%s\n' "$err" | wc -l)" 1
run "$STRAIN" doctor everything
is "a word too many is a usage error" "$rc" 2
is "nothing printed then" "$out" ""

run sh -c "'$STRAIN' doctor >/dev/full"
is "a full disk is broken" "$rc" 5

if [ "$(id -u)" = 0 ] && have setpriv; then
	# the build may be where others cannot go
	cp "$STRAIN" "$TMP/strain"
	chmod 755 "$TMP" "$TMP/strain"
	run setpriv --reuid=65534 --regid=65534 --clear-groups "$TMP/strain" doctor
	is "an ordinary user may ask" "$rc" 0
	like "and hears what it lacks" "$out" '^  missing capability CAP_SYS_ADMIN$'
else
	skip "an ordinary user may ask" "not root"
fi

finish
