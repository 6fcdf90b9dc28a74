#!/bin/sh
# What two wrote differently stands in the document until somebody settles it: conflicts, resolve, or by hand.
. "$ROOT/tests/cli/lib.sh"
commits() { git -C "$1" rev-list --count main; }
meet() { # a and b exchange until both have all
	"$COLEP" -C b sync >/dev/null 2>&1; "$COLEP" -C a sync b >/dev/null 2>&1; "$COLEP" -C b sync >/dev/null 2>&1
	[ "$(main a)" = "$(main b)" ]
}
id=ll-bg-2022-hawala doc=lessons/bg/ll-bg-2022-hawala.md
cp=country-profiles/bg/cp-bg.md

"$COLEP" init a --id bps --import "$ROOT/content" >log 2>&1
"$COLEP" -C a roster add $("$COLEP" join a b --id bg --root "$("$COLEP" -C a status | cut -f10)" 2>log) >log 2>&1
meet; told $? "two nodes"
"$COLEP" -C a conflicts >out 2>log; [ $? -eq 0 ] && [ ! -s out ]; told $? "no conflict: exit 0, no line"
"$COLEP" -C a resolve $id --both >out 2>log; [ $? -eq 1 ] && grep -q 'no conflict is open' log; told $? "nothing to resolve: exit 1"

