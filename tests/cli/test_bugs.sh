# docs/bugs.md against scenarios/bugs: ids, files, the words of "caught as", and that nothing is missing on either side.
# shellcheck shell=sh disable=SC2154,SC2034

root=$(cd "$here/../.." && pwd)
page=$root/docs/bugs.md
status=0
: >err

# Rows of a table: "| ID-001 | ...", the id in the first column.
grep -E '^\| [A-Z]+(-[A-Z]+)?-[0-9]+ \|' "$page" >rows
sed 's/^| \([^ ]*\) .*/\1/' rows | sort >ids

sort ids | uniq -d >out
if [ -s out ]; then fail 'bugs: each id once' 'these stand more than once'; else pass; fi

# What the page says about itself: "A catalogue of N", and the sums of the table by class.
said=$(sed -n 's/.*A catalogue of \([0-9]*\) public.*/\1/p' "$page")
sums=$(sed -n 's/^| | \*\*All\*\* | \*\*\([0-9]*\)\*\* | \*\*\([0-9]*\)\*\* |$/\1 \2/p' "$page")
have="$(wc -l <ids) $(grep -c '\.dts |$' rows)"
echo "rows and files: $have; the page says $said and $sums" >out
if [ "$have" = "$sums" ] && [ "${have% *}" = "$said" ]; then pass; else fail 'bugs: sums' 'not as many rows as the page says'; fi

: >out
for file in "$root"/scenarios/bugs/*.dts; do
	grep -qF "| ${file##*/} |" rows || echo "${file##*/}" >>out
done
if [ -s out ]; then fail 'bugs: files in no row' 'add them to docs/bugs.md'; else pass; fi

# Of each row that names a file: it exists, its name begins with the id, its head and its steps say what the row says.
: >out
grep '\.dts |$' rows | while IFS='|' read -r _ id _ _ caught name _; do
	id=${id# } id=${id% } name=${name# } name=${name% }
	file=$root/scenarios/bugs/$name
	[ -f "$file" ] || { echo "$id: no file $name" && continue; }
	case $name in
	"$(echo "$id" | tr '[:upper:]' '[:lower:]')"-*) ;;
	*) echo "$id: the name of $name does not begin with the id" ;;
	esac
	sed -n 2p "$file" | grep -qx " \* $id" || echo "$id: the second line of $name is not the id"
	sed -n 3p "$file" | grep -q '^ \* [A-Za-z"]' || echo "$id: no public reference in the third line of $name"
	grep -q 'do = "start"' "$file" || echo "$id: the driver has no part in $name"
	[ -n "$(echo "$caught" | tr -d ' ')" ] || echo "$id: nothing is caught"
	for word in $(echo "$caught" | tr -d '`,'); do
		sed -n '/^\tsteps {/,$p' "$file" | grep -qwF -e "$word" || echo "$id: no step of $name speaks of $word"
	done
done >>out
if [ -s out ]; then fail 'bugs: rows and files' 'they disagree'; else pass; fi

# Each bug with its findings not expected any more: whatever is found says whether the table or the cache is at fault, in
# the text and in JSON.
mkdir -p scenarios/bugs
cp -r "$root/scenarios/machines" scenarios/
for file in "$root"/scenarios/bugs/*.dts; do
	sed 's/ *finding = "[^"]*"\(, "[^"]*"\)*;//' "$file" >"scenarios/bugs/${file##*/}"
done
"$sim" run --format json scenarios/bugs >found.json 2>err </dev/null
status=$?
grep -o '"verdict":[^,]*"\(cache-stale\|table-wrong\|store-unseen\|neither\)"' found.json | grep -c . >verdicts
"$sim" run scenarios/bugs >out 2>err </dev/null
tr '\n' ' ' <out | sed 's/  */ /g; s/FAILED /\n&/g' | grep 'the oracle found' >paragraphs
grep -viE 'the table is (right|wrong)|neither the table nor a cache' paragraphs >out
if [ -s paragraphs ] && [ ! -s out ]; then pass; else fail 'bugs: table or cache' 'a finding does not say which is wrong'; fi
if [ -s verdicts ] && [ "$(cat verdicts)" -ge 1 ]; then pass; else fail 'bugs: the verdict in JSON' 'none is told'; fi
