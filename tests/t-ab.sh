#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# strain ab: settings, turns, pairs, verdicts, and what is left when it is killed.
. "${0%/*}/lib.sh"
XDG_STATE_HOME=$TMP/state
export XDG_STATE_HOME
setting=$TMP/setting report=$TMP/report.json
"$python" -c 'import json' 2>/dev/null || skip_all "python3 is not installed"
echo old >"$setting"

# A refusal is one line that names the subject, exit 2, and nothing changed.
refuses() { # EXTENDED-REGULAR-EXPRESSION ARGUMENT...
	pattern=$1
	shift
	run "$STRAIN" ab --report "$report" "$@"
	if [ "$rc" = 2 ] && [ -z "$out" ] && [ "$(printf '%s\n' "$err" | wc -l)" = 1 ] &&
		printf '%s\n' "$err" | grep -Eq -e "$pattern" && [ ! -e "$report" ] &&
		[ "$(cat "$setting")" = old ]; then
		pass "refused: $*"
	else
		fail "refused: $*" "exit status $rc, wanted 2" "stderr: $err" \
			"wanted: $pattern" "stdout: $out"
	fi
}

refuses "no sysctl 'vm.no_such_thing' here" --a sysctl:vm.no_such_thing=1 -- --nop 1
refuses "setting 'vm' is not sysctl:NAME=VALUE" --a sysctl:vm -- --nop 1
refuses "no file '/no/such/file' here" --a /no/such/file=1 -- --nop 1
refuses "cannot (write|set) '/proc/version'" --a /proc/version=1 --b "$setting=new" -- --nop 1
refuses "cannot set '/proc/self/oom_score_adj' to 'many'" \
	--b "$setting=new" --b /proc/self/oom_score_adj=many -- --nop 1
refuses "setting 'bogus' is none of sysctl:NAME=VALUE" --b bogus -- --nop 1
refuses "setting 'env:=1' is none of" --b env:=1 -- --nop 1
refuses "setting 'prefix:' is empty" --b prefix: -- --nop 1
refuses "setting 'prefix:\"x': a quote is not closed" --b 'prefix:"x' -- --nop 1
refuses "side b: cannot run 'no-such-program'" --b 'prefix:no-such-program -x' -- --nop 1
refuses "side a: cannot run '/no/such/strain'" --a-binary /no/such/strain -- --nop 1
refuses "side b: '?false'? ended with status 1" --b prefix:false -- --nop 1
refuses "side b: unknown option '--nop-opps', did you mean '--nop-ops'" --b --nop-opps=1 -- --nop 1
refuses "side a: unknown option '--nup', did you mean '--nop'" -- --nup 1
refuses "nothing to run" --a none
refuses "option '-t' of the run" -- --nop 1 -t 1s
refuses "option '--trials' of the run" -- --nop 1 --trials=3
refuses "option '--pair-time': value '1ms' is outside of the range" -t 1ms -- --nop 1
refuses "option '--max-trials': value '1' is outside of the range" --max-trials 1 -- --nop 1

# --- turns --------------------------------------------------------------------
# turns LABEL: each window of the report, and what is wrong with them
cat >"$TMP/turns.py" <<'END'
import json, sys
doc = json.load(open(sys.argv[1]))
cases = {c["case"]: c for c in doc["cases"]}
trial = {(c["case"], t["order"]): t for c in doc["cases"] for t in c["trials"]}
turns = {}
for bulk in doc["bulk"]["trials"]:
    t = trial[bulk["case"], bulk["order"]]
    for s in bulk["slices"]:
        for start, seconds in zip(s["start"], s["seconds"]):
            turns.setdefault(t["pair"], []).append(
                (t["clock"] + start, t["clock"] + start + seconds, cases[bulk["case"]]["label"]))
for pair, list_ in sorted(turns.items()):
    list_.sort()
    both = sum(b[0] < a[1] - 1e-6 for a, b in zip(list_, list_[1:]))
    print("pair %d: %s, %d at the same time" % (
        pair, "enough" if min(sum(l == x for _, _, l in list_) for x in "ab") >= 3 else "few", both))
END
run "$STRAIN" ab --report "$report" -t 600ms --min-trials 2 --max-trials 2 -- --nop 1
is "two pairs of the same decide nothing" "$rc$err" 125
like "the table is that of a comparison" "$out" '^verdict: inconclusive'
is "the sides never run at the same time" "$("$python" "$TMP/turns.py" "$report")" \
	"pair 0: enough, 0 at the same time
