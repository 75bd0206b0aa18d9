#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# strain matrix run: outcomes, documents, what is run again and what is not, and
# what is left when it is ended.
. "${0%/*}/lib.sh"
. "${0%/*}/lib-vm.sh"

matrix() { # OPTION...
	run timeout 300 "$STRAIN" matrix run --cache "$cache" --accel tcg "$@"
}

cat >"$TMP/m.json" <<END
{
	"schema": "strain-matrix-file/1",
	"name": "outcomes",
	"kernels": [{"name": "k", "source": "$kernel"}],
	"architectures": ["$vm_arch"],
	"machines": [{"name": "small", "cpus": 1, "memory": "512M"}],
	"cmdlines": [{"name": "plain"}, {"name": "rootless", "append": "rdinit=/none"}],
	"jobs": [
		{"name": "good", "argv": ["--nop", "1", "-t", "300ms"]},
		{"name": "bad", "argv": ["--nop", "1", "-t", "300ms", "--mutate", "nop:counted"]},
		{"name": "lacks", "argv": ["--nop", "1"], "modules": ["no_such_module"]},
		{"name": "wrong", "argv": ["--nop", "1"], "settings": {"/proc/sys/vm/none": "1"}}
	],
	"exclude": [{"cmdline": "rootless", "job": "[!g]*"}]
}
END

# cells DIR: a line "ID OUTCOME" each, "as before" behind those that were not run
cells() {
	"$python" -c 'import json, sys
for c in json.load(open(sys.argv[1] + "/matrix.json"))["cells"]:
    print(c["id"].split("/", 3)[3], c["outcome"], "as before" if c.get("from_cache") else "")' "$1" |
		sed 's/ *$//' | sort
}

# value DIR ID EXPRESSION over the cell c
value() {
	"$python" -c 'import json, sys
for c in json.load(open(sys.argv[1] + "/matrix.json"))["cells"]:
    if c["id"].endswith(sys.argv[2]):
        print(eval(sys.argv[3]))' "$1" "$2" "$3"
}

# --- every cell has its outcome ------------------------------------------------
matrix "$TMP/m.json" -o "$TMP/out"
is "the worst cell decides the exit status" "$rc" 1
is "outcomes" "$(cells "$TMP/out")" \
	"plain/bad fail
plain/good pass
plain/lacks skipped
plain/wrong broken
rootless/good panic"
is "a pipe gets a line for each cell" "$(printf '%s\n' "$err" | grep -c '^\[[1-5]/5\] ')" 5
like "the table names what did not pass" "$out" 'panic k/.*/rootless/good: Kernel panic'
like "a module that is not there is named" "$out" "has no module 'no_such_module'"
like "a setting that cannot be made is named" "$out" "/proc/sys/vm/none"
like "a panic has its console" "$(value "$TMP/out" rootless/good 'c["console_tail"]')" 'Kernel panic'
is "a pass has its report" \
	"$(value "$TMP/out" plain/good 'c["report"]["cases"][0]["outcome"]')" pass
for file in matrix.json matrix.html; do
	ok "$file is there" test -s "$TMP/out/$file"
done
folder=$TMP/out/cells/k_${vm_arch}_small_plain_good
for file in cell.json report.json console.log; do
	ok "a cell's $file is there" test -s "$folder/$file"
done
is "its report knows its machine" "$("$python" -c 'import json, sys
r = json.load(open(sys.argv[1]))
m = r["machine"]
print(m["accel"], m["emulator"].split()[0], "tcg" in m["hypervisor"], "exact" in m)' \
	"$folder/report.json")" "tcg QEMU True False"

if [ -e "${kernel%%vmlinuz*}config" ]; then
	is "and its kernel's configuration" "$("$python" -c 'import json, sys
k = json.load(open(sys.argv[1]))["kernel"]
print(k["config.digest"][:8], len(k["config.digest"]))' "$folder/report.json")" "fnv1a64: 24"
fi

# --- nothing is run twice --------------------------------------------------------
matrix "$TMP/m.json" -o "$TMP/out" --only '!wrong'
is "what was finished in the folder is not run again" "$(cells "$TMP/out")" \
	"plain/bad fail as before
