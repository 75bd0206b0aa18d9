#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# strain report: what each format says of each outcome and verdict, read back
# by parsers that are not ours where there are any, and hostile documents.
#
# tests/run: beside others
. "${0%/*}/lib.sh"

have $python || skip_all "python3 is not installed"
validators='ktap junit kcidb prom openmetrics csv markdown text'

missing() { # FORMAT: why it cannot be checked here
	case $1 in
	junit) have xmllint || echo "xmllint is not installed" ;;
	kcidb) $python -c 'import jsonschema' 2>/dev/null ||
		echo "python3-jsonschema is not installed" ;;
	prom | openmetrics) $python -c 'import prometheus_client' 2>/dev/null ||
		echo "python3-prometheus-client is not installed" ;;
	esac
}

words() { # VALIDATOR: words of the command line
	case $1 in
	prom) echo openmetrics ;;
	openmetrics) echo openmetrics --strict ;;
	*) echo "$1" ;;
	esac
}

print_to() { # FILE VALIDATOR INPUT...: sets rc and err
	printed=$1 validator=$2
	shift 2
	# shellcheck disable=SC2046 # words
	"$STRAIN" report $(words "$validator") "$@" >"$printed" 2>"$TMP/.err"
	rc=$?
	err=$(cat "$TMP/.err")
}

check() { # VALIDATOR FILE...
	run $python -W ignore "$SRC/tests/format-check.py" "$@"
}

# What strain report printed, as the validator read it, in $out; $rc and $err.
# read_back VALIDATOR INPUT...
read_back() {
	print_to "$TMP/printed" "$@"
	out=''
	[ $rc != 0 ] || check "$1" "$TMP/printed"
}

unit=$BUILD/obj-asan/unit/report
fix=$TMP/fix
mkdir "$fix"
ok "the fixture is written" "$unit" --write "$fix"
ok "and more is made of it" $python "$SRC/tests/format-fixture.py" "$fix/sealed.json" "$fix"

# --- the command -------------------------------------------------------------

run "$STRAIN" report
is "without a format it lists them" "$rc$err" 0
for format in text markdown html ktap junit kcidb openmetrics csv; do
	like "$format is a format" "$out" "^  $format "
	man=$("$STRAIN" --doc=man:strain-report)
	like "the manual explains $format" "$man" "^\\.It Cm $format\$"
done
is "all of them are completed" "$("$STRAIN" --complete report '' | cut -f 1)" \
	"$(printf '%s\n' "$out" | sed -n 's/^  \([a-z]*\) .*/\1/p')"
is "then files" "$("$STRAIN" --complete report csv '')" :files
run "$STRAIN" report junti "$fix/sealed.json"
is "a wrong format: the nearest name" "$rc: $err" \
	"2: strain: there is no format 'junti', did you mean 'junit'?"
run "$STRAIN" report junit
is "no file is a usage error" "$rc: $err" \
	"2: strain: report junit needs the name of a report or comparison"
run "$STRAIN" report csv --strict "$fix/sealed.json"
is "an option of another format is refused" "$rc: $err" \
	"2: strain: option '--strict' is one of format 'openmetrics', not of 'csv'"
run "$STRAIN" report csv "$fix/none.json"
is "no such file" "$rc: $err" \
	"2: strain: cannot read '$fix/none.json': No such file or directory"
run "$STRAIN" report csv "$fix/comparison.json" "$fix/ungated.json"
is "two comparisons are one too many" "$rc" 2
is "... in one line" "$(printf '%s\n' "$err" | wc -l | tr -d ' ')" 1
for bad in 'Strain' '' 'a-b'; do
	run "$STRAIN" report kcidb "--origin=$bad" "$fix/sealed.json"
	is "origin '$bad' is refused" "$rc" 2
done
run "$STRAIN" report kcidb --git-commit abc "$fix/sealed.json"
is "a commit that is none is refused" "$rc" 2

