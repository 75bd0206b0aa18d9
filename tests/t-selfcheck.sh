#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# strain selfcheck: one of the empty loop, what is stored, and what the other
# commands make of it. Passed or failed, both are right on a busy machine.
. "${0%/*}/lib.sh"

made=$SRC/bench/compare-reports
"$python" -c 'import json' 2>/dev/null || skip_all "python3 is not installed"
[ -s /etc/machine-id ] || skip_all "this machine has no /etc/machine-id"
XDG_STATE_HOME=$TMP/state
store=$XDG_STATE_HOME/strain/selfcheck

# --- wrong usage: nothing is started, nothing stored ------------------------------

refused() { # DESCRIPTION MESSAGE WORD...
	description=$1 message=$2
	shift 2
	run "$STRAIN" selfcheck "$@"
	is "$description" "$rc" 2
	like "... it says why" "$err" "$message"
}
refused "fewer than 20 pairs" "'--pairs'.*20" --pairs 19
refused "a run that cannot be" "unknown option '--flaut'" -- --flaut 1
refused "an option that is the command's own" "'strain selfcheck --help'" -- --nop 1 --trials 3
run "$STRAIN" selfcheck --show
is "nothing is stored: not fit to gate" "$rc" 125
like "... it says so" "$err" '^strain: no selfcheck of this machine is stored'
is "... and made nothing" "$(ls "$XDG_STATE_HOME" 2>/dev/null)" ""

# --- a real one ------------------------------------------------------------------

run "$STRAIN" selfcheck --json --pairs 20 -t 100ms --window 20ms --report "$TMP/aa.json" -- --nop 1
ok "it passed or failed" test "$rc" = 0 -o "$rc" = 125
first=$rc
printf '%s\n' "$out" >"$TMP/first.json"
schema_ok "the document is valid" valid "$TMP/first.json"
schema_ok "no damage to it is taken for valid" mutate "$TMP/first.json"
schema_ok "the report that was kept is valid" valid "$TMP/aa.json"
run "$python" - "$TMP/first.json" "$first" <<'PY'
import json, sys
d = json.load(open(sys.argv[1]))
a = d["alarms"]
assert d["pairs"] == 20, d["pairs"]
assert d["passed"] == (sys.argv[2] == "0")
enough = min(m["pairs"] for m in d["metrics"] if m["primary"]) >= 15
assert d["passed"] == (a["count"] <= a["limit"] and enough), a
assert a["limit"] == max(a["binomial"], a["splits"]), a
gating = [m for m in d["metrics"] if m["primary"]]
assert gating and a["tests"] == sum(m["tests"] for m in gating)
assert a["count"] == sum(m["alarms"] for m in gating)
for m in d["metrics"]:
    assert m["case"] == "nop" and m["folder"] == "cpu", m
    assert m["floor"]["paired"] >= abs(m["change"]), m
    assert m["sd"] > 0 and min(m["cv"]) > 0, m
PY
is "its parts agree" "$rc$err" 0
file=$(find "$store" -name '*.json')
is "it is stored" "$(printf '%s\n' "$file" | wc -l)" 1
ok "... as it was printed" "$python" -c 'import json, sys
one, other = (json.load(open(path)) for path in sys.argv[1:])
sys.exit(one != other)' "$TMP/first.json" "$file"
is "... for its owner alone" "$(stat -c %a "$file" "$store")" "600
700"
run "$STRAIN" selfcheck --show
is "--show has the same exit status" "$rc" "$first"
like "... and a table" "$out" '^nop +ops (cpu|wall) +[0-9.]+ %'
like "... that ends with the verdict" "$(printf '%s\n' "$out" | tail -n 1)" '^selfcheck: (passed|failed)$'
run "$STRAIN" selfcheck --show --quiet
is "--quiet prints nothing" "$rc$out" "$first"
run "$STRAIN" doctor
like "doctor knows of it" "$out" '^  selfcheck +(passed|failed) 0 days ago, 20 pairs, linux '
cp "$file" "$TMP/before"
# the usual cases too are a run that can be
run timeout --preserve-status -s INT 3 "$STRAIN" selfcheck --pairs 2000 -q
is "an interrupted one" "$rc" 130
ok "... leaves what was stored" cmp "$file" "$TMP/before"

