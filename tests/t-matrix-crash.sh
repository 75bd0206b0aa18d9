#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# tests/run: beside others
# strain matrix crash: promises are found kept, and not kept where they are not;
# the replay and the judgement by themselves are tests/unit/crash*.c.
. "${0%/*}/lib.sh"
. "${0%/*}/lib-vm.sh"

PATH=$PATH:/usr/sbin:/sbin
have mkfs.ext4 || skip_all "mkfs.ext4 is not installed"
mkdir "$TMP/tmp"
TMPDIR=$TMP/tmp
export TMPDIR

crash() { # OPTION...
	run timeout 1500 "$STRAIN" matrix crash --cache "$cache" "$@"
}

# value FILE EXPRESSION over the first pass p
value() {
	"$python" -c 'import json, sys
p = json.load(open(sys.argv[1]))["passes"][0]
print(eval(sys.argv[2]))' "$1" "$2"
}

# --- bad words
crash
is "no kernel: exit status" "$rc" 2
crash --filesystem ext4,fat "$kernel"
is "an unknown filesystem: exit status" "$rc" 2
like "it is named" "$err" "'fat' is none of ext4 xfs"
crash nothing-like-this
is "an unknown matrix: exit status" "$rc" 2
crash "$TMP/no/vmlinuz"
ok "a kernel that is not there: an error" test "$rc" -ne 0
is "it is one line" "$(printf '%s\n' "$err" | wc -l)" 1

# --- one writer, its log cut in four places and twice with a disk that lies
crash --cuts 4 --controls 2 --records 20 --seed 5 -o "$TMP/c.json" "$kernel"
is "promises are kept" "$rc" 0
like "it says so" "$out" "4 of 4 cuts kept, 2 of 2 controls found out, 20 promises"
schema_ok "the result is as published" valid "$TMP/c.json"
sed 's/"outcome": "kept"/"outcome": "fine"/' "$TMP/c.json" >"$TMP/damaged.json"
if "$python" -c 'import jsonschema' 2>/dev/null; then
	ok "and a word that is not in the schema is noticed" sh -c '! "$@" >/dev/null' sh \
		"$python" -W ignore "$SRC/tests/report-schema.py" "$SRC/reports/schema" valid "$TMP/damaged.json"
fi
is "each cut is in the result" "$(value "$TMP/c.json" 'len(p["cuts"])')" 6
is "of a real cut all that was promised is there" "$(value "$TMP/c.json" \
	'all(c["records"] >= c["promised"] > 0 for c in p["cuts"] if not c.get("control"))')" True
is "no cut lies before what a flush made durable" "$(value "$TMP/c.json" \
	'all(c["entries"] >= c["durable"] for c in p["cuts"])')" True

# --- machines that are killed
crash --mode kill --cuts 3 --controls 2 --records 5 --seed 5 -o "$TMP/k.json" "$kernel"
is "promises are kept by machines that are killed" "$rc" 0
schema_ok "the result is as published" valid "$TMP/k.json"
is "a kill for each cut" "$(value "$TMP/k.json" 'p["kills"]')" 5
is "a writer without fsync is found out" "$(value "$TMP/k.json" 'p["control_outcomes"]')" "{'lost': 2}"
is "the pass proves something" "$(value "$TMP/k.json" 'p["proven"]')" True

# --- killed while units are written atomically
xfs=$(vm_cached series:6.18-cloud)
if [ -n "$xfs" ] && have mkfs.xfs; then
	crash --filesystem xfs --writer atomic --mode kill --cuts 2 --controls 1 --records 10 \
		--seed 5 -o "$TMP/a.json" "$xfs"
	is "units are kept by machines that are killed" "$rc" 0
	is "all of them" "$(value "$TMP/a.json" 'p["outcomes"]')" "{'kept': 2}"
	is "a writer without fdatasync is found out" \
		"$(value "$TMP/a.json" 'p["control_outcomes"]')" "{'lost': 1}"
else
	skip "units are kept by machines that are killed" "no kernel of 6.18, or no mkfs.xfs"
fi
crash --filesystem ext4 --writer atomic --mode kill --cuts 2 --controls 1 "$kernel"
is "without atomic writes the pass is skipped" "$rc" 4
like "with a reason" "$out" "skipped: this kernel does not write units of 32768 bytes atomically here"
is "no image is left" "$(ls "$TMPDIR")" ""
vm_gone "QEMU is gone"
finish
