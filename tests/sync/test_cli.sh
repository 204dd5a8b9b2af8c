#!/bin/sh
# The commands without a screen against real servers: what they print, what arrives, and how they end.
set -u
: "${srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${builddir:=$srcdir/build}"
PATH=$PATH:/usr/sbin:/sbin
for t in dovecot python3 openssl; do
	command -v $t >/dev/null || {
		echo "1..0 # SKIP $t is missing"
		exit 0
	}
done

base=${TMPDIR:-/tmp}
[ "${#base}" -le 30 ] || base=/tmp # names of sockets have to be short
work=$(mktemp -d "$base/cli.XXXXXX") || exit 99
chmod 711 "$work"
finish() {
	code=$?
	trap '' INT TERM HUP
	"$srcdir/tests/servers/servers" stop "$work/s"
	rm -rf "$work"
	exit $code
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

"$srcdir/tests/servers/servers" start "$work/s" --owner $$ --for 600 || exit 99
. "$work/s/env"
"$srcdir/tests/servers/fill" "$work/s" alice INBOX --demo || exit 99

count=0
failed=0
out=$work/out
err=$work/err

result() { # STATUS NAME
	count=$((count + 1))
	if [ "$1" = 0 ]; then
		echo "ok $count - $2"
		return
	fi
	failed=1
	echo "not ok $count - $2"
	echo "# status $status, wanted $wanted"
	head -n 15 "$out" | sed 's/^/# out: /'
	head -n 15 "$err" | sed 's/^/# err: /'
}

# A home of its own for each configuration, so that nothing of one run helps the next.
home() {
	HOME=$work/home.$1
	mkdir -p "$HOME/.config/talaria"
	config=$HOME/.config/talaria/config
	: >"$config"
	chmod 600 "$config"
}

account() { # NAME PROTOCOL PASSWORD-WORDS...: prints an account
	echo "account $1 {"
	echo "    from      \"Alice Example <alice@example.org>\""
	echo "    protocol  $2"
	shift 2
	cat <<-END
	    imap      imaps://alice@$SRV_HOST:$SRV_IMAPS
	    pop3      pop3s://alice@$SRV_HOST:$SRV_POP3S
	    smtp      smtp://alice@$SRV_HOST:$SRV_SMTP
	    password  $*
	    tls-ca    "$SRV_CA"
	}
	END
}

# talaria WORDS...: standard input is the caller's. No terminal anywhere.
talaria() {
	env -i HOME="$HOME" PATH="$PATH" LANG=C.UTF-8 LC_ALL=C.UTF-8 TZ=UTC ASAN_OPTIONS="${ASAN_OPTIONS:-}" \
		setsid -w timeout -k 5 60 "$builddir/talaria" "$@" >"$out" 2>"$err"
}

# run NAME STATUS WORDS...: how it has to end; has and lacks look at what it said.
run() {
	name=$1
	wanted=$2
	shift 2
	talaria "$@" </dev/null
	status=$?
	[ "$status" = "$wanted" ]
	result $? "$name"
}

pipe() { # the same with a text
	name=$1
	wanted=$2
	text=$3
	shift 3
	printf '%s\n' "$text" | talaria "$@"
	status=$?
	[ "$status" = "$wanted" ]
	result $? "$name"
}

has() { # NAME FILE TEXT
	grep -qF -e "$3" "$2"
	result $? "$1"
}

lacks() {
	! grep -qF -e "$3" "$2"
	result $? "$1"
}

json() { # NAME PYTHON: an expression over j, the parsed output
	python3 -c 'import json, sys
j = json.load(open(sys.argv[1]))
sys.exit(0 if eval("(" + sys.argv[2] + ")") else "it is: %r" % j)' "$out" "$2" 2>>"$err"
	result $? "$1"
}

arrives() { # NAME USER TEXT: in a message of that user, within 10 s
	n=0
	until grep -rqsF -e "$3" "$SRV_MAIL/$2/Maildir"; do
		n=$((n + 1))
		[ $n -lt 100 ] || break
		sleep 0.1
	done
	[ $n -lt 100 ]
	result $? "$1"
}

