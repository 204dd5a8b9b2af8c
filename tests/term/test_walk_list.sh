#!/bin/sh
# Every command of the list of messages once: moving, searching, sorting, tagging, and what is done to
# messages, looked at on the server.
. "${srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}/tests/term/lib.sh"
with_servers
. "$srcdir/tests/term/walk.sh"
for n in 01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
	letter 'Wei Xu' "Mail $n" "This is text $n."
done
header='In-Reply-To: <letter30@example.org>
'
letter 'Rosa Paz' 'Re: Mail 30' 'An answer to it.'
letter 'Tom Oak' 'Re: Mail 30' 'Another answer.'
header=
letter 'Bob Builder' 'Newest' 'The newest of all.'
deliver
start talaria
see 'of 33' 20

# --- moving ---
walk first
ok 'first' on 'Newest'
walk next 2
ok 'next' on 'Rosa Paz'
walk previous
ok 'previous' on 'Mail 30'
walk last
ok 'last' on 'Mail 01'
shown() { # the first row that the list shows
	screen | sed -n 1,2p | grep -o 'Mail [0-9]*' | head -n 1
}
walk top
ok 'top: the first row of the screen' on "$(shown)"
ok 'which is not the first of the list' shows_not 'Newest'
walk bottom
ok 'bottom: its last row' on 'Mail 01'
walk middle
ok 'middle: the row between them' on "$(screen | sed -n 12p | grep -o 'Mail [0-9]*')"
walk jump 10
ok 'jump' on 'Mail 24'
nok 'jump: nowhere else' ask 0 on 'Mail 23'
walk jump 99
ok 'and says when there is no such message' see 'There is no message 99'
walk jump 10
walk current-top
ok 'current-top' unsee 'Newest'
walk current-bottom
ok 'current-bottom' see 'Newest'
walk current-middle
ok 'current-middle' on 'Mail 24'
walk first
walk page-down
ok 'page-down' unsee 'Newest'
walk page-up
ok 'page-up' see 'Newest'
walk first
walk half-down
ok 'half-down: half a screen below' on 'Mail 22'
walk half-up
ok 'half-up comes back' on 'Newest'
walk line-down
ok 'line-down scrolls by one' unsee 'Newest'
walk line-up
ok 'line-up back' see 'Newest'
walk last
walk previous-unread
ok 'previous-unread' on 'Mail 02'
walk next-unread
ok 'next-unread' on 'Mail 01'
walk open
ok 'open' see 'This is text 01.'
ok 'the server knows it as read' soon marked 'This is text 01.' S
walk back
ok 'back' on 'Mail 01'
walk search 'from:Rosa'
ok 'search' on 'Rosa Paz'
walk search 'Mail 2'
ok 'the next search' on 'Mail 29'
walk search-next
ok 'search-next' on 'Mail 28'
walk search-previous
ok 'search-previous' on 'Mail 29'
ok 'how many it found is told' see 'match 1 of 12'
walk search-toggle
ok 'search-toggle' see 'What was found is not marked'
walk search -r 'from:Wei'
ok 'search -r' on 'Mail 30'

# --- everywhere, and kept ---
walk find 'subject:"Mail 2" from:rosa | subject:"Mail 19"'
ok 'find' see 'Found'
see 'Mail 19'
ok 'find: a phrase is one' unsee 'Mail 18'
walk save-search nineteen subject:19
ok 'save-search' see '@nineteen looks for subject:19'
ok 'it stands in the configuration' soon grep -q '^search nineteen' "$home/.config/talaria/config"
walk back
on 'Mail 30'
walk forget-search nineteen
ok 'forget-search' see 'no saved search'
ok 'nor in the configuration' not grep -q nineteen "$home/.config/talaria/config"

# --- what is shown ---
walk limit 'Mail 1'
ok 'limit' unsee 'Newest'
ok 'to what matches' see 'Mail 19'
walk limit all
ok 'limit all' match 'Mail (30|09)'
walk threads
ok 'threads off' unsee '└─>'
walk sort -r subject
walk first
ok 'sort -r' on 'Newest'
walk sort date
walk threads
ok 'threads on' see '─>'
walk search 'from:Tom'
walk fold
ok 'fold' unsee 'Tom Oak'
ok 'the thread is one row' on 'Mail 30'
walk fold
ok 'unfold' see 'Tom Oak'
walk fold-all
ok 'fold-all' unsee 'Rosa Paz'
walk fold-all
ok 'unfold all' see 'Rosa Paz'
walk search 'from:Tom'
walk parent-message
ok 'parent-message' on 'Mail 30'
walk next-subthread
ok 'next-subthread' on 'Mail 29'
walk previous-thread
ok 'previous-thread' on 'Mail 30'
walk next-thread
ok 'next-thread' on 'Mail 29'
walk previous-subthread
ok 'previous-subthread' on 'Mail 30'
walk search 'from:Tom'
walk root-message
ok 'root-message' on 'Mail 30'

