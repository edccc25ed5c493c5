#!/bin/sh
# What the archives ask of their surroundings, and that neither they nor the engine keep state outside structures.
set -u

B=${B:-build}
failed=0

# `nm -f sysv` names the section, which tells a constant that needs relocation (.data.rel.ro) from a variable.
mutable() { # archive
	nm -f sysv "$1" 2>/dev/null | awk -F'|' '
		/^Symbols from|\.o:?$/ { next }
		{ gsub(/ /, "", $1); gsub(/ /, "", $3); gsub(/ /, "", $7) }
		$3 ~ /^[bBdDCsS]$/ && $7 !~ /^\.data\.rel\.ro/ { print "    " $1 " in " $7 }'
}

kernel=
[ -f "$B/kernel/libiommu.a" ] && kernel=$B/kernel/libiommu.a
for archive in "$B/libiommu.a" $kernel "$B/libiommusim.a" "$B/obj/libengine.a"; do
	if [ -z "$(nm "$archive" 2>/dev/null)" ]; then
		echo "archives: $archive is missing or empty; remedy: make"
		failed=1
		continue
	fi
	state=$(mutable "$archive")
	if [ -n "$state" ]; then
		echo "archives: $archive has mutable file-scope state; two machines must live in one process"
		echo "$state"
		echo "  remedy: make it const, or a member of the structure it belongs to"
		failed=1
	fi
done

# Undefined anywhere and defined nowhere in the archive.
unmet=$(nm "$B/libiommu.a" 2>/dev/null | awk '
	NF == 2 && $1 == "U" { want[$2] = 1 }
	NF == 3 && $2 ~ /^[TDBRVWiA]$/ { have[$3] = 1 }
	END { for (s in want) if (!(s in have)) print s }' |
	grep -vx -e memcpy -e memset -e memmove -e memcmp -e _GLOBAL_OFFSET_TABLE_ | sort)
if [ -n "$unmet" ]; then
	echo "archives: the driver needs symbols beyond memcpy memset memmove memcmp:"
	echo "$unmet" | sed 's/^/    /'
	echo "  remedy: ask the platform (include/iommu/plat.h), or write the few lines in driver/"
	failed=1
fi
exit $failed
