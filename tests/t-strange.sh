#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Surroundings that are not as usual: closed descriptors, low limits, no home.
. "${0%/*}/lib.sh"

report=$TMP/report.json
is_json='import json, sys; json.load(open(sys.argv[1]))'

# What is printed never goes into a file of ours.
for closed in '<&-' '>&-' '2>&-' '<&- >&-' '>&- 2>&-' '<&- >&- 2>&-'; do
	rm -f "$report"
	run sh -c "'$STRAIN' run --nop 1 -t 200ms --report '$report' $closed"
	case $closed in
	*'>&-'*) case $closed in 2*) wanted=0 ;; *) wanted=5 ;; esac ;;
	*) wanted=0 ;;
	esac
	is "$closed: status" "$rc" $wanted
	ok "$closed: the report is whole" python3 -c "$is_json" "$report"
	unlike "$closed: no table in it" "$(cat "$report")" 'OUTCOME'
done
have strace && {
	run sh -c "exec strace -f -e trace=write -o '$TMP/trace' '$STRAIN_FAST' \
		run --nop 1 -t 200ms --report '$report' <&- >&- 2>&-"
	unlike "no line of the report is written to standard output" \
		"$(cat "$TMP/trace")" 'write\([012], "\{'
}

run sh -c "'$STRAIN' run --nop 1 -t 200ms --report '$report' --json >/dev/full"
is "--json on a full device: status" "$rc" 5
is "--json on a full device: what could not be written" "$err" \
	"strain: cannot write to standard output: No space left on device"

run "$STRAIN" run --nop 1 -t 200ms --report -
is "a report called '-'" "$rc" 2
like "is refused" "$err" "^strain: option '--report': '-' is no file"
ok "and not made" test ! -e ./-

run "$STRAIN" run "--$(printf 'no\np\033[31m')" 1
is "control characters: status" "$rc" 2
is "control characters: a message stays one line, and plain" "$err" \
	"strain: unknown option '--no?p?[31m'"

# A limit on the size of files.
if have prlimit; then
	# what it prints goes to a pipe
	out=$({
		prlimit --fsize=0 "$STRAIN_FAST" run --nop 1 -t 200ms \
			--report "$report"
		echo "status $?"
	} 2>&1 | cat)
	like "no file may grow: status" "$out" '^status 5$'
	like "no file may grow: why" "$out" '^strain: .*File too large'
	unlike "no file may grow: none is named as the report" "$out" '^report:'
	run prlimit --fsize=4096 "$STRAIN_FAST" run --fault 1 \
		--fault-method file-shared -t 200ms --report "$report"
	is "small files only: status" "$rc" 5
	like "small files only: why" "$out$err" 'File too large'

	# With fewer descriptors than the undo takes nothing is changed.
	mkdir "$TMP/scratch" "$TMP/undo"
	run env STRAIN_UNDO_DIR="$TMP/undo" prlimit --nofile=16 "$STRAIN_FAST" run \
		--fault 2 --fault-method file-shared -t 200ms \
		--temp-path "$TMP/scratch" --report "$report"
	is "few descriptors: status" "$rc" 5
	is "few descriptors: why" "$err" \
		"strain: a limit of 16 open files is too low to undo what this run changes: needs 64"
	is "few descriptors: nothing is left" "$(find "$TMP/scratch" "$TMP/undo" -mindepth 1)" ''
	run prlimit --nofile=16:64 "$STRAIN_FAST" run --fault 2 \
		--fault-method file-shared -t 200ms --temp-path "$TMP/scratch" \
		--report "$report"
	is "a low limit that may be raised is no obstacle" "$rc" 0
else
	skip "limits" "needs prlimit"
fi

# A home that does not exist is not made.
mkdir "$TMP/here" && cd "$TMP/here" || exit 1
run env -u XDG_STATE_HOME HOME="$TMP/none" "$STRAIN" run --nop 1 -t 200ms
is "no home: status" "$rc" 0
ok "no home: the report is here" ls strain-*.json
ok "no home: nor is one made" test ! -e "$TMP/none"
finish
