#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# strain matrix report and merge: text, page, junit, ktap of documents, shards
# joined, and what is wrong with a document in one line.
. "${0%/*}/lib.sh"

fixture() { # FILE WORD...
	mkdir -p "$(dirname "$1")"
	"$python" "$SRC/tests/matrix-fixture.py" "$@"
}
report() { # OPTION...
	run "$STRAIN" matrix report "$@"
}
page_ok() { # DESCRIPTION PAGE [WORD]...
	description=$1
	shift
	if "$python" -c 'import html5lib' 2>/dev/null; then
		ok "$description" "$python" -W ignore "$SRC/tests/page-check.py" --files "$@"
	else
		skip "$description" "python3-html5lib is not installed"
	fi
}

# --- one matrix ------------------------------------------------------------------

all=$TMP/all
fixture "$all/matrix.json" 6.1/amd64/small/default/quick=pass 6.12/amd64/small/default/quick=pass \
	6.18/amd64/small/default/quick=fail 7.0/amd64/small/default/quick=panic \
	7.1/amd64/small/default/quick=skipped 7.2/amd64/small/default/quick=no-boot \
	7.3/amd64/small/default/quick=interrupted
schema_ok "the fixture is valid" valid "$all/matrix.json"
report "$all"
is "the text" "$rc$err" 0
shown=$out
like "it opens with the sum" "$shown" '^x: 2 of 6 cells passed, 1 did not finish, in 3 min 13 s$'
like "a cell that passed" "$shown" '^pass +6\.1 +6\.1\.7-amd64 +2\.8 s +32 s +4 pass, 1 skip$'
like "one that was skipped" "$shown" '^skipped +7\.1$'
unlike "a column that says the same of all is left out" "$shown" '^outcome .*(machine|command line|job)'
like "a case that differs" "$shown" \
	'^  hugepage/mthp: skip in 6\.1; pass in 6\.12, 6\.18$'
unlike "one that does not" "$shown" 'nop'
like "what failed" "$shown" '^    fail switch/pipe: a byte came twice$'
like "the end of the console" "$shown" '^    \| .* Kernel panic - not syncing: Fatal exception$'
like "why one was skipped" "$shown" "skipped 7\\.1/amd64/small/default/quick: the archive has no kernel '7\\.1'"
unlike "one that did not run is no failure" "$shown" '^  interrupted'
report "$all/matrix.json"
is "the file is as good as its folder" "$out" "$shown"
report "$all" --format json
printf '%s\n' "$out" >"$TMP/again.json"
is "as JSON" "$rc$err" 0
schema_ok "that is valid" valid "$TMP/again.json"
report "$TMP/again.json"
is "and the same document" "$out" "$shown"

# --- the page -----------------------------------------------------------------------

report "$all" -f html -o "$TMP/page.html"
is "the page is made" "$rc$out$err" 0
page_ok "it is valid" "$TMP/page.html" "2 of 6 cells passed" 6.18 "a byte came twice" \
	"Kernel panic - not syncing" "2 of 5 cases differ" "ops/s"
like "it links to reports" "$(cat "$TMP/page.html")" \
	'<a href="cells/6\.1_amd64_small_default_quick/report\.json">report</a>'
unlike "nothing is fetched" "$(cat "$TMP/page.html")" 'https?://'
fixture "$TMP/bad/matrix.json" 6.1/amd64/small/default/quick=fail \
	6.12/amd64/small/default/quick=panic hostile=1
for format in text html junit ktap; do
	report "$TMP/bad" -f $format
	is "$format of hostile texts" "$rc$err" 0
	printf '%s\n' "$out" >"$TMP/hostile.$format"
	is "$format: no control characters" "$(tr -d '\n\t -~\200-\377' <"$TMP/hostile.$format" | wc -c)" 0
done
page_ok "the page has no other script" "$TMP/hostile.html" '</script><script>alert(1)</script>'
"$python" - "$all/matrix.json" "$TMP/link.json" <<'EOF'
import json, sys
doc = json.load(open(sys.argv[1]))
for cell, link in zip(doc["cells"], ("javascript:alert(1)", "//example.org/x", "/etc/passwd")):
	cell["report_file"] = cell["console_file"] = link
json.dump(doc, open(sys.argv[2], "w"))
EOF
report "$TMP/link.json" -f html
unlike "links lead to files beside the page only" "$out" 'href="(javascript|/)'

if have chromium; then
	for size in 1200,2400 400,4000; do
		timeout 120 chromium --headless --no-sandbox --disable-gpu --hide-scrollbars \
			--window-size=$size --screenshot="$TMP/page.png" --dump-dom \
			"file://$TMP/page.html" >"$TMP/dom.html" 2>"$TMP/chromium.err"
		like "a browser shows it at $size" "$(cat "$TMP/dom.html")" \
			'<button type="button">Open all cells</button>'
	done
