#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A 32-bit build compiles without a warning; where the library that is always
# needed is there for 32 bits, it links and works too.
#
# tests/run: beside others
. "${0%/*}/build.sh"

[ "$(uname -m)" = x86_64 ] || skip_all "only on x86-64"
# where no package links /usr/include/asm
cc='gcc -m32 -idirafter /usr/include/x86_64-linux-gnu'
echo 'int main(void) { return sizeof(long) != 4; }' >"$TMP/t.c"
$cc -o "$TMP/t" "$TMP/t.c" 2>/dev/null
"$TMP/t" 2>/dev/null ||
	skip_all "gcc -m32 builds no program (gcc-multilib)"

set -- --enable-werror CFLAGS=-O1
for lib in $(sed -n "s/^optional='\(.*\)'/\1/p" "$SRC/configure") libperf; do
	set -- "$@" "--without-$lib"
done
mkdir "$TMP/b" && cd "$TMP/b" || exit 1
run "$SRC/configure" "$@" CC="$cc"
if [ "$rc" = 0 ]; then
	pass "configure finds jansson for 32 bits"
	ok "all of it compiles without a warning" make_here strain
	program_works
else
	ok "configure for 64 bits" "$SRC/configure" "$@" CC=gcc
	ok "all of it compiles without a warning" make_here objects CC="$cc"
	skip "it works" "no jansson for 32 bits (libjansson-dev:i386)"
fi
finish
