#!/bin/sh
# Every unit test where the decimal point is a comma.
: "${srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
set -- de_DE
. "$srcdir/tests/unit/in_locale.sh"
