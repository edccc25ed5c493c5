#!/bin/sh
# cppcheck over all C files; exceptions, each with its reason, are in cppcheck.txt beside this script.
set -u

if ! command -v cppcheck >/dev/null 2>&1; then
	echo "static: no cppcheck; remedy: apt-get install cppcheck"
	exit 1
fi
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
grep -v -e '^#' -e '^$' tests/lint/cppcheck.txt >"$dir/suppressions"
if ! cppcheck -q --std=c11 --enable=warning,performance,portability --error-exitcode=1 \
	--suppressions-list="$dir/suppressions" -j 2 -D__GNUC__ -D__x86_64__ \
	--include=tests/lint/cppcheck.h -Iinclude -Isim -Idriver -Iscenarios/engine -I. \
	sim driver scenarios/engine; then
	echo "static: cppcheck found the above"
	echo "  remedy: mend it, or add the id with a reason to tests/lint/cppcheck.txt"
	exit 1
fi
