#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# strain matrix fetch against an archive made here: what it finds, and each way
# in which fetching goes wrong.
. "${0%/*}/lib.sh"

for tool in apt-get dpkg-deb depmod; do
	have $tool || [ -x /usr/sbin/$tool ] || skip_all "no $tool here"
done
"$STRAIN" --version | grep -q libarchive || skip_all "built without libarchive"

mirror=$TMP/mirror
cache=$TMP/cache
# What it says is the same whatever this machine's sources are.
sources=$TMP/fake.list
echo "deb [trusted=yes] file:$mirror trixie main
deb [trusted=yes] file:$mirror trixie-security main" >"$sources"

# fetch OPTION...: from the archive made here
fetch() {
	run "$STRAIN" matrix fetch --arch amd64 --sources "$sources" \
		--cache "$cache" "$@"
}

one_line() { # DESCRIPTION: stderr has just one
	is "$1" "$(printf '%s\n' "$err" | wc -l)" 1
}

# Whatever failed, no kernel is there that is not whole.
nothing_half() { # DESCRIPTION
	is "$1" "$(find "$cache/kernels" -mindepth 1 -maxdepth 1 -name '.*' 2>/dev/null)" ""
}

# package NAME VERSION DEPENDS: builds the folder $TMP/p into the pool
package() {
	mkdir -p "$TMP/p/DEBIAN" "$mirror/pool"
	printf 'Package: %s\nVersion: %s\nArchitecture: amd64\n%sMaintainer: x <x@example.org>\nDescription: x\n' \
		"$1" "$2" "${3:+Depends: $3
}" >"$TMP/p/DEBIAN/control"
	dpkg-deb -Zxz -b "$TMP/p" "$mirror/pool/$1_$2.deb" >/dev/null || exit 1
	rm -r "$TMP/p"
}

# A module that depmod reads; what it does is of no interest.
if have cc; then
	echo 'int strain_test;' | cc -x c -c -o "$TMP/m.ko" -
else
	cp "$(command -v true)" "$TMP/m.ko"
fi

# kernel RELEASE FOLDER: image and modules below $TMP/p
kernel_files() {
	mkdir -p "$TMP/p/boot" "$TMP/p/$2/$1/kernel/fs"
	echo "kernel $1" >"$TMP/p/boot/vmlinuz-$1"
	echo "CONFIG_X86_64=y" >"$TMP/p/boot/config-$1"
	echo stub >"$TMP/p/boot/System.map-$1"
	cp "$TMP/m.ko" "$TMP/p/$2/$1/kernel/fs/m.ko"
}

# stanza NAME VERSION DEPENDS
stanza() {
	deb=$mirror/pool/$1_$2.deb
	printf 'Package: %s\nVersion: %s\nArchitecture: amd64\n%sFilename: pool/%s\nSize: %s\nSHA256: %s\n\n' \
		"$1" "$2" "${3:+Depends: $3
}" "${deb##*/}" "$(wc -c <"$deb")" "$(sha256sum "$deb" | cut -d' ' -f1)"
}

# suite NAME: the index from standard input
suite() {
	dir=$mirror/dists/$1
	mkdir -p "$dir/main/binary-amd64"
	cat >"$dir/main/binary-amd64/Packages"
	printf 'Suite: %s\nCodename: %s\nArchitectures: amd64\nComponents: main\nDate: %s\nSHA256:\n %s %s main/binary-amd64/Packages\n' \
		"$1" "$1" "$(date -Ru)" \
		"$(sha256sum <"$dir/main/binary-amd64/Packages" | cut -d' ' -f1)" \
		"$(wc -c <"$dir/main/binary-amd64/Packages")" >"$dir/Release"
}

