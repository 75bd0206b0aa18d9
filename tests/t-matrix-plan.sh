#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# strain matrix plan: matrix files to cells, selections, shards, CI systems, and
# what is wrong with a file in one line.
. "${0%/*}/lib.sh"

XDG_CONFIG_HOME=$TMP/config
XDG_CACHE_HOME=$TMP/cache
export XDG_CONFIG_HOME XDG_CACHE_HOME

# --- commands of a command ------------------------------------------------------

run "$STRAIN" matrix
is "matrix alone is a usage error" "$rc$out: $err" \
	"2: strain: 'matrix' does what? 'strain matrix --help' lists its commands"
run "$STRAIN" matrix --help
is "its help succeeds" "$rc$err" 0
subs=$(printf '%s\n' "$out" | sed -n '/^commands:/,$s/^  \([a-z][a-z]*\) .*/\1/p')
like "it lists plan" "$subs" '^plan$'
is "completion offers the same" "$("$STRAIN" --complete matrix '' | cut -f 1)" "$subs"
is "so does it behind help" "$("$STRAIN" --complete help matrix '' | cut -f 1)" "$subs"
run "$STRAIN" --doc=man:strain-matrix
page=$out
for sub in $subs; do
	run "$STRAIN" matrix "$sub" --help
	is "matrix $sub --help succeeds" "$rc$err" 0
	like "matrix $sub: usage" "$out" "^usage: strain matrix $sub"
	is "matrix $sub: at most 80 columns" "$(printf '%s\n' "$out" | awk 'length > 80')" ""
	help=$out
	run "$STRAIN" help matrix "$sub"
	is "help matrix $sub is the same" "$out" "$help"
	like "matrix $sub has its part of the page" "$page" "^\\.Ss strain matrix $sub"
done
run "$STRAIN" matrix paln
is "an unknown command of it" "$rc: $err" \
	"2: strain: unknown command 'paln' of 'matrix', did you mean 'plan'?"
run "$STRAIN" help matrix nothing-of-ours
like "unknown to help" "$rc: $err" "^2: strain: unknown command 'nothing-of-ours' of 'matrix'"
run "$STRAIN" matrix --only x plan
like "an option before it" "$rc: $err" "^2: strain: unknown option '--only' of 'matrix'"

# --- a file -----------------------------------------------------------------------

cat >"$TMP/x.json" <<'EOF'
{
	"schema": "strain-matrix-file/1",
	"name": "x",
	"about": "a test",
	"kernels": [
		"series:6.12-cloud",
		{"source": "series:6.1", "name": "old", "architectures": ["amd*"]},
		"deb:linux-image-7.3.4-amd64@sid",
		"/boot/vmlinuz-6.18,modules=/lib/modules/6.18"
	],
	"architectures": ["amd64", "arm64"],
	"machines": [
		{"name": "small"},
		{
			"name": "numa",
			"nodes": [{"cpus": 2, "memory": "512M"}, {"memory": "1G", "distance": 40}],
			"disks": [{"kind": "nvme", "size": "1G", "logical_block": 4096}]
		}
	],
	"cmdlines": [{"name": "default"}, {"name": "poison", "append": "slub_debug=FZP"}],
	"jobs": [
		{
			"name": "quick", "argv": ["--nop", "1"], "modules": ["loop max_loop=8"],
			"settings": {"/proc/sys/vm/swappiness": 3}, "timeout": "2m"
		}
	],
	"exclude": [
		{"machine": "numa", "architecture": "arm64", "reason": "slow"},
		{"kernel": ["7.*", "6.18"], "cmdline": "poison"}
	],
	"include": [
		{"kernels": ["old", "series:5.10"], "architectures": ["amd64"],
		 "cmdlines": [{"name": "plain", "append": "nosmp"}]}
	],
	"defaults": {"cpus": 2, "memory": "256M"}
}
EOF
plan() { # OPTION...: run, of the file
	run "$STRAIN" matrix plan "$TMP/x.json" "$@"
}
schema_ok "the file is valid" valid "$TMP/x.json"
plan --json
is "it is read" "$rc$err" 0
printf '%s\n' "$out" >"$TMP/plan.json"
ids=$(sed -n 's/^ *"id": "\(.*\)",$/\1/p' "$TMP/plan.json")
is "the cells" "$ids" "6.12-cloud/amd64/small/default/quick
6.12-cloud/amd64/small/poison/quick
6.12-cloud/amd64/numa/default/quick
6.12-cloud/amd64/numa/poison/quick
6.12-cloud/arm64/small/default/quick
6.12-cloud/arm64/small/poison/quick
old/amd64/small/default/quick
old/amd64/small/poison/quick
old/amd64/numa/default/quick
old/amd64/numa/poison/quick
7.3.4-amd64/amd64/small/default/quick
7.3.4-amd64/amd64/numa/default/quick
7.3.4-amd64/arm64/small/default/quick
6.18/amd64/small/default/quick
6.18/amd64/numa/default/quick
6.18/arm64/small/default/quick
old/amd64/small/plain/quick
old/amd64/numa/plain/quick
5.10/amd64/small/plain/quick
5.10/amd64/numa/plain/quick"
cell() { # ID MEMBER: as JSON
	"$python" -c 'import json, sys
cell = [c for c in json.load(open(sys.argv[1]))["cells"] if c["id"] == sys.argv[2]][0]
print(json.dumps(cell[sys.argv[3]]))' "$TMP/plan.json" "$1" "$2"
}
is "a machine has the defaults" "$(cell 6.18/amd64/small/default/quick machine)" \
	'{"name": "small", "cpus": 2, "memory": 268435456, "nodes": [], "disks": []}'
