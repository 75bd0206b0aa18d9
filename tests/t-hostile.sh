#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Files that are no report, or a bad one, given to every command that reads
# reports: one line that names file and place, exit code 2, nothing on stdout,
# within bounds of time and memory.
#
# tests/run: beside others
. "${0%/*}/lib.sh"

# Rows of words; FILE is the bad one, GOOD a good report. A new command that
# reads reports gets a row here.
commands() {
	cat <<'EOF'
report text FILE
report html FILE
report csv GOOD FILE
report markdown GOOD --against FILE
compare FILE --against GOOD
compare GOOD --against FILE
replay FILE
trend FILE GOOD
trend GOOD FILE
bisect --base FILE --metric ops -- --nop 1
bisect --base GOOD --bad FILE --metric ops -- --nop 1
EOF
}

mkdir "$TMP/bad" "$TMP/fix" "$TMP/tmp"
"$BUILD/obj-asan/unit/report" --write "$TMP/fix" || exit 1
good=$TMP/fix/sealed.json
commands | while read -r line; do
	"$STRAIN_FAST" "${line%% *}" --help >/dev/null 2>&1 </dev/null && echo "$line"
done >"$TMP/commands"
like "there are commands that read reports" "$(cat "$TMP/commands")" '^compare FILE'

# A program, with 2 GB of address space where that can be limited, and a
# minute of CPU time; on the clock more, for machines that are busy.
# shellcheck disable=SC3045 # where it has no such limit it says so, and fails
limited() { # PROGRAM WORD...
	case $1 in
	"$STRAIN_FAST") (ulimit -t 60 && ulimit -v 2000000 &&
			exec timeout 600 "$@") ;;
	*) (ulimit -t 60 && exec timeout 600 "$@") ;;
	esac
}

# Is the last run's answer the one line that was wanted? To git bisect any other
# status than 125 would be a verdict.
refused() { # FILE PLACE
	case $row in
	bisect*) wanted=125 ;;
	*) wanted=2 ;;
	esac
	[ "$rc" = $wanted ] && [ -z "$out" ] && [ "$(printf '%s\n' "$err" | wc -l)" = 1 ] &&
		printf '%s\n' "$err" | grep -Fq -e "$1" &&
		printf '%s\n' "$err" | grep -Eq -e "$2" &&
		! printf '%s\n' "$err" | LC_ALL=C grep -q "$(printf '[\001-\037\177]')"
}

# bad NAME PLACE [FILE]: every command refuses the file and says the place.
bad() {
	file=${3:-$TMP/bad/$1}
	sanitized=$STRAIN said=''
	while read -r row; do
		for program in $sanitized "$STRAIN_FAST"; do
			# shellcheck disable=SC2046 # words
			run limited "$program" $(printf '%s' "$row" |
				sed "s|FILE|$file|; s|GOOD|$good|")
			refused "$file" "$2" ||
				said="$said
$row: exit code $rc, stdout of $(printf '%s' "$out" | wc -c) bytes, stderr: $err"
		done
		sanitized='' # one command each is enough for that
	done <"$TMP/commands"
	if [ -z "$said" ]; then
		pass "$1 is refused: $2"
	else
		fail "$1 is refused: $2" "$said"
	fi
}

# text NAME PLACE TEXT: a bad file with this text (of printf).
text() {
	# shellcheck disable=SC2059 # that is what it is
	printf "$3" >"$TMP/bad/$1"
	bad "$1" "$2"
}

# changed NAME PLACE SED: the good report, edited.
changed() {
	sed "$3" "$good" >"$TMP/bad/$1"
	if cmp -s "$good" "$TMP/bad/$1"; then
		fail "$1 is made of the good report" "nothing changed by: $3"
		return
	fi
	bad "$1" "$2"
}

report() { # a report with one case, from its members
	printf '{"schema":"strain-report/1","cases":[{"id":"a","outcome":"pass"%s}]}' "$1"
}

# --- what is no file that can be read ------------------------------------------

bad missing 'No such file'
mkdir "$TMP/bad/directory"
bad directory "it is a directory|has no reports: no file ends in '.json'"
mkfifo "$TMP/bad/fifo"
bad fifo 'it is empty'
bad zero 'it is a device' /dev/zero
bad null 'it is a device' /dev/null
ln -s loop "$TMP/bad/loop"
bad loop 'Too many levels of symbolic links'
: >"$TMP/bad/empty"
bad empty 'it is empty'
truncate -s 1T "$TMP/bad/sparse" 2>/dev/null && bad sparse 'too large'
truncate -s 300M "$TMP/bad/zeros" && bad zeros 'line 1: .*byte 0x00'
printf '{' >"$TMP/bad/brace" && truncate -s 300M "$TMP/bad/brace" &&
	bad brace 'line 1, column 2: '