old=linux-image-6.12.9-cloud-amd64
new=linux-image-6.12.10-cloud-amd64
kernel_files 6.12.9-cloud-amd64 lib/modules
package $old 6.12.9-1 ''
kernel_files 6.12.10-cloud-amd64 usr/lib/modules
package $new 6.12.10-1 ''
package linux-image-cloud-amd64 6.12.10-1 "$new"
split=7.3.4+deb13-cloud-amd64
mkdir -p "$TMP/p/usr/lib/modules/$split"
echo image >"$TMP/p/usr/lib/modules/$split/vmlinuz"
package linux-binary-$split 7.3.4-1 ''
mkdir -p "$TMP/p/usr/lib/modules/$split/kernel"
cp "$TMP/m.ko" "$TMP/p/usr/lib/modules/$split/kernel/n.ko"
package linux-modules-$split 7.3.4-1 ''
mkdir -p "$TMP/p/usr/lib/modules/$split"
echo CONFIG_X86_64=y >"$TMP/p/usr/lib/modules/$split/config"
package linux-base-$split 7.3.4-1 ''
package linux-image-$split 7.3.4-1 "linux-binary-$split"
mkdir -p "$TMP/p/usr/lib/modules/7.1.2+deb13-amd64"
echo image >"$TMP/p/usr/lib/modules/7.1.2+deb13-amd64/vmlinuz"
package linux-binary-7.1.2+deb13-amd64 7.1.2-1 ''
mkdir -p "$TMP/p/usr/share/doc"
package linux-image-6.5.1-amd64 6.5.1-1 ''
echo 'no package' >"$mirror/pool/linux-image-6.6.1-amd64_6.6.1-1.deb"

indices() {
	{
		stanza $old 6.12.9-1 ''
		stanza linux-binary-$split 7.3.4-1 ''
		stanza linux-modules-$split 7.3.4-1 ''
		stanza linux-base-$split 7.3.4-1 ''
		stanza linux-image-$split 7.3.4-1 "linux-binary-$split (= 7.3.4-1)"
		stanza linux-binary-7.1.2+deb13-amd64 7.1.2-1 ''
		stanza linux-image-6.5.1-amd64 6.5.1-1 ''
		stanza linux-image-6.6.1-amd64 6.6.1-1 ''
		stanza linux-image-6.4.1-amd64 6.4.1-1 ''
		stanza linux-image-6.3.1-amd64 6.3.1-1 ''
	} | suite trixie
	{
		stanza $new 6.12.10-1 ''
		stanza linux-image-cloud-amd64 6.12.10-1 "$new (= 6.12.10-1)"
	} | suite trixie-security
}
# Larger than a small disk: as a package, and unpacked only.
mkdir -p "$TMP/p/boot"
head -c 3000000 /dev/urandom >"$TMP/p/boot/vmlinuz-6.4.1-amd64"
package linux-image-6.4.1-amd64 6.4.1-1 ''
mkdir -p "$TMP/p/boot"
head -c 8000000 /dev/zero >"$TMP/p/boot/vmlinuz-6.3.1-amd64"
package linux-image-6.3.1-amd64 6.3.1-1 ''
indices

# --- what there is ------------------------------------------------------------

fetch --list
is "the archive is listed" "$rc" 0
like "with version and suite" "$out" '^6\.12 +cloud +amd64 +6\.12\.10-1 +trixie-security '
like "and what has no modules" "$out" '^7\.1 +plain .* no modules'
is "newest first" "$(printf '%s\n' "$out" | grep '^6.12' | head -n 1 | awk '{ print $4 }')" 6.12.10-1
unlike "metapackages are no kernels" "$out" 'linux-image-cloud'
fetch --list --json 7.3-cloud
is "as data too" "$(printf '%s' "$out" | $python -c 'import json,sys; d=json.load(sys.stdin); print(len(d), d[0]["series"], d[0]["modules"], d[0]["cached"])')" \
	"1 7.3 True False"

# --- fetching -----------------------------------------------------------------

hook=$TMP/hook.conf
echo "APT::Update::Post-Invoke { \"touch $TMP/hooked\"; };" >"$hook"
before=$(stat -c %Y.%Z /var/lib/apt/lists /etc/apt 2>/dev/null)
APT_CONFIG=$hook fetch --refresh --json series:6.12-cloud
is "the newest of a series over the suites" "$rc" 0
eval "$(printf '%s' "$out" | $python -c '
import json, sys
for k, v in json.load(sys.stdin)[0].items():
    print("k_%s=\"%s\"" % (k, v))')"
