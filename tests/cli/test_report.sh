# What comes out: statuses, the four forms, the same bytes for any number of workers, shards that add up, replay.
# shellcheck shell=sh disable=SC2154,SC2034

fixture good.dts bad.dts
iommu run good.dts
check 'all as expected' 0 ''
has 'a line for the scenario' '^ok +good\.dts \(2\) '
has 'the sum' '^2 passed, 0 failed \(1 scenario\)$'
iommu run good.dts bad.dts
check 'some not as expected' 1 ''
has 'the failing file' '^FAILED +bad\.dts$'
has 'the failing permutation' '^  variation  cache=keep-all$'
has 'the failing step' '^  step       lost$'
has 'the reference' '^  reference  VT-d '
has 'what was expected' '^  .*expected '
has 'the sum with failures' '^2 passed, 2 failed \(2 scenarios\)$'
again=$(sed -n 's/^  run again: //p' out | head -n 1)
sh -c "$again" >again.out 2>err </dev/null
status=$?
cp again.out out
check 'the command that runs it again' 1 ''
has 'it runs that one alone' '^0 passed, 1 failed \(1 scenario\)$'

for form in pretty tap junit json; do
	for jobs in 1 2 5 0; do
		iommu run -j $jobs --format $form good.dts bad.dts good.dts
		check "$form with -j $jobs" 1 ''
		cp out $form.$jobs
	done
	same "$form: -j 1 and -j 2" $form.1 $form.2
	same "$form: -j 1 and -j 5" $form.1 $form.5
	same "$form: -j 1 and -j 0" $form.1 $form.0
	iommu run --format $form --seed 7 good.dts
	cp out first
	iommu run --format $form --seed 7 good.dts
	same "$form: the same seed again" first out
done

cp tap.1 out
has 'tap: version' '^TAP version 14$'
has 'tap: plan' '^1\.\.6$'
has 'tap: a point' '^ok 1 - good\.dts cache=keep-all$'
has 'tap: a failed point' '^not ok 3 - bad\.dts cache=keep-all$'
has 'tap: diagnostics open' '^  ---$'
has 'tap: diagnostics close' '^  \.\.\.$'
if [ "$(grep -c '^ok \|^not ok ' tap.1)" -eq 6 ]; then pass; else fail 'tap: as many points as planned' 'not 6'; fi

cp junit.1 out
has 'junit: counts' '^<testsuites name="iommu-sim" tests="6" failures="2" errors="0" skipped="0">$'
has 'junit: a failure' '<failure message="'
if command -v xmllint >/dev/null 2>&1; then
	xmllint --noout junit.1 >out 2>err
	status=$?
	check 'junit: well-formed' 0 ''
fi
cp json.1 out
has 'json: the sum' '"failed":	2'
has 'json: a verdict' '"verdict":	"fail"'
if command -v python3 >/dev/null 2>&1; then
	python3 -m json.tool json.1 >out 2>err
	status=$?
	check 'json: well-formed' 0 ''
fi

# A mistake of the guest that nobody expects: the oracle's finding, for people and for programs.
cp "$here"/../../scenarios/machines/*.dtsi .
sed 's/ finding = "stale";//; s/; finding = "stale"//' \
	"$here/../../scenarios/vtd/stale-after-invalidation-of-the-wrong-domain.dts" >stale.dts
iommu run stale.dts
check 'a stale translation' 1 ''
has 'who is wrong' 'the table is right, the cache is stale'
has 'what removes the entry' 'What removes the entry:'
iommu run --format json stale.dts
check 'json: a stale translation' 1 ''
has 'json: the finding' '"finding":	\{$'
has 'json: its cause' '"cause":	"other-domain"'
has 'json: the entry needs the domain' '"needed":	\{$'
has 'json: the command named another' '"nearest":	\{$'
has 'json: a number' '"domain":	2,$'
has 'json: a truth' '"observed":	false$'

# Texts that would break a careless report.
awk '{ sub(/title = "/, "&# \\\\ <b> ]]> \\& \x27 "); print }' bad.dts >odd.dts
cp odd.dts "it's # odd.dts"
for form in pretty tap junit json; do
	iommu run --format $form odd.dts "it's # odd.dts"
	check "$form with odd texts" 1 ''
	cp out odd.$form
done
cp odd.tap out
has 'tap: a path with a hash is escaped' "^not ok 3 - it's \\\\# odd\.dts"
cp odd.pretty out
has 'pretty: the command is quoted' "run again: .* 'it'\\\\''s # odd\.dts#cache=keep-all'\$"
if command -v xmllint >/dev/null 2>&1; then
	xmllint --noout odd.junit >out 2>err
	status=$?
	check 'junit: well-formed with odd texts' 0 ''
fi

iommu list -p good.dts bad.dts
check 'list' 0 ''
cut -f1 out >want
: >got
for i in 1 2 3; do
	iommu run --list --shard $i/3 good.dts bad.dts
	cut -f1 out >>got
done
sort want >want.sorted
sort got >got.sorted
same 'the shards are the whole' want.sorted got.sorted
for i in 1 2 3; do
	iommu run --list --shard $i/3 good.dts bad.dts
	if [ -s out ]; then pass; else fail "shard $i/3" 'is empty'; fi
done
iommu run --shard 9/9 good.dts
check 'a shard with nothing to do' 0 ''
has 'a shard with nothing to do' '^0 passed, 0 failed'

iommu run --only cache=keep-none good.dts bad.dts
check '--only' 1 ''
has '--only' '^1 passed, 1 failed'
iommu run --fail-fast --format tap bad.dts good.dts
check '--fail-fast' 1 ''
has '--fail-fast' '^Bail out!'
if [ "$(grep -c '^ok ' out)" -eq 0 ]; then pass; else fail '--fail-fast' 'later points are there'; fi

iommu run --trace t1 'good.dts#cache=keep-all'
check 'trace' 0 ''
iommu run --trace t2 'good.dts#cache=keep-all'
if [ -s t1 ]; then pass; else fail 'trace' 'is empty'; fi
same 'the same trace' t1 t2
iommu run --trace t.json 'good.dts#cache=keep-all'
check 'trace for Chrome' 0 ''
if command -v python3 >/dev/null 2>&1; then
	python3 -c '
import json
events = json.load(open("t.json"))["traceEvents"]
text = [l for l in open("t1") if l[0].isdigit()]
shown = [e for e in events if e["ph"] == "i"]
assert len(shown) == len(text), (len(shown), len(text))
assert sum(e["ph"] == "B" for e in events) == sum(e["ph"] == "E" for e in events) == sum(l.startswith("-- ") for l in open("t1"))
' 2>err
	status=$?
	check 'it holds every event of the text' 0 ''
fi
iommu run --trace t.vcd 'good.dts#cache=keep-all'
check 'trace for waveform viewers' 0 ''
last=$(grep '^[0-9]' t1 | tail -n 1 | cut -d' ' -f1)
if grep -qx "#$last" t.vcd && [ "$(tail -n 1 t.vcd)" = "#$((last + 1))" ]; then pass; else fail 'waveform' "expected it to end at #$last"; fi

NO_COLOR=1 iommu run bad.dts
if grep -q "$(printf '\033')" out; then fail 'plain output' 'has escapes'; else pass; fi
