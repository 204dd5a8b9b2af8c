#!/bin/sh
# A day with a POP3 account: fetch, read, mark, answer, file, delete and take back, search; over to
# IMAP and back; and out.
. "${srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}/tests/term/lib.sh"
with_servers pop3
plan 56
mailbox INBOX --demo
note_to_self
maildir=$SRV_MAIL/alice/Maildir
tree=$home/.local/share/talaria/test/mail
now_s() {
	date +%s
}
holds() {
	grep -rqlF -e "$2" "$1"
}
# marked DIR TEXT LETTER: the message with that text has the letter in its file's name.
marked() {
	_f=$(grep -rlF -e "$2" "$1/cur") && case $_f in *:2,*$3*) true ;; *) false ;; esac
}
# The marks of the day, as the list shows them; those the server had come along.
same_marks() {
	go 'subject:hike' 'Rosa'
	ok "$1: the flag" match '^ .F +Rosa'
	go 'subject:cache' 'Jeff'
	ok "$1: what was read is read" match '^ +F? +Jeff Beaumont +the new cache'
	go 'subject:Note' 'Note to self'
	ok "$1: what was answered is answered" match '^ +r +To Alice Example +Note to self'
	go 'subject:parcel' 'Parcel'
	ok "$1: what nobody read is new" match '^ N +Parcel Service'
}

# --- mail comes ---
echo 'And matches, says the answer.' >"$work/words"
start talaria
ok 'the inbox by POP3' match 'pop3 . online +INBOX +[0-9]+ new of 33' 20
ok 'the mail is on this machine' until_true 10 holds "$tree" 'Buy candles.'
ok 'and stays on the server' holds "$maildir" 'Buy candles.'
ok 'all of it, once' test "$(find "$tree/cur" "$tree/new" -type f | wc -l)" = 33
new_of() {
	screen | sed -n 's/.*INBOX *\([0-9]*\) new of .*/\1/p'
}
before=$(new_of)

# --- read, flag, reply ---
go 'subject:cache' 'Jeff'
keys Enter
ok 'one is read' see 'Subject: '
keys q
ok 'and counted as read' match "INBOX +$((before - 1)) new of 33"
go 'subject:hike' 'Rosa'
keys F
ok 'one is flagged' match '^ NF +Rosa'
ok 'the flag is in the file name' until_true 10 marked "$tree" 'Subject: Spring hike' F
go 'subject:Note' 'Note to self'
keys Enter
see 'Buy candles'
keys r
ok 'the reply quotes it' see '> Buy candles.'
ok 'with what the editor wrote' see 'And matches'
keys y
see 'Subject: Note to self'
keys q
ok 'it is sent' said 'Sent: Re: Note to self'
ok 'what was answered is marked' match '^ +r +To Alice Example +Note to self' 20
keys G
ok 'the answer comes' match '^ +N +To Alice Example +(└─>|Re: Note)' 20
ok 'and is counted' match 'of 34'
ok 'a copy is in Sent on this machine' until_true 10 holds "$tree/.Sent" 'And matches'
nok 'and on the server there is none' holds "$maildir/.Sent" 'And matches'

# --- file, delete, take back ---
type ':create Projects'
keys Enter
ok 'a new folder' said 'Folder Projects made'
go 'subject:Invoice' 'Anna'
type ':move Projects'
keys Enter
ok 'one is filed' unsee 'Invoice 4711'
ok 'it is in the folder' until_true 10 holds "$tree/.Projects" 'Subject: Invoice 4711'
ok 'and no more in the inbox' match 'of 33'
go 'subject:drawing'
keys d
ok 'one is deleted' unsee 'A drawing'
ok 'it is in Trash' until_true 10 holds "$tree/.Trash" 'Subject: A drawing'
keys u
ok 'and comes back' see 'A drawing'
ok 'Trash is empty again' until_true 10 not holds "$tree/.Trash" 'Subject: A drawing'
type ':open Projects'
keys Enter
ok 'the new folder shows it' see 'Invoice 4711'
type ':open INBOX'
keys Enter
see 'Lunch on Thursday?'

# --- find ---
type ':limit body:candles'
keys Enter
ok 'a search in the texts' match 'Note to self|Re: Note'
ok 'shows nothing else' unsee 'Lunch on Thursday?'
type ':limit all'
keys Enter
ok 'all again' see 'Lunch on Thursday?'
type ':pending'
keys Enter
ok 'nothing waits for a server' see 'The server knows everything'
keys q
see 'Lunch on Thursday?'

# --- to IMAP and back ---
type ':protocol imap'
keys Enter
ok 'the switch is explained' see 'The switch itself deletes nothing'
ok 'with numbers' match '[0-9]+ messages? of the inbox'
ok 'what waits is told' match 'waits? for'
ok 'and asked' see 'Switch test to IMAP now?'
keys y
ok 'it is IMAP' match 'imap . online' 20
ok 'what was filed by POP3 is filed on the server' until_true 20 holds "$maildir/.Projects" 'Subject: Invoice 4711'
ok 'and the rest is in its inbox' match 'of 33' 20
same_marks 'by IMAP'
ok 'they reach the server: the flag' until_true 20 marked "$maildir" 'Subject: Spring hike' F
ok 'the answer' until_true 20 marked "$maildir" 'Buy candles.' R
ok 'nothing waits any more' unsee 'waiting' 20
type ':protocol pop3'
keys Enter
ok 'the way back is explained' see 'offline copies'
ok 'it is asked too' see 'Switch test to POP3 now?'
keys y
ok 'it is POP3 again' match 'pop3 . online' 20
ok 'nothing came twice' match 'of 33' 20
same_marks 'by POP3 again'
ok 'each message is there once' test "$(grep -rlF 'Subject: Spring hike' "$tree" | wc -l)" = 1
ok 'what was filed is still filed' holds "$tree/.Projects" 'Subject: Invoice 4711'

# --- out ---
t=$(now_s)
type ':quit'
keys Enter
ok 'it ends' ended 0
# It waits for no server: their time is up much later.
ok 'at once' test "$(($(now_s) - t))" -lt 5
# Whatever it started has this in its environment.
left_over() {
	grep -qsF "TEST_WORK=$work" /proc/[0-9]*/environ
}
ok 'nothing is left running' until_true 5 not left_over
