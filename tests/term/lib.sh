# lib.sh - tests that drive the real program in a terminal. To be sourced by a POSIX shell:
#
#   . "$srcdir/tests/term/lib.sh"
#   plan 3
#   start talaria                  begins the command in a terminal of 80x24 (or: size 120 40, before)
#   ok 'it greets' see 'Welcome'   runs the rest of the line; passes when that does
#   keys q Enter                   keys by tmux's names: Enter, Escape, C-c, Up, PageDown, F1 ...
#   ok 'it ends' ended 0
#
# see TEXT [SECONDS]     waits until the screen shows TEXT (10 seconds); on failure prints the screen
# unsee TEXT [SECONDS]   waits until it does not
# match REGEX [SECONDS]  like see, with an extended regular expression for one line
# on TEXT [SECONDS]      waits until the line that the terminal's cursor is in shows TEXT
# go PATTERN [TEXT]      searches the list and waits until the cursor is on TEXT (else what PATTERN says
#                        after its last colon)
# said TEXT [SECONDS]    waits until Talaria's :messages show TEXT: what it says may be gone in a moment
# type TEXT              types it as it is
# resize W H             changes the terminal's size
# screen                 prints the screen; screen -e with its colours
# cursor                 prints column and row, from 0
# ended [STATUS] [SECONDS]   waits for the command's end; its status is then in $status
# alive                  whether it still runs
# send_signal NAME       to the command
# restart CMD...         ends what runs and begins again, in the same home
# with_servers           starts the servers and writes an account of them to the configuration; an
#                        argument imap or pop3 chooses its protocol; sets the SRV_ variables
# mailbox FOLDER ARGS... fills alice's folder: see tests/servers/fill
# note_to_self           puts a mail of that subject into INBOX; the editor appends $work/words to what
#                        it is given
# skip REASON            leaves the whole test out; need_tool NAME... does so when one is missing
#
# Each test has a directory of its own ($work), an empty home with all XDG_ directories there, a tmux
# server on a private socket, LANG=C.UTF-8, and is over after $TERM_TEST_SECONDS (180) at the latest.

set -u
if [ -z "${TERM_TEST_BOUNDED:-}" ]; then
	TERM_TEST_BOUNDED=1
	export TERM_TEST_BOUNDED
	exec timeout -k 10 "${TERM_TEST_SECONDS:-180}" sh "$0" "$@"
fi
: "${srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${builddir:=$srcdir/build}"
PATH=$builddir:$PATH:/usr/sbin:/sbin
export PATH srcdir builddir

test_count=0
test_failed=0
term_w=80
term_h=24
term_servers=

skip() {
	echo "1..0 # SKIP $*"
	exit 0
}

need_tool() {
	for t in "$@"; do
		command -v "$t" >/dev/null || skip "$t is missing"
	done
}

plan() {
	echo "1..$1"
}

# ok NAME CMD...: one case.
ok() {
	test_count=$((test_count + 1))
	_name=$1
	shift
	if "$@"; then
		echo "ok $test_count - $_name"
	else
		test_failed=$((test_failed + 1))
		echo "not ok $test_count - $_name"
		return 1
	fi
}

# nok NAME CMD...: the command has to fail.
nok() {
	_nok=$1
	shift
	ok "$_nok" not "$@"
}

not() {
	! "$@"
}

note() {
	printf '%s\n' "$*" | sed 's/^/# /'
}

# No tmux variable of the one who runs the test may reach ours.
tm() {
	env -u TMUX -u TMUX_PANE LC_ALL=C.UTF-8 tmux -u -S "$work/tmux" -f "$work/tmux.conf" "$@" 8>&- 9<&-
}

term_end() {
	_code=$?
	trap '' INT TERM HUP
	[ -e "$work/tmux" ] && tm kill-server 2>/dev/null
	[ -z "$term_servers" ] || "$srcdir/tests/servers/servers" stop "$work/s"
	rm -rf "$work"
	[ "$test_failed" = 0 ] || exit 1
	exit $_code
}