like "one with nodes has theirs" "$(cell 6.18/amd64/numa/default/quick machine)" \
	'^{"name": "numa", "cpus": 2, "memory": 1610612736, "nodes": \[{"cpus": 2, "memory": 536870912}, {"cpus": 0, "memory": 1073741824, "distance": 40}\]'
like "a job" "$(cell 6.18/amd64/small/default/quick job)" \
	'"argv": \["--nop", "1"\], "modules": \["loop max_loop=8"\].*"/proc/sys/vm/swappiness": "3".*"timeout": 120'

plan
is "the table" "$rc$err" 0
like "it has the source as typed" "$out" '^6\.18 .* /boot/vmlinuz-6\.18,modules='
like "it counts" "$out" '^20 cells: 5 kernels, 2 architectures$'
ok "no cache is made" test ! -e "$XDG_CACHE_HOME"
is "it has nothing behind lines" "$(printf '%s\n' "$out" | grep -c ' $')" 0

# --- selections ---------------------------------------------------------------------

selected() { # DESCRIPTION EXPRESSION NUMBER
	plan --json --only "$2"
	is "$1" "$rc$(printf '%s\n' "$out" | grep -c '^ *"id":')" "0$3"
}
selected "a kernel" old 6
selected "patterns and operators" '6.* & !arm64 & numa' 3
selected "parentheses" '(old | 5.10) & plain' 4
selected "one axis alone" 'kernel:6.1*' 9
selected "a whole id" 6.18/arm64/small/default/quick 1
plan --only 6.13-cloud
is "a pattern that fits nothing" "$rc$out: $err" \
	"2: strain: no cell has '6.13-cloud', did you mean '6.12-cloud'?"
plan --only 'old & arm64'
is "an expression that selects nothing" "$rc$out: $err" \
	"2: strain: expression 'old & arm64' selects no cell of 'x'"
plan --only 'old &'
is "half an expression" "$rc$out: $err" \
	"2: strain: expression 'old &': a word is missing at the end"

# --- shards ---------------------------------------------------------------------------

shard_of() { # FILE: "ID SHARD" of each cell, sorted
	for i in 1 2 3; do
		"$STRAIN" matrix plan "$1" --json --shard $i/3 |
			sed -n "s/^ *\"id\": \"\(.*\)\",\$/\1 $i/p"
	done | sort
}
shard_of "$TMP/x.json" >"$TMP/before"
is "every cell is in one shard" "$(cut -d ' ' -f 1 "$TMP/before")" \
	"$(printf '%s\n' "$ids" | sort)"
