#!/bin/sh
# Every unit test where the small letter of I is ı.
: "${srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
set -- tr_TR 1
. "$srcdir/tests/unit/in_locale.sh"
