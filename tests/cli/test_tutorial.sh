# The tutorial does what it says: each "    $ command" of docs/tutorial.md is run, in order, and what it prints is compared with
# the lines below it; "..." stands for any lines.
# shellcheck shell=sh disable=SC2154,SC2034

root=$(cd "$here/../.." && pwd)
mkdir -p build docs
ln -sf "$sim" build/iommu-sim
ln -sf "$root/docs/samples" docs/samples
ln -sf "$root/scenarios" scenarios

# holds FILE-OF-EXPECTED FILE: the expected lines come in this order, next to each other unless "..." stands between
holds() {
	awk -v want="$1" '
		BEGIN { while ((getline line < want) > 0) w[++n] = line; i = 1; gap = 0 }
		{
			while (i <= n && w[i] == "...") { gap = 1; i++ }
			if (i <= n && $0 == w[i]) { i++; gap = 0 }
			else if (!gap) { print "expected: " w[i] "\n     got: " $0; bad = 1; exit 1 }
		}
		END { while (i <= n && w[i] == "...") i++; if (!bad && i <= n) { print "missing: " w[i]; exit 1 } exit bad }' "$2"
}

verify() {
	[ -n "$command" ] || return 0
	sh -c "$command" >printed 2>err </dev/null
	status=$?
	cp printed out
	if [ ! -s expected ] || holds expected printed >why; then
		pass
	else
		fail "tutorial: $command" "$(cat why)"
	fi
}

command=
: >expected
while IFS= read -r line; do
	case $line in
	'    $ '*)
		verify
		command=${line#'    $ '}
		: >expected
		;;
	'    '*) printf '%s\n' "${line#    }" >>expected ;;
	'') ;;
	*)
		verify
		command=
		: >expected
		;;
	esac
done <"$root/docs/tutorial.md"
verify