ok "no shard has all" test "$(grep -c ' 1$' "$TMP/before")" -lt 20
sed 's/"series:6.12-cloud",/{"source": "series:6.12-cloud", "architectures": ["a*"]}, "series:6.6",/
	s/"arm64"\],/"arm64", "s390x"],/' \
	"$TMP/x.json" >"$TMP/more.json"
shard_of "$TMP/more.json" >"$TMP/after"
ok "there are more cells then" test "$(wc -l <"$TMP/after")" -gt 25
is "no cell moves when others come" "$(comm -23 "$TMP/before" "$TMP/after")" ""
for shard in 0/3 4/3 x 1 1/ /3 1/99999 -1/3; do
	plan --shard=$shard
	is "shard '$shard'" "$rc$out: $err" \
		"2: strain: shard '$shard' is not I/N with I from 1 to N, N at most 10000"
done

# --- CI systems -----------------------------------------------------------------------

plan --github
is "a matrix of GitHub" "$(printf '%s' "$out" | "$python" -c 'import json, sys
m = json.load(sys.stdin)
print(list(m), len(m["include"]), m["include"][0])')" \
	"['include'] 20 {'cell': '6.12-cloud/amd64/small/default/quick', 'kernel': '6.12-cloud', 'architecture': 'amd64', 'machine': 'small', 'cmdline': 'default', 'job': 'quick'}"
is "it is one line" "$(printf '%s\n' "$out" | wc -l)" 1
plan --github --shards 3
is "of shards" "$(printf '%s' "$out" | "$python" -c 'import json, sys
m = json.load(sys.stdin)["include"]
print(len({s["shard"] for s in m}) == len(m), sum(s["cells"] for s in m))')" "True 20"
plan --github --shards 3 --only 6.18/arm64/small/default/quick
is "a shard without cells is no job" "$(printf '%s\n' "$out" | grep -o shard | wc -l)" 1
plan --gitlab
is "parallel of GitLab" "$(printf '%s' "$out" | "$python" -c 'import json, sys
m = json.load(sys.stdin)
print(list(m), len(m["matrix"]), list(m["matrix"][0]), len(m["matrix"][0]["STRAIN_CELL"]))')" \
	"['matrix'] 1 ['STRAIN_CELL'] 20"
"$python" -c 'import json
json.dump({"kernels": ["series:6.%d" % i for i in range(257)], "architectures": ["amd64"],
	"jobs": [{"name": "j", "argv": ["--nop", "1"]}]}, open("'"$TMP/many.json"'", "w"))'
run "$STRAIN" matrix plan "$TMP/many.json" --github
is "more jobs than GitHub takes" "$rc$out: $err" \
	"2: strain: 257 jobs are more than GitHub takes (256); --shards N makes N of them"
plan --json --github
is "two forms" "$rc$out: $err" "2: strain: only one of '--json', '--github' and '--gitlab'"
plan --shards 3
is "shards of nothing" "$rc$out: $err" "2: strain: option '--shards' needs '--github' or '--gitlab'"

# --- files by name ------------------------------------------------------------------------

for file in "$SRC"/vm-matrix/*.json; do
	name=${file##*/}
	name=${name%.json}
	run "$STRAIN" matrix plan "$name" --json --offline
	is "$name is known" "$rc$(printf '%s' "$err" | grep -v 'the archive offers')" 0
	like "$name says what it is for" "$out" '"about": "[a-z]'
	is "it is called so" "$(printf '%s\n' "$out" | sed -n 's/^  "name": "\(.*\)",/\1/p')" "$name"
	schema_ok "$name is valid" valid "$file"
	for class in $(printf '%s\n' "$out" | sed -n '/"--class"/{n;s/[ ",]//gp;}' | sort -u); do
		ok "its class $class is there" "$STRAIN" run --class "$class" --dry-run
	done
done
run "$STRAIN" matrix plan --list
like "they are listed" "$out" '^  kernels +every '
like "completion offers them" "$("$STRAIN" --complete matrix plan kern | cut -f 1)" '^kernels$'
run "$STRAIN" matrix plan kernel5
is "an unknown name" "$rc$out: $err" \
	"2: strain: there is no matrix 'kernel5', did you mean 'kernels'? (a file has '/' or ends in .json)"
