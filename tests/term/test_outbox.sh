#!/bin/sh
# The outbox on the screen: what was said for each recipient, and holding, sending, editing, dropping.
. "${srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}/tests/term/lib.sh"
with_servers
[ "$SMTP_KIND" = postfix ] || skip 'a relay that refuses needs root'
plan 23
quietly() { # talaria WORDS...: in the same home, without a terminal
	env -i HOME="$home" PATH="$PATH" LANG=C.UTF-8 XDG_CONFIG_HOME="$home/.config" \
		XDG_DATA_HOME="$home/.local/share" XDG_STATE_HOME="$home/.local/state" XDG_CACHE_HOME="$home/.cache" \
		timeout 60 talaria "$@" 2>&1
}
waits() { # SUBJECT ADDRESS...
	echo "The text of $1" | quietly --offline -s "$@" >/dev/null
}
id_of() {
	quietly outbox | awk -v s="$1" '$NF == s { print $1 }'
}
holds() {
	grep -rqsF -e "The text of $1" "$SRV_MAIL/bob/Maildir"
}

# press COMMAND KEYS...: by the keys it is bound to (tests/lint/walked.sh holds the names)
press() {
	shift
	keys "$@"
}

start talaria --offline
see '? Help' 20
type ':outbox'
keys Enter
ok 'none' see 'Nothing waits to be sent'
keys q
type ':quit'
keys Enter
ended 0
waits one bob@example.org
waits two bob@example.org reject@example.org
restart talaria --offline
see '? Help' 20
type ':outbox'
keys Enter
ok 'one of two' see 'one'
ok 'its recipient was not asked' see 'bob@example.org: not asked'
press hold-mail h
ok 'it is held' match 'held +bob@example.org +one'
keys j
ok 'the other is for two' see 'reject@example.org: not asked'
keys q
type ':quit'
keys Enter
ok 'who quits is told that one is not sent' see '1 mail is not sent yet'
keys y
ended 0

restart talaria
see '? Help' 20
ok 'the other goes with the connection' said 'reject@example.org: 554'
type ':outbox'
keys Enter
ok 'what is held is still held' match 'held +bob@example.org +one'
keys j
ok 'each recipient has a fate' see 'bob@example.org: has it'
ok 'in the words of the relay' match 'reject@example.org: refused, 554 5'
nok 'what is held has not gone' holds one
keys k r
ok 'it goes when it is sent' until_true 20 holds one
ok 'and leaves the list' ask 10 unmatch 'bob@example.org +one'
see 'reject@example.org: refused'
press mail-details v
ok 'all that was said has a screen' see 'What the relay said'
keys q e
ok 'what was refused can be edited' match '^ +Subject +two'
ok 'and is known to have one who has it' match 'Has it +bob@example.org'
type ':quit'
keys Enter
ended 0

# --- from the shell, on a terminal ---
waits three bob@example.org
restart talaria --offline outbox edit "$(id_of three)"
ok 'edit opens the mail before sending' match '^ +Subject +three'
keys y
ok 'from where it is sent again' see '1 to send'
type ':quit'
keys Enter
see 'not sent yet'
keys y
ended 0
restart talaria outbox drop "$(id_of three)"
ok 'drop asks' see 'Throw away “three” to bob@example.org unsent?'
keys n Enter
ok 'no is no' ended 1
ok 'it is still there' test -n "$(id_of three)"
restart talaria outbox drop "$(id_of three)"
see 'Throw away'
keys y Enter
ok 'yes is yes' ended 0
ok 'it is gone' test -z "$(id_of three)"
