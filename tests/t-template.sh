#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The stressor that people copy compiles without a warning, passes and can
# fail: the program is linked once more with it as one of its stressors.
. "${0%/*}/lib.sh"

# What configure wrote: lines "NAME = VALUE".
setting() {
	sed -n "s/^$1 = *//p" "$BUILD/config.mak"
}

CC=$(setting CC)
[ -e "$BUILD/obj/libstrain.a" ] || skip_all "the program is not built"
cd "$SRC" || exit 1
# shellcheck disable=SC2046 # names of stressors have no blanks
tools/gen-stressors stressors/*/*.c docs/template.c >"$TMP/stressors.inc"

compile() { # SOURCE OBJECT
	# shellcheck disable=SC2046,SC2086 # flags are words
	$CC -std=gnu11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 \
		-include "$BUILD/config.h" -I"$TMP" -I"$SRC" $(setting CPPFLAGS) \
		$(setting LIB_CFLAGS) $(setting WARN) -Werror $(setting CFLAGS) \
		-c -o "$2" "$1"
}
ok "the template compiles without a warning" \
	compile docs/template.c "$TMP/template.o"
ok "the list of stressors takes it" compile core/registry.c "$TMP/registry.o"
# shellcheck disable=SC2046,SC2086
ok "the program links with it" $CC $(setting CFLAGS) -pthread -o "$TMP/strain" \
	"$BUILD/obj/strain.o" "$TMP/registry.o" "$TMP/template.o" \
	"$BUILD/obj/libstrain.a" $(setting LDFLAGS) $(setting LIBS) -lm -pthread

mkdir -p "$TMP/tree/stressors/docs"
cp docs/template.c "$TMP/tree/stressors/docs/"
run tools/check-stressors "$TMP/tree"
is "it keeps the rules of a stressor" "$rc$out" 0

run "$TMP/strain" run --template 2 --template-ops 100 --no-report
is "it passes" "$rc" 0
like "and is in the table" "$out" '^template +pass '
run "$TMP/strain" run --template 1 --template-ops 1 --no-report \
	--mutate template:same-file
is "its check can fail" "$rc" 1
run "$TMP/strain" show template
like "it can be shown" "$out" 'descriptors'
finish
