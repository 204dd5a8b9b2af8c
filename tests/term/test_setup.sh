#!/bin/sh
# The setup on a terminal: questions, servers, the test of the login, and what is saved.
: "${srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$srcdir/tests/term/lib.sh"

with_servers imap
rm "$config"
ENV_FOR_TEST="SSL_CERT_FILE='$SRV_CA'"

size 100 40
start talaria
ok 'the first start without an account asks' see 'Your mail address'
type 'not an address'
keys Enter
ok 'what is no address is asked again' see 'is not an address mail can be sent to'
type 'Alice Example <alice@localhost>'
keys Enter
ok 'the name is proposed' see '[Alice Example]'
keys Enter
ok 'IMAP or POP3, with advice' see 'right for several devices'
keys 1 Enter
ok 'where the password comes from' see 'How shall Talaria get your password?'
keys 3 Enter
ok 'it is asked for' see 'Password of alice@localhost:'
type 'wrong password'
keys Enter
ok 'servers are looked for' see 'Looking for the servers of localhost' 30
nok 'the password is not shown' shows 'wrong password'
ok 'none is found: they are asked for' see 'IMAP server' 60
type "localhost:$SRV_IMAPS"
keys Enter
ok 'and the relay' see 'SMTP relay'
type "smtp://localhost:$SRV_SMTP"
keys Enter
nok 'no relay was taken for one that is not there' shows 'SMTP relay [smtp'
ok 'and the user' see 'User name there'
keys Enter
ok 'and the password' match 'Password of alice@localhost: *$'
type 'wrong again'
keys Enter
ok 'the login is tried, and what is wrong is told' see 'It does not work yet: The server refused the login' 30
ok 'nothing is saved so far' not test -e "$config"
ok 'the wrong answer alone is asked again' see 'User name there [' 10
nok 'not the servers' shows "[imaps://localhost:$SRV_IMAPS]"
nok 'nothing is left of the test' test -e "$home/.local/share/talaria/localhost"
type alice
keys Enter
see 'Password of alice:'
type "$SRV_PASSWORD"
keys Enter
ok 'then it works, is saved, and the screen opens' see 'INBOX' 30
ok 'the file holds the account' grep -q "imap *imaps://alice@localhost:$SRV_IMAPS" "$config"
nok 'and nothing that was not asked' grep -qE 'compress|save-sent|keep' "$config"
ok 'only its owner can read it' test "$(stat -c %a "$config")" = 600

cp "$config" "$work/before"
restart talaria setup
see 'Your mail address'
keys C-d
ok 'the end of input leaves' ended 1
ok 'and says that nothing was saved' see 'Nothing was saved'
ok 'and nothing was' cmp -s "$config" "$work/before"

restart talaria setup --offline
see 'Your mail address'
type 'alice@gmail.com'
keys Enter
see 'Your name'
type 'A. L. Ice'
keys Enter
see 'Your choice'
keys 2 Enter
ok 'a command for the password' see 'pass show mail'
keys 2 Enter
see 'The command'
type 'pass show "mail/g m"'
keys Enter
ok 'a provider is known: no question about servers' ended 0
ok 'POP3 was chosen' grep -q 'protocol *pop3' "$config"
ok 'its servers' grep -q 'pop3 *pop3s://alice@gmail.com@pop.gmail.com' "$config"
nok 'with how long mail stays there left as it is' grep -q 'pop3-keep' "$config"
ok 'the command is quoted' grep -qF 'password  command "pass show \"mail/g m\""' "$config"
ok 'the other account is untouched' cmp -s -n "$(stat -c %s "$work/before")" "$config" "$work/before"
restart sh -c 'talaria check nobody; read -r wait'
ok 'the program reads what the setup wrote' see 'There is no account nobody; there are: localhost, gmail'
# A certificate of an authority that is not known here: told with its SHA-256, which is enough.
rm "$config"
ENV_FOR_TEST=
restart talaria
see 'Your mail address'
type 'alice@localhost'
keys Enter
see 'Your name'
type 'Alice'
keys Enter
see 'Your choice'
keys 1 Enter
see 'How shall Talaria get your password?'
keys 3 Enter
see 'Password of alice@localhost:'
type "$SRV_PASSWORD"
keys Enter
see 'IMAP server' 30
type "localhost:$SRV_IMAPS"
keys Enter
see 'SMTP relay'
type "smtp://localhost:$SRV_SMTP"
keys Enter
see 'User name there'
type alice
keys Enter
see 'Password of alice:'
type "$SRV_PASSWORD"
keys Enter
ok 'a refused certificate is told' see 'is refused: its' 30
ok 'and what may be trusted is asked, nothing else' see 'SHA-256 or file, empty for neither' 10
pin=$(screen | tr -d '\n ' | grep -oE 'SHA-256[0-9a-f]{64}' | tail -n 1)
type "${pin#SHA-256}"
keys Enter
ok 'then it works' see 'INBOX' 30
ok 'the pin is in the file' grep -q "tls-pin *${pin#SHA-256}" "$config"

