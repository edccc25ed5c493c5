# Translations followed by hand: scenario, page list, debugfs, ELF core, raw copy, differences, exports, bad input.
# shellcheck shell=sh disable=SC2154,SC2034

root=$(cd "$here/../.." && pwd)
raw=$root/scenarios/vtd/raw-guest-translates.dts
iommu walk -d nic@1,0 -a 0x3000 "$raw"
check 'a scenario at its end' 0 ''
has 'the root entry' '^  root +at 0x0000100000 0000000000101001 0000000000000000 P=0x1 CTP=0x101000$'
has 'the leaf with the permission so far' '^  level 0 +at 0x0000105018 0000000000203003 rw '
has 'the answer' '^  translated to 0x203000, page of 0x1000 bytes, rw$'
iommu walk -d nic@1,0 -a 0x3000 --step again "$raw"
check 'a scenario at a step' 0 ''
iommu walk -d nic@1,0 -a 0x3000 --step never "$raw"
check 'no such step' 2 "no step called 'never' ran$"
iommu walk -d nic@2,0 -a 0x3000 "$raw"
check 'a device without entry' 1 ''
has 'what stopped it' '^  blocked: the context entry is not present \(reason 0x02, CTX_NP\)$'
iommu walk -d nic@1,0 -a 0x10000 -w -f json "$raw"
check 'blocked, as JSON' 1 ''
has 'the reason by name' '"reason-name":	"SS_WRITE"'
iommu walk -d nic@1,0 --all "$raw"
check 'all mappings' 0 ''
has 'as one range' '^  0x0000000000000000 - 0x000000000000ffff  rw  0x200000$'
iommu walk -d nic@1,0 -f dot "$raw"
check 'a graph' 0 ''
has 'an edge' '^	t102000 -> t103000 '

iommu walk -d nic@1,0 -a 0x3000 --export pages --scenario again.dts "$raw"
check 'exported' 0 ''
iommu walk -d 00:01.0 -a 0x3000 pages
check 'a page list' 0 ''
has 'the same answer' '^  translated to 0x203000, '
iommu walk -d 00:01.0 -a 0x4000 pages
check 'what it does not hold' 1 ''
has 'is unknown, not zero' '^  ends here: the source does not hold this entry$'
iommu run again.dts
check 'the exported scenario runs' 0 ''
iommu walk --diff -d 00:01.0 "$raw" "$raw"
check 'no difference' 0 ''
iommu walk --diff -d 00:01.0 "$raw" pages
check 'a difference' 1 ''
has 'what only the first has' '^-  0x0000000000004000 - 0x000000000000ffff  rw  0x204000$'

iommu walk -d 00:02.0 -a 0x800123 "$root/docs/samples/linux-debugfs.txt"
check 'debugfs' 0 ''
has 'its answer' '^  translated to 0x200000123, page of 0x1000 bytes, rw$'

# AMD's debugfs: registers and a device table entry, which page tables do not follow
printf '%s\n' 'Offset:0x0 Value:0x00000001000001ff' 'DeviceId QWORD[3] QWORD[2] QWORD[1] QWORD[0] iommu' \
	'0000:01:00.0 0000000000000000 20000001373b8013 0000000000000038 6000000114d7b603 iommu3' >amd.txt
iommu walk -d 01:00.0 -a 0x5000 amd.txt
check "AMD's debugfs" 1 ''
has 'its entry' '^  dte        at 0x0100002000 6000000114d7b603 .* HOSTPT=0x114d7b000 '
has 'and no more' '^  ends here: the source does not hold this entry$'
printf '%s\n' 'IOMMU: dmar0 Register Base Address: fed90000' ' inv_iotlb 0 0' >perf.txt
iommu walk -d 01:00.0 -a 0 perf.txt
check 'a debugfs file without tables' 2 'perf\.txt: iommu_perf_latency: times, no tables$'
printf '%s\n' 'IOMMU dmar0: Root Table Address: 0x1000c6400' >scalable.txt
iommu walk -d 01:00.0 -a 0 scalable.txt
check 'scalable mode in debugfs' 2 'scalable\.txt: scalable mode: the text does not tell PASID directories'
printf '%s\n' 'Device 0000:00:02.0 with pasid 1 @0x100a3f000' >pasid.txt
iommu walk -d 00:02.0 -a 0 pasid.txt
check 'tables of a PASID' 2 'pasid\.txt: tables of a PASID$'
{ echo 'IOMMU dmar0: Root Table Address: 0x1000c6000'; head -c 20000 /dev/zero | tr '\0' x; } >long.txt
iommu walk -d 00:02.0 -a 0 long.txt
check 'a line without end' 2 'long\.txt, line 2: longer than 16383 bytes, or a NUL byte in it'

# an entry cleared and not invalidated: memory refuses, the cache would answer
iommu walk -d nic@1,0 -a 0x5000 -w --step clear "$root/scenarios/vtd/stale-entry-gone-after-page-invalidation.dts#cache=keep-all,inval-more=0,order=in-order,delay=normal"
check 'after the entry was cleared' 1 ''
has 'memory refuses' '^  blocked: the entry is not present \(reason 0x05, SS_WRITE\)$'
has 'what the cache would have answered' 'iotlb of unit 0 holds for 00:01\.0, .*: stale, it answers otherwise than memory$'

