#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# make static: a program that needs no shared library.
#
# tests/run: beside others
. "${0%/*}/build.sh"

configured "configure" "$SRC/configure" CFLAGS=-O1 --without-libperf
ok "make static builds" make_here static
cd static || exit 1
run ldd ./strain
like "nothing is loaded" "$out$err" 'not a dynamic executable|statically linked'
program_works
finish