else
	skip "a browser shows it" "chromium is not installed"
fi

# --- for CI systems -------------------------------------------------------------------

report "$all" -f junit
printf '%s\n' "$out" >"$TMP/junit.xml"
if have xmllint; then
	ok "junit is valid" xmllint --noout --schema "$SRC/tests/junit.xsd" "$TMP/junit.xml"
else
	skip "junit is valid" "xmllint is not installed"
fi
is "a suite for each cell" "$(grep -c '<testsuite ' "$TMP/junit.xml")" 7
like "a panic is a failure" "$out" '<failure .*panic: Kernel panic'
report "$all" -f ktap
is "a subtest for each cell" "$(printf '%s\n' "$out" | grep -Ec '^(not )?ok ')" 7
like "one that passed" "$out" '^ok 1 6\.1/amd64/small/default/quick'
like "a failed one" "$out" '^not ok 3 6\.18/'
like "a panic" "$out" '^not ok 4 7\.0/'
like "a skipped one" "$out" '^ok 5 7\.1/.* # SKIP'

# --- shards -----------------------------------------------------------------------------

fixture "$TMP/a/matrix.json" 6.12/amd64/small/default/quick#1=pass \
	6.1/amd64/small/default/quick#0=pass
fixture "$TMP/b/matrix.json" 7.3/amd64/small/default/quick#3=skipped \
	6.18/amd64/small/default/quick#2=pass started=1795290100.5
mkdir "$TMP/out"
run "$STRAIN" matrix merge "$TMP/a" "$TMP/b/matrix.json" -o "$TMP/out/matrix.json"
is "two shards are one" "$rc$err" 0
like "that is shown" "$out" '^x: All 3 cells that ran passed, in 4 min 53 s$'
schema_ok "it is valid" valid "$TMP/out/matrix.json"
is "in the order of the matrix file" "$("$python" -c 'import json, sys
print(*[c["kernel"]["name"] for c in json.load(open(sys.argv[1]))["cells"]])' "$TMP/out/matrix.json")" \
	"6.1 6.12 6.18 7.3"
like "links are found from there" "$(cat "$TMP/out/matrix.json")" \
	'"report_file": "\.\./a/cells/6\.1_amd64_small_default_quick/report\.json"'
page_ok "the page of it is valid" "$TMP/out/matrix.html" 6.18
run "$STRAIN" matrix merge "$TMP/a" "$TMP/a" -o "$TMP/out/same.json"
is "a shard with itself" "$rc$err" 0

fixture "$TMP/n/matrix.json" 6.12/amd64/small/default/quick#1=pass only=6.12 note="no lists"
fixture "$TMP/o/matrix.json" 6.18/amd64/small/default/quick#2=pass only=6.18 note="no lists"
fixture "$TMP/p/matrix.json" 7.3/amd64/small/default/quick#3=pass only=6.18 note="old lists"
fixture "$TMP/q/matrix.json" 6.1/amd64/small/default/quick#0=pass
told() { # DOCUMENT...: what the whole says of selection and notes
	run "$STRAIN" matrix merge "$@" -o "$TMP/out/told.json"
	"$python" -c 'import json, sys
doc = json.load(open(sys.argv[1]))
print(doc["matrix"].get("only"), doc.get("notes"))' "$TMP/out/told.json"
}
is "notes stay, once each; selections that differ are none of the whole" \
	"$(told "$TMP/n" "$TMP/o" "$TMP/p")" "None ['no lists', 'old lists']"
is "one that all have is" "$(told "$TMP/o" "$TMP/p")" "6.18 ['no lists', 'old lists']"
is "but not where one has none" "$(told "$TMP/n" "$TMP/q"; told "$TMP/q" "$TMP/n")" \
	"$(printf "None ['no lists']\nNone ['no lists']")"

fixture "$TMP/c/matrix.json" 6.1/amd64/small/default/quick#0=interrupted \
	7.3/amd64/small/default/quick#3=fail
run "$STRAIN" matrix merge "$TMP/c" "$TMP/a" -o "$TMP/out/c.json"
is "a cell that did not run is taken from another" \
	"$rc: $(printf '%s\n' "$out" | grep -c '^interrupted')" "1: 0"
conflict() { # WANTED DOCUMENT...
	wanted=$1
	shift
	run "$STRAIN" matrix merge "$@" -o "$TMP/out/conflict.json"
	is "$wanted" "$rc$out: $err" "2: strain: cannot merge: $wanted"
	ok "nothing is written" test ! -e "$TMP/out/conflict.json" -a ! -e "$TMP/out/conflict.html"
}
conflict "the cell '7.3/amd64/small/default/quick' is 'skipped' in '$TMP/b/matrix.json' and 'fail' in '$TMP/c/matrix.json'" \
	"$TMP/b" "$TMP/c"