plain/good pass as before
plain/lacks skipped
rootless/good panic as before"
is "its exit status is the same" "$rc" 1
matrix "$TMP/m.json" -o "$TMP/other" --only 'good & plain'
is "nor what was finished in another folder" "$(cells "$TMP/other")" "plain/good pass as before"
ok "its report came along" test -s "$TMP/other/cells/k_${vm_arch}_small_plain_good/report.json"
matrix "$TMP/m.json" -o "$TMP/other" --only 'good & plain' --rerun
is "--rerun runs it again" "$(cells "$TMP/other")" "plain/good pass"

# --- classes and job files of the user's own are not in guests --------------------
mkdir -p "$TMP/config/strain/classes"
printf 'job %s/more.job\nnop 1\n' "$TMP" >"$TMP/config/strain/classes/mine.job"
echo 'switch 1' >"$TMP/more.job"
cat >"$TMP/own.json" <<END
{
	"kernels": [{"name": "k", "source": "$kernel"}],
	"architectures": ["$vm_arch"],
	"machines": [{"name": "small", "cpus": 1, "memory": "512M"}],
	"jobs": [
		{"name": "own", "argv": ["--class", "mine", "--job", "here.job", "-t", "200ms"]}
	]
}
END
own() {
	(cd "$TMP" && XDG_CONFIG_HOME=$TMP/config "$STRAIN" matrix run --cache "$cache" \
		--accel tcg own.json -o own >/dev/null 2>&1)
	echo "$? $(value "$TMP/own" default/own \
		'" ".join([c["outcome"]] + [o["id"] for o in c["report"]["cases"]])')"
}
echo 'switch-method pipe' >"$TMP/here.job"
is "they come along" "$(own)" "0 pass nop switch/pipe"
echo 'switch-method futex' >"$TMP/here.job"
is "one that changed is another job" "$(own)" "0 pass nop switch/futex"

# --- skips -----------------------------------------------------------------------
matrix "$TMP/m.json" -o "$TMP/other" --only 'plain & (good | lacks)'
is "a skip beside a pass is none" "$rc" 0
matrix "$TMP/m.json" -o "$TMP/other" --only 'plain & (good | lacks)' --strict-skip
is "unless it is to be one" "$rc" 4
matrix "$TMP/m.json" -o "$TMP/other" --only lacks
is "nothing but skips" "$rc" 4

# What a machine of this architecture cannot be: kernels would cut it off.
sed "s|rdinit=.none|$(head -c 5000 /dev/zero | tr '\0' x)|" "$TMP/m.json" >"$TMP/cut.json"
matrix "$TMP/cut.json" -o "$TMP/other" --only rootless
is "a command line that kernels have no room for" "$rc $(cells "$TMP/other")" \
	"4 rootless/good skipped"
like "is named with its length" "$(value "$TMP/other" good 'c["reason"]')" \
	"^the kernel's command line is 5[0-9]{3} bytes long, kernels of architecture '$vm_arch' take [0-9]+\$"

cat >"$TMP/absent.json" <<END
{
	"kernels": [{"name": "k", "source": "$kernel"}, "series:6.11-cloud"],
	"architectures": ["$vm_arch"],
	"machines": [{"name": "small", "cpus": 1, "memory": "512M"}],
	"cmdlines": [{"name": "plain"}],
	"jobs": [{"name": "good", "argv": ["--nop", "1", "-t", "300ms"]}]
}
END
matrix "$TMP/absent.json" -o "$TMP/absent" --offline
is "offline a kernel that is not in the cache is a skip" "$rc" 0
like "that says what would help" "$(value "$TMP/absent" plain/good 'c["outcome"] + ": " + c.get("reason", "")')" \
	"^skipped: kernel 6\.11-cloud for $vm_arch is not in the cache '.*'; without --offline it would be fetched"

# --- no room for what came of it --------------------------------------------------
mkdir "$TMP/small"
# shellcheck disable=SC2016 # for the shell inside
run timeout 300 unshare -m sh -c 'mount -t tmpfs -o size=16k none "$1" || exit 99
	"$2" matrix run --cache "$3" --accel tcg --rerun "$4" --only "good & plain" -o "$1/out"' \
	sh "$TMP/small" "$STRAIN" "$cache" "$TMP/m.json"
