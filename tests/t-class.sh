#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Class and job files: where they are found, what they may say, who wins.
. "${0%/*}/lib.sh"
XDG_CONFIG_HOME=$TMP/config XDG_STATE_HOME=$TMP/state
export XDG_CONFIG_HOME XDG_STATE_HOME
mkdir -p "$TMP/config/strain/classes" "$TMP/path"

plan() {
	run "$STRAIN" run --dry-run "$@"
}

cat >"$TMP/my.job" <<'END'
# a job
nop 3
nop-ops 7     # with a remark
timeout 2s
trials = 4
END
plan --job "$TMP/my.job"
is "a job is read" "$rc$err" 0
like "its stressors" "$out" 'nop \(3 workers\)'
like "its settings" "$out" '^4 trials of 2s'
plan -t 5s --job "$TMP/my.job" --nop 1
like "the command line wins, before the file" "$out" 'of 5s'
like "and behind it" "$out" 'nop \(1 worker\)'

printf 'nop 1\nrun sequential\n' >"$TMP/seq.job"
plan -j "$TMP/seq.job"
is "stress-ng's run sequential" "$rc$err" 0
printf 'nop 1\nrun parallel\n' >"$TMP/par.job"
plan -j "$TMP/par.job"
is "stress-ng's run parallel" "$rc$err" 0

refuses() { # TEXT-OF-JOB MESSAGE
	printf '%s\n' "$1" >"$TMP/bad.job"
	run "$STRAIN" run --job "$TMP/bad.job"
	is "refused in a job: $1" "$rc: $err" "2: strain: job '$TMP/bad.job' $2"
}
refuses 'nop x' "line 1: option 'nop': value 'x' is not a number of workers"
refuses "# c
timout 1s" "line 2: unknown option 'timout', did you mean 'timeout'?"
refuses '--nop 1' "line 1: unknown option '--nop', did you mean 'nop'?"
refuses 'class quik' "line 1: unknown class 'quik', did you mean 'quick'?"
refuses 'timeout' "line 1: option 'timeout' needs a value"
refuses 'class' "line 1: option 'class' needs a value"
printf 'job %s\n' "$TMP/loop.job" >"$TMP/loop.job"
run "$STRAIN" run --job "$TMP/loop.job"
is "a job that includes itself" "$rc" 2
like "is told" "$err" 'includes itself'

# --- classes ----------------------------------------------------------------
for class in $("$STRAIN" --complete run --class '' | cut -f 1); do
	plan --class "$class"
	if [ "$rc" = 0 ]; then
		pass "class $class selects something"
	else
		like "class $class has no stressor yet" "$rc$err" '^2strain: no stressor is left'
	fi
done
seconds=$("$STRAIN" run --dry-run --json --class quick |
	awk -F'[:,]' '/"timeout"/ { t = $2 } /"number"/ { n++ } END { print t * n }')
ok "quick stays under 90 s: $seconds" awk "BEGIN { exit !($seconds > 0 && $seconds < 75) }"

printf '# ours\nselect nop\ntimeout 3s\nworkers 2\n' >"$TMP/config/strain/classes/mine.job"
plan --class mine
like "a class of the user" "$out" '^1 trial of 3s'
like "its number of workers" "$out" 'nop \(2 workers\)'
run "$STRAIN" list classes
like "is listed" "$out" '^  mine'
printf '# other\nselect nop\ntimeout 4s\n' >"$TMP/path/mine.job"
printf '# other\nselect nop\ntimeout 6s\n' >"$TMP/path/theirs.job"
plan --class mine --class-path "$TMP/path"
like "comes before --class-path" "$out" 'of 3s'
plan --class theirs --class-path "$TMP/path"
like "--class-path is searched" "$out" 'of 6s'
plan --class mine,theirs --class-path "$TMP/path"
like "of several the last one counts" "$out" 'of 6s'
printf '# shadow\nselect nop\ntimeout 7s\n' >"$TMP/config/strain/classes/quick.job"
plan --class quick
like "a user's class comes before the built-in one" "$out" '^1 trial of 7s'
printf 'class mine\ntrials 2\n' >"$TMP/config/strain/classes/outer.job"
plan --class outer
like "classes may use classes" "$out" '^2 trials of 3s'
printf '# wrong\nselect nop\nexclude nopp\n' >"$TMP/config/strain/classes/wrong.job"
run "$STRAIN" run --dry-run --class wrong
is "a wrong expression in a class is a usage error" "$rc" 2
like "and told by file and line" "$err" "wrong.* line 3: option 'exclude': unknown tag or stressor 'nopp'"
plan --class harness
like "a tag is a class" "$out" 'nop'
finish
