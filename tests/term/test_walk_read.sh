#!/bin/sh
# Every command of the reader once, and those of tabs, folders, the list at the side, texts and clicks.
. "${srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}/tests/term/lib.sh"
with_servers
. "$srcdir/tests/term/walk.sh"
header='MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="m"
'
letter 'Rosa Paz' 'With everything' '--m
Content-Type: multipart/alternative; boundary="a"

--a
Content-Type: text/plain

Hello, see https://example.org/plain and

> Somebody wrote this.
> And this.

My answer stands behind it.
--a
Content-Type: text/html

<p>This is the <b>web</b> version: <a href="https://example.org/web">a page</a>.</p>
--a--
--m
Content-Type: text/csv; name="table.csv"
Content-Disposition: attachment; filename="table.csv"

one,two
--m--'
header=
letter 'Wei Xu' 'Hundred lines' "$(seq -f 'line %03.0f' 1 100)"
letter 'Wei Xu' 'Second'
letter 'Wei Xu' 'Third'
deliver
mailbox Archive "$work/letter.4"
size 110 40
start talaria
see 'of 4' 20

# --- the reader ---
go 'Hundred'
walk open
see 'line 001'
walk page-down
ok 'page-down' unsee 'line 001'
walk page-up
ok 'page-up' see 'line 001'
walk half-down
ok 'half-down' unsee 'line 001'
walk half-up
ok 'half-up' see 'line 001'
walk line-down 3
ok 'line-down: the beginning goes' unsee 'Date:'
walk line-up 3
ok 'line-up' see 'Date:'
walk last
ok 'last' see 'line 100'
walk first
walk skip-headers
ok 'skip-headers' unsee 'Date:'
ok 'to the text' see 'line 001'
walk display-address
ok 'display-address' see 'Wei Xu <wei.xu@example.org>'
walk show-version
ok 'show-version' match 'Talaria [0-9]'
walk what-key
see 'Press a key'
keys d
ok 'what-key' see 'd: delete'
walk pipe-message "wc -l >$work/piped"
see 'Press Enter to go on'
keys Enter
ok 'pipe-message' until_true 10 test -s "$work/piped"
see 'line 001'
walk set "print-command='wc -l >$work/printed'"
walk print-message
see 'Print 1 message?'
keys y
ok 'print-message' until_true 10 test -s "$work/printed"
see 'line 001'
walk shell-escape "echo spoken >$work/spoken"
see 'Press Enter to go on'
keys Enter
ok 'shell-escape' until_true 10 test -s "$work/spoken"
see 'line 001'
walk first
ok 'first' see 'line 001'
walk search 'line 090'
ok 'search in the text' see 'line 090'
walk first
walk next
ok 'next: the message below' see 'everything'
walk previous
ok 'previous: the message above' see 'line 001'
walk next
see 'Somebody wrote this'
walk skip-quoted
ok 'skip-quoted' see 'My answer stands'
walk quotes
ok 'quotes hides them' unsee 'Somebody wrote this'
walk quotes
ok 'quotes shows them' see 'Somebody wrote this'
walk headers
ok 'headers: all' see 'Message-ID'
walk headers usual
ok 'headers: the usual' unsee 'Message-ID'
walk source-text
ok 'source-text' see 'Content-Type: multipart/mixed'
walk source-text
unsee 'Content-Type: multipart/mixed'
walk charset utf-16le
ok 'charset' unsee 'Hello'
walk charset ''
see 'Charset of the text'
keys C-u Enter
see 'Hello'
ok 'another version is told with its key' see 'also as HTML (V)'
press html V
ok 'html: the web version' see 'web version'
see 'also as plain text (V)'
walk html
ok 'html: the plain one' see 'Somebody wrote this'
walk links
ok 'links' see 'https://example.org/plain'
walk back
walk attachments
ok 'attachments' see 'table.csv'
walk last
walk save "$home/saved.csv"
ok 'save: a part' soon grep -qs 'one,two' "$home/saved.csv"
walk row 4
walk view-text
ok 'view-text' see '<b>web</b>'
walk back
walk tag-part
ok 'tag-part' match ' 4 [*]'
walk save-parts "$home/parts"
ok 'save-parts' soon grep -qs 'web' "$home/parts/part"
walk row 4
walk tag-part
unsee '*'
walk row 5
walk pipe-part "cat >$work/piped.csv"
see 'Press Enter to go on'
keys Enter
ok 'pipe-part' until_true 10 grep -qs 'one,two' "$work/piped.csv"
see 'table.csv'
walk set "print-command='cat >$work/printed.csv'"
walk print-part
ok 'print-part' until_true 10 grep -qs 'one,two' "$work/printed.csv"
see 'table.csv'
printf '#!/bin/sh\ncat "$1"\necho seen by a viewer\nread -r key\n' >"$work/viewer"
chmod 700 "$work/viewer"
printf 'text/csv; %s %%s; needsterminal\n' "$work/viewer" >"$home/.mailcap"
walk view-mailcap
ok 'view-mailcap' see 'seen by a viewer'
see 'one,two'
keys Enter
see 'table.csv'
walk open-with "$work/viewer"
ok 'open-with' see 'seen by a viewer'
keys Enter
see 'table.csv'
walk delete-part
see 'keep the rest?'
keys n
ok 'delete-part asks' see 'table.csv'
walk back
walk save "$home/saved.eml"
ok 'save: the message' soon grep -qs 'Subject: With everything' "$home/saved.eml"
walk next-unread
ok 'next-unread in the reader' see 'Third'
walk previous-unread
ok 'previous-unread in the reader' see 'Second'
walk back

