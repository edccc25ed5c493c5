# Bad usage ends with status 2 and one line that says what was expected; help is there at every level.
# shellcheck shell=sh disable=SC2154,SC2034

iommu
check 'no command' 2 'no command; see iommu-sim --help'
iommu frobnicate
check 'unknown command' 2 "unknown command 'frobnicate'"
iommu --frobnicate
check 'unknown option before a command' 2 "unknown option '--frobnicate'"
iommu --help
check 'help' 0 ''
has 'help names the command run' '^  run '
has 'help tells the exit status' 'Exit status: 0 .* 1 .* 2 '
iommu --version
check 'version' 0 ''
has 'version' '^iommu-sim [0-9]+\.[0-9]+\.[0-9]+$'
for command in run list schema; do
	iommu "$command" --help
	check "help of $command" 0 ''
	has "help of $command" "^Usage: iommu-sim $command"
	iommu "$command" --nonsense
	check "unknown option of $command" 2 "$command: unknown option '--nonsense'; see iommu-sim $command --help"
	iommu "$command" -Z
	check "unknown letter of $command" 2 "$command: unknown option '-Z'; see iommu-sim $command --help"
done
for shard in 0/2 3/2 1/0 1 /2 1/ a/b 1/2/3 -1/2 ' 1/2' 99999999999999999999/2; do
	iommu run --shard "$shard"
	check "shard '$shard'" 2 "option '--shard' got '$shard'; expected I/N"
done
for jobs in -1 257 x '' 1x; do
	iommu run -j "$jobs"
	check "-j '$jobs'" 2 "option '-j' got '$jobs'; expected a number"
done
for seed in -1 18446744073709551616 x '' 0x; do
	iommu run --seed "$seed"
	check "seed '$seed'" 2 "option '--seed' got '$seed'; expected a number"
done
iommu run --format yaml
check 'unknown format' 2 "got 'yaml'; expected pretty, tap, junit or json"
iommu run --backend bochs
check 'unknown backend' 2 "got 'bochs'; expected sim"
for option in --shard --seed --format --backend --trace --only --jobs -j; do
	iommu run "$option"
	check "$option without its argument" 2 "option '$option' needs an argument"
done
iommu schema extra
check 'schema takes no argument' 2 "takes no argument, got 'extra'"
iommu schema
check 'schema' 0 ''
has 'schema names the title' 'title'
if [ -c /dev/full ]; then
	"$sim" schema >/dev/full 2>err </dev/null
	status=$?
	check 'a full disk is told' 2 'cannot write standard output'
fi
