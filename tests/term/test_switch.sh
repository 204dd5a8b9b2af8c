#!/bin/sh
# Switching an account from IMAP to POP3 and back: mail and marks stay, also without any server.
. "${srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}/tests/term/lib.sh"
with_servers
plan 22
mailbox INBOX --demo
start talaria
ok 'by IMAP' match 'imap . online +INBOX +9 new of 32'
go 'subject:hike' 'Rosa'
keys F
ok 'a mark is set' match '^ rF +Rosa'
go 'subject:cache' 'Jeff'
keys Enter
ok 'a message is read' see 'Subject: '
keys q
type ':protocol pop3'
keys Enter
ok 'what the switch does is told first' see 'offline copies'
ok 'and asked' see 'Switch test to POP3 now?'
keys y
ok 'it is POP3 now' see 'test pop3'
ok 'the mail is there' see 'Lunch on Thursday?' 20
ok 'and online' match 'pop3 . online' 20
ok 'all of it' match 'of 32' 20
ok 'threads are drawn' match 'Mina Park +└─>'
ok 'with its marks' match 'F +Jeff Beaumont +the new cache format'
ok 'the read one is read' match '^ +F? +Jeff Beaumont'
"$srcdir/tests/servers/servers" stop "$work/s"
term_servers=
go 'subject:Parcel' 'Parcel'
keys Enter
ok 'mail can be read without a server' see 'Your parcel 7781'
keys q
go 'subject:lunch' 'Bob'
keys F
ok 'and marked' match '^ +F +Bob'
type ':protocol imap'
keys Enter
ok 'back without a server' see 'Switch test to IMAP now?'
keys y
ok 'it is IMAP again' see 'test imap'
go 'subject:lunch' 'Bob'
ok 'the mail is still there' see 'Lunch on Thursday?'
ok 'with the mark made meanwhile' match '^ +F +Bob'
type ':quit'
keys Enter
ok 'it ends' ended 0
restart talaria
ok 'the choice is remembered' see 'test imap'
ok 'and the mail' see 'Lunch on Thursday?'
ok 'and the mark' match '^ +F +Bob'
