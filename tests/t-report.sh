#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Reports: valid against the published schemas, readable after SIGKILL, never
# written through a link; what a pipe gets.
. "${0%/*}/lib.sh"

schemas=$SRC/reports/schema
validate() { # valid|mutate FILE...
	"$python" -W ignore "$SRC/tests/report-schema.py" "$schemas" "$@"
}
if ! "$python" -c 'import jsonschema' 2>/dev/null; then
	validate() {
		return 77
	}
fi
schema_ok() { # DESCRIPTION valid|mutate FILE...
	description=$1
	shift
	validate "$@" >"$TMP/schema.out" 2>&1
	case $? in
	0) pass "$description" ;;
	77) skip "$description" "python3-jsonschema is not installed" ;;
	*) fail "$description" "$(tail -n 20 "$TMP/schema.out")" ;;
	esac
}

# --- the fixture: every member of the format has a value there --------------

unit=$BUILD/obj-asan/unit/report
mkdir "$TMP/fix"
ok "the fixture is written" "$unit" --write "$TMP/fix"
schema_ok "fixture: lines, sealed and loaded reports are valid" \
	valid "$TMP/fix/lines.json" "$TMP/fix/sealed.json" "$TMP/fix/partial.json"
schema_ok "fixture: no damage is taken for valid" mutate "$TMP/fix/sealed.json"

# --- a real run --------------------------------------------------------------

report=$TMP/run.json
run "$STRAIN" run --nop 1 --timeout 1s --trials 2 --report "$report"
is "a run passes" "$rc" 0
like "the table names the case" "$out" '^nop +pass +.*ops/s'
like "the last line names the report" "$out" "^report: $report\$"
unlike "a pipe gets no control characters" "$out$err" "$(printf '[\001-\010\013-\037]')"
is "nothing is said on stderr" "$err" ""
schema_ok "its report is valid" valid "$report"
like "it is sealed" "$(cat "$report")" '^"sealed": true,$'
is "bulk data starts a line" "$(grep -c '^"bulk": ' "$report")" 1
is "only the report is left" "$(find "$TMP" -name '.run.json*' | wc -l)" 0

run "$STRAIN" run --nop 1 --timeout 200ms --no-report --json
is "--json succeeds" "$rc" 0
printf '%s\n' "$out" >"$TMP/printed.json"
schema_ok "--json prints a valid report" valid "$TMP/printed.json"

run "$STRAIN" run --nop 1 --timeout 200ms --no-report --quiet
is "--quiet says nothing of a pass" "$rc$out$err" 0

run "$STRAIN" run --nop 1 --timeout 200ms --no-report --metrics
like "--metrics prints counters" "$out" '^  vmstat:$'

# --- killed in the middle ----------------------------------------------------

killed=$TMP/killed.json
"$STRAIN" run --nop 1 --timeout 300ms --trials 50 --report "$killed" \
	>/dev/null 2>&1 &
pid=$!
waited=0
while trials=$(grep -c '^{"line":"trial"' "$killed" 2>/dev/null) # "": no file yet
	[ "${trials:-0}" -lt 2 ]; do
	sleep 0.1
	waited=$((waited + 1))
	[ $waited -lt 200 ] || break
done
kill -KILL $pid
wait $pid 2>/dev/null
trials=$(grep -c '^{"line":"trial"' "$killed")
ok "two finished trials are in the file" [ "$trials" -ge 2 ]
schema_ok "what a killed run leaves is valid" valid "$killed"
reader=$BUILD/obj-asan/unit/report_text
run "$reader" "$killed"
like "it can be read" "$out" '^nop +pass '
like "it says that the run did not end" "$out" 'did not end'

# --- where a report may not go ----------------------------------------------

echo precious >"$TMP/target"
ln -s "$TMP/target" "$TMP/link.json"
run "$STRAIN" run --nop 1 --timeout 200ms --report "$TMP/link.json"
is "a symbolic link is a usage error" "$rc" 2
is "... of one line" "$(printf '%s\n' "$err" | wc -l)" 1
like "... that names it" "$err" "link.json': it is a symbolic link"
is "... and what it points to is untouched" "$(cat "$TMP/target")" precious
run "$STRAIN" run --nop 1 --timeout 200ms --report "$TMP/none/x.json"
is "a missing directory is a usage error" "$rc" 2
run "$STRAIN" run --nop 1 --timeout 200ms --report /dev/null
is "a device is a usage error" "$rc" 2

# --- default place -----------------------------------------------------------

run env XDG_STATE_HOME="$TMP/state" "$STRAIN" run --nop 1 --timeout 200ms
path=$(printf '%s\n' "$out" | sed -n 's/^report: //p')
like "the default place is the user's state directory" "$path" \
	"^$TMP/state/strain/reports/[0-9]{8}-[0-9]{6}-[0-9]+\.json\$"
ok "the report is there" test -f "$path"
is "the directory is private" "$(stat -c %a "$TMP/state/strain")" 700

finish
