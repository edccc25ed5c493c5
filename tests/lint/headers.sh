#!/bin/sh
# Each public header compiles alone, as C11 and as C++, and includes no more than its folder may.
set -u

CC=${CC:-cc}
CXX=${CXX:-g++}
failed=0
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

hw='stdint'
sim='stdint|stdbool|stddef'
driver='stdint|stdbool|stddef|stdarg|limits'

# The compiler splits its own headers: stdint-gcc.h, __stddef_size_t.h and their like count as the header they serve.
foreign() { # header allowed
	$CC -std=c11 -ffreestanding -nostdinc -isystem "$($CC -print-file-name=include)" -Iinclude -M "$1" |
		tr -d "\\\\" | tr -s ' ' '\n' | grep '^/' |
		grep -vE "/(__)?($2)([-_][a-z0-9_]*)?\.h$" |
		sed 's/^/    /'
}

check() { # header allowed projects
	printf '#include "%s"\n' "${1#include/}" >"$dir/one.c"
	# shellcheck disable=SC2086 # WARN is a list of words
	if ! $CC -std=c11 ${WARN-} -ffreestanding -nostdinc -isystem "$($CC -print-file-name=include)" -Iinclude \
		-fsyntax-only "$dir/one.c"; then
		echo "headers: $1 does not compile alone; remedy: include what it uses"
		failed=1
		return
	fi
	beyond=$(foreign "$1" "$2")
	if [ -n "$beyond" ]; then
		echo "headers: $1 includes more than $2:"
		echo "$beyond"
		failed=1
	fi
	others=$($CC -std=c11 -Iinclude -MM "$1" | tr -d "\\\\" | tr -s ' ' '\n' | grep '^include/' | grep -vE "^include/($3)/")
	if [ -n "$others" ]; then
		echo "headers: $1 includes headers of another side:"
		echo "$others" | sed 's/^/    /'
		failed=1
	fi
	if command -v "$CXX" >/dev/null 2>&1; then
		cp "$dir/one.c" "$dir/one.cc"
		if ! $CXX -std=c++11 -Wall -Wextra -Werror -Iinclude -fsyntax-only "$dir/one.cc"; then
			echo "headers: $1 does not compile as C++; remedy: C11 words that C++ lacks stay out of headers"
			failed=1
		fi
	fi
}

for h in include/hw/*.h; do check "$h" "$hw" hw; done
for h in include/iommu/*.h; do check "$h" "$driver" 'hw|iommu'; done
for h in include/iommusim/*.h; do check "$h" "$sim" iommusim; done
command -v "$CXX" >/dev/null 2>&1 || echo "note: no $CXX, so not checked as C++"
exit $failed