term_begin() {
	need_tool tmux python3
	_base=${TMPDIR:-/tmp}
	[ "${#_base}" -le 30 ] || _base=/tmp # names of sockets have to be short
	work=$(mktemp -d "$_base/term.XXXXXX") || exit 99
	chmod 711 "$work"
	trap term_end EXIT
	trap 'exit 130' INT
	trap 'echo "Bail out! out of time"; screen | sed "s/^/# /"; test_failed=1; exit 99' TERM
	trap 'exit 129' HUP
	home=$work/home
	mkdir -m 700 "$home" "$home/.config" "$home/.local" "$home/.local/share" "$home/.local/state" \
		"$home/.cache" "$home/run" "$home/.config/talaria" "$home/tmp"
	config=$home/.config/talaria/config
	cat >"$work/tmux.conf" <<-'END'
	set -g default-terminal "tmux-256color"
	set -g status off
	set -g remain-on-exit on
	set -g history-limit 0
	set -g escape-time 0
	set -g set-clipboard on
	set -g allow-rename on
	set -g mouse on
	END
	TERM_NAME=tmux-256color
	infocmp tmux-256color >/dev/null 2>&1 || {
		TERM_NAME=screen-256color
		sed -i 's/tmux-256color/screen-256color/' "$work/tmux.conf"
	}
	mkfifo "$work/ask" "$work/answer" || exit 99
	python3 "$srcdir/tests/term/eye.py" "$work/tmux" "$work/tmux.conf" <"$work/ask" >"$work/answer" &
	exec 8>"$work/ask" 9<"$work/answer"
}

size() {
	term_w=$1
	term_h=$2
}

# The command's environment is made anew: nothing of the tester's own settings may reach it.
start() {
	rm -f "$work/status" "$work/pid"
	# Written to a file, so that the command's words keep their blanks and quotes.
	{
		printf '%s\n' 'cd "$HOME" || exit 99'
		printf '%s' 'sh -c '"'"'echo $$ >"$TEST_WORK/pid"; exec "$@"'"'"' sh '
		for _w in "$@"; do
			printf "'%s' " "$(printf '%s' "$_w" | sed "s/'/'\\\\''/g")"
		done
		printf '\n%s\n%s\n' 'echo $? >"$TEST_WORK/status.new"' 'mv "$TEST_WORK/status.new" "$TEST_WORK/status"'
	} >"$work/script"
	# A server that is still ending takes nobody.
	until_true 10 new_session 2>/dev/null || {
		echo "Bail out! tmux does not start (is /dev/pts there?)"
		exit 99
	}
}

new_session() {
	tm new-session -d -s t -x "$term_w" -y "$term_h" \
		"exec env -i HOME='$home' PATH='$PATH' LANG=C.UTF-8 LC_ALL=C.UTF-8 TERM=$TERM_NAME TZ=UTC \
		SHELL=/bin/sh USER=tester LOGNAME=tester EDITOR='${EDITOR_FOR_TEST:-true}' TMPDIR='$home/tmp' \
		XDG_CONFIG_HOME='$home/.config' XDG_DATA_HOME='$home/.local/share' XDG_STATE_HOME='$home/.local/state' \
		XDG_CACHE_HOME='$home/.cache' XDG_RUNTIME_DIR='$home/run' TEST_WORK='$work' ${TALARIA_GUARD:+TALARIA_GUARD='$TALARIA_GUARD'} ${TALARIA_SLOW:-} ${ENV_FOR_TEST:-} \
		sh '$work/script'"
}

restart() {
	tm kill-server 2>/dev/null
	until_true 10 no_server
	start "$@"
}

no_server() {
	! tm has-session 2>/dev/null
}

# ask SECONDS WHAT TEXT: of the eye (eye.py), which waits without a process for each look.
ask() {
	printf '%s\t%s\t%s\n' "$1" "$2" "$3" >&8
	IFS= read -r _answer <&9 && [ "$_answer" = yes ]
}

# until_true SECONDS CMD...: every 50 ms, which a loaded machine makes longer.
until_true() {
	_rounds=$(($1 * 20))
	shift
	while ! "$@"; do
		_rounds=$((_rounds - 1))
		[ "$_rounds" -ge 0 ] || return 1
		ask 0.05 tick ''
	done
}

