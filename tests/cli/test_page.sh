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
look() { # PICTURE URL: what a reader sees, as a picture and, one element a line, in the file dom
	for how in "--screenshot=$1" --dump-dom; do
		timeout -k 5 100 "$browser" --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run \
			--user-data-dir="$(mktemp -d "$work/browser.XXXXXX")" --window-size=1200,900 "$how" "$2" \
			2>browser.out </dev/null | sed 's/></>\n</g' >dom
	done
	[ -s "$1" ] && [ -s dom ]
}
count() { # NAME PATTERN WANTED: lines of the page that match
	got=$(grep -c "$2" dom)
	if [ "$got" -eq "$3" ]; then pass; else fail "$1" "$got on the page, expected $3"; fi
}
if [ -z "$browser" ]; then
	echo 'cli: skipped the page in a browser: no chromium'
elif ! look fail.png "file://$PWD/page.html"; then
	echo "cli: skipped the page in a browser: $browser does not show it within 100 s"
else
	count 'rows of the table' '<tr class="row' 2
	count 'scenarios that are open: the failure' '<section class="scenario"' 1
	iommu run --trace t 'bad.dts#cache=keep-all'
	count 'events of the time line' '<circle class="mark"' "$(grep -c '^[0-9]' t)"
	count 'steps of the time line' '<rect class="step"' "$(awk '/^-- /{ if (open && n) k++; open = 1; n = 0 } /^[0-9]/{ n++ } END { print k + (n > 0) }' t)"
	if look pass.png "file://$PWD/page.html#good.dts"; then
		count 'the other scenario is open' '<section class="scenario"' 1
		if cmp -s fail.png pass.png; then fail 'pictures' 'a passing and a failing scenario look the same'; else pass; fi
	fi
	size=$(wc -c <fail.png)
	if [ "$size" -gt 20000 ]; then pass; else fail 'picture' "has $size bytes: an empty page"; fi
fi
