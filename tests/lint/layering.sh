#!/bin/sh
# Who includes whom, read from the compiler's dependency files under $B/obj (docs/design.md, "Who may include whom").
# Each rule counts as one test; the last line is "N passed, N failed".
set -u

B=${B:-build}
passed=0
failed=0
all=$(mktemp) || exit 1
trap 'rm -f "$all"' EXIT

# One line per pair: "source included", paths relative to the root; system headers keep their absolute path. The
# dependency file of a source that is gone does not count.
find "$B/obj" -name '*.d' -exec cat {} + |
	awk '{ more = sub(/\\$/, ""); line = line $0; if (!more) { print line; line = "" } }' |
	awk -F': ' 'NF > 1 { n = split($2, f, " "); for (i = 2; i <= n; i++) if (f[i] != f[1]) print f[1], f[i] }' |
	awk '!($1 in here) { here[$1] = (getline line < $1) >= 0; close($1) } here[$1]' |
	sed -e ':again' -e 's|[^ /.][^ /]*/\.\./||' -e 't again' | sort -u >"$all"
if [ ! -s "$all" ]; then
	echo "layering: no dependency file under $B/obj; build first (make)"
	echo "0 passed, 1 failed"
	exit 1
fi

ok() {
	passed=$((passed + 1))
}

bad() { # rule, remedy, offenders
	failed=$((failed + 1))
	echo "layering: $1"
	echo "$3" | sed 's/^/    /'
	echo "  remedy: $2"
}

# never RULE SOURCES INCLUDED REMEDY: no source that matches includes a file that matches
never() {
	hits=$(awk -v s="$2" -v i="$3" '$1 ~ s && $2 ~ i { print $1 " includes " $2 }' "$all")
	if [ -z "$hits" ]; then ok; else bad "$1" "$4" "$hits"; fi
}

# only RULE SOURCES ALLOWED REMEDY: project files that a matching source includes all match ALLOWED
only() {
	hits=$(awk -v s="$2" -v a="$3" '$1 ~ s && $2 !~ a { print $1 " includes " $2 }' "$all")
	if [ -z "$hits" ]; then ok; else bad "$1" "$4" "$hits"; fi
}

# nobody_but RULE ALLOWED SOURCES INCLUDED REMEDY: of the sources that match, those alone that match ALLOWED include such a file
nobody_but() {
	hits=$(awk -v a="$2" -v s="$3" -v i="$4" '$1 ~ s && $1 !~ a && $2 ~ i { print $1 " includes " $2 }' "$all")
	if [ -z "$hits" ]; then ok; else bad "$1" "$5" "$hits"; fi
}

# at_most_one RULE SOURCES INCLUDED REMEDY: one source at most names such a file
at_most_one() {
	hits=$(awk -v s="$2" -v i="$3" '$1 ~ s && $2 ~ i { print $1 }' "$all" | sort -u)
	if [ "$(printf '%s' "$hits" | grep -c .)" -le 1 ]; then
		ok
	else
		bad "$1" "$4" "$hits"
	fi
}

# The compiler's own headers: all that -nostdinc -isystem leaves.
compiler_dir=$(${CC:-cc} -print-file-name=include)

only 'driver/ includes only itself, include/hw, include/iommu and the freestanding headers of the compiler' \
	'^driver/' "^(driver/|include/hw/|include/iommu/|$compiler_dir/)" \
	'ask the platform (include/iommu/plat.h) for what the driver needs'
never 'driver/ never includes the simulator' '^driver/' '^(sim/|include/iommusim/|scenarios/|tests/)' \
	'the driver and the simulator share include/hw alone'
only 'sim/ includes only itself, include/hw, include/iommusim and system headers' \
	'^sim/' '^(sim/|include/hw/|include/iommusim/|/)' \
	'move what both sides need to include/hw if it is a hardware fact; otherwise write it apart'
never 'sim/ never includes the driver or its public face' '^sim/' '^(driver/|include/iommu/)' \
	'the driver and the simulator share include/hw alone'
never 'sim/ never includes libfdt, cJSON or check' '^sim/' '/(libfdt|libfdt_env|fdt|cJSON|check)\.h$' \
	'scenario files and tests belong to scenarios/engine and tests/'
never 'sim/vtd never includes sim/amdvi' '^sim/vtd/' '^sim/amdvi/' 'move what is common to sim/'
never 'sim/amdvi never includes sim/vtd' '^sim/amdvi/' '^sim/vtd/' 'move what is common to sim/'
never 'driver/intel never includes driver/amd' '^driver/intel/' '^driver/amd/' 'move what is common to driver/'
never 'driver/amd never includes driver/intel' '^driver/amd/' '^driver/intel/' 'move what is common to driver/'
never 'scenarios/engine uses public headers only' '^scenarios/engine/' '^(sim|driver|tests)/' \
	'add what is missing to include/iommusim or include/iommu'
nobody_but 'of the engine the reference guest alone includes iommu/driver.h' '^scenarios/engine/guest(_[a-z]+)?\.c$' \
	'^scenarios/engine/' '^include/iommu/driver\.h$' 'speak to the guest through its engine interface'
at_most_one 'one engine file includes iommusim/: the simulator backend' \
	'^scenarios/engine/' '^include/iommusim/' 'speak to the backend through its engine interface'
at_most_one 'one engine file uses libfdt' \
	'^scenarios/engine/' '/libfdt\.h$' 'read nodes through the engine file that wraps it'
never 'tests/toy uses the simulator alone' '^tests/toy/' '^(driver|include/iommu|sim)/' \
	'a third party has the simulator headers and its archive, nothing else'
never 'tests/baremetal has what a kernel has: the public headers of the driver' '^tests/baremetal/' \
	'^(driver/|sim/|scenarios/|include/iommusim/|/usr/include/)' \
	'what a kernel needs belongs to include/iommu'

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
