#!/bin/sh
# The catalogues: each is valid, its format strings fit, and its texts are those of the program.
. "${srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}/tests/term/lib.sh"
need_tool msgfmt msgattrib xgettext
set -- $(sed 's/#.*//' "$srcdir/po/LINGUAS")
plan $(($# * 3))
(cd "$srcdir" && sed 's/#.*//' po/POTFILES.in | xgettext -f - --keyword=_ --keyword=N_ --keyword=ngettext:1,2 \
	--from-code=UTF-8 -L C -o "$work/now.pot" 2>/dev/null)
# A text that no file of the program has any more would be a translation of nothing.
current() {
	msgattrib --translated --no-location "$srcdir/po/$1.po" | grep '^msgid "..*' >"$work/has"
	! grep -vxFf "$work/texts" "$work/has"
}
grep '^msgid "..*' "$work/now.pot" >"$work/texts"
many() {
	[ "$(grep -c '^msgstr' "$srcdir/po/$1.po")" -ge 60 ]
}
for language; do
	ok "$language is valid and its formats fit" msgfmt -c -o "$work/$language.mo" "$srcdir/po/$language.po"
	ok "$language has what is seen first" many "$language"
	ok "$language has only texts of the program" current "$language"
done
