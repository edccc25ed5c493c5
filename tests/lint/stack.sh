#!/bin/sh
# The driver's stack frames stay within 1 KiB and no function of it calls itself, not even through others.
# The compiler tells both; indirect calls are not followed.
set -u

CC=${CC:-cc}
bound=1024
if $CC --version | grep -q clang; then
	CC=gcc
	if ! command -v gcc >/dev/null 2>&1; then
		echo "note: skipped, needs gcc"
		exit 0
	fi
fi
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
failed=0
for f in driver/*.c driver/*/*.c; do
	[ -f "$f" ] || continue
	o=$dir/$(echo "$f" | tr / _).o
	$CC -std=c11 -O2 -Iinclude -iquote driver -ffreestanding -nostdinc \
		-isystem "$($CC -print-file-name=include)" -fstack-usage -fcallgraph-info -c -o "$o" "$f" || exit 1
done

over=$(cat "$dir"/*.su | awk -F'\t' -v b=$bound '$2 > b || $3 == "dynamic" { print "    " $1 ": " $2 " bytes, " $3 }')
if [ -n "$over" ]; then
	echo "stack: frames of the driver beyond $bound bytes, or of no fixed size:"
	echo "$over"
	echo "  remedy: keep large objects in the caller's storage; no alloca, no variable-length array"
	failed=1
fi

loops=$(sed -n 's/^edge: { sourcename: "\([^"]*\)" targetname: "\([^"]*\)".*/\1 \2/p' "$dir"/*.ci |
	grep -v __indirect_call | awk '$1 == $2 { print "    " $1; next } { print >out }' out="$dir/edges")
touch "$dir/edges"
loops="$loops$(tsort "$dir/edges" 2>&1 >/dev/null | sed 's/^/    /')"
if [ -n "$loops" ]; then
	echo "stack: recursion in the driver:"
	echo "$loops"
	echo "  remedy: walk with a loop; page tables have at most six levels"
	failed=1
fi
cat "$dir"/*.su | sort -t'	' -k2 -n | tail -n 1 | awk -F'\t' '{ sub(/.*:/, "", $1); print "note: largest frame " $2 " bytes, " $1 }'
exit $failed
