# From a log to an explanation, and to a scenario that does it again.
# shellcheck shell=sh disable=SC2154,SC2034

cat >log <<'END'
[    1.0] usb 1-1: new device
[    2.0] DMAR: [DMA Write NO_PASID] Request device [00:02.0] fault addr 0x7f5000 [fault reason 0x05] text
[    2.1] DMAR: [DMA Write NO_PASID] Request device [00:02.0] fault addr 0x7f5000 [fault reason 0x05] text
[    3.0] nvme 0000:01:00.0: AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x000d address=0xcfd51ad0 flags=0x0070]
END
iommu decode log
check 'a log' 0 ''
has 'repeats are counted' '^line 2, report 1, VT-d, 2 times, the last in line 3$'
has 'what happened' '^  what      00:02\.0 wrote to 0x7f5000 and was blocked: write to a page without write permission$'
has 'which field says so' '^  says so   reason = 0x5, SS_WRITE$'
has 'the section' '^  section   VT-d 7\.1 '
has 'causes' '^  causes    1\. '
has 'what to look at' '^  look at   '
has 'the other architecture' '^ +flags = 0x70, PR RW PE$'
cp out text.1
"$sim" decode <log >out 2>err
status=$?
check 'the same from standard input' 0 ''
same 'file and standard input' out text.1
iommu decode --format json log
check 'as JSON' 0 ''
has 'the sentence in JSON' '"what":	"00:02\.0 wrote to 0x7f5000 '
if command -v python3 >/dev/null 2>&1; then
	python3 -c 'import json; d = json.load(open("out")); assert len(d["reports"]) == 2 and d["reports"][0]["count"] == 2' 2>err
	status=$?
	check 'the JSON is JSON' 0 ''
fi
iommu decode -s again.dts log
check 'a scenario of the first report' 0 'report 1 as a scenario in again\.dts; run it: iommu-sim run again\.dts$'
iommu run again.dts
check 'the scenario raises the record' 0 ''
iommu decode -p 2 -s - log
check 'a scenario on standard output' 0 ''
cp out again.dts
has 'the event, word for word' 'words = /bits/ 64 <0x207000[0-9a-f]{10} 0x00000000cfd51ad0>'
sed 's/0x00000000cfd51ad0>/0x00000000cfd51ad8>/' again.dts >other.dts
iommu run again.dts
check 'the second scenario raises its event' 0 ''
iommu run other.dts
check 'another record is not accepted' 1 ''

iommu decode --raw frcd 0x5000 0xc000000600000010
check 'a fault record' 0 ''
has 'a fault record in words' '^  what      00:02\.0 sent|^  what      00:02\.0 read 0x5000 and was blocked: read of a page'
iommu decode --raw event 0x100 0x2070000d 0xcfd51ad0 0
check 'an event in four words' 0 ''
has 'its device' '01:00\.0 wrote to 0xcfd51ad0'
iommu decode --raw FSTS 2
check 'a register' 0 ''
has 'a register in words' '^  what      a fault record is waiting; the oldest is number 0$'
iommu decode -l 1 --raw ss 0x400083
check 'a page-table entry' 0 ''
has 'its page' '^  what      a page of 2 MiB at 0x400000, read and write$'
iommu decode --raw dte 0x6000000100000403 7 0 0
check 'a device table entry' 0 ''
has 'its tables' '^  what      a device table entry: DomainID 0x7, tables of 2 levels at 0x100000000, read and write$'
iommu decode --names
check 'names' 0 ''
has 'a register by name' '^register FSTS +1 word$'

iommu decode /no/such/file
check 'no such file' 2 'decode: cannot open /no/such/file: No such file'
iommu decode .
check 'a folder' 2 'decode: cannot (open|read) \.: Is a directory'
echo nothing >empty
iommu decode empty
check 'nothing in it' 1 'decode: no report of an IOMMU in 1 lines$'
iommu decode --raw FSTS
check 'no value' 2 '\-\-raw takes a name and its words'
iommu decode --raw nothing 1
check 'no such name' 2 "no register, entry or command is called 'nothing'"
iommu decode --raw dte 1 2
check 'too few words' 2 'dte has 4 words of 64 bits, lowest first; got 2$'
iommu decode --raw FSTS 0x1ffffffff
check 'too wide' 2 'FSTS has 32 bits, got 0x1ffffffff$'
iommu decode --raw FSTS 12zz
check 'no number' 2 "'12zz' is no number"
iommu decode --format xml log
check 'no such form' 2 "takes text or json, got 'xml'"
iommu decode -p 0 log
check 'no such report' 2 "pick takes a number up to"
iommu decode -s x.dts -p 9 log
check 'a report that is not there' 1 'decode: no scenario: there is no such report$'
iommu decode -s /no/such/x.dts log
check 'a place that cannot be written' 2 'cannot write /no/such/x\.dts: No such file'
LC_ALL=C awk 'BEGIN { srand(1); for (i = 0; i < 100000; i++) printf "%c", int(rand() * 256) }' >noise
iommu decode noise
check 'noise' 1 'no report of an IOMMU'