"$STRAIN" report csv "$fix/sealed.json" >"$TMP/a.csv"
run "$STRAIN" report csv --output "$TMP/b.csv" "$fix/sealed.json"
is "--output succeeds and prints nothing" "$rc$out$err" 0
ok "it holds the same" cmp "$TMP/a.csv" "$TMP/b.csv"
is "only the file is left" "$(find "$TMP" -name '.b.csv*' | wc -l | tr -d ' ')" 0
ln -s "$TMP/b.csv" "$TMP/link.csv"
run "$STRAIN" report csv --output "$TMP/link.csv" "$fix/sealed.json"
is "a symbolic link is refused" "$rc" 2
echo precious >"$TMP/kept"
run "$STRAIN" report kcidb --origin X --output "$TMP/kept" "$fix/sealed.json"
is "what fails leaves the file as it was" "$rc: $(cat "$TMP/kept")" "2: precious"
"$STRAIN" report csv - <"$fix/sealed.json" | sed 's/^[^,]*,//' >"$TMP/c.csv"
sed 's/^[^,]*,//' "$TMP/a.csv" >"$TMP/d.csv"
ok "- is standard input" cmp "$TMP/c.csv" "$TMP/d.csv"

# --- every format is valid ---------------------------------------------------

for v in $validators; do
	why=$(missing "$v")
	bad=''
	for files in sealed partial lines outcomes comparison ungated \
		'sealed partial' 'outcomes sealed'; do
		set --
		for f in $files; do
			set -- "$@" "$fix/$f.json"
		done
		print_to "$TMP/$files.$v" "$v" "$@"
		[ "$rc$err" = 0 ] || bad="$bad$files: $rc $err
