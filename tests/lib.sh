# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# What every tests/t-*.sh starts with:
#
#	. "${0%/*}/lib.sh"
#	run "$STRAIN" list --json
#	is "list succeeds" "$rc" 0
#	like "it names fault" "$out" '"fault"'
#	finish
#
# A test prints TAP; tests/run starts it, but it runs alone too. It gets
# $STRAIN (the sanitized program), $SRC (source tree), $BUILD (build tree) and
# $TMP, an empty directory that is removed at the end. $STRAIN_FAST is the
# program built for speed.

set -u
LC_ALL=C
export LC_ALL

SRC=${SRC:-$(cd "${0%/*}/.." && pwd)}
BUILD=${BUILD:-$PWD}
STRAIN=${STRAIN:-$BUILD/strain}
STRAIN_FAST=${STRAIN_FAST:-$BUILD/strain}
TMP=$(mktemp -d "${TMPDIR:-/tmp}/strain-test.XXXXXX") || exit 1
trap 'rm -rf "$TMP"' EXIT
trap 'exit 130' HUP INT TERM
# What this machine's user has stored must not matter.
XDG_STATE_HOME=$TMP/.state
export XDG_STATE_HOME
rc=0 out='' err=''
tap_count=0 tap_failed=0

# shellcheck disable=SC2034 # read by the tests
# run COMMAND...: sets rc, out (standard output) and err (standard error).
run() {
	"$@" >"$TMP/.out" 2>"$TMP/.err" </dev/null
	rc=$?
	out=$(cat "$TMP/.out")
	err=$(cat "$TMP/.err")
	return 0
}

# Indented lines that explain the last result.
note() {
	printf '%s\n' "$*" | sed 's/^/# /'
}

pass() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1"
}

fail() { # DESCRIPTION [NOTE...]
	tap_count=$((tap_count + 1))
	tap_failed=$((tap_failed + 1))
	echo "not ok $tap_count - $1"
	shift
	for text; do
		note "$text"
	done
}

# The result of one check that cannot be made here, and why.
skip() { # DESCRIPTION REASON
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1 # SKIP $2"
}

# The whole test cannot be made here.
skip_all() { # REASON
	echo "1..0 # SKIP $1"
	exit 0
}

ok() { # DESCRIPTION COMMAND...
	description=$1
	shift
	if "$@" >"$TMP/.ok" 2>&1; then
		pass "$description"
	else
		fail "$description" "exit status $? of: $*" "$(tail -n 20 "$TMP/.ok")"
	fi
}

is() { # DESCRIPTION GOT WANTED
	if [ "$2" = "$3" ]; then
		pass "$1"
	else
		fail "$1" "got:    $2" "wanted: $3" "stderr: $err"
	fi
}

like() { # DESCRIPTION TEXT EXTENDED-REGULAR-EXPRESSION
	if printf '%s\n' "$2" | grep -Eq -e "$3"; then
		pass "$1"
	else
		fail "$1" "no line matches: $3" "$(printf '%s\n' "$2" | tail -n 20)"
	fi
}

unlike() { # DESCRIPTION TEXT EXTENDED-REGULAR-EXPRESSION
	if printf '%s\n' "$2" | grep -Eq -e "$3"; then
		fail "$1" "a line matches: $3" \
			"$(printf '%s\n' "$2" | grep -E -e "$3" | head -n 20)"
	else
		pass "$1"
	fi
}

have() { # COMMAND: is it installed?
	command -v "$1" >/dev/null 2>&1
}

# shellcheck disable=SC2034 # the one that has the packages of tools/install-deps
python=/usr/bin/python3

# The document follows its schema (valid), or no damaged one does (mutate).
schema_ok() { # DESCRIPTION valid|mutate FILE
	if ! "$python" -c 'import jsonschema' 2>/dev/null; then
		skip "$1" "python3-jsonschema is not installed"
		return
	fi
	ok "$1" "$python" -W ignore "$SRC/tests/report-schema.py" "$SRC/reports/schema" "$2" "$3"
}

# edit FILE STATEMENT: changes the JSON document "d"
edit() {
	"$python" - "$1" "$2" <<'END'
import json, sys
path, statement = sys.argv[1:]
with open(path) as f:
    d = json.load(f)
exec(statement)
with open(path, "w") as f:
    json.dump(d, f)
END
}

finish() {
	echo "1..$tap_count"
	[ $tap_failed = 0 ]
	exit
}