pair 1: enough, 0 at the same time"
json() { # EXPRESSION over d
	"$python" -c 'import json, sys
d = json.load(open(sys.argv[1]))
print(eval(sys.argv[2]))' "$report" "$1"
}
is "a case for each side" "$(json '[(c["label"], c["id"]) for c in d["cases"]]')" \
	"[('a', 'nop'), ('b', 'nop')]"
is "trials know their pair" "$(json '[[t["pair"] for t in c["trials"]] for c in d["cases"]]')" \
	"[[0, 1], [0, 1]]"
is "the report says what the sides are" "$(json '[s["setting"] for s in d["sides"]], d["pairing"]["by"]')" \
	"(['none', 'none'], 'windows')"
if "$python" -c 'import jsonschema' 2>/dev/null; then
	ok "the report fits its schema" "$python" -W ignore "$SRC/tests/report-schema.py" \
		"$SRC/reports/schema" valid "$report"
else
	skip "the report fits its schema" "python3-jsonschema is not installed"
fi
run "$STRAIN" compare "$report"
is "strain compare says the same" "$rc" 125
run "$STRAIN" ab --report "$report" -t 200ms --alternate trials --min-trials 2 --max-trials 2 -- --nop 1
is "whole trials alternate too" "$(json 'd["pairing"]["by"]')" trials
is "and never run at the same time" "$("$python" "$TMP/turns.py" "$report" | grep -c ' 0 at the same time')" 2

# The first operation of all takes longer than a turn and --grace: it is waited for.
run "$STRAIN" ab --report "$report" -t 100ms --min-trials 2 --max-trials 2 -- --command 1 --grace 500ms \
	--command-line "sh -c 'test -e $TMP/slow || { sleep 1.5; touch $TMP/slow; }'"
is "a side that has done nothing yet keeps its turn" "$(json '[c["outcome"] for c in d["cases"]]')" "['pass', 'pass']"

# --- settings reach their side -------------------------------------------------
# The program fails where it does not find what the setting says.
# shellcheck disable=SC2016 # the program expands it
expects='sh -c '\''test "$(cat "$FILE")" = "$WANT"'\'
FILE=$setting
export FILE
run "$STRAIN" ab --report "$report" -t 600ms --min-trials 2 --max-trials 2 --a "$setting=one" --a env:WANT=one \
	--b "$setting=two" --b env:WANT=two -- --command 1 --command-line "$expects"
is "a file has each side's value in its turns" "$(json '[c["outcome"] for c in d["cases"]]')" "['pass', 'pass']"
is "and its old one in the end" "$(cat "$setting")" old
run "$STRAIN" ab --report "$report" -t 600ms --min-trials 2 --max-trials 2 --a "$setting=one" --a env:WANT=one \
	--b env:WANT=old -- --command 1 --command-line "$expects"
is "a side without a value has the one that was found" "$(json '[c["outcome"] for c in d["cases"]]')" \
	"['pass', 'pass']"
run "$STRAIN" ab --report "$report" -t 400ms --min-trials 2 --max-trials 2 --a env:WANT=old \
	--b 'prefix:env WANT=new' -- --command 1 --command-line "$expects"
is "a side that newly fails is a regression" "$rc" 3
is "the prefix was in effect" "$(json '[c["outcome"] for c in d["cases"]]')" "['pass', 'fail']"
run "$STRAIN" ab --report "$report" -t 300ms --min-trials 2 --max-trials 2 --b --fault-bytes=1M \
	-- --fault 1 --fault-method anon --fault-order reverse
is "cases that differ by a setting keep what they share" "$(json '[c["id"] for c in d["cases"]]')" \
	"['fault/anon?order=reverse', 'fault/anon?order=reverse']"
run "$STRAIN" ab --report "$report" -t 200ms --min-trials 2 --max-trials 2 --a --command-line=true \
	-- --command 1
is "a side may skip" "$(json '[(c["outcome"], len(c["trials"])) for c in d["cases"]]')" \
	"[('pass', 2), ('skip', 2)]"
run "$STRAIN" ab --report "$report" -t 200ms --min-trials 2 --max-trials 2 --b-binary "$STRAIN_FAST" -- --nop 1
is "each side's build is told" "$(json '[s.get("binary") for s in d["sides"]]')" "[None, '$STRAIN_FAST']"

# --- the program is built anew meanwhile ---------------------------------------
# The command of the first pair takes the program's file away.
mine=$TMP/mine
for prefix in none prefix:env; do
	cp "$STRAIN_FAST" "$mine"
	run "$mine" ab --report "$report" -t 200ms --min-trials 3 --max-trials 3 --b "$prefix" \
		-- --command 1 --command-line "rm -f $mine"
	is "the file of the program is gone" "$([ -e "$mine" ] || echo gone)" gone
	is "later pairs run this very program, $prefix" \
		"$rc$err $(json '[(c["outcome"], len(c["trials"])) for c in d["cases"]]')" \
		"125 [('pass', 3), ('pass', 3)]"
