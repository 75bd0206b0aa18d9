#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Both ways to read counters give the same numbers: the same tests, which know
# what 8 MiB of fresh memory must count, pass through libperf and without it.
#
# tests/run: beside others
. "${0%/*}/build.sh"

find /usr/src -maxdepth 2 -name 'linux-source-*.tar.*' 2>/dev/null | grep -q . ||
	skip_all "no source of a kernel in /usr/src (tools/install-deps libperf)"

# counts WHICH: builds with that backend and runs the tests of counters.
counts() {
	mkdir "$TMP/$1" && cd "$TMP/$1" || exit 1
	ok "$1: configure" "$SRC/configure" --with-libperf="$1" CFLAGS=-O1
	ok "$1: the tests of counters build" make_here obj/unit/counter
	run env CMOCKA_MESSAGE_OUTPUT=TAP obj/unit/counter
	is "$1: they pass" "$rc" 0
	like "$1: 8 MiB are 2048 page faults" "$out" \
		'^ok .*eight_mib_are_2048_page_faults'
	printf '%s\n' "$out" | grep -E '^(not )?ok' >"$TMP/$1.tap"
}

counts no
counts build
is "both make the same checks with the same results" \
	"$(cat "$TMP/build.tap")" "$(cat "$TMP/no.tap")"
like "build: the library is the one linked" \
	"$(nm -A "$TMP/build/obj/unit/counter")" ' T perf_evlist__open$'
unlike "no: the library is not linked" \
	"$(nm -A "$TMP/no/obj/unit/counter")" ' perf_evlist__open$'
finish
