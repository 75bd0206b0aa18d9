#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# strain compare: files and directories, labels, refusal, exit status, the
# published schema; real runs and made ones.
#
# tests/run: beside others
. "${0%/*}/lib.sh"

made=$SRC/bench/compare-reports
"$python" -c 'import json' 2>/dev/null || skip_all "python3 is not installed"

compare() {
	run "$STRAIN" compare "$@"
}

each() { # DIRECTORY STATEMENT
	for file in "$1"/*.json; do
		edit "$file" "$2"
	done
}

make_reports() { # DIRECTORY OPTION...
	where=$1
	shift
	"$python" "$made" --reports 8 --cases 4 "$@" "$TMP/$where"
}

# --- verdicts ----------------------------------------------------------------

make_reports slow --change=-0.2
compare "$TMP/slow/base" --against "$TMP/slow/new"
is "a regression is exit status 3" "$rc" 3
like "the table has it" "$out" '^regressed +made/case-0 ops/s +[0-9.]+[kM]? +[0-9.]+[kM]? +-[0-9]+% '
like "kernels are told first" "$(printf '%s\n' "$out" | head -n 6)" 'kernel.release: 6.12.1 -> 6.18.2'
like "counters are told" "$out" 'an operation: vmstat '
like "the last line is the verdict" "$(printf '%s\n' "$out" | tail -n 1)" '^verdict: regressed$'
unlike "a pipe gets no control characters" "$out" "$(printf '[\001-\010\013-\037]')"
table=$out
compare --against "$TMP/slow/new" -- "$TMP/slow/base"
is "without a base it is a usage error" "$rc" 2
compare "$TMP/slow/base"/*.json --against="$TMP/slow/new"
is "files and directories are the same" "$out" "$table"
compare --json "$TMP/slow/base" --against "$TMP/slow/new"
is "--json has the exit status too" "$rc" 3
printf '%s\n' "$out" >"$TMP/slow.json"
schema_ok "the comparison is valid" valid "$TMP/slow.json"
schema_ok "no damage to it is taken for valid" mutate "$TMP/slow.json"
compare "$TMP/slow/new" --against "$TMP/slow/base"
is "the other way round it is better" "$rc" 0
like "... and says so" "$out" '^verdict: improved$'

compare --threshold 50 "$TMP/slow/base" --against "$TMP/slow/new"
is "below the threshold nothing regressed" "$rc" 0
like "... it is unchanged" "$out" '^verdict: unchanged$'
compare --primary 'made/case-3:ops' "$TMP/slow/base" --against "$TMP/slow/new"
like "--primary chooses what gates" "$out" '^2 regressed, 0 improved, 0 inconclusive, 0 unchanged$'
compare --primary nonsense "$TMP/slow/base" --against "$TMP/slow/new"
is "--primary that fits nothing is a usage error" "$rc: $err" \
	"2: strain: 'nonsense' names no metric of this comparison"
compare -q "$TMP/slow/base" --against "$TMP/slow/base"
is "--quiet says nothing of what did not change" "$out" ""

make_reports same
compare "$TMP/same/base" --against "$TMP/same/new"
unlike "nothing regressed where nothing changed" "$out" '^(regressed|improved)'
compare "$TMP/slow/base/0000.json" --against "$TMP/slow/new/0000.json"
is "one run a side is undecided" "$rc" 125
like "... and says how many it takes" "$out" 'about [0-9]+ trials a side would decide'
like "... and that the order is not controlled" "$out" '^does not gate: first all of base'

# --- order -------------------------------------------------------------------

cp -r "$TMP/slow" "$TMP/late"
each "$TMP/late/new" 'd["started"] += 1e6
for c in d["cases"]:
    for t in c["trials"]:
        t["started"] += 1e6'
compare "$TMP/late/base" --against "$TMP/late/new"
is "one side after the other does not gate" "$rc" 125
like "... the verdict is shown" "$out" '^verdict: regressed, does not gate$'
compare --allow-uncontrolled "$TMP/late/base" --against "$TMP/late/new"
is "--allow-uncontrolled gates" "$rc" 3
edit "$TMP/late/new/0003.json" 'd["cases"][2]["trials"][0].update(outcome="fail", reason="byte 17 is 3")
d["cases"][2]["outcome"] = "fail"'
compare "$TMP/late/base" --against "$TMP/late/new"
is "a new failure gates in any order" "$rc" 3
like "... and is told" "$out" '^regressed +made/case-2: new fail in 1 of 8 trials of new: byte 17 is 3$'

# --- refusal -----------------------------------------------------------------

refused() { # STATEMENT REASON: what the new side's reports are changed by
	rm -rf "$TMP/other"
	cp -r "$TMP/slow/new" "$TMP/other"
	each "$TMP/other" "$1"
	compare "$TMP/slow/base" --against "$TMP/other"
	is "refused: $2" "$rc" 2
	like "... it says why" "$out" "$2"
	compare --force "$TMP/slow/base" --against "$TMP/other"
	is "... --force compares" "$rc" 3
}
refused 'd["kernel"]["machine"] = "aarch64"' 'different architecture: x86_64 in base, aarch64 in new'
refused 'd["cases"][1]["options"]["bytes"] = 1' 'made/case-1: different work: bytes is 16777216 in base, 1 in new'
refused 'd["cases"][1]["workers"] = 2' 'made/case-1: different work: workers is 1 in base, 2 in new'
refused 'd["cases"][1]["metrics"][0]["version"] = 2' "metric 'ops': definition 1 in base, 2 in new"

rm -rf "$TMP/other"
cp -r "$TMP/same/new" "$TMP/other"
each "$TMP/other" 'd["cases"][0]["id"] = "made/else"'
compare "$TMP/same/base" --against "$TMP/other"
like "a case of one side only is named" "$out" '^only in base: made/case-0$'
like "... of the other too" "$out" '^only in new: made/else$'
each "$TMP/other" 'del d["cases"][1:]'
compare "$TMP/same/base" --against "$TMP/other"
is "nothing in common" "$rc: $err" "2: strain: nothing to compare: no case is on both sides"

echo '{"schema": "strain-report/1", ' >"$TMP/cut.json"
compare "$TMP/cut.json" --against "$TMP/slow/new"
is "a damaged report is a usage error" "$rc" 2
is "... of one line" "$(printf '%s\n' "$err" | wc -l)" 1
like "... that names it" "$err" "^strain: cannot read '$TMP/cut.json': "
compare "$TMP/none" --against "$TMP/slow/new"
is "a missing one too" "$rc: $err" "2: strain: cannot read '$TMP/none': No such file or directory"
mkdir "$TMP/empty"
compare "$TMP/empty" --against "$TMP/slow/new"
is "an empty directory too" "$rc" 2
compare "$TMP/slow/base/0000.json"
is "one side only too" "$rc" 2
compare "$TMP/slow/base" --against
is "nothing behind --against too" "$rc: $err" "2: strain: option '--against' needs a report or a directory"

# --- labels ------------------------------------------------------------------

mkdir "$TMP/labelled"
for file in "$TMP"/slow/base/*.json; do
	cp "$file" "$TMP/labelled/old-${file##*/}"
	edit "$TMP/labelled/old-${file##*/}" 'for c in d["cases"]: c["label"] = "old"'
