#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A run says whether it watched the kernel, and fails when it complained. What
# counts as a complaint is in tests/unit/kwatch_patterns.c. Nothing writes to the log of
# the real kernel.
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

# The control: records that come during a trial, in a log of our own.
# complaining RECORD...: runs, and adds the records meanwhile.
log=$TMP/kmsg
complaining() {
	printf '4,1,1,-;WARNING: CPU: 0 PID: 1 at before/the.c:1 start+0x1/0x2\n' \
		>"$log"
	{
		sleep 0.5
		for record; do
			printf '%s\n' "$record" >>"$log"
		done
	} &
	run env STRAIN_KMSG="$log" "$STRAIN" run --nop 1 -t 1s --report "$report"
	wait
}

complaining '4,2,2,-;EXT4-fs (loop0): mounted filesystem' \
	'12,3,3,-;WARNING: CPU: 0 PID: 1 at a/program.c:1 wrote+0x1/0x2'
is "harmless records fail nothing" "$rc" 0

complaining '4,2,2,-;------------[ cut here ]------------' \
	'4,3,3,-;WARNING: CPU: 1 PID: 7 at mm/mmap.c:12 unmap_region+0x1/0x2' \
	'4,4,4,-;---[ end trace 0000000000000000 ]---'
is "a warning during a trial fails it" "$rc" 1
like "its line is the reason" "$out$err" \
	'WARNING: CPU: 1 PID: 7 at mm/mmap.c:12'
like "it is one complaint" "$(kernel "$report")" '"splats": ?1[,} ]'
like "the report has the trace" "$(cat "$report")" 'end trace 0{16}'
unlike "and nothing of before" "$(cat "$report")" 'before/the.c'

complaining '3,2,2,-;I/O error, dev vdb, sector 8 op 0x1:(WRITE) flags 0x0'
is "an I/O error of a device fails nothing" "$rc" 0
like "but is told" "$(cat "$report")" 'I/O error, dev vdb'

complaining '2,2,2,-;XFS (loop4711): Corruption of in-memory data (0x8) detected' \
	'2,3,3,-;EXT4-fs error (device dm-4711): ext4_lookup:1: inode #2'
is "a broken filesystem of somebody else fails nothing" "$rc" 0
like "but is told" "$(cat "$report")" \
	'"kind": ?"foreign", ?"text": ?"XFS \(loop4711\)'
complaining '2,2,2,-;XFS (sdz4711): Corruption of in-memory data (0x8) detected'
is "one on a disk of the machine fails" "$rc" 1

# our_loop: waits for the loop device on an image below $TMP, and prints its name.
our_loop() {
	for _ in $(seq 100); do
		for backing in /sys/block/loop*/loop/backing_file; do
			case $(cat "$backing" 2>/dev/null) in
			"$TMP"/scratch/*)
				name=${backing#/sys/block/}
				echo "${name%%/*}"
				return
				;;
			esac
		done
		sleep 0.1
	done
}

if "$STRAIN" list --why-skip --with parallel-dir |
	grep -q '^runs  parallel-dir/create@ext4$'; then
	mkdir "$TMP/scratch"
	: >"$log"
	{
		device=$(our_loop)
		echo "2,2,2,-;EXT4-fs error (device $device): ext4_lookup:1: inode #2" \
			>>"$log"
	} &
	run env STRAIN_KMSG="$log" "$STRAIN" run --parallel-dir 1 \
		--parallel-dir-method create --fs ext4 --temp-path "$TMP/scratch" \
		-t 3s --report "$report"
	wait
	is "a broken filesystem on a device of ours fails" "$rc" 1
	like "by the line" "$out$err" 'EXT4-fs error \(device loop'
else
	skip "a broken filesystem on a device of ours" "needs loop and ext4"
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
