#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# strain trend: kernels in their order, verdicts of the newest, change points,
# the published schema. The reports are made ones, with a fixed seed.
. "${0%/*}/lib.sh"

"$python" -c 'import json' 2>/dev/null || skip_all "python3 is not installed"

trend() {
	run "$STRAIN" trend "$@"
}

# json FILE EXPRESSION: of the document "d"
json() {
	"$python" -c 'import json, sys
d = json.load(open(sys.argv[1]))
print(eval(sys.argv[2]))' "$1" "$2"
}

series() { # DIRECTORY STEP... [-- OPTION...]
	where=$1
	shift
	steps=
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		steps="$steps $1"
		shift
	done
	[ $# -eq 0 ] || shift
	# shellcheck disable=SC2086 # words
	"$python" "$SRC/bench/trend-reports" "$@" "$TMP/$where" $steps
}

# --- a short series ------------------------------------------------------------

series short 1 1 1.05 1.05 0.95
trend "$TMP/short"
is "a loss with the newest is exit status 3" "$rc" 3
like "the first line tells the series" "$(printf '%s\n' "$out" | head -n 1)" \
	'^5 kernels in the order of their releases, 6.1.0 to 6.5.0, 40 trials in 5 boots; baseline 6.1.0$'
like "the metric says against what" "$out" '^regressed +made/one ops/s, more is better: worse by [0-9.]+ % than 6.'
like "each kernel has a row" "$out" '^ +6.2.0 +1.0[0-9]M +\|.*o.*\| .*unchanged$'
like "a step up is told of its version" "$out" '^ +6.3.0 .*improved, improved from 6.2.0$'
like "the last line is the verdict" "$(printf '%s\n' "$out" | tail -n 1)" '^verdict of 6.5.0: regressed$'
unlike "only ASCII, no control characters" "$out" "$(printf '[\001-\010\013-\037\177-\377]')"
trend "$TMP/short"/000[0-3]-0.json
is "... without the newest nothing is lost" "$rc" 0
like "... and it is better" "$out" '^verdict of 6.4.0: improved$'
trend --baseline 6.4.0 "$TMP/short"/000[0-4]-0.json
is "against another baseline it is a loss all the same" "$rc" 3
trend --threshold 50 "$TMP/short"
is "below the threshold nothing changed" "$rc" 0
trend -q "$TMP/short"/000[01]-0.json
is "--quiet says nothing of what did not change" "$rc:$out" 0:
trend --json "$TMP/short"
is "--json has the exit status too" "$rc" 3
printf '%s\n' "$out" >"$TMP/short.json"
schema_ok "the trend is valid" valid "$TMP/short.json"
schema_ok "no damage to it is taken for valid" mutate "$TMP/short.json"
is "the newest is compared with both" \
	"$(json "$TMP/short.json" '[(c["from"], c["against"]) for c in d["metrics"][0]["comparisons"] if c["to"] == 4]')" \
	"[(0, 'baseline'), (3, 'predecessor')]"

trend --metric ops --json "$TMP/short"
printf '%s\n' "$out" >"$TMP/ops.json"
is "--metric leaves the others out" \
	"$(json "$TMP/ops.json" '{m["metric"] for m in d["metrics"]}')" "{'ops'}"
trend --primary rss "$TMP/short"
like "--primary chooses what gates" "$out" '^1 regressed, 0 improved, 0 inconclusive, 0 unchanged$'
trend --metric nonsense "$TMP/short"
is "--metric that fits nothing is a usage error" "$rc:$err" \
	"2:strain: 'nonsense' names no metric of this series"
trend --primary nonsense "$TMP/short"
is "--primary too" "$rc" 2

series few 1 1 0.9 -- --trials 1
trend "$TMP/few"
is "one trial a kernel is undecided" "$rc" 125
like "... and says how many it takes" "$out" 'at least [0-9]+ trials of each are needed'
series three 1 1 0.9 -- --trials 3
trend "$TMP/three"
is "three are too" "$rc" 125
like "... and say how many it takes" "$out" 'about [0-9]+ trials of each version would decide'
series boots 1 0.8 -- --trials 3 --boots 5
trend --json "$TMP/boots"
printf '%s\n' "$out" >"$TMP/boots.json"
is "several boots are the units" \
	"$(json "$TMP/boots.json" '[(m["counted"], len(m["points"][1]["values"])) for m in d["metrics"][:1]]')" \
	"[('boots', 5)]"

# --- order and identity ---------------------------------------------------------

series order 1 1 1 1 -- --release 6.18.44-fc --release 6.9.1 --release 6.18.0-rc3 --release 6.18.0
labels() {
	trend --json "$@" "$TMP/order"
	printf '%s\n' "$out" >"$TMP/order.json"
	json "$TMP/order.json" '" ".join(v["label"] for v in d["versions"])'
}
is "releases are ordered as numbers" "$(labels)" "6.9.1 6.18.0-rc3 6.18.0 6.18.44-fc"
is "by time" "$(labels --order time)" "6.18.44-fc 6.9.1 6.18.0-rc3 6.18.0"
trend --json --order given "$TMP/order/0003-0.json" "$TMP/order/0001-0.json"
printf '%s\n' "$out" >"$TMP/given.json"
is "as given" "$(json "$TMP/given.json" '[v["label"] for v in d["versions"]]')" "['6.18.0', '6.9.1']"
edit "$TMP/order/0003-0.json" 'd["kernel"]["release"] = "6.9.1"'
is "another build of a release is another point" "$(labels)" "6.9.1 6.9.1 (2) 6.18.0-rc3 6.18.44-fc"
edit "$TMP/order/0003-0.json" 'd["kernel"]["version"] = "#1 SMP 6.9.1"'
is "the same build is not" "$(labels)" "6.9.1 6.18.0-rc3 6.18.44-fc"
edit "$TMP/order/0003-0.json" 'd["kernel"]["config.digest"] = "fnv1a64:0000000000000002"'
is "another configuration is" "$(labels)" "6.9.1 6.9.1 (2) 6.18.0-rc3 6.18.44-fc"

# --- a long series --------------------------------------------------------------

series long 1 1 1 1 1 1 1 1 0.9 0.9 0.9 0.9 0.9 0.9
trend --json "$TMP/long"
printf '%s\n' "$out" >"$TMP/long.json"
is "a change that lasts is exit status 3" "$rc" 3
schema_ok "a long trend is valid" valid "$TMP/long.json"
schema_ok "no damage to it is taken for valid either" mutate "$TMP/long.json"
is "one change, where it is" \
	"$(json "$TMP/long.json" '[(c["first"], c["at"], c["last"], c["verdict"], c["n"]) for c in d["metrics"][0]["changes"]]')" \
	"[(0, 8, 13, 'regressed', [8, 6])]"
is "... of so much" \
	"$(json "$TMP/long.json" '[-0.11 < c["low"] < c["change"] < c["high"] < -0.09 for m in d["metrics"] if m["metric"] == "ops" for c in m["changes"]]')" \
	"[True, True]"
trend "$TMP/long"
like "it stands above its first kernel" "$(printf '%s\n' "$out" | grep -A 1 'from here on' | sed -n 2p)" \
	'^ +6.9.0 '
trend --baseline 6.10.0 "$TMP/long"
is "behind the baseline nothing was lost" "$rc" 0
trend --threshold 20 "$TMP/long"
is "a change below the threshold is none" "$rc" 0
unlike "... and is not drawn" "$out" 'from here on'
series newest 1 1 1 1 1 1 1 1 1 1 1 1 0.9
trend "$TMP/newest"
is "a loss with the newest of many is found" "$rc" 3
series level 1 1 1 1 1 1 1 1 1 1 1 1 1 -- --between 0.002
trend "$TMP/level"
unlike "no change in a level series" "$out" '^ *== '

# --- failures ------------------------------------------------------------------

cp -r "$TMP/few" "$TMP/failing"
edit "$TMP/failing/0002-0.json" 'd["cases"][0]["trials"][0].update(outcome="fail", reason="byte 17 is 3")
d["cases"][0]["outcome"] = "fail"'
trend "$TMP/failing"
is "a new failure is a regression at once" "$rc" 3
like "... and is told" "$out" '^regressed +made/one: fail in 1 of 1 trials of 6.3.0, 0 of 1 of 6.2.0: byte 17 is 3$'
cp "$TMP/short/0003-0.json" "$TMP/failing/"
trend "$TMP/failing"
like "an older one is told" "$out" '^regressed +made/one: fail in 1 of 1 trials of 6.3.0'
like "... and does not count" "$out" '^verdict of 6.4.0: (inconclusive|improved)$'

# --- refusal -------------------------------------------------------------------

cp -r "$TMP/short" "$TMP/mixed"
edit "$TMP/mixed/0002-0.json" 'd["cases"][0]["options"]["bytes"] = 1'
trend "$TMP/mixed"
is "another work is refused" "$rc" 2
like "... with the reason" "$err" "cannot compare 'made/one': reports of the others differ in the options"
trend --force "$TMP/mixed"
is "... --force compares" "$rc" 3
trend "$TMP/short/0000-0.json" "$TMP/boots/0000-0.json"
is "one kernel is no series" "$rc:$err" \
	"2:strain: all reports are of one kernel (6.1.0): a trend needs two or more"
trend --baseline 5.0 "$TMP/short"
is "a baseline that is not there" "$rc:$err" \
	"2:strain: option '--baseline': no report is of kernel '5.0'"
trend --baseline 6.5.0 "$TMP/short"
is "a baseline with nothing behind it" "$rc" 2
trend
is "no report" "$rc:$err" "2:strain: which reports? 'strain trend REPORT...'"
trend "$TMP/nowhere"
is "a missing one" "$rc:$err" "2:strain: cannot read '$TMP/nowhere': No such file or directory"
echo '{"schema": "strain-report/1", ' >"$TMP/cut.json"
trend "$TMP/short" "$TMP/cut.json"
is "a damaged one" "$rc:$(printf '%s\n' "$err" | wc -l)" 2:1
"$STRAIN" trend - "$TMP/three" >"$TMP/out" 2>&1 <"$TMP/short/0004-0.json"
is "standard input is read" "$?:$(head -n 1 "$TMP/out" | cut -d, -f2)" "3: 6.1.0 to 6.5.0"

# --- numbers and texts of any kind ----------------------------------------------

rm -r "$TMP/long/0013-0.json"
n=0
for value in 1e308 5e-324 0 1 1e308 5e-324 1e-300; do
	edit "$TMP/long/000$n-0.json" "m = d['cases'][0]['metrics']
for k in range(3):
    m[k]['values'] = [$value] * 8
m[2]['values'][3] = -$value
d['kernel']['release'] = 'a\\x1b[31m\\u20ac' + '9' * 300 + '.$n'"
	n=$((n + 1))
done
for options in "" --json "--order time --force --all" "--baseline 6.9.0 --allow-uncontrolled"; do
	# shellcheck disable=SC2086 # words
	trend $options "$TMP/long"
	case $rc in
	0 | 3 | 125) pass "extreme numbers and names, $options: a verdict" ;;
	*) fail "extreme numbers and names, $options: a verdict" "exit status $rc" "$err" ;;
	esac
	unlike "... no control characters" "$out" "$(printf '[\001-\010\013-\037]')"
done

edit "$TMP/short/0001-0.json" 'd["sides"] = [{"label": "a"}, {"label": "b"}]'
trend "$TMP/short"
is "a comparison of settings" "$rc" 2
like "... is none of kernels" "$err" 'compares two settings'

finish
