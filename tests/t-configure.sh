#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# configure: its options, its messages, what it writes.
#
# tests/run: beside others
. "${0%/*}/lib.sh"

# A folder with the programs that configure needs and nothing else; what a
# test puts in first stands in for the real one.
fake_path() { # FOLDER [REAL-COMMAND...]
	mkdir -p "$1"
	for command in sh awk cat cmp cp dirname find grep head id ln ls mkdir mv \
		printf pwd rm sed sort tail tee test touch tr uname wc \
		chmod dash bash env as ld; do
		real=$(command -v $command) && case $real in
		/*) [ -e "$1/$command" ] || ln -s "$real" "$1/$command" ;;
		esac
	done
	folder=$1
	shift
	for command; do
		ln -s "$(command -v "$command")" "$folder/$command"
	done
}

mkdir "$TMP/b" && cd "$TMP/b" || exit 1

# --- bad words: one line, status 2, nothing written
run "$SRC/configure" --no-such-thing
is "an unknown option ends with 2" "$rc" 2
is "its message is one line" "$(printf '%s\n' "$err" | wc -l)" 1
like "and names it" "$err" "unknown option '--no-such-thing'"
run "$SRC/configure" --with-libperf=perhaps
is "a wrong value ends with 2" "$rc" 2
like "its message lists the values" "$err" 'auto, system, build or no'
run "$SRC/configure" --without-jansson
is "what is needed cannot be left out" "$rc" 2
run "$SRC/configure" --static --enable-asan
is "static and sanitized exclude each other" "$rc" 2
for option in --prefix --mandir --host --sysroot; do
	run "$SRC/configure" $option
	is "$option without a value: status" "$rc" 2
	is "$option without a value: message" "$err" \
		"configure: option '$option' needs a value: $option=VALUE"
	run "$SRC/configure" $option=
	is "$option= without a value" "$rc $err" \
		"2 configure: option '$option' needs a value: $option=VALUE"
done
run "$SRC/configure" --prefix=inst
is "a folder has an absolute path" "$rc $err" \
	"2 configure: '--prefix=inst': 'inst' is no absolute path"
# shellcheck disable=SC2016 # a dollar is meant
for prefix in '/opt/my strain' '/opt/$x' '/opt/a:b' "/opt/it's" '/opt/100%' '/opt/a#b' '/opt/a\b'; do
	run "$SRC/configure" --prefix="$prefix"
	is "make and '$prefix' do not go together" "$rc $err" \
		"2 configure: '--prefix=$prefix': make does not take such a path"
done
is "bad words write nothing" "$(ls)" ""
mkdir "a b" && cd "a b" || exit 1
run "$SRC/configure"
is "nor do a build folder like that, and it" "$rc $err" \
	"1 configure: '$SRC' or '$PWD': make does not take such a path"
cd .. && rmdir "a b"
run "$SRC/configure" --host=vax-dec-ultrix
is "a machine that nobody knows: status" "$rc" 1
is "a machine that nobody knows: message" "$err" \
	"configure: compiler 'vax-dec-ultrix-gcc' not found"
rm -f config.log

# --- help
run "$SRC/configure" --help
is "--help succeeds" "$rc" 0
is "--help writes nothing" "$(ls)" ""
is "--help prints nothing on stderr" "$err" ""
missing=$(sed -n '/^parse_argument/,/^}/p' "$SRC/configure" |
	grep -o -- '--[a-z][a-z-]*[a-z]' | sort -u |
	while read -r option; do
		printf '%s\n' "$out" | grep -q -e "$option" || echo "$option"
	done)
is "--help names every option" "$missing" ""
is "--help has lines of at most 80 columns" \
	"$(printf '%s\n' "$out" | awk 'length > 80')" ""

# --- a normal run
run "$SRC/configure" --prefix=/opt/strain
is "out of the source tree it succeeds" "$rc" 0
is "and is silent on stderr" "$err" ""
like "the summary names jansson" "$out" '^jansson  *yes \('
is "the summary is aligned" \
	"$(printf '%s\n' "$out" | grep -cv '^.\{22\} [^ ]')" 0
unlike "no probe warns" "$out" 'sloppy'
like "the prefix reaches the makefile" "$(cat config.mak)" \
	'^prefix = /opt/strain$'
# shellcheck disable=SC2016 # make expands it
like "and other directories follow it" "$(make -s --eval='where: ; @echo $(bindir)' where)" \
	'^/opt/strain/bin$'
like "config.h has the version" "$(cat config.h)" \
	"STRAIN_VERSION \"$(cat "$SRC/VERSION")\""
like "config.h has the libraries" "$(cat config.h)" \
	'STRAIN_LIBS "jansson [0-9.]+'
like "config.log has the command line" "$(head -n 1 config.log)" \
	"configure '--prefix=/opt/strain'"
like "config.log has a probe's program" "$(cat config.log)" \
	'json_decref\(json_object\(\)\);'
like "config.log has its command" "$(cat config.log)" '^\$ .*jansson.*-Wl'
like "and repeats it with -Werror" "$(cat config.log)" '^\$ .* -Werror .*jansson'
is "no litter is left" "$(find . -name 'conftest*' -o -name '*.new')" ""
is "the build tree is this folder" \
	"$(find . -type f | sort | tr '\n' ' ')" \
	"./Makefile ./config.h ./config.log ./config.mak ./config.status "
cp -p config.h before.h
sleep 0.1
run ./config.status
is "config.status repeats it" "$rc" 0
like "with the same options" "$(cat config.mak)" '^prefix = /opt/strain$'
ok "what did not change keeps its time" test ! config.h -nt before.h
rm before.h

# --- without a library
optional=$(sed -n "s/^optional='\(.*\)'/\1/p" "$SRC/configure")
set --
for lib in $optional libperf; do
	set -- "$@" "--without-$lib"
done
run "$SRC/configure" "$@"
is "it succeeds without every optional library" "$rc" 0
unlike "none is defined then" "$(grep -v JANSSON config.h)" 'HAVE_'
unlike "none is linked then" "$(grep '^LIBS' config.mak)" 'aio|uring|bsd|kmod|fuse|archive|lzma|-lz'
like "the summary says why" "$out" '^libkmod  *no \(asked for\)'

# --- a compiler that finds no jansson
real_cc=$(command -v cc)
mkdir "$TMP/nojansson"
cat >"$TMP/nojansson/cc" <<EOF
#!/bin/sh
case "\$*" in
*-l*jansson*) echo 'cannot find -ljansson' >&2; exit 1 ;;
esac
exec $real_cc "\$@"
EOF
chmod +x "$TMP/nojansson/cc"
run "$SRC/configure" CC="$TMP/nojansson/cc"
is "without jansson it fails" "$rc" 1
is "with one line" "$(printf '%s\n' "$err" | wc -l)" 1
like "that says how to get it" "$err" 'jansson is needed.*install'
run "$SRC/configure" CC=/nonexistent/cc
is "without the named compiler it fails" "$rc" 1
like "and names it" "$err" "compiler '/nonexistent/cc' not found"

# --- a probe that only passes without -Werror is told apart
cat >"$TMP/nojansson/cc" <<EOF
#!/bin/sh
case "\$*" in
*-Werror*-l*aio*) exit 1 ;;
esac
exec $real_cc "\$@"
EOF
run "$SRC/configure" CC="$TMP/nojansson/cc"
like "a sloppy probe is named" "$out" '^sloppy probes .*libaio'

# --- for another architecture
mkdir "$TMP/cross" && cd "$TMP/cross" || exit 1
fake_path "$TMP/none"
run env PATH="$TMP/none" XDG_CACHE_HOME="$TMP/empty" \
	"$SRC/configure" --host=s390x-linux-gnu
is "without a compiler for it it fails" "$rc" 1
like "the message tells the package" "$err" 'apt-get install gcc-s390x-linux-gnu$'
run env XDG_CACHE_HOME="$TMP/empty" \
	"$SRC/configure" --host=s390x-linux-gnu CC=gcc --without-libkmod
like "without a sysroot it says how to get one" "$out" \
	'^sysroot  *none .*tools/sysroot s390x'
run "$SRC/configure" --host=s390x-linux-gnu CC=gcc --sysroot="$TMP/empty"
is "a sysroot that is none is refused" "$rc" 1
like "by name" "$err" "'$TMP/empty' is no sysroot"
run "$SRC/tools/sysroot" vax
is "an unknown architecture is a usage error" "$rc" 2
cd "$TMP/b" || exit 1

# --- a compiler of several words, as "ccache gcc"
run "$SRC/configure" CC="env $real_cc"
is "a compiler may be several words" "$rc" 0
like "its name is that of the compiler" "$out" "^compiler +env .*: $($real_cc --version | sed 's/ .*//;q')"
unlike "and so is the architecture" "$out" '^architecture *$'

# --- someone else's folder
mkdir "$TMP/other" && cd "$TMP/other" && echo 'all:' >Makefile
run "$SRC/configure"
is "a foreign Makefile is refused" "$rc" 1
is "and kept" "$(cat Makefile)" "all:"
cd "$TMP/b" || exit 1

# --- --install-deps elsewhere: prints the command and stops
for manager in dnf zypper pacman apk; do
	fake_path "$TMP/$manager"
	printf '#!/bin/sh\necho called >%s/called\n' "$TMP" >"$TMP/$manager/$manager"
	chmod +x "$TMP/$manager/$manager"
	run env PATH="$TMP/$manager" "$SRC/configure" --install-deps
	is "--install-deps with $manager stops with 2" "$rc" 2
	like "and prints its command" "$out" \
		"^$manager (install|-S --needed|add) .*jansson"
done
ok "no manager was called" test ! -e "$TMP/called"

# --- --install-deps with apt: what is missing, and only that
fake_path "$TMP/apt"
cat >"$TMP/apt/dpkg-query" <<'EOF'
#!/bin/sh
for package; do
	case $package in
	-* | libaio-dev | clang) ;;
	*) echo "$package installed" ;;
	esac