# --- IMAP ---
home imap
account test imap plain "\"$SRV_PASSWORD\"" >"$config"
run 'folders asks the server the first time' 0 folders
has 'INBOX has its counts' "$out" '     32  INBOX'
has 'folders lie in folders' "$out" 'Lists/talaria'
mkdir -p "$SRV_MAIL/alice/Maildir/.Archive.2025" "$SRV_MAIL/alice/Maildir/.Archives"
run 'folders of an archive' 0 sync
run 'are listed' 0 folders
names=$(awk '{ print $NF }' "$out" | tr '\n' ' ')
case $names in
*Sent\ *Archive\ Archive/2025\ *) result 0 'what is below a folder stands below it' ;;
*) result 1 "what is below a folder stands below it: $names" ;;
esac
rmdir "$SRV_MAIL/alice/Maildir/.Archive.2025" "$SRV_MAIL/alice/Maildir/.Archives"
run 'and without it' 0 sync
run 'folders as JSON, offline' 0 folders --json --offline
json 'roles and numbers are there' \
	'[f for f in j if f["role"] == "inbox"][0]["total"] == 32 and [f for f in j if f["role"] == "sent"]'
run 'list' 0 list
has 'it shows a subject' "$out" 'Re: the new cache format'
[ "$(wc -l <"$out")" = 32 ]
result $? 'one line for each message'
[ "$(sed -n '1s/ .*//p' "$out")" = "" ] && sed -n 1p "$out" | grep -q 'Lunch on Thursday'
result $? 'the newest comes first'
LC_ALL=C grep -q "$(printf '[\001-\010\013-\037\177]')" "$out"
[ $? = 1 ]
result $? 'no control character reaches the output'
run 'list a folder in a folder' 0 list Lists/talaria --limit 2
[ "$(wc -l <"$out")" = 2 ]
result $? 'not more than asked for'
run 'list as JSON' 0 list --json
json 'an array of 32 objects, newest first' \
	'len(j) == 32 and [m["date"] for m in j] == sorted([m["date"] for m in j], reverse=True)'
json 'the keys are those of the manual' 'set(j[0]) == {"id", "account", "folder", "from", "to", "cc", "subject", "date",
	"size", "flags", "attachments"} and j[0]["account"] == "test" and type(j[0]["id"]) is int'
json 'flags and attachments' \
	'any("flagged" in m["flags"] and m["attachments"] for m in j) and any("answered" in m["flags"] for m in j)'
