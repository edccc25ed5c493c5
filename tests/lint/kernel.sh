#!/bin/sh
# The archive that a kernel links ($B/kernel/libiommu.a, `make driver`): built with kernel flags and without warning, it shows
# iommu_* and nothing else, needs memcpy, memset, memmove and memcmp at most, holds no variable, no vector instruction and
# no frame beyond the bound. `kernel.sh sizes` prints what it is, and checks the same.
set -u

B=${B:-build}
host=$B/libiommu.a
archive=$B/kernel/libiommu.a
bound=1024
failed=0

bad() { # what offenders remedy
	echo "kernel: $1"
	[ -z "$2" ] || echo "$2" | sed 's/^/    /'
	echo "  remedy: $3"
	failed=1
}

if [ ! -f "$archive" ]; then
	case $(${CC:-cc} -dumpmachine) in
	x86_64*) bad "$archive is missing" '' 'make driver' ;;
	*) echo "note: skipped, the kernel flags are for x86_64" ;;
	esac
	exit $failed
fi

nm -g "$archive" | awk 'NF == 3 && $2 != "U" { print $3 }' | sort >"$B/kernel/symbols.txt"
alien=$(grep -v '^iommu_' "$B/kernel/symbols.txt")
[ -z "$alien" ] || bad 'it shows names that may meet those of the kernel' "$alien" \
	"objcopy --keep-global-symbol in the Makefile"
[ -s "$B/kernel/symbols.txt" ] || bad 'it shows nothing' '' 'objcopy --keep-global-symbol in the Makefile'
# The same public functions as the host's, or a Rust program that works here does not link there.
missing=$(nm -g "$host" 2>/dev/null | awk 'NF == 3 && $2 == "T" && $3 ~ /^iommu_/ { print $3 }' | sort |
	comm -23 - "$B/kernel/symbols.txt")
[ -z "$missing" ] || bad "$host has functions that it lacks" "$missing" 'build both: make driver'

unmet=$(nm -u "$archive" | awk '$1 == "U" { print $2 }' | grep -vx -e memcpy -e memset -e memmove -e memcmp)
[ -z "$unmet" ] || bad 'it needs symbols beyond memcpy memset memmove memcmp' "$unmet" \
	'ask the platform (include/iommu/plat.h), or write the few lines in driver/'

vectors=$(objdump -d --no-show-raw-insn "$archive" | grep -E '%([xyz]mm|st)' | head -n 5)
[ -z "$vectors" ] || bad 'it uses registers that a kernel does not save' "$vectors" 'no floating point, no vector types in driver/'

frames=$(find "$B/kernel/obj" -name '*.su' -exec cat {} + | sort -t'	' -k2 -n)
if [ -z "$frames" ]; then
	frame='not told by this compiler'
else
	over=$(echo "$frames" | awk -F'\t' -v b=$bound '$2 > b || $3 == "dynamic" { print $1 ": " $2 " bytes, " $3 }')
	[ -z "$over" ] || bad "frames beyond $bound bytes, or of no fixed size" "$over" "keep large objects in the caller's storage"
	frame=$(echo "$frames" | tail -n 1 | awk -F'\t' -v b=$bound '{ n = split($1, w, ":"); print $2 " bytes, " w[n] " (bound " b ")" }')
fi

bytes() { # archive
	size -t "$1" | awk 'END { print "text " $1 ", data " $2 ", bss " $3 }'
}

if [ "${1-}" = sizes ]; then
	echo "  host    $host: $(bytes "$host")"
	echo "  kernel  $archive: $(bytes "$archive")"
	echo "          largest stack frame $frame"
	echo "          $(wc -l <"$B/kernel/symbols.txt") exported symbols, listed in $B/kernel/symbols.txt"
else
	echo "note: largest frame $frame"
fi
exit $failed