fixture "$TMP/d/matrix.json" 6.18/amd64/small/default/quick#2=pass
conflict "'$TMP/b/matrix.json' and '$TMP/d/matrix.json' have different results of the cell '6.18/amd64/small/default/quick'" \
	"$TMP/b" "$TMP/d"
fixture "$TMP/e/matrix.json" 6.1/amd64/small/default/quick=pass matrix=other digest=b
conflict "'$TMP/a/matrix.json' is of the matrix 'x', '$TMP/e/matrix.json' of 'other'" "$TMP/a" "$TMP/e"
fixture "$TMP/e/matrix.json" 6.1/amd64/small/default/quick=pass digest=b
conflict "'$TMP/a/matrix.json' and '$TMP/e/matrix.json' are of different versions of the matrix 'x'" \
	"$TMP/a" "$TMP/e"
fixture "$TMP/f/matrix.json" 7.2/amd64/small/default/quick#4=pass unsealed=1
run "$STRAIN" matrix merge "$TMP/a" "$TMP/f" -o "$TMP/out/f.json"
like "one that did not end" "$out" 'the matrix did not end'

# --- exit status of all cells ---------------------------------------------------------------

status() { # WANTED OUTCOME...
	wanted=$1
	shift
	words=''
	for word; do words="$words k$word/amd64/m/c/j=$word"; done
	# shellcheck disable=SC2086 # words
	fixture "$TMP/s/matrix.json" $words
	run "$STRAIN" matrix merge "$TMP/s" -o "$TMP/out/s.json"
	is "$* exits with $wanted" "$rc" "$wanted"
}
status 0 pass
status 0 pass skipped
status 4 skipped
status 1 pass fail hang qemu-failed
status 1 panic
status 1 oops
status 124 hang timeout
status 5 no-boot
status 5 truncated pass
status 5 qemu-failed
status 5 timeout
status 5 broken
status 130 interrupted fail

# --- bad input --------------------------------------------------------------------------------

bad() { # WANTED TEXT
	printf '%s' "$2" >"$TMP/bad.json"
	run "$STRAIN" matrix report "$TMP/bad.json"
	is "$1" "$rc$out: $err" "2: strain: cannot read '$TMP/bad.json': $1"
}
bad "it is empty" ''
bad "it is not a document of a matrix: it has no schema" '{}'
bad "its schema is 'strain-report/1', not strain-matrix/1" '{"schema": "strain-report/1"}'
bad "matrix is missing" '{"schema": "strain-matrix/1"}'
bad "cells is missing" '{"schema": "strain-matrix/1", "matrix": {}}'
bad "cells is not a list" '{"schema": "strain-matrix/1", "matrix": {}, "cells": {}}'
bad "cells[0].id is missing" '{"schema": "strain-matrix/1", "matrix": {}, "cells": [{}]}'
damage() { # WANTED PYTHON: does something to "doc"
	"$python" -c "import json, sys
doc = json.load(open(sys.argv[1]))
$2
json.dump(doc, open(sys.argv[2], 'w'))" "$all/matrix.json" "$TMP/bad.json"
	run "$STRAIN" matrix report "$TMP/bad.json" -f html
	is "$1" "$rc$out: $err" "2: strain: cannot read '$TMP/bad.json': $1"
}
damage "cells[1].outcome is not a word that is known" 'doc["cells"][1]["outcome"] = "fine"'
damage "cells[0].report.cases[2].metrics[0].median is not a number" \
	'doc["cells"][0]["report"]["cases"][2]["metrics"][0]["median"] = "x"'
damage "cells: '6.1/amd64/small/default/quick' is there twice" 'doc["cells"].append(doc["cells"][0])'
damage "cells[3].console_tail[0] is not a text" 'doc["cells"][3]["console_tail"][0] = 1'
damage "cells[0].kernel.name is missing" 'del doc["cells"][0]["kernel"]["name"]'
run "$STRAIN" matrix report
like "no document" "$rc: $err" "^2: strain: which matrix\\?"
run "$STRAIN" matrix report "$TMP/nothing-here"
like "no such file" "$rc: $err" "^2: strain: cannot read '$TMP/nothing-here': "
run "$STRAIN" matrix report "$all" -f pdf
like "an unknown format" "$rc: $err" "^2: strain: option '--format': "
run "$STRAIN" matrix merge "$TMP/a"
like "no place to write to" "$rc: $err" "^2: strain: option '--output' is missing"
run "$STRAIN" matrix merge -o "$TMP/out/none.json"
like "nothing to merge" "$rc: $err" "^2: strain: which documents\\?"
finish
