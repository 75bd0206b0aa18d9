#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# strain replay: same command, options and seed; what differs is said.
. "${0%/*}/lib.sh"

"$STRAIN" run --nop 2 --nop-ops 50 --fault 1 --fault-method anon --fault-ops 3 \
	--seed 77 --report "$TMP/first.json" --quiet >/dev/null 2>&1

run "$STRAIN" replay --dry-run "$TMP/first.json"
is "a dry run succeeds" "$rc" 0
is "same options and seed, not the same output" "$out" \
	"strain run --nop=2 --nop-ops=50 --fault=1 --fault-method=anon --fault-ops=3 --seed=77"
is "nothing differs a moment later" "$err" ""
run "$STRAIN" replay --dry-run --json "$TMP/first.json"
if have python3; then
	printf '%s' "$out" >"$TMP/dry.json"
	ok "the same as JSON" python3 -c '
import json, sys
d = json.load(open(sys.argv[1]))
assert d["command"][0] == "run" and "--seed=77" in d["command"], d
assert d["differences"] == [], d' "$TMP/dry.json"
fi

run "$STRAIN" replay --strict --report "$TMP/second.json" "$TMP/first.json"
is "replayed, exactly as it was" "$rc" 0
like "the table is printed" "$out" '^fault/anon +pass'
run "$STRAIN" replay --dry-run "$TMP/second.json"
like "a replay can be replayed" "$out" 'nop-ops=50 .* --seed=77$'
if have python3; then
	ok "same cases, work and seed in both reports" python3 -c '
import json, sys
a, b = (json.load(open(f)) for f in sys.argv[1:3])
assert a["seed"] == b["seed"] == "77"
keep = lambda r: [(c["id"], c["workers"], c.get("ops"), c["options"]) for c in r["cases"]]
assert keep(a) == keep(b), (keep(a), keep(b))' "$TMP/first.json" "$TMP/second.json"

	# A report of another kernel, machine and default.
	python3 - "$TMP/first.json" "$TMP/other.json" <<'PY'
import json, sys
r = json.load(open(sys.argv[1]))
r["kernel"]["release"] = "5.99.0-other\x1b[31m"
r["settings"]["slice"] = 0.25
r["cases"][0]["workers"] = 9
r["machine"]["memory.nodes"] = 77
json.dump(r, open(sys.argv[2], "w"))
PY
	run "$STRAIN" replay --dry-run "$TMP/other.json"
	like "another kernel" "$out" '^  kernel.release: was 5.99.0-other.*, is '
	unlike "no control characters on the terminal" "$out" "$(printf '\033')"
	like "another default" "$out" '^  settings.slice: was 0.25, is 0.1$'
	like "another machine" "$out" '^  machine.memory.nodes: was 77, is '
	like "another number of workers" "$out" '^  case .*: workers: was 9, is '
	run "$STRAIN" replay --report "$TMP/third.json" --quiet "$TMP/other.json"
	is "runs all the same" "$rc" 0
	like "and says what differs" "$err" '^not as in the report:'
	run "$STRAIN" replay --strict --report "$TMP/no.json" "$TMP/other.json"
	is "not with --strict" "$rc" 2
	like "with one line why" "$err" "cannot be repeated as it was"
	ok "and nothing has run" [ ! -e "$TMP/no.json" ]

	for change in 'r["command"] = ["doctor"]' 'r["command"] = []' 'del r["command"]' \
		'r["command"] = ["run", 5]' 'r["command"] = ["run", "--no-such-option"]'; do
		python3 -c "
import json, sys
r = json.load(open(sys.argv[1]))
$change
json.dump(r, open(sys.argv[2], 'w'))" "$TMP/first.json" "$TMP/bad.json"
		run "$STRAIN" replay "$TMP/bad.json"
		is "refused: $change" "$rc:$(printf '%s\n' "$err" | wc -l)" 2:1
	done
fi

"$STRAIN" ab --a none --b env:X=1 -t 100ms --max-trials 2 --seed 5 --quiet \
	--report "$TMP/ab.json" -- --nop 1 --fault 1 --fault-method anon >/dev/null 2>&1
run "$STRAIN" replay --dry-run "$TMP/ab.json"
is "a comparison of two settings, nothing differs a moment later" "$rc:$out" \
	"0:strain ab --a=none --b=env:X=1 --pair-time=100ms --max-trials=2 --seed=5 -- --nop 1 --fault 1 --fault-method anon"

run "$STRAIN" replay
is "no report" "$rc" 2
run "$STRAIN" replay "$TMP/missing.json"
is "a missing one" "$rc" 2
like "is named" "$err" 'missing.json'
run "$STRAIN" replay "$TMP/first.json" "$TMP/second.json"
is "two of them" "$rc" 2
finish
