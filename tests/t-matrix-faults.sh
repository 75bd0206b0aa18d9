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

# --- a disk that gets full while the state of a machine is saved ----------------
# All that a boot makes there was made before: what is missing is room for a state.

# on_disk KIB: boots with a cache without states (the guests above were of the
# same machine) of which so much is free; then what states are there. What the
# files take is asked of the disk that has them: elsewhere holes and blocks set
# aside in advance make it another figure, by more than a state.
on_disk() {
	# shellcheck disable=SC2016 # for the shell inside
	run timeout 600 unshare -m sh -c 'mkdir -p "$2" &&
		mount -t tmpfs -o size=100% none "$2" || exit 99
		cp -a "$1/." "$2" && rm -rf "$2/states"
		used=$(df --output=used "$2" | sed 1d)
		mount -o "remount,size=$((used + $5))k" "$2" || exit 99
		"$3" matrix boot --cache "$2" --accel tcg "$4" -- --nop 1 -t 1s
		status=$?; find "$2/states" -type f | sed "s/^/state: /"
		df --output=avail "$2" | sed -n "2s/ */left: /p"
		exit $status' sh "$cache" "$TMP/small" "$STRAIN" "$kernel" "$1"
}
run timeout 600 "$STRAIN" matrix boot --cache "$cache" --no-state --accel tcg "$kernel" -- --nop 1 -t 1s
is "a boot whose state is not wanted" "$rc" 0
on_disk 4096
if [ "$rc" = 99 ]; then
	skip "a disk gets full while a state is saved" "no private mount here: $err"
else
	is "a disk gets full while a state is saved: the job passes" "$rc" 0
	like "one line says what was not saved" "$err" \
		"^strain: (warning: )?state of the machine to '[^']*/states/[0-9a-f]+': No space left on device$"
	is "it is the only line" "$(printf '%s\n' "$err" | wc -l)" 1
	is "no half of a state is left" "$(printf '%s\n' "$out" | grep -c '^state: ')" 0
	ok "nor room taken by one" test "$(printf '%s\n' "$out" | sed -n 's/^left: //p')" -gt 2048
	on_disk 400000
	is "with room: the job passes" "$rc" 0
	is "the state is there" "$(printf '%s\n' "$out" | grep -c '^state: ')" 1
	is "and nothing to be said" "$err" ""
fi
vm_gone "QEMU is gone"

is "no folder of an image is left" "$(ls "$TMPDIR")" ""
finish