mkdir -p "$TMP/config/strain/matrix"
sed 's/"name": "x",//' "$TMP/x.json" >"$TMP/config/strain/matrix/kernels.json"
run "$STRAIN" matrix plan kernels
like "the user's own comes first" "$out" '^20 cells'

# --- what is wrong with a file ------------------------------------------------------------

JOB='"jobs": [{"name": "j", "argv": ["--nop", "1"]}]'
KERNEL='"kernels": ["series:6.12"], "architectures": ["amd64"]'
bad() { # WANTED TEXT: the message behind the file's name
	printf '%s' "$2" >"$TMP/bad.json"
	run "$STRAIN" matrix plan "$TMP/bad.json"
	is "$1" "$rc$out: $err" "2: strain: cannot read matrix '$TMP/bad.json': $1"
}
bad "it is empty" ''
bad "line 1, column 1: this is not an object: '[]'" '[]'
bad "line 2, column 7: a name is there twice: ': 1'" "$(printf '{"name": "x",\n"name": 1\n}')"
bad "unknown member 'kernel', did you mean 'kernels'?" '{"kernel": []}'
bad "kernels is not a list" '{"kernels": 1}'
bad "kernels is empty" '{"kernels": []}'
bad "kernels[0] is not an object" '{"kernels": [1]}'
bad "kernels[0].source is missing" '{"kernels": [{}]}'
bad "kernels[0]: the source '6.12' is neither series:X, deb:PACKAGE nor a path with a '/'" \
	'{"kernels": ["6.12"]}'
bad "kernels[1]: the name '6.12' is there twice" '{"kernels": ["series:6.12", "series:6.12"]}'
bad "kernels[0]: unknown member 'nmae', did you mean 'name'?" \
	'{"kernels": [{"source": "series:1", "nmae": "x"}]}'
bad "kernels[0].name has other letters than a-z, A-Z, 0-9, '.', '+' and '-'" \
	'{"kernels": [{"source": "series:1", "name": "a_b"}]}'
bad "kernels[0].architectures[0]: 'x86*' fits none of amd64 arm64 armhf i386 ppc64el riscv64 s390x" \
	'{"kernels": [{"source": "series:1", "architectures": ["x86*"]}]}'
bad "architectures[0]: unknown architecture 'amd46', did you mean 'amd64'?" \
	'{"architectures": ["amd46"]}'
bad "machines[0].name is missing" '{"machines": [{}]}'
bad "machines[0].cpus is not between 1 and 256" '{"machines": [{"name": "m", "cpus": 0}]}'
bad "machines[0].nodes[0] has a distance: that of the others is from it" \
	'{"machines": [{"name": "m", "nodes": [{"cpus": 1, "memory": "1G", "distance": 20}]}]}'
bad "machines[0].nodes[0]: latency and bandwidth go together" \
	'{"machines": [{"name": "m", "nodes": [{"cpus": 1, "memory": "1G", "latency": 20}]}]}'
bad "machines[0].nodes: latency and bandwidth are of all nodes or of none" \
	'{"machines": [{"name": "m", "nodes": [{"cpus": 1, "memory": "1G"},
		{"memory": "1G", "latency": 20, "bandwidth": "1G"}]}]}'
bad "machines[0].cpus is negative" '{"machines": [{"name": "m", "cpus": -1}]}'
bad "machines[0].cpus is not a number" '{"machines": [{"name": "m", "cpus": "2"}]}'
bad "machines[0].memory is not a size" '{"machines": [{"name": "m", "memory": "2X"}]}'
bad "machines[0].memory is not between 64M and 1T" '{"machines": [{"name": "m", "memory": 5}]}'
bad "machines[0].nodes[0] has no CPUs: the first node needs some" \
	'{"machines": [{"name": "m", "nodes": [{"memory": "1G"}]}]}'
