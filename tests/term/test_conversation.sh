#!/bin/sh
# A conversation with its answers in Sent and Archive, by a key and back: what is done there goes to the folder of
# each message, and new mail joins.
. "${srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}/tests/term/lib.sh"
with_servers
. "$srcdir/tests/term/walk.sh"
# into FOLDER: what was written by letter; answers IDS: what is written next
into() {
	# shellcheck disable=SC2086
	mailbox "$1" $letters
	letters=
}
answers() {
	header="References:$1
"
}
letter 'Wei Xu' 'Plan' 'The question.'
letter 'Rosa Paz' 'Lunch'
deliver
answers ' <letter1@example.org>'
letter 'Alice Example' 'Re: Plan' 'My answer.'
into Sent
answers ' <letter1@example.org> <letter3@example.org>'
letter 'Wei Xu' 'Re: Plan' 'The end of it.'
into Archive
answers ' <letter1@example.org>'
letter 'Rosa Paz' 'Re: Plan' 'Thrown away.'
into Trash
EDITOR_FOR_TEST=true
start talaria sync
ok 'all of it is fetched' ended 0 30
restart talaria
ok 'the inbox is there' see 'of 2' 20
walk search subject:Plan
on 'Plan'
press conversation M-c
ok 'the title says what it is about' see 'Conversation: Plan'
ok 'all of it, but what was thrown away' see 'of 3'
ok 'with where it is' shows_match 'Sent *Alice Example'
ok 'in the archive, too' shows_match 'Archive *Wei Xu'
ok 'as a thread' shows_match 'INBOX *Wei Xu'
ok 'without the rest' shows_not 'Lunch'
ok 'the cursor is on the message' on 'INBOX'
walk conversation
ok 'no second one of the same' see 'This is its conversation'

# --- what is done goes to each folder ---
keys j
on 'Sent'
walk flag
maildir=$maildir/.Sent
ok 'flagged in Sent' soon marked 'My answer.' F
walk undo
ok 'and taken back' soon unmarked 'My answer.' F
maildir=${maildir%/.Sent}
answers ' <letter3@example.org>'
letter 'Rosa Paz' 'Re: Plan' 'Me too.'
deliver
ok 'new mail joins' see 'of 4' 20
answers ' <letter3@example.org>'
letter 'Rosa Paz' 'Re: Plan' 'Filed by another program.'
into Archive
walk sync
ok 'in any folder' see 'of 5' 20
walk open
see 'The end of it.'
ok 'the reader says where' see 'test  Archive'
walk back
keys q
ok 'back in the folder' see 'Lunch'
ok 'where it was' on 'Plan'
walk reindex
ok 'the index of texts is built anew' see 'index of texts of account test is built anew'
walk open
see 'The question.'
walk conversation
ok 'from the reader, too' see 'Conversation: Plan'
keys q
ok 'and back to it' see 'The question.'
walk open '@conversation:<letter4@example.org>'
ok 'by its name' see 'Conversation: Plan'
see 'of 5'
walk quit
ok 'it ends' ended 0
echo "1..$test_count"
