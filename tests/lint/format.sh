#!/bin/sh
# Every C file is as clang-format leaves it. Versions differ in details, so one version decides.
set -u

decides=14
tool=
for t in "clang-format-$decides" clang-format; do
	if command -v "$t" >/dev/null 2>&1 && "$t" --version | grep -q "version $decides\."; then
		tool=$t
		break
	fi
done
if [ -z "$tool" ]; then
	echo "note: skipped, clang-format $decides decides and is not installed"
	exit 0
fi
bad=$(find include sim driver scenarios tests -name '*.[ch]' | sort |
	xargs "$tool" --dry-run 2>&1 | sed -n 's/^\([^:]*\):[0-9]*:[0-9]*: warning: code should be.*/\1/p' | sort | uniq -c)
if [ -n "$bad" ]; then
	echo "format: not as .clang-format asks (places, file):"
	echo "$bad"
	echo "  remedy: $tool -i FILE; put hand-aligned tables between 'clang-format off' and 'clang-format on'"
	exit 1
fi
