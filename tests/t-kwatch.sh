#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A run says whether it watched the kernel, and what it saw. What counts as a
# complaint is in tests/unit/kwatch.c: nothing here writes to the kernel's log.
. "${0%/*}/lib.sh"

report=$TMP/report.json

# kernel REPORT: what the trial says of the kernel, on one line.
kernel() {
	tr -d '\n' <"$1" | grep -o '"watched": *[a-z]*[^}]*' | tr -s ' '
}

if dd if=/dev/kmsg of=/dev/null count=1 bs=8192 iflag=nonblock 2>/dev/null; then
	mounts=$(cat /proc/self/mounts)
	run "$STRAIN" run --nop 1 -t 300ms --report "$report"
	is "a quiet run passes" "$rc" 0
	like "it says that the kernel was watched" "$(kernel "$report")" \
		'"watched": ?true'
	like "and that it was silent" "$(kernel "$report")" '"splats": ?0'
	is "nothing is mounted afterwards" "$(cat /proc/self/mounts)" "$mounts"
else
	skip "the kernel is watched" "/dev/kmsg cannot be read"
fi

if [ "$(id -u)" = 0 ] && have setpriv &&
	[ "$(cat /proc/sys/kernel/dmesg_restrict)" = 1 ]; then
	mkdir "$TMP/user" && cp "$STRAIN" "$TMP/user/strain"
	chmod 755 "$TMP" "$TMP/user" && chown 65534 "$TMP/user"
	run env HOME="$TMP/user" setpriv --reuid 65534 --clear-groups \
		"$TMP/user/strain" run --nop 1 -t 300ms \
		--report "$TMP/user/report.json"
	is "without privilege a run passes" "$rc" 0
	like "it says that the kernel was not watched" \
		"$(kernel "$TMP/user/report.json")" '"watched": ?false'
	like "and why" "$(kernel "$TMP/user/report.json")" \
		'cannot read /dev/kmsg: .*dmesg_restrict is 1'
else
	skip "without privilege" "needs root, setpriv and dmesg_restrict 1"
fi
finish
