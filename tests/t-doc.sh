#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What derives from the tables: manual pages, completion, JSON, their check.
. "${0%/*}/lib.sh"

run "$STRAIN" --doc=check
is "the tables are sound" "$rc$out$err" 0
run "$STRAIN" --doc=json
is "--doc=json succeeds" "$rc$err" 0
run "$STRAIN" --doc=nothing
is "an unknown document" "$rc" 2
run "$STRAIN" --doc=man:strain-rnu
is "an unknown page" "$rc: $err" \
	"2: strain: there is no manual page 'strain-rnu', did you mean 'strain-run'?"
run "$STRAIN" --doc=complete:tcsh
is "an unknown shell" "$rc" 2

# --- manual pages -----------------------------------------------------------
run "$STRAIN" --doc=pages
pages=$out
for command in $("$STRAIN" --complete '' | cut -f 1); do
	[ "$command" = help ] && continue
	like "strain-$command has a page" "$pages" "^strain-$command\$"
done
for page in $pages; do
	"$STRAIN" "--doc=man:$page" >"$TMP/$page"
	if have mandoc; then
		# pages that are not installed cannot be found by reference; from
		# standard input, as a name has a section behind its last dot
		is "$page: nothing to remark" "$(mandoc -T lint <"$TMP/$page" 2>&1 |
			grep -v 'referenced manual not found\|outdated mandoc.db')" ""
	else
		skip "$page: nothing to remark" "mandoc is not installed"
	fi
	is "$page: every mark is filled" "$(grep -c '^@' "$TMP/$page")" 0
done

"$STRAIN" --doc=json >"$TMP/tables"
mkdir "$TMP/pages"
for page in $pages; do
	mv "$TMP/$page" "$TMP/pages"
done
is "links, paths and command lines of all documents are right" "$("$python" \
	"$SRC/tests/doc-check.py" "$SRC" "$TMP/tables" "$TMP/pages"/* 2>&1)" ""
printf '%s\n' .Sh\ EXAMPLES '.Dl strain run --fualt 1' '.Dl strain mtrix plan' \
	'.Dl strain run --class quikc --fault 1 --fault-method annon' \
	'.Xr strain-nothing 1' >"$TMP/wrong"
is "it finds what is wrong" "$("$python" "$SRC/tests/doc-check.py" "$SRC" "$TMP/tables" \
	"$TMP/wrong" | grep -c 'fualt\|mtrix\|no quikc\|no annon\|no page')" 5
is "every environment variable that is read is in a page" "$(cd "$SRC" &&
	grep -rhoE 'getenv\("[A-Z_]+"\)|"STRAIN_IN_GUEST"' base core commands kit reports \
		stressors vm-matrix --include='*.[ch]' |
	sed 's/.*"\(.*\)".*/\1/' | sort -u | while read -r name; do
		grep -q "^\.It Ev.* $name\( \|\$\)" "$TMP/pages"/* || echo "$name"
	done)" ""

# The option names in a page, without dashes.
page_options() {
	sed -n '/^\.It/s/ Fl -/\n--/gp' "$1" | sed -n 's/^--\([a-z0-9-]*\).*/\1/p' | sort -u
}
page_options "$TMP/pages/strain-run" >"$TMP/run.options"
page_options "$TMP/pages/strain-stressors" >>"$TMP/run.options"
"$STRAIN" --complete run -- | cut -f 1 | sed 's/^--//' | grep -v '^help$' |
	sort -u >"$TMP/complete.options"
undocumented=$(sort -u "$TMP/run.options" | comm -13 - "$TMP/complete.options")
is "every option that completion offers is in a page" "$undocumented" ""
ok "completion offers options" test "$(wc -l <"$TMP/complete.options")" -gt 40
for name in $("$STRAIN" --complete show '' | cut -f 1); do
	missing=$("$STRAIN" "--help=$name" | sed -n "s/^  --\(${name}[a-z0-9-]*\).*/\1/p" |
		while read -r option; do
			grep -qx -e "$option" "$TMP/complete.options" || echo "$option"
		done)
	is "completion offers each option of $name" "$missing" ""
	like "$name has its part of the page" "$(cat "$TMP/pages/strain-stressors")" "^\\.Ss $name\$"
