#!/bin/sh
# The inboxes of two accounts as one list: what is done there goes to the account of each message.
. "${srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}/tests/term/lib.sh"
with_servers
with_second_account
. "$srcdir/tests/term/walk.sh"
deliver_to() {
	# shellcheck disable=SC2086
	"$srcdir/tests/servers/fill" "$work/s" "$1" INBOX $letters
	letters=
}
flagged_at() {
	maildir=$SRV_MAIL/$1/Maildir
	marked "$2" F
}
letter 'Wei Xu' 'One'
letter 'Wei Xu' 'Three'
deliver_to alice
letter 'Rosa Paz' 'Two'
deliver_to bob
EDITOR_FOR_TEST=true
start talaria -f @inboxes
ok 'both are there' see 'of 3' 20
see 'Three'
see 'Two'
ok 'with the account of each' shows_match 'club *Rosa Paz'
ok 'of the other too' shows_match 'test *Wei Xu'
ok 'the side has it above all' shows 'All inboxes'
letter 'Rosa Paz' 'Four'
deliver_to bob
ok 'new mail of each comes in' see 'of 4' 20

# --- marks of both, in one step ---
walk search subject:One
on 'One'
keys t
walk search subject:Two
on 'Two'
keys t
press flag '\;' F
ok 'flagged where it is' soon flagged_at alice 'The text of One.'
ok 'and the other there' soon flagged_at bob 'The text of Two.'
walk undo
unflagged_at() {
	maildir=$SRV_MAIL/$1/Maildir
	unmarked "$2" F
}
ok 'one step takes both back' soon unflagged_at alice 'The text of One.'
ok 'the other too' soon unflagged_at bob 'The text of Two.'

# --- reading and answering ---
walk search subject:Two
on 'Two'
walk open
see 'The text of Two.'
ok 'the reader says where it is' see 'club  INBOX'
walk reply
ok 'its account answers' see 'Bob of the Club'
walk discard
see 'Discard'
keys y
unsee 'Bob of the Club <bob'
walk back
walk open @inboxes
see 'of 4'
walk open Sent
ok 'open: a folder of the account under the cursor' match 'test Sent|club Sent'
walk quit
ok 'it ends' ended 0
echo "1..$test_count"
