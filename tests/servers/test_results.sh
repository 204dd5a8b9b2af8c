#!/bin/sh
# What a run of the suite came to: who fails once and passes alone is unsteady, who fails twice has failed.
set -u
: "${srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
count=0
failed_here=0

ok() { # NAME CMD...
	count=$((count + 1))
	name=$1
	shift
	if "$@"; then
		echo "ok $count - $name"
	else
		failed_here=1
		echo "not ok $count - $name"
		sed 's/^/# /' "$work/out"
	fi
}

nok() { # NAME CMD...
	what=$1
	shift
	ok "$what" not "$@"
}

not() {
	! "$@"
}

# A build of which make knows nothing but its results: the next one of a test is in NAME.next, if any.
b=$work/build
cat >"$work/makefile" <<'END'
check:
	@echo $(TESTS) >>runs
	@rm -f $(TESTS).trs
	@test ! -e $(TESTS).next || { mv $(TESTS).next $(TESTS).trs; echo later >$(TESTS).log; }
	@! grep -qs FAIL $(TESTS).trs
END

fresh() {
	rm -rf "$b"
	mkdir -p "$b/tests"
	cp "$work/makefile" "$b/Makefile"
	: >"$b/runs"
}

# ran NAME RESULT...: what make found. next NAME RESULT...: what it will find.
ran() {
	test=$1
	shift
	printf ':test-result: %s\n' "$@" >"$b/tests/$test.trs"
	cat >"$b/tests/$test.log" <<-END
		ok 1 - fine
		PASS: $test.sh 1 - fine
		# not on the screen
		# |
		not ok 2 - the bad one
		FAIL: $test.sh 2 - the bad one
		ok 3 - the next
	END
}

next() {
	test=$1
	shift
	printf ':test-result: %s\n' "$@" >"$b/tests/$test.next"
}

# The end of a run with this build.
comes_to() (
	top=$work start=0 began=0
	say() {
		echo "$*"
	}
	now() {
		echo 0
	}
	unset CI MAKEFLAGS MFLAGS
	. "$srcdir/tests/results.sh"
	collect "$b"
	totals
) >"$work/out" 2>&1

has() {
	grep -qxF -e "$1" "$work/out"
}

fresh
ran steady PASS PASS
ran once PASS FAIL PASS ERROR
next once PASS PASS PASS
ok 'who passes when it is run again has passed' comes_to
ok 'all of it' has '5 passed, 0 failed'
ok 'is told' has 'unsteady (failed once, passed when run again):'
ok 'by the names of the cases' has '  tests/once: 2 - the bad one;'
ok 'with the command' has "      make -C $b check TESTS=tests/once"
ok 'and what it said' has '      # not on the screen'
nok 'but not the empty rows of a screen' has '      # |'
ok 'its log is kept' grep -q 'not ok 2' "$b/tests/once.first.log"
ok 'no other runs again' [ "$(cat "$b/runs")" = tests/once ]

fresh
ran twice PASS FAIL ERROR
next twice FAIL FAIL ERROR
nok 'who fails again has failed' comes_to
ok 'as often as then' has '0 passed, 2 failed'
nok 'and is not unsteady' grep -q unsteady "$work/out"

fresh
ran broken PASS FAIL
nok 'who comes to nothing when it is run again has failed' comes_to
ok 'as at first' has '  tests/broken: 2 - the bad one;'
ok 'with its count' has '1 passed, 1 failed'

fresh
ran found FAIL
echo 'WARNING: ThreadSanitizer: data race' >>"$b/tests/found.log"
next found PASS
nok 'what a sanitizer found is no chance' comes_to

fresh
ran left FAIL
printf '%s\n' '==7==ERROR: LeakSanitizer: detected memory leaks' \
	'SUMMARY: AddressSanitizer: 440 byte(s) leaked in 1 allocation(s).' >>"$b/tests/left.log"
next left PASS
ok 'what a broken off case has left is not of its finding' comes_to

fresh
for i in 1 2 3 4 5 6; do
	ran "t$i" FAIL
	next "t$i" PASS
done
nok 'where many fail, it is none either' comes_to
ok 'and nothing is run again' [ ! -s "$b/runs" ]
rm "$b"/tests/t6.*
ok 'of five it may be' comes_to
echo "1..$count"
exit "$failed_here"
