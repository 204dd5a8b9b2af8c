#!/bin/sh
# Searches of a Maildir by "talaria search": who and what is found, and that a search which is not understood finds nothing.
set -u
: "${srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${builddir:=$srcdir/build}"
work=$(mktemp -d "${TMPDIR:-/tmp}/search.XXXXXX") || exit 99
trap 'rm -rf "$work"' EXIT
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
refused 1 'form:x'
refused 3 'a (b'
refused 6 'size:big'
refused 1 '~O'
refused 1 ''
refused 2 '()'
refused 5 'a | ~T'

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
echo "1..$count"
exit $failed