# shellcheck disable=SC2154 # set by eval
{
	is "is the one of the security suite" "$k_release $k_suite" "6.12.10-cloud-amd64 trixie-security"
	is "with its image" "$(cat "$k_image")" "kernel 6.12.10-cloud-amd64"
	is "its configuration" "$(cat "$k_config")" "CONFIG_X86_64=y"
	like "and modules that depmod has seen" "$(cat "$k_modules/modules.dep")" '^kernel/fs/m\.ko:'
	like "a digest" "$k_digest" '^[0-9a-f]{64}$'
	is "and no System.map, of which there is but a stub" "${k_system_map:-none}" none
	image=$k_image
}
is "hooks of the host did not run" "$([ -e "$TMP/hooked" ] && echo ran)" ""
is "its lists and configuration are as they were" \
	"$(stat -c %Y.%Z /var/lib/apt/lists /etc/apt 2>/dev/null)" "$before"
is "no package is kept" "$(ls "$cache/debs")" ""

stamp=$(stat -c %Y.%i "$image")
fetch deb:linux-image-cloud-amd64
is "a metapackage means the kernel behind it" "$rc" 0
like "by name" "$out" '6\.12\.10-cloud-amd64 +trixie-security'
is "which is in the cache" "$(stat -c %Y.%i "$image")" "$stamp"
fetch deb:linux-image-cloud-amd64@trixie
is "one suite only, where it is not" "$rc" 2
fetch deb:$old@trixie
is "a package of one suite" "$rc" 0

fetch --json series:7.3-cloud
is "a kernel in three packages" "$rc" 0
like "has modules" "$out" '"modules": ".*/lib/modules/7\.3\.4'
like "and configuration" "$out" '"config": "'
fetch series:7.1
is "one without modules is a kernel too" "$rc" 0
like "and that is told" "$out" 'no modules'

mv "$mirror" "$mirror.away"
fetch --offline series:6.12-cloud
is "what is in the cache needs no archive" "$rc" 0
like "the newest there" "$out" '6\.12\.10-cloud'
fetch --offline series:6.5
is "what is not is an error" "$rc" 5
like "that says so" "$err" "kernel 6\.5 for amd64 is not in the cache '$cache'; without --offline it would be fetched"
mv "$mirror.away" "$mirror"

# --- what a matrix file asks for by a pattern ---------------------------------------

cat >"$TMP/all.json" <<'EOF'
{
	"kernels": ["series:*-cloud", "series:6.14-cloud", "series:*"],
	"architectures": ["amd64"],
	"jobs": [{"name": "j", "argv": ["--nop", "1"]}]
}
EOF
# planned OPTION...: names of the kernels
planned() {
	run env STRAIN_APT_SOURCES="$sources" "$STRAIN" matrix plan "$TMP/all.json" --json "$@"
	names=$(printf '%s\n' "$out" | sed -n 's|^ *"id": "\([^/]*\)/.*|\1|p' | tr '\n' ' ')
}
planned --cache "$cache"
is "a pattern is what the archive offers, and what is listed" "$names" \
	"6.12-cloud 6.14-cloud 7.3-cloud 6.3 6.4 6.5 6.6 7.1 "
mv "$mirror" "$mirror.away"
planned --cache "$cache" --offline
is "offline it is what the lists in the cache say" "$rc$err $names" \
	"0 6.12-cloud 6.14-cloud 7.3-cloud 6.3 6.4 6.5 6.6 7.1 "