done

# --- completion -------------------------------------------------------------
offers() { # DESCRIPTION WANTED WORD...
	description=$1 wanted=$2
	shift 2
	like "$description" "$("$STRAIN" --complete "$@" | cut -f 1)" "^$wanted\$"
}
offers "commands" run r
offers "options" --timeout run --ti
offers "stressors" --nop run --no
offers "options behind others" --verify run --nop 1 --ver
offers "choices" sampled run --latency s
offers "choices behind =" --latency=sampled run --latency=s
offers "choices behind = as bash splits it" sampled run --latency = s
offers "methods" shmem-4k run --mshare-method sh
offers "the second of a list" --mshare-method=syscall,shmem-4k run --mshare-method=syscall,sh
offers "classes" quick run --class q
offers "tags" hugetlb run --select huge
offers "filesystems" tmpfs run --fs t
offers "events" --perf=page-faults run --perf=page-f
offers "checks" nop:counted run --mutate nop
offers "files" :files run --report ''
offers "reports" :files replay ''
offers "reports of a series" :files trend a.json ''
offers "trees of kernels" :files matrix boot ''
offers "paths of sources" :files matrix compare --kernel ''
offers "matrix files by name" ci matrix crash ''
offers "... and by path" :files matrix crash ''
offers "... to fetch for" kernels matrix fetch ker
unlike "no word that stands for others" "$("$STRAIN" --complete matrix fetch '')" 'FILE|SOURCE|\.\.\.'
offers "lists" metrics list m
offers "names to show" nop show n
offers "values of a short option" nop run -x n
offers "stressors to explain" --help=nop run --help=n
offers "documents" complete:bash --doc complete:b

mkdir "$TMP/bin"
ln -s "$(cd "$(dirname "$STRAIN")" && pwd)/${STRAIN##*/}" "$TMP/bin/strain"
for shell in bash zsh fish; do
	"$STRAIN" --doc=complete:$shell >"$TMP/strain.$shell"
	if have $shell; then
		ok "the script of $shell parses" $shell -n "$TMP/strain.$shell"
	else
		skip "the script of $shell parses" "$shell is not installed"
	fi
done
if have bash; then
	is "bash completes" "$(bash -c '. "$0"
		COMP_WORDS=("$1" run --latency sam) COMP_CWORD=3
		_strain && echo "${COMPREPLY[*]}"' "$TMP/strain.bash" "$STRAIN")" sampled
	is "bash completes behind a ':', which it splits at" "$(bash -c '. "$0"
		COMP_WORDS=("$1" run --mutate nop : coun) COMP_CWORD=5
		COMP_WORDBREAKS=":= "
		_strain && echo "${COMPREPLY[*]}"' "$TMP/strain.bash" "$STRAIN")" counted
	touch "$TMP/kern.json"
	is "bash completes names and files where both may stand" "$(cd "$TMP" && bash -c '. "$0"
		compopt() { :; }
		COMP_WORDS=("$1" matrix plan kern) COMP_CWORD=3
		_strain && echo "${COMPREPLY[*]}"' "$TMP/strain.bash" "$TMP/bin/strain")" "kernels kern.json"
fi
if have fish; then
	is "fish completes" "$(HOME=$TMP PATH=$TMP/bin:$PATH fish -c "source $TMP/strain.fish
		complete -C 'strain run --latency sam'" | cut -f 1)" sampled
	is "fish completes names and files" "$(cd "$TMP" && HOME=$TMP PATH=$TMP/bin:$PATH fish -c \
		"source $TMP/strain.fish
		complete -C 'strain matrix plan kern'" | cut -f 1 | sort | tr '\n' ' ')" "kern.json kernels "
fi
if have zsh; then
	is "zsh completes" "$(PATH=$TMP/bin:$PATH zsh -f -c '
		_describe() { print -rl -- "${(@P)2}" }
		words=(strain run --latency sam) CURRENT=4
		source "$0"' "$TMP/strain.zsh")" sampled:
fi
finish
