#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The guests that `make guests` left in this build tree, in QEMU's emulation of
# user programs: they start, and the tests of what depends on byte order and on
# the size of a word pass. What needs a kernel of that architecture is for
# `strain matrix run`.
#
# tests/run: beside others
. "${0%/*}/build.sh"

# field ARCH COLUMN of the table of architectures
field() {
	"$SRC/tools/sysroot" --list | awk -v arch="$1" -v column="$2" \
		'$1 == arch { print $column }'
}

# QEMU's name of an architecture is that of uname, but for three.
emulator_of() {
	case $1 in
	armhf) echo qemu-arm-static ;;
	i386) echo qemu-i386-static ;;
	ppc64el) echo qemu-ppc64le-static ;;
	*) echo "qemu-$(field "$1" 4)-static" ;;
	esac
}

found=no
for guest in "$BUILD"/guests/*/strain; do
	arch=${guest%/strain} arch=${arch##*/}
	if [ ! -x "$guest" ] || [ -z "$(field "$arch" 2)" ] ||
		[ "$(field "$arch" 4)" = "$(uname -m)" ]; then
		continue
	fi
	emulator=$(emulator_of "$arch")
	found=yes
	if ! have "$emulator"; then
		skip "$arch" "no $emulator (qemu-user-static)"
		continue
	fi
	run "$emulator" "$guest" --version
	like "$arch: it tells its version" "$out" "^strain $(cat "$SRC/VERSION")"
	run "$emulator" "$guest" run --nop 1 --nop-ops 1000
	is "$arch: it runs a stressor" "$rc" 0
	if have "$(field "$arch" 2)-gcc"; then
		test_units "$arch" "$BUILD/guests/$arch" \
			"$emulator" -L "$("$SRC/tools/sysroot" --place "$arch")"
	else
		skip "$arch: tests of units" "no $(field "$arch" 2)-gcc ($(field "$arch" 5))"
	fi
done
[ $found = yes ] || skip_all "no foreign guest in this build tree (make guests)"
finish
