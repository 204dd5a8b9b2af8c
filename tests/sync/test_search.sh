#!/bin/sh
# Searches by "talaria search", of a Maildir and of a server's folder: who and what is found, what is told of the rest, and
# that a search which is not understood finds nothing.
set -u
: "${srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${builddir:=$srcdir/build}"
base=${TMPDIR:-/tmp}
[ "${#base}" -le 30 ] || base=/tmp # names of sockets have to be short
work=$(mktemp -d "$base/search.XXXXXX") || exit 99
finish() {
	code=$?
	[ -d "$work/s" ] && "$srcdir/tests/servers/servers" stop "$work/s"
	rm -rf "$work"
	exit "$code"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
HOME=$work/home
export HOME
unset XDG_CONFIG_HOME XDG_DATA_HOME XDG_CACHE_HOME XDG_STATE_HOME
box=$work/box
mkdir -p "$HOME" "$box/cur" "$box/new" "$box/tmp"
count=0
failed=0

mail() { # NAME: a message from stdin, its subject is NAME
	count_mail=$((${count_mail:-0} + 1))
	{
		printf 'Date: Mon, %d Nov 2026 10:00:00 +0000\nMessage-ID: <%s@example.org>\nSubject: %s\n' "$count_mail" "$1" "$1"
		cat
	} >"$box/cur/17959968$(printf %02d "$count_mail").M1P1.host:2,$2"
}

found() { # WANT QUERY: the subjects, sorted
	count=$((count + 1))
	got=$("$builddir/talaria" search --json "$2" "$box" 2>"$work/err" |
		python3 -c 'import json,sys; print(" ".join(sorted(m["subject"] for m in json.load(sys.stdin))))')
	if [ "$got" = "$1" ]; then
		echo "ok $count - $2"
	else
		failed=1
		echo "not ok $count - $2"
		echo "# found '$got', not '$1'"
		sed 's/^/# /' "$work/err"
	fi
}

refused() { # COLUMN QUERY
	count=$((count + 1))
	out=$("$builddir/talaria" search "$2" "$box" 2>"$work/err")
	status=$?
	if [ "$status" = 65 ] && [ -z "$out" ] && grep -q "column $1:" "$work/err"; then
		echo "ok $count - $2 is refused"
	else
		failed=1
		echo "not ok $count - $2 is refused"
		echo "# status $status, said: $(cat "$work/err") $out"
	fi
}

mail first S <<'END'
From: Ann Smith <ann@example.org>
To: Bob Builder <bob@example.org>, Carol <carol@example.net>, =?utf-8?Q?D=C3=B6rte?= <doerte@example.com>
Cc: "Eve, the Cat" <eve@example.edu>, frank@example.info

plain words here,
on two lines
END
mail html '' <<'END'
From: news@example.com
To: list@example.org
MIME-Version: 1.0
Content-Type: text/html; charset=utf-8

<html><head><style>p{color:blue}</style></head><body><p>Das ist &uuml;bel &amp; Hel<b>lo</b> two
 words</p></body></html>
END
mail flowed F <<'END'
From: Ann Smith <ann@example.org>
Cc: only@example.org
Content-Type: text/plain; format=flowed

this goes on to the 
next line
END
mail parts S <<'END'
From: Zoe <zoe@example.org>
To: ann@example.org
X-Note: =?utf-8?Q?h=C3=BCbsch?=
References: <first@example.org>
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain

seen text
--b
Content-Type: application/octet-stream; name=secret.bin
Content-Transfer-Encoding: base64

c2VlbiB0ZXh0IG5vdA==
--b--
END

found first to:builder
found first to:carol@example.net
found first to:dörte
found first 'to:"eve, the cat"'
found first to:frank@example.info
found flowed cc:only
found 'flowed parts' to:only\ \|\ to:ann@
found first '~t carol'
found '' '~t eve'
found first '~C eve'
found 'first flowed' 'from:smith'
found 'html parts' 'NOT from:smith'
found 'html parts' '!from:smith'
found 'first flowed parts' '~L ann@'
found html 'from:news | from:zoe !~P to:list'
found 'html parts' 'from:news | from:zoe'
found parts '(from:news | from:zoe) flag:read'
found 'first flowed' '~s "^f"'
found '' '=s ^f'
found first '~f "(ann|bob) smith" ~t bob'
found html body:übel
found html body:hello
found html 'body:"two words"'
found '' body:color
found '' body:span
found flowed 'body:"the next"'
found first 'body:"here, on two"'
found parts body:seen
found parts header:hübsch
found parts '~B hübsch'
found parts references:first
found first id:first@
found first 'date:1/11/2026'
found 'flowed html' '~d 2026-11-02..2026-11-03'
found 'first html' 'date:<2026-11-03'
found 'flowed' '~F'
found 'first parts' '~R'
found 'first flowed html parts' 'size:<10K'
found '' 'size:>10K'
found parts '~X 1-'
mail "[tag] costs (net) a|b" S <<END
From: tag@example.net

body
END
found '[tag] costs (net) a|b' '~s "[tag] costs (net) a|b"'
found '[tag] costs (net) a|b' '=s [tag]'
mail sealed S <<END
From: seal@example.net
To: list@example.net
List-Id: Seals <seals.example.net>
MIME-Version: 1.0
X-Tide: high and low
Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m

AAAA
END
mail stamped S <<END
From: seal@example.net
MIME-Version: 1.0
Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m

AAAA
END
found sealed 'from:seal is:encrypted'
found stamped 'from:seal is:signed'
found 'sealed stamped' 'attachment:.p7m'
found sealed 'header X-Tide:"and low"'
found '' 'header X-Tid:high'
found sealed '~h "^X-Tide: high"'
found sealed list:seals.example
found sealed 'list:list@ not from:ann'
found '' list:nowhere
found 'sealed stamped' "from:seal in:$box"
found 'sealed stamped' 'from:seal not in:nowhere not account:nowhere'
refused 1 'form:x'
refused 3 'a (b'
refused 6 'size:big'
refused 1 '~O'
refused 1 ''
refused 2 '()'
refused 5 'a | ~V'
found '' '~T | ~v'

count=$((count + 1))
row=$("$builddir/talaria" search --json subject:first "$box" |
	python3 -c 'import json,sys; m = json.load(sys.stdin)[0]; print(m["to"], m["cc"], sep="|")')
if [ "$row" = 'Bob Builder <bob@example.org>, Carol <carol@example.net>, Dörte <doerte@example.com>|"Eve, the Cat" <eve@example.edu>, frank@example.info' ]; then
	echo "ok $count - JSON names every recipient"
else
	failed=1
	echo "not ok $count - JSON names every recipient"
	echo "# $row"
fi

mkdir -p "$work/later/cur" "$work/later/new" "$work/later/tmp"
printf 'Date: Mon, 30 Nov 2099 10:00:00 +0000\nFrom: far@example.org\nSubject: far\n\n.\n' \
	>"$work/later/cur/1795996800.M1P1.host:2,S"
count=$((count + 1))
row=$(TZ=UTC "$builddir/talaria" list "$work/later")
case $row in
*'!2026-11-30 00:00 far@example.org'*) echo "ok $count - a date of the future is that of the arrival, marked, and whole" ;;
*)
	failed=1
	echo "not ok $count - a date of the future is that of the arrival, marked, and whole"
	echo "# $row"
	;;
