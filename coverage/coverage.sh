#!/bin/sh
# Lines and branches of driver/ and sim/ by the scenarios alone, by the unit tests alone and by both; which lines of the driver
# only one scenario reaches; and what of the specifications the scenarios reach. HTML from build/cov/html/index.html, floors in
# coverage/floors. The last line is "N passed, N failed": one for each floor, one for the specifications.
# Environment: CC, MAKE, DEPS. gcc only, since lcov reads what gcov of the same version writes.
set -u

MAKE="${MAKE:-make} --no-print-directory"
CC=${CC:-cc}
if $CC --version | grep -q clang; then
	CC=gcc
fi
gcov=gcov$(echo "$CC" | sed -n 's/^.*gcc\(-[0-9][0-9]*\)$/\1/p')
for tool in "$CC" "$gcov" lcov genhtml objdump; do
	if ! command -v "$tool" >/dev/null 2>&1; then
		echo "coverage: no $tool. Type: sudo apt-get install gcc binutils lcov" >&2
		exit 1
	fi
done

B=build/cov
root=$(pwd -P)
passed=0
failed=0

# Version 2 stops at small disagreements between gcov and lcov that version 1 passes over.
ignore='--rc lcov_branch_coverage=1'
if lcov --version | grep -q 'version 2'; then
	ignore='--rc branch_coverage=1 --ignore-errors mismatch,unused,empty,gcov,negative'
	if grep -qs ERROR_INCONSISTENT /usr/lib/lcov/lcovutil.pm /usr/local/lib/lcov/lcovutil.pm; then
		ignore=$ignore,inconsistent # a word that early releases of version 2 do not know
	fi
fi

quietly() { # command...
	"$@" >>"$B/lcov.log" 2>&1 || {
		tail -n 20 "$B/lcov.log" >&2
		echo "coverage: $1 failed; its log is $B/lcov.log" >&2
		exit 1
	}
}

lcov_quiet() {
	# shellcheck disable=SC2086 # a list of words
	quietly lcov --quiet --config-file coverage/lcovrc --gcov-tool "$gcov" $ignore "$@"
}

# capture OUT: what ran since the last; sources that never ran count with all their lines
capture() {
	lcov_quiet --capture --directory "$B/obj/driver" --directory "$B/obj/sim" --no-external --base-directory "$root" \
		--output-file "$B/run.info"
	lcov_quiet --add-tracefile "$B/base.info" --add-tracefile "$B/run.info" --output-file "$1"
	zero
}

zero() {
	find "$B" -name '*.gcda' -exec rm -f {} +
}

# share INFO FOLDER KIND: lines (L) or branches (BR) hit, of the sources in that folder, in hundredths of a per cent
share() {
	awk -v dir="$root/$2/" -v all="$3F:" -v hit="$3H:" '
		/^SF:/ { mine = index(substr($0, 4), dir) == 1 }
		mine && index($0, all) == 1 { sum += substr($0, length(all) + 1) }
		mine && index($0, hit) == 1 { got += substr($0, length(hit) + 1) }
		END { print sum ? int(got * 10000 / sum) : 0 }' "$1"
}

floor() { # what folder tests got want
	shown=$(awk -v g="$4" 'BEGIN { printf "%.2f", g / 100 }')
	if [ "$4" -ge "$(($5 * 100))" ]; then
		passed=$((passed + 1))
		echo "  ok      $1 coverage of $2/ by $3: $shown % (floor $5 %)"
	else
		failed=$((failed + 1))
		echo "FAILED  $1 coverage of $2/ by $3: $shown % (floor $5 %)"
	fi
}

html() { # tests
	# shellcheck disable=SC2086 # a list of words
	quietly genhtml --quiet --config-file coverage/lcovrc $ignore --branch-coverage --prefix "$root" \
		--title "iommu-sim, by $1" --output-directory "$B/html/$1" "$B/$1.info"
}

# Which lines of the driver only one scenario reaches: a line for each scenario and file.
only() {
	objdump -d --no-show-raw-insn -j .text "$B/iommu-sim" |
		grep -E '^[0-9a-f]+ <.*>:$|call.*<__sanitizer_cov_trace_pc>$' >"$B/code"
	objdump --dwarf=decodedline "$B/iommu-sim" >"$B/lines" 2>>"$B/lcov.log"
	awk -f coverage/only.awk part=code "$B/code" part=blocks "$B/blocks" part=info "$B/scenarios.info" \
		part=lines "$B/lines" |
		sort -k 1,1 -k 2,2 -k 3,3n | awk '
		$1 != was || $2 != file { if (was) print ""; printf "%s  %s:", $1, $2; was = $1; file = $2 }
		{ printf " %s", $3 }
		END { if (was) print "" }' >"$B/html/only.txt"
	rm -f "$B/code" "$B/lines"
}

index() {
	echo '<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>coverage</title><style>:root{color-scheme:light dark}' \
		'body{font:15px/1.7 system-ui,sans-serif;max-width:50em;margin:2em auto;padding:0 1em}</style>' \
		'<h1>Coverage</h1><p>Lines and branches of driver and simulator by <a href="scenarios/index.html">the scenarios</a>,' \
		'<a href="unit/index.html">the unit tests</a>, <a href="all/index.html">both</a>.<p><a href="specification.html">What' \
		'of the specifications the scenarios reach</a>.<p><a href="only.txt">Lines of the driver that only one scenario' \
		'reaches</a>.</html>' >"$B/html/index.html"
}

$MAKE COV=1 CC="$CC" all || exit 1
mkdir -p "$B/html"
: >"$B/lcov.log"
zero
lcov_quiet --capture --initial --directory "$B/obj/driver" --directory "$B/obj/sim" --no-external --base-directory "$root" \
	--output-file "$B/base.info"

if "$B/iommu-sim" coverage --all --format html --output "$B/html/specification.html" --blocks "$B/blocks"; then
	passed=$((passed + 1))
else
	echo "FAILED  the specifications: see above"
	failed=$((failed + 1))
fi
capture "$B/scenarios.info"
$MAKE COV=1 CC="$CC" unit >"$B/unit.log" 2>&1 || grep -A 20 FAILED "$B/unit.log"
grep ' passed, ' "$B/unit.log" | tail -n 1 | sed 's/^/  unit tests: /'
capture "$B/unit.info"
lcov_quiet --add-tracefile "$B/scenarios.info" --add-tracefile "$B/unit.info" --output-file "$B/all.info"
html scenarios
html unit
html all
only
index

while read -r folder tests lines branches _; do
	case $folder in
	'' | '#'*) continue ;;
	esac
	floor line "$folder" "$tests" "$(share "$B/$tests.info" "$folder" L)" "$lines"
	floor branch "$folder" "$tests" "$(share "$B/$tests.info" "$folder" BR)" "$branches"
done <coverage/floors
echo "HTML: $B/html/index.html, of the specifications $B/html/specification.html"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
