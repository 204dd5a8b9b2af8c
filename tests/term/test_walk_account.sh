#!/bin/sh
# Every command of accounts, options, keys, and of files that come and go, once.
. "${srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}/tests/term/lib.sh"
with_servers
. "$srcdir/tests/term/walk.sh"
letter 'Wei Xu' 'First'
letter 'Wei Xu' 'Second'
letter 'Wei Xu' 'Third'
deliver
start talaria
see 'of 3' 20

# --- a second program at the same account ---
beside() {
	env -i PATH="$PATH" HOME="$home" LC_ALL=C.UTF-8 XDG_CONFIG_HOME="$home/.config" XDG_RUNTIME_DIR="$home/run" \
		XDG_DATA_HOME="$home/.local/share" XDG_CACHE_HOME="$home/.cache" XDG_STATE_HOME="$home/.local/state" \
		"$builddir/talaria" "$@" </dev/null 2>&1
}
no_folder() {
	beside list Nowhere | grep -qF 'There is no folder Nowhere'
}
ok 'a folder that is not there is told as such beside another copy' soon no_folder
not_filled() {
	beside list Sent | grep -qF 'Nothing of Sent is here yet'
}
ok 'so does a folder of which nothing is here' soon not_filled
not_fetched() {
	beside show 1 | grep -qF 'once it is read there it is here too'
}
ok 'a message that is not here yet says where it can be read' soon not_fetched

# --- connections ---
letter 'Wei Xu' 'Fourth'
deliver
walk sync
ok 'sync' see 'Fourth' 20
walk check
ok 'check: what the server can do' see 'IDLE' 20
walk back
walk offline
ok 'offline' match 'imap . offline'
walk search 'Third'
on 'Third'
walk flag
walk pending
ok 'pending' match '[Ff]lag|mark'
walk drop-change
ok 'drop-change' see 'The server knows everything'
walk back
walk search 'Second'
on 'Second'
walk flag
walk pending
see '1'
walk back
walk online
ok 'online' match 'imap . online' 20
ok 'what waited is done' soon marked 'The text of Second.' F
ok 'what was dropped is not' unmarked 'The text of Third.' F

# --- options, keys, colours ---
walk set date-format=%Y
walk set date-format
ok 'set' see 'date-format = %Y'
walk folder-columns INBOX number subject
ok 'folder-columns' see ' 1  '
walk folder-columns INBOX
walk set
ok 'set alone shows them' see 'editor'
walk back
walk set confirm-qit=yes
ok 'set: what is no option' see 'did you mean'
walk bind index K '"limit Second"'
keys K
ok 'bind' unsee 'Third'
walk limit all
see 'Third'
walk unbind index K
keys K
see 'Third'
ok 'unbind' shows 'Third'
walk color status red blue
coloured() {
	screen -e | grep 'imap' | grep -qE '3[18]|4[48]'
}
ok 'color' until_true 10 coloured
walk color nonsense red
ok 'color: what is no style' match 'no style|nonsense'

# --- files ---
walk export "$home/all.mbox"
ok 'export: an mbox' soon grep -qs 'The text of Fourth.' "$home/all.mbox"
walk export -a "$home/tree"
ok 'export -a: a tree' soon sh -c "grep -rqs 'The text of Third.' '$home/tree'"
walk create Import
ok 'a folder for what comes' soon test -d "$maildir/.Import"
walk import "$home/all.mbox" Import
ok 'import' soon holds Import 'The text of First.'
ok 'all of it' soon holds Import 'The text of Fourth.'

import_beside() {
	beside import "$home/all.mbox" Beside | grep -qF 'Another running copy of Talaria sends them'
}
ok 'an import beside another copy' import_beside
ok 'which sends it' soon holds Beside 'The text of First.'

# --- folders ---
walk open Import
match 'Import .*of 4' 20
walk rename-folder 'Grüße/Alt'
ok 'rename-folder: on the server' soon test -d "$maildir/.Gr&APwA3w-e.Alt/cur"
ok 'its list goes on' see 'test Grüße/Alt' 20
ok 'with its messages' see 'Fourth'
ok 'and the old name is free' test ! -d "$maildir/.Import"
walk folders
match '^ +Alt +4 +4'
walk search Alt
on Alt
walk fold-folder on
on 'Grüße'
walk fold-folder
ok 'fold-folder: what is below it is hidden' see '▸ Grüße'
walk fold-folders
ok 'fold-folders: and all is seen again' match '^ +Alt +4 +4'
walk search Alt
on Alt
press rename-folder r
see 'New name of Grüße/Alt: Grüße/Alt'
keys C-u
type 'Neu'
keys Enter
ok 'rename-folder by its key' soon test -d "$maildir/.Neu/cur"
said 'is Neu now'
match '^ +Neu +4 +4'
walk search Neu
on Neu
press delete-folder d
ok 'delete-folder asks, with numbers' see 'Delete folder Neu and the 4 messages in it for good?'
keys Enter
unsee 'for good?'
ok 'Enter means no' test -d "$maildir/.Neu/cur"
press delete-folder d
see 'for good?'
keys y
ok 'delete-folder: on the server' soon test ! -d "$maildir/.Neu"
said 'Folder Neu deleted'
walk open Import
ok 'what is gone cannot be opened' see 'There is no folder'
walk delete-folder INBOX
ok 'not the inbox' see 'The inbox cannot be deleted'
walk open INBOX
match 'INBOX .*of 4'

# --- by POP3 ---
walk protocol pop3
see 'Switch test to POP3 now?'
keys y
ok 'protocol' match 'pop3 . online' 20
ok 'the mail is there' see 'Third' 20
walk backup "$home/c.tar.gz"
ok 'backup' soon test -s "$home/c.tar.gz"
ok 'of what is only here' soon sh -c "tar -xzOf '$home/c.tar.gz' | grep -q 'The text of Third.'"
walk account test
ok 'account' match 'pop3 .*INBOX'
walk quit
ok 'it ends' ended 0

# --- folders without the screen ---
restart talaria folders create Kept
ok 'a local folder' ended 0
restart talaria folders delete Kept
ok 'talaria folders delete asks' see 'Delete folder Kept, which is empty? (y/n)'
keys n Enter
ok 'no is no' see 'Nothing was changed'
ok 'and is told by the status' ended 1
restart talaria folders delete Kept
see 'which is empty?'
keys y Enter
ok 'yes is yes' see 'Folder Kept deleted'
ok 'it ends' ended 0

# --- a message of which only the beginning is here ---
sed -i 's/^}$/    pop3-max 10\n}/' "$config"
{
	printf 'From: Wei Xu <wei@example.org>\nTo: alice@example.org\nSubject: Long one\n'
	printf 'Date: Sun, 1 Mar 2020 11:00:00 +0000\nMessage-ID: <long@example.org>\n\n'
	seq -f 'this is line %05.0f of it' 1 2000
} >"$work/long"
mailbox INBOX "$work/long"
restart talaria
see 'Long one' 20
walk first
on 'Long one'
walk open
see 'line 00001'
walk whole
ended_with() {
	walk last
	ask 1 see "$1"
}
ok 'whole' until_true 20 ended_with 'line 02000'
walk back
walk quit
ok 'it ends again' ended 0
echo "1..$test_count"