screen() {
	tm capture-pane -p "$@" -t t 2>/dev/null || : # no server: an empty screen
}

cursor() {
	tm display-message -p -t t '#{cursor_x} #{cursor_y}'
}

shows() {
	ask 0 see "$1"
}

shows_not() {
	ask 0 unsee "$1"
}

shows_match() {
	ask 0 match "$1"
}

show_why() {
	note "$1"
	screen | sed 's/^/# |/'
	return 1
}

see() {
	ask "${2:-10}" see "$1" || show_why "not on the screen after ${2:-10} s: $1"
}

unsee() {
	ask "${2:-10}" unsee "$1" || show_why "still on the screen after ${2:-10} s: $1"
}

match() {
	ask "${2:-10}" match "$1" || show_why "no line matches after ${2:-10} s: $1"
}

on() {
	ask "${2:-10}" on "$1" || show_why "the cursor is not there after ${2:-10} s: $1"
}

go() {
	type "/$1"
	keys Enter
	on "${2:-${1##*:}}"
}

# In a process of its own: waiting does not nest.
said_now() (
	type ':messages'
	keys Enter
	ask 10 match '^ [0-9] Messages' || exit 1
	shows "$1"
	_said=$?
	keys q
	ask 10 unmatch '^ [0-9] Messages'
	exit $_said
)

said() {
	until_true "${2:-20}" said_now "$1" || show_why "not said after ${2:-20} s: $1"
}

keys() {
	tm send-keys -t t -- "$@"
}

type() {
	tm send-keys -t t -l -- "$1"
}

resize() {
	tm resize-window -t t -x "$1" -y "$2"
}

has_status() {
	[ -e "$work/status" ]
}

ended() {
	until_true "${2:-10}" has_status || {
		show_why 'it has not ended'
		return 1
	}
	status=$(cat "$work/status")
	[ -z "${1:-}" ] || [ "$status" = "$1" ] || show_why "it ended with $status, not with $1"
}

alive() {
	[ ! -e "$work/status" ] && [ -e "$work/pid" ] && kill -0 "$(cat "$work/pid")" 2>/dev/null
}

send_signal() {
	kill -s "$1" "$(cat "$work/pid")"
}

with_servers() {
	[ -z "$(command -v dovecot)" ] && skip 'dovecot is missing'
	need_tool python3 openssl
	term_servers=1
	"$srcdir/tests/servers/servers" start "$work/s" --owner $$ ${SERVER_OPTIONS:-} || exit 99
	. "$work/s/env"
	cat >>"$config" <<-END
	account test {
	    from      "Alice Example <alice@example.org>"
	    protocol  ${1:-imap}
	    imap      imaps://alice@$SRV_HOST:$SRV_IMAPS
	    pop3      pop3s://alice@$SRV_HOST:$SRV_POP3S
	    smtp      smtp://alice@$SRV_HOST:$SRV_SMTP
	    password  plain "$SRV_PASSWORD"
	    tls-ca    "$SRV_CA"
	}
	END
	chmod 600 "$config"
}

# Another account beside that of with_servers: bob's.
with_second_account() {
	cat >>"$config" <<-END
	account club {
	    from      "Bob of the Club <bob@example.org>"
	    imap      imaps://bob@$SRV_HOST:$SRV_IMAPS
	    smtp      smtp://bob@$SRV_HOST:$SRV_SMTP
	    password  plain "$SRV_PASSWORD"
	    tls-ca    "$SRV_CA"
	}
	END
}

mailbox() {
	_folder=$1
	shift
	"$srcdir/tests/servers/fill" "$work/s" alice "$_folder" "$@"
}

note_to_self() {
	EDITOR_FOR_TEST="sh $work/edit"
	cat >"$work/edit" <<-'END'
	cat "$TEST_WORK/words" >>"$1"
	END
	cat >"$work/mail" <<-'END'
	From: Alice Example <alice@example.org>
	To: Alice Example <alice@example.org>
	Subject: Note to self
	Date: Sun, 1 Mar 2020 10:00:00 +0000
	Message-ID: <note@example.org>

	Buy candles.
	END
	mailbox INBOX "$work/mail"
}

term_begin
