#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Virtual machines: boots and restores, and what is left when anything is killed.
. "${0%/*}/lib.sh"
. "${0%/*}/lib-vm.sh"

boot() { # OPTION... -- RUN-OPTION...
	run timeout 300 "$STRAIN" matrix boot --cache "$cache" --accel tcg "$@"
}

# value FILE EXPRESSION of the report r
value() {
	"$python" -c 'import json, sys
r = json.load(open(sys.argv[1]))
print(eval(sys.argv[2]))' "$1" "$2"
}

# --- a boot, and a restore of the machine that it left ------------------------
boot -o "$TMP/booted.json" "$kernel" -- --nop 1 -t 1s
is "a kernel boots and runs a job" "$rc" 0
like "it says how" "$err$out" 'under tcg \(QEMU [0-9.]+\), booted in'
is "the report names the acceleration" \
	"$(value "$TMP/booted.json" 'r["machine"]["accel"]')" tcg
like "the report names QEMU" \
	"$(value "$TMP/booted.json" 'r["machine"]["emulator"]')" '^QEMU [0-9]'
vm_gone "QEMU is gone"
boot -o "$TMP/one.json" "$kernel" -- --nop 1 -t 1s
is "the saved machine runs it too" "$rc" 0
like "it says so" "$err$out" 'restored in'
boot -o "$TMP/two.json" "$kernel" -- --nop 1 -t 1s
is "restores are one boot" "$(value "$TMP/one.json" 'r["boot_id"]')" \
	"$(value "$TMP/booted.json" 'r["boot_id"]')"
if [ "$(value "$TMP/one.json" 'r["seed"]')" != "$(value "$TMP/two.json" 'r["seed"]')" ]; then
	pass "each restore has random numbers of its own"
else
	fail "each restore has random numbers of its own" \
		"seed of both: $(value "$TMP/one.json" 'r["seed"]')"
fi
is "each restore has the time of day" \
	"$(value "$TMP/two.json" 'abs(__import__("time").time() - r["started"]) < 300')" True

# --- what needs a library that the guest's program lacks ------------------------
# The host's program is the job's then, and has the whole machine for itself as well.
run timeout 300 "$STRAIN_FAST" matrix boot --cache "$cache" --accel tcg -o "$TMP/both.json" \
	"$kernel" -- --module 1 --memcg 1 --memcg-method charge --memcg-ops 1 --module-ops 1 --grace 1m
is "modules are loaded, control groups are made" "$rc" 0
is "each of them worked" \
	"$(value "$TMP/both.json" '{c["stressor"] for c in r["cases"] if c["outcome"] == "pass"} == {"memcg", "module"}')" True

# --- shapes -------------------------------------------------------------------
# What the kernel says of a machine that has one of everything.
if [ "$vm_arch" = amd64 ]; then
	cat >"$TMP/shapes.json" <<END
{
	"schema": "strain-matrix-file/1",
	"name": "shapes",
	"kernels": [{"source": "$kernel", "name": "k"}],
	"architectures": ["amd64"],
	"machines": [{
		"name": "all",
		"nodes": [
			{"cpus": 2, "memory": "512M", "latency": 10, "bandwidth": "10G"},
			{"memory": "512M", "latency": 500, "bandwidth": "1G"}
		],
		"disks": [
			{"kind": "virtio-blk", "size": "64M"}, {"kind": "nvme", "size": "32M"},
			{"kind": "scsi", "size": "48M"}, {"kind": "pmem", "size": "128M"}
		]
	}],
	"cmdlines": [{"name": "loud", "append": "loglevel=7"}],
	"jobs": [{"name": "nop", "argv": ["--nop", "1", "-t", "1s"]}]
}
END
	run timeout 600 "$STRAIN" matrix run --cache "$cache" --accel tcg -o "$TMP/shapes" "$TMP/shapes.json"
	is "a machine with nodes and disks runs a job" "$rc" 0
	console=$(cat "$TMP"/shapes/cells/*/console.log)
	like "its virtio disk is seen" "$console" '\[vda\] 131072 512-byte'
	like "its scsi disk is seen" "$console" '\[sda\] 98304 512-byte'
	like "its nvme disk is seen" "$console" 'nvme nvme0: pci function'
	like "its persistent memory is seen" "$console" '(nd_pmem|pmem0)'
	# Kernels before 6.4 have no such line.
	if printf '%s\n' "$console" | grep -Eq 'Linux version (5\.|6\.[0-3]\.)'; then
		skip "the node without CPUs is a slower tier" "the kernel does not say"
	else
		like "the node without CPUs is a slower tier" "$console" \
			'Demotion targets for Node 0: preferred: 1'
	fi
	vm_gone "no QEMU of it is left"
fi

# --- killed -------------------------------------------------------------------
# In the boot, while it saves its state, in the job: at any time.
for delay in 0.1 0.7 2 4 6 8; do
	"$STRAIN" matrix boot --cache "$TMP/other" --accel tcg "$kernel" -- --nop 1 -t 20s \
		>"$TMP/.out" 2>"$TMP/.err" </dev/null &
	strain=$!
	sleep $delay
	kill -KILL $strain
	wait $strain 2>/dev/null
	vm_gone "strain was killed after $delay s: no QEMU is left"
done
is "no half-written state is left" "$(find "$TMP/other" -name '*.new*' 2>/dev/null)" ""
run timeout 300 "$STRAIN" matrix boot --cache "$TMP/other" --accel tcg "$kernel" -- --nop 1 -t 1s
is "its cache can be used afterwards" "$rc" 0

# QEMU itself, whatever it does.
for delay in 0.5 3; do
	"$STRAIN" matrix boot --cache "$cache" --no-state --accel tcg "$kernel" -- --nop 1 -t 60s \
		>"$TMP/.out" 2>"$TMP/.err" </dev/null &
	strain=$!
	until [ -n "$(vm_pids)" ]; do
		sleep 0.1
		kill -0 $strain 2>/dev/null || break
	done
	sleep $delay
	for pid in $(vm_pids); do
		kill -KILL "$pid"
	done
	wait $strain
	is "QEMU was killed after $delay s: exit status" $? 5
	like "QEMU was killed after $delay s: it is said" "$(cat "$TMP/.out" "$TMP/.err")" 'qemu-failed'
done

# --- no QEMU ------------------------------------------------------------------
mkdir "$TMP/bin"
for tool in zstd xz lz4 depmod modprobe; do
	path=$(command -v $tool) && ln -s "$path" "$TMP/bin/$tool"
done
run env PATH="$TMP/bin" "$STRAIN" matrix boot --cache "$cache" --accel tcg "$kernel" -- --nop 1
is "no QEMU: exit status" "$rc" 5
like "no QEMU: the package is named" "$err" "'qemu-system-[a-z0-9_]+' is not installed; it is in package 'qemu-system-"
is "no QEMU: one line" "$(printf '%s\n' "$err" | wc -l)" 1

vm_gone "no QEMU is left at the end"
finish
