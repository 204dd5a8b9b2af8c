# in_locale.sh - runs every unit test in a locale with other letters and another decimal point; to be
# sourced with its name. The locale is built in the build directory: none has to be installed.
set -u
: "${srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${builddir:=$srcdir/build}"
count=0
failed=0
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP

result() { # STATUS NAME; the output is in $work/out
	count=$((count + 1))
	if [ "$1" = 0 ]; then
		echo "ok $count - $2"
	else
		failed=1
		echo "not ok $count - $2"
		grep -vE '^ok ' "$work/out" | head -n 40 | sed 's/^/# /'
	fi
}

LOCPATH=$work
LANG=$1.UTF-8
LC_MESSAGES=C # the texts of the C library stay as the tests know them
unset LC_ALL LC_CTYPE LC_NUMERIC LC_TIME LC_COLLATE LANGUAGE
preload=$builddir/tests/unit/locale.so
localedef -i "$1" -f UTF-8 "$work/$LANG" >"$work/out" 2>&1
result $? "the locale $LANG can be made (package locales)"
export LOCPATH LANG LC_MESSAGES
# The C library loses some memory of its own when it takes a locale from LOCPATH.
ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0:detect_leaks=0
export ASAN_OPTIONS
# What is preloaded does its work.
LANG=nowhere.UTF-8 LD_PRELOAD="$preload" "$builddir/tests/unit/test_err" >"$work/out" 2>&1
test $? -gt 128
result $? 'a locale that is not there is noticed'
# All of them in both locales when the machine does it; a person's run takes turns.
turn=${2:-0}
for source in "$srcdir"/tests/unit/test_*.c; do
	turn=$((turn + 1))
	[ -n "${TALARIA_HARNESS_SCALE:-}" ] || [ $((turn % 2)) = 0 ] || continue
	name=$(basename "$source" .c)
	LD_PRELOAD="$preload" "$builddir/tests/unit/$name" >"$work/out" 2>&1
	result $? "$name in $LANG"
done
echo "1..$count"
exit $failed