# ---- a key, a passage ----
sed -i 's/^title: .*/title: As b has it/; 15,$s/underlined the Hawala/stressed the Hawala/' b/$doc && "$COLEP" -C b save >log 2>&1
sed -i 's/^title: .*/title: As a has it, and long/; 15,$s/underlined the Hawala/named the Hawala/' a/$doc && "$COLEP" -C a save >log 2>&1
"$COLEP" -C b sync >out 2>log; grep -q 'with an open conflict: 1;' log; told $? "a sync that brings a conflict says so"
meet; told $? "both change title and sentence"
"$COLEP" -C b conflicts >out 2>log; [ $? -eq 1 ]; told $? "conflicts exits 1"
[ "$(cut -f1-4 out | head -1)" = "$id	1	title	bps,bg" ]; told $? "id, n, where, writers of a key"
head -1 out | cut -f5 | grep -qx 'As a has it, and long,As b has it'; told $? "and its variants"
[ "$(sed -n 2p out | cut -f1-2,4)" = "$id	2	bps,bg" ] && sed -n 2p out | cut -f3 | grep -qx 'passage:[0-9]*'; told $? "id, n, where, writers of a passage"
line=$(sed -n 2p out | cut -f3); [ "$(sed -n "${line#passage:}p" b/$doc)" = '<!-- conflict -->' ]; told $? "its line is the mark's"
sed -n 2p out | cut -f5 | grep -q 'named the Hawala.*\\n,.*stressed the Hawala'; told $? "variants hold the texts"
"$COLEP" --json -C b conflicts $id >out 2>log; [ $? -eq 1 ] && head -1 out | grep -qxF '{"id":"'$id'","n":1,"where":"title","writers":["bps","bg"],"variants":["As a has it, and long","As b has it"]}'; told $? "--json: lists as arrays"
"$COLEP" -C b conflicts cp-bg >out 2>log; [ $? -eq 0 ] && [ ! -s out ]; told $? "of another document: none"
"$COLEP" -C b conflicts 'no id' >out 2>log; [ $? -eq 2 ]; told $? "no id: exit 2"
"$COLEP" -C b check b/$doc 2>/dev/null | grep -c '	warning	conflict	' | grep -qx 2; told $? "check warns of both"
"$COLEP" -C b resolve $id --take bg >out 2>log; [ $? -eq 2 ] && grep -q 'has 2' log; told $? "which of two: exit 2"
"$COLEP" -C b resolve $id 3 --take bg >out 2>log; [ $? -eq 2 ]; told $? "a number too high: exit 2"
"$COLEP" -C b resolve $id 1 --both >out 2>log; [ $? -eq 2 ] && grep -q 'one value' log; told $? "both titles: exit 2"
"$COLEP" -C b resolve $id 1 --take mk >out 2>log; [ $? -eq 2 ] && grep -q 'writers are bps, bg' log; told $? "a writer of none: exit 2, says who wrote"
"$COLEP" -C b resolve $id 1 >out 2>log; [ $? -eq 2 ]; told $? "without saying how: exit 2"
"$COLEP" -C b resolve $id 1 --both --take bg >out 2>log; [ $? -eq 2 ]; told $? "two ways at once: exit 2"
[ -z "$(git -C b status --porcelain)" ]; told $? "none of them changed anything"

# ---- marks left untouched make nothing new ----
echo "One more line." >>b/$doc; "$COLEP" -C b save >log 2>&1; told $? "saving beside a conflict"
"$COLEP" -C b conflicts $id 2>log | cut -f4 >out; [ "$(cat out)" = "bps,bg
bps,bg" ]; told $? "leaves it as it was: the same two, the same writers"
meet && "$COLEP" -C a conflicts $id 2>log | cut -f4 | cmp -s - out; told $? "on the other node too"

# ---- take ----
echo "Not saved." >>b/$doc; "$COLEP" -C b resolve $id 1 --take bg >out 2>log; [ $? -eq 1 ] && grep -q 'unsaved changes' log; told $? "with unsaved changes: exit 1, says so"
git -C b checkout -q -- $doc
before=$(commits b)
"$COLEP" -C b resolve $id 1 --take bg >out 2>log; [ $? -eq 0 ] && grep -qxE '[0-9a-f]{40}' out && [ "$(cat out)" = "$(main b)" ]; told $? "take: one commit, its id printed"
[ "$(commits b)" -eq $((before + 1)) ] && [ "$(git -C b log -1 --format=%s)" = "Settle a conflict in $id" ]; told $? "named after what it does"
grep -qx 'title: As b has it' b/$doc && ! grep -q '@2' b/$doc && [ -z "$(git -C b status --porcelain)" ]; told $? "the title is b's, the folder clean"
"$COLEP" -C b conflicts >out; [ "$(cut -f1-2 out)" = "$id	1" ]; told $? "the passage is number 1 now"
"$COLEP" --json -C b resolve $id --both >out 2>log; [ $? -eq 0 ] && grep -qxE '\{"commit":"[0-9a-f]{40}"\}' out; told $? "both: without a number when there is one; --json"
grep -q 'named the Hawala' b/$doc && grep -q 'stressed the Hawala' b/$doc && ! grep -q '<!--' b/$doc; told $? "both texts stand, without marks"
meet && "$COLEP" -C a conflicts >out; [ $? -eq 0 ] && cmp -s a/$doc b/$doc; told $? "settled on both nodes"
echo "Later." >>a/$doc; "$COLEP" -C a save >log 2>&1; meet && "$COLEP" -C b conflicts >out 2>&1; told $? "and it does not return"

# ---- alike on two nodes ----
make() { # KEY: one more conflict over the title, and over a sentence
	sed -i "s/^title: .*/title: B $1/; s/^Later.*/Later, says b $1./" b/$doc && "$COLEP" -C b save >log 2>&1
	sed -i "s/^title: .*/title: A $1/; s/^Later.*/Later, says a $1./" a/$doc && "$COLEP" -C a save >log 2>&1
	meet
}
make one && [ "$("$COLEP" -C a conflicts | wc -l)" -eq 2 ]; told $? "another two"
for x in a b; do "$COLEP" -C $x resolve $id 2 --take bps && "$COLEP" -C $x resolve $id 1 --take bg; done >log 2>&1; told $? "both nodes settle them alike, without knowing"
meet && "$COLEP" -C a conflicts >log 2>&1; told $? "no new conflict"
grep -qx 'title: B one' a/$doc && grep -qx 'Later, says a one.' a/$doc && cmp -s a/$doc b/$doc; told $? "the text is the one they chose"
make two; "$COLEP" -C a resolve $id 1 --take bg >log 2>&1; "$COLEP" -C b resolve $id 1 --take bps >log 2>&1; meet
"$COLEP" -C a conflicts >out; [ $? -eq 1 ] && [ "$(head -1 out | cut -f3-5)" = "title	bg,bps	A two,B two" ]; told $? "settled differently: a conflict of the two who settled"
printf 'C two\n' >c.txt; "$COLEP" -C a resolve $id 1 --text c.txt >log 2>&1; told $? "a title from a file"
printf 'Both were right.\nA second line.' >p.txt; "$COLEP" -C a resolve $id --text p.txt >log 2>&1; told $? "a passage from a file"
grep -qx 'title: C two' a/$doc && grep -qx 'Both were right.' a/$doc && grep -qx 'A second line.' a/$doc; told $? "they stand"
meet && "$COLEP" -C b conflicts >log; told $? "everywhere"
make three; printf 'x\ny\n' >two.txt; "$COLEP" -C a resolve $id 1 --text two.txt >out 2>log; [ $? -eq 2 ]; told $? "a title of two lines: exit 2"
printf '<!-- or -->\n' >mark.txt; "$COLEP" -C a resolve $id 1 --text mark.txt >out 2>log; [ $? -eq 2 ]; told $? "a text with marks: exit 2"
"$COLEP" -C a resolve $id 1 --text nowhere.txt >out 2>log; [ $? -eq 3 ]; told $? "a file that is not there: exit 3"
printf 'Call +12025550123\n' >pd.txt; "$COLEP" -C a resolve $id 1 --text pd.txt >out 2>log; [ $? -eq 1 ] && grep -q 'held back' log; told $? "personal data: held back, exit 1"

# ---- by hand ----
sed -i '/^title@2:/d; /^<!-- /d' b/$doc; "$COLEP" -C b save >log 2>&1; told $? "marks edited away"
meet && "$COLEP" -C a conflicts >log; told $? "settles them"
printf 'Text.\n<!-- or -->\nMore.\n' >>b/$cp; "$COLEP" -C b check b/$cp >out 2>log; grep -q '	warning	conflict-marks	' out; told $? "check warns of a damaged mark"
git -C b checkout -q -- $cp

# ---- deleted here, changed there ----
"$COLEP" -C b delete -m "Not needed" $id >log 2>&1; echo "Still needed." >>a/$doc; "$COLEP" -C a save >log 2>&1; meet
"$COLEP" -C a conflicts >out; [ $? -eq 1 ] && [ "$(cut -f2-5 out)" = "1	gone	bps,bg	here,gone" ]; told $? "gone: who keeps it, who deleted it"
"$COLEP" -C a resolve $id --both >out 2>log; [ $? -eq 2 ]; told $? "both: exit 2"
"$COLEP" -C a resolve $id --take bps >log 2>&1 && ! grep -q '^gone@2' a/$doc && meet && "$COLEP" -C b conflicts >log; told $? "kept"
grep -qx 'Still needed.' b/$doc; told $? "with its text"
"$COLEP" -C b delete -m "Really not" $id >log 2>&1; echo "And still." >>a/$doc; "$COLEP" -C a save >log 2>&1; meet
"$COLEP" -C b resolve $id --take bg >log 2>&1 && [ ! -e b/$doc ] && meet && [ ! -e a/$doc ] && "$COLEP" -C a conflicts >log; told $? "or gone for good"

# ---- a list that is no set; unsaved work that meets another's ----
sed -i 's/^lang: en/&\nx-tags: [b1, both]/' b/$cp; "$COLEP" -C b save >log 2>&1
sed -i 's/^lang: en/&\nx-tags: [a1, both]/' a/$cp; "$COLEP" -C a save >log 2>&1; meet
"$COLEP" -C a resolve cp-bg --both >log 2>&1 && grep -qx 'x-tags: \[a1, both, b1\]' a/$cp; told $? "both of a list: the entries of both"
meet; sed -i 's/^lang: en/&\nx-note: one/' a/$cp; "$COLEP" -C a save >log 2>&1; sed -i 's/^lang: en/&\nx-note: two/' b/$cp
"$COLEP" -C b sync >log 2>&1; "$COLEP" -C b save >log 2>&1; meet; "$COLEP" -C a conflicts >out; [ "$(cut -f3-4 out)" = "x-note	bps,bg" ]; told $? "unsaved work that met another's, saved with the marks"
printf 'Line as it was.\n' >>a/$cp; "$COLEP" -C a resolve cp-bg --take bg >/dev/null 2>&1; git -C a checkout -q -- $cp; "$COLEP" -C a resolve cp-bg --take bg >log 2>&1; told $? "and settled"
meet; last=$(tail -1 a/$cp); sed -i '$s/.*/A last line by a./' a/$cp; "$COLEP" -C a save >log 2>&1; sed -i '$s/.*/A last line by b./' b/$cp
"$COLEP" -C b sync >log 2>&1; grep -q 'choose before you save' log; told $? "a passage in unsaved work: told"
"$COLEP" -C b save >log 2>&1; meet; "$COLEP" -C a conflicts >out; [ $? -eq 1 ] && [ "$(cut -f1-2 out)" = "cp-bg	1" ]; told $? "saved with its marks: one conflict, that can be seen"
printf 'A last line by both.\n' >last.txt; "$COLEP" -C a resolve cp-bg --text last.txt >log 2>&1 && meet && "$COLEP" -C b conflicts >log; told $? "and settled"

# ---- a reader, rights ----
sed -i 's/^title: .*/title: Bulgaria a/' a/$cp; "$COLEP" -C a save >log 2>&1; sed -i 's/^title: .*/title: Bulgaria b/' b/$cp; "$COLEP" -C b save >log 2>&1; meet
"$COLEP" join a r --root "$("$COLEP" -C a status | cut -f10)" >log 2>&1; "$COLEP" -C r conflicts >out 2>log; [ $? -eq 1 ] && [ "$(cut -f4 out)" = bps,bg ]; told $? "a reader sees them"
"$COLEP" -C r resolve cp-bg --take bg >out 2>log; [ $? -eq 3 ]; told $? "and settles none"
"$COLEP" -C a roster add $("$COLEP" join a m --id mk --root "$("$COLEP" -C a status | cut -f10)" 2>log) >log 2>&1; "$COLEP" -C m sync >log 2>&1
"$COLEP" -C m resolve cp-bg --take bg >out 2>log; [ $? -eq 1 ] && grep -q 'belongs to bg' log; told $? "nor does another owner: held back, exit 1"

# ---- news ----
"$COLEP" -C m news --mark >/dev/null 2>&1; "$COLEP" -C m news >out 2>log && [ ! -s out ]; told $? "news: nothing after --mark"
"$COLEP" -C b resolve cp-bg --take bg >log 2>&1; "$COLEP" -C b sync >log 2>&1; "$COLEP" -C a save >/dev/null 2>&1; "$COLEP" -C m sync >log 2>&1
"$COLEP" -C m news >out 2>log; [ "$(cut -f1-4 out)" = "changed	cp-bg	Bulgaria b	bg" ]; told $? "after a sync: what others changed"
"$COLEP" --json -C m news >out 2>log; grep -qE '^\{"change":"changed","id":"cp-bg","title":"Bulgaria b","node":"bg","commit":"[0-9a-f]{40}"\}$' out; told $? "--json"
"$COLEP" -C m news --mark >out 2>log && [ -s out ] && "$COLEP" -C m news >out 2>log && [ ! -s out ]; told $? "--mark lists it, then nothing"
"$COLEP" -C m new lesson "A lesson of ours" --set category=good-practice >/dev/null 2>&1; "$COLEP" -C m submit ll-mk-*-a-lesson-of-ours 2>/dev/null >/dev/null || "$COLEP" -C m submit "$(ls m/drafts | sed 's/.md//')" >log 2>&1
"$COLEP" -C m news >out 2>log && [ ! -s out ]; told $? "own changes are no news"
"$COLEP" -C m sync >/dev/null 2>&1; "$COLEP" -C a save >/dev/null 2>&1; "$COLEP" -C a news >out 2>log; grep -q '^new	ll-mk-[0-9]*-a-lesson-of-ours	A lesson of ours	mk' out; told $? "but they are for others"
done_testing
