#!/bin/sh
# The manual pages: clean mdoc, every list in its place, and every option of --help is there.
set -u
: "${srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${builddir:=$srcdir/build}"
count=0
failed=0

report() { # NAME; the complaints are in $out
	count=$((count + 1))
	if [ -n "$out" ]; then
		failed=1
		echo "not ok $count - $1"
		printf '%s\n' "$out" | head -n 30 | sed 's/^/# /'
	else
		echo "ok $count - $1"
	fi
}

for page in talaria.1 talaria.conf.5 talaria-search.7; do
	file=$builddir/doc/$page
	if [ ! -s "$file" ]; then
		out="$file is missing"
		report "$page was made"
		continue
	fi
	out=$(grep -n '^@.*@$' "$file")
	report "$page has all its lists"
	if command -v mandoc >/dev/null; then
		out=$(mandoc -Tlint -W warning "$file" 2>&1)
		report "$page is clean mdoc"
	else
		count=$((count + 1))
		echo "ok $count - $page is clean mdoc # SKIP mandoc is missing"
	fi
done

# A page that is wrong is found, or the check above says nothing.
if command -v mandoc >/dev/null; then
	out=
	printf '.Dd x\n.Sh NAME\n.Bl\n.Xx\n' | mandoc -Tlint -W warning >/dev/null 2>&1 && out='a bad page passed'
	report 'a bad page is found'
fi

out=$("$builddir/talaria" --help | sed -n 's/^ .*--\([a-z-]*\).*/\1/p' | while read -r o; do
	grep -q "Fl -$o" "$builddir/doc/talaria.1" || echo "talaria.1 lacks --$o"
done)
report 'every option of --help is in the manual'
echo "1..$count"
exit $failed
