#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The runner counts what tests say, and notices those that say too little.
. "${0%/*}/lib.sh"

mkdir -p "$TMP/src/tests/unit" "$TMP/b" && cd "$TMP/b" || exit 1
cp "$SRC/tests/run" "$SRC/tests/tap.awk" "$TMP/src/tests/"

# given NAME: a test of that name from standard input, the only one.
given() {
	rm -f "$TMP"/src/tests/t-*
	{
		echo '#!/bin/sh'
		cat
	} >"$TMP/src/tests/t-$1.sh"
	chmod +x "$TMP/src/tests/t-$1.sh"
}

# judged DESCRIPTION STATUS LAST-LINE [ARGUMENT...]
judged() {
	description=$1 status=$2 last=$3
	shift 3
	run env -u T -u SHARD "$TMP/src/tests/run" "$@"
	is "$description: status" "$rc" "$status"
	is "$description: closing line" "$(printf '%s\n' "$out" | tail -n 1)" "$last"
}

echo 'echo ok 1 - a; echo "ok 2 - b # SKIP no cat"; echo 1..2' | given good
judged "a good test" 0 "1 passed, 0 failed, 1 skipped"
like "why something was skipped is told" "$out" 'skipped: .*no cat'
echo 'echo "1..0 # SKIP no dog"' | given absent
judged "a test that cannot be made" 0 "0 passed, 0 failed, 1 skipped"
echo 'echo 1..2; echo ok 1 - a; echo not ok 2 - b; echo "# why"; exit 1' | given bad
judged "a failed check" 1 "1 passed, 1 failed, 0 skipped"
like "what failed is told" "$out" 'not ok 2 - b'
like "and the reason" "$out" '# why'
echo 'echo ok 1 - a' | given early
judged "no plan" 1 "1 passed, 1 failed, 0 skipped"
echo 'echo 1..3; echo ok 1 - a' | given few
judged "fewer checks than planned" 1 "1 passed, 1 failed, 0 skipped"
echo 'echo 1..1; echo ok 1 - a; exit 3' | given status
judged "a status without a failed check" 1 "1 passed, 1 failed, 0 skipped"
echo 'echo 1..1; echo ok 1 - a; kill -SEGV $$' | given crash
judged "a crash at the end" 1 "1 passed, 1 failed, 0 skipped"
: | given silent
judged "a test that says nothing" 1 "0 passed, 1 failed, 0 skipped"
echo 'echo 1..1; echo ok 1 - a; exec sleep 20' | given endless
run env LIMIT=1 "$TMP/src/tests/run"
like "a test without end is ended" "$out" 'still running after 1 s'

echo 'echo 1..1; echo ok 1 - a # zebra' | given one
cp "$TMP/src/tests/t-one.sh" "$TMP/src/tests/t-two.sh"
echo 'echo 1..1; echo ok 1 - b' >>"$TMP/src/tests/t-lion.sh"
judged "T takes those of that name" 0 "1 passed, 0 failed, 0 skipped" T=two
judged "and those that name it" 0 "2 passed, 0 failed, 0 skipped" T=zebra
run "$TMP/src/tests/run" T=nobody
is "a word that no test names ends with 2" "$rc" 2
rm "$TMP/src/tests/t-lion.sh"
judged "SHARD takes a part" 0 "1 passed, 0 failed, 0 skipped" SHARD=1/2
judged "and the other one" 0 "1 passed, 0 failed, 0 skipped" SHARD=2/2
run "$TMP/src/tests/run" SHARD=3/2
is "a part that is none ends with 2" "$rc" 2
run "$TMP/src/tests/run" bogus
is "an unknown word ends with 2" "$rc" 2
finish
