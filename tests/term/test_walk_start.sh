#!/bin/sh
# What is begun on the command line, what is opened from lists, and mail that goes between this machine and
# a server.
. "${srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}/tests/term/lib.sh"
with_servers
. "$srcdir/tests/term/walk.sh"
got() {
	grep -rqsF -e "$2" "$SRV_MAIL/$1/Maildir/cur" "$SRV_MAIL/$1/Maildir/new"
}
header='MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="m"
'
letter 'Rosa Paz' 'With a link' '--m
Content-Type: text/plain

See https://example.org/page and mailto:carol@example.org for it.
--m
Content-Type: text/csv; name="table.csv"
Content-Disposition: attachment; filename="table.csv"

one,two
--m--'
header=
letter 'Wei Xu' 'Plain'
deliver
echo 'echo "$1" >"$TEST_WORK/opened"' >"$work/browser"
chmod 755 "$work/browser"
ENV_FOR_TEST="BROWSER='$work/browser'"
# The first line, which the script needs to be a program.
sed -i '1i #!/bin/sh' "$work/browser"

# --- begun on the command line ---
echo 'Words of a file.' >"$home/words.txt"
echo 'In the attachment.' >"$home/thing.txt"
sends() {
	walk send
	ask 2 unsee '✎'
}
start talaria -s 'From the shell' -c carol@example.org -b alice@example.org -i "$home/words.txt" \
	-a "$home/thing.txt" -- bob@example.org
ok 'a message from the command line' see 'Words of a file.' 20
ok 'with its subject' match 'Subject +From the shell'
ok 'and its file' see 'thing.txt'
until_true 10 sends
ok 'To' soon got bob 'Words of a file.'
ok 'Cc' soon got carol 'Subject: From the shell'
ok 'Bcc' soon got alice 'Subject: From the shell'
ok 'the file' got bob 'thing.txt'
walk quit
ended 0
restart talaria 'mailto:bob@example.org?subject=By%20link&body=As%20it%20says.'
ok 'a mailto: link' see 'As it says.' 20
ok 'with its subject too' match 'Subject +By link'
until_true 10 sends
ok 'it arrives' soon got bob 'As it says.'

# A file that is not there, or is too large, is told where it was asked for, and nothing goes out.
walk quit
ended 0
echo 'Never said.' >"$home/said.txt"
truncate -s $((64 * 1024 * 1024 + 1)) "$home/large"
truncate -s $((200 * 1024 * 1024 + 1)) "$home/larger"
restart sh -c 'talaria -i none.txt bob@example.org; echo "it ends with $?"; read -r wait'
ok '-i: a file that is not there' see 'none.txt does not exist'
ok 'and nothing is begun' see 'it ends with 65'
restart sh -c 'talaria -f ./none; echo "it ends with $?"; read -r wait'
ok '-f: a folder that is not there' see 'none does not exist'
ok 'and no empty screen' see 'it ends with 1'
restart sh -c 'talaria -i large bob@example.org; echo "it ends with $?"; read -r wait'
ok '-i: one that is too large' see 'is larger than 67108864 bytes'
ok 'is not taken in part' see 'it ends with 65'
restart sh -c 'talaria -i said.txt -a none.txt -- bob@example.org; echo "it ends with $?"; read -r wait'
ok '-a: a file that is not there' see 'none.txt cannot be attached: No such file'
ok 'and no message without it' see 'it ends with 65'
restart talaria -i "$home/said.txt" -a "$home/larger" -- bob@example.org
see 'From the shell' 20
ok '-a: one that is too large' said '209715200'
nok 'nothing is on its way' shows '1 to send'
nok 'and nobody has it' got bob 'Never said.'
rm "$home/large" "$home/larger"

# --- opened from lists ---
walk open INBOX
see 'With a link'
go 'With a link'
walk open
see 'See https'
walk links
see 'https://example.org/page'
walk open
ok 'a link is opened in the browser' soon grep -qs 'https://example.org/page' "$work/opened"
# What is typed before the browser has ended is not for the program, and thrown away.
at_last() {
	keys j
	ask 1 on 'mailto:carol'
}
until_true 10 at_last
walk open
ok 'a mail link begins a message' match 'To +carol@example.org'
walk discard
keys y
unsee '✎'
walk open INBOX
see 'With a link'
go 'With a link'
walk attachments
see 'table.csv'
walk last
walk save
ok 'a part is saved' see 'Save as'
keys C-u
type "$home/part.csv"
keys Enter
ok 'where it is said' soon grep -qs 'one,two' "$home/part.csv"
walk back
walk folders
see 'Archive'
walk search Archive
walk open
ok 'a folder found in the list of folders' see 'No messages'

# --- other terminals, keys and pastes ---
walk quit
ended 0
restart env TERM=xterm talaria
ok 'eight colours' see 'With a link' 20
keys Down Up PageDown PageUp End Home F1
ok 'keys of a keyboard' see 'next-unread'
walk back
type ':'
type "$(printf '\033[200~limit Plain\033[201~')"
ok 'a paste is what it says' see ':limit Plain'
keys Enter
ok 'and is done when Enter is typed' unsee 'With a link'
walk quit
ended 0

# --- without the screen ---
run() { # NAME WORDS...: the program in the terminal's environment, to its end
	restart talaria "$@"
	ended 0 20
}
ok 'export: a folder' run export INBOX "$home/in.mbox"
ok 'with what is in it' grep -q 'The text of Plain.' "$home/in.mbox"
ok 'export: all folders' run export "$home/tree"
ok 'with the mail' grep -rq 'The text of Plain.' "$home/tree"
ok 'import' run import "$home/in.mbox" Archive
ok 'which the server has at the end' holds Archive 'The text of Plain.'
ok 'backup' run backup "$home/b.tar.gz"

# --- between this machine and a server ---
restart talaria
see 'With a link' 20
walk protocol pop3
see 'Switch test to POP3 now?'
keys y
match 'pop3 . online' 20
see 'With a link' 20
walk create Here
said 'Folder Here made'
here() {
	grep -rqsF -e "$1" "$home/.local/share/talaria/test/mail/.Here"
}
go 'Plain'
walk copy Here
ok 'copied on this machine' soon here 'The text of Plain.'
walk protocol imap
see 'Switch test to IMAP now?'
keys y
match 'imap . online' 20
walk open Local/Here
unsee 'With a link'
ok 'the local folder' see 'Plain' 20
walk copy Drafts
ok 'from here to the server' soon holds Drafts 'The text of Plain.'
walk open INBOX
see 'With a link'
go 'With a link'
walk copy Local/Here
ok 'from the server to here' soon here 'See https'
walk quit
ok 'it ends' ended 0
echo "1..$test_count"