bad "machines[0] has cpus or memory beside nodes, which have their own" \
	'{"machines": [{"name": "m", "cpus": 1, "nodes": [{"cpus": 1, "memory": "1G"}]}]}'
bad "machines[0].nodes[0].distance is not between 11 and 254" \
	'{"machines": [{"name": "m", "nodes": [{"cpus": 1, "memory": "1G", "distance": 10}]}]}'
bad "machines[0].disks[0].kind: 'ide' is none of virtio-blk nvme scsi pmem" \
	'{"machines": [{"name": "m", "disks": [{"kind": "ide", "size": "1G"}]}]}'
bad "machines[0].disks[0].size is missing" '{"machines": [{"name": "m", "disks": [{"kind": "nvme"}]}]}'
bad "machines[0].disks[0].logical_block is no power of two" \
	'{"machines": [{"name": "m", "disks": [{"kind": "nvme", "size": "1G", "logical_block": 513}]}]}'
bad "machines[0].disks[0].cache: memory that lasts has none" \
	'{"machines": [{"name": "m", "disks": [{"kind": "pmem", "size": "1G", "cache": "none"}]}]}'
bad "machines[0].disks[0].logical_block: memory that lasts has none" \
	'{"machines": [{"name": "m", "disks": [{"kind": "pmem", "size": "1G", "logical_block": 4096}]}]}'
bad "cmdlines[0].append is not a text" '{"cmdlines": [{"name": "c", "append": 1}]}'
bad "cmdlines[0].append has a control character" '{"cmdlines": [{"name": "c", "append": "a\nb"}]}'
bad "jobs[0].argv is missing" '{"jobs": [{"name": "j"}]}'
bad "jobs[0].argv is empty" '{"jobs": [{"name": "j", "argv": []}]}'
bad "jobs[0].argv[1] is not a text" '{"jobs": [{"name": "j", "argv": ["--nop", 1]}]}'
bad "jobs[0].timeout is not a duration" '{"jobs": [{"name": "j", "argv": ["x"], "timeout": "5 years"}]}'
bad "jobs[0].timeout is not between 1s and 7d" '{"jobs": [{"name": "j", "argv": ["x"], "timeout": 0}]}'
bad "jobs[0].exact is neither true nor false" '{"jobs": [{"name": "j", "argv": ["x"], "exact": 1}]}'
bad "jobs[0].settings: '/etc/passwd' is not below /proc/sys or /sys" \
	'{"jobs": [{"name": "j", "argv": ["x"], "settings": {"/etc/passwd": 1}}]}'
bad "jobs[0].settings: '/sys/../etc/passwd' has '..' in it" \
	'{"jobs": [{"name": "j", "argv": ["x"], "settings": {"/sys/../etc/passwd": 1}}]}'
bad "there are no cells: kernels and jobs are needed, and not all excluded" '{}'
bad "there are no cells: kernels and jobs are needed, and not all excluded" \
	"{$KERNEL, $JOB, \"exclude\": [{\"kernel\": \"*\"}]}"
bad "exclude[0] fits no cell" "{$KERNEL, $JOB, \"exclude\": [{\"kernel\": \"6.1\"}]}"
bad "exclude[0] excludes everything: it names nothing" "{$KERNEL, $JOB, \"exclude\": [{}]}"
bad "exclude[0]: unknown member 'kernels', did you mean 'kernel'?" \
	"{$KERNEL, $JOB, \"exclude\": [{\"kernels\": \"6.1\"}]}"
bad "include[0].jobs[0]: there is no job 'quik', did you mean 'quick'?" \
	"{$KERNEL, ${JOB%\"j\"*}\"quick\"${JOB#*\"j\"}, \"include\": [{\"jobs\": [\"quik\"]}]}"
