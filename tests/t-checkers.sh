#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The checkers of tools/ pass on this tree, and fail on a tree that breaks
# their rules: one broken rule at a time.
#
# tests/run: beside others
. "${0%/*}/lib.sh"

cc=$(sed -n 's/^CC = //p' "$BUILD/config.mak")
flags="-std=gnu11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -include $BUILD/config.h"
flags="$flags $(sed -n 's/^LIB_CFLAGS = //p' "$BUILD/config.mak")"

headers() { # SRCDIR
	# shellcheck disable=SC2086 # a list of flags
	(cd "$BUILD" && "$SRC/tools/check-headers" "$1" $cc $flags)
}

ok "layers include only what lies below" "$SRC/tools/check-includes" "$SRC"
ok "stressors keep their rules" \
	"$SRC/tools/check-stressors" "$SRC" "$BUILD/obj"
ok "every header compiles alone" headers "$SRC"
ok "style of every file" "$SRC/tools/check-style" "$SRC"
if have shellcheck; then
	# shellcheck disable=SC2046 # a list of files
	ok "shellcheck is content" shellcheck "$SRC/configure" \
		$(grep -lE '^#!/bin/(ba)?sh' "$SRC"/tools/* "$SRC"/tests/* \
			"$SRC"/tests/*/* "$SRC"/bench/* "$SRC"/.ci/* 2>/dev/null)
else
	skip "shellcheck is content" "shellcheck is not installed"
fi

# refused CHECKER DESCRIPTION PATTERN: the checker fails on $TMP/t and says so.
refused() {
	if [ "$1" = headers ]; then
		run headers "$TMP/t"
	else
		run "$SRC/tools/check-$1" "$TMP/t"
	fi
	if [ "$rc" = 0 ]; then
		fail "$1: $2" "it passed"
	else
		like "$1: $2" "$out$err" "$3"
	fi
	rm -rf "$TMP/t"
}

# file PATH: from standard input, below the licence.
file() {
	mkdir -p "$TMP/t/${1%/*}"
	{
		echo '/* SPDX-License-Identifier: GPL-2.0-or-later */'
		cat
	} >"$TMP/t/$1"
}

stressor() { # NAME, its text from standard input
	{
		echo '/* What it drives. */'
		echo '#include "core/stressor.h"'
		cat
	} | file "stressors/cpu/$1.c"
}

echo '#include "reports/report.h"' | file core/x.c
refused includes "core includes reports" 'core/x.c:2: core must not include'
echo '#include "core/option.h"' | file stressors/cpu/x.c
refused includes "a stressor includes inner headers" 'stressors must not'
echo '#include "stressors.inc"' | file core/x.c
refused includes "the list in another file" 'must not include "stressors.inc"'
mkdir "$TMP/t"
refused includes "nothing to check" 'found no includes'

echo 'STRESSOR(x) = {};' | stressor x
run "$SRC/tools/check-stressors" "$TMP/t"
is "stressors: a good one passes" "$rc$out" 0
rm -rf "$TMP/t"
echo 'STRESSOR(y) = {};' | stressor x
refused stressors "another name than the file's" "declares 'y'"
printf '#include "core/undo.h"\nSTRESSOR(x) = {};\n' | stressor x
refused stressors "an inner header" 'only core/stressor.h'
printf 'static void f(void)\n{\n\tfork();\n}\nSTRESSOR(x) = {};\n' | stressor x
refused stressors "a raw fork" 'the engine does this'
printf 'static void f(void)\n{\n\tgoto out;\n}\nSTRESSOR(x) = {};\n' | stressor x
refused stressors "goto" 'the engine does this'
printf '/* fork() */\nSTRESSOR(x) = {.summary = "exit() \\" (" };\n' | stressor x
run "$SRC/tools/check-stressors" "$TMP/t"
is "stressors: comments and texts are not code" "$rc$out" 0
rm -rf "$TMP/t"
echo 'STRESSOR(x) = {};' | file stressors/cpu/x.c
refused stressors "no opening comment" 'no opening comment'
echo text | file stressors/cpu/notes.txt
refused stressors "another kind of file" 'only stressors live here'
stressor x </dev/null
mkdir -p "$TMP/t/obj/stressors/cpu"
printf 'int stressor_x, helper;\n' |
	$cc -x c -c -o "$TMP/t/obj/stressors/cpu/x.o" -
echo 'STRESSOR(x) = {};' >>"$TMP/t/stressors/cpu/x.c"
run "$SRC/tools/check-stressors" "$TMP/t" "$TMP/t/obj"
like "stressors: another exported symbol" "$out" 'exports more .*helper'
rm -rf "$TMP/t"

printf '#ifndef STRAIN_CORE_X_H\n#define STRAIN_CORE_X_H\nsize_t f(void);\n#endif\n' |
	file core/x.h
refused headers "needs another header" 'size_t'
printf '#ifndef X_H\n#define X_H\n#endif\n' | file core/x.h
refused headers "guard of another name" 'no include guard STRAIN_CORE_X_H'

mkdir -p "$TMP/t/core"
echo 'int x;' >"$TMP/t/core/x.c"
refused style "no licence line" 'core/x.c:1: no SPDX'
printf 'int x; \n' | file core/x.c
refused style "a blank at the end" 'core/x.c:2: blank'
printf '/* TO''DO */\n' | file core/x.c
refused style "a note of unfinished work" 'core/x.c:2: note'
{
	printf 'int x(void)\n{\n'
	yes '	;' | head -n 61
	echo '}'
} | file core/x.c
refused style "a function of 61 lines" 'core/x.c:3: function of 61 lines'
yes 'int x;' | head -n 600 | file core/x.c
refused style "a file of 601 lines" 'core/x.c: 601 lines'

finish