planned --cache "$TMP/none" --offline
is "without lists the listed ones stay" "$rc $names" "0 6.14-cloud "
is "and that is said, once" "$err" "strain: warning: which kernels the archive offers for amd64 is not known: offline, and the archive's indices for amd64 are not in the cache '$TMP/none'"
sed -i 's/"series:6.14-cloud", //' "$TMP/all.json"
planned --cache "$TMP/none" --offline
is "with none listed there are no cells" "$rc" 5
like "and that is why" "$err" 'there are no cells: which kernels the archive offers for amd64 is not known'
mv "$mirror.away" "$mirror"
fetch "$TMP/all.json" --offline
is "a pattern is fetched too" "$rc" 5
like "as far as it can be" "$out" '^6\.12-cloud .*6\.12\.10-cloud-amd64'

# --- what goes wrong ----------------------------------------------------------

fetch series:6.14-cloud
is "a series that nobody offers is a skip" "$rc" 4
like "with its reason" "$out" 'skipped: the archive offers no kernel 6\.14-cloud for amd64'
fetch deb:linux-image-6.12.8-amd64
is "so is a package that is gone" "$rc" 4
fetch deb:linux-image-amd64@bullseye-backports
is "and a suite" "$rc" 4
fetch series:6.14-cloud series:6.12-cloud
is "a skip does not spoil the rest" "$rc" 0
fetch deb:linux-image-clout-amd64
is "an unknown package is a usage error" "$rc" 2
like "with the nearest" "$err" "knows no package 'linux-image-clout-amd64' for amd64; did you mean 'linux-image-cloud-amd64'"
one_line "in one line"
for bad in "deb:linux-image-amd64@trixy:unknown suite 'trixy'; did you mean 'trixie'" \
	"deb:bash:called linux-image" "series:6:not MAJOR.MINOR" \
	"series:6.12-clod:no flavour 'clod', but plain, cloud, rt" \
	"/nowhere/vmlinuz:No such file"; do
	source=${bad%:*} wanted=${bad##*:}
	fetch "$source"
	is "'$source' is a usage error" "$rc" 2
	like "which says what is wrong" "$err" "$wanted"
done

rm -r "$cache/kernels"
deb=$mirror/pool/${new}_6.12.10-1.deb
cp "$deb" "$TMP/whole.deb"
head -c 1000 "$TMP/whole.deb" >"$deb"
fetch series:6.12-cloud
is "a download cut short fails" "$rc" 5
like "and says so" "$err" "'${new}_6\.12\.10-1\.deb' was cut short: 1000 of [0-9]+ bytes"
one_line "in one line"
nothing_half "no half kernel is left"
cp "$TMP/whole.deb" "$deb"
fetch series:6.12-cloud
is "the next one is whole" "$rc" 0

rm -r "$cache/kernels"
printf X | dd of="$deb" bs=1 seek=500 conv=notrunc 2>/dev/null
fetch series:6.12-cloud
is "another digest fails" "$rc" 5
like "and says so" "$err" "'${new}_6\.12\.10-1\.deb' has another digest than the index promises"
one_line "in one line"
is "nothing of it is kept" "$(find "$cache/debs" "$cache/kernels" -type f 2>/dev/null)" ""

rm "$deb"
fetch series:6.12-cloud
is "where a file is gone the next older one is taken" "$rc" 0
like "by name" "$out" '6\.12\.9-cloud-amd64'
like "with a remark" "$err" "the mirror has it no more; the next older one is taken"
fetch deb:$new
is "named alone it is a skip" "$rc" 4
cp "$TMP/whole.deb" "$deb"

fetch series:6.5
is "a package without a kernel fails" "$rc" 5
like "and says so" "$err" "package 'linux-image-6\.5\.1-amd64' has no kernel in it"
fetch series:6.6
is "what is no package fails" "$rc" 5
like "and says so" "$err" 'is not a package that can be unpacked'
nothing_half "no half kernel is left of these"

echo "deb [trusted=yes] http://127.0.0.1:9/debian trixie main" >"$TMP/dead.list"
run "$STRAIN" matrix fetch --arch amd64 --sources "$TMP/dead.list" \
	--cache "$TMP/cache2" deb:$old@trixie
is "a mirror that does not answer fails" "$rc" 5
like "and says so" "$err" "index of suite 'trixie': .*127\.0\.0\.1"
one_line "in one line"
sed "s,$mirror,$TMP/none," "$sources" >"$TMP/dead.list"
run "$STRAIN" matrix fetch --arch amd64 --sources "$TMP/dead.list" \
	--cache "$TMP/cache2" series:6.12-cloud
is "so does one that has no suite" "$rc" 5
like "and says so" "$err" 'none of the suites'
run "$STRAIN" matrix fetch --arch amd64 --sources "$TMP/missing" \
	--cache "$TMP/cache2" series:6.12-cloud
like "and sources that are not there" "$err" "apt sources '$TMP/missing': No such file"
cp "$mirror/dists/trixie/Release" "$TMP/Release"
sed -i 's/^ [0-9a-f]\{8\}/ 00000000/' "$mirror/dists/trixie/Release"
run "$STRAIN" matrix fetch --arch amd64 --sources "$sources" \
	--cache "$TMP/cache2" deb:$old@trixie
is "an index that does not fit its digest fails" "$rc" 5
like "and says so" "$err" "index of suite 'trixie': "
fetch --refresh deb:$old
is "one that was read before is used again" "$rc" 0
like "with a remark" "$err" 'the one fetched before is used'
cp "$TMP/Release" "$mirror/dists/trixie/Release"
run env PATH="$TMP" "$STRAIN" matrix fetch --arch amd64 --sources "$sources" \
	--cache "$TMP/cache3" series:6.12-cloud
is "without apt there is an error" "$rc" 5
like "that says so" "$err" 'no apt-get on this machine'

# --- ended while something is fetched -----------------------------------------

# A mirror that takes connections and says nothing.
cat >"$TMP/mute.py" <<'END'
import socket, sys, time
s = socket.create_server(("127.0.0.1", 0))
print("deb [trusted=yes] http://127.0.0.1:%d/debian trixie main" % s.getsockname()[1],
      file=open(sys.argv[1] + ".list", "w"), flush=True)
kept = [s.accept()]
open(sys.argv[1] + ".asked", "w").close()
while True:
    kept.append(s.accept())
END
cat >"$TMP/cell.json" <<'END'
{"kernels": ["series:6.12-cloud"], "architectures": ["amd64"],
 "jobs": [{"name": "j", "argv": ["--nop", "1"]}]}
END
# ends SIGNAL COMMAND...: its exit status when it gets the signal while it fetches
ends() {
	signal=$1
	shift
	rm -rf "$TMP/mute.list" "$TMP/mute.asked" "$TMP/cache4"
	"$python" "$TMP/mute.py" "$TMP/mute" &
	mute=$!
	until [ -s "$TMP/mute.list" ]; do sleep 0.1; done
	http_proxy='' STRAIN_APT_SOURCES=$TMP/mute.list "$STRAIN" matrix "$@" >"$TMP/ended" 2>&1 &
	strain=$!
	until [ -e "$TMP/mute.asked" ] || ! kill -0 $strain 2>/dev/null; do sleep 0.1; done
	kill -"$signal" $strain
	# apt alone would wait for half an hour
	tries=0
	while [ $tries -lt 300 ] && grep -q '^State:.[^Z]' /proc/$strain/status 2>/dev/null; do
		sleep 0.2
		tries=$((tries + 1))
	done
	kill -KILL $strain 2>/dev/null
	wait $strain
	status=$?
	kill $mute
	wait $mute 2>/dev/null
	echo "$status: $(grep -sla -e "$TMP/cache4" /proc/[0-9]*/cmdline |
		xargs -r grep -sla apt-get | wc -l)"
}
for signal in INT TERM; do
	is "SIG$signal ends a comparison that fetches, and apt with it" "$(ends $signal compare \
		--arch amd64 --cache "$TMP/cache4" --kernel series:6.12 --kernel series:6.1 -- --switch 1)" "130: 0"
	is "SIG$signal ends a matrix that fetches" \
		"$(ends $signal run --cache "$TMP/cache4" -o "$TMP/ended.out" "$TMP/cell.json")" "130: 0"
	is "with a cell that did not run" "$("$python" -c 'import json, sys
