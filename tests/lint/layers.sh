#!/bin/sh
# The tree's own rules: who may include whom, one door per library, and the like. Each case is shown to
# be able to fail: it is run on a small bad tree first.
set -u
: "${srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${CC:=cc}"
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
count=0
failed=0

report() { # NAME; the complaints are in $work/out
	count=$((count + 1))
	if [ -s "$work/out" ]; then
		failed=$((failed + 1))
		echo "not ok $count - $1"
		head -n 40 "$work/out" | sed 's/^/# /'
	else
		echo "ok $count - $1"
	fi
}

sources() {
	(cd "$1" && find src ui tests -name '*.[ch]' 2>/dev/null | sort)
}

# The layer of a file or of an included name; nothing for what is outside (system headers, tests).
layer_of() {
	case $1 in
	ui/*) echo ui ;;
	src/*/*)
		l=${1#src/}
		echo "${l%%/*}"
		;;
	esac
}

# What each layer may include; check_values says of which only a part.
allowed() {
	case $1 in
	ui) echo 'ui engine base mime' ;;
	engine) echo 'engine store sync net mime base' ;;
	store) echo 'store mime base' ;;
	sync) echo 'sync store net mime base' ;;
	net) echo 'net base' ;;
	mime) echo 'mime base' ;;
	helper) echo 'helper base' ;;
	base) echo 'base' ;;
	esac
}

check_layers() {
	for f in $(sources "$1"); do
		from=$(layer_of "$f")
		[ -n "$from" ] || continue
		ok=" $(allowed "$from") "
		sed -n 's/^[ \t]*#[ \t]*include[ \t]*"\([^"]*\)".*/\1/p' "$1/$f" | while read -r inc; do
			to=${inc%%/*}
			case $inc in
			*/*) ;;
			*)
				echo "$f: \"$inc\" is not written from the source root"
				continue
				;;
			esac
			case $ok in *" $to "*) ;; *) echo "$f: $from may not include $inc" ;; esac
		done
	done
}

# LAYER|OF WHICH|HEADERS: the screen sees of mail only values, the connections of the store only what crosses the
# queues.
values='ui|mime|addr|build|charset|head|subject|text
src/sync|store|job'

check_values() {
	echo "$values" | while IFS='|' read -r from to headers; do
		(cd "$1" && sources . | grep "^$from/" | xargs -r grep -nE "^[ 	]*#[ 	]*include[ 	]*\"$to/" |
			grep -vE "\"$to/($headers)\.h\"" | sed "s;$;   ($from sees of $to only $headers);")
	done
}

# The rooms of the store are entered one way: link -> mail -> disk, which knows files and no account.
check_rooms() {
	(
		cd "$1" || exit
		store='^[ 	]*#[ 	]*include[ 	]*"store/'
		sources . | grep '^src/store/disk/' | xargs -r grep -nE "$store" | grep -v '"store/disk/'
		sources . | grep '^src/store/mail/' | xargs -r grep -nE "${store}link/"
	)
}

# LIBRARY|HEADERS|DOORS
doors='ncurses|n?curses(w/[a-z]+)?|term|panel|menu|form:^ui/term\.c$
OpenSSL|openssl/[a-z0-9_]+:^src/(net/tls|base/hash)\.c$
GDBM|gdbm:^src/store/disk/gdbmf\.c$
libetpan|libetpan/[a-z0-9_-]+:^src/net/
libgsasl|gsasl(-[a-z]+)?:^src/net/sasl\.c$
zlib|zlib|zconf:^src/net/deflate\.c$
libxml2|libxml/[A-Za-z0-9]+:^src/mime/html\.c$
jansson|jansson:^ui/json\.c$
libcurl|curl/[a-z]+:^src/helper/unsubscribe\.c$
libical|libical/[a-z]+:^src/mime/ical\.c$
libarchive|archive(_entry)?:^src/store/disk/tarball\.c$
SQLite|sqlite3(ext)?:^src/store/disk/textindex\.c$
libmagic|magic:^src/mime/magic\.c$
libidn2|idn2:^src/base/idn\.c$
libuchardet|uchardet(/uchardet)?:^src/mime/'

