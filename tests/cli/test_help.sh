# Help in every form: each command has its own, the man pages render, completion knows commands and options.
# shellcheck shell=sh disable=SC2154,SC2034

root=$(cd "$here/../.." && pwd)
iommu --help
check 'help' 0 ''
cp out help
commands=$(sed -n 's/^  \([a-z][a-z]*\)  .*/\1/p' help)
for command in $commands; do
	iommu "$command" --help
	check "help of $command" 0 ''
	has "usage of $command" "^Usage: iommu-sim $command"
	if grep -qE "^\.B(R|I)? (\"?iommu\\\\-sim )?$command" "$root/docs/iommu-sim.1"; then pass; else fail "man page" "has nothing of $command"; fi
done
awk -v version=test -f "$root/docs/man.awk" "$root/scenarios/README.md" >page.5
if grep -q '^\.TP$' page.5 && grep -q '^\.SH "THE MACHINE"$' page.5 && [ "$(grep -c '^\.nf$' page.5)" -eq "$(grep -c '^\.fi$' page.5)" ]; then
	pass
else
	fail 'the scenario man page' 'is not whole'
fi
if command -v man >/dev/null 2>&1 && command -v groff >/dev/null 2>&1; then
	for page in "$root/docs/iommu-sim.1" page.5; do
		LC_ALL=C.UTF-8 man --warnings -l "$page" 2>err >out </dev/null
		status=$?
		check "man $(basename "$page")" 0 ''
	done
fi
if command -v bash >/dev/null 2>&1; then
	complete() { # WORD... : what bash would offer
		bash -c '. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _iommu_sim "$1" "${@: -1}" "${@: -2:1}"
			printf "%s\n" "${COMPREPLY[@]}"' bash "$root/docs/completion/iommu-sim.bash" "$@" >out 2>err </dev/null
		status=$?
	}
	complete "$sim" de
	check 'completion of a command' 0 ''
	has 'completes decode' '^decode$'
	complete "$sim" run --fo
	check 'completion of an option' 0 ''
	has 'completes --format' '^--format$'
	complete "$sim" run --format j
	has 'completes a value' '^json$'
fi