print(*[c["outcome"] for c in json.load(open(sys.argv[1]))["cells"]])' "$TMP/ended.out/matrix.json")" interrupted
	if have qemu-system-x86_64; then
		is "SIG$signal ends a boot that fetches" "$(ends $signal boot --arch amd64 \
			--cache "$TMP/cache4" series:6.12 -- --nop 1)" "130: 0"
	fi
done

# --- a full disk --------------------------------------------------------------

# small SERIES: fetches it into a cache on a disk of 2 MiB
small() {
	mkdir -p "$TMP/small"
	# shellcheck disable=SC2016 # for the shell inside
	run unshare -m sh -c 'mount -t tmpfs -o size=2M none "$1" || exit 99
		"$2" matrix fetch --arch amd64 --sources "$3" --cache "$1" "$4"
		status=$?; find "$1/debs" "$1/kernels" -type f 2>/dev/null
		exit $status' sh "$TMP/small" "$STRAIN" "$sources" "$1"
}
small series:6.12-cloud
if [ "$rc" = 0 ]; then
	small series:6.4
	is "a disk too small for the package" "$rc" 5
	like "is named" "$err" 'no space left for its [0-9]+ bytes'
	one_line "in one line"
	is "and nothing is left of it" "$out" ""
	small series:6.3
	is "a disk too small for what is in it" "$rc" 5
	like "is named" "$err" 'no space left to unpack it'
	one_line "in one line"
	is "and nothing is left of it" "$out" ""
