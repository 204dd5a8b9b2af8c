#!/bin/sh
# Reading: the first start of a configured account, the list, the reader, parts, help, a hostile mail.
. "${srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}/tests/term/lib.sh"
with_servers
plan 44
cat >"$work/evilname" <<'END'
From: Carol Ames <carol@example.org>
To: Alice Example <alice@example.org>
Subject: A file that wants to go elsewhere
Date: Sun, 1 Mar 2020 10:00:00 +0000
Message-ID: <elsewhere@example.org>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b"

--b
Content-Type: text/plain

Please save this.
--b
Content-Type: text/plain; name="../../.profile"
Content-Disposition: attachment; filename="../../.profile"

rm -rf everything
--b--
END
{
	printf 'From: Wei Xu <wei@example.org>\nTo: alice@example.org\nSubject: Hundred lines\n'
	printf 'Date: Sun, 1 Mar 2020 09:00:00 +0000\nMessage-ID: <long@example.org>\n\n'
	seq -f 'line %03.0f' 1 100
} >"$work/long"
mailbox INBOX --demo
mailbox INBOX "$work/evilname" "$work/long"

start talaria
ok 'the first start shows INBOX' see 'Lunch on Thursday?'
ok 'it says the account, the protocol and that it is online' match 'test imap . online +INBOX +11 new of 34'
ok 'threads are drawn' match 'Mina Park +└─>'
ok 'names in other scripts are decoded' see '山田 由紀'
ok 'the bar shows keys' see 'q Quit'

# Every byte that goes to the terminal from here on.
tm pipe-pane -t t -o "cat >>'$work/raw'"
title=$(tm display-message -p -t t '#{pane_title}')

go 'won'
bar_line() {
	screen | sed -n "$(($(cursor | cut -d ' ' -f 2) + 1))p" | grep -qi won
}
ok "the terminal's cursor is in the row of the bar" until_true 5 bar_line
keys Enter
ok 'the hostile mail opens' see 'A hostile message'
ok 'its escape sequences are text' see 'title taken'
ok 'the line after them is in its place' match '^ None of it may reach the terminal'
keys h
ok 'all its headers are shown' see 'Content-Transfer-Encoding'
ok 'its sender is shown' see 'evil@example.net'
keys q
ok 'and it is left' see 'Lunch on Thursday?'
keys C-l
see 'Lunch on Thursday?'
no_escape() {
	LC_ALL=C grep -q 'hostile' "$work/raw" || return 1
	! LC_ALL=C grep -aqE "$(printf '\033')(\]0;owned|\]0;title|\]52|\[2J$(printf '\033')\[31m)|$(printf '\033')\[31mYou" "$work/raw" &&
		! LC_ALL=C grep -aq "$(printf '\302\233')" "$work/raw" &&
		! LC_ALL=C grep -aq "$(printf '\342\200\256')" "$work/raw" &&
		! LC_ALL=C grep -aq "$(printf '[^\200-\277\302-\364]\23331m')" "$work/raw"
}
ok 'nothing of it reached the terminal as a command' until_true 10 no_escape
same_title() {
	[ "$(tm display-message -p -t t '#{pane_title}')" = "$title" ] && [ -z "$(tm list-buffers 2>/dev/null)" ]
}
ok 'title and clipboard are as they were' same_title

go 'subject:Hundred'
keys Enter
ok 'a long message opens at its top' see 'line 001'
keys Space
ok 'a page down' unsee 'line 001'
ok 'the page after the first' see 'line 020'
keys '$'
ok 'the end' see 'line 100'
keys '^'
ok 'the beginning again' see 'line 001'
keys k
ok 'k goes to the message before' unsee 'line 001'
keys q

go 'subject:Invoice'
keys Tab
keys Enter
ok 'Tab finds the next unread' see 'Subject: '
keys q
ok 'and reading it was noticed' match 'INBOX +[789] new of 34'

go 'subject:hike from:Tom' 'Tom Okafor'
keys Enter
ok 'a quoted message' see 'the snow is going'
keys T
ok 'quotes hide' unsee 'the snow is going'
keys T
ok 'and come back' see 'the snow is going'
keys q

go 'from:Trail'
keys Enter
ok 'an HTML mail is readable' see 'Spring is here'
ok 'its sender' see 'Trail & Tent'
ok 'no markup is seen' shows_not '<'td
keys q

go 'subject:Pictures'
keys Enter
ok 'the reader tells the parts' see '[2] Gipfel im Schnee'
keys v
ok 'v lists them' match 'list.csv +text/csv'
keys j s
ok 'the name is proposed' see 'Save as: ~/'
keys Enter
ok 'and saved' see 'Saved as'
ok 'the content is what was sent' grep -q 'поезд' "$home/план похода.txt"
keys q
keys q

go 'subject:elsewhere'
keys v
ok 'a part with a bad name is listed' match 'profile +text/plain'
keys j j s
ok 'its name is harmless' match 'Save as: ~/_[^/]*profile'
keys Enter
ok 'it is saved' see 'Saved as'
nok 'not where it wanted' test -e "$home/.profile"
keys q

type 'l'
type 'hike'
keys Enter
ok 'a limit' unsee 'Lunch on Thursday?'
ok 'and what it is' see 'only: hike'
keys Enter
ok 'the cursor is in the limited list' match 'Subject: .*Spring hike'
keys q
type ':limit all'
keys Enter
ok 'everything again' unsee 'only: hike'

keys '?'
ok 'help shows the live keys' match 'Tab +next-unread'
keys q
type ':bind index K next-unread'
keys Enter
keys '?'
type '/next-unread'
keys Enter
keys n
ok 'and a new binding' match '^ K +next-unread'
keys q
keys q
ok 'q ends it' ended 0
