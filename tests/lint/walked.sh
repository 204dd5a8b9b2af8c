#!/bin/sh
# Every command of the tables (ui/cmd_*.c, ui/view_*.c) is run by a terminal test, with a real server: a new one
# without such a walk fails here.
set -u
: "${srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP

# commands TREE, walked TREE: names, sorted
commands() {
	sed -n '/^[a-z ]*const struct command [a-z_]*\[\]/,/^};/s/^	{"\([a-z-]*\)".*/\1/p' "$1"/ui/*.c | sort -u
}

walked() {
	sed -nE 's/^[ 	]*(walk|press) ([a-z-]+).*/\2/p' "$1"/tests/term/test_*.sh | sort -u
}

complaints() {
	commands "$1" >"$work/commands"
	walked "$1" >"$work/walked"
	comm -23 "$work/commands" "$work/walked" | sed 's/$/ is walked by no terminal test/'
}

mkdir -p "$work/bad/ui" "$work/bad/tests/term"
printf 'const struct command cmd_a_commands[] = {\n	{"one", UI_ANY, N_("x"), .run = f},\n};\n' >"$work/bad/ui/cmd_a.c"
printf 'static const struct command commands[] = {\n	{"two", UI_ANY,\n		.run = f},\n};\n' >"$work/bad/ui/view_a.c"
echo 'walk one' >"$work/bad/tests/term/test_a.sh"
echo '1..2'
if [ "$(complaints "$work/bad")" = 'two is walked by no terminal test' ]; then
	echo 'ok 1 - a command without a walk is found'
else
	echo 'not ok 1 - a command without a walk is found'
fi
complaints "$srcdir" >"$work/out"
if [ -s "$work/out" ] || [ "$(wc -l <"$work/commands")" -lt 50 ]; then
	echo 'not ok 2 - every command is walked'
	sed 's/^/# /' "$work/out"
	exit 1
fi
echo 'ok 2 - every command is walked'
