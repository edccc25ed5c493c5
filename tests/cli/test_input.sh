# Bad input: one line with path and remedy, status 2, and everything else still runs.
# shellcheck shell=sh disable=SC2154,SC2034

fixture good.dts
iommu run missing.dts
check 'missing file' 2 'missing\.dts: .*name a scenario'
mkdir empty
iommu run empty
check 'empty folder' 2 'empty: no scenario'
iommu list empty
check 'list of an empty folder' 2 'empty: no scenario'
iommu list missing.dts
check 'list of a missing file' 2 'missing\.dts: '
iommu run
check 'no scenarios folder here' 2 'scenarios: '

iommu run missing.dts good.dts
check 'a missing file stops no other' 2 'missing\.dts: '
has 'a missing file stops no other' '^2 passed, 0 failed, 1 bad input'
iommu run --format tap missing.dts good.dts
check 'a missing file in tap' 2 'missing\.dts: '
has 'a missing file is a failed point' '^not ok 1 - missing\.dts'
has 'the others follow' '^ok 3 - good\.dts'

echo '/dts-v1/; / { title = ' >syntax.dts
iommu run syntax.dts good.dts
check 'syntax error' 2 'syntax\.dts: .*dtc.*[0-9]+\.[0-9]+'
has 'a syntax error stops no other' '^2 passed, 0 failed, 1 bad input'

: >empty.dts
iommu run empty.dts
check 'empty file' 2 'empty\.dts: '
: >empty.dtb
iommu run empty.dtb
check 'empty blob' 2 'empty\.dtb: '
dtc -q -I dts -O dtb -o whole.dtb good.dts
iommu run whole.dtb
check 'a blob runs as its source does' 0 ''
size=$(wc -c <whole.dtb)
n=1
while [ "$n" -lt 12 ]; do
	head -c $((size * n / 12)) whole.dtb >cut.dtb
	iommu run cut.dtb
	check "blob cut at $n/12" 2 'cut\.dtb: '
	n=$((n + 1))
done
head -c "$size" /dev/zero >zero.dtb
iommu run zero.dtb
check 'blob of zeroes' 2 'zero\.dtb: '
{ head -c 8 whole.dtb; printf '\377\377\377\377'; tail -c +13 whole.dtb; } >offset.dtb
iommu run offset.dtb
check 'blob whose structure lies outside' 2 'offset\.dtb: '

sed 's/title =/titel =/' good.dts >property.dts
iommu run property.dts
check 'misspelt property' 2 'property\.dts: .*titel.*title'
sed 's/do = "start"/do = "strat"/' good.dts >verb.dts
iommu run verb.dts
check 'misspelt verb' 2 'verb\.dts: /steps/[^ ]*: .*strat.*start'

if [ "$(id -u)" -ne 0 ]; then
	cp good.dts closed.dts
	chmod 000 closed.dts
	iommu run closed.dts
	check 'unreadable file' 2 'closed\.dts: .*[Pp]ermission'
	mkdir locked
	chmod 000 locked
	iommu run locked
	check 'unreadable folder' 2 'locked: .*[Pp]ermission'
fi
mkdir folder.dts
iommu run folder.dts
check 'a folder that is named like a file' 2 'folder\.dts: no scenario'
ln -s nowhere dangling.dts
iommu run dangling.dts
check 'dangling link' 2 'dangling\.dts: '
mkdir loop
ln -s ../loop loop/again
cp good.dts loop/
iommu list loop
check 'a folder that links to itself' 0 ''

mkdir bin
for tool in sh cat; do ln -s "$(command -v $tool)" bin/; done
PATH=$PWD/bin "$sim" run good.dts >out 2>err </dev/null
status=$?
check 'no dtc' 2 'good\.dts: .*dtc.*apt-get install device-tree-compiler'
PATH=$PWD/bin "$sim" run whole.dtb >out 2>err </dev/null
status=$?
check 'a blob needs no dtc' 0 ''

iommu run 'good.dts#cache=never-heard-of'
check 'unknown permutation' 2 "good\.dts: no permutation 'cache=never-heard-of'"
iommu run --only cache=never-heard-of good.dts
check 'unknown --only' 2 "no permutation has the id 'cache=never-heard-of'"
iommu run --trace trace.txt good.dts
check 'trace of two permutations' 2 '--trace needs exactly one permutation, 2 are selected'
iommu run --trace /nowhere/trace.txt "good.dts#cache=keep-all"
check 'trace that cannot be written' 2 '/nowhere/trace\.txt'
