#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# strain report bug: what a bug report holds, and what it must not.
. "${0%/*}/lib.sh"

# --- a run that failed ---------------------------------------------------------

run "$STRAIN" run --nop 1 --timeout 200ms --seed 77 --trials 2 --mutate nop:counted \
	--temp-path /tmp --report "$TMP/fail.json"
is "a mutated run fails" "$rc" 1
like "its table says that it is one" "$out" '^note: --mutate nop:counted corrupted '
run "$STRAIN" report bug "$TMP/fail.json"
is "its bug report is made" "$rc$err" 0
like "the subject has what failed" "$out" "^Subject: \[BUG\] .*\(nop\) on "
like "one command runs the case alone" "$out" \
	'^  strain run --nop 1 --timeout 200ms .*--mutate nop:counted --trials 2 --seed 77$'
like "that it was made on purpose is said" "$out" '^Not to be sent: .* by --mutate nop:counted,'
unlike "without where the report went" "$out" "$TMP|--report"
like "the check is named" "$out" 'check counted '
run "$STRAIN" report bug "$TMP/fail.json" --no-redact
is "names can be left" "$rc" 0

run "$STRAIN" run --nop 1 --timeout 200ms --report "$TMP/pass.json"
run "$STRAIN" report bug "$TMP/pass.json"
is "nothing failed: no report" "$rc" 2
like "it is said in one line" "$err" '^strain: nothing failed in .*no bug to report$'

# --- names ---------------------------------------------------------------------

sed -e 's,"command_line": "[^"]*","command_line": "quiet root=LABEL=secret1 mitigations=off ip=10.9.8.7",' \
	-e 's,"hypervisor": "[^"]*","hypervisor": "kvm on vhost.secret2.corp",' \
	-e 's,"kernel_log": \[\],"kernel_log": [{"order": 0\, "time": 1.5\, "kind": "warn"\, "text": "WARNING: secretive at /home/secret3/x aa:bb:cc:00:11:22 Comm: secret3"}],' \
	"$TMP/fail.json" >"$TMP/names.json"
run "$STRAIN" report bug "$TMP/names.json"
is "a report with names is made" "$rc$err" 0
like "the log is there" "$out" 'WARNING: secretive at <path-1> <mac-1> Comm: <user-1>$'
like "the headline is the log's" "$out" '^Subject: \[BUG\] WARNING: secretive at '
unlike "no name is left" "$out" 'secret[0-9]|10\.9\.8\.7|aa:bb'
like "harmless parameters stay" "$out" 'quiet root=<value> mitigations=off ip=<value>'
run "$STRAIN" report bug "$TMP/names.json" --no-redact
like "all of it is there when asked for" "$out" 'secret3/x aa:bb:cc:00:11:22 Comm: secret3'

# --- a comparison ----------------------------------------------------------------

sed -e 's/"release": "[^"]*"/"release": "6.17.3"/' "$TMP/pass.json" >"$TMP/base.json"
sed -e 's/"release": "[^"]*"/"release": "6.18.0-rc2"/' \
	-e 's/"outcome": "pass"/"outcome": "fail", "reason": "check counted failed"/' \
	"$TMP/pass.json" >"$TMP/new.json"
run "$STRAIN" report bug "$TMP/base.json" --against "$TMP/new.json"
is "a new failure is reported" "$rc$err" 0
like "the subject has both kernels" "$out" \
	'^Subject: \[REGRESSION\] .* from 6.17.3 to 6.18.0-rc2$'
like "it goes to the list of regressions" "$out" '^To: regressions@lists.linux.dev$'
like "regzbot reads from where to where" "$out" '^#regzbot introduced: v6.17.3\.\.v6.18-rc2$'
like "there is a line to bisect with" "$out" '^  git bisect start v6.18-rc2 v6.17.3$'
run "$STRAIN" report bug "$TMP/base.json" --against "$TMP/pass.json"
is "nothing regressed: no report" "$rc" 2
like "which is said" "$err" '^strain: nothing regressed'
finish