# Nothing is known of the servers, and nobody can be asked: what is typed is taken.
restart talaria setup --offline
see 'Your mail address'
type "$(printf '%01001d' 1)"
keys Enter
ok 'an answer that is too long is not cut' see 'longer than 1000 bytes'
type 'carol@other.example'
keys Enter
see 'Your name'
keys Enter
see 'Your choice'
keys 7 Enter
ok 'a choice that is none is asked again' see 'a number from 1 to 2'
keys 2 Enter
see 'How shall Talaria'
keys 1 Enter
see 'Password of carol@other.example:'
type 'secret'
keys Enter
see 'POP3 server'
type 'pop.other.example'
keys Enter
see 'SMTP relay'
keys Enter
ok 'without a relay is possible, and told' see 'Without a relay mail can be read, not sent'
keys Enter
# The one before is still on the screen.
asked_twice() {
	[ "$(screen | grep -c 'Password of carol@other.example: *$')" = 2 ]
}
until_true 10 asked_twice
type 'secret'
keys Enter
ended 0
ok 'the server is in the file' grep -q 'pop3 *pop3s://carol@other.example@pop.other.example' "$config"
nok 'a password that is asked for is not' grep -q secret "$config"

# Who gave no password is asked for it by the test, which takes what is typed then.
restart talaria setup
see 'Your mail address'
type 'alice@localhost'
keys Enter
see 'Your name'
keys Enter
see 'Your choice'
keys 1 Enter
see 'How shall Talaria'
keys 1 Enter
see 'Password of alice@localhost:'
keys Enter
see 'IMAP server' 60
type "localhost:$SRV_IMAPS"
keys Enter
see 'SMTP relay'
keys Enter
see 'User name there'
type alice
keys Enter
see 'Password of alice:'
keys Enter
ok 'a password that was not typed is asked for by the test of the login' see 'Password of account localhost2' 30
type "$SRV_PASSWORD"
keys Enter
see 'SHA-256 or file, empty for neither' 30
type "$SRV_CA"
keys Enter
asked_by_the_test_again() {
	[ "$(screen | grep -c 'Password of account localhost2 (alice@localhost): *$')" = 2 ]
}
until_true 30 asked_by_the_test_again
type "$SRV_PASSWORD"
keys Enter
ok 'and what is typed then is used' ended 0

# What does not work can be saved all the same.
restart talaria setup
see 'Your mail address'
type 'dora@localhost'
keys Enter
see 'Your name'
keys Enter
see 'Your choice'
keys 1 Enter
see 'How shall Talaria'
keys 2 Enter
see 'The command'
type 'echo secret'
keys Enter
see 'IMAP server' 60
type 'localhost:1'
keys Enter
see 'SMTP relay'
keys Enter
see 'User name there'
keys Enter
see 'It does not work yet' 30
see 'IMAP server [imaps://localhost:1]'
keys Enter
see 'SMTP relay'
keys Enter
see 'User name there [dora@localhost]'
keys Enter
see 'Try again, with other answers? [yes]' 30
type no
keys Enter
see 'Save it as it is? [yes]'
keys Enter
ended 0
ok 'it is, under a name of its own' grep -q 'account localhost3' "$config"
echo "1..$test_count"