"
	done
	is "$v succeeds" "$bad" ""
	if [ -n "$why" ]; then
		skip "$v is valid" "$why"
	else
		check "$v" "$TMP"/*."$v"
		is "$v is valid" "$rc: $out$err" "0: "
	fi
done

# --- what they say -----------------------------------------------------------

says() { # VALIDATOR FILE LINE...
	says_v=$1 says_f=$2
	shift 2
	if [ -n "$(missing "$says_v")" ]; then
		skip "$says_v says what is in $says_f" "$(missing "$says_v")"
		return
	fi
	read_back "$says_v" "$fix/$says_f.json"
	for line; do
		if printf '%s\n' "$out" | grep -Fqx -e "$line"; then
			pass "$says_v of $says_f: $line"
		else
			fail "$says_v of $says_f: $line" "$out"
		fi
	done
}

says ktap outcomes \
	'made/pass: ok' 'made/fail: not ok' 'made/broken: not ok ERROR' \
	'made/skip: ok SKIP' 'made/hang: not ok TIMEOUT' \
	'made/killed: not ok ERROR' 'made/expected-fail: ok XFAIL' \
	'made/unexpected-pass: not ok' 'made/interrupted: not ok ERROR' 'alone: ok'
name=$fix/outcomes.json
says junit outcomes \
	"$name/made/pass: passed" "$name/made/fail: failure CheckFailed" \
	"$name/made/broken: error Broken" "$name/made/skip: skipped" \
	"$name/made/hang: failure Hang" "$name/made/killed: error Killed" \
	"$name/made/expected-fail: skipped" \
	"$name/made/unexpected-pass: failure UnexpectedPass" \
	"$name/made/interrupted: error Interrupted" "$name/alone/alone: passed"
says kcidb outcomes \
	'strain.made.pass: PASS' 'strain.made.fail: FAIL' \
	'strain.made.broken: ERROR' 'strain.made.skip: SKIP' \
	'strain.made.hang: FAIL' 'strain.made.killed: ERROR' \
	'strain.made.expected-fail: FAIL' 'strain.made.unexpected-pass: FAIL' \
	'strain.made.interrupted: MISS'
[ -n "$(missing kcidb)" ] || {
	is "one incident: the expected failure" \
		"$(printf '%s\n' "$out" | grep -c '^incident: .*made.expected-fail$')" 1
	like "a metric is DONE and a number" "$out" \
		'^strain\.made\.pass\.faults\.shared: DONE [0-9.e+]+ faults/s$'
	like "times are in seconds" "$out" \
		'^strain\.made\.pass\.latency\.shared\.p99: DONE [0-9.]+e-0[0-9] s$'
}
says ktap comparison \
	'fault/anon/faults: not ok' 'fault/anon/latency shared p99: ok' \
	'fault/shmem/faults: ok SKIP' 'switch/switches per CPU second: ok' \
	'parallel-dir/create/outcome: not ok' 'aiol/read/refused: ok SKIP'
says junit comparison \
	'comparison/fault/anon/faults: failure PerfRegression' \
	'comparison/fault/anon/latency shared p99: passed' \
	'comparison/fault/shmem/faults: skipped' \
	'comparison/parallel-dir/create/outcome: failure NewFailure' \
	'comparison/aiol/read/refused: skipped'
says kcidb comparison \
	'strain.compare.fault.anon.faults: FAIL 950 ops/s' \
	'strain.compare.fault.anon.latency_shared_p99: PASS 9.5e-07 s' \
	'strain.compare.fault.shmem.faults: DONE 950 ops/s' \
	'strain.compare.parallel-dir.create.outcome: FAIL'
says ktap ungated 'fault/anon/faults: ok SKIP' 'parallel-dir/create/outcome: not ok'
says junit ungated 'comparison/fault/anon/faults: skipped'
kernels='base_kernel=6.12.1,kernel=6.13.0'
row="$kernels,case=fault/anon,metric=faults,statistic=median,rate=wall,primary=1"
says prom comparison \
	"strain_compare_ratio{$row} 0.95" "strain_compare_low_ratio{$row} 0.94" \
	"strain_compare_adjusted_p{$row} 0.004" \
	"strain_compare_metric_verdict{$row,verdict=regressed} 1" \
	"strain_compare_metric_verdict{$row,verdict=improved} 0" \
	"strain_compare_metrics{$kernels,verdict=inconclusive} 1" \
	"strain_compare_gates{$kernels} 1"
says openmetrics comparison \
	"strain_compare_metric_verdict{$row,strain_compare_metric_verdict=regressed} 1"
[ -n "$(missing prom)" ] || {
	read_back prom "$fix/sealed.json"
	like "openmetrics: a rate" "$out" \
		'^strain_ops_per_second\{.*case=fixture/anon,metric=faults,variant=shared,quantity=faults\} 1100$'
	like "openmetrics: a latency in seconds" "$out" \
		'^strain_latency_seconds\{.*case=fixture/anon,metric=latency,variant=shared,quantile=0\.99\} 7\.456e-06$'
	like "openmetrics: an outcome" "$out" \
		'^strain_outcome\{.*case=fixture/shmem@xfs\+threads,outcome=fail\} 1$'
}

read_back csv "$fix/sealed.json"
like "csv: the header" "$out" \
	'^report\|kernel\|case\|label\|trial\|order\|pair\|started\|boot_id\|outcome\|metric\|variant\|unit\|kind\|better\|primary\|value\|cpu_rate\|median\|.*\|p50\|p90\|p99\|p99\.9$'
like "csv: a row" "$out" \
	"^$fix/sealed.json\|[^|]*\|fixture/anon\|.*\|pass\|faults\|shared\|faults/s\|rate\|higher\|1\|[0-9.e+]+\|"
rows=$($python -c 'import json, sys
d = json.load(open(sys.argv[1]))
print(1 + sum(len(c["metrics"]) * len(c["trials"]) for c in d["cases"]))' "$fix/sealed.json")
is "csv: a row for each metric and trial" \
	"$(printf '%s\n' "$out" | wc -l | tr -d ' ')" "$rows"
read_back csv "$fix/comparison.json"
like "csv: a metric of a comparison" "$out" \
	'^fault/anon\|latency\|shared\|p99\|\|ns\|latency\|lower\|1\|improved\|1000\|950\|-0\.05\|-0\.06\|-0\.04\|'
read_back markdown "$fix/outcomes.json"
like "markdown: the result first" "$(printf '%s\n' "$out" | head -n 1)" \
	'^\*\*fail\*\* on .*: 1 fail, 1 killed, .*2 pass in '
like "markdown: the kernel's log" "$out" '^    WARNING: at x$'
like "markdown: skips together" "$out" '^- skipped: because of skip: made/skip$'
read_back markdown "$fix/comparison.json"
like "markdown: a verdict" "$out" \
	'^\| regressed +\| fault/anon +\| faults +\| .*-5\.00 % \| -6\.00 % to -4\.00 % \|'
like "markdown: what moved" "$out" 'pgfault 1 to 1\.2 \(\+20\.00 %\)'
read_back markdown "$fix/sealed.json" "$fix/partial.json"
like "markdown: a column for each report" "$out" '^\| case .*\(1\) \| .*\(2\) \|$'

run "$STRAIN" report text "$fix/sealed.json"
like "text: the table of a run" "$out" '^CASE +OUTCOME '
run "$STRAIN" report text "$fix/comparison.json"
like "text: the table of a comparison" "$out" '^regressed +fault/anon '

# --- comparisons made here ---------------------------------------------------

run "$STRAIN" report junit "$fix/sealed.json" --against "$fix/partial.json"
is "--against compares" "$rc$err" 0
like "... and the format shows that" "$out" 'package="strain.compare"'
run "$STRAIN" report junit "$fix/sealed.json" --against
is "--against needs a report" "$rc" 2
read_back kcidb "$fix/sealed.json" --against "$fix/partial.json"
[ -n "$(missing kcidb)" ] || is "kcidb has the reports too" \
	"$rc: $(printf '%s\n' "$out" | grep -c '^strain.fixture.anon: PASS$')" "0: 1"

# --- hostile and broken documents --------------------------------------------

hostile=$TMP/hostile
for v in $validators html; do
	rm -rf "$hostile"
	mkdir "$hostile"
	bad='' refused=0 n=0
	for f in "$fix"/hostile-*.json "$fix"/twisted-*.json; do
		n=$((n + 1))
		print_to "$hostile/${f##*/}" "$v" "$f"
		[ "$rc$err" != 0 ] || continue
		rm "$hostile/${f##*/}"
		case $rc:${f##*/}:$(printf '%s\n' "$err" | wc -l | tr -d ' ') in
		2:twisted-*:1) refused=$((refused + 1)) ;;
		*) bad="$bad${f##*/}: $rc $err
