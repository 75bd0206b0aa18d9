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
is "to a pipe each has one line" "$(printf '%s\n' "$out" | wc -l | tr -d ' ')" \
	"$(printf '%s\n' "$names" | wc -l | tr -d ' ')"
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

# On a terminal the explanations of a list stand below each other.
if have script && [ -w /dev/ptmx ]; then
	for list in metrics events; do
		run script -qec "stty cols 80; '$STRAIN' list $list" /dev/null
		is "list $list: explanations in one column, in 80 columns" "$(printf '%s\n' "$out" |
			tr -d '\r' | awk 'length > 80 { print }
			/^  [^ ]/ { if (NF < 2) print; match($0, /^  [^ ]+  +/); at[RLENGTH]++ }
			END { for (i in at) n++; if (n != 1) print n " columns" }')" ""
	done
fi

run "$STRAIN" list --class memory
like "--class keeps its stressors" "$out" '^  mshare '
unlike "and no others" "$out" '^  nop '
run "$STRAIN" list --select 'cpu & !harness' -x split-lock,command
is "filters work together" "$out" ""
run "$STRAIN" list metrics --with nop
is "filters apply to metrics" "$(printf '%s\n' "$out" | grep -vc '^  nop\.')" 0

run "$STRAIN" list --kconfig
is "--kconfig succeeds" "$rc$err" 0
is "it is a fragment of symbols and comments" \
	"$(printf '%s\n' "$out" | grep -v '^#' | grep -Evc '^CONFIG_[A-Z0-9_]+=y$')" 0
is "no symbol is there twice" "$(printf '%s\n' "$out" | grep '^CONFIG' | sort | uniq -d)" ""
is "no comment is there twice" "$(printf '%s\n' "$out" | grep '^#' | sort | uniq -d)" ""
run "$STRAIN" list --kconfig --with parallel-dir
for symbol in BLK_DEV_LOOP BTRFS_FS EXT4_FS XFS_FS; do
	like "a stressor's filesystems are in it: $symbol" "$out" "^CONFIG_$symbol=y"
done
run "$STRAIN" list --kconfig --guest --with nop
like "what guests need besides" "$out" '^# guests$'
like "an initramfs" "$out" '^CONFIG_BLK_DEV_INITRD=y$'
run "$STRAIN" list --guest
is "--guest alone says nothing" "$rc" 2
run "$STRAIN" list --kconfig --json
is "--kconfig and --json exclude each other" "$rc" 2

run "$STRAIN" list --why-skip
is "--why-skip succeeds" "$rc$err" 0
like "nop runs everywhere" "$out" '^runs  nop$'
like "it sums up" "$out" '^[0-9]+ cases would run, [0-9]+ would be skipped$'
is "to a pipe every reason has one line" \
	"$(printf '%s\n' "$out" | grep -Evc '^(runs|skip)  |^      [^ ]|^[0-9]+ cases ')" 0
unlike "a remedy is said once for all symbols" "$out" 'build the kernel with.*build the kernel with'
run "$STRAIN" list --why-skip --json
json "list --why-skip --json"
missing=$(for name in $names; do
	printf '%s' "$out" | grep -q "\"stressor\": \"$name\"" || echo "$name"
done)
is "it knows every stressor" "$missing" ""
is "a case that would not run has a reason" \
	"$(printf '%s\n' "$out" | awk '/"runs": false/ { getline; if (!/"reason":/) n++ }
		END { print n + 0 }')" 0

run "$STRAIN" show parallel-dir
like "methods with the same needs share a line" "$out" 'IO_URING \(uring-mkdir, uring-unlink, uring-rename\)'
like "a version says what it is needed for" "$out" 'or newer, for directory operations'
if have script; then # of util-linux: a terminal
	run script -qec "stty cols 100; TERM=xterm '$STRAIN' list metrics" /dev/null
	is "a terminal's width is kept" "$(printf '%s\n' "$out" | tr -d '\r' | awk 'length > 100')" ""
	like "and used" "$(printf '%s\n' "$out" | tr -d '\r' | awk 'length > 80')" .
else
	skip "a terminal's width is kept" "script is not installed"
fi
run "$STRAIN" show nop --json
json "show --json"
run "$STRAIN" show --json nop
is "options may stand before words" "$rc" 0
finish
