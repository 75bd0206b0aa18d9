#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# strain bisect: proved ends, only three exit statuses, and git bisect run. A bad
# kernel is a run with a hidden option that makes it ten times slower, a report
# of another kernel is one with another name in it: the least change that counts
# is a factor of two, so that a loaded machine decides the same.
. "${0%/*}/lib.sh"

"$python" -c 'import json' 2>/dev/null || skip_all "python3 is not installed"
work='--fault 1 --fault-method anon -t 200ms'
metric='fault/anon*:faults:cpu'

report() { # FILE OPTION...
	file=$1
	shift
	# shellcheck disable=SC2086 # words
	"$STRAIN" run $work --trials 10 --quiet --report "$TMP/$file" "$@" >/dev/null 2>&1
}

# rename FILE NEW RELEASE: the same report of another kernel
rename() {
	"$python" -c 'import json, sys
d = json.load(open(sys.argv[1]))
d["kernel"]["release"] = sys.argv[3]
json.dump(d, open(sys.argv[2], "w"))' "$TMP/$1" "$TMP/$2" "$3"
}

bisect() { # BASE OPTION...
	base=$1
	shift
	run "$STRAIN" bisect --base "$TMP/$base" --metric "$metric" --force --threshold 100 "$@"
}

slow() { # BASE OPTION...: on the bad kernel
	# shellcheck disable=SC2086 # words
	bisect "$@" -- $work --fault-slow=1000
}

report here.json
rename here.json good.json 6.0.0
report slow.json --fault-slow=1000
rename slow.json bad.json 6.9.0

# --- one end -------------------------------------------------------------------

slow good.json
is "bad before the base is proved is not accepted" "$rc" 125
like "... it says what to do" "$out" '^unknown .*: base end is not proven, run this with kernel 6.0.0 first: worse by'
bisect good.json
is "as the base is good" "$rc" 0
like "... it is told in a line" "$out" '^good .*p [0-9.e-]+, 10\+[0-9]+: a change would be at most'
slow good.json
is "now bad is bad" "$rc" 1
like "... with effect, interval and p" "$out" '^bad .*: -[89][0-9]% \(-[89][0-9]\.\.-[89][0-9]\), p [0-9.e-]+, '
bisect good.json --log
is "the log has all steps" "$rc:$(printf '%s\n' "$out" | cut -d' ' -f1 | tr '\n' ' ')" "0:unknown good bad "
slow here.json
is "the base's own kernel must be as it was" "$rc" 125
like "... else the base end does not reproduce" "$out" '^unknown .*: base end does not reproduce: '
is "no directory is left" "$(find "${TMPDIR:-/tmp}" -maxdepth 1 -name 'strain-bisect-*' -newer "$TMP/bad.json" -user "$(id -un)" | head -n 1)" ""

# --- both ends -----------------------------------------------------------------

both() { # OPTION...
	bisect good.json --bad "$TMP/bad.json" --state "$TMP/both" "$@"
}
both
is "nearer to the base is good" "$rc" 0
# shellcheck disable=SC2086 # words
both -- $work --fault-slow=1000
is "nearer to the bad end is bad" "$rc" 1
bisect good.json --bad "$TMP/here.json" --state "$TMP/same"
is "ends that do not differ" "$rc" 125
like "... are told" "$err" '^strain: the ends do not differ: '
bisect good.json --bad "$TMP/slow.json" --state "$TMP/own"
is "the bad end's own kernel must be bad" "$rc" 125
like "... else it does not reproduce" "$out" ': bad end does not reproduce: '

# --- what fails ----------------------------------------------------------------

run "$STRAIN" bisect --base "$TMP/good.json" --metric outcome --state "$TMP/outcome" --max-trials 4
is "no failure is good" "$rc" 0
like "... after all trials" "$out" '^good .*: no case ended worse in 4 trials$'
"$python" -c 'import json, sys
d = json.load(open(sys.argv[1]))
d["cases"][0]["trials"][3].update(outcome="fail", reason="byte 17 is 3")
json.dump(d, open(sys.argv[2], "w"))' "$TMP/bad.json" "$TMP/failing.json"
run "$STRAIN" bisect --base "$TMP/good.json" --bad "$TMP/failing.json" --force \
	--metric outcome --state "$TMP/outcome2" --max-trials 4
