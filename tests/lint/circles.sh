#!/bin/sh
# Files of one layer that call each other in a circle can only be understood together: there is none in
# ui/. What a lower file has to start is handed to it (a table, a member that is called back).
set -u
: "${srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${builddir:=$srcdir/build}"
: "${CC:=cc}"
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP

# The files of an archive that stand in a circle of calls, one line per circle or call of it. A name that
# another defines as data is no call.
circles() {
	nm -A "$1" 2>/dev/null | sed 's/^[^:]*:\([^:]*\)\.o:/\1 /' | awk '
		NF >= 3 && $(NF - 1) == "T" { defines[$NF] = $1 }
		$(NF - 1) == "U" { uses[++n] = $NF; user[n] = $1 }
		END {
			for (i = 1; i <= n; i++)
				if (uses[i] in defines && defines[uses[i]] != user[i])
					print user[i], defines[uses[i]]
		}' | sort -u >"$work/calls"
	[ -s "$work/calls" ] || echo "no calls are found in $1"
	tsort "$work/calls" 2>&1 >/dev/null | grep -v 'contains a loop' | sed 's/^tsort: //'
}

echo '1..2'
printf 'int b(void); int a(int x); int a(int x) { return x ? b() : 0; }\n' >"$work/a.c"
printf 'int a(int x); int b(void); int b(void) { return a(0); }\n' >"$work/b.c"
# shellcheck disable=SC2086
if (cd "$work" && $CC -c a.c && $CC -c b.c && ar rc bad.a a.o b.o) >"$work/out" 2>&1 &&
	[ "$(circles "$work/bad.a" | wc -l)" -ge 2 ]; then
	echo 'ok 1 - two files that call each other are found'
else
	echo 'not ok 1 - two files that call each other are found'
	sed 's/^/# /' "$work/out"
	failed=1
fi
circles "$builddir/libui.a" >"$work/out"
if [ -s "$work/out" ]; then
	echo 'not ok 2 - no circle of calls in ui/'
	sed 's/^/# /' "$work/out"
	failed=1
else
	echo 'ok 2 - no circle of calls in ui/'
fi
exit "${failed:-0}"
