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
iommu decode --raw dte 0x6000000100000407 7 0 0
check 'one with a reserved bit' 0 ''
has 'that it is set' 'read and write; reserved bits are set: RSVD0$'
printf '%s\n' 'iommu ivhd0: AMD-Vi: Event logged [IOTLB_INV_TIMEOUT device=0000:0b:00.0 address=0x2147e0]' >silent.log
iommu decode --scenario silent.dts silent.log
check 'a device that did not answer' 0 'report 1 as a scenario in silent\.dts; run it: iommu-sim run silent\.dts$'
has 'who it is' '^  what      device did not answer an invalidation; device 0000:0b:00\.0; address 0x2147e0$'
iommu run silent.dts
check 'the scenario raises its event' 0 ''
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

# what stands between a kernel and a file
cat >shapes <<'END'
Nov 23 02:11:07 nas kernel: DMAR: [DMA Write NO_PASID] Request device [00:02.0] fault addr 0x7f5000 [fault reason 0x05] text
[  130.000000] dmar_fault: 17 callbacks suppressed
<3>[  132.000000] DMAR: [DMA Read NO_PASID] Request device [01:00.1] fault addr 0x2000 [fault reason 0x06] text
6,1234,132000000,-;DMAR: [DMA Read NO_PASID] Request device [01:00.1] fault addr 0x2000 [fault reason 0x06] text
[  133.000000] xhci_hcd 0000:00:14.0: WARN[  133.000001] DMAR: [DMA Read NO_PASID] Request device [01:00.3] fault addr 0x4000 [fault reason 0x06] text[  133.000002] DMAR: [DMA Read NO_PASID] Request device [01:00.3] fault addr 0x5000 [fault reason 0x06] text
[  134.000000] DMAR:[DMA Write] Request device [02:00.0] fault addr dead000
[  134.000001] usb 1-1: reset high-speed USB device
[  134.000002] DMAR:[fault reason 05] text
[Mon Nov 23 02:11:07 2026] AMD-Vi: Event logged [IO_PAGE_FAULT device=0000:0a:00.0 domain=0x0016 address=0xfd3e0000 flags=0x0020]
last message repeated 5 times
[Mon Nov 23 02:11:07 2026] amd_iommu_report_page_fault: 12 callbacks suppressed
[Mon Nov 23 02:11:08 2026] net_ratelimit: 12 callbacks suppressed
Nov 23 02:12:00 nas kernel: message repeated 3 times: [ [  145.000000] DMAR: [DMA Read NO_PASID] Request device [05:00.0] fault addr 0x9000 [fault reason 0x06] text]
[  152.000000] DMAR: QI HEAD: IOTLB Invalidation qw0 = 0x20052, qw1 = 0xffff0000
[  153.000000] AMD-Vi: Completion-Wait loop timed out
END
printf '\033[31m[  154.000000] DMAR: [DMA Read NO_PASID] \033[0;1mRequest device [06:00.0] fault addr 0x1000 [fault reason 0x06] text\033[0m\r\n' >>shapes
iommu decode shapes
check 'logs as they are' 0 ''
has 'a journal, and what the kernel left out' '^line 1, report 1, VT-d, and 17 that the log left out$'
has 'levels of kmsg and netconsole' '^line 3, report 2, VT-d, 2 times, the last in line 4$'
has 'lines that lost their ends' '01:00\.3 read 0x4000 and'
has 'the second of them' '01:00\.3 read 0x5000 and'
has 'halves with a line between' '02:00\.0 wrote to 0xdead000 and was blocked: write to a page without'
has 'syslog repeats' '^line 9, report [0-9]+, AMD-Vi, 6 times, the last in line 10, and 12 that the log left out$'
has 'rsyslog repeats' '^line 13, report [0-9]+, VT-d, 3 times'
has 'the descriptor that the queue stands at' '^line 14, report [0-9]+, VT-d$'
has 'colours and carriage returns' '^  \[  154\.000000\] DMAR: \[DMA Read NO_PASID\] Request device \[06:00\.0\] fault addr 0x1000 \[fault reason 0x06\] text *$'
number=$(sed -n 's/^line 15, report \([0-9]*\),.*/\1/p' out)
iommu decode -s wait.dts -p "${number:-0}" shapes
check 'a wait without end' 0 'report [0-9]+ as a scenario'
iommu run wait.dts
check 'comes again in three ways' 0 ''
