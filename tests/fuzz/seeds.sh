#!/bin/sh
# Writes the seeds of one fuzz target into a folder: what tests/fuzz/corpus/NAME keeps, and what can be generated.
# Usage: B=build tests/fuzz/seeds.sh NAME FOLDER. A target without a case here has the kept seeds alone.
set -u

B=${B:-build}
name=$1
to=$2
mkdir -p "$to" || exit 1
if [ -d "tests/fuzz/corpus/$name" ]; then
	cp "tests/fuzz/corpus/$name"/* "$to"/ || exit 1
fi
n=0

# The tables of every scenario about them.
tables() { # dmar or ivrs
	dir=$(mktemp -d) || exit 1
	for f in scenarios/acpi/*.dts; do
		for id in '' '#machine=vtd' '#machine=amdvi' '#machine=amdvi,cache=keep-all'; do
			rm -f "$dir"/*
			"$B/iommu-sim" acpi --out "$dir" "$f$id" >/dev/null 2>&1 || continue
			[ -f "$dir/$1.dat" ] || continue
			n=$((n + 1))
			cp "$dir/$1.dat" "$to/scenario-$n"
		done
	done
	rm -rf "$dir"
}

case $name in
dmar | ivrs) tables "$name" ;;
scenario)
	for f in scenarios/acpi/*.dts scenarios/common/s*.dts; do
		n=$((n + 1))
		dtc -q -@ -I dts -O dtb -i scenarios/machines -o "$to/scenario-$n" "$f" 2>/dev/null || rm -f "$to/scenario-$n"
	done
	;;
decode) cp docs/samples/*.log "$to"/ ;;
pages) cp docs/samples/*.pages "$to"/ ;;
debugfs) cp docs/samples/linux-debugfs.txt "$to"/ ;;
esac
