#!/bin/sh
# Line coverage: of the driver by the scenario suite alone, of the simulator by all tests. HTML under build/cov/html,
# floors in coverage/floors. The last line is "N passed, N failed", one for each floor.
# Environment: CC, MAKE, DEPS. gcc only, since lcov reads what gcov of the same version writes.
set -u

MAKE="${MAKE:-make} --no-print-directory"
CC=${CC:-cc}
if $CC --version | grep -q clang; then
	CC=gcc
fi
gcov=gcov$(echo "$CC" | sed -n 's/^.*gcc\(-[0-9][0-9]*\)$/\1/p')
for tool in "$CC" "$gcov" lcov genhtml; do
	if ! command -v "$tool" >/dev/null 2>&1; then
		echo "coverage: no $tool. Type: sudo apt-get install gcc lcov" >&2
		exit 1
	fi
done

B=build/cov
root=$(pwd -P)
passed=0
failed=0

# Version 2 stops at small disagreements between gcov and lcov that version 1 passes over.
ignore=
if lcov --version | grep -q 'version 2'; then
	ignore='--ignore-errors mismatch,unused,empty,gcov,negative'
	if grep -qs ERROR_INCONSISTENT /usr/lib/lcov/lcovutil.pm /usr/local/lib/lcov/lcovutil.pm; then
		ignore=$ignore,inconsistent # a word that early releases of version 2 do not know
	fi
fi

lcov_quiet() {
	# shellcheck disable=SC2086 # a list of words
	lcov --quiet --config-file coverage/lcovrc --gcov-tool "$gcov" $ignore "$@" >>"$B/lcov.log" 2>&1 || {
		tail -n 20 "$B/lcov.log" >&2
		echo "coverage: lcov failed; its log is $B/lcov.log" >&2
		exit 1
	}
}

# capture OUT: what ran since the counters were zeroed; sources that never ran count with all their lines
capture() {
	lcov_quiet --capture --directory "$B/obj" --output-file "$B/run.info"
	lcov_quiet --add-tracefile "$B/base.info" --add-tracefile "$B/run.info" --output-file "$B/sum.info"
	lcov_quiet --extract "$B/sum.info" "$root/driver/*" "$root/sim/*" "$root/scenarios/engine/*" --output-file "$1"
}

# percent INFO FOLDER: lines hit, of the sources in that folder, in hundredths of a per cent
percent() {
	awk -v dir="$root/$2/" '
		/^SF:/ { mine = index(substr($0, 4), dir) == 1 }
		mine && /^LF:/ { lines += substr($0, 4) }
		mine && /^LH:/ { hit += substr($0, 4) }
		END { print lines ? int(hit * 10000 / lines) : 0 }' "$1"
}

floor() { # folder tests info
	want=$(awk -v f="$1" -v t="$2" '$1 == f && $2 == t { print $3 }' coverage/floors)
	got=$(percent "$3" "$1")
	shown=$(awk -v g="$got" 'BEGIN { printf "%.2f", g / 100 }')
	if [ "$got" -ge "$((want * 100))" ]; then
		passed=$((passed + 1))
		echo "  ok      line coverage of $1/ by $2: $shown % (floor $want %)"
	else
		failed=$((failed + 1))
		echo "FAILED  line coverage of $1/ by $2: $shown % (floor $want %)"
	fi
}

$MAKE COV=1 CC="$CC" all || exit 1
: >"$B/lcov.log"
find "$B" -name '*.gcda' -exec rm -f {} +
lcov_quiet --capture --initial --directory "$B/obj" --output-file "$B/base.info"

"$B/iommu-sim" run scenarios >"$B/scenarios.log" 2>&1
capture "$B/scenarios.info"
if "$B/iommu-sim" coverage --reasons --format html --output "$B/specification.html"; then
	passed=$((passed + 1))
else
	echo "coverage: a fault reason or event code is not raised, not expected or not nearly missed"
	failed=$((failed + 1))
fi
$MAKE COV=1 CC="$CC" check >"$B/check.log" 2>&1
grep ' passed, ' "$B/check.log" | tail -n 1
lcov_quiet --capture --initial --directory "$B/obj" --output-file "$B/base.info"
capture "$B/all.info"

# shellcheck disable=SC2086 # a list of words
genhtml --quiet --config-file coverage/lcovrc $ignore --prefix "$root" --title iommu-sim --output-directory "$B/html" \
	"$B/all.info" >>"$B/lcov.log" 2>&1 || echo "coverage: genhtml failed; its log is $B/lcov.log" >&2

while read -r folder tests _; do
	case $folder in
	'' | '#'*) ;;
	*) floor "$folder" "$tests" "$B/$tests.info" ;;
	esac
done <coverage/floors
# Branches of the driver by all tests; counted apart, for an lcov that cannot count them is no reason to fail.
if lcov --quiet --gcov-tool "$gcov" --rc lcov_branch_coverage=1 --capture --directory "$B/obj/driver" \
	--output-file "$B/branches.info" >>"$B/lcov.log" 2>&1 && grep -q '^BRDA:' "$B/branches.info"; then
	got=$(awk -F, '/^BRDA:/ { all++; hit += $4 != "-" && $4 > 0 } END { printf "%.2f", 100 * hit / all }' "$B/branches.info")
	if [ "${got%.*}" -ge 89 ]; then
		passed=$((passed + 1))
		echo "  ok      branch coverage of driver/ by all: $got % (floor 89 %)"
	else
		failed=$((failed + 1))
		echo "FAILED  branch coverage of driver/ by all: $got % (floor 89 %)"
	fi
else
	echo "coverage: skipped branch coverage: this lcov does not count it"
fi
echo "HTML: $B/html/index.html, of the specifications $B/specification.html"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
