# What scenarios reach of the specifications: counts that follow the scenario, forms, left-out list, bad input.
# shellcheck shell=sh disable=SC2154,SC2034

root=$(cd "$here/../.." && pwd)
one=$root/scenarios/vtd/raw-guest-translates.dts
iommu coverage -m "$one"
check 'one scenario' 0 ''
has 'reasons of one scenario' '^vtd +fault reasons, events +84 +1 +1 % +1 +1 % +1 +1 % +1 +1 %'
if grep -q 'not reached    vtd/reason/SS_WRITE$' out && ! grep -q 'vtd/reason/CTX_NP' out; then pass; else fail 'missing' 'expected SS_WRITE and not CTX_NP'; fi
if grep -q 'vtd/command/iotlb$' out; then fail 'commands' 'the scenario sends an iotlb descriptor'; else pass; fi
has 'a transition it does not make' '^not reached    vtd/fall/GSTS\.TES$'
if grep -q 'vtd/rise/GSTS\.TES' out; then fail 'transitions' 'the scenario turns translation on'; else pass; fi
iommu coverage -f json "$one"
check 'as JSON' 0 ''
if command -v python3 >/dev/null 2>&1; then
	python3 -c 'import json; d = {i["name"]: i for i in json.load(open("out"))["items"]}
assert d["vtd/reason/CTX_NP"]["reached"] and d["vtd/reason/CTX_NP"]["near-miss"] and not d["vtd/reason/SS_READ"]["reached"]
assert d["vtd/register/RTADDR.RTA"]["first"].endswith("raw-guest-translates.dts")' 2>err
	status=$?
	check 'the JSON says the same' 0 ''
fi
iommu coverage -f html -o page.html "$one"
check 'as HTML' 0 ''
cp page.html out
has 'an item in HTML' 'class="c yes" title="vtd/reason/CTX_NP: .*raw-guest-translates.dts">CTX_NP<'
has 'a missing one in HTML' 'class="c no">vtd/reason/SS_WRITE: not reached<'
printf '# nothing but reasons of VT-d\nvtd/reason/[A-BD-Z]* not wanted here\nvtd/reason/CTX_[A-MO-Z]* nor these\namdvi/reason/* nor these\n' >left
iommu coverage --reasons -l left "$one"
check 'every reason that is left is raised, expected and nearly missed' 0 ''
iommu coverage --reasons -l /dev/null "$one"
if [ "$status" -eq 1 ] && grep -q 'vtd/reason/SS_WRITE is raised by no scenario$' err; then pass; else fail 'reasons' 'expected exit status 1 and SS_WRITE'; fi
printf 'vtd/reason/NO_SUCH_THING because\n' >left
iommu coverage -l left "$one"
check 'a pattern that fits nothing' 2 "left, line 1: nothing is called 'vtd/reason/NO_SUCH_THING'; take the line out$"
printf 'vtd/reason/SS_WRITE\n' >left
iommu coverage -l left "$one"
check 'no reason given' 2 'left, line 1: expected a pattern and a reason$'
iommu coverage -l /no/such "$one"
check 'no such list' 2 'cannot open /no/such: No such file'
iommu coverage -f xml "$one"
check 'no such form' 2 "takes text, json or html; got 'xml'$"
iommu coverage -o /no/such/file "$one"
check 'a place that cannot be written' 2 'cannot write /no/such/file'
iommu coverage -j 257 "$one"
check 'too many workers' 2 "takes a number up to 256; got '257'$"
iommu coverage --no-such "$one"
check 'no such option' 2 "coverage: unknown option"
iommu coverage --blocks blocks "$one"
if [ "$status" -eq 0 ] && grep -q '^0x[0-9a-f]* 1 .*raw-guest-translates.dts$' blocks; then
	pass # the build of `make coverage`
else
	check 'a build that does not count blocks' 2 'does not count the driver.s blocks; .make coverage. makes one that does'
fi
iommu coverage --all -l /dev/null "$one"
if [ "$status" -eq 1 ] && grep -q 'vtd/entry/pid.SN is reached by no scenario$' err; then pass; else fail 'all' 'expected exit status 1 and pid.SN'; fi

# An entry counts when the hardware reads it, whoever wrote it (here the driver), and not when a scenario lays it down.
cp "$root"/scenarios/machines/*.dtsi .
cat >driver.dts <<'END'
/dts-v1/;
/include/ "vtd.dtsi"
/ {
	title = "the driver writes the tables, the hardware reads them";
	spec = "VT-d 3.4 Mapping Devices to Domains";
	steps {
		unused { do = "mem-write"; addr = <0x100000>; as = "irte-remapped"; P = <1>; V = <0x41>; };
		start { do = "start"; };
		domain { do = "domain"; domain = <1>; };
		attach { do = "attach"; domain = <1>; dev = <&nic>; };
		map { do = "map"; domain = <1>; iova = <0x5000>; pa = <0x200000>; };
		dma { do = "write"; dev = <&nic>; iova = <0x5000>; pa = <0x200000>; };
	};
};
END
iommu coverage -m driver.dts
check 'tables of the driver' 0 ''
if grep -qE 'vtd/entry/(root\.CTP|context\.SSPTPTR|context\.DID|ss\.R|ss\.ADDR)( |$)' out; then
	fail 'tables of the driver' 'the hardware read its root, context and page table entries'
else
	pass
fi
has 'an entry nobody read' '^not reached    vtd/entry/irte-remapped\.V$'
has 'a permission not given' '^not reached    vtd/entry/context\.FPD$'

# Lines of the driver that only one scenario reaches, from blocks: f has two, of which the first is reached by two scenarios,
# line 13 is not counted by lcov, and what g does before its first call belongs to g.
cat >code <<'END'
0000000000001000 <f>:
    1004:	call   2000 <__sanitizer_cov_trace_pc>
    1020:	call   2000 <__sanitizer_cov_trace_pc>
0000000000001040 <g>:
    1044:	call   2000 <__sanitizer_cov_trace_pc>
END
printf '%s\n' '0x1008 2 a.dts' '0x1024 1 b.dts' '0x1048 1 c.dts' >blocks
printf '%s\n' 'SF:/x/driver/f.c' DA:10,2 DA:11,2 DA:12,1 DA:20,1 DA:21,1 end_of_record >info
printf '%s\n' 'CU: driver/f.c:' 'f.c 10 0x1000 x' 'f.c 11 0x1009 x' 'f.c 12 0x1020 x' 'f.c 13 0x1030 x' 'f.c 20 0x1040 x' \
	'f.c 21 0x1049 x' >lines
awk -f "$root/coverage/only.awk" part=code code part=blocks blocks part=info info part=lines lines 2>err | sort >out
status=0
check 'lines of one scenario' 0 ''
printf '%s\n' 'b.dts driver/f.c 12' 'c.dts driver/f.c 20' 'c.dts driver/f.c 21' >wanted
same 'lines of one scenario' wanted out