done
EOF
cat >"$TMP/apt/apt-get" <<EOF
#!/bin/sh
echo "\$*" >>"$TMP/calls"
EOF
cat >"$TMP/apt/apt-cache" <<'EOF'
#!/bin/sh
[ "$2" != clang ]
EOF
printf '#!/bin/sh\necho amd64\n' >"$TMP/apt/dpkg"
rm "$TMP/apt/id"
printf '#!/bin/sh\necho 0\n' >"$TMP/apt/id"
for command in dpkg-query apt-get apt-cache dpkg id; do
	chmod +x "$TMP/apt/$command"
done
run env PATH="$TMP/apt" "$SRC/tools/install-deps"
is "with apt as root it succeeds" "$rc" 0
is "it updates, then installs what is missing and offered" \
	"$(cat "$TMP/calls")" "update -q
install -q -y --no-install-recommends libaio-dev"
like "what is not offered is named" "$err" "no package 'clang'"
rm -f "$TMP/calls"
printf '#!/bin/sh\necho 1000\n' >"$TMP/apt/id"
run env PATH="$TMP/apt" "$SRC/tools/install-deps"
is "as an ordinary user it stops with 2" "$rc" 2
like "and prints the command" "$err" 'sudo apt-get install libaio-dev'
ok "apt was not called" test ! -e "$TMP/calls"
cat >"$TMP/apt/dpkg-query" <<'EOF'
#!/bin/sh
for package; do
	echo "$package installed"
done
EOF
run env PATH="$TMP/apt" "$SRC/tools/install-deps"
is "with all there it succeeds" "$rc" 0
is "without a word" "$out$err" ""
ok "and without asking apt" test ! -e "$TMP/calls"

finish
