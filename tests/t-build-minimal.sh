#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Without any optional library it still builds, and tells what it goes without.
#
# tests/run: beside others
. "${0%/*}/build.sh"

set -- --enable-werror CFLAGS=-O1
for lib in $(sed -n "s/^optional='\(.*\)'/\1/p" "$SRC/configure") libperf; do
	set -- "$@" "--without-$lib"
done
configured "configure goes without libraries" "$SRC/configure" "$@"
ok "all of it compiles without a warning" make_here strain
program_works
run ./strain list --why-skip
like "aiol names its library" "$out" 'libaio'
like "io-uring names its library" "$out" 'liburing'
like "module names its library" "$out" 'libkmod'
finish
