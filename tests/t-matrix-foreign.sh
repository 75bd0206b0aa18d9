#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# tests/run: beside others
# A shell's commands in guests of other architectures: the shell, and what one
# types into it, come from their sysroots.
. "${0%/*}/lib.sh"
. "${0%/*}/lib-vm.sh"

# field ARCH COLUMN of the table of architectures
field() {
	"$SRC/tools/sysroot" --list | awk -v arch="$1" -v column="$2" \
		'$1 == arch { print $column }'
}

cat >"$TMP/try.sh" <<'EOF'
strain --version
echo "machine $(uname -m)"
ls -d /proc/self
exit 1
EOF

for arch in arm64 s390x; do
	name=$(field "$arch" 4)
	if [ "$name" = "$(uname -m)" ]; then
		continue
	fi
	sysroot=$("$SRC/tools/sysroot" --place "$arch")
	source=$(vm_cached "series:6.12-cloud" "$arch")
	[ -n "$source" ] || source=$(vm_cached "series:6.12" "$arch")
	if [ ! -x "$STRAIN_GUESTS/$arch/strain" ]; then
		skip "$arch: a script" "no guest (make guests ARCHES=$arch)"
	elif ! have "qemu-system-$name"; then
		skip "$arch: a script" "no qemu-system-$name"
	elif [ -z "$source" ]; then
		skip "$arch: a script" "no kernel (strain matrix fetch --arch $arch series:6.12)"
	elif [ ! -e "$sysroot/usr/bin/busybox" ] && [ ! -e "$sysroot/usr/bin/sh" ]; then
		skip "$arch: a script" "its sysroot has no shell (tools/sysroot $arch)"
	else
		run timeout 850 "$STRAIN" matrix boot --cache "$cache" --accel tcg --arch "$arch" \
			--script "$TMP/try.sh" "$source"
		is "$arch: the exit status is the script's" "$rc" 1
		like "$arch: it finds the program" "$out" "^strain $(cat "$SRC/VERSION")"
		is "$arch: it runs on that architecture" \
			"$(printf '%s\n' "$out" | sed -n 's/^machine //p')" "$name"
		like "$arch: other programs are there too" "$out" '^/proc/self$'
	fi
done

# A sysroot of before there was a shell in it.
mkdir -p "$cache/sysroots/arm64/usr/bin"
source=$(vm_cached "series:6.12-cloud" arm64)
if [ "$vm_arch" = arm64 ] || [ -z "$source" ] || [ ! -x "$STRAIN_GUESTS/arm64/strain" ] ||
	! have qemu-system-aarch64; then
	skip "without a shell nothing is booted" "no foreign guest of arm64"
else
	run timeout 300 "$STRAIN" matrix boot --cache "$cache" --accel tcg --arch arm64 \
		--script "$TMP/try.sh" "$source"
	is "without a shell nothing is booted" "$rc$out" 4
	is "and it is said" "$err" "strain: no shell for guests of 'arm64': '$cache/sysroots/arm64' has neither sh nor busybox; 'make guests' brings it up to date"
fi
vm_gone "no QEMU is left"
finish
