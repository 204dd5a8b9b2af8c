#!/bin/sh
# The screen in a real terminal: keys as sequences, sizes, the editor, stopping and ending. The mail is on the
# disk already, and nothing is connected.
. "${srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}/tests/term/lib.sh"
screen_ui="$builddir/tests/unit/screen_ui"
[ -x "$screen_ui" ] || skip "tests/unit/screen_ui is not built"
plan 43

cat >"$work/editor" <<'END'
#!/bin/sh
sed -i '1,/^$/s/^$/\nWritten by the editor/' "$1"
END
chmod 755 "$work/editor"

start "$screen_ui" 40 mouse yes editor "$work/editor"
ok 'shows the list' see 'INBOX  24 new of 48'
ok 'shows the keys' see '? Help'
keys Home
ok 'Home goes to the first' see 'Invoice 4711'
keys Enter
ok 'Enter opens' see 'Because a page is what one screen needs.'
keys PageDown
ok 'PageDown scrolls' see 'Line 25 of the message 1.'
keys q
ok 'q goes back' see 'Invoice 4711'
resize 19 5
ok 'says when the window is too small' see 'too small'
resize 200 60
ok 'a large window has folders and a message beside the list' see 'Old mail'
ok 'the message is there, too' see 'Because a page is what one screen needs.'
resize 80 24
ok 'and back' unsee 'Old mail'

keys r
ok 'the editor ran and the text is there' see 'Written by the editor'
ok 'the draft has a tab' see '3 '
keys q
ok 'leaving asks' see 'Keep this draft?'
keys n
ok 'and discards' see 'The draft is gone'

keys :
type 'mess'
keys Tab
ok 'Tab completes' see ':messages'
keys Enter
ok 'messages are kept' see 'The draft is gone'
keys q
keys Escape v
ok 'Esc and v fold' unsee 'pages of 256'
type "$(printf '\033[200~abc\033[201~')"
ok 'a paste runs no commands' see 'nothing asks for text here'

send_signal TERM
ok 'SIGTERM ends it' ended 0
restart "$screen_ui" 10
ok 'starts again' see 'Invoice 4711'
keys q
ok 'q ends it' ended 0
restart env TERM=dumb "$screen_ui"
ok 'a terminal without a screen is refused' see 'need no screen'

mouse_is() {
	[ "$(tm display-message -p -t t '#{mouse_any_flag}')" = "$1" ]
}
restart "$screen_ui" 20
see 'Invoice 4711'
type ':set mouse'
keys Enter
ok 'the mouse is taken when the option says so' until_true 10 mouse_is 1
type ':set nomouse'
keys Enter
ok 'and given back' until_true 10 mouse_is 0
# A shell that can stop what it runs.
restart sh -i
type "$screen_ui 20"
keys Enter
see 'Invoice 4711'
keys C-z
ok '^Z stops it, and the shell is there' see 'Stopped'
type 'fg'
keys Enter
ok 'and it goes on' see 'Invoice 4711'
keys Down
ok 'with its keys' see '? Help'
restart "$screen_ui" 20 editor /no/such/editor
see 'Invoice 4711'
keys r
ok 'a missing editor is told in plain words' see 'There is no program “/no/such/editor” here'
keys q n
see 'The draft is gone'
type ':set editor=false'
keys Enter r
ok 'as is one that fails' see '“false” ended with a fault (status 1)'
keys q n
see 'The draft is gone'
echo 'kill -9 $$' >"$work/dies"
type ":set editor='sh $work/dies'"
keys Enter r
ok 'as is one that is killed' see 'was ended: Killed'
keys q n
see 'The draft is gone'
type ':set editor=/etc/passwd'
keys Enter r
ok 'as is what is no program' see '“/etc/passwd” is no program that can be run'
keys q n
see 'The draft is gone'
type ':messages'
keys Enter
see 'The draft is gone'
state=$home/.local/state/talaria
tm kill-session -t t
ok 'the window is closed, and what was typed is kept' until_true 10 grep -q 'command messages' "$state/history"
ok 'in one whole file' until_true 10 not test -e "$state"/history.*

# Unread mail in the colour of each background; the dark one is what is shown until the terminal answers.
shows_red_green() {
	screen -e | grep -qE '\[(1;)?3[236]m'
}
unread_is() {
	screen -e | grep -qE "38;5;$1m N "
}
background() {
	sed -i '/window-style/d' "$work/tmux.conf"
	echo "set -g window-style 'bg=$1'" >>"$work/tmux.conf"
}
background '#fdf6e3'
restart "$screen_ui" 20
ok 'a light terminal says so' until_true 10 unread_is 16
restart "$screen_ui" 20 theme dark
see 'Invoice 4711'
ok 'the option is stronger' until_true 10 unread_is 231
background '#002b36'
restart "$screen_ui" 20
see 'Invoice 4711'
ok 'a dark terminal says so' until_true 10 unread_is 231
background default
restart "$screen_ui" 20
ok 'a terminal that says nothing is dark' until_true 10 unread_is 231
type "$(printf '\033]11;rgb:ffff/')"
type "$(printf 'ffff/ffff\033\\')"
ok 'an answer may come late, and in pieces' until_true 10 unread_is 16
type "$(printf '\033]11;rgb:0000/0000/0000\007')"
ok 'and another' until_true 10 unread_is 231
ENV_FOR_TEST="COLORFGBG='0;15'"
restart "$screen_ui" 20
ok 'COLORFGBG counts where the terminal is silent' until_true 10 unread_is 16
ENV_FOR_TEST='NO_COLOR=1'
restart "$screen_ui" 20
see 'Invoice 4711'
ok 'without colours there are none' not unread_is '[0-9]*'
ENV_FOR_TEST=
for t in linux screen; do
	restart env TERM=$t "$screen_ui" 20
	see 'INBOX'
	ok "TERM=$t has colours" until_true 10 shows_red_green "$t"
done
