#!/bin/sh
# Writing with files: passed on, put aside on the server and resumed, taken back from the outbox.
. "${srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}/tests/term/lib.sh"
with_servers
plan 24
note_to_self
cat >"$work/mail" <<'END'
From: Bob <bob@example.org>
To: Alice Example <alice@example.org>
Subject: Two texts and a file
Date: Sun, 1 Mar 2020 11:00:00 +0000
Message-ID: <file@example.org>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="B"

--B
Content-Type: text/plain

First words.
--B
Content-Type: application/pdf; name="offer.pdf"
Content-Disposition: attachment; filename="offer.pdf"
Content-Transfer-Encoding: base64

JVBERi0xLjMK
--B
Content-Type: text/plain

Second words.
--B--
END
mailbox INBOX "$work/mail"
maildir=$SRV_MAIL/alice/Maildir
bob_has() {
	grep -rqF -e "$1" "$SRV_MAIL/bob/Maildir/new" "$SRV_MAIL/bob/Maildir/cur"
}
drafts_have() {
	grep -rqlF -e "$1" "$maildir/.Drafts/cur" "$maildir/.Drafts/new"
}
# The draft has its own copies of the files from its being saved on, which is behind the screen.
kept_here() {
	grep -rqsF -e "$1" "$home/.local/share/talaria/test/drafts"
}
one_row() {
	[ "$(screen | grep -c 'bob@example.org.*Files')" = 1 ]
}
no_drafts() {
	[ -z "$(find "$maildir/.Drafts/cur" "$maildir/.Drafts/new" -type f)" ]
}

: >"$work/words"
start talaria
see 'Two texts and a file'
type '/Two texts'
keys Enter f
ok 'a forward has every text' see 'Second words.'
ok 'and the file' see 'offer.pdf'
keys t
see 'To:'
type 'bob@example.org'
keys Enter
see 'bob@example.org'
mkdir "$home/odd"
printf 'In the odd file.\n' >"$(printf '%s/a\tb\nR\351 ' "$home/odd")"
keys a
see 'Attach file'
type "$home/odd/"
keys Tab
ok 'a name is completed whatever bytes are in it' see 'a\x09b\x0AR\xE9\x20'
keys Enter
see '2 files'
keys y
ok 'it is sent' said 'Sent: Fwd: Two texts and a file'
ok 'with the file' until_true 10 bob_has 'JVBERi0xLjMK'
ok 'and the odd one' until_true 10 bob_has 'In the odd file.'

printf 'In file one.\n' >"$home/one.txt"
printf 'In file two.\n' >"$home/two.txt"
echo 'With two files.' >"$work/words"
keys m
see 'To:'
type 'bob@example.org'
keys Enter
see 'Subject:'
type 'Files'
keys Enter
ok 'the send screen' see 'With two files.'
type ':attach ~/one.txt'
keys Enter
type ':attach ~/two.txt'
keys Enter
ok 'the first file' see '1 one.txt'
ok 'and the second' see '2 two.txt'
until_true 20 kept_here 'In file two.'
rm "$home/one.txt" "$home/two.txt"
keys P
ok 'it is kept' see 'Kept as a draft'
ok 'and goes to the server' until_true 20 drafts_have 'two.txt'
ok 'with what is in the files' drafts_have 'In file one.'
: >"$work/words"
keys R
ok 'it is in the list' match 'bob@example.org.*Files'
ok 'once' one_row
keys Enter
ok 'it is resumed' see 'With two files.'
ok 'with the files' see '2 two.txt'
keys D
see 'Take away which file'
type '1'
keys Enter
ok 'one is taken away' unsee 'one.txt'
type ':set undo-send=60'
keys Enter y
ok 'it waits' see 'Sending in 60 seconds'
type ':outbox'
keys Enter
ok 'in the outbox' see 'waiting'
keys e
ok 'taken back it has its text' see 'With two files.'
ok 'and its file' see '1 two.txt'
type ':set undo-send=0'
keys Enter y
ok 'it is sent then' said 'Sent: Files'
ok 'with the file that was left' until_true 10 bob_has 'In file two.'
ok 'and is no draft any more' until_true 20 no_drafts
type ':quit'
keys Enter
ended 0