done

# --- stressors that change settings themselves ---------------------------------
set -- --hugepage 1 --hugepage-method mthp
if "$STRAIN" run "$@" --dry-run --json | grep -q '"settings"'; then
	run "$STRAIN" ab --report "$report" -t 300ms --min-trials 2 --max-trials 2 -- "$@"
	is "whole trials alternate where both sides want the same setting" "$(json 'd["pairing"]["by"]')" trials
	like "which is told" "$err" "trials alternate, since 'hugepage/mthp' changes settings"
	is "and no side finds it held" "$(json '[c["outcome"] for c in d["cases"]]')" "['pass', 'pass']"
else
	skip "whole trials alternate where both sides want the same setting" "hugepage/mthp does not run here"
fi

# --- verdict and exit status ---------------------------------------------------
run "$STRAIN" ab --report "$report" -t 300ms --max-trials 24 --b --switch-slow=400 \
	-- --switch 1 --switch-method pipe
is "five times slower is a regression" "$rc" 3
ok "found before the last pair" test "$(json 'len(d["cases"][0]["trials"])')" -lt 24
is "the report says so" "$(json 'd["outcome"], d["exit_code"]')" "('regressed', 3)"
run "$STRAIN" ab --no-report --json -t 300ms --max-trials 24 --a --switch-slow=400 \
	-- --switch 1 --switch-method pipe
is "and the other way round an improvement" \
	"$rc $(printf '%s' "$out" | "$python" -c 'import json, sys; print(json.load(sys.stdin)["verdict"])')" \
	"0 improved"
run "$STRAIN" run --help
unlike "hidden options are not in help" "$out" '--(turns|nice)'
run "$STRAIN" run --help=switch
unlike "neither are those that slow down" "$out" 'slow '
run "$STRAIN" run --nop 1 -t 10ms --label fast --report "$report"
is "strain run --label names its cases" "$(json 'd["cases"][0]["label"]')" fast

# --- orders --------------------------------------------------------------------
# answered PATTERN: waits until an answer is there, or nobody to give it
answered() {
	until grep -q "$1" "$TMP/answers" || ! kill -0 $pid 2>/dev/null; do
		sleep 0.05
	done
}
mkfifo "$TMP/orders"
: >"$TMP/answers"
"$STRAIN" run --nop 1 --turns <"$TMP/orders" >"$TMP/answers" 2>&1 &
pid=$!
exec 3>"$TMP/orders"
answered '^ready'
printf '%s\n' bogus "go 7" "go 0" "stop 7" "pause 0" >&3
answered '^parked'
exec 3>&-
wait $pid
is "the end of the orders is that of the run" "$?" 130
is "orders for another trial are passed over" "$(grep -v '^{' "$TMP/answers")" "ready 0 1 0
parked 0"

# --- the end -------------------------------------------------------------------
# killed SIGNAL: a comparison that changes the file, in its second pair
killed() {
	rm -f "$report"
	"$STRAIN" ab --report "$report" -t 500ms --min-trials 60 --max-trials 60 --a "$setting=one" \
		--b "$setting=two" -- --switch 1 --switch-method pipe --temp-path "$TMP" >"$TMP/out" 2>&1 &
	pid=$!
	for _ in $(seq 600); do
		[ -s "$report" ] && break
		sleep 0.1
	done
	kill -s "$1" $pid
	wait $pid
	rc=$?
}
left() { # processes of ours, after a while
	for _ in $(seq 400); do
		# shellcheck disable=SC2009 # pgrep would not see the whole line
		n=$(ps -eo args | grep -c "[s]train run .*--temp-path $TMP .*--turns")
		[ "$n" = 0 ] && [ "$(cat "$setting")" = old ] && break
		sleep 0.1
	done
	echo "$n, $(cat "$setting")"
}
killed INT
is "interrupted" "$rc" 130
is "nothing runs, and the file is as it was" "$(left)" "0, old"
is "the report is sealed" "$(json 'd["sealed"], d["interrupted"]')" "(True, True)"
killed KILL
is "killed: nothing runs, and the file is as it was" "$(left)" "0, old"
run "$STRAIN" ab --a --command-line='sleep 0.001' --b "--command-line='sleep 0.002'" \
	-t 200ms --max-trials 2 --json --no-report -- --command 1
like "a value may have blanks, quoted once or twice" "$out" '"setting": "--command-line=sleep 0.001"'
unlike "and is one word" "$err" "what is"

finish
