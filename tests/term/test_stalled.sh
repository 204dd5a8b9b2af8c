#!/bin/sh
# A server that says nothing more, refuses, or is not the one it should be: the screen never waits.
. "${srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}/tests/term/lib.sh"
with_servers
. "$srcdir/tests/term/walk.sh"
plan 28
mailbox INBOX --demo
{
	printf 'From: Wei Xu <wei@example.org>\nTo: alice@example.org\nSubject: Never fetched\n'
	printf 'Date: Sun, 1 Mar 2020 09:00:00 +0000\nMessage-ID: <never@example.org>\n\nText\n'
} >"$work/never"
mailbox INBOX "$work/never"
mkdir "$work/p"
proxy=$srcdir/tests/servers/proxy.py
python3 "$proxy" --to "$SRV_IMAPS" --dir "$work/p" --owner $$ &
until_true 10 test -e "$work/p/port"
tell() {
	python3 "$proxy" --tell "$work/p" "$@"
}
cp "$config" "$work/config"
# account SED...: the configuration, changed.
account() {
	sed -e "s/:$SRV_IMAPS/:$(cat "$work/p/port")/" "$@" "$work/config" >"$config"
}
# The end of the process, not of the terminal: far before the time of any server is up.
gone() {
	! kill -0 "$pid" 2>/dev/null
}
quits() {
	pid=$(cat "$work/pid")
	_t=$(date +%s)
	keys "$@"
	until_true 10 gone
	[ $(($(date +%s) - _t)) -lt 5 ]
}

account
start talaria
ok 'online' match 'online .*of 33' 20
go 'from:Carol'
keys Enter
ok 'a message is read' see 'half past twelve'
keys q
tell stall
go 'subject:Never' 'Wei'
keys Enter
ok 'the reader opens at once' see '1 Never fetched' 5
walk cancel
ok 'what waits for the server can be stopped' said 'Stopped' 5
keys '?'
ok 'help comes while the server says nothing' see 'line-down' 5
keys q
keys q
ok 'the list is back' see 'Trail & Tent' 5
keys '='
ok 'the cursor moves' on 'Bob' 5
keys j
ok 'key by key' on 'Carol' 5
keys Enter
ok 'mail that is here can be read' see 'half past twelve' 5
ok 'q q ends it at once' quits q q
ok 'in order' ended 0

restart talaria
ok 'the next start shows the cached list' see 'Trail & Tent' 5
ok 'and says that it connects' match 'connecting|… ' 5
ok 'and ends at once too' quits q
tell flow

restart talaria
ok 'when the server speaks again' match 'online' 20
go 'subject:Never' 'Wei'
keys Enter
ok 'the mail is there' see 'Text'
quits q q

tell refuse cut
restart talaria
ok 'without a server the cached list is there' see 'Trail & Tent' 5
ok 'and when it is tried again' match 'again in [0-9]+ s|offline' 20
go 'from:Carol'
keys Enter
ok 'and the cached mail' see 'half past twelve' 5
keys q
tell accept
walk retry
ok 'retry does not wait' match 'online' 20
quits q

account -e 's/plain ".*"/plain "wrong"/'
restart talaria
ok 'a wrong password is told' see 'refused the login' 20
ok 'the cached list stays' see 'Trail & Tent' 5
keys Escape
go 'from:Carol'
keys Enter
ok 'and the cached mail' see 'half past twelve' 5
type ':quit'
keys Enter
ended 0

account -e '/tls-ca/d'
restart talaria
ok 'an unknown certificate is told' match '[Cc]ertificate' 20
ok 'and what to do' said 'tls-ca'
ok 'the cached list stays' see 'Trail & Tent' 5
go 'from:Carol'
keys Enter
ok 'and the cached mail' see 'half past twelve' 5
ok 'it ends at once' quits q q
