#!/bin/sh
# Boots the image on QEMU's machines and compares what it says with tests/baremetal/expected. The last line is
# "N passed, N failed". Usage: smoke.sh IMAGE; QEMU names another emulator.
set -u

image=$1
qemu=${QEMU:-qemu-system-x86_64}
here=$(dirname "$0")
machine=q35,accel=tcg
# Virtual time follows the instructions, so that a busy host changes nothing.
clock=shift=6,sleep=off
edu='edu,dma_mask=0xffffffffffffffff'
limit_s=60
passed=0
failed=0

if ! command -v "$qemu" >/dev/null 2>&1; then
	echo "  skipped smoke: no $qemu; remedy: apt-get install qemu-system-x86 (or .ci/deps qemu)"
	echo "0 passed, 0 failed"
	exit 0
fi
version=$("$qemu" --version | sed -n 's/^QEMU emulator version \([0-9]*\.[0-9]*\).*/\1/p')
echo "QEMU: $("$qemu" --version | head -n 1)"
echo "machine: $machine, -icount $clock, 128 MiB, $edu"
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

# Later versions pass AMD-Vi DMA through untranslated unless told otherwise, each in words of its own.
amd() {
	if "$qemu" -device amd-iommu,help 2>&1 | grep -q dma-remap; then
		echo amd-iommu,dma-remap=on
	elif [ "${version%%.*}" -ge 8 ]; then
		echo amd-iommu,pt=off
	else
		echo amd-iommu
	fi
}

bad() { # name why
	failed=$((failed + 1))
	echo "FAILED  smoke $1: $2"
	sed 's/^/    /' "$dir/out"
	sed 's/^/    qemu: /' "$dir/err"
}

boot() { # device options...
	timeout -k 2 "$limit_s" "$qemu" -machine "$machine" -icount "$clock" -m 128M -display none -nodefaults \
		-no-user-config -no-reboot -monitor none -serial "file:$dir/serial" \
		-device isa-debug-exit,iobase=0xf4,iosize=0x04 "$@" -kernel "$image" >"$dir/err" 2>&1 </dev/null
	status=$?
	tr -d '\r' <"$dir/serial" >"$dir/out"
}

# Line by line; prints how many lines were compared, or the first that differs.
compare() { # expected
	grep -v '^#' "$dir/out" | awk -v version="$version" -v expected="$1" '
		{ got[++n] = $0 }
		function key(s) { return substr(s, 1, index(s, "=")) }
		END {
			while ((getline row < expected) > 0) {
				cut = index(row, " ")
				for_versions = "," substr(row, 1, cut - 1) ","
				want = substr(row, cut + 1)
				rows++
				named = for_versions == ",*," || index(for_versions, "," version ",")
				if (rows > n || (named ? got[rows] != want : key(got[rows]) != key(want))) {
					print "line " rows ": expected \"" want "\", got \"" got[rows] "\""
					exit 1
				}
				if (!named) open_++
			}
			if (!rows) { print expected " is missing or empty"; exit 1 }
			if (n > rows) { print "more lines than expected: \"" got[rows + 1] "\""; exit 1 }
			print rows - open_ " lines compared" (open_ ? ", " open_ " not: no expectation for QEMU " version : "")
		}'
}

# isa-debug-exit turns what the image writes, 10h passed and 11h failed, into 2 * n + 1.
run() { # device expected-file
	boot -device "$1" -device "$edu"
	if [ $status -ne 33 ]; then
		bad "$1" "exit status $status, 33 is success"
	elif ! said=$(compare "$here/expected/$2"); then
		bad "$1" "$said"
	else
		passed=$((passed + 1))
		grep '^#' "$dir/out" | sed 's/^/    /'
		grep 'stage=' "$dir/out" | sed 's/^/    /'
		echo "  ok      smoke -device $1: $said"
	fi
}

# That a machine without the thing to prove does not pass, else the runs above would say nothing.
refuse() { # name last-line options...
	name=$1
	last=$2
	shift 2
	boot "$@"
	if [ $status -eq 35 ] && [ "$(tail -n 1 "$dir/out")" = "$last" ]; then
		passed=$((passed + 1))
		echo "  ok      smoke $name: $last"
	else
		bad "$name" "exit status $status, expected 35 and \"$last\""
	fi
}

run intel-iommu intel-iommu
run intel-iommu,aw-bits=48,caching-mode=on,intremap=off intel-iommu
run "$(amd)" amd-iommu
refuse 'without an IOMMU' 'failed firmware describes an IOMMU' -device "$edu"
refuse 'without the device' 'failed the device is there' -device intel-iommu
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