invoice=$(python3 -c 'import json, sys
print([m["id"] for m in json.load(open(sys.argv[1])) if m["subject"] == "Invoice 4711"][0])' "$out")
run 'an empty folder as JSON' 0 list Trash --json
json 'is an empty array' 'j == []'
run 'show' 0 show "$invoice"
has 'header' "$out" 'Subject: Invoice 4711'
has 'and text' "$out" 'please find the invoice attached'
run 'show as JSON, and save' 0 show INBOX "$invoice" --json --save "$work/saved"
json 'headers, text and parts' 'j["headers"]["subject"] == "Invoice 4711" and "invoice attached" in j["text"] and
	[p for p in j["parts"] if p["attachment"]][0]["type"] == "application/pdf" and j["complete"]'
head -c 5 "$work/saved/invoice-4711.pdf" 2>/dev/null | grep -q '%PDF-'
result $? 'the attachment is decoded'
# More than comes whole: the file is not waited for, and saved when it is asked for.
python3 - "$work/large.eml" <<'END'
import base64, sys
open(sys.argv[1], "w").write("From: a@example.org\nSubject: large\nMIME-Version: 1.0\n"
    "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nThe text of it.\n--b\n"
    "Content-Type: application/pdf; name=l.pdf\nContent-Transfer-Encoding: base64\n\n"
    + base64.encodebytes(b"x" * 300000).decode() + "--b--\n")
END
"$srcdir/tests/servers/fill" "$work/s" alice INBOX "$work/large.eml" || exit 99
run 'a large message comes' 0 sync
run 'and is listed' 0 search subject:large
octets=$(sed 's/$/\r/' "$work/large.eml" | wc -c)
has 'with its size as on the screen' "$out" " $(((octets + 512) / 1024))k  large"
large=$(awk '{ print $1; exit }' "$out")
before=$(date +%s)
run 'and shown by its parts' 0 show "$large"
test $(($(date +%s) - before)) -lt 60
result $? 'at once'
has 'it shows the text' "$out" 'The text of it.'
has 'and names the file' "$out" 'l.pdf'
run 'whose bytes are saved' 0 show "$large" --save "$work/large"
test "$(wc -c <"$work/large/l.pdf")" -eq 300000
result $? 'all of them'
run 'show marks nothing read' 0 list --json --offline
json 'it is still unread' "'seen' not in [m for m in j if m['id'] == $invoice][0]['flags']"
run 'show offline what was read before' 0 show "$invoice" --offline
has 'is the same' "$out" 'please find the invoice attached'
run 'no such message' 1 show 99999
run 'no number' 64 show first
run 'no such folder' 1 list Archvie
has 'says which is meant' "$err" 'did you mean Archive?'
run 'search by a name' 0 search from:rosa
has 'finds' "$out" 'Spring hike'
lacks 'and only that' "$out" 'Invoice'
run 'search as JSON' 0 search --json subject:invoice
json 'finds the one' "[m['id'] for m in j] == [$invoice]"
run 'search nothing' 0 search --json subject:zzzyyy
json 'finds nothing' 'j == []'
run 'sync' 0 sync
has 'says what came' "$out" 'test: synchronised, '
run 'check' 0 check
has 'names the encryption' "$out" 'STARTTLS): works'
has 'and when it begins' "$out" 'encrypted before the login (STARTTLS)'
has 'says how IMAP works' "$out" 'the same on every device'
has 'advises' "$out" 'IMAP suits mail that is read on several devices'
has 'warns of a password in the file' "$out" 'stands readable in the configuration'

home first
account test imap plain "\"$SRV_PASSWORD\"" >"$config"
run 'the first synchronisation' 0 sync
grep -qE 'synchronised, [1-9][0-9]* messages are here now' "$out"
result $? 'says how much came'
run 'the next one' 0 sync
has 'says what is new' "$out" 'synchronised, 0 new messages'
home imap
account test imap plain "\"$SRV_PASSWORD\"" >"$config"

# --- sending ---
pipe 'send' 0 "Grüße von der Kommandozeile 1" -s 'Prüfung eins' bob@example.org
arrives 'it is there' bob 'Subject: =?utf-8?'
run 'the next synchronisation sees the copy' 0 sync
run 'which is in Sent' 0 list Sent --json
json 'with its subject' 'any(m["subject"] == "Prüfung eins" for m in j)'
echo 'in the file' >"$work/one.txt"
printf '\000\001\002' >"$work/two.bin"
pipe 'send with files, Cc and Bcc' 0 'text' -s 'with files' -c carol@example.org -b alice@example.org \
	-a "$work/one.txt" "$work/two.bin" -- bob@example.org
arrives 'Cc has it' carol 'two.bin'
arrives 'Bcc has it' alice 'Subject: with files'
! grep -rqsi '^bcc:' "$SRV_MAIL/carol/Maildir" "$SRV_MAIL/bob/Maildir"
result $? 'nobody sees the Bcc'
blank="$work/blank "
latin="$work/$(printf 'gr\374n.txt')"
printf 'a  \n\n' >"$blank"
printf -- '--- a\n+++ b\n@@ -1 +1 @@\n-x \n+From y' >"$work/p.patch"
printf 'Gr\303\274n\n' >"$latin"
pipe 'files with odd names' 0 text -s 'odd names' -a "$blank" "$work/p.patch" "$latin" -- alice@example.org
arrives 'a patch can be read on its way' alice '+++ b'
run 'they come' 0 sync
run 'and are listed' 0 search 'subject:"odd names"'
run 'and saved' 0 show "$(awk '{ print $1; exit }' "$out")" --save "$work/odd"
cmp -s "$work/p.patch" "$work/odd/p.patch" && cmp -s "$latin" "$work/odd/grün.txt" &&
	cat "$work/odd/"blank* | cmp -s - "$blank"
result $? 'byte for byte'
ls "$work/odd" >"$out"
echo 'from a file' >"$work/body"
run 'send the text of a file' 0 -s 'included' -i "$work/body" bob@example.org
arrives 'it is there' bob 'from a file'
pipe 'a bad address' 65 x -s bad 'bob@@example'
pipe 'a bad address in Cc' 65 x -s bad -c '<>' bob@example.org
pipe 'a file that is not there' 65 x -s bad -a /nowhere/file bob@example.org
pipe 'a text that is not in UTF-8 is not guessed' 65 "$(printf 'gr\374n')" -s green bob@example.org
has 'the way out is told' "$err" 'save it as UTF-8'
pipe 'nor is a subject' 65 text -s "$(printf 'gr\374n')" bob@example.org
pipe 'nobody to send to' 64 x -s bad
pipe 'a link is never sent by itself' 64 x 'mailto:bob@example.org?subject=linked'
pipe 'an attempt that is read-only' 64 x -R -s bad bob@example.org
run 'nothing of these waits' 0 sync
lacks 'in the outbox' "$out" 'outbox'
if [ "$SMTP_KIND" = postfix ]; then
	pipe 'a refused recipient' 69 x -s refused nobody@example.org
	has 'with the words of the relay' "$err" 'User unknown'
	pipe 'one of two is refused' 69 x -s 'half of it' bob@example.org reject@example.org
	has 'that one is named' "$err" 'reject@example.org: 554'
	arrives 'the other gets it' bob 'Subject: half of it'
	pipe 'not now' 75 x -s later defer@example.org
	has 'it says where it is' "$err" 'stays in the outbox'
fi
pipe 'queued without a connection' 75 'later words' --offline -s queued bob@example.org
has 'it says where it is' "$err" 'stays in the outbox'
! grep -rqsF 'later words' "$SRV_MAIL/bob/Maildir"
result $? 'it has not gone out'
deferred=0
[ "$SMTP_KIND" = postfix ] && deferred=75 # asked again with the rest, and put off again
run 'sync sends what waits' $deferred sync
has 'and says how many' "$out" '1 message sent'
arrives 'it is there' bob 'later words'

# --- folders ---
run 'a folder is made' 0 folders create 'Lists/Grüße'
[ -d "$SRV_MAIL/alice/Maildir/.Lists.Gr&APwA3w-e/cur" ]
result $? 'on the server'
talaria sync </dev/null # the list of folders is kept, whatever becomes of the mail that waits
run 'once' 65 folders create 'Lists/Grüße'
run 'not where the server lets none be made' 69 folders create 'Sent//x'
run 'another name' 0 folders rename Lists 'Verteiler'
has 'it says so' "$out" 'Folder Lists is Verteiler now'
[ -d "$SRV_MAIL/alice/Maildir/.Verteiler.Gr&APwA3w-e/cur" ] && [ ! -e "$SRV_MAIL/alice/Maildir/.Lists" ]
result $? 'for those below it too'
run 'a folder with a role is asked about' 1 folders rename Archive Old
has 'nobody is there' "$err" '--yes'
run 'with --yes it is renamed' 0 folders rename Archive Old --yes
run 'so is what goes' 1 folders delete Verteiler/talaria
[ -d "$SRV_MAIL/alice/Maildir/.Verteiler.talaria" ]
result $? 'and nothing went'
run 'without a connection nothing does' 75 folders delete Verteiler/talaria --yes --offline
run 'it goes' 0 folders delete Verteiler/talaria --yes
[ ! -e "$SRV_MAIL/alice/Maildir/.Verteiler.talaria" ]
result $? 'on the server'
run 'a name that is none' 65 folders delete Nowhere --yes
run 'the inbox stays' 65 folders delete INBOX --yes
run 'words that mean nothing' 64 folders make x
run 'nothing is changed read-only' 64 -R folders delete 'Verteiler/Grüße' --yes

# --- POP3 ---
home pop3
account test pop3 plain "\"$SRV_PASSWORD\"" >"$config"
run 'list by POP3 fetches first' 0 list --json
json 'all of them' 'len(j) >= 32 and all(m["folder"] == "INBOX" for m in j)'
run 'show by POP3, offline' 0 show "$(python3 -c 'import json, sys
print([m["id"] for m in json.load(open(sys.argv[1])) if m["subject"] == "Invoice 4711"][0])' "$out")" --offline
has 'is here' "$out" 'please find the invoice attached'
run 'check by POP3' 0 check
has 'tells that mail stays on the server' "$out" 'never the only copy'
lacks 'and warns of nothing' "$out" 'Warning'
account test pop3 plain "\"$SRV_PASSWORD\"" | sed 's/^}$/pop3-keep never\n}/' >"$config"
run 'check with pop3-keep never' 0 check
has 'warns that the copy here is the only one' "$out" "this machine's copy is then the only one"
account test pop3 plain "\"$SRV_PASSWORD\"" | sed 's/^}$/pop3-keep 14d\n}/; /^    imap /d' >"$config"
run 'check with pop3-keep 14d, without IMAP' 0 check
has 'says after how long' "$out" '14 days after it came here'
has 'and that it cannot switch' "$out" 'there is no imap line'

# --- what goes wrong ---
home login
account test imap plain '"not the password"' >"$config"
for c in list folders sync check; do
	run "$c with a wrong password" 77 $c
	has 'says so' "$err" 'The server refused the login'
done
pipe 'sending with a wrong password' 77 x -s y bob@example.org
home ask
account test imap ask >"$config"
run 'a password that nobody can be asked for' 77 sync
has 'the way out is told' "$err" 'password command'
home cert
account test imap plain "\"$SRV_PASSWORD\"" | grep -v tls-ca >"$config"
run 'an unknown authority' 69 list
has 'the way out is told' "$err" 'tls-ca or tls-pin'
pipe 'a relay of an unknown authority' 69 x -s refused bob@example.org
has 'the way out is told' "$err" 'tls-ca or tls-pin'
has 'and where the mail is' "$err" 'outbox'
home down
account test imap plain "\"$SRV_PASSWORD\"" | sed "s/:$SRV_IMAPS/:1/; s/:$SRV_SMTP\$/:1/" >"$config"
run 'a server that is down' 75 list
has 'says so' "$err" 'cannot connect to localhost:1: Connection refused'
pipe 'sending without a relay' 75 x -s down bob@example.org
run 'what is here can be listed' 0 list --offline

home config
cat >"$config" <<-'END'
set thraeds no
set sidebar-width 3
account a {
    form x
    imap ftp://a@b
}
bind index x no-such-command
END
cp "$config" "$work/before"
run 'errors in the configuration' 78 list
for e in 'config:1:5: There is no option thraeds; did you mean threads?' 'config:2:19: ' \
	'config:4:5: an account has no "form"; did you mean "from"?' 'config:5:10: ' 'config:7:'; do
	has "all are told: $e" "$err" "$e"
done
cmp -s "$config" "$work/before"
result $? 'nothing is overwritten'
run 'a configuration that is not there' 78 -F "$work/nowhere" list
run 'setup without a terminal' 78 setup
rm "$config"
run 'setup without a terminal and a file' 64 setup
run 'no account' 78 list
has 'the way out is told' "$err" 'talaria setup'
run 'no account, no terminal' 78
mkdir -p "$work/Maildir/cur" "$work/Maildir/new" "$work/Maildir/tmp"
printf 'From: a@example.org\nSubject: in a Maildir\nDate: Sat, 31 Jan 2026 09:05:00 +0100\n\nhello there\n' \
	>"$work/Maildir/cur/1.x:2,S"
run 'a Maildir needs no account' 0 list "$work/Maildir"
has 'its message is listed' "$out" 'in a Maildir'
run 'and shown' 0 show "$work/Maildir" "$(awk '{ print $1; exit }' "$out")"
has 'with its text' "$out" 'hello there'

home usage
account test imap plain "\"$SRV_PASSWORD\"" >"$config"
run 'an unknown option' 64 --jsno list
has 'with a hint' "$err" 'did you mean --json?'
run 'an unknown command' 64 lits
has 'with a hint' "$err" 'did you mean “list”?'
run 'no such account' 64 --account nobody list
run 'the screen without a terminal' 64
run 'help' 0 --help
has 'on standard output' "$out" '--read-only'
run 'version' 0 --version
has 'with the libraries' "$out" 'OpenSSL '
chmod 600 "$config"
enough='import os, subprocess, sys
r, w = os.pipe()
os.close(r)
sys.exit(subprocess.call(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=w))'
wanted=0
env -i HOME="$HOME" PATH="$PATH" LANG=C.UTF-8 timeout 60 python3 -c "$enough" "$builddir/talaria" --offline folders 2>"$err"
status=$?
[ "$status" = 0 ] && [ ! -s "$err" ]
result $? 'a reader that has enough is no failure'
if [ -e /dev/full ]; then
	wanted=1
	env -i HOME="$HOME" PATH="$PATH" LANG=C.UTF-8 timeout 60 "$builddir/talaria" folders </dev/null >/dev/full 2>"$err"
	status=$?
	[ "$status" = 1 ]
	result $? 'output that cannot be written is a failure'
fi
echo "1..$count"
exit $failed