# raw copies: the tables of 00:01.0 from an address BASE on, with domain id 7 and one page at 0x5000
put() { # FILE OFFSET VALUE: a word of at most 32 bits, lowest byte first
	printf "$(printf '\\%03o\\%03o\\%03o\\%03o' $(($3 & 255)) $(($3 >> 8 & 255)) $(($3 >> 16 & 255)) $(($3 >> 24 & 255)))" |
		dd of="$1" bs=1 seek=$(($2)) conv=notrunc 2>dd.err
}
tables() { # FILE BASE
	dd if=/dev/zero of="$1" bs=4096 count=6 2>dd.err
	put "$1" 0 $(($2 + 0x1001))
	put "$1" 0x1080 $(($2 + 0x2001))
	put "$1" 0x1088 0x702
	put "$1" 0x2000 $(($2 + 0x3003))
	put "$1" 0x3000 $(($2 + 0x4003))
	put "$1" 0x4000 $(($2 + 0x5003))
	put "$1" 0x5028 0x200003
}
tables tables.raw 0x1000
iommu walk --raw 0x1000 -r RTADDR=0x1000 -d 00:01.0 -a 0x5008 tables.raw
check 'a raw copy' 0 ''
has 'its answer' '^  translated to 0x200008, page of 0x1000 bytes, rw$'
iommu walk --raw 0x1000 -d 00:01.0 -a 0x5008 tables.raw
check 'a raw copy without registers' 2 'give --reg RTADDR=VALUE \(VT-d\) or --reg DEVTAB=VALUE'
iommu walk -r RTADDR=0x1000 -d 00:01.0 -a 0x5008 tables.raw
check 'a raw copy not called so' 2 'needs --raw BASE$'

if command -v qemu-system-x86_64 >/dev/null 2>&1; then
	tables loaded.raw 0x101000
	printf 'dump-guest-memory core\nquit\n' | timeout 60 qemu-system-x86_64 -S -machine q35 -m 16 -nodefaults \
		-display none -monitor stdio -device loader,file=loaded.raw,addr=0x101000,force-raw=on >qemu.out 2>&1
	iommu walk -r RTADDR=0x101000 -d 00:01.0 --all core
	check "a core of QEMU's" 0 ''
	has 'its one mapping' '^  0x0000000000005000 - 0x0000000000005fff  rw  0x200000$'
	head -c 3000 core >short
	iommu walk -r RTADDR=0x101000 -d 00:01.0 --all short
	check 'a core cut short' 1 'the source does not hold this entry$|has no tables'
else
	echo "cli: skipped a core of QEMU's: no qemu-system-x86_64"
fi

iommu walk -d 00:01.0 -a 0 /no/such
check 'no such file' 2 'cannot open /no/such: No such file'
iommu walk -d 00:01.0 -a 0 .
check 'a folder' 2 'is no regular file$'
iommu walk -d zz -a 0 pages
check 'no such device' 2 "'zz' is no bus:device.function$"
iommu walk -d zz -a 0 "$raw"
check 'no such device in a scenario' 2 'and no device of the scenario; there are nic@1,0, nic@2,0, disk@3,0$'
iommu walk -d nic -a 0 "$raw"
check 'two devices of one name' 2 "'nic' is the name of several devices; there are nic@1,0, "
iommu walk -a 0 pages
check 'no device' 2 'which device\?'
iommu walk -d 00:01.0 pages
check 'no address' 2 'which address\?'
iommu walk -d 00:01.0 -a 0
check 'no source' 2 'expected one source'
iommu walk -d 00:01.0 -a 0 --step x pages
check 'a step of a file' 2 'step goes with a scenario'
iommu walk -r nonsense -d 00:01.0 -a 0 pages
check 'a bad register' 2 "takes NAME=VALUE"
iommu walk --arch mips -d 00:01.0 -a 0 pages
check 'a bad architecture' 2 'takes vtd or amdvi'
printf 'iommu-pages 1\npage 0x1001\n' >bad
iommu walk -d 00:01.0 -a 0 bad
check 'a bad page' 2 'bad, line 2: expected "page ADDRESS", a multiple of 0x1000$'
printf 'iommu-pages 1\npage 0x1000\n000: xyz\n' >bad
iommu walk -d 00:01.0 -a 0 bad
check 'a bad word' 2 'bad, line 3: expected words in hexadecimal'
printf 'iommu-pages 1\npage 0x1000\nff8: 1 2\n' >bad
iommu walk -d 00:01.0 -a 0 bad
check 'too many words' 2 'bad, line 3: more words than the page holds$'
printf '\177ELF and then nothing' >bad
iommu walk -d 00:01.0 -a 0 bad
check 'no core' 2 'is no little-endian ELF core'
printf 'KDUMP   ' >bad
iommu walk -d 00:01.0 -a 0 bad
check 'a compressed dump' 2 'compressed kdump; make an ELF core'