" ;;
		esac
	done
	if [ -n "$bad" ]; then
		fail "$v takes hostile documents" "$(printf '%s\n' "$bad" | cut -c 1-600)"
	else
		pass "$v takes $n hostile documents; $refused were refused"
	fi
	if [ "$v" = html ]; then
		continue # t-report-html.sh reads it
	elif [ -n "$(missing "$v")" ]; then
		skip "$v of hostile documents is valid" "$(missing "$v")"
	else
		check "$v" "$hostile"/*
		is "$v of hostile documents is valid" "$rc: $out$err" "0: "
	fi
done

# --- the validators notice ---------------------------------------------------

notices() { # VALIDATOR SED-SCRIPT FILE: damage is not taken for valid
	[ -z "$(missing "$1")" ] || {
		skip "$1 without '$2'" "$(missing "$1")"
		return
	}
	# shellcheck disable=SC2046 # words
	"$STRAIN" report $(words "$1") "$fix/$3.json" | sed "$2" >"$TMP/damaged"
	check "$1" "$TMP/damaged"
	is "$1: '$2' is noticed" "$rc" 1
}
notices ktap 's/^1\.\./&1/' outcomes
notices ktap 's/^not ok/ok/' outcomes
notices ktap 's/ok 2/ok 3/' outcomes
notices junit 's/tests="/&1/' outcomes
notices junit 's/<system-err>.*//' outcomes
notices junit 's/ type="Hang"//' outcomes
notices kcidb 's/"origin"/"source"/' outcomes
notices kcidb 's/"minor": 3/"minor": 2/' outcomes
notices prom 's/^# TYPE .*//' sealed
notices prom 's/ 1$/ 1 1795264680/' sealed
notices openmetrics 's/^# EOF//' sealed
notices openmetrics 's/ seconds$/ bytes/' sealed
notices csv '2s/,//' sealed
notices markdown '5s/ | / /' sealed
finish