# --- marks ---
# Each time anew: a mark takes the cursor to the next message.
at() {
	walk search "$1"
	on "$1"
}
at 'Mail 29'
walk flag
ok 'flag' soon marked 'This is text 29.' F
at 'Mail 29'
walk flag
ok 'flag again' soon unmarked 'This is text 29.' F
at 'Mail 29'
walk read
ok 'read' soon marked 'This is text 29.' S
at 'Mail 29'
walk unread
ok 'unread' soon unmarked 'This is text 29.' S
at 'Mail 29'
walk toggle-read
ok 'toggle-read' soon marked 'This is text 29.' S
at 'Mail 28'
walk set-flag answered
ok 'set-flag' soon marked 'This is text 28.' R
at 'Mail 28'
walk clear-flag answered
ok 'clear-flag' soon unmarked 'This is text 28.' R
at 'Mail 28'
walk keyword work
ok 'keyword' soon marked 'This is text 28.' a
ok 'of that name' until_true 10 grep -q 'work' "$maildir/dovecot-keywords"
at 'Mail 28'
walk keyword -work
ok 'keyword -' soon unmarked 'This is text 28.' a
walk search 'from:Tom'
walk read-subthread
ok 'read-subthread: this one' soon marked 'Another answer.' S
nok 'and not the others' marked 'This is text 30.' S
walk set-flag deleted
ok 'set-flag deleted' soon marked 'Another answer.' T
walk search 'from:Tom'
walk undelete-subthread
ok 'undelete-subthread' soon unmarked 'Another answer.' T
walk search 'from:Tom'
walk set-flag deleted
ok 'set-flag deleted again' soon marked 'Another answer.' T
walk search 'from:Rosa'
walk undelete-thread
ok 'undelete-thread' soon unmarked 'Another answer.' T
walk search 'from:Tom'
walk tag-subthread
walk tag-prefix
walk unread
ok 'tag-subthread' soon unmarked 'Another answer.' S
walk tag-prefix
walk read
walk untag-all
walk search 'from:Tom'
walk read-thread
ok 'read-thread: this one' soon marked 'Another answer.' S
walk mute-thread
ok 'mute-thread' see 'comes to this thread comes read'
walk mute-thread
ok 'mute-thread: no more' see 'This thread is heard of again'
ok 'and the others' soon marked 'This is text 30.' S

# --- tags ---
at 'Mail 13'
walk tag-range
walk next
walk tag-range
walk tag-prefix
walk set-flag answered
ok 'tag-range' soon marked 'This is text 12.' R
ok 'from where it began' marked 'This is text 13.' R
walk untag-all
walk search 'Mail 27'
walk tag
walk tag-pattern 'Mail 2[56]'
walk tag-prefix
walk flag
ok 'tag, tag-prefix: the tagged one' soon marked 'This is text 27.' F
nok 'and no other' marked 'This is text 28.' F
walk untag-all
walk tag-pattern 'Mail 26'
walk tag-pattern 'Mail 25'
walk untag-pattern 'Mail 25'
walk tag-prefix
walk flag
ok 'tag-pattern' soon marked 'This is text 26.' F
nok 'untag-pattern' marked 'This is text 25.' F
walk untag-all
walk search 'from:Tom'
walk tag-thread
walk tag-prefix
walk flag
ok 'tag-thread: the root' soon marked 'This is text 30.' F
ok 'and both answers' soon marked 'Another answer.' F
walk untag-all
walk search 'Mail 18'
walk tag
walk untag-all
walk search 'Mail 17'
walk flag
ok 'untag-all: what the cursor is on' soon marked 'This is text 17.' F
nok 'not what was tagged' marked 'This is text 18.' F

# --- moving them away ---
walk create Projects
ok 'create' soon test -d "$maildir/.Projects"
walk search 'Mail 24'
walk move Projects
ok 'move' soon holds Projects 'This is text 24.'
ok 'it is here no more' soon not holds INBOX 'This is text 24.'
walk search 'Mail 23'
walk copy Projects
ok 'copy' soon holds Projects 'This is text 23.'
ok 'it is still here' holds INBOX 'This is text 23.'
walk search 'Mail 22'
walk archive
ok 'archive' soon holds Archive 'This is text 22.'
ok 'archived: it is here no more' soon not holds INBOX 'This is text 22.'
walk search 'Mail 21'
walk delete
ok 'delete' soon holds Trash 'This is text 21.'
walk undo
ok 'undo' soon holds INBOX 'This is text 21.'
ok 'and it is in the Trash no more' soon not holds Trash 'This is text 21.'
walk delete-pattern 'Mail 20'
ok 'delete-pattern' soon holds Trash 'This is text 20.'
nok 'and nothing else' holds Trash 'This is text 19.'
walk toggle-write
walk search 'Mail 19'
walk flag
ok 'toggle-write' see 'This folder is read only'
walk toggle-write
see 'Changes are made again'
walk search 'Mail 19'
walk junk
ok 'junk' soon holds Junk 'This is text 19.'
walk search 'Mail 18'
walk set-flag deleted
ok 'set-flag deleted' soon marked 'This is text 18.' T
walk undelete-pattern 'Mail 18'
ok 'undelete-pattern' soon unmarked 'This is text 18.' T
walk open Junk
see 'Mail 19'
walk not-junk
ok 'not-junk' soon holds INBOX 'This is text 19.'
walk open INBOX
see 'Newest'
walk search 'from:Tom'
walk delete-subthread
ok 'delete-subthread: this one' soon holds Trash 'Another answer.'
nok 'and nothing above it' holds Trash 'This is text 30.'
walk search 'from:Rosa'
walk delete-thread
ok 'delete-thread: the root' soon holds Trash 'This is text 30.'
ok 'and the answers' soon holds Trash 'An answer to it.'
ok 'the other mail is where it was' holds INBOX 'The newest of all.'
walk open Trash
unsee 'Newest'
see 'Mail 20'
go 'Mail 20'
walk delete
ok 'delete: in the Trash it asks' see 'Delete 1 message for good? (y/n)'
keys n
unsee 'for good?'
ok 'no is no' holds Trash 'This is text 20.'
walk delete
see 'for good?'
keys y
ok 'yes is yes' soon not holds Trash 'This is text 20.'
walk quit
ok 'it ends' ended 0
echo "1..$test_count"