# --- tabs and folders ---
walk open-tab Archive
ok 'open-tab' match '2 (Archive|test)'
ok 'shows the folder' match 'Archive +(1$|.*of 1)'
walk tab 1
ok 'tab' match 'INBOX +4'
walk next-tab
ok 'next-tab' match 'Archive +(1$|.*of 1)'
walk previous-tab
ok 'previous-tab' match 'INBOX +4'
walk next-tab
walk close-tab
ok 'close-tab' match 'INBOX +4'
walk open Archive
ok 'open a folder' match 'Archive +(1$|.*of 1)'
walk open-folder
ok 'open-folder asks' see 'Open folder:'
type 'Sen'
keys Tab
ok 'and completes' see 'Open folder: Sent'
keys Enter
ok 'open-folder opens' see 'No messages'
walk next-unread-folder
ok 'next-unread-folder' match 'Archive +1 new of 1'
walk folders
ok 'folders' match '1 Folders|Alice Example <alice@example.org>'
walk back
walk account test
ok 'account: its inbox' match 'INBOX +4'
walk sidebar
ok 'sidebar goes' unsee 'Drafts'
walk sidebar
ok 'sidebar comes' see 'Drafts'
walk first
press sidebar-next ')' ')' ')'
press sidebar-previous '('
press sidebar-open C-o
ok 'sidebar-next, sidebar-previous, sidebar-open' match '^ test imap . online +(Drafts|Sent)'
walk open INBOX
see 'Hundred'

# --- texts ---
walk help fold-all
ok 'help on a command' see 'all threads'
walk back
walk messages
ok 'messages' match '^ [0-9] Messages'
walk back
walk redraw
ok 'redraw' see 'Third'
walk command 'open Arch'
ok 'command: the rest of one' see ':open Arch'
keys C-g
walk opn
ok 'what is no command' see 'did you mean “open”'
walk edit-to
ok 'and what is none here' see 'means nothing here'

# --- completion ---
type ':'
keys Tab
ok 'all commands' match '^ next +previous'
type 'prot'
keys Tab
ok 'the only one' see ':protocol'
type 'p'
keys Tab
ok 'its words' see ':protocol pop3'
keys C-g
type ':set conf'
keys Tab
ok 'options' see 'confirm'
keys C-g
type ':help fold-a'
keys Tab
ok 'topics' see ':help fold-all'
keys C-g
type ':sort su'
keys Tab
ok 'keys of a sort' see ':sort subject'
keys C-g
type ':color qu'
keys Tab
ok 'styles' see ':color quote'
keys C-g
type ":save $home/sav"
keys Tab
ok 'files' see "$home/saved."
keys C-g
type ":export $home/sav"
keys Tab
ok 'files for an export' see "$home/saved."
keys C-g
type ':open Arch'
keys Tab
ok 'folders' see ':open Archive'
keys C-g
type ':set theme='
keys Tab
ok 'values of an option' see 'light'
keys C-g
walk save
see 'Save the message as:'
keys C-u
type "$home/sav"
keys Tab
ok 'files in a question' see "message as: $home/saved."
keys C-g
type ':bind ind'
keys Tab
ok 'screens' see ':bind index'
keys C-g
type ':sync te'
keys Tab
ok 'accounts' see ':sync test'
keys C-g

# --- a part goes ---
walk last
walk search everything
walk open
see 'Somebody wrote this'
walk attachments
see 'table.csv'
walk last
walk delete-part
see 'keep the rest?'
keys y
ok 'delete-part: a message without it' soon holds INBOX 'The file =E2=80=9Ctable.csv'
ok 'and the former in the trash' soon holds Trash 'one,two'
walk back

# --- clicks ---
walk quit
ok 'it ends' ended 0
echo 'set mouse yes' >>"$config"
restart talaria
see 'Third'
# click TEXT: on the first place where the screen has it
click() {
	_row=$(screen | grep -nF -e "$1" | head -n 1 | cut -d : -f 1)
	_line=$(screen | sed -n "${_row}p")
	_before=${_line%%"$1"*}
	# In characters: sh counts bytes.
	_col=$(($(printf %s "$_before" | LC_ALL=C.UTF-8 wc -m) + 2))
	# As terminals have told it since xterm: button (pressed, then none),
	# column and row, each as a character from blank on.
	_at=$(printf "\\$(printf %o $((_col + 32)))\\$(printf %o $((_row + 32)))")
	type "$(printf '\033[M %s\033[M#%s' "$_at" "$_at")"
}
click 'Hundred'
ok 'a click moves the cursor' on 'Hundred'
click 'Hundred'
ok 'and opens' match 'INBOX +3/4'
walk back
see 'Second'
click 'Archive'
ok 'a click at the side opens a folder' match 'Archive +(1$|.*of 1)'
walk open-tab INBOX
see 'Hundred'
click '1 '
ok 'a click on a tab shows it' match 'Archive +(1$|.*of 1)'
walk folders
see 'Alice Example'
click 'Alice Example'
walk back

# --- stopping ---
restart sh -c 'set -m; PS1="shell> "; export PS1; exec sh -i'
see 'shell>'
type talaria
keys Enter
see 'Third' 20
walk suspend
ok 'suspend' match '^shell> *$|Stopped'
type fg
keys Enter
ok 'and it is back' see 'Third'
walk quit
ok 'quit' see 'shell>'
echo "1..$test_count"
