# iommu-sim explore: what it takes, that it finds what a plain run does not, and that what it writes replays it.
# shellcheck shell=sh disable=SC2154,SC2034

fixture good.dts explore-guest.dts explore-driver.dts
root=$(cd "$here/../.." && pwd)

iommu explore --help
check 'explore --help' 0 ''
has 'explore --help names the modes' 'interleave-kth'
iommu explore --nonsense good.dts
check 'explore: an unknown option' 2 "unknown option '--nonsense'"
iommu explore --walks 0
check 'explore: no walk' 2 "'--walks' got '0'; expected a number from 1"
iommu explore --walks 5 good.dts
check 'explore: walks take no path' 2 "takes no PATH, got 'good.dts'"
iommu explore --fail-nth missing.dts
check 'explore: no such file' 2 'missing.dts: no such file'
iommu explore --format json good.dts
check 'explore: a form for programs needs a folder' 2 'needs --out DIR'
iommu explore --walks 1 --out good.dts
check 'explore: a folder that is a file' 2 'cannot make the folder good.dts'

# A driver that is right: nothing is found, every sweep ends, and the same is told whatever the number of workers.
iommu explore --fail-nth --interleave-kth --max 0 -j 1 explore-driver.dts
check 'explore finds nothing in the driver' 0 ''
has 'explore: every fault was swept' '^  fail-nth +[0-9]+ schedules: of ([0-9]+) sweeps \1 complete, 0 cut short'
has 'explore: every yield point was' '^  interleave-kth +[0-9]+ schedules: of ([0-9]+) sweeps \1 complete, 0 cut short'
cp out one
iommu explore --fail-nth --interleave-kth --max 0 -j 3 explore-driver.dts
same 'explore: one worker and three' one out
iommu explore --max 40 --fail-nth explore-driver.dts
check 'explore: a bound' 0 ''
has 'explore: the bound is told' '^  --max 40 stopped it'
has 'explore: ... and holds' '^40 schedules of 1 scenario'
iommu explore --walks 60 --seed 9 -j 2
check 'explore: walks' 0 ''
has 'explore: all of them' '60 of 60 walks, seed 9$'
cp out one
iommu explore --walks 60 --seed 9 -j 0
same 'explore: the same walks in this process' one out
iommu explore --walks 8 --timing
check 'explore: the rate is told apart' 0 '^8 schedules in [0-9.]+ s, [0-9]+/s$'

# A guest that invalidates too early: a plain run passes, a DMA in between shows it, and the replay file does too.
iommu run explore-guest.dts
check 'the guest gets away with it in a plain run' 0 ''
iommu explore --interleave-kth --out found -j 2 explore-guest.dts
check 'explore finds the guest out' 1 ''
has 'explore: what was changed' '^FAILED  explore-guest\.dts!invalidate,read=0x3000,k=[0-9]+$'
has 'explore: the diagnosis' 'the oracle found "stale"'
has 'explore: it was made small' ' of 23 steps are left$'
replay=$(sed -n 's/^  replay: iommu-sim run //p' out | head -n 1)
cp out one
iommu explore --interleave-kth --out found -j 1 explore-guest.dts
same 'explore: the same failure with one worker' one out
iommu run "$replay"
check 'the replay fails' 1 ''
has 'the replay finds the same' 'the oracle found "stale"'
iommu explore --interleave-kth explore-guest.dts
sed -n '/^\/dts-v1/,/^};$/p' out >text.dts
iommu run text.dts
check 'the replay as text fails' 1 ''
has 'the replay as text finds the same' 'the oracle found "stale"'
for form in tap junit json; do
	iommu explore --interleave-kth --format $form --out found explore-guest.dts good.dts
	check "explore --format $form" 1 ''
	has "explore --format $form names the replay" 'found/1-explore-guest'
done

