#!/bin/sh
# Work without a connection is kept, shown, and told to the server later.
. "${srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}/tests/term/lib.sh"
with_servers
plan 20
mailbox INBOX --demo
maildir=$SRV_MAIL/alice/Maildir
start talaria
see 'of 32' 20
type ':open Archive'
keys Enter
see 'Parking card'
type ':quit'
keys Enter
ended 0
restart talaria --offline
ok 'the cached mail is there' see 'Lunch on Thursday?'
ok 'it says that it is offline' see 'offline'
go 'subject:Lunch' 'Bob'
keys F
ok 'a mark' match '^ +F +Bob'
go 'subject:Invoice' 'Anna'
keys d
ok 'a deletion' unsee 'Invoice 4711'
ok 'counted' match 'of 31'
go 'subject:flowed'
type ':move Archive'
keys Enter
ok 'a move' unsee 'format=flowed'
go 'subject:drawing'
keys d
ok 'one more deletion' unsee 'A drawing'
keys u
ok 'which is undone' see 'A drawing'
ok 'they wait' see 'waiting'
type ':pending'
keys Enter
ok 'the list of waiting changes' match 'Archive'
ok 'has the deletion' match 'Trash|[Dd]elete'
keys q
type ':quit'
keys Enter
ok 'it ends' ended 0
server_has() {
	grep -rqlF -e "$2" "$maildir/$1"
}
ok 'the server knows nothing of it yet' server_has cur 'Subject: Invoice 4711'
restart talaria
ok 'the changes are still shown' match '^ +F +Bob'
ok 'the deletion reaches the server' until_true 20 server_has .Trash 'Subject: Invoice 4711'
ok 'the move too' until_true 20 server_has .Archive 'Subject: format=flowed'
flagged() {
	f=$(grep -rlF 'Noon, the place' "$maildir/cur") && case $f in *:2,*F*) true ;; *) false ;; esac
}
ok 'and the mark' until_true 20 flagged
nok 'what was undone was not moved' server_has .Trash 'Subject: A drawing'
ok 'nothing waits any more' unsee 'waiting' 20
keys q
ok 'it ends again' ended 0