check_doors() {
	echo "$doors" | while IFS= read -r line; do
		lib=${line%%|*}
		rest=${line#*|}
		headers=${rest%:*}
		door=${rest##*:}
		(cd "$1" && sources . | grep -v '^tests/' | grep -vE "$door" |
			xargs -r grep -nE "^[ 	]*#[ 	]*include[ 	]*[<\"]($headers)\.h[>\"]") | sed "s/$/   ($lib has one door)/"
	done
}

# Every header can be included alone, first. A build has written config.h.
check_headers() {
	config=${builddir:-}/config.h
	[ -e "$config" ] || config=/dev/null
	cflags=$(pkg-config --cflags ncursesw openssl libgsasl libxml-2.0 libidn2 uchardet jansson libarchive sqlite3 libmagic 2>/dev/null)
	for h in $(sources "$1" | grep '\.h$'); do
		case $h in
		src/*) inc=${h#src/} ;;
		*) inc=$h ;;
		esac
		printf '#include "%s"\n#include "%s"\nextern int only_headers;\n' "$inc" "$inc" >"$work/one.c"
		# shellcheck disable=SC2086
		$CC -std=gnu17 -Wall -Wextra -Werror -fsyntax-only -include "$config" -I"$1/src" -I"$1" $cflags "$work/one.c" \
			>"$work/cc.out" 2>&1 || {
			echo "$h does not compile alone:"
			head -n 4 "$work/cc.out"
		}
	done
}

# Files with user-visible text are in po/POTFILES.in, and what is there exists.
check_potfiles() {
	sed 's/#.*//; /^[ \t]*$/d' "$1/po/POTFILES.in" | sort >"$work/listed"
	sort -u "$work/listed" | cmp -s - "$work/listed" || echo 'po/POTFILES.in names a file twice'
	(cd "$1" && sources . | grep -v '^tests/' | grep -v '/i18n\.[ch]$' |
		xargs -r grep -lE '(^|[^A-Za-z0-9_])(_|N_|ngettext|Q_|P_)\([ 	]*"' | sort) >"$work/using"
	comm -13 "$work/listed" "$work/using" | sed 's/$/ has text to translate and is not in po\/POTFILES.in/'
	while read -r f; do
		[ -e "$1/$f" ] || echo "po/POTFILES.in names $f, which is not there"
	done <"$work/listed"
}

# Nothing in the tree knows where it was written.
check_places() {
	(cd "$1" && tracked | grep -vE '^(COPYING|po/.*\.po|tests/fuzz/seeds/.*)$' | xargs -r grep -nIE \
		"(^|[^A-Za-z0-9_.])/(home|root|work|Users)/[A-Za-z0-9_.]+|/tmp/w[t]/" 2>/dev/null)
}

tracked() {
	if [ -e .git ] && command -v git >/dev/null && git ls-files >/dev/null 2>&1; then
		git ls-files
	else
		find src ui po tests doc bootstrap configure.ac Makefile.am HACKING README .ci -type f 2>/dev/null |
			grep -vE '\.(o|a|log|trs|pyc|gmo|pot)$|/\.deps/'
	fi
}

# What this project does not use: unbounded copies, shells, unbounded stacks.
check_banned() {
	(cd "$1" && sources . | grep -v '^tests/' | xargs -r grep -nE \
		'(^|[^A-Za-z0-9_."])(strcpy|strcat|sprintf|vsprintf|gets|system|popen|alloca|tmpnam|mktemp|strtok)[ ]?\(' |
		grep -vE ':[0-9]+:[ 	]*(\*|/\*|//)')
}

# Letters and numbers of protocols are the same in every locale: base/str has the functions.
check_locale() {
	(cd "$1" && sources . | grep -v '^tests/' | xargs -r grep -nE \
		'(^|[^A-Za-z0-9_."])(strn?casecmp|strcasestr|to(upper|lower)|is(alpha|alnum|digit|space|upper|lower|print|punct|xdigit|cntrl)|strto(d|f|ld)|atof)[ ]?\(' |
		grep -vE ':[0-9]+:[ 	]*(\*|/\*|//)')
}

# What differs by the protocol is a member of its rows: that they are one's is said where they stand ([PROTOCOL_X] =,
# .protocol = PROTOCOL_X), and nothing asks which it is, but the files of a row whether it is in use.
check_protocols() {
	(
		cd "$1" || exit
		sources . | grep -vE '^(tests/|src/base/|src/net/)' | xargs -r grep -nE '(^|[^A-Z_])PROTOCOL_(IMAP|POP3)' |
			grep -vE '\[PROTOCOL_(IMAP|POP3)\] =|[.]protocol = PROTOCOL_(IMAP|POP3),'
		sources . | grep -vE '^(tests/|src/store/link/(remote|session))' | xargs -r grep -nE '[!=]= *&(remote|driver)_'
	)
}

# A view that goes while something still names it would be used after its end: app_dispose knows all.
check_views() {
	(cd "$1" && sources . | grep '^ui/' | grep -v '^ui/tabs\.c$' | xargs -r grep -n 'ops->close(')
}

# A busy machine makes every time longer: what is asserted to be shorter than a second is so by luck.
check_times() {
	(cd "$1" && sources . | xargs -r grep -nE 'clock_(boot_)?ms\(\) - [A-Za-z_.>-]+ *<=? *[0-9]{1,3}[^0-9]')
}

check_words() {
	(cd "$1" && sources . | xargs -r grep -nwE "(TODO|FIXME|XXX|not implemented)")
}

check_format() {
	(cd "$1" && sources . | xargs -r clang-format --dry-run 2>&1 | grep 'warning:' | cut -d: -f1 | sort | uniq -c |
		awk '{ print $2 ": " $1 " places differ from clang-format" }')
}

check_generated() {
	(cd "$1" && git ls-files | grep -E \
		'(^|/)(Makefile\.in|configure|aclocal\.m4|config\.h\.in|.*\.(o|a|gmo|pot|pyc|trs|log))$|^(autom4te\.cache|build-aux|m4)/')
}

# What is at the top belongs there.
check_top() {
	(cd "$1" && git ls-files | cut -d/ -f1 | sort -u |
		grep -vxE 'src|ui|po|tests|doc|configure\.ac|Makefile\.am|README|COPYING|HACKING|bootstrap|\..*' |
		sed 's/$/ does not belong at the top/')
}

# The bad tree: every rule is broken once or more. WHAT|complaints wanted, at least
mkdir -p "$work/bad/src/base" "$work/bad/src/net" "$work/bad/src/mime" "$work/bad/src/store/disk" "$work/bad/src/store/mail" "$work/bad/src/sync" \
	"$work/bad/src/engine" "$work/bad/ui" "$work/bad/po"
(
	cd "$work/bad" || exit 1
	echo '#include "mime/part.h"' >src/base/a.c
	echo '#include "mime/part.h"' >src/net/a.c
	echo '#include "net/a.h"' >src/mime/a.c
	printf '#include "net/a.h"\n#include "engine/a.h"\n' >src/store/a.c
	printf '#include "engine/a.h"\n#include "local.h"\n' >src/sync/a.c
	echo '#include "ui/a.h"' >src/engine/a.c
	printf '#include "store/a.h"\n#include <ncurses.h>\n#include <openssl/ssl.h>\n#include <libetpan/libetpan.h>\n' >ui/a.c
	printf '#include <gdbm.h>\n#include <gsasl.h>\n#include <libxml/HTMLparser.h>\n#include <jansson.h>\n' >src/engine/b.c
	printf '#include "store/store.h"\n#include "store/disk/b.h"\n' >src/store/disk/a.c
	echo '#include "store/link/b.h"' >src/store/mail/a.c
	echo 'size_t needs_stddef(struct unknown x);' >src/base/a.h
	printf 'const char *f(void)\n{\n	return _("text");\n}\n' >src/engine/c.c
	printf 'void f(char *d) { strcpy(d, "x"); system(d); }\n/* TODO */\n' >src/base/b.c
	echo '#include "mime/part.h"' >ui/b.c
	echo '#include "store/mail/a.h"' >src/sync/b.c
	echo 'ui/gone.c' >po/POTFILES.in
	printf 'int f(char *d) { return strcasecmp(d, "x") + toupper(*d) +\n	strtod(d, 0) > 1; }\n' >src/base/d.c
	printf 'void f(struct view *v)\n{\n	v->ops->close(v);\n}\n' >ui/v.c
	printf 'void f(void)\n{\n	assert_true(clock_ms() - start < 900);\n}\n' >src/base/e.c
	printf 'bool a = p == PROTOCOL_POP3;\nchar *b = urls[PROTOCOL_IMAP];\nbool c = remote == &remote_pop3;\n' >src/store/d.c
	printf 'int d[] = {[PROTOCOL_IMAP] = 1};\nstruct driver e = {\n	.protocol = PROTOCOL_POP3,\n};\n' >>src/store/d.c
	printf 'const char *p = "/%s/someone/x";\n' home >src/base/c.c
)
# negative CASE WANTED: the rule finds at least so much in the bad tree.
negative() {
	"check_$1" "$work/bad" >"$work/got" 2>&1
	n=$(wc -l <"$work/got")
	[ "$n" -ge "$2" ] || echo "the bad tree got $n complaints about $1, not $2" >>"$work/out"
}
: >"$work/out"
negative layers 9
negative values 2
negative rooms 2
negative doors 7
negative headers 1
negative potfiles 2
negative places 1
negative banned 1
negative locale 2
negative words 1
negative times 1
negative views 1
negative protocols 3
check_protocols "$work/bad" | grep -E 'd\.c:[4-7]:' | sed 's/$/ is no question/' >>"$work/out"
command -v clang-format >/dev/null && negative format 1
report 'each rule finds what breaks it'

for c in layers values rooms doors headers potfiles places banned locale words times views protocols; do
	"check_$c" "$srcdir" >"$work/out" 2>&1
	case $c in
	layers) report 'includes go one way only' ;;
	values) report 'of mail and of the store only values are seen' ;;
	rooms) report 'the rooms of the store are entered one way only' ;;
	doors) report 'one door per library' ;;
	headers) report 'every header compiles alone' ;;
	potfiles) report 'po/POTFILES.in is complete' ;;
	places) report 'no path of a machine' ;;
	banned) report 'no function that this project does without' ;;
	locale) report 'no function that follows the locale reads mail or protocols' ;;
	words) report 'nothing is left to be done' ;;
	protocols) report 'nothing asks which protocol it is' ;;
	views) report 'a view is freed in one place' ;;
	times) report 'no test asserts a time below a second' ;;
	esac
done
if command -v clang-format >/dev/null && [ -e "$srcdir/.clang-format" ]; then
	check_format "$srcdir" >"$work/out" 2>&1
	report 'the style is clang-format'"'"'s'
else
	count=$((count + 1))
	echo "ok $count - the style is clang-format's # SKIP clang-format is missing"
fi
# Not in a distribution tarball.
if [ -e "$srcdir/.git" ] && command -v git >/dev/null && (cd "$srcdir" && git ls-files >/dev/null 2>&1); then
	check_generated "$srcdir" >"$work/out" 2>&1
	report 'no generated file is tracked'
	check_top "$srcdir" >"$work/out" 2>&1
	report 'the top of the tree is as it should be'
fi
echo "1..$count"
[ "$failed" = 0 ]
