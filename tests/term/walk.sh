# walk.sh - for the tests that run every command of the program once, with real servers. To be sourced
# behind lib.sh, with servers running.
#
#   walk COMMAND [WORDS...]     types the command line; tests/lint/walked.sh holds the names used here
#                               against the table of commands
#   press COMMAND KEYS...       the same by the keys it is bound to, where the prompt would be in the way
#   letter NAME SUBJECT [BODY]  puts a mail into INBOX that came a minute after the one before; more header
#                               lines are in $header
#   holds FOLDER TEXT           whether the server's folder (cur and new) has a message with TEXT
#   marked TEXT LETTERS         whether the message of the inbox has the flags, as Maildir letters
#   unmarked TEXT LETTERS       whether it has none of them

maildir=$SRV_MAIL/alice/Maildir
header=
_minute=0

walk() {
	type ":$*"
	keys Enter
}

press() {
	shift
	keys "$@"
}

letter() {
	_minute=$((_minute + 1))
	{
		printf 'From: %s <%s@example.org>\nTo: Alice Example <alice@example.org>\nSubject: %s\n' "$1" \
			"$(echo "$1" | tr 'A-Z ' 'a-z.')" "$2"
		printf 'Date: Sun, 1 Mar 2020 10:%02d:00 +0000\nMessage-ID: <letter%d@example.org>\n%s\n%s\n' \
			"$_minute" "$_minute" "$header" "${3:-The text of $2.}"
	} >"$work/letter.$_minute"
	letters="${letters:-} $work/letter.$_minute"
}

deliver() {
	# shellcheck disable=SC2086
	mailbox INBOX $letters
	letters=
}

holds() {
	case $1 in
	INBOX) set -- "$maildir" "$2" ;;
	*) set -- "$maildir/.$1" "$2" ;;
	esac
	grep -rqsF -e "$2" "$1/cur" "$1/new"
}

flags_of() {
	_file=$(grep -rlsF -e "$1" "$maildir/cur" "$maildir/new") || return
	case $_file in
	*:2,*) _flags=${_file##*:2,} ;;
	*) _flags= ;;
	esac
}

marked() {
	flags_of "$1" && case $_flags in *"$2"*) true ;; *) false ;; esac
}

unmarked() {
	flags_of "$1" && case $_flags in *"$2"*) false ;; *) true ;; esac
}

soon() {
	until_true 20 "$@"
}
