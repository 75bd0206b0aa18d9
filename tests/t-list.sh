#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# strain list and show: every list as text and as JSON.
. "${0%/*}/lib.sh"
XDG_CONFIG_HOME=$TMP/config
export XDG_CONFIG_HOME

json() { # DESCRIPTION: is $out JSON?
	if have python3; then
		printf '%s' "$out" >"$TMP/json"
		ok "$1 is JSON" python3 -c 'import json, sys; json.load(open(sys.argv[1]))' "$TMP/json"
	else
		skip "$1 is JSON" "python3 is not installed"
	fi
}

names=$(cd "$SRC" && for f in stressors/*/*.c; do basename "$f" .c; done | sort)
run "$STRAIN" list
is "list succeeds" "$rc$err" 0
is "it names every file of stressors/" \
	"$(printf '%s\n' "$out" | sed -n 's/^  \([a-z][a-z0-9-]*\).*/\1/p' | sort)" "$names"
is "at most 80 columns" "$(printf '%s\n' "$out" | awk 'length > 80')" ""
all=$out
run "$STRAIN" list stressors
is "list stressors is the same" "$out" "$all"
run "$STRAIN" list --json
json "list --json"
for member in name summary tags options methods metrics checks needs; do
	like "it has $member" "$out" "\"$member\":"
done

for list in classes tags metrics filesystems events counters; do
	run "$STRAIN" list $list
	is "list $list succeeds" "$rc$err" 0
	ok "and is not empty" test -n "$out"
	run "$STRAIN" list $list --json
	json "list $list --json"
done

run "$STRAIN" list --class memory
like "--class keeps its stressors" "$out" '^  mshare '
unlike "and no others" "$out" '^  nop '
run "$STRAIN" list --select 'cpu & !harness' -x split-lock
is "filters work together" "$out" ""
run "$STRAIN" list metrics --with nop
is "filters apply to metrics" "$(printf '%s\n' "$out" | grep -vc '^  nop\.')" 0

run "$STRAIN" list --kconfig
is "--kconfig succeeds" "$rc$err" 0
is "it is a fragment of symbols and comments" \
	"$(printf '%s\n' "$out" | grep -v '^#' | grep -Evc '^CONFIG_[A-Z0-9_]+=y$')" 0
run "$STRAIN" list --kconfig --json
is "--kconfig and --json exclude each other" "$rc" 2

run "$STRAIN" list --why-skip
is "--why-skip succeeds" "$rc$err" 0
like "nop runs everywhere" "$out" '^runs  nop$'
like "it sums up" "$out" '^[0-9]+ cases would run, [0-9]+ would be skipped$'
is "at most 80 columns" "$(printf '%s\n' "$out" | awk 'length > 80')" ""
run "$STRAIN" list --why-skip --json
json "list --why-skip --json"
missing=$(for name in $names; do
	printf '%s' "$out" | grep -q "\"stressor\": \"$name\"" || echo "$name"
done)
is "it knows every stressor" "$missing" ""
is "a case that would not run has a reason" \
	"$(printf '%s\n' "$out" | awk '/"runs": false/ { getline; if (!/"reason":/) n++ }
		END { print n + 0 }')" 0

run "$STRAIN" show nop --json
json "show --json"
run "$STRAIN" show --json nop
is "options may stand before words" "$rc" 0
finish