else
	skip "a full disk" "no private mount here: $err"
fi

# --- side by side, others, and what goes --------------------------------------

rm -r "$cache/kernels"
for i in 1 2 3; do
	"$STRAIN" matrix fetch --arch amd64 --sources "$sources" \
		--cache "$cache" series:6.12-cloud >"$TMP/by$i" 2>&1 &
done
wait
is "three at once agree" "$(cat "$TMP"/by? | sort -u | grep -c '6\.12\.10-cloud')" 1
is "on one kernel" "$(find "$cache/kernels" -name kernel.json | wc -l)" 1
nothing_half "and leave no half one"

if [ "$(id -u)" = 0 ] && have setpriv; then
	mkdir "$TMP/nobody" && chown 65534:65534 "$TMP/nobody"
	chmod 755 "$TMP"
	run setpriv --reuid 65534 --regid 65534 --clear-groups "$STRAIN" matrix \
		fetch --arch amd64 --sources "$sources" --cache "$TMP/nobody/c" \
		series:6.12-cloud
	is "no privilege is needed" "$rc" 0
else
	skip "no privilege is needed" "setpriv as root would show it"
fi

exec 9<"$cache/locks/cache"
if have flock && flock -s 9; then
	fetch --prune --unused 0
	is "a cache in use is not pruned" "$rc" 5
	like "and that is said" "$err" 'in use by another strain'
	flock -u 9
fi
exec 9<&-
fetch --prune
is "what was used lately stays" "$(find "$cache/kernels" -name kernel.json | wc -l)" 1
mkdir -p "$cache/states" && echo state >"$cache/states/x"
find "$cache" -exec touch -d '40 days ago' {} +
fetch --prune
is "what was not goes" "$(find "$cache/kernels" -name kernel.json | wc -l)" 0
is "and what was made of it" "$(ls "$cache/states")" ""
fetch --refresh series:6.12-cloud series:7.3-cloud
fetch --prune --max-size 4K
like "a size is kept to" "$out" '^removed [1-9][0-9]* .*, kept 0 '

# --- kernels that lie here ----------------------------------------------------

