# The backend qemu: what it says of a program that is none, and a run on the installed QEMU, when there is one. A QEMU that
# dies or hangs fails its scenario and nothing else; one whose command is killed does not survive.
# shellcheck shell=sh disable=SC2154,SC2034

fixture good.dts

# fake NAME TEXT: an executable that says TEXT to --version and to nothing else
fake() {
	# shellcheck disable=SC2016
	printf '#!/bin/sh\ncase $1 in --version) echo "%s" ;; esac\n' "$2" >"$1"
	chmod +x "$1"
}

fake none 'qemu-img version 7.2'
fake old 'QEMU emulator version 5.2.0 (Debian)'
fake other 'QEMU emulator version 9.1.0'
: >plain
printf 'junk' >junk
chmod +x junk

iommu run --backend qemu --qemu ./missing good.dts
check 'no such program' 2 'run: \./missing: No such file or directory; install it .*--qemu PATH'
iommu run --backend qemu --qemu no-qemu-of-this-name good.dts
check 'not in PATH' 2 'not found in PATH; install it'
iommu run --backend qemu --qemu ./plain good.dts
check 'not executable' 2 '\./plain: not a program; install it'
iommu run --backend qemu --qemu ./junk good.dts
check 'no program' 2 '\./junk: cannot start it: Exec format error'
iommu run --backend qemu --qemu ./none good.dts
check 'not QEMU' 2 '\./none: not QEMU: --version says "qemu-img version 7.2"; --qemu wants a qemu-system-x86_64'
iommu run --backend qemu --qemu ./old good.dts
check 'too old' 2 '\./old: QEMU 5\.2\.0 \(Debian\) is older than 7\.2'
iommu run --backend qemu --qemu ./other good.dts
check 'for another processor' 2 'QEMU 9\.1\.0 has no device intel-iommu'
iommu run --qemu ./old good.dts
check 'without the backend' 2 'run: --qemu needs --backend qemu'
iommu run --backend qemu --qemu ./old --qemu ./none good.dts
check 'two programs' 2 "option '--qemu' got '\./none'; expected one program"
iommu run --backend qemu --qemu '' good.dts
check 'an empty name' 2 "option '--qemu' got ''"
PATH=/nonexistent "$sim" run --backend qemu good.dts >out 2>err </dev/null
status=$?
check 'nothing in PATH' 2 'qemu-system-x86_64: not found in PATH; install it'

qemu=$(command -v qemu-system-x86_64)
if [ -z "$qemu" ]; then
	echo "cli: skipped: runs on QEMU (no qemu-system-x86_64; apt-get install qemu-system-x86)"
	# shellcheck disable=SC2317
	return 0 2>/dev/null || exit 0
fi

cp -r "$here/../../scenarios/machines" .
mkdir -p on more
cat >on/moves.dts <<'DTS'
/dts-v1/;
/include/ "any.dtsi"
/ {
	title = "bytes go where the tables say, until they no longer do";
	spec = "test";
	vary { machine = "vtd", "amdvi"; cache = "keep-all", "keep-none"; };
	steps {
		start { do = "start"; };
		domain { do = "domain"; domain = <1>; };
		attach { do = "attach"; domain = <1>; dev = <&nic>; };
		map { do = "map"; domain = <1>; iova = <0x5000>; pa = <0x200000>; size = <0x2000>; };
		write { do = "write"; dev = <&nic>; iova = <0x5ff0>; pa = <0x200ff0>; len = <0x20>; };
		read { do = "read"; dev = <&nic>; iova = <0x5ff0>; pa = <0x200ff0>; len = <0x20>; };
		zeroes { do = "read"; dev = <&nic>; iova = <0x6800>; pa = <0x201800>; data = [00]; };
		unmap { do = "unmap"; domain = <1>; iova = <0x5000>; size = <0x2000>; };
		blocked { do = "write"; dev = <&nic>; iova = <0x5100>; expect = "fault"; reason = "SS_WRITE", "IO_PAGE_FAULT"; };
		record { do = "drain"; f { dev = <&nic>; addr = <0x5000>; reason = "SS_WRITE", "IO_PAGE_FAULT"; }; };
		refused { do = "read"; dev = <&nic>; iova = <0x5100>; expect = "fault"; };
	};
};
DTS
iommu run --backend qemu -j 1 on
check 'runs on QEMU' 0 ''
has 'both architectures pass' '^2 passed, 0 failed, 2 skipped'
has 'what it cannot be is skipped by name' '^skipped .*caches that forget by themselves'
has 'the version' '^backend qemu: [0-9]+\.[0-9]+'
has 'what is not judged is counted' '^[0-9]+ expectations .* were not judged$'
iommu run --backend qemu -j 1 --format json on
check 'as JSON' 0 ''
has 'the version in JSON' '"backend-version"'

# What must come out does come out: a wrong expectation fails, and shows what was said to QEMU.
sed 's/pa = <0x201800>; data/pa = <0x202800>; data/' on/moves.dts >more/wrong.dts
iommu run --backend qemu -j 1 --only machine=vtd,cache=keep-all more/wrong.dts
check 'a wrong page is noticed' 1 ''
has 'which page it was' 'pa: expected 0x202800, got 0x201800'
has 'the last commands' '^ +readq 0x'
has 'runs again on QEMU' 'run again: .* --backend qemu '

# The same bytes for any number of workers.
iommu run --backend qemu -j 0 on
cp out zero
iommu run --backend qemu -j 2 on
same 'workers do not change the report' zero out

# A QEMU that is refused an option is bad input; one that dies in the middle fails its scenario alone.
cat >dies <<SH
#!/bin/sh
case \$1 in --version | -device | -accel) exec "$qemu" "\$@" ;; esac
(sleep 3; echo "it said farewell" >&2; kill -9 \$\$) &
exec "$qemu" "\$@"
SH
cat >refuses <<SH
#!/bin/sh
case \$1 in --version | -device | -accel) exec "$qemu" "\$@" ;; esac
exec "$qemu" "\$@" -device intel-iommu,no-such-option=1
SH
chmod +x dies refuses
iommu run --backend qemu --qemu ./refuses -j 1 --only machine=vtd,cache=keep-all on
check 'an option refused' 2 'does not start as "intel-iommu,.*no-such-option'
sed 's|^\(\t\tunmap {.*\)$|\t\tlong { do = "reg-wait"; register = "GSTS"; TES = <0>; timeout-ns = /bits/ 64 <20000000000>; };\n\1|' \
	on/moves.dts >more/long.dts
iommu run --backend qemu --qemu ./dies -j 1 --only machine=vtd,cache=keep-all more/long.dts
check 'a QEMU that dies' 1 ''
has 'that it is gone' 'QEMU [0-9.]+.*: it closed the connection'
has 'what it said last' 'standard error: .*it said farewell'

killed 1 run --backend qemu -j 2 more/long.dts on
