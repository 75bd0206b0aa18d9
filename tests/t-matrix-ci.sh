#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# tests/run: beside others
# The matrix for each change, whole: two kernels of this architecture and one of
# another, of those that 'strain matrix fetch ci' left in the user's cache.
. "${0%/*}/lib.sh"
. "${0%/*}/lib-vm.sh"

# The cells, "KERNEL/ARCH" each, and those of them that cannot boot here.
plan=$("$STRAIN" matrix plan ci --json) || skip_all "no plan: $plan"
missing=$(printf '%s' "$plan" | "$python" -c '
import json, os, shutil, sys
qemu = {"amd64": "x86_64", "arm64": "aarch64"}
for c in json.load(sys.stdin)["cells"]:
    guest = os.path.join(os.environ["STRAIN_GUESTS"], c["arch"], "strain")
    if not os.access(guest, os.X_OK):
        print("make guests ARCHES=" + c["arch"])
    if not shutil.which("qemu-system-" + qemu[c["arch"]]):
        print("QEMU for " + c["arch"])' | sort -u | head -1)
[ -z "$missing" ] || skip_all "missing: $missing"
"$STRAIN" matrix fetch --offline -q ci >/dev/null 2>&1 ||
	skip_all "kernels are missing: run 'strain matrix fetch ci'"

run timeout 850 "$STRAIN_FAST" matrix run ci --offline --rerun -o "$TMP/out"
is "two kernels and a foreign architecture boot, and all cells pass" "$rc" 0
note "$out"
is "none was left out" "$("$python" -c 'import json, sys
cells = json.load(open(sys.argv[1]))["cells"]
print(len(cells), len({c["arch"] for c in cells}),
      sorted({c["outcome"] for c in cells}))' "$TMP/out/matrix.json")" \
	"3 2 ['pass']"
is "there is a page of them" "$(grep -c '<html' "$TMP/out/matrix.html")" 1
vm_gone "QEMU is gone"
finish
