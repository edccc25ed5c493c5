# iommu-sim acpi: text, bytes and files of the tables, and that another reader of such tables takes them.
# shellcheck shell=sh disable=SC2154,SC2034

root=$(cd "$here/../.." && pwd)
scenarios=$root/scenarios

iommu acpi "$scenarios/acpi/special-devices-have-their-units.dts#machine=vtd"
check 'text of a DMAR' 0 ''
has 'where a unit stands' '^DMAR\+0x0030  DRHD iommu0, segment 0, registers at 0xfed90000$'
has 'the last unit takes the rest' 'DRHD iommu1.*all other devices$'
iommu acpi "$scenarios/acpi/special-devices-have-their-units.dts#machine=amdvi"
check 'text of an IVRS' 0 ''
has 'blocks of both types' '^IVRS\+0x[0-9a-f]*  IVHD 11h iommu1, '
has 'an HPET' 'HPET 0, appears as 00a8$'
iommu acpi "$scenarios/acpi/special-devices-have-their-units.dts"
check 'the first permutation when none is named' 0 ''
has 'which is VT-d' '^DMAR\+0x0000  '

iommu acpi --hex "$scenarios/acpi/special-devices-have-their-units.dts"
check 'bytes' 0 ''
has 'as acpidump names them' '^DMAR @ 0x0000000000000000$'
has 'signature first' '^    0000: 44 4D 41 52 .. 00 00 00 01 '

mkdir tables
iommu acpi --out tables "$scenarios/acpi/special-devices-have-their-units.dts"
check 'files' 0 ''
has 'names of the files' '^tables/dmar\.dat$'
iommu acpi --out nowhere "$scenarios/acpi/special-devices-have-their-units.dts"
check 'a folder that is not there' 2 'nowhere/dmar\.dat: cannot write it: '

iommu acpi
check 'no scenario' 2 'acpi: expected one scenario, got 0'
iommu acpi a.dts b.dts
check 'two scenarios' 2 'acpi: expected one scenario, got 2'
iommu acpi "$scenarios/acpi"
check 'a folder' 2 'has more than one scenario'
iommu acpi missing.dts
check 'a missing file' 2 'missing\.dts: '
iommu acpi "$scenarios/acpi/special-devices-have-their-units.dts#machine=mips"
check 'an id there is not' 2 'machine=mips'
iommu acpi --frob x.dts
check 'an unknown option' 2 "unknown option '--frob'"

# Wrong nodes of the scenario's acpi node, each with its message.
wrong() { # NAME PATTERN NODES
	printf '/dts-v1/;\n/include/ "%s/machines/any.dtsi"\n/ { title = "t"; spec = "s"; machine { acpi { %s }; };\n%s\n' \
		"$scenarios" "$3" 'steps { s { do = "start"; }; }; };' >wrong.dts
	iommu acpi wrong.dts
	check "$1" 2 "$2"
}
wrong 'an unknown kind' 'unknown name "regoin".*"region"' 'x { kind = "regoin"; };'
wrong 'a region without memory' 'property "reg" is missing: kind = "region" needs it' 'x { kind = "region"; dev = <&nic>; };'
wrong 'a region of nobody' 'for one device \(dev\) or for all' 'x { kind = "region"; reg = <0 0 0 0x1000>; };'
wrong 'a property of another kind' 'property "rid" means nothing with kind = "region"' \
	'x { kind = "region"; dev = <&nic>; reg = <0 0 0 0x1000>; rid = <1>; };'
wrong 'a patch that does nothing' 'a patch has either' 'x { kind = "patch"; table = "dmar"; };'
wrong 'a block of another type' 'expected one to three of <0x10 0x11 0x40>' 'ivhd = <0x12>;'
wrong 'a table there is not' 'unknown name "madt"' 'missing = "madt";'
wrong 'a bridge with one bus' 'expected the first and the last bus' 'x { kind = "bridge"; rid = <8>; buses = <1>; };'

# The rules of docs/acpi.md are the reader's.
: >err
sed -n 's/.*{ "\([a-z-]*\)", "\([^"]*\)" },$/| `\1` | \2 |/p' "$root/driver/acpi/rules.c" | grep -v '^| `none`' >rules
sed -n '/^| rule | what is wrong/,/^$/p' "$root/docs/acpi.md" | grep '^| `' >documented
status=0
same 'the rules of docs/acpi.md' rules documented

# ACPICA's disassembler knows both formats, and says where it lost its way.
if command -v iasl >/dev/null 2>&1; then
	decoded() { # SCENARIO TABLE PATTERN
		rm -rf tables && mkdir tables
		iommu acpi --out tables "$1"
		check "files of ${1##*/}" 0 ''
		iasl -d "tables/$2.dat" >out 2>&1 </dev/null
		status=$?
		: >err
		check "iasl takes the $2 of ${1##*/}" 0 ''
		cat "tables/$2.dsl" >>out
		if grep -qiE 'unknown|invalid|error|incorrect checksum|\*\*\*\*' out; then
			fail "iasl on the $2 of ${1##*/}" 'it complains'
		else
			pass
		fi
		has "iasl finds $3" "$3"
	}
	for id in vtd amdvi; do
		table=dmar
		[ $id = amdvi ] && table=ivrs
		decoded "$scenarios/acpi/region-mapped-to-itself-before-translation-and-after-a-detach.dts#machine=$id,cache=keep-all" \
			$table 'Address : 0000000000300000'
		decoded "$scenarios/acpi/special-devices-have-their-units.dts#machine=$id" $table 'Base Address : 00000000FED94000'
		decoded "$scenarios/acpi/bridge-listed-covers-what-is-behind.dts#machine=$id" $table 'Base Address : 00000000FED90000'
	done
	decoded "$scenarios/acpi/bridge-path-leads-to-the-device.dts" dmar 'PCI Path : 01,00'
	decoded "$scenarios/acpi/alias-of-a-function-is-attached.dts#cache=keep-all" ivrs 'Source Used Device ID : 0008'
else
	echo 'note: skipped, no iasl (acpica-tools): whether another reader takes the ACPI tables'
fi