is "with a bad end that fails too" "$rc" 0
run "$STRAIN" bisect --base "$TMP/good.json" --bad "$TMP/here.json" --metric outcome --state "$TMP/outcome3"
is "a bad end that does not fail is none" "$rc" 125

# --- nothing but 0, 1 and 125 ----------------------------------------------------

unknown() { # REASON ARGUMENT...
	reason=$1
	shift
	run "$STRAIN" bisect "$@"
	is "125 and one line: $reason" "$rc:$(printf '%s\n' "$err" | wc -l)" 125:1
	like "... which says so" "$err" "$reason"
}
echo '{"schema": "strain-report/1", ' >"$TMP/cut.json"
echo '{"schema": "strain-bisect/1", "steps": [{"end": 5}]}' >"$TMP/state"
unknown "unknown option '--nonsense'" --nonsense
unknown 'which report is good' --metric x
unknown 'which metric' --base "$TMP/good.json"
unknown "cannot read '$TMP/none'" --base "$TMP/none" --metric x
unknown 'the text ends in the middle' --base "$TMP/cut.json" --metric x
unknown 'the text ends in the middle' --base "$TMP/good.json" --bad "$TMP/cut.json" --metric x --state "$TMP/new"
unknown 'is no state' --base "$TMP/good.json" --metric x --state "$TMP/state"
unknown 'is no state' --base "$TMP/good.json" --metric x --state "$TMP/cut.json"
unknown 'is no state' --base "$TMP/good.json" --metric x --state "$TMP"
unknown 'state of another bisection' --base "$TMP/good.json" --metric x
unknown "option '--trials' of the run cannot be used here" --base "$TMP/good.json" --metric x --state "$TMP/new" -- --nop 1 --trials 3
unknown "'x' names no metric" --base "$TMP/good.json" --metric x --state "$TMP/new"
unknown 'names [0-9]+ metrics, a bisection follows one' --base "$TMP/good.json" --metric '*' --state "$TMP/new"
ok "none of these left a state" [ ! -e "$TMP/new" ]
run "$STRAIN" bisect --base "$TMP/good.json" --metric x --state "$TMP/new" -- --no-such-stressor 1
is "125 where the run is refused" "$rc" 125
run "$STRAIN" bisect --base "$TMP/good.json" --metric x --state "$TMP/new" -- --nop 1 -t 200ms
is "125 where other work is done" "$rc" 125

# --- git bisect run --------------------------------------------------------------

if ! have git; then
	skip "git bisect finds the commit" "git is not installed"
	finish
	exit
fi
mkdir "$TMP/tree"
cd "$TMP/tree" || exit 1
git init -q .
git checkout -q -b series
git config user.name test
git config user.email test@example.invalid
for percent in 0 0 0 0 0 1000 1000 1000; do
	echo "$percent" >slow
	date +%N >>other
	git add slow other
	git commit -q -m "slower by $percent"
done
first_bad=$(git rev-parse HEAD~2)
cat >"$TMP/step" <<END
#!/bin/sh
exec "$STRAIN" bisect --base "$TMP/good.json" --metric '$metric' --force \\
	--threshold 100 --state "$TMP/demo" -- $work --fault-slow="\$(head -n 1 slow)"
END
chmod +x "$TMP/step"
git checkout -q HEAD~7
run "$TMP/step"
is "the good end is proved" "$rc" 0
git bisect start series HEAD >/dev/null 2>&1
run git bisect run "$TMP/step"
like "git bisect finds the commit" "$out" "^$first_bad is the first bad commit"
run "$STRAIN" bisect --base "$TMP/good.json" --metric "$metric" --state "$TMP/demo" --log
like "the log names commits" "$out" "^bad .* $(printf '%.12s' "$first_bad"): "
cd / || exit 1
finish
