#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The second compiler builds everything without a warning.
#
# tests/run: beside others
. "${0%/*}/build.sh"

have clang || skip_all "clang is not installed"
configured "configure takes clang" \
	"$SRC/configure" CC=clang CFLAGS=-O1 --enable-werror
ok "all of it compiles without a warning" make_here strain
program_works
finish
