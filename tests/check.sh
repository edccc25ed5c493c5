#!/bin/sh
# Runs groups of tests on what was built under $B and counts; the last line is "N passed, N failed".
# Usage: B=build tests/check.sh GROUP... where a group is layering, unit, toy, rust, cli or scenarios; a path after `unit`
# runs that program alone.
set -u

B=${B:-build}
limit_s=300
passed=0
failed=0
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT

bounded() {
	if command -v timeout >/dev/null 2>&1; then
		timeout -k 5 "$limit_s" "$@"
	else
		"$@"
	fi
}

count() { # passed failed
	passed=$((passed + $1))
	failed=$((failed + $2))
}

# libcheck ends with "NN%: Checks: N, Failures: N, Errors: N".
run_unit() { # program
	bounded "$1" >"$log" 2>&1 </dev/null
	status=$?
	counts=$(sed -n 's/^[0-9]*%: Checks: \([0-9]*\), Failures: \([0-9]*\), Errors: \([0-9]*\).*/\1 \2 \3/p' "$log" |
		awk '{ n += $1; bad += $2 + $3 } END { if (NR) print n - bad, bad }')
	if [ -z "$counts" ]; then
		counts='0 1'
	elif [ "$status" -ne 0 ] && [ "${counts#* }" -eq 0 ]; then
		counts="${counts% *} 1" # a sanitizer spoke after the last test
	fi
	# shellcheck disable=SC2086 # two words
	count $counts
	if [ "${counts#* }" -ne 0 ]; then
		cat "$log"
		echo "FAILED  $1 (exit status $status)"
	else
		printf '  %-7s %s: %s\n' ok "$1" "${counts% *}"
	fi
}

# Programs that print "N passed, N failed" themselves; a lost or lying last line counts as one failure.
run_counted() { # name command...
	name=$1
	shift
	bounded "$@" >"$log" 2>&1 </dev/null
	status=$?
	counts=$(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed.*/\1 \2/p' "$log" | tail -n 1)
	[ -n "$counts" ] || counts='0 1'
	if [ "$status" -ne 0 ] && [ "${counts#* }" -eq 0 ]; then
		counts="${counts% *} 1"
	fi
	# shellcheck disable=SC2086 # two words
	count $counts
	if [ "${counts#* }" -ne 0 ]; then
		cat "$log"
		echo "FAILED  $name (exit status $status)"
	else
		printf '  %-7s %s: %s\n' ok "$name" "${counts% *}"
	fi
}

group() { # name
	case $1 in
	layering) run_counted layering tests/lint/layering.sh ;;
	unit)
		for t in "$B"/tests/unit/test_*; do
			[ -f "tests/unit/${t##*/}.c" ] && run_unit "$t"
		done
		;;
	toy)
		if bounded "$B/tests/toy-driver" >"$log" 2>&1 </dev/null; then
			count 1 0
			printf '  %-7s %s: 1\n' ok "$B/tests/toy-driver"
		else
			count 0 1
			cat "$log"
			echo "FAILED  $B/tests/toy-driver"
		fi
		;;
	rust)
		if [ -n "${RUST_BIN-}" ]; then
			run_counted "$RUST_BIN" "$RUST_BIN"
		else
			echo '  skipped rust: no rustc 1.77 or later, or a build with sanitizers or coverage'
		fi
		;;
	cli) run_counted cli tests/cli/run.sh ;;
	scenarios) run_counted scenarios "$B/iommu-sim" run scenarios ;;
	*)
		echo "check.sh: unknown group '$1'" >&2
		exit 2
		;;
	esac
}

if [ "${1-}" = unit ] && [ $# -gt 1 ]; then
	case $2 in */*)
		shift
		for t in "$@"; do run_unit "$t"; done
		set --
		;;
	esac
fi
for g in "$@"; do
	group "$g"
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
