# crosscheck: what it refuses; and on the installed QEMU, when there is one, that transcripts are compared: rows explain what is
# known, a QEMU whose registers say something else differs, and a row that nothing needs fails the run.
# shellcheck shell=sh disable=SC2154,SC2034

fixture good.dts

iommu crosscheck --matrix
check 'a table of nothing' 2 'crosscheck: --matrix needs PATH'
iommu crosscheck --random 0 --json out.json
check 'a report of nothing' 2 'crosscheck: --json needs PATH or generated cases'
iommu crosscheck --only sim --random 8 --from 16 --seed 3 --vendor vtd --verbose --json cases.json
check 'cases of the simulator alone' 0 ''
has 'what they came by' '^drawn   '
has 'a row of it' '^  cache  +all: '
if python3 -c 'import json, sys
r = json.load(open("cases.json"))["random"][0]
assert (r["vendor"], r["seed"], r["from"], r["cases"], r["differ"]) == ("vtd", 3, 16, 8, 0)
assert r["sides"] == ["sim"] and r["differences"] == [] and r["needed"] == [] and r["drawn"]["never"]
assert r["dma"]["moved"] + r["dma"]["blocked"] == sum(map(int, open("out").read().split("differences; ")[1].split(" DMA")[:1]))' 2>err; then
	pass
else
	fail 'generated cases in JSON' 'it does not say what the text says'
fi
iommu crosscheck --case 3 --from 5
check 'one case and a range' 2 'crosscheck: --case is one case; --from goes without it'
iommu crosscheck --from none
check 'a range from nowhere' 2 "option '--from' got 'none'; expected a number up to 100000000"
iommu crosscheck --json '' good.dts
check 'a report without a name' 2 "option '--json' got ''; expected the name of a file"
iommu crosscheck --json /nonexistent/report.json good.dts
check 'a report that cannot be written' 2 'crosscheck: cannot write /nonexistent/report.json: No such file or directory'
iommu crosscheck --only sim good.dts
check 'one side of two' 2 'crosscheck: scenarios run on both sides; --only goes without PATH'
iommu crosscheck --qemu ./missing good.dts
check 'no such program' 2 'crosscheck: \./missing: No such file or directory; install it .*--qemu PATH'
PATH=/nonexistent "$sim" crosscheck --random 1 >out 2>err </dev/null
status=$?
check 'nothing in PATH' 2 'crosscheck: qemu-system-x86_64: not found in PATH; install it'
printf '#!/bin/sh\necho "QEMU emulator version 5.2.0 (Debian)"\n' >old
chmod +x old
iommu crosscheck --qemu ./old good.dts
check 'too old' 2 'crosscheck: \./old: QEMU 5\.2\.0 \(Debian\) is older than 7\.2'
iommu crosscheck --qemu a --qemu b --qemu c --qemu d --qemu e good.dts
check 'five programs' 2 "option '--qemu' got 'e'; expected four programs at most"
iommu crosscheck --rows
check 'the list' 0 ''
has 'a row of it' '^V14 +legal +7\.2-'

qemu=$(command -v qemu-system-x86_64)
if [ -z "$qemu" ]; then
	echo "cli: skipped: crosscheck on QEMU (no qemu-system-x86_64; apt-get install qemu-system-x86)"
	# shellcheck disable=SC2317
	return 0 2>/dev/null || exit 0
fi

