# The model of `iommu-sim coverage` is whole: every field of include/hw is an item of it, or named in coverage/outside.
# shellcheck shell=sh disable=SC2154,SC2034

root=$(cd "$here/../.." && pwd)

# Masks that the tables of the architectures use, their short forms written out; the tables of fields end where layouts begin.
fields_of() { # architecture prefix
	sed -n '/^static const struct layout layouts/q;p' "$root/scenarios/engine/arch_$1.c" |
		sed -E "s/[^_A-Za-z][RP]\(([A-Z0-9_]+), ([A-Z0-9_]+)\)/ $2_\1_\2 /g
			s/[^_A-Za-z]W\(([A-Z0-9_]+), ([0-9]), ([A-Z0-9_]+)\)/ $2_\1\2_\3 /g" |
		grep -oE "$2_[A-Za-z0-9_]+"
}
{
	fields_of vtd VTD
	fields_of amdvi AMDVI
} | sort -u >items
sed -nE 's/^#define[[:space:]]+((VTD|AMDVI)_[A-Za-z0-9_]+)[[:space:]]+(MASK|BIT)(32|64)\(.*/\1/p' \
	"$root"/include/hw/vtd*.h "$root"/include/hw/amdvi*.h | sort -u >masks
comm -13 items masks >others
sed -e 's/[[:space:]].*//' -e '/^#/d' -e '/^$/d' "$root/coverage/outside" >patterns
: >out
: >err
status=0
if [ "$(wc -l <items)" -gt 600 ] && [ "$(wc -l <masks)" -gt 800 ]; then
	pass
else
	fail 'fields and masks' 'the tables or the headers are no longer written as this test reads them'
fi
used=' '
while read -r mask; do
	known=
	while read -r pattern; do
		# shellcheck disable=SC2254 # it is a pattern
		case $mask in
		$pattern)
			known=yes
			case $used in *" $pattern "*) ;; *) used="$used$pattern " ;; esac
			break
			;;
		esac
	done <patterns
	[ -n "$known" ] || fail "$mask" 'no field of scenarios/engine/arch_*.c and not in coverage/outside'
done <others
while read -r pattern; do
	case $used in
	*" $pattern "*) pass ;;
	*) fail "$pattern" 'this line of coverage/outside fits nothing: take it out' ;;
	esac
done <patterns
if grep -qvE '^(#.*|[^[:space:]]+[[:space:]]+[^[:space:]].*|)$' "$root/coverage/outside"; then
	fail 'coverage/outside' 'a line is no pattern with a reason'
else
	pass
fi
