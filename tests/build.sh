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

# Tests of what depends on byte order and on the size of a word.
# shellcheck disable=SC2034 # read by the tests
portable_units='cpulist digest frame hist option release stamp tables tagexpr value'

# make_unit FOLDER UNIT: in a static build, with shared libraries: cmocka is one.
make_unit() {
	flags=$(sed -n 's/^LDFLAGS = //p' "$1/config.mak" | tr ' ' '\n' |
		grep -vx -e -static -e -s | tr '\n' ' ')
	make_here -C "$1" "obj/unit/$2" LDFLAGS="$flags" CMOCKA_LIBS=-lcmocka
}

# test_units ARCH FOLDER COMMAND...: builds and runs them, each behind COMMAND.
test_units() {
	if [ ! -e "$("$SRC/tools/sysroot" --place "$1")/usr/include/cmocka.h" ]; then
		skip "$1: tests of units" "its sysroot has no cmocka (tools/sysroot $1)"
		return
	fi
	arch=$1 folder=$2
	shift 2
	for unit in $portable_units; do
		if make_unit "$folder" "$unit" >"$TMP/make" 2>&1; then
			ok "$arch: $unit" "$@" "$folder/obj/unit/$unit"
		else
			fail "$arch: $unit builds" "$(tail -n 20 "$TMP/make")"
		fi
	done
}
