# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# What tests that boot virtual machines start with, behind lib.sh: a kernel, the
# guest's program and QEMU, or the test is skipped with what is missing.
#
#	. "${0%/*}/lib.sh"
#	. "${0%/*}/lib-vm.sh"
#	run timeout 300 "$STRAIN" matrix boot --cache "$cache" "$kernel" -- --nop 1
#
# The kernel is $STRAIN_TEST_KERNEL, in the words of 'strain matrix boot', or one
# that 'strain matrix fetch' left in the user's cache. All else is made anew in
# $cache, whose path is in the words of every QEMU that this test starts.

# shellcheck disable=SC2034 # read by the tests
cache=$TMP/cache
STRAIN_GUESTS=${STRAIN_GUESTS:-$BUILD/guests}
export STRAIN_GUESTS

# shellcheck disable=SC2154 # lib.sh has it
# vm_cached SOURCE [ARCH]: prints the words for a kernel of the user's cache, if any.
vm_cached() {
	"$STRAIN" matrix fetch --offline --json -q ${2:+--arch "$2"} "$1" 2>/dev/null | "$python" -c '
import json, sys
for k in json.load(sys.stdin):
    if k.get("image"):
        print(k["image"] + (",modules=" + k["modules"] if k.get("modules") else ""))' \
		2>/dev/null
}

vm_arch=$(dpkg --print-architecture 2>/dev/null || echo amd64)
kernel=${STRAIN_TEST_KERNEL:-}
for source in series:6.12-cloud series:6.1-cloud series:7.3-cloud; do
	[ -n "$kernel" ] || kernel=$(vm_cached $source)
done
[ -n "$kernel" ] || skip_all "no kernel: name one in STRAIN_TEST_KERNEL, or run 'strain matrix fetch series:6.12-cloud'"
[ -x "$STRAIN_GUESTS/$vm_arch/strain" ] || skip_all "no program for the guest: run 'make guest'"
case $vm_arch in
amd64) have qemu-system-x86_64 || skip_all "qemu-system-x86 is not installed" ;;
i386) have qemu-system-i386 || skip_all "qemu-system-x86 is not installed" ;;
arm64) have qemu-system-aarch64 || skip_all "qemu-system-arm is not installed" ;;
*) skip_all "booted on amd64, i386 and arm64 only" ;;
esac

# Pids of the QEMUs that this test started and that are still there.
vm_pids() {
	grep -sla -e "$TMP" /proc/[0-9]*/cmdline | xargs -r grep -sla qemu-system |
		sed 's|/proc/||; s|/cmdline||'
}

# vm_gone DESCRIPTION: within 20 s there are none.
vm_gone() {
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		[ -n "$(vm_pids)" ] || break
		sleep 1
	done
	is "$1" "$(vm_pids)" ""
}