rm -f "$TMP/bad/zeros" "$TMP/bad/brace" "$TMP/bad/sparse"
cp "$good" "$TMP/bad/unreadable"
chmod 0 "$TMP/bad/unreadable"
if [ -r "$TMP/bad/unreadable" ]; then
	skip "an unreadable file is refused" "root reads everything"
else
	bad unreadable 'Permission denied'
fi

# --- cut anywhere ----------------------------------------------------------------

size=$(stat -c %s "$good")
for part in 1 20 60 90 99; do
	head -c $((size * part / 100)) "$good" >"$TMP/bad/cut-$part"
	bad "cut-$part" 'line [0-9]+, column [0-9]+: the text ends'
done
head -c $((size - 2)) "$good" >"$TMP/bad/cut-last"
bad cut-last 'line [0-9]+, column [0-9]+: the text ends'

# --- of other programs -------------------------------------------------------------

text fio 'not a report of strain' '{"fio version": "fio-3.33", "jobs": [{"jobname": "x"}]}'
text benchmark 'not a report of strain' '{"context": {}, "benchmarks": [{"name": "BM", "iterations": 5}]}\n'
text kcidb 'not a report of strain' '{"version": {"major": 5, "minor": 3}, "tests": []}'
text list "line 1: .*begins with '\\['" '[1, 2, 3]'
text html "line 1: .*begins with '<'" '<!DOCTYPE html><html></html>\n'
text ktap "line 1: .*begins with 'T'" 'TAP version 14\n1..1\nok 1\n'
text gzip 'compressed with gzip' '\037\213\010\000\000\000\000\000'
text lines-of-others 'line 1: .*not the first line' '{"line":"trial","cases":[]}\n'
text mark 'byte order mark' '\357\273\277{"schema":"strain-report/1","cases":[]}'
text utf-16 'UTF-16' '\377\376{\000}\000'

# --- other versions and kinds --------------------------------------------------------

text version "strain-report/2', this strain reads strain-report/1" '{"schema":"strain-report/2","cases":[]}'
text version-of-lines 'line 1: schema .strain-report/2' '{"schema":"strain-report/2","line":"run"}\n'
text schema 'not a report of strain' '{"schema":["strain-report/1"],"cases":[]}'
text control 'not a report of strain' '{"schema":"strain\\u001b[31m/1","cases":[]}'
text no-cases 'cases is missing' '{"schema":"strain-report/1"}'

# --- JSON that is none ----------------------------------------------------------------

text nan "line 2, column 3: this is not a value: 'NaN" '{"a":\n  NaN}'
text infinity "line 1, column 7: this is not a value: 'Infinity" '{"a": Infinity}'
text minus-infinity 'line 1, column 7: this is not a value' '{"a": -Infinity}'
text large-number "line 1, column 6: this number is out of range: '1e999" '{"a":1e999}'
text large-integer 'column 6: this number is out of range' '{"a":9223372036854775808}'
text octal 'column 6: this is not a value' '{"a":017}'
text comma "column 2: a name in quotes is missing: ',}'" '{,}'
text comment 'column 2: a name in quotes is missing' '{/* */}'
text twice 'column [0-9]+: a name is there twice' '{"a":1,"b":2,"a":3}'
text two-documents "line 2, column 1: this is behind the end: '[{]}'" '{}\n{}\n'
text escape-nul 'U\+0000 is not' '{"a":"x\\u0000y"}'
text raw-control 'column 8: a control character' '{"a":"x\001y"}'
text escape-character 'column 6: this is not a value' '{"a":\033[31m}'
text not-utf-8 'column 7: this is not UTF-8' '{"a":"\300\200"}'
text surrogate 'half a character' '{"a":"\\udc00"}'
text nul-byte 'column 6: this is not a value' '{"a":\0001}'
{
	printf '{"a":'
	awk 'BEGIN { for (i = 0; i < 100000; i++) printf "[" }'
} >"$TMP/bad/deep"
bad deep 'line 1, column [0-9]+: it is nested too deep'

# --- values that cannot be ---------------------------------------------------------------

report ',"trials":[{"outcome":"pass"}],"metrics":[{"id":"m","values":[1],"counts":[-1]}]' \
	>"$TMP/bad/negative-count"
bad negative-count 'cases\[0\]\.metrics\[0\]\.counts\[0\] is negative'
report ',"trials":[{"outcome":"pass"}],"metrics":[{"id":"m","kind":"rate","values":[-1]}]' \
	>"$TMP/bad/negative-rate"
