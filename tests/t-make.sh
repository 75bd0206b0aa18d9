#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The makefile rebuilds what it must and no more; install and uninstall agree;
# the tarball builds.
#
# tests/run: beside others
. "${0%/*}/build.sh"

# A copy, so that files may be touched and added.
mkdir "$TMP/src" "$TMP/b"
(cd "$SRC" && tar -cf - --exclude=./b --exclude=./obj --exclude=./obj-asan \
	--exclude=./.git --exclude='./libperf' .) | tar -xf - -C "$TMP/src"
rm -f "$TMP"/src/config.*
cd "$TMP/src" || exit 1
run make
is "unconfigured it says so" "$rc" 2
like "in one line" "$err" 'run ./configure first'
run make help
like "make help lists targets" "$out" '^uninstall '

cd "$TMP/b" || exit 1
ok "configure" ../src/configure CFLAGS=-O0 --prefix=/usr
ok "make" make_here all
run make_here all
unlike "again: nothing is compiled" "$out" '^  (CC|LD|AR)'

# What a make prints: objects, in the form "CC obj/x.o".
compiled() {
	make_here all 2>&1 | awk '$1 == "CC" { print $2 }' | sort | tr '\n' ' '
}
sleep 0.1
touch ../src/stressors/cpu/split-lock.c
is "touching a stressor compiles that one" "$(compiled)" \
	"obj/stressors/cpu/split-lock.o "
cp ../src/stressors/*/nop.c ../src/stressors/cpu/zzz.c
sed -i 's/STRESSOR(nop)/STRESSOR(zzz)/' ../src/stressors/cpu/zzz.c
is "adding one compiles it and the list" "$(compiled)" \
	"obj/core/registry.o obj/stressors/cpu/zzz.o "
run ./strain list
like "and the program has it" "$out" 'zzz'
rm ../src/stressors/cpu/zzz.c
is "removing it compiles the list" "$(compiled)" "obj/core/registry.o "
echo 'int nothing;' >../src/stressors/cpu/zzz.c
run make_here all
like "a file without its symbol fails the link by name" "$out$err" \
	'stressor_zzz'
rm ../src/stressors/cpu/zzz.c
ok "and is forgotten" make_here all
echo '# more' >>../src/classes/tags.txt
is "a changed class compiles what embeds it" "$(compiled)" \
	"obj/gen/embedded.o "
run make_here V=1 -B obj/base/str.o
like "V=1 shows commands" "$out" ' -c -o obj/base/str.o '

run make -n install prefix=/opt DESTDIR="$TMP/root"
like "make takes another prefix" "$out" '/opt/bin/strain'
unlike "and all goes there" "$out" ':/usr/'
ok "make install" make_here install DESTDIR="$TMP/root"
ok "the program is there" test -x "$TMP/root/usr/bin/strain"
ok "a manual page is there" test -s "$TMP/root/usr/share/man/man1/strain.1"
ok "the schema is there" \
	test -n "$(find "$TMP/root/usr/share/strain/schema" -name '*.json')"
for place in bash-completion/completions/strain zsh/site-functions/_strain \
	fish/vendor_completions.d/strain.fish strain/classes/quick.job \
	doc/strain/LICENSE; do
	ok "share/$place is there" test -s "$TMP/root/usr/share/$place"
done
touch "$TMP/root/usr/share/man/man1/other.1"
ok "make uninstall" make_here uninstall DESTDIR="$TMP/root"
is "it leaves only what is not ours" "$(cd "$TMP/root" && find . -type f)" \
	./usr/share/man/man1/other.1

ok "make clean" make_here clean
is "it leaves the configuration alone" "$(find . -type f | sort | tr '\n' ' ')" \
	"./Makefile ./config.h ./config.log ./config.mak ./config.status "

if [ -e "$SRC/.git" ] && have git; then
	ok "make dist" make_here -f "$SRC/Makefile" dist srcdir="$SRC"
	version=$(cat "$SRC/VERSION")
	run tar -tzf "strain-$version.tar.gz"
	like "the tarball has configure" "$out" "^strain-$version/configure$"
	unlike "and nothing that was built" "$out" '\.o$|/config\.(h|mak|log)$'
	tar -xzf "strain-$version.tar.gz"
	cd "strain-$version" || exit 1
	is "it knows its commit" "$(cat COMMIT)" \
		"$(git -C "$SRC" rev-parse --short=12 HEAD)"
	ok "it configures inside its own folder" ./configure CFLAGS=-O0
	ok "and builds there" make_here all
	program_works
	like "the program knows the commit" "$(./strain --version)" "$(cat COMMIT)"
else
	skip "make dist" "not a git checkout"
fi
finish
