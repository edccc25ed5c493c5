# The page of run --report: whole without network, a row for each scenario, a time line, what a browser makes of it.
# shellcheck shell=sh disable=SC2154,SC2034

fixture good.dts bad.dts
iommu run --report page.html good.dts bad.dts
check 'a page beside the report' 1 ''
has 'the report as ever' '^2 passed, 2 failed \(2 scenarios\)$'
iommu run --report page.2 -j 1 good.dts bad.dts
same 'the same bytes for any number of workers' page.html page.2
if grep -E '(src|href) *=|url\(|@import|https?://' page.html | grep -v 'http://www.w3.org/2000/svg' | grep -q .; then
	fail 'page' 'refers to something outside itself'
else
	pass
fi
iommu run --report /no/such/page.html good.dts
check 'a page that cannot be written' 2 'cannot write /no/such/page\.html: No such file'
TMPDIR=/no/such "$sim" run --report page.3 good.dts >out 2>err
status=$?
check 'no place for traces' 2 'cannot make a folder for traces, /no/such/'

browser=$(command -v chromium || command -v chromium-browser)
once() { # PICTURE SIZE URL FLAG...: what a reader sees, as a picture and, one element a line, in the file dom
	picture=$1 size=$2 url=$3
	shift 3
	rm -f "$picture"
	timeout -k 5 100 "$browser" --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run \
		--hide-scrollbars --user-data-dir="$work/browser" --window-size="$size" --virtual-time-budget=2000 \
		--screenshot="$picture" "$@" --dump-dom "$url" 2>browser.out </dev/null | sed 's/></>\n</g' >dom
	[ -s "$picture" ] && [ -s dom ]
}
look() { # a browser under load may need a second start
	once "$@" || once "$@"
}
count() { # NAME PATTERN WANTED: lines of the page that match
	got=$(grep -c "$2" dom)
	if [ "$got" -eq "$3" ]; then pass; else fail "$1" "$got on the page, expected $3"; fi
}
differ() { # NAME PICTURE PICTURE
	if cmp -s "$2" "$3"; then fail "$1" 'the pictures are the same'; else pass; fi
}
picture() { # NAME FILE BYTES SIZE FLAG...: a picture of the failing page; an empty one is smaller
	name=$1 file=$2 least=$3 size=$4
	shift 4
	if look "$file" "$size" "file://$PWD/page.html" "$@"; then
		got=$(wc -c <"$file")
		if [ "$got" -gt "$least" ]; then pass; else fail "$name" "has $got bytes: an empty page"; fi
	else
		status=$?
		fail "$name" 'no picture within 100 s'
	fi
}
# what no cache says any more is told in the trace: the page shades from the one to the other
sed 's/do = "write"; dev = <&nic>; iova = <0x9100>;/do = "write"; dev = <\&nic>; iova = <0x5000>;/; /lost {/a\
		gone { do = "unmap"; domain = <1>; iova = <0x5000>; };\
		wrong { do = "write"; dev = <\&nic>; iova = <0x5000>; };' bad.dts >stale.dts
iommu run --trace stale.txt 'stale.dts#cache=keep-all'
check 'a scenario with an unmap' 1 ''
cp stale.txt out
has 'the window opens' '^[0-9]+ 0 stale cache=iotlb id=0x8 addr=0x5000 level=0 entry=0x[0-9a-f]+$'
has 'a command closes it' '^[0-9]+ 0 gone cache=iotlb id=0x8 addr=0x5000 level=0 entry=0x[0-9a-f]+$'
has 'the guest knows' '^[0-9]+ 0 safe cache=iotlb id=0x8 addr=0x5000 level=0 entry=0x[0-9a-f]+$'
iommu run --trace stale.json 'stale.dts#cache=keep-all'
cp stale.json out
has 'the window is a span' '^\{"ph":"b","cat":"stale","id":"iotlb.0x8.0x5000.0"'
has 'which ends' '^\{"ph":"e","cat":"stale","id":"iotlb.0x8.0x5000.0"'
iommu run --trace stale.vcd 'stale.dts#cache=keep-all'
id=$(awk '$5 == "stale_windows" { print $4 }' stale.vcd)
if [ "$(grep -c "^b1 $id\$" stale.vcd)" -ge 1 ] && [ "$(grep " $id\$" stale.vcd | tail -n 1)" = "b0 $id" ]; then
	pass
else
	fail 'waveform' 'the count of windows does not rise and come back to 0'
fi

if [ -z "$browser" ]; then
	echo 'cli: skipped the page in a browser: no chromium'
elif ! look fail.png 1200,900 "file://$PWD/page.html"; then
	echo "cli: skipped the page in a browser: $browser does not show it within 100 s, twice"
else
	count 'rows of the table' '<tr class="row' 2
	count 'scenarios that are open: the failure' '<section class="scenario"' 1
	iommu run --trace t 'bad.dts#cache=keep-all'
	count 'events of the time line' '<circle class="mark' "$(grep -c '^[0-9]' t)"
	count 'steps of the time line' '<rect class="step"' "$(awk '/^-- /{ if (open && n) k++; open = 1; n = 0 } /^[0-9]/{ n++ } END { print k + (n > 0) }' t)"
	picture 'dark' dark.png 20000 1200,900 --blink-settings=preferredColorScheme=0
	differ 'light and dark' fail.png dark.png
	picture 'at a phone' phone.png 15000 390,844
	iommu run --report stale.html 'stale.dts#cache=keep-all'
	if look pass.png 1200,900 "file://$PWD/page.html#good.dts"; then
		count 'the other scenario is open' '<section class="scenario"' 1
		differ 'a passing and a failing scenario' fail.png pass.png
	else
		fail 'a passing scenario' 'no picture within 100 s'
	fi
	if look stale.png 1200,900 "file://$PWD/stale.html"; then
		count 'the window while it is cached' '<rect class="stale"' 1
		count 'the window while nobody knows' '<rect class="stale unseen"' 1
	else
		fail 'windows' 'no picture within 100 s'
	fi
fi