esac

# --- a server's folder: a large message is read by parts, and what was not read cannot be looked into ---

ready=yes
for t in dovecot openssl; do
	PATH=$PATH:/usr/sbin:/sbin command -v $t >/dev/null || ready=
done
if [ -n "$ready" ]; then
	PATH=$PATH:/usr/sbin:/sbin
	chmod 711 "$work"
	"$srcdir/tests/servers/servers" start "$work/s" --owner $$ --for 300 || exit 99
	. "$work/s/env"
	python3 - "$work" <<'END'
import sys
large = ("From: big@example.org\nTo: alice@example.org\nSubject: large\nDate: Tue, 24 Nov 2026 10:00:00 +0000\nMessage-ID: <big@x>\n"
         "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html; charset=utf-8\n\n<p>"
         + "words without a meaning\n" * 16000 + "</p><p>the nee<b>dle</b></p>\n--b\nContent-Type: application/octet-stream; name=x.bin\n"
         "Content-Transfer-Encoding: base64\n\n" + ("QUJD" * 19 + "\n") * 4000 + "--b--\n")
small = "From: small@example.org\nTo: alice@example.org\nSubject: small\nDate: Mon, 23 Nov 2026 10:00:00 +0000\nMessage-ID: <s@x>\n\nneedle too\n"
for name, m in ("large", large), ("small", small):
    with open(sys.argv[1] + "/" + name, "w") as f:
        f.write(m)
END
	"$srcdir/tests/servers/fill" "$work/s" alice INBOX "$work/large" "$work/small" || exit 99
	mkdir -p "$HOME/.config/talaria"
	config=$HOME/.config/talaria/config
	cat >"$config" <<-END
	account t {
	    from      "Alice Example <alice@example.org>"
	    protocol  imap
	    imap      imaps://alice@$SRV_HOST:$SRV_IMAPS
	    smtp      smtp://alice@$SRV_HOST:$SRV_SMTP
	    password  plain "$SRV_PASSWORD"
	    tls-ca    "$SRV_CA"
	}
	END
	chmod 600 "$config"
	box=INBOX
	found '' body:needle
	count=$((count + 1))
	if grep -q 'Looked in 0 of 2 texts' "$work/err"; then
		echo "ok $count - what could not be looked at is told"
	else
		failed=1
		echo "not ok $count - what could not be looked at is told: $(cat "$work/err")"
	fi
	found '' 'NOT body:needle'
	uid=$("$builddir/talaria" search --json subject:large INBOX | python3 -c 'import json,sys; print(json.load(sys.stdin)[0]["id"])')
	"$builddir/talaria" show "$uid" >/dev/null 2>&1
	found large body:needle
	found '' 'NOT body:needle'
	found large 'NOT body:nothing'
	found 'large small' 'body:nothing | to:alice'
	"$srcdir/tests/servers/servers" stop "$work/s"
fi
echo "1..$count"
exit $failed