bad negative-rate 'cases\[0\]\.metrics\[0\]\.values\[0\] is negative'
report ',"trials":[],"metrics":[{"id":"m","values":[1,2]}]' >"$TMP/bad/lengths"
bad lengths 'cases\[0\]\.metrics\[0\]\.values has 2 members, but there are 0 trials'
report ',"workers":"two"' >"$TMP/bad/type"
bad type 'cases\[0\]\.workers is not a count'
report ',"workers":1e300' >"$TMP/bad/many"
bad many 'cases\[0\]\.workers is not a count'
changed outcome 'cases\[0\]\.outcome is not a word' '0,/"outcome": "pass",/!b
s/$//;s/"outcome": "pass"/"outcome": "pass fail"/'
changed kind 'metrics\[0\]\.kind is not a word' 's/"kind": "rate"/"kind": "speed"/'
changed seconds 'trials\[0\]\.seconds is not a number' 's/"seconds": 10.0001/"seconds": "x"/'

# --- much of it -----------------------------------------------------------------------------

many() { # N TEXT
	awk -v n="$1" -v text="$2" 'BEGIN { for (i = 1; i < n; i++) printf "%s,", text; printf "%s", text }'
}
report ',"trials":[{"outcome":"pass"}],"metrics":[{"id":"m","values":['"$(many 1000000 1)"']}]' \
	>"$TMP/bad/million-values"
bad million-values 'values has 1000000 members, but there are 1 trials'
{
	printf '{"schema":"strain-report/1","cases":['
	many 1000000 '{}'
	printf ']}'
} >"$TMP/bad/million-cases"
bad million-cases 'cases has too many members'
{
	printf '{"schema":"strain-report/1","x":['
	many 7000000 '{}'
	printf ']}'
} >"$TMP/bad/million-objects"
# more is allowed where slices and histograms are read
bad million-objects 'line 1, column [0-9]+: it has too many values|cases is missing'
rm -f "$TMP"/bad/million-*
# Lists are as long as there are trials: each trial line would add to them all.
{
	printf '{"schema":"strain-report/1","line":"run"}\n'
	printf '{"line":"case","case":0,"id":"a","metrics":[{"id":"m"}]}\n'
	printf '{"line":"trial","cases":[{"case":0,"outcome":"pass","metrics":['
	awk 'BEGIN { for (i = 0; i < 999; i++) printf "%s{\"id\":\"m\",\"variant\":\"%d\",\"value\":1}", i ? "," : "", i }'
	printf ']}]}\n'
	awk 'BEGIN { for (i = 0; i < 20000; i++) print "{\"line\":\"trial\",\"cases\":[{\"case\":0,\"outcome\":\"pass\"}]}" }'
} >"$TMP/bad/product"
bad product 'line [0-9]+: too many metrics for so many trials'

# --- a comparison is no report -----------------------------------------------------------------

"$STRAIN_FAST" compare "$good" --against "$good" --json >"$TMP/bad/comparison" 2>/dev/null
like "a comparison can be made" "$(cat "$TMP/bad/comparison")" strain-comparison/1
grep -v '^report [a-z]* FILE$\|^report csv' "$TMP/commands" >"$TMP/commands.new"
cp "$TMP/commands" "$TMP/commands.all"
mv "$TMP/commands.new" "$TMP/commands"
bad comparison 'it is a comparison, not a report'
mv "$TMP/commands.all" "$TMP/commands"
text comparison-version "this strain reads strain-comparison/1|it is a comparison" \
	'{"schema":"strain-comparison/2","metrics":[]}'
text comparison-empty "verdict is missing|it is a comparison" '{"schema":"strain-comparison/1"}'
text comparison-type "metrics is not a list|it is a comparison" \
	'{"schema":"strain-comparison/1","verdict":"improved","sides":[],"metrics":{}}'

# --- what is unusual and fine ---------------------------------------------------------------------

sed 's/$/\r/' "$good" >"$TMP/crlf.json"
run "$STRAIN" report csv "$TMP/crlf.json"
is "a report with CR LF is read" "$rc$err" 0
run "$STRAIN" report csv "$TMP/fix/lines.json"
is "so are the lines of a run" "$rc$err" 0
head -c -40 "$TMP/fix/lines.json" >"$TMP/cut.json"
run "$STRAIN" report text "$TMP/cut.json"
like "lines that are cut too, and it is said" "$out" 'last line of the report was cut'
(cat "$good" >"$TMP/bad/fifo") &
writer=$!
# opened by us as well, so that the reader has no need to be the first
run sh -c '"$1" report csv /dev/stdin <"$2"' sh "$STRAIN" "$TMP/bad/fifo"
wait $writer
is "and a pipe" "$rc$err" 0

finish