tree=$TMP/tree
mkdir -p "$tree/arch/x86/boot" "$tree/include/config" "$tree/fs/x"
printf 'CONFIG_X86_64=y\nCONFIG_MODULES=y\n' >"$tree/.config"
echo 6.99.0-mine >"$tree/include/config/kernel.release"
fetch "$tree"
is "a tree that is not built is a usage error" "$rc" 2
like "which says so" "$err" 'is not built'
echo image >"$tree/arch/x86/boot/bzImage"
echo fs/x/x.o >"$tree/modules.order"
fetch "$tree"
like "nor is one without its modules" "$err" "module 'fs/x/x.ko' is listed but not built"
cp "$TMP/m.ko" "$tree/fs/x/x.ko"
fetch --json "$tree"
is "a build tree is a kernel" "$rc" 0
like "with its release" "$out" '"release": "6\.99\.0-mine"'
modules=$(printf '%s' "$out" | $python -c 'import json,sys; print(json.load(sys.stdin)[0]["modules"])')
like "its modules are installed apart" "$(cat "$modules/modules.dep")" '^kernel/fs/x/x\.ko:'
first=$out
echo other >"$tree/arch/x86/boot/bzImage"
fetch --json "$tree"
unlike "built anew it is another kernel" "$out" "$(printf '%s' "$first" | grep '"digest"')"
run "$STRAIN" matrix fetch --arch arm64 --cache "$cache" "$tree"
like "for another architecture it is none" "$err" 'is for amd64, not for arm64'

# An x86 image that says its release, as boot.rst has it.
head -c 8192 /dev/zero >"$TMP/vmlinuz"
printf HdrS | dd of="$TMP/vmlinuz" bs=1 seek=514 conv=notrunc 2>/dev/null
printf '\0\10' | dd of="$TMP/vmlinuz" bs=1 seek=526 conv=notrunc 2>/dev/null
printf '6.98.1-own (x@y)' | dd of="$TMP/vmlinuz" bs=1 seek=2560 conv=notrunc 2>/dev/null
fetch --json "$TMP/vmlinuz"
like "an image says its release" "$out" '"release": "6\.98\.1-own"'
mkdir -p "$TMP/lib/modules/6.98.1-own/kernel"
cp "$TMP/m.ko" "$TMP/lib/modules/6.98.1-own/kernel"
fetch --json "$TMP/vmlinuz,modules=$TMP/lib/modules/6.98.1-own"
like "modules without an index get one, apart" "$out" "\"modules\": \"$cache/"
"$(command -v depmod || echo /usr/sbin/depmod)" -b "$TMP" 6.98.1-own 2>/dev/null
fetch --json "$TMP/vmlinuz,modules=$TMP/lib/modules/6.98.1-own"
like "those with one are used where they are" "$out" "\"modules\": \"$TMP/lib/modules/6\.98\.1-own\""
mkdir -p "$TMP/home/deep/in/it"
cp "$TMP/m.ko" "$TMP/home/deep/in/it"
fetch "$TMP/vmlinuz,modules=$TMP/home"
is "a folder that is none of modules is refused" "$rc" 2
like "by name" "$err" "no modules in '$TMP/home'"
# version 2.08 of the header, which says where the payload is: beyond the end
cp "$TMP/vmlinuz" "$TMP/cut"
printf '\10\2' | dd of="$TMP/cut" bs=1 seek=518 conv=notrunc 2>/dev/null
fetch --json "$TMP/cut"
is "an image that is whole" "$rc" 0
printf '\0\0\1' | dd of="$TMP/cut" bs=1 seek=588 conv=notrunc 2>/dev/null
fetch "$TMP/cut"
is "one that is cut off is refused" "$rc" 2
like "by name" "$err" "^strain: kernel '$TMP/cut': its end is missing"
one_line "in one line"
head -c 8192 /dev/urandom >"$TMP/random"
fetch "$TMP/random"
like "what may be one says nothing of itself" "$err" 'does not say its release, if it is a kernel'
cp "$TMP/cut" "$tree/arch/x86/boot/bzImage"
fetch "$tree"
is "so is a tree with such an image" "$rc" 2
like "by its name there" "$err" "kernel '$tree': the end of 'arch/x86/boot/bzImage' is missing"
echo text >"$TMP/text"
fetch "$TMP/text"
like "what is no kernel is named" "$err" "kernel '$TMP/text': not a kernel"

finish