# Drivers with a bug that no run without a fault, or none of these scenarios, shows: compiled as the others were.
# mutant NAME FILE SED: the command with that change, as ./iommu-NAME
mutant() {
	flags=
	case $B in *san*) flags=-fsanitize=address,undefined ;; *cov*) flags=--coverage ;; esac
	libs=$(pkg-config --libs libfdt 2>/dev/null || echo -lfdt)
	sed "$3" "$root/driver/$2" >mutant.c
	cmp -s mutant.c "$root/driver/$2" && echo "nothing was changed in $2" >err && return 1
	built=${sim%/iommu-sim}
	rm -f mutant.gcda mutant.gcno # of the mutant before, in a build for coverage
	# shellcheck disable=SC2086,SC2046 # words
	${CC:-cc} -std=c11 $flags -I"$root/include" -iquote "$root/driver" -iquote "$root/driver/${2%/*}" -c -o mutant.o mutant.c &&
		${CC:-cc} $flags -o "iommu-$1" "$built/obj/scenarios/engine/main.o" mutant.o "$built/obj/libengine.a" \
			"$built/libiommu.a" "$built/libiommusim.a" $libs $(pkg-config --libs libcjson libelf)
} >out 2>err

# with NAME ARG...: as iommu, with the mutant
with() {
	"./iommu-$1" run explore-driver.dts >out 2>err </dev/null
	status=$?
	check "mutant $1: a plain run passes" 0 ''
	name=$1
	shift
	"./iommu-$name" explore "$@" >out 2>err </dev/null
	status=$?
	check "mutant $name: explore does not" 1 ''
}

if mutant leak pagelist.c 's/^\t\t\tpage_list_free(owner, list);/\t\t\t*list = (struct iommu_page_list){ 0 };/'; then
	with leak --fail-nth explore-driver.dts
	has 'mutant leak: the fault that shows it' '^FAILED  explore-driver\.dts!page-alloc,n='
	has 'mutant leak: pages are missing in the end' 'the driver still holds [0-9]+ pages'
else
	fail 'mutant leak' 'it cannot be built'
fi
if mutant early unmap.c 's/^\t\tt->state = IOMMU_TICKET_UNMAPPED;/&\n\t\tpage_list_free(domain_owner(d), \&t->tables);/'; then
	with early --walks 200
	has 'mutant early: a walk shows it' '^FAILED  walk 1/[0-9]+$'
	has 'mutant early: what it is' 'the oracle found "release"'
else
	fail 'mutant early' 'it cannot be built'
fi

# Places that are alike are taken once: a driver with a bug is found out in the same ways when every place is taken.
kinds() {
	sed -n '/^FAILED/{n;p;}' out | sort -u
}
# folded NAME FILE SED: the mutant, folded and not
folded() {
	if ! mutant "$1" "$2" "$3"; then
		fail "mutant $1" 'it cannot be built'
		return
	fi
	with "$1" --interleave-kth explore-driver.dts
	kinds >few
	with "$1" --interleave-kth --every explore-driver.dts
	kinds >all
	[ -s all ] || fail "mutant $1" 'nothing is told'
	same "mutant $1: places alike show the same" few all
	has "mutant $1: every place was taken" '^  interleave-kth +([0-9]+) schedules: .*; \1 places$'
}
folded before unmap.c '/^static int unmap_strict/,/^}/{
	s/^\t.* = unmap_entries(/\tinval = (struct iommu_inval){ iova, iova + size - 1, 0, false };\n\tif (domain_invalidate(d, \&inval, 0, NULL))\n\t\treturn IOMMU_E_BROKEN;\n&/
	s/^\treturn domain_invalidate(.*/\treturn IOMMU_OK;/
}'
folded astray pt/table.c 's/^\tmem_write64(c->plat, pa, entry);/\tmem_write64(c->plat, pa, entry ^ 0x1000);\n&/'

# A driver that loops without any access: no budget ends it, the clock of processor time does.
if mutant hang unmap.c '/^int iommu_unmap(/,/^{/s/^{/{\n\tfor (volatile int never = 0; !never;)\n\t\t;/'; then
	./iommu-hang run explore-driver.dts >out 2>err </dev/null
	status=$?
	check 'mutant hang: the run ends' 1 ''
	has 'mutant hang: the step and the call' '^  unmap: the driver does not come back'
	has 'mutant hang: what it is' 'the oracle found "bound"'
else
	fail 'mutant hang' 'it cannot be built'
fi