# --- used by others ---------------------------------------------------------------

thresholds() { # ARGUMENT...: of the case's rate per second of wall time
	run "$STRAIN" "$@" --json
	printf '%s\n' "$out" >"$TMP/compared.json"
	"$python" - "$TMP/compared.json" <<'END'
import json, sys
d = json.load(open(sys.argv[1]))
m = [m for m in d["metrics"] if m["metric"] == "ops" and m["rate"] == "wall"][0]
floor = d["method"]["floor"]
print(m["threshold"], m["floor"], d["gates"], floor and floor["pairs"])
END
}
"$python" "$made" --reports 8 --cases 1 --change=-0.1 "$TMP/slow"
other=$store/fnv1a64:0000000000000000.json
cp "$file" "$other"
edit "$other" 'd["fingerprint"] = "fnv1a64:0000000000000000"; d["passed"] = True; d["kernel"] = "6.1"
for m in d["metrics"]:
    if m["metric"] == "ops":
        m.update(case="made/case-0", statistic="median", rate="wall", floor={"paired": 0.03, "unpaired": 0.5})'
compared="$TMP/slow/base --against $TMP/slow/new"
# shellcheck disable=SC2086 # several words
is "compare uses the floor of the reports' machine" "$(thresholds compare $compared)" "0.5 0.5 True 20"
schema_ok "the comparison is valid" valid "$TMP/compared.json"
schema_ok "no damage to it is taken for valid" mutate "$TMP/compared.json"
# shellcheck disable=SC2086
run "$STRAIN" compare --primary ops:wall $compared
is "what was a regression is within the noise" "$rc" 0
like "... the note says where the threshold is from" "$out" 'noise floor of this machine, by strain selfcheck on '
like "... and that the kernel was another" "$out" 'under another kernel, 6\.1,'
# shellcheck disable=SC2086
is "--no-floor takes no notice" "$(thresholds compare --no-floor $compared)" "0.02 None True None"
# shellcheck disable=SC2086
run "$STRAIN" compare --no-floor --primary ops:wall $compared
is "... it is a regression" "$rc" 3
edit "$other" 'd["passed"] = False; d["text"] = "9 of 20 tests found a difference"
d["metrics"] = [m for m in d["metrics"] if m["case"] != "made/case-0"]'
# shellcheck disable=SC2086
run "$STRAIN" compare $compared
is "nothing gates on a machine that failed" "$rc" 125
like "... it says why" "$out" '^does not gate: strain selfcheck failed on .*: 9 of 20 tests'
# shellcheck disable=SC2086
run "$STRAIN" compare --allow-uncontrolled $compared
is "--allow-uncontrolled gates" "$rc" 3
# shellcheck disable=SC2086
run "$STRAIN" report junit $compared
like "other forms know it too" "$out" 'selfcheck failed'
run "$STRAIN" trend "$TMP/slow/base" "$TMP/slow/new"
is "trend does not gate either" "$rc" 125
like "... it says why" "$out" '^note: metrics do not gate: strain selfcheck failed on '
run "$STRAIN" trend --no-floor "$TMP/slow/base" "$TMP/slow/new"
is "... --no-floor takes no notice" "$rc" 3
echo '{"schema": "strain-selfcheck/1"' >"$other"
# shellcheck disable=SC2086
run "$STRAIN" compare $compared
is "a damaged one is not used" "$rc" 3
like "... which is told" "$err" "^strain: .*cannot use the selfcheck '.*': line"
is "... once" "$(printf '%s\n' "$err" | wc -l)" 1
rm "$other"

edit "$file" 'd["passed"] = False; d["text"] = "too many"'
run "$STRAIN" ab --json --no-report -t 100ms --max-trials 2 -- --nop 1
like "ab does not gate there either" "$out" '"gate_reason": "strain selfcheck failed on .*: too many '
run "$STRAIN" ab --json --no-report --no-floor -t 100ms --max-trials 2 -- --nop 1
like "... --no-floor takes no notice" "$out" '"gates": true'

finish
