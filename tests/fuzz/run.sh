#!/bin/bash
# Runs fuzz targets side by side, one on each processor, and counts those without a finding; the last line is
# "N passed, N failed". Usage: B=build/clang-fuzz FUZZ_SECONDS=60 JOBS=2 tests/fuzz/run.sh NAME...
# FUZZ_SECONDS is what all of it takes; the targets share it. The seed is 1: the same program meets the same inputs first.
set -u

B=${B:-build/clang-fuzz}
jobs=${JOBS:-$(nproc 2>/dev/null || echo 2)}
total=${FUZZ_SECONDS:-60}
rounds=$((($# + jobs - 1) / jobs))
each=$((total / (rounds ? rounds : 1)))
[ "$each" -gt 0 ] || each=1

one() { # NAME
	local dir=$B/fuzz/$1
	rm -rf "$dir" && mkdir -p "$dir/new" || return 1
	B=$B tests/fuzz/seeds.sh "$1" "$dir/seeds" || return 1
	ASAN_OPTIONS=${ASAN_OPTIONS-allocator_may_return_null=1} timeout -k 5 $((each + 120)) "$B/tests/fuzz/fuzz_$1" \
		-seed=1 -max_total_time="$each" -max_len=8192 -timeout=20 -rss_limit_mb=1024 \
		-artifact_prefix="$dir/" "$dir/new" "$dir/seeds" >"$dir/log" 2>&1 </dev/null
}

passed=0
failed=0
names=("$@")
for ((i = 0; i < ${#names[@]}; i += jobs)); do
	pids=()
	for name in "${names[@]:i:jobs}"; do
		one "$name" &
		pids+=("$!")
	done
	for k in "${!pids[@]}"; do
		name=${names[i + k]}
		log=$B/fuzz/$name/log
		if wait "${pids[k]}"; then
			passed=$((passed + 1))
			echo "  ok      fuzz $name: $(grep -aE '^Done' "$log" | tail -n 1), $(find "$B/fuzz/$name/seeds" -type f | wc -l) seeds"
		else
			failed=$((failed + 1))
			tail -n 40 "$log"
			echo "FAILED  fuzz $name; run again: $B/tests/fuzz/fuzz_$name $(find "$B/fuzz/$name" -maxdepth 1 -type f ! -name log | head -n 1)"
		fi
	done
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
