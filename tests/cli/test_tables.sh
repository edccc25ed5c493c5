# crosscheck --tables: what it refuses, and on the installed QEMU, when there is one, that its tables differ from ours in what
# the list says and in nothing else; a row that nothing needs is told.
# shellcheck shell=sh disable=SC2154,SC2034

fixture good.dts

iommu crosscheck --tables good.dts
check 'tables and scenarios' 2 'crosscheck: --tables goes without PATH, --case and --only sim'
iommu crosscheck --tables --only sim
check 'tables without QEMU' 2 'crosscheck: --tables goes without PATH'
iommu crosscheck --tables --qemu ./missing
check 'tables of no program' 2 'crosscheck: \./missing: No such file or directory; install it'

qemu=$(command -v qemu-system-x86_64)
if [ -z "$qemu" ]; then
	echo "cli: skipped: tables of QEMU (no qemu-system-x86_64; apt-get install qemu-system-x86)"
	# shellcheck disable=SC2317
	return 0 2>/dev/null || exit 0
fi

iommu crosscheck --tables
check 'the installed QEMU' 0 ''
has 'all machines' '^6 passed, 0 failed$'
has 'a DMAR with bridges' 'intel-iommu,aw-bits=48,.*15 functions, [0-9]* facts equal, 0 differences'
has 'an IVRS with bridges' 'amd-iommu,intremap=on,device-iotlb=on: 16 functions, .*I1 2.*, 0 differences'
iommu crosscheck --tables --vendor vtd
check 'one vendor' 0 ''
has 'three machines' '^3 passed, 0 failed$'

# a QEMU that lists its I/O APIC in every machine: the row that says it does not is one too many
cat >always <<SH
#!/bin/sh
for arg do
	shift
	case \$arg in amd-iommu,intremap=off) arg=amd-iommu,intremap=on ;; esac
	set -- "\$@" "\$arg"
done
exec $qemu "\$@"
SH
chmod +x always
iommu crosscheck --tables --vendor amdvi --qemu ./always
check 'a row that is not needed' 1 ''
has 'which row' 'FAIL    row I6: nothing needed it on qemu'