if [ "$rc" = 99 ]; then
	skip "a full disk under the results" "no private mount here: $err"
else
	is "a full disk under the results" "$rc" 5
	like "is named" "$err" "^strain: cannot write '.*/cell\.json': No space left on device$"
	like "and what it means for the cell" "$err" ': broken: its result could not be written$'
fi

# --- ended in the middle ---------------------------------------------------------
cat >"$TMP/long.json" <<END
{
	"schema": "strain-matrix-file/1",
	"name": "long",
	"kernels": [{"name": "k", "source": "$kernel"}],
	"architectures": ["$vm_arch"],
	"machines": [{"name": "small", "cpus": 1, "memory": "512M"}],
	"jobs": [
		{"name": "first", "argv": ["--nop", "1", "-t", "200ms"]},
		{"name": "second", "argv": ["--nop", "1", "-t", "8s"]}
	]
}
END
# begin: until the second cell is at work, and the first is finished
begin() {
	"$STRAIN" matrix run --cache "$cache" --accel tcg "$TMP/long.json" -j 1 -o "$TMP/long" \
		"$@" >"$TMP/.out" 2>"$TMP/.err" </dev/null &
	strain=$!
	until [ -e "$TMP/long/cells/k_${vm_arch}_small_default_first/cell.json" ] && [ -n "$(vm_pids)" ]; do
		kill -0 $strain 2>/dev/null || break
		sleep 0.1
	done
}

begin
kill -KILL $strain
wait $strain 2>/dev/null
vm_gone "strain was killed: no QEMU is left"
begin
kill -INT $strain
wait $strain
is "interrupted: exit status" $? 130
vm_gone "interrupted: no QEMU is left"
is "interrupted: the finished cell is there" "$(cells "$TMP/long")" \
	"default/first pass as before
default/second interrupted"
matrix "$TMP/long.json" -o "$TMP/long"
is "it goes on where it was ended" "$rc $(cells "$TMP/long")" \
	"0 default/first pass as before
default/second pass"

# QEMU itself dies. (One that restores a machine would be followed by one that boots.)
begin --rerun --no-state
for pid in $(vm_pids); do
	kill -KILL "$pid"
done
wait $strain
is "QEMU was killed: exit status" $? 5
like "QEMU was killed: it is said" "$(cat "$TMP/.out")" 'qemu-failed k/.*QEMU was killed by signal 9'

# --- bad input: nothing is booted -------------------------------------------------
refuses() { # EXTENDED-REGULAR-EXPRESSION OPTION...
	pattern=$1
	shift
	run "$STRAIN" matrix run --cache "$cache" -o "$TMP/none" "$@"
	if [ "$rc" = 2 ] && [ -z "$out" ] && [ "$(printf '%s\n' "$err" | wc -l)" = 1 ] &&
		printf '%s\n' "$err" | grep -Eq -e "$pattern" && [ ! -e "$TMP/none" ]; then
		pass "refused: $*"
	else
		fail "refused: $*" "exit status $rc, wanted 2" "stderr: $err" "wanted: $pattern"
	fi
}
sed 's/"-t", "8s"/"-t", "8s", "--nup", "1"/' "$TMP/long.json" >"$TMP/bad.json"
refuses "job 'second': unknown option '--nup', did you mean '--nop'" "$TMP/bad.json"
refuses "option '--jobs': value '5000' is more than the [0-9]+ CPUs" -j 5000 "$TMP/long.json"
refuses "which matrix\?"
refuses "no cell" --only nowhere "$TMP/long.json"

is "nothing half-made is left" \
	"$(find "$cache" "$TMP/out" "$TMP/long" -name '*.new*' -o -path '*/cells/*.[0-9]*' | head -3)" ""
is "no directory of a run is left" "$(find "$TMP" /tmp -maxdepth 1 -name 'strain-??????' -newer "$TMP/m.json" 2>/dev/null | head -3)" ""
vm_gone "no QEMU is left at the end"
finish