done
for file in "$TMP"/slow/new/*.json; do
	cp "$file" "$TMP/labelled/new-${file##*/}"
	edit "$TMP/labelled/new-${file##*/}" 'for c in d["cases"]: c["label"] = "new"'
done
compare --labels old,new "$TMP/labelled"
is "labels tell the sides" "$rc" 3
like "... and are their names" "$out" '^old: linux 6.12.1, 32 trials in 8 boots'
compare "$TMP/labelled"
like "without the option the side that began is the base" "$(printf '%s\n' "$out" | head -n 1)" '^new: '
is "... which is slower here" "$rc" 0
compare --labels old,newer "$TMP/labelled"
is "a label that nothing has" "$rc" 2
like "... is named" "$err" "no case with label 'newer'"

# --- plan --------------------------------------------------------------------

compare --plan 4
is "a plan is printed" "$rc$err" 0
is "... of so many boots a side" "$(printf '%s\n' "$out" | grep -c ' boot base ')" 4
is "... and of the other" "$(printf '%s\n' "$out" | grep -c ' boot new ')" 4
compare --plan --effect 3 --noise 2
like "a plan from effect and noise" "$out" '^1[0-9] boots of each kernel'
compare --plan "$TMP/same/base" --against "$TMP/same/new"
like "a plan from reports" "$out" 'in one of 12 primary metrics'
compare --plan=x
is "a plan of nonsense" "$rc" 2

# --- real runs ---------------------------------------------------------------

real() { # FILE OPTION...
	file=$1
	shift
	"$STRAIN" run --fault 1 --fault-method anon -t 100ms --report "$file" "$@" \
		>/dev/null 2>&1
}
mkdir "$TMP/a" "$TMP/b"
for i in 1 2 3 4; do
	real "$TMP/a/$i.json"
	real "$TMP/b/$i.json"
done
compare --json "$TMP/a" --against "$TMP/b"
printf '%s\n' "$out" >"$TMP/real.json"
schema_ok "a comparison of real runs is valid" valid "$TMP/real.json"
like "the sides took turns" "$out" '"design": ?"alternating"'
head -n 3 "$TMP/a/1.json" >"$TMP/head.json"
compare "$TMP/head.json" --against "$TMP/b"
is "a document that was cut is refused" "$rc" 2

killed=$TMP/killed.json
"$STRAIN" run --nop 1 --timeout 200ms --trials 50 --report "$killed" >/dev/null 2>&1 &
pid=$!
waited=0
until [ "$(grep -c '^{.*"line":"trial"' "$killed" 2>/dev/null)" -ge 2 ] 2>/dev/null; do
	sleep 0.1
	waited=$((waited + 1))
	[ $waited -lt 200 ] || break
done
kill -KILL $pid
wait $pid 2>/dev/null
compare "$killed" --against "$killed"
like "what a killed run has left is compared" "$out" 'nop ops'
like "... and said to be no whole report" "$out" 'did not end or go on'

finish
