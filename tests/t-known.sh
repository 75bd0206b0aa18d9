#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# strain run --known-issues: what a known failure and its absence become.
. "${0%/*}/lib.sh"

file=$TMP/known
# strain_run [OPTION...]: a short run with the file; check 'sequence' fails
# when it is mutated.
strain_run() {
	run "$STRAIN" run --switch 1 --switch-method pipe -t 200ms --no-report \
		--known-issues "$file" "$@"
}

echo 'switch/pipe | * | - | https://example.org/7 | one message is lost' >"$file"
strain_run --mutate switch:sequence
like "a known failure is expected" "$out" '^switch/pipe +expected-fail'
like "with its reason and link" "$out" 'one message is lost \(https://example.org/7\)'
is "and does not fail the run" "$rc" 0
strain_run
like "its absence is told" "$out" '^switch/pipe +unexpected-pass'
is "and asks for a look" "$rc" 1

run sh -c '"$0" run --nop 1 -t 100ms --no-report --known-issues /dev/stdin <"$1"' \
	"$STRAIN" "$file"
is "a file without a line for a case changes nothing" "$rc" 0
echo 'nop | * | - | - | through a pipe' >"$TMP/nop"
run sh -c 'cat "$1" | "$0" run --nop 1 -t 100ms --no-report --known-issues /dev/stdin' \
	"$STRAIN" "$TMP/nop"
like "a pipe is read as a file" "$out" 'known issue: through a pipe'

echo 'switch/pipe | ..2.6 | - | - | of another kernel' >"$file"
strain_run --mutate switch:sequence
like "an issue of another kernel does not count" "$out" '^switch/pipe +fail'
is "and the run fails" "$rc" 1

echo 'switch/* | * | 2020-01-31 | - | long gone' >"$file"
strain_run
like "an expired one does not count" "$out" '^switch/pipe +pass'
like "and is named" "$out$err" "'switch/\*' \(.*known:1\) expired on 2020-01-31"
is "the run passes" "$rc" 0

printf '# fine\nswitch/* | 6.x | - | - | r\n' >"$file"
strain_run
is "a bad line is a usage error" "$rc" 2
like "that names file and line" "$err" "'$file:2': kernel range '6.x'"
is "in one line" "$(printf '%s\n' "$err" | wc -l)" 1
is "and nothing started" "$out" ""

finish
