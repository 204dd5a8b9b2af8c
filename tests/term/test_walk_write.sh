#!/bin/sh
# Every command of writing once: each kind of answer, each field, files, drafts and the outbox, with what
# came of it looked at in the mailboxes of those it was for.
. "${srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}/tests/term/lib.sh"
with_servers
. "$srcdir/tests/term/walk.sh"
EDITOR_FOR_TEST="sh $work/edit"
echo 'cat "$TEST_WORK/words" >>"$1"' >"$work/edit"
words() {
	printf '%s\n' "$1" >"$work/words"
}
# got NAME TEXT: whether the user's inbox has it
got() {
	grep -rqsF -e "$2" "$SRV_MAIL/$1/Maildir/cur" "$SRV_MAIL/$1/Maildir/new"
}
# refused ADDRESS: the relay has said so
refused() {
	grep -qs "reject: RCPT.*to=<$1>" "$work/s/postfix.log"
}
# Again while the draft is still being saved, which the program says.
sends() {
	walk send
	ask 2 unsee '✎'
}
send_it() {
	until_true 10 sends
}
# answer QUESTION TEXT: in place of what is proposed
answer() {
	see "$1"
	keys C-u
	type "$2"
	keys Enter
}
# listed SUBJECT: among the drafts, which the screen before may name as well
listed() {
	match "^ [^ ]+@example.org .*$1"
}
header='Cc: Carol Ames <carol@example.org>
'
letter 'Bob' 'To both' 'Written to two.'
header='List-Post: <mailto:carol@example.org>
List-Id: <list.example.org>
'
letter 'Bob' 'To the list' 'Written to a list.'
header='MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b"
'
letter 'Wei Xu' 'With a file' '--b
Content-Type: text/plain

The text above the file.
--b
Content-Type: application/octet-stream; name="thing.bin"
Content-Disposition: attachment; filename="thing.bin"
Content-Transfer-Encoding: base64

VGhpcyBpcyBpbiB0aGUgZmlsZS4=
--b--'
header='MIME-Version: 1.0
Content-Type: text/calendar; method=REQUEST; charset=utf-8
'
letter 'Bob' 'Come along' 'BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Example//EN
METHOD:REQUEST
BEGIN:VEVENT
UID:walk@example.org
DTSTAMP:20260101T080000Z
DTSTART:20400106T090000Z
DTEND:20400106T100000Z
SUMMARY:A walk
ORGANIZER:mailto:bob@example.org
ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:alice@example.org
END:VEVENT
END:VCALENDAR'
header='List-Id: <list.example.org>
List-Unsubscribe: <mailto:carol@example.org?subject=leave>
'
letter 'Bob' 'To leave' 'Nobody wants this any more.'
deliver
start talaria
see 'of 5' 20

# --- answers ---
words 'Only for Bob.'
go 'both'
walk reply
see 'Only for Bob.'
send_it
ok 'reply: the sender has it' soon got bob 'Only for Bob.'
nok 'and nobody else' got carol 'Only for Bob.'
ok 'reply: answered on the server' soon marked 'Written to two.' R
ok 'reply: the copy in Sent' soon holds Sent 'Only for Bob.'
words 'For everybody.'
go 'both'
walk reply-all
see 'For everybody.'
send_it
ok 'reply-all: the sender has it' soon got bob 'For everybody.'
ok 'reply-all: the other one too' soon got carol 'For everybody.'
words 'For the list.'
go 'list'
walk reply-list
see 'For the list.'
send_it
ok 'reply-list: the list has it' soon got carol 'For the list.'
nok 'and not the sender' got bob 'For the list.'
words 'See below.'
go 'file'
walk forward
see 'See below.'
walk edit-to
answer 'To:' 'bob@example.org'
see 'bob@example.org'
send_it
ok 'forward: it is there' soon got bob 'See below.'
ok 'with the text' soon got bob 'The text above the file.'

# --- invitations, and lists that are left ---
words ''
# answered SAID: the answer to the invitation is there, with its file
answered() {
	see 'answer.ics'
	send_it
	ok "who invited has the answer: $1" soon got bob "Subject: $1: A walk"
}
go 'Come along'
walk accept
answered Accepted
go 'Come along'
walk tentative
answered Tentative
go 'Come along'
walk decline
answered Declined
go 'To leave'
keys Enter
see 'Nobody wants this'
walk head-details
ok 'head-details: how the list is left' see 'carol@example.org'
keys q
see 'Nobody wants this'
walk unsubscribe
see '(y/n)'
keys y
see 'carol@example.org'
send_it
ok 'unsubscribe: the list is asked for it' soon got carol 'Subject: leave'

