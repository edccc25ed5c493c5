#!/bin/sh
# The layering rules are worth nothing if they cannot fail: dependency files that break every one of them.
set -eu

root=$(pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/b/obj"
cd "$work"

includes() { # source included...
	mkdir -p "$(dirname "$1")"
	: >"$1"
	name=$(echo "$1" | tr / _)
	printf '%s.o: %s' "$name" "$*" | sed 's/ / \\\n /2' >"b/obj/$name.d"
	printf '\n' >>"b/obj/$name.d"
}

includes driver/a.c /usr/include/string.h sim/mem.h
includes driver/intel/a.c driver/amd/a.h
includes driver/amd/a.c driver/intel/../intel/a.h
includes sim/a.c driver/mem.h /usr/include/libfdt.h scenarios/engine/engine.h include/iommu/plat.h
includes sim/vtd/a.c sim/amdvi/a.h
includes sim/amdvi/a.c sim/vtd/../../sim/vtd/a.h
includes scenarios/engine/a.c include/iommu/driver.h include/iommusim/sim.h /usr/include/libfdt.h
includes scenarios/engine/b.c include/iommusim/vtd.h /usr/include/libfdt.h sim/machine.h
includes tests/toy/a.c include/iommu/plat.h
includes tests/baremetal/a.c driver/internal.h
last=$(B=b "$root/tests/lint/layering.sh" 2>&1 | tail -n 1) || :
rules=$(grep -c "^\(never\|only\|nobody_but\|at_most_one\) '" "$root/tests/lint/layering.sh")
if [ "$last" != "0 passed, $rules failed" ]; then
	echo "layering_bites: every one of $rules rules is broken, yet it says '$last'"
	exit 1
fi
