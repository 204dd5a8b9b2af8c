#!/bin/sh
# Writing: a reply and its way round, attachments, drafts that outlive the program, refused mail.
. "${srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}/tests/term/lib.sh"
with_servers
plan 31
note_to_self
maildir=$SRV_MAIL/alice/Maildir
holds() {
	grep -rqlF -e "$2" "$maildir/$1"
}

echo 'And matches, says the answer.' >"$work/words"
start talaria
see 'Note to self'
keys Enter
see 'Buy candles'
keys r
ok 'the reply is shown' see 'Re: Note to self'
ok 'what the editor wrote is in it' see 'And matches'
ok 'below the quote' see '> Buy candles.'
keys y
see 'Subject: Note to self'
keys q
ok 'it says that it is sent' said 'Sent: Re: Note to self'
ok 'it arrives by itself' match '^ N +To Alice Example +(└─>|Re: Note)' 20
ok 'what was answered is marked' match '^ r +To Alice Example +Note to self'
ok 'the server has the answer' until_true 10 holds cur 'And matches'
ok 'and a copy in Sent' until_true 10 holds .Sent 'And matches'
answered() {
	ls "$maildir/cur" | grep -q ':2,[A-Z]*R'
}
ok 'and the mark' until_true 10 answered
keys Tab Enter
ok 'it can be read' see 'And matches, says the answer.'
ok 'it is to be recognised' see 'Subject: Re: Note to self'
keys q

printf 'file\n\377\0bytes\n' >"$home/thing.bin"
echo 'With a thing.' >"$work/words"
keys m
ok 'who is it for' see 'To:'
type 'bob@example.org'
keys Enter
ok 'and about what' see 'Subject:'
type 'A thing for you'
keys Enter
ok 'the send screen' see 'With a thing.'
keys a
see 'ttach'
type '~/thing.bin'
keys Enter
ok 'the attachment is listed' see 'thing.bin'
keys y
ok 'it is sent' said 'Sent: A thing for you'
bob_has() {
	grep -rqF 'thing.bin' "$SRV_MAIL/bob/Maildir/new" "$SRV_MAIL/bob/Maildir/cur"
}
ok 'bob has it' until_true 10 bob_has

echo 'Half a thought' >"$work/words"
keys m
see 'To:'
type 'carol@example.org'
keys Enter
see 'Subject:'
type 'Later'
keys Enter
see 'Half a thought'
keys P
ok 'a draft is kept' see 'Kept as a draft'
keys m
see 'To:'
type 'carol@example.org'
keys Enter
see 'Subject:'
type 'Never postponed'
keys Enter
ok 'a second one is on the screen' see 'Ready to send'
send_signal KILL
ok 'killed' ended 137
restart talaria
see 'Note to self'
keys R
ok 'the draft is still there' see 'Later'
ok 'and the one that was on the screen' see 'Never postponed'
type '/Later'
keys Enter Enter
ok 'it is resumed' see 'Half a thought'
ok 'with its receiver' see 'carol@example.org'
keys y
ok 'and sent' said 'Sent: Later'

echo 'Nobody reads this' >"$work/words"
keys m
see 'To:'
type 'nobody.there@example.org'
keys Enter
see 'Subject:'
type 'Refused'
keys Enter
see 'Nobody reads'
keys y
ok 'a refused receiver is told' match '550|refused|User unknown|[Uu]nknown' 20
type ':outbox'
keys Enter
ok 'the mail is kept in the outbox' see 'Refused'
keys e
ok 'it can be edited again' see 'Nobody reads this'
keys t
see 'To:'
keys C-u
type 'bob@example.org'
keys Enter
see 'bob@example.org'
keys y
ok 'and goes to somebody else' said 'Sent: Refused'
type ':outbox'
keys Enter
ok 'the outbox is empty then' unsee 'Refused'
type ':quit'
keys Enter
ok 'it ends' ended 0
