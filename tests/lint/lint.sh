#!/bin/sh
# All checks of `make lint`, one script each; every failure names its rule and what to do. The last line is
# "N passed, N failed". Environment: B (build folder), CC, DRIVER_FLAGS and WARN, as the Makefile gives them.
set -u

passed=0
failed=0
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT

for check in layering layering_bites archives stack kernel headers format static words; do
	if "tests/lint/$check.sh" >"$log" 2>&1 </dev/null; then
		passed=$((passed + 1))
		note=$(grep '^note: ' "$log" | sed 's/^note: //' | tr '\n' ' ')
		printf '  ok      lint %s%s\n' "$check" "${note:+ ($note)}" | sed 's/ )$/)/'
	else
		failed=$((failed + 1))
		cat "$log"
		echo "FAILED  lint $check"
	fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
