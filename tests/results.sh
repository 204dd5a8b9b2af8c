# results.sh - what a run of the suite came to, for bootstrap, which sources it: the cases of all builds are
# counted, and the end says what failed, what was left out and what is unsteady.
#
#   collect DIR    counts the cases in make's result files below the build directory DIR. A program that
#                  failed is run once more, alone, first: what passes then counts as passed, and is unsteady.
#                  The log of its first run stays beside the other: NAME.first.log. What a sanitizer has
#                  found is there, whether it is found again or not, and where many fail it is no chance.
#   add_failure NAME COMMAND, add_skip NAME    one failed case, one that was left out
#   totals         prints what there is to say, and fails when something failed
#
# Wants $top (the tree), $start (seconds), say and now.

passed=0 failed=0 skipped=0 failures='' skips='' unsteady='' words=''
again_most=5 # programs of one build

add_failure() {
	failed=$((failed + 1))
	failures="$failures
  $1
      $2"
}

add_skip() {
	skipped=$((skipped + 1))
	skips="$skips
  $1"
}

# The name by which make knows a test, from that of its result file.
test_name() {
	t=${1#"$2"/}
	t=${t%.trs}
	for e in .sh .py; do
		[ -e "$top/$t$e" ] && t=$t$e && break
	done
	echo "$t"
}

# names KINDS LOG: what the log calls the cases that ended so.
names() {
	sed -nE "s/^($1): [^ ]* *//p" "$2" 2>/dev/null |
		awk 'NR <= 5 { printf "%s;", $0 } END { if (NR > 5) printf " and %d more", NR - 5 }'
}

# What the first failed case of a log said, before its result or, as cmocka has it, behind; of a program
# that broke off the end. Empty lines of a screen say nothing.
said() {
	awk '
	/^# \|[[:space:]]*$/ || /^(PASS|FAIL|SKIP|XFAIL|XPASS): / { next }
	/^ok / { if (found) exit; n = 0; next }
	/^not ok / { if (found) exit; found = 1; print; for (i = 0; i < n; i++) print before[i]; next }
	found { print; next }
	{ before[n++] = $0 }
	END { if (!found) for (i = n > 15 ? n - 15 : 0; i < n; i++) print before[i] }' "$1" 2>/dev/null |
		head -n 15 | sed 's/^/      /'
}

# How many cases of a result file failed. That a program with failed cases says so by its status is no
# failure of its own.
failures_in() {
	n=$(grep -cE '^:test-result: (FAIL|XPASS)' "$1")
	e=$(grep -c '^:test-result: ERROR' "$1")
	[ "$n" = 0 ] || [ "$e" = 0 ] || e=$((e - 1))
	echo $((n + e))
}

# again DIR TRS: the program of a result file has failed, and is run alone.
again() {
	base=${2%.trs}
	what=$(names 'FAIL|ERROR|XPASS' "$base.log")
	cp "$base.log" "$base.first.log" && cp "$2" "$base.first" || return
	say "  $test failed: once more, alone"
	if timeout -k 10 900 make -C "$1" -s -j1 check TESTS="$test" >"$1/again.out" 2>&1 &&
		[ -e "$2" ] && [ "$(failures_in "$2")" = 0 ]; then
		unsteady="$unsteady
  $test: $what
      make -C ${1#"$PWD/"} check TESTS=$test"
	elif [ ! -e "$2" ] || [ "$(failures_in "$2")" = 0 ]; then
		cp "$base.first" "$2" && cp "$base.first.log" "$base.log"
	fi
	rm -f "$base.first"
}

# Whether a sanitizer has found something. A case that breaks off leaves what it had: leaks that are
# there without that are there the second time too.
reported() {
	grep -E 'Sanitizer|runtime error:' "$1" | grep -qvE 'LeakSanitizer: detected|leaked in [0-9]+ alloc'
}

# look_again DIR: at those of $bad. What they said is kept for the end.
look_again() {
	many=$(echo "$bad" | wc -w)
	at=0
	for trs in $bad; do
		at=$((at + 1))
		[ "$at" -le "$again_most" ] || return
		test=$(test_name "$trs" "$1")
		words="$words
  $test in ${1##*/}:
$(said "${trs%.trs}.log")"
		[ "$many" -gt "$again_most" ] || reported "${trs%.trs}.log" ||
			again "$1" "$trs"
	done
}

collect() {
	dir=$1
	p=$passed f=$failed s=$skipped
	bad=$(find "$dir/tests" -name '*.trs' -exec grep -lE '^:test-result: (FAIL|XPASS|ERROR)' {} + 2>/dev/null | sort)
	look_again "$dir"
	for trs in $(find "$dir/tests" -name '*.trs' 2>/dev/null | sort); do
		test=$(test_name "$trs" "$dir")
		log=${trs%.trs}.log
		passed=$((passed + $(grep -cE '^:test-result: (PASS|XFAIL)' "$trs")))
		n=$(grep -c '^:test-result: SKIP' "$trs")
		skipped=$((skipped + n))
		[ "$n" = 0 ] || skips="$skips
  $test: $(names SKIP "$log")"
		n=$(failures_in "$trs")
		failed=$((failed + n))
		[ "$n" = 0 ] || failures="$failures
  $test: $(names 'FAIL|ERROR|XPASS' "$log")
      make -C ${dir#"$PWD/"} check TESTS=$test"
	done
	say "  ${dir##*/}: $((passed - p)) passed, $((failed - f)) failed, $((skipped - s)) skipped, $(($(now) - began)) s"
}

totals() {
	[ -z "$words" ] || printf 'said by what failed (the logs have all of it):%s\n' "$words"
	[ -z "$skips" ] || printf 'skipped:%s\n' "$skips"
	if [ "${CI:-}" = true ] && [ "$skipped" != 0 ]; then
		failures="$failures
  $skipped skipped: here nothing may be missing"
		failed=$((failed + skipped))
		skipped=0
	fi
	[ -z "$unsteady" ] || printf 'unsteady (failed once, passed when run again):%s\n' "$unsteady"
	[ -z "$failures" ] || printf 'failed:%s\n' "$failures"
	say "$(($(now) - start)) s"
	if [ "$skipped" = 0 ]; then
		printf '%d passed, %d failed\n' "$passed" "$failed"
	else
		printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
	fi
	[ "$failed" = 0 ] && [ "$passed" != 0 ]
}
