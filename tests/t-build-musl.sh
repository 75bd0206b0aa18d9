#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# All of it compiles with another C library, musl. The distribution has no
# jansson for it, so that nothing is linked.
#
# tests/run: beside others
. "${0%/*}/build.sh"

have musl-gcc || skip_all "musl-gcc is not installed (musl-tools)"
set -- CFLAGS=-O1
for lib in $(sed -n "s/^optional='\(.*\)'/\1/p" "$SRC/configure") libperf; do
	set -- "$@" "--without-$lib"
done
configured "configure" "$SRC/configure" "$@" CC=gcc
# Headers of the kernel and of jansson, after those of musl.
mkdir include
for folder in linux asm asm-generic mtd; do
	for place in /usr/include "/usr/include/$(gcc -dumpmachine)"; do
		[ ! -d "$place/$folder" ] || ln -sfn "$place/$folder" include/
	done
done
find /usr/include -name 'jansson*.h' -exec ln -sf {} include/ \;
ok "all of it compiles" make_here objects CC=musl-gcc \
	CPPFLAGS="-idirafter $PWD/include"
finish
