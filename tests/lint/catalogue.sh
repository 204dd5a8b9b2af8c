#!/bin/sh
# Every text of the program is in each catalogue, and the catalogues are sound: a screen in two languages is
# worse than one in a foreign language.
set -u
: "${srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
for t in xgettext msgmerge msgfmt msgattrib; do
	command -v $t >/dev/null || {
		echo "1..0 # SKIP $t is missing"
		exit 0
	}
done
cd "$srcdir" || exit 99
count=0
failed=0

texts() { # DIRECTORY: all texts of the sources there
	(cd "$1" && xgettext --keyword=_ --keyword=N_ --keyword=ngettext:1,2 --from-code=UTF-8 --no-location \
		-f po/POTFILES.in -D . -o "$work/all.pot") 2>/dev/null
}

# missing CATALOGUE: the texts that it does not have, or only has a guess for.
missing() {
	msgmerge -q --no-fuzzy-matching "$1" "$work/all.pot" -o "$work/merged.po" 2>/dev/null &&
		msgattrib --untranslated --no-obsolete --no-wrap "$work/merged.po" | sed -n 's/^msgid "\(..*\)"$/\1/p'
	msgattrib --only-fuzzy --no-obsolete --no-wrap "$1" | sed -n 's/^msgid "\(..*\)"$/\1/p'
}

report() { # NAME; the complaints are in $work/out
	count=$((count + 1))
	if [ -s "$work/out" ]; then
		failed=1
		echo "not ok $count - $1"
		head -n 40 "$work/out" | sed 's/^/# /'
	else
		echo "ok $count - $1"
	fi
}

texts . || exit 99
# The rule can fail: a catalogue that lacks one text is noticed.
first=$(sed -n '/^[a-z]/p' po/LINGUAS | head -n 1)
msgattrib --translated "po/$first.po" | sed '0,/^msgid "Drafts"/s//msgid "Draughts"/' >"$work/bad.po"
missing "$work/bad.po" | grep -qx Drafts || echo 'a text that is missing was not noticed' >"$work/out"
: >>"$work/out"
report 'a text that is missing is noticed'
for language in $(sed '/^#/d' po/LINGUAS); do
	missing "po/$language.po" >"$work/out"
	report "po/$language.po has every text (update it: make -C po $language.po-update, then translate)"
	msgfmt -c -o /dev/null "po/$language.po" 2>&1 | grep -v 'header field' >"$work/out"
	report "po/$language.po is sound"
done
echo "1..$count"
exit $failed
