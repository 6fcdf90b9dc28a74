#!/bin/sh
# colep site: texts that are held from loading until their pages are made are those of their documents.
. "$ROOT/tests/cli/lib.sh"
id=ll-bg-2022-hawala doc=n/lessons/bg/ll-bg-2022-hawala.md
colep init n --id bps --import "$ROOT/content" >/dev/null 2>&1
# some blocks of them: long and short ones, one that is longer than a block, one that is empty, and some that are not in
i=100
while [ $i -lt 148 ]; do
	sed "s/$id/ll-bg-2022-long$i/g; s/^title: .*/title: Long $i/" $doc >n/lessons/bg/ll-bg-2022-long$i.md
	awk -v i=$i 'BEGIN { for (k = 0; k < i * i % 47 * 12; k++) print "\nSentence " k " of document " i " tells of " i * k "." }' >>n/lessons/bg/ll-bg-2022-long$i.md
	i=$((i + 1))
done
awk 'BEGIN { for (k = 0; k < 8000; k++) print "\nSentence " k " of the longest one." }' >>n/lessons/bg/ll-bg-2022-long120.md
sed -i 's/^tlp: .*/tlp: TLP:AMBER/' n/lessons/bg/ll-bg-2022-long11?.md
: >n/lessons/bg/ll-bg-2022-long130.md
git -C n add -A && git -C n -c user.name=t -c user.email=t@t.invalid commit -qm "by plain git"
ok "they are more than one block" test "$(cat n/lessons/bg/*long*[1-9].md | wc -c)" -gt 400000
rm -rf n/.git/colep/site
colep -C n site held -j 1 >/dev/null 2>&1
is "a page has its own sentences" "$(grep -o 'Sentence 7 of document [0-9]*' held/d/ll-bg-2022-long1[0-4]?.html | grep -vc 'long\(1..\).html:.*document \1$')" 0
ok "there are many of them" test "$(cat held/d/ll-bg-2022-long1??.html | grep -o 'Sentence [0-9]* of document' | wc -l)" -gt 5000
ok "all rows are kept, so that no text is read for them" test "$(stat -c %s n/.git/colep/site/rows)" -gt 10000
colep -C n site read -j 1 >/dev/null 2>&1
ok "all is as of texts that are read when they are wanted" diff -r held read
rm -rf n/.git/colep/site
colep -C n site two -j 2 >/dev/null 2>&1
ok "and as where each of two threads holds its own" diff -r held two
done_testing
