#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A 32-bit build compiles without a warning. With the libraries of i386, unpacked
# by tools/sysroot, it links too and runs, by the kernel of this machine.
#
# tests/run: beside others
. "${0%/*}/build.sh"

[ "$(uname -m)" = x86_64 ] || skip_all "only on x86-64"
# where no package links /usr/include/asm
cc='gcc -m32 -idirafter /usr/include/x86_64-linux-gnu'
echo 'int main(void) { return sizeof(long) != 4; }' >"$TMP/t.c"
$cc -o "$TMP/t" "$TMP/t.c" 2>/dev/null
"$TMP/t" 2>/dev/null ||
	skip_all "gcc -m32 builds no program (gcc-multilib), or this kernel runs none"

mkdir "$TMP/b" && cd "$TMP/b" || exit 1
sysroot=$("$SRC/tools/sysroot" --place i386)
if [ ! -e "$sysroot/stamp" ]; then
	set -- --enable-werror CFLAGS=-O1
	for lib in $(sed -n "s/^optional='\(.*\)'/\1/p" "$SRC/configure") libperf; do
		set -- "$@" "--without-$lib"
	done
	ok "configure for 64 bits" "$SRC/configure" "$@" CC=gcc
	ok "all of it compiles without a warning" make_here objects CC="$cc"
	skip "it works" "no libraries of i386 (tools/sysroot i386)"
	finish
fi
ok "configure finds the libraries of i386" "$SRC/configure" --enable-werror --static \
	--host=i686-linux-gnu --sysroot="$sysroot" CFLAGS=-O1 \
	CC='gcc -m32' AR=ar PKG_CONFIG=pkg-config
ok "all of it compiles without a warning, and links" make_here strain
program_works

# --- on a kernel of 64 bits -----------------------------------------------------
# What asks the kernel for something else than programs of 64 bits do, and leaves
# the machine alone.
cat >"$TMP/few.job" <<'END'
fault 1
hugepage 1
mshare 1
switch 2
aiol 1
io-uring 1
parallel-dir 1
atomic-write 1
timeout 100ms
warmup 10ms
# on a busy machine
grace 30s
slice 50ms
sequential 1
fault-bytes 1M
hugepage-method thp-fault
mshare-method shmem-4k
atomic-write-method refusals
fs tmpfs
END
run ./strain run --job "$TMP/few.job" --report "$TMP/report.json"
is "stressors of memory, scheduler, files and I/O" "$rc" 0
note "$(printf '%s\n' "$out" | grep " passed, ")"
is "each of them had work that it could do" "$("$python" -c '
import json, sys
cases = json.load(open(sys.argv[1]))["cases"]
names = {c["stressor"] for c in cases}
print(len(names), sorted(names - {c["stressor"] for c in cases if c["outcome"] == "pass"}))
' "$TMP/report.json")" "8 []"
test_units i386 "$TMP/b" "$sysroot/usr/lib/ld-linux.so.2" \
	--library-path "$sysroot/usr/lib/i386-linux-gnu"
finish
