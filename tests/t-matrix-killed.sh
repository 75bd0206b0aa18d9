#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# tests/run: beside others
# What is left of a run that was killed, in a guest: there are cgroups of version
# 2 with the memory controller, nobody else makes any, and all of the machine can
# be looked at and killed.
. "${0%/*}/lib.sh"
. "${0%/*}/lib-vm.sh"

script() { # FILE
	run timeout 850 "$STRAIN" matrix boot --cache "$cache" --accel tcg --script "$1" "$kernel"
}

# --- scripts ------------------------------------------------------------------
cat >"$TMP/status.sh" <<'END'
strain --version
echo "this is heard too" >&2
exit 7
END
script "$TMP/status.sh"
like "a script finds the program" "$out" "^strain $(cat "$SRC/VERSION")"
like "all that it prints comes" "$out" '^this is heard too$'
unlike "what is told of the guest is not among it" "$out" ' under tcg '
like "but on standard error" "$err" ' under tcg '
is "a status that is none of a run" "$rc" 5
like "and is said so" "$err" ': broken: '
run "$STRAIN" matrix boot --script "$TMP/status.sh" "$kernel" -- --nop 1
is "a script and a run exclude each other" "$rc" 2
run "$STRAIN" matrix boot --script "$TMP/none.sh" "$kernel"
is "a script that is not there" "$rc" 2
like "is named" "$err" "^strain: option '--script': '$TMP/none.sh': No such file"
printf 'echo\0' >"$TMP/nul.sh"
run "$STRAIN" matrix boot --script "$TMP/nul.sh" "$kernel"
is "a script that is no text" "$rc" 2

# --- killed -------------------------------------------------------------------
# METHOD|WHO|STATUS|WHAT is a line for each run: who was killed, how the run ended,
# what was left at last.
cat >"$TMP/killed.sh" <<'END'
# By the shell alone, as far as it goes: to start a program takes long in a guest
# whose workers want its only CPU.
groups() {
	for group in /sys/fs/cgroup/*/; do
		[ ! -d "$group" ] || echo "$group"
	done
}
# processes (NAME)...; zombies have a name too.
processes() {
	for stat in /proc/[0-9]*/stat; do
		read -r pid name state parent rest 2>/dev/null <"$stat" || continue
		case " $* " in
		*" $name "*) echo "$pid$name" ;;
		esac
	done
}
left() {
	groups
	processes '(memcg)' '(strain)' '(strain-guardian)' '(sleep)'
	ls /tmp
	ls /run/strain 2>/dev/null
	[ "$(cat /proc/mounts)" = "$mounts" ] || echo mounts
}
is_clean() {
	[ -z "$(left)" ]
}
wait_until() {
	i=0
	while ! "$@" && [ $i -lt 200 ]; do
		i=$((i + 1))
		sleep 0.1
	done
}
child() { # PARENT (NAME)
	for stat in /proc/[0-9]*/stat; do
		read -r pid name state parent rest 2>/dev/null <"$stat" || continue
		[ "$parent$name" != "$1$2" ] || return 0
	done
	return 1
}
works() {
	[ -d /sys/fs/cgroup/strain-*/"$method-1" ] &&
		child "$monitor" '(strain-guardian)' && guardian=$pid &&
		child "$monitor" '(memcg)' && leader=$pid &&
		child "$leader" '(memcg)' && worker=$pid
}
begin() { # METHOD
	method=$1
	strain run --memcg 2 --memcg-method "$1" -t 600s --report /root/report >/root/out 2>&1 &
	monitor=$!
	wait_until works
	sleep 0.2
}
dies() {
	wait "$monitor" 2>/dev/null
	status=$?
}
end() { # WHO
	wait_until is_clean
	# shellcheck disable=SC2046 # into one line
	echo "$method|$1|$status|"$(left)
}
# What only a command of its own can take away, and does.
restore() {
	# shellcheck disable=SC2046
	echo "$method|before|0|"$(ls -d /sys/fs/cgroup/*/"$method-1" | grep -c .) $(strain restore --dry-run | grep -c cgroup)
	strain restore >/root/out 2>&1 || cat /root/out
}

mounts=$(cat /proc/mounts)
for each in charge oom; do
	begin $each
	kill -INT "$monitor"
	dies
	end interrupted
	begin $each
	kill -KILL "$worker"
	dies
	end worker
	begin $each
	kill -KILL "$leader"
	dies
	end leader
	begin $each
	kill -KILL "$monitor"
	dies
	end monitor
	begin $each
	kill -KILL -1
	dies
	restore
	end all
done
# One that neither dies with its parent nor is a child of ours.
begin charge
sleep 600 &
for group in /sys/fs/cgroup/strain-*/base; do
	echo $! >"$group/cgroup.procs"
done
kill -KILL "$guardian" "$monitor"
dies
restore
end stranger
END
script "$TMP/killed.sh"
is "runs are killed in a guest" "$rc" 0
for method in charge oom; do
	while read -r who status; do
		line=$(printf '%s\n' "$out" | grep "^$method|$who|")
		is "$method, $who: the run's status, and nothing is left" "$line" \
			"$method|$who|$status|"
	done <<'END'
interrupted 130
worker 5
leader 5
monitor 137
all 137
END
done
is "what does not die with the run: it goes with the group" \
	"$(printf '%s\n' "$out" | grep '|stranger|')" "charge|stranger|137|"
is "of runs that were killed with their guardians groups were left" \
	"$(printf '%s\n' "$out" | grep -c '|before|0|1 1$')" 3
note "$out" "$err"
vm_gone "QEMU is gone"
finish
