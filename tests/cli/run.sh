#!/bin/sh
# Tests of the iommu-sim command: how it takes its arguments, tells errors and writes reports. Each test_*.sh beside
# this file is a group; with names of groups as arguments only these run. The last line is "N passed, N failed".
set -u

here=$(cd "$(dirname "$0")" && pwd)
B=${B:-build}
sim=$(cd "$B" && pwd)/iommu-sim
work=$(mktemp -d) || exit 1
trap 'chmod -R u+rwX "$work"; rm -rf "$work"' EXIT
passed=0
failed=0
status=0
unset NO_COLOR

# fixture NAME: a copy of tests/cli/NAME in the current folder
fixture() {
	for f in "$@"; do cp "$here/$f" .; done
}

# iommu ARG...: runs the command; its exit status is in $status, its words in the files out and err
iommu() {
	"$sim" "$@" >out 2>err </dev/null
	status=$?
}

pass() {
	passed=$((passed + 1))
}

fail() { # name, what was wrong
	failed=$((failed + 1))
	echo "cli: $1: $2"
	echo "  status $status"
	sed 's/^/  out: /' out | head -n 20
	sed 's/^/  err: /' err | head -n 20
}

# check NAME STATUS ERR-PATTERN: about the last iommu; an empty pattern wants nothing on standard error, any other
# exactly one line that matches it (grep -E).
check() {
	lines=$(wc -l <err)
	if [ "$status" -ne "$2" ]; then
		fail "$1" "expected exit status $2"
	elif [ -z "$3" ] && [ "$lines" -ne 0 ]; then
		fail "$1" "expected nothing on standard error"
	elif [ -n "$3" ] && { [ "$lines" -ne 1 ] || ! grep -qE -e "$3" err; }; then
		fail "$1" "expected one line on standard error that matches: $3"
	else
		pass
	fi
}

# has NAME PATTERN: standard output has a line that matches
has() {
	if grep -qE -e "$2" out; then pass; else fail "$1" "expected on standard output: $2"; fi
}

# same NAME FILE FILE
same() {
	if cmp -s "$2" "$3"; then pass; else fail "$1" "$2 and $3 differ"; fi
}

# killed SECONDS ARG...: nothing survives the command when it is killed after that time
killed() {
	delay=$1
	shift
	"$sim" "$@" >out 2>err </dev/null &
	tool=$!
	sleep "$delay"
	below=$(ps -eo pid=,ppid= | awk -v t=$tool '$2 == t { w[$1] } { p[$1] = $2 } END { for (i in p) if (p[i] in w) print i; for (i in w) print i }')
	kill -9 $tool
	wait $tool 2>/dev/null
	if [ -n "$below" ]; then pass; else fail 'processes of a run' 'found none to look for'; fi
	left=1
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		left=
		for pid in $below; do
			case $(ps -o stat= -p "$pid") in '' | Z*) ;; *) left="$left $pid" ;; esac
		done
		[ -z "$left" ] && break
		sleep 0.3
	done
	if [ -z "$left" ]; then pass; else fail 'killed' "still there: $left"; fi
}

# shellcheck disable=SC1090 # the groups, each in a fresh folder
for group in "$here"/test_*.sh; do
	name=${group##*/test_}
	name=${name%.sh}
	case " $* " in
	"  " | *" $name "*) ;;
	*) continue ;;
	esac
	mkdir "$work/$name" && cd "$work/$name" || exit 1
	. "$group"
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
