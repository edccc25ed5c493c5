#!/bin/sh
# The driver compiles as a kernel would compile it, without warning.
set -u

CC=${CC:-cc}
case $($CC -dumpmachine) in
x86_64*) ;;
*)
	echo "note: skipped, the kernel flags are for x86_64"
	exit 0
	;;
esac
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
failed=0
for f in driver/*.c driver/*/*.c; do
	[ -f "$f" ] || continue
	# shellcheck disable=SC2086 # WARN is a list of words
	$CC -std=c11 -O2 ${WARN-} -Iinclude -iquote driver -ffreestanding -nostdinc \
		-isystem "$($CC -print-file-name=include)" -mno-red-zone -mgeneral-regs-only -mcmodel=kernel \
		-fno-pic -c -o "$dir/o.o" "$f" || failed=1
done
if [ $failed -ne 0 ]; then
	echo "kernel: the driver does not compile with kernel flags"
	echo "  remedy: no floating point, no vector types, no hosted header in driver/"
fi
exit $failed
