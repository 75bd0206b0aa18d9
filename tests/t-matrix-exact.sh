#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# tests/run: beside others
# Exact mode: refused where nothing counts instructions, equal where it does.
. "${0%/*}/lib.sh"

# --- on this machine, whose clock counts time ----------------------------------
run "$STRAIN" run --exact --no-report --nop 1 --split-lock 1 --parallel-dir 1 \
	--parallel-dir-method create --fs tmpfs,xfs
is "no case runs without a clock that counts instructions" "$rc" 4
like "it says why" "$out" 'does not count instructions'
like "a method that is not exact says so" "$out" 'not fixed, or is done by a device'
like "so does a filesystem on a device" "$out" 'the filesystem is not tmpfs'
run "$STRAIN" run --exact --permute 1 --nop 1
is "combinations are not exact" "$rc" 2
like "it says why" "$err" "'--exact' cannot be given with '--permute'"

# --- the command line of matrix compare ----------------------------------------
run "$STRAIN" matrix compare -- --nop 1
is "a kernel has to be named" "$rc" 2
like "it shows how" "$err" 'which kernels\?'
run "$STRAIN" matrix compare --kernel series:6.12-cloud -- --nop 1
is "one side is not enough" "$rc" 2
like "it says so" "$err" 'one side alone'
run "$STRAIN" matrix compare --kernel a --kernel b --kernel c --cmdline x --cmdline y -- --nop 1
is "command lines are one for all or one for each" "$rc" 2
like "it says so" "$err" '3 kernels and 2 command lines'
run "$STRAIN" matrix compare --timed --kernel a --kernel b --kernel c -- --nop 1
is "times are of two sides" "$rc" 2
like "it says so" "$err" 'takes two sides'
run "$STRAIN" matrix compare --kernel a --kernel b -- --nopp 1
is "options of the run are looked at first" "$rc" 2
like "it names the option" "$err" 'nopp'
for job in "--io-uring 1" "--parallel-dir 1 --fs ext4"; do
	# shellcheck disable=SC2086 # words
	run "$STRAIN" matrix compare --kernel a --kernel b -- $job
	is "nothing is booted that counts nothing: $job" "$rc" 2
	like "it says so" "$err" '^strain: nothing to count instructions of: [a-z/@4-]* is not for exact mode: '
done
run "$STRAIN" matrix compare --kernel no/such/vmlinuz --kernel no/such/vmlinuz --cache "$TMP/none" -- \
	--io-uring 1 --nop 1
like "one that counts is enough" "$err" 'no/such/vmlinuz'
run "$STRAIN" matrix compare --kernel no/such/vmlinuz --kernel no/such/vmlinuz --cache "$TMP/none" -- --nop 1
like "a kernel that is not there is named" "$err" 'no/such/vmlinuz'

# --- guests --------------------------------------------------------------------
# Skips all of the test where there is no kernel, no guest or no QEMU; what stands
# above has told its results by then.
guests() (
	. "${0%/*}/lib-vm.sh"
	echo "$kernel"
) >"$TMP/kernel"
guests
if ! grep -q / "$TMP/kernel"; then
	skip "two boots count the same" "$(sed -n 's/.*SKIP *//p' "$TMP/kernel")"
	finish
	exit
fi
kernel=$(cat "$TMP/kernel")
# shellcheck disable=SC2031 # lib-vm.sh has set it, but in the subshell above
STRAIN_GUESTS=${STRAIN_GUESTS:-$BUILD/guests}
export STRAIN_GUESTS
run timeout 900 "$STRAIN" matrix compare --fixed-layout --boots 2 --cache "$TMP/cache" \
	-o "$TMP/out" --json --kernel "$kernel" --kernel "$kernel" -- \
	--trials 1 --switch 1 --switch-method pipe --fault 1 --fault-method shmem
is "two boots a side are too few to tell" "$rc" 125
echo "$out" >"$TMP/doc.json"
"$python" - "$TMP" >"$TMP/told" <<'PY'
import glob, json, sys
top = sys.argv[1]
doc = json.load(open(top + "/doc.json"))
print("gates", doc["gates"])
for row in doc["metrics"]:
    v = row["values"]["base"] + row["values"]["new"]
    print(row["case"], row["metric"], len(v), max(v) / min(v) - 1 <= 0.003)
for path in glob.glob(top + "/out/*/boot-*.json"):
    r = json.load(open(path))
    m = r["machine"]
    print("boot", m["exact"], m["accel"], m["layout"], "TLBs" in m["exact_blind"],
          r["cases"][0]["workers"])
print("boots", len({json.load(open(p))["boot_id"] for p in glob.glob(top + "/out/*/boot-*.json")}))
PY
told=$(cat "$TMP/told")
like "instructions are what is judged" "$told" 'switch/pipe instructions 4 '
like "four boots agree within 0.3 %: a pipe's switch" "$told" 'switch/pipe instructions 4 True'
like "four boots agree within 0.3 %: a page fault" "$told" 'fault/shmem instructions 4 True'
like "counted instructions gate" "$told" 'gates True'
is "every report says how, and what it cannot see" \
	"$(echo "$told" | grep -c '^boot True tcg fixed True 1$')" 4
like "each boot is one" "$told" '^boots 4$'

# --- by turns; a trial of so many operations ends in the middle of them -----------
run timeout 900 "$STRAIN" matrix compare --timed --boots 2 --windows 4 --window 4ms \
	--cache "$TMP/cache" -o "$TMP/timed" --json --kernel "$kernel" --kernel "$kernel" -- \
	--trials 2 --switch 1 --switch-method pipe --nop 1 --nop-ops 1000
is "two boots a side are too few to tell a time" "$rc" 125
echo "$out" >"$TMP/doc.json"
"$python" - "$TMP" >"$TMP/told" <<'PY'
import glob, json, sys
top = sys.argv[1]
doc = json.load(open(top + "/doc.json"))
print("gates", doc["gates"])
for path in glob.glob(top + "/timed/*/boot-*.json"):
    r = json.load(open(path))
    print("boot", r["machine"].get("exact", False), r["outcome"])
    for c in r["cases"]:
        rate = next(m for m in c["metrics"] if m["id"] == "vcpu-rate")
        print(c["id"], c["outcome"], [t["pair"] for t in c["trials"]],
              rate["primary"], sum(v is not None and v > 0 for v in rate["values"]))
PY
told=$(cat "$TMP/told")
is "both cases of four boots pass" "$(echo "$told" | grep -c '^boot False pass$')" 4
is "trials have a rate, and a number that finds those of the other side" \
	"$(echo "$told" | grep -c '^switch/pipe pass \[[0-9], [0-9]\] True 2$')" 4
is "trials that end by themselves are pairs too" \
	"$(echo "$told" | grep -c '^nop pass \[[0-9], [0-9]\] True')" 4
like "times under emulation do not gate" "$told" 'gates False'
finish
