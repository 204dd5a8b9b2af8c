#!/bin/sh
# What is flagged in any folder of two accounts as one list, also by other programs; what is done there is
# done in the folder of each message.
. "${srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}/tests/term/lib.sh"
with_servers
with_second_account
. "$srcdir/tests/term/walk.sh"
put_into() { # USER FOLDER
	# shellcheck disable=SC2086
	"$srcdir/tests/servers/fill" "$work/s" "$1" "$2" $letters
	letters=
}
# As another program does.
mark_there() { # USER TEXT
	_file=$(grep -rlsF -e "$2" "$SRV_MAIL/$1/Maildir")
	mv "$_file" "${_file%:2,*}:2,F"
}
is_marked_there() { # USER TEXT
	case $(grep -rlsF -e "$2" "$SRV_MAIL/$1/Maildir") in *:2,*F*) true ;; *) false ;; esac
}
not_marked_there() {
	! is_marked_there "$@"
}
letter 'Wei Xu' 'One'
put_into alice INBOX
letter 'Wei Xu' 'Two'
put_into alice Bills
letter 'Rosa Paz' 'Three'
put_into bob INBOX
letter 'Rosa Paz' 'Four'
put_into bob Bills
for each in 'alice One' 'alice Two' 'bob Three'; do
	mark_there "${each% *}" "The text of ${each#* }."
done
start talaria -f @flagged
ok 'what is flagged in the inboxes' see 'test/INBOX' 20
see 'One'
see 'Three'
see 'club/INBOX'
ok 'what was never fetched is told' see '2 folders not here yet' 20
ok 'it stands above the folders' shows 'Flagged'
walk sync
ok 'and comes when it is' see 'test/Bills' 20
ok 'all is here then' unsee 'not here yet'
ok 'three messages' match 'Flagged  (3 new of )?3 '

# --- marks of other programs, and ours ---
mark_there bob 'The text of Four.'
walk sync
ok 'what another program flags comes' see 'club/Bills' 20
walk search subject:Four
on 'Four'
keys t
walk search subject:One
on 'One'
keys t
press flag '\;' F
ok 'what is unflagged goes' unsee 'club/Bills'
ok 'the other too' unsee 'test/INBOX'
ok 'in its folder' soon not_marked_there bob 'The text of Four.'
ok 'of each account' soon not_marked_there alice 'The text of One.'
walk undo
ok 'and comes back' see 'club/Bills'
ok 'both' see 'test/INBOX'
ok 'there too' soon is_marked_there bob 'The text of Four.'
ok 'and there' soon is_marked_there alice 'The text of One.'

# --- reading, answering, moving ---
walk search subject:Four
on 'Four'
walk open
see 'The text of Four.'
ok 'the reader says where it is' see 'club  Bills'
walk back
walk move INBOX
ok 'moved in its account' unsee 'club/Bills'
ok 'it is there then' see 'Four'
walk quit
ok 'it ends' ended 0
echo "1..$test_count"