bad "include[0] has no jobs, nor has the file" "{$KERNEL, \"include\": [{}]}"
bad "the cell '6.12/amd64/default/default/j' is there twice" "{$KERNEL, $JOB, \"include\": [{}]}"
bad "schema: 'strain-matrix-file/2' is none of strain-matrix-file/1" '{"schema": "strain-matrix-file/2"}'
many() { # WANTED PYTHON: members of the file
	"$python" -c "import json
doc = {'architectures': ['amd64'], 'kernels': ['series:6.1'], 'jobs': [{'name': 'j', 'argv': ['x']}]}
$2
json.dump(doc, open('$TMP/many.json', 'w'))"
	run timeout 120 "$STRAIN" matrix plan "$TMP/many.json"
	is "$1" "$rc$out: $err" "2: strain: cannot read matrix '$TMP/many.json': $1"
}
many "kernels has more than 5000 members" "doc['kernels'] = ['series:%d' % i for i in range(99999)]"
many "exclude has more than 1000 members" "doc['exclude'] = [{'kernel': 'x'}] * 50000"
many "there are more than 20000 cells" "doc['kernels'] = ['series:%d' % i for i in range(4000)]
doc['cmdlines'] = [{'name': 'c%d' % i} for i in range(4000)]"
many "there are more than 20000 cells" "doc['kernels'] = ['series:%d' % i for i in range(4000)]
doc['include'] = [{'cmdlines': [{'name': 'c%d' % i}]} for i in range(10000)]"
for deep in 40 100000; do
	"$python" -c "print('{\"kernels\": ' + '[' * $deep + ']' * $deep + '}')" >"$TMP/deep.json"
	run "$STRAIN" matrix plan "$TMP/deep.json"
	like "nested $deep deep" "$rc: $err" "^2: strain: cannot read matrix '.*': line 1, column [0-9]+: "
done
head -c 5000000 /dev/zero | tr '\0' ' ' >"$TMP/large.json"
run "$STRAIN" matrix plan "$TMP/large.json"
is "a file that is too large" "$rc: $err" \
	"2: strain: cannot read matrix '$TMP/large.json': it is larger than 4M"
for path in "$TMP" "$TMP/none.json" /dev/zero; do
	run "$STRAIN" matrix plan "$path"
	is "no file: ${path##*/}" "$rc$out $(printf '%s\n' "$err" | grep -c '^strain: cannot read matrix')" "2 1"
done

# --- what is wrong with its kernels -------------------------------------------------------

bad_kernel() { # WANTED SOURCE: the message behind the source
	printf '{"kernels": ["%s"], "architectures": ["amd64"], %s}' "$2" "$JOB" >"$TMP/bad.json"
	for command in plan "run -o $TMP/none"; do
		# shellcheck disable=SC2086 # words
		run "$STRAIN" matrix $command --offline "$TMP/bad.json"
		is "${command%% *}: a kernel: $1" "$rc$out: $err" "2: strain: '$TMP/bad.json': kernel '$2': $1"
	done
}
bad_kernel "not MAJOR.MINOR or MAJOR.MINOR-FLAVOUR" series:six
bad_kernel "amd64 has no flavour '16k', but plain, cloud, rt" series:6.12-16k
bad_kernel "a kernel's package is called linux-image-..." deb:linux-doc
bad_kernel "unknown suite 'trixy'; did you mean 'trixie'?" deb:linux-image-amd64@trixy
sed 's/"amd64"\]/"amd64"], "exclude": [{"kernel": "6.12-16k"}]/; s/"kernels": \[/&"series:6.12", /
	s/linux-image-amd64@trixy/linux-image-amd64@trixie/; s/"deb:/"series:6.12-16k", &/' \
	"$TMP/bad.json" >"$TMP/good.json"
run "$STRAIN" matrix plan --offline "$TMP/good.json"
is "one that no cell has does no harm" "$rc$err: $(printf '%s\n' "$out" | tail -n 1)" \
	"0: 2 cells: 2 kernels, 1 architecture"

# --- what is wrong with its jobs ----------------------------------------------------------

bad_job() { # WANTED JOB: the message behind the job's name
	printf '{%s, "jobs": [%s]}' "$KERNEL" "$2" >"$TMP/bad.json"
	run "$STRAIN" matrix plan "$TMP/bad.json"
	is "a job: $1" "$rc$out: $err" "2: strain: '$TMP/bad.json': job 'j': $1"
}
bad_job "unknown option '--nup', did you mean '--nop'?" '{"name": "j", "argv": ["--nup", "1"]}'
bad_job "option '--dry-run' of the run: nothing would be booted for it" \
	'{"name": "j", "argv": ["--nop", "1", "--dry-run"]}'
