#!/bin/sh
# The harness itself: it sees, types, resizes, ends, and can fail.
. "${srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}/tests/term/lib.sh"
plan 21
quiet() {
	"$@" >/dev/null 2>&1
}
start sh -c 'printf "ready %s\n" "$1"; exec cat' sh "two  words, it's"
ok 'words keep blanks and quotes' see "ready two  words, it's"
type 'typed; $HOME'
keys Enter
ok 'typed text arrives as it is' match '^typed; \$HOME$'
ok 'it runs' alive
nok 'what is not there is not seen' quiet see 'never written' 1
nok 'what is there does not vanish' quiet unsee 'ready' 1
keys C-d
ok 'it ends' ended 0
nok 'it runs no more' alive
nok 'a wrong status is told' quiet ended 3
restart sh -c 'stty size; read -r x; stty size; echo "$HOME $LANG $TERM ${TMUX-none}"; exit 5'
ok 'the size at the start' see '24 80'
resize 100 30
keys Enter
ok 'the size after a resize' see '30 100'
ok 'home, language and terminal are the harness'"'"'s' see "$home C.UTF-8 $TERM_NAME none"
ok 'the status is kept' ended 5
restart sh -c 'printf "\303\244\342\202\254 \346\274\242\n\033[5;1Hits line\033[5;3H"; read -r x'
ok 'UTF-8 is shown' see 'ä€ 漢'
at() {
	[ "$(cursor)" = '2 4' ]
}
ok 'the cursor is where it was put' until_true 5 at
ok 'and so is its line' on 'its line'
nok 'another line is not' quiet on 'ä' 1
send_signal TERM
ok 'a signal ends it' ended 143
failing() {
	TERM_TEST_BOUNDED=1 sh -c '. "$srcdir/tests/term/lib.sh"; plan 1; ok bad false; echo "$work" >"$1"' sh "$1" >"$work/out"
}
nok 'a failed case fails the test' failing "$work/where"
ok 'a failed case is told' grep -q '^not ok 1 - bad' "$work/out"
nok 'its directory is removed' test -e "$(cat "$work/where")"
hangs() {
	unset TERM_TEST_BOUNDED
	printf '. "$srcdir/tests/term/lib.sh"\nplan 1\nstart cat\nok never see never 60\n' >"$work/hangs.sh"
	TERM_TEST_SECONDS=1 sh "$work/hangs.sh" >"$work/out"
}
nok 'a test that hangs is ended' quiet hangs
