#!/bin/sh
# The terminal changes its size, or is taken away for a while, at any moment.
. "${srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}/tests/term/lib.sh"
with_servers
plan 36
EDITOR_FOR_TEST="sh $work/edit"
cat >"$work/edit" <<'END'
echo 'Words of the editor.' >>"$1"
END
{
	printf 'From: Wei Xu <wei@example.org>\nTo: alice@example.org\nSubject: Hundred lines\n'
	printf 'Date: Sun, 1 Mar 2020 09:00:00 +0000\nMessage-ID: <long@example.org>\n\n'
	seq -f 'line %03.0f' 1 100
} >"$work/long"
mailbox INBOX --count 300
mailbox INBOX "$work/long"
last_row() {
	screen | sed -n "$1p" | grep -qE "$2"
}
bar='q (Quit|Back)'
# The bar of keys is in the last row of a screen of that height.
bar_in() {
	until_true 10 last_row "$1" "$bar" || show_why "no bar in row $1"
}

# Under a shell with job control, as with a person.
start sh -c 'set -m; PS1="shell> "; export PS1; exec sh -i'
see 'shell>'
type 'talaria'
keys Enter
ok 'the list' see 'of 301' 20
ok 'fills 80x24' bar_in 24
go 'subject:Hundred'
for wh in '200 60' '40 10' '80 24'; do
	resize $wh
	ok "the list in $wh" bar_in "${wh#* }"
	ok "with the cursor where it was, in $wh" on 'Wei'
done
resize 20 4
ok 'the list in 20x4 has its row' see 'Wei Xu'
resize 19 3
ok 'the list in 19x3 says something' see 'Window too small'
resize 80 24
ok 'and is back' bar_in 24
ok 'on the same message' on 'Hundred'

keys Enter
see 'line 001'
keys Space
see 'line 020'
resize 200 60
ok 'the reader in 200x60' bar_in 60
ok 'shows the same place' see 'line 020'
resize 40 10
ok 'the reader in 40x10' bar_in 10
ok 'shows text' match 'line 0[0-9][0-9]'
resize 20 5
resize 80 24
ok 'the reader is back' bar_in 24
ok 'and shows text' match 'line 0[0-9][0-9]'
keys C-z
ok '^Z gives the shell' match '^shell> *$|Stopped'
type 'echo in the "shell"'
keys Enter
ok 'which works' see 'in the shell'
type 'fg'
keys Enter
ok 'fg brings the screen back' bar_in 24
ok 'with the text' match 'line 0[0-9][0-9]'
ok 'and nothing of the shell' shows_not 'in the shell'
keys C-z
until_true 10 shows 'shell>'
resize 100 30
type 'fg'
keys Enter
ok 'a resize while it was away' bar_in 30
resize 80 24
keys q
unsee 'line 0'

type ':ope'
see ':ope'
resize 60 20
ok 'the prompt after a resize' until_true 10 last_row 20 '^:ope'
resize 80 24
ok 'and back' until_true 10 last_row 24 '^:ope'
type 'n Sent'
keys Enter
ok 'the prompt works on' see 'No messages'

keys m
see 'To:'
type 'bob@example.org'
keys Enter
see 'Subject:'
type 'Sizes'
keys Enter
ok 'the send screen' see 'Words of the editor'
bar='y Send'
resize 200 60
ok 'in 200x60' bar_in 60
resize 40 10
ok 'in 40x10' bar_in 10
ok 'with its header' see 'bob@example.org'
ok 'and the way out in the bottom row' see 'q Leave'
resize 80 24
ok 'and back' bar_in 24
keys q
ok 'a question' see 'Keep this draft?'
resize 60 20
ok 'stays in another size' until_true 10 last_row 20 'Keep this draft'
keys n
unsee 'Keep this draft'
resize 80 24
bar='q (Quit|Back)'
bar_in 24
type ':quit'
keys Enter
until_true 10 shows 'fg'
type 'echo "status <$?>"'
keys Enter
ok 'it ends well' see 'status <0>'