bad_job "unknown option '--nop'" '{"name": "j", "kind": "crash", "argv": ["--nop", "1"]}'
bad_job "option '--mode': 'saw' is none of kill cache" \
	'{"name": "j", "kind": "crash", "argv": ["--mode", "saw"]}'
bad_job "option '--disk': value 'floppy' is none of: nvme virtio-blk scsi" \
	'{"name": "j", "kind": "crash", "argv": ["--disk", "floppy"]}'
CUT='{"name": "j", "kind": "crash", "argv": ["--cuts", "1"]}'
bad_job "of kind crash: it takes no command line as 'poison'" \
	"$CUT], \"cmdlines\": [{\"name\": \"plain\"}, {\"name\": \"poison\", \"append\": \"slub_debug=F\"}"
bad_job "of kind crash: it has disks of its own, and no machine as 'pmem'" \
	"$CUT], \"machines\": [{\"name\": \"m\"}, {\"name\": \"pmem\", \"disks\": [{\"kind\": \"pmem\", \"size\": \"1G\"}]}"
printf '{%s, "jobs": [{"name": "j", "kind": "crash", "argv": ["--nop"]}]}' "$KERNEL" >"$TMP/bad.json"
run "$STRAIN" matrix run --offline -o "$TMP/none" "$TMP/bad.json"
is "nor does a run begin with one" "$rc$out: $err" \
	"2: strain: '$TMP/bad.json': job 'j': unknown option '--nop'"
is "and it makes no folder" "$(test -e "$TMP/none"; echo $?)" 1

printf '{%s, %s}' "$KERNEL" "$JOB" >"$TMP/good.json"
touch "$TMP/file"
run "$STRAIN" matrix run --offline --cache "$TMP/file" -o "$TMP/none" "$TMP/good.json"
is "nor without a cache" "$rc$out: $err" "5: strain: cache '$TMP/file': Not a directory"
is "with no folder either" "$(test -e "$TMP/none"; echo $?)" 1

# --- cells of kind crash that have a result ------------------------------------------------
# Of an earlier job by the same name: not of this one. Skipped: tried again.

printf '{%s, "jobs": [%s]}' "$KERNEL" "$CUT" >"$TMP/cut.json"
cut_cell() {
	run "$STRAIN" matrix run --offline --cache "$TMP/empty" -o "$TMP/cut" "$TMP/cut.json"
	python3 -c 'import glob, json, sys
cell = json.load(open(glob.glob(sys.argv[1] + "/cells/*/cell.json")[0]))
print(cell["outcome"], cell.get("digest"))' "$TMP/cut"
}
is "without a kernel it is skipped, and that is no result to keep" "$(cut_cell)" "skipped None"
for cell in "$TMP"/cut/cells/*/cell.json; do
	sed -i 's/"outcome": *"skipped"/"outcome": "pass", "digest": "of another job"/' "$cell"
done
is "an old result of another job is none" "$(cut_cell)" "skipped None"

# --- options of other commands that cannot go together -----------------------------------

run "$STRAIN" matrix boot --shell --script "$TMP/x.json" series:6.12
is "a shell and a script" "$rc$out: $err" "2: strain: only one of '--shell', '--script' and '--doctor'"
run "$STRAIN" matrix compare --gate-emulated --kernel series:6.1 --kernel series:6.12 -- --nop 1
is "a gate for times that are not taken" "$rc$out: $err" \
	"2: strain: option '--gate-emulated' needs '--timed'"

# --- closed standard output ---------------------------------------------------------------
# What is printed must not go into a file that was opened instead: the cache's lock.

"$STRAIN" matrix plan --offline --cache "$TMP/closed" kernels >&- 2>"$TMP/err"
is "a plan that cannot be printed fails" "$?: $(grep -c 'cannot write to standard output' "$TMP/err")" "5: 1"
is "and is written nowhere else" "$(find "$TMP/closed" -type f -size +0)" ""
finish