cp -r "$here/../../scenarios/machines" .
mkdir -p vtd
cp "$here/../../scenarios/vtd/gcmd-srtp-keeps-caches-without-esrtps.dts" "$here/../../scenarios/vtd/queue-error-reserved-table-mode.dts" vtd
iommu crosscheck --random 0 -j 1 --vendor vtd --matrix --json report.json vtd
check 'known differences' 0 ''
has 'version and seed' '^# qemu [0-9]+\.[0-9]+.*machine q35, seed 1$'
has 'machine and options' '^ +machine q35,.* intel-iommu,aw-bits=48'
has 'a new root forgets' '^ +V14 +legal '
has 'the table' '^	qemu [0-9.]+ +.*by .*V14'
has 'rows of other scenarios' '^rows .* not judged, for the scenarios that need them did not run$'
if python3 -c 'import json, sys
d = json.load(open("report.json"))
q = d["qemu"][0]
assert d["seed"] == 1 and q["version"] and q["differ"] == 0 and q["records"] > 0 and q["machines"]
m = q["machines"][0]
assert m["type"].startswith("q35,") and m["memory"].endswith("M") and m["unit"].startswith("intel-iommu,") and m["devices"]
n = [x for x in q["needed"] if x["row"] == "V14"]
assert n and n[0]["rule"] == "legal" and n[0]["what"] and n[0]["permutations"] == sum("V14" in r["qemu"][0]["rows"] for r in d["results"])
assert any("V14" in r["qemu"][0]["rows"] for r in d["results"])' 2>err; then
	pass
else
	fail 'the report in JSON' 'it does not say what the text says'
fi

# A row that nothing needs: the scenario that is to need V14 does nothing.
sed -e '/vary {/,/};/d' -e '/steps {/,$d' vtd/gcmd-srtp-keeps-caches-without-esrtps.dts >idle
printf '\tsteps { nothing { do = "reg-read"; register = "VER"; MIN = <0>; }; };\n};\n' >>idle
mkdir -p rot/vtd caps
cp -r machines rot
mv idle rot/vtd/esrtps-new-root-without-invalidation.dts
iommu crosscheck --random 0 -j 1 --vendor vtd rot/vtd
check 'a row too many' 1 ''
has 'which one' '^FAIL +row V14: nothing needed it on qemu .*not even vtd/esrtps-new-root-without-invalidation\.dts'

# A QEMU that has another capability than a scenario takes for granted: both sides agree, and it is skipped.
cat >other <<SH2
#!/bin/sh
case \$1 in --version | -device | -accel) exec "$qemu" "\$@" ;; esac
exec "$qemu" "\$@" -global intel-iommu.dma-drain=off
SH2
chmod +x other
cat >caps/drains.dts <<'DTS'
/dts-v1/;
/include/ "vtd.dtsi"
/ {
	title = "what QEMU says of its machine";
	spec = "test";
	steps { cap { do = "reg-read"; register = "CAP"; DRD = <1>; DWD = <1>; }; };
};
DTS
iommu crosscheck --random 0 -j 1 --vendor vtd --qemu ./other caps
check 'a capability that is not stated' 0 ''
has 'why it is skipped' 'it needs a capability that it does not state'

cat >refuses <<SH2
#!/bin/sh
case \$1 in --version | -device | -accel) exec "$qemu" "\$@" ;; esac
exec "$qemu" "\$@" -device intel-iommu,no-such-option=1
SH2
chmod +x refuses
iommu crosscheck --random 1 --qemu ./refuses
check 'an option refused' 2 'crosscheck: \./refuses: .*does not start as "intel-iommu,.*no-such-option.*; --qemu names another'
case $B in
*san*) ;; # a sanitizer reserves more addresses than that for itself
*)
	(ulimit -v 400000; "$sim" crosscheck --random 1 >out 2>err </dev/null)
	status=$?
	check 'no memory for it' 2 'crosscheck: .*qemu-system-x86_64.*'
	(ulimit -n 100; "$sim" crosscheck --random 1 >out 2>err </dev/null)
	status=$?
	check 'too few files' 2 'crosscheck: .*cannot start it: too few files may be open; allow more \(ulimit -n 1024\)'
	(ulimit -f 1000; "$sim" crosscheck --random 1 >out 2>err </dev/null)
	status=$?
	check 'files too small' 2 'crosscheck: .*File too large; allow larger files \(ulimit -f unlimited\).*'
	;;
esac

killed 2 crosscheck --random 400 -j 2 vtd
