#!/bin/sh
# The screen in a real terminal: keys as sequences, sizes, the editor, stopping and ending. The engine is a
# fake one, so that only the front end is tested.
. "${srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}/tests/term/lib.sh"
fake="$builddir/tests/unit/fake_ui"
[ -x "$fake" ] || skip "tests/unit/fake_ui is not built"
plan 22

cat >"$work/editor" <<'END'
#!/bin/sh
echo "Written by the editor" >>"$1"
END
chmod 755 "$work/editor"

start "$fake" 40 mouse yes editor "$work/editor"
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
restart "$fake" 10
ok 'starts again' see 'INBOX'
keys q
ok 'q ends it' ended 0
restart env TERM=dumb "$fake"
ok 'a terminal without a screen is refused' see 'need no screen'
