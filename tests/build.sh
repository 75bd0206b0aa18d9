# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# For tests that build the program anew, in place of lib.sh.

. "${0%/*}/lib.sh"

# make_here TARGET...: quietly, two at a time, without our caller's options.
make_here() {
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -j2 "$@"
}

# configured DESCRIPTION ARGUMENT...: configures $TMP/b and goes there.
configured() {
	mkdir -p "$TMP/b" && cd "$TMP/b" || exit 1
	ok "$@"
}

# The program in this folder does its simplest work.
program_works() {
	run ./strain --version
	is "it tells its version" "$rc" 0
	like "the right one" "$out" "$(cat "$SRC/VERSION")"
	run ./strain list
	like "it lists its stressors" "$out" '(^|[^a-z])nop([^a-z]|$)'
	run ./strain run --nop 1 --nop-ops 1000
	is "it runs a stressor" "$rc" 0
}
