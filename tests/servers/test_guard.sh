#!/bin/sh
# The guard: whatever ends a script, what it started ends too, and its directory goes; nothing else does.
set -u
: "${srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
guard=$srcdir/tests/guard
work=$(mktemp -d) || exit 99
mine=
trap '[ -z "$mine" ] || kill "$mine"; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
count=0
failed=0

ok() { # NAME CMD...
	count=$((count + 1))
	name=$1
	shift
	if "$@"; then
		echo "ok $count - $name"
	else
		failed=1
		echo "not ok $count - $name"
	fi
}

# until CMD...: within ten seconds
until_true() {
	n=0
	until "$@"; do
		n=$((n + 1))
		[ "$n" -lt 200 ] || return 1
		sleep 0.05
	done
}

gone() {
	for pid in $(cat "$work/pids"); do
		! kill -0 "$pid" 2>/dev/null || return 1
	done
	[ ! -e "$work/dir" ] && [ ! -e "$work/more" ]
}

# A script with children of every kind: one that listens to TERM, one that does not, one in a session of
# its own whose parent is gone. It cleans up itself when it can.
cat >"$work/script" <<-'END_SCRIPT'
	guard=$1 work=$2
	mkdir -p "$work/dir" "$work/more"
	"$guard" start "$work/dir" "$work/more" --owner $$ || exit 1
	trap 'env -u TALARIA_GUARD "$guard" end "$work/dir" "$work/more"' EXIT
	trap 'exit 143' TERM
	export TALARIA_GUARD="$work/dir"
	sh -c 'echo $$ >>"$1"; echo x >"$2/file"; exec sleep 1000' sh "$work/pids" "$work/dir" &
	sh -c 'trap "" TERM; echo $$ >>"$1"; while :; do sleep 0.1; done' sh "$work/pids" &
	(setsid sh -c 'echo $$ >>"$1"; exec sleep 1000' sh "$work/pids" &)
	while [ "$(wc -l <"$work/pids")" -lt 3 ]; do sleep 0.02; done
	echo ready >"$work/ready"
	case $3 in
	wait) wait ;;
	leave) exit 0 ;;
	esac
END_SCRIPT

begin() {
	rm -rf "$work/dir" "$work/more" "$work/ready"
	: >"$work/pids"
	sh "$work/script" "$guard" "$work" "$1" &
	script=$!
	until_true test -e "$work/ready"
}

sleep 1000 & # nobody's
mine=$!

begin leave
wait "$script"
ok 'it ends by itself: nothing is left' gone
begin wait
kill -TERM "$script"
wait "$script" 2>/dev/null
ok 'it is ended by TERM: nothing is left when it is gone' gone
begin wait
kill -KILL "$script"
wait "$script" 2>/dev/null
ok 'it is killed: nothing is left soon' until_true gone
ok 'what others started goes on' kill -0 "$mine"
echo "1..$count"
exit $failed
