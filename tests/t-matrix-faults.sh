#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# tests/run: beside others
# Guests that break, each in its own way: each its own outcome and one clear
# line, and nothing left behind.
. "${0%/*}/lib.sh"
. "${0%/*}/lib-vm.sh"

mkdir "$TMP/tmp"
TMPDIR=$TMP/tmp
export TMPDIR

fault() { # NAME
	# a flood comes out of stderr
	timeout 1500 "$STRAIN" matrix boot --cache "$cache" --accel tcg \
		--fault "$1" "$kernel" >"$TMP/out" 2>/dev/null
	rc=$?
	out=$(head -n 1 "$TMP/out")
}

run "$STRAIN" matrix boot --fault panic "$kernel" -- --nop 1
is "a fault and a run exclude each other" "$rc" 2

# name, exit status, pattern of the line
while IFS='|' read -r name status words; do
	fault "$name"
	is "$name: exit status" "$rc" "$status"
	like "$name: its outcome" "$out" "$words"
	vm_gone "$name: QEMU is gone"
done <<'END'
panic|1|: panic: Kernel panic
oops|1|: oops: BUG: kernel NULL pointer dereference
reboot|5|: truncated: the guest rebooted before the job had ended
power-off|5|: truncated: the guest powered off before the job had ended
garbage|5|: truncated: the guest's port: bytes that are no frame
nonsense|5|: broken: .*unknown fault 'nonsense'
exit|5|: broken: the job ended with status 7
out-of-memory|5|: broken: the guest had no memory left for the job
hang|124|: hang:
flood|5|: timeout: the job took longer than 10s
END

is "no folder of an image is left" "$(ls "$TMPDIR")" ""
finish