# --- fields and files ---
echo 'In file one.' >"$home/one.txt"
echo 'In file two.' >"$home/two.txt"
words 'First words.'
walk compose carol@example.org
answer 'Subject:' 'Draft of fields'
see 'First words.'
words 'Second words.'
walk edit
ok 'edit' see 'Second words.'
walk edit-to
answer 'To:' 'bob@example.org'
ok 'edit-to' see 'bob@example.org'
walk edit-cc
answer 'Cc:' 'carol@example.org'
ok 'edit-cc' match 'Cc +carol@example.org'
walk edit-bcc
answer 'Bcc:' 'alice@example.org'
ok 'edit-bcc' match 'Bcc +alice@example.org'
walk edit-from
answer 'From:' 'Alice Other <alice@example.org>'
ok 'edit-from' match 'From +Alice Other'
walk edit-subject
answer 'Subject:' 'All fields'
ok 'edit-subject' match 'Subject +All fields'
walk attach "$home/one.txt"
ok 'attach' see 'one.txt'
walk attach
answer 'Attach file:' "$home/two.txt"
ok 'attach asks' see 'two.txt'
walk detach
answer '(1-2)' 2
ok 'detach' unsee 'two.txt'
walk postpone
ok 'postpone' see 'Kept as a draft'
walk drafts
ok 'drafts' listed 'All fields'
walk open
ok 'it is resumed' see 'Second words.'
ok 'with its file' see 'one.txt'
words 'Third words.'
walk drafts
listed 'All fields'
walk open
ok 'resumed again it goes on' see 'Third words.'
nok 'on the one screen that it has' shows_match '✎.*✎'
send_it
ok 'send: To' soon got bob 'Subject: All fields'
ok 'send: Cc' soon got carol 'Subject: All fields'
ok 'send: Bcc' soon got alice 'Subject: All fields'
nok 'which nobody else can see' got bob 'alice@example.org>,'
nok 'nor by its field' got carol 'Bcc:'
ok 'send: both texts' got bob 'Second words.'
ok 'send: and the last' got bob 'Third words.'
ok 'send: From' got bob 'From: Alice Other'
ok 'send: the file' got bob 'one.txt'
nok 'send: not the one that was taken away' got bob 'two.txt'

# --- drafts ---
words 'To be thrown away.'
walk compose bob@example.org
answer 'Subject:' 'Thrown away'
see 'To be thrown'
walk discard
see 'Discard'
keys y
ok 'discard' unsee 'To be thrown'
words 'Kept and dropped.'
walk compose bob@example.org
answer 'Subject:' 'Dropped'
see 'Kept and'
walk postpone
see 'Kept as a draft'
walk drafts
listed 'Dropped'
nok 'what was discarded is no draft' shows 'Thrown away'
walk drop-draft
see 'Discard'
keys y
ok 'drop-draft' unsee 'Dropped'
walk back

# --- the outbox ---
words 'Refused for now.'
walk compose nobody.there@example.org
answer 'Subject:' 'Refused'
see 'Refused for now'
send_it
soon refused nobody.there@example.org
walk outbox
ok 'outbox' match 'refused .*Refused'
"$srcdir/tests/servers/servers" user "$work/s" nobody.there
# Over a connection of its own: the relay reads its table of users once for each.
walk offline
walk online
walk retry-mail
ok 'retry-mail' soon got nobody.there 'Refused for now.'
ok 'and it is in the outbox no more' unsee 'Refused' 20
walk back
words 'Wrong address.'
walk compose wrong@example.org
answer 'Subject:' 'Edited'
see 'Wrong address'
send_it
soon refused wrong@example.org
walk outbox
match 'refused .*Edited'
walk edit-mail
ok 'edit-mail' see 'Wrong address.'
walk edit-to
answer 'To:' 'carol@example.org'
see 'carol@example.org'
send_it
ok 'and it goes to somebody else' soon got carol 'Wrong address.'
words 'Not for anybody.'
walk compose unwanted@example.org
answer 'Subject:' 'Unwanted'
see 'Not for'
send_it
soon refused unwanted@example.org
walk outbox
match 'refused .*Unwanted'
walk drop-mail
see 'unsent'
keys y
ok 'drop-mail' unsee 'Unwanted'
walk quit
ok 'it ends' ended 0
echo "1..$test_count"
