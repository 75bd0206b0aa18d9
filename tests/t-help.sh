#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Help: on standard output, at most 80 columns, and complete.
. "${0%/*}/lib.sh"

narrow() { # DESCRIPTION
	wide=$(printf '%s\n' "$out" | awk 'length > 80')
	is "$1: at most 80 columns" "$wide" ""
}

run "$STRAIN"
is "strain alone is a usage error" "$rc" 2
is "with nothing on standard output" "$out" ""
like "and a usage line on the other" "$err" '^usage: strain COMMAND'
ok "that is short" test "$(printf '%s\n' "$err" | wc -l)" -le 5

run "$STRAIN" --help
is "--help succeeds" "$rc$err" 0
narrow --help
commands=$(printf '%s\n' "$out" | sed -n '/^commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')
like "it lists commands" "$commands" '^run$'
help=$out
run "$STRAIN" help
is "strain help is the same" "$out" "$help"
run "$STRAIN" -h
is "-h too" "$out" "$help"

for command in $commands; do
	run "$STRAIN" "$command" --help
	is "$command --help succeeds" "$rc$err" 0
	like "$command: usage" "$out" "^usage: strain $command"
	narrow "$command"
	help=$out
	run "$STRAIN" help "$command"
	is "help $command is the same" "$out" "$help"
done

for name in $("$STRAIN" --complete help '' | cut -f 1); do
	printf '%s\n' "$commands" | grep -qx -e "$name" && continue
	run "$STRAIN" "--help=$name"
	is "--help=$name succeeds" "$rc$err" 0
	like "$name: its own option" "$out" "^  --$name N"
	narrow "$name"
	help=$out
	run "$STRAIN" run "--help=$name"
	is "run --help=$name is the same" "$out" "$help"
	run "$STRAIN" show "$name"
	is "show $name is the same" "$out" "$help"
done

run "$STRAIN" --help=nup
is "help of an unknown stressor" "$rc: $err" \
	"2: strain: unknown stressor 'nup', did you mean 'nop'?"
run "$STRAIN" help nup
is "help on an unknown word" "$rc: $err" \
	"2: strain: no command or stressor 'nup', did you mean 'nop'?"
run "$STRAIN" --version
is "--version succeeds" "$rc$err" 0
like "--version" "$out" "^strain $(cat "$SRC/VERSION")"
finish
