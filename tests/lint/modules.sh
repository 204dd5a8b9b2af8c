#!/bin/sh
# The module map in HACKING is made of the first lines of the headers. modules.sh --write renews it.
: "${srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
set -u

# "folder: name - what it is", one line per public header; *_priv.h are not for others.
module_map() {
	for dir in src/base src/mime src/net src/store src/store/disk src/store/mail src/store/link src/sync src/engine ui; do
		printf '%s/\n' "$dir"
		for h in "$1/$dir"/*.h; do
			case $h in *_priv.h) continue ;; esac
			sed -n '2{s/^ \* //;s/^/    /;p;q}' "$h"
		done
	done
}

part_of() {
	sed -n '/^MODULE MAP/,$p' "$1" | sed '1,2d'
}

if [ "${1:-}" = --write ]; then
	head=$(sed '/^MODULE MAP/,$d' "$srcdir/HACKING")
	{ printf '%s\n\nMODULE MAP (made by tests/lint/modules.sh --write)\n\n' "$head"; module_map "$srcdir"; } >"$srcdir/HACKING.new"
	mv "$srcdir/HACKING.new" "$srcdir/HACKING"
	exit 0
fi

echo 1..2
module_map "$srcdir" >"${TMPDIR:-/tmp}/modules.$$"
part_of "$srcdir/HACKING" >"${TMPDIR:-/tmp}/modules.$$.hacking"
if diff "${TMPDIR:-/tmp}/modules.$$.hacking" "${TMPDIR:-/tmp}/modules.$$" | sed 's/^/# /' | grep .; then
	echo "not ok 1 - the module map in HACKING is true (renew it: tests/lint/modules.sh --write)"
	status=1
else
	echo "ok 1 - the module map in HACKING is true"
	status=0
fi
# The check must be able to fail.
echo "    nonsense - a module that is not there" >>"${TMPDIR:-/tmp}/modules.$$.hacking"
if cmp -s "${TMPDIR:-/tmp}/modules.$$.hacking" "${TMPDIR:-/tmp}/modules.$$"; then
	echo "not ok 2 - a wrong map is noticed"
	status=1
else
	echo "ok 2 - a wrong map is noticed"
fi
rm -f "${TMPDIR:-/tmp}/modules.$$" "${TMPDIR:-/tmp}/modules.$$.hacking"
exit $status
