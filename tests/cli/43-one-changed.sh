#!/bin/sh
# colep site: one document is changed, and no file but those that tell of it.
. "$ROOT/tests/cli/lib.sh"
sums() { (cd pub && find . -type f -exec sha256sum {} + | sed 's|  \./|  |' | sort -k2); }
# The files whose bytes are others, new or gone since the last time.
build() { sums >before; colep -C n site pub >/dev/null 2>log || told $? "a build"; sums >after; diff before after | sed -n 's/^[<>] [0-9a-f]*  //p' | sort -u >changed; }
apart() { grep -v '^find\(-[tp]\)*/' "$1"; }		# without the blocks of the index and their table
id=ll-bg-2022-hawala doc=n/lessons/bg/ll-bg-2022-hawala.md
colep init n --id bps --import "$ROOT/content" >/dev/null 2>&1
colep -C n site pub >/dev/null 2>&1
find pub -name "$id*.html" | sed 's|^pub/||' | sort >own
ok "it has translations" test "$(wc -l <own)" -eq 7

sed -i 's/^## Conclusion$/Payments of this kind leave few papers.\n\n&/' $doc
SOURCE_DATE_EPOCH=1700002000 colep -C n save -m "A sentence more" >/dev/null 2>&1
texts() { ls -i n/.git/colep/site/*.texts; }
texts >kept
build
# its page, those of its translations, which are behind now, the first page's state and number of this copy
{ cat own; printf '%s\n' index.html manifest.txt; } | sort >wanted
is "a sentence more: these files and no other" "$(apart changed)" "$(cat wanted)"
ok "of the index, the blocks that have its words" sh -c 'n=$(grep -c "^find-[tp]/" changed); [ $n -gt 0 ] && [ $n -le 12 ]'
is "what is kept of it goes on in the same file: it is changed, not made anew" "$(texts)" "$(cat kept)"
ls -i pub/manifest.txt >kept
sed -i 's/^## Conclusion$/Few papers.\n\n&/' $doc
SOURCE_DATE_EPOCH=1700002500 colep -C n save -m "Words that were there" >/dev/null 2>&1
build
is "where no file came or went, the manifest is changed where it stands" "$(grep manifest changed; ls -i pub/manifest.txt)" "manifest.txt
$(cat kept)"
ok "and is right" sh -c 'cd pub && sha256sum -c --quiet manifest.txt'

old=$(sed -n 's/^title: "*\([^"]*\)"*$/\1/p' $doc)
grep -rlF "$old" pub | sed 's|^pub/||' >told-of
sed -i 's/^title: .*/title: Payments that leave no paper/' $doc
SOURCE_DATE_EPOCH=1700003000 colep -C n save -m "Another title" >/dev/null 2>&1
build
{ cat told-of; printf '%s\n' d/$id.html index.html manifest.txt; } | sort -u >wanted
is "another title: the pages that name it and no other" "$(apart changed)" "$(cat wanted)"
ok "those are lists and other documents too" sh -c 'for f in kind/lessons.html country/bg.html topic/hawala.html year/2022.html find-d/; do grep -q "^$f" changed || { echo $f; exit 1; }; done'
ok "no page has the old one, but in what changed" sh -c '! grep -rlF "$1" pub | grep -v "pub/d/$2.*html\|pub/changes.html"' sh "$old" $id
build
is "nothing more: nothing" "$(cat changed)" ""
rm n/.git/colep/index-*
build
is "which is known without an index of the documents" "$(cat changed; ls n/.git/colep | grep ^index-)" ""
ok "and told as ever" grep -q "^colep: pub: [1-9][0-9]* files, 0 written, 0 removed" log

# two documents of a country, which only the third is about: its page, to which both link, goes with that
copied() { sed "s/$id/$1/g; s/^owner:.*/owner: ${2%-*}/; s/^countries:.*/countries: [$3]/; s/^title:.*/title: ${2#*-}/" $doc; }
mkdir -p n/lessons/kz
copied ll-kz-2022-one kz-one BG >n/lessons/kz/ll-kz-2022-one.md
copied ll-kz-2022-two kz-two BG >n/lessons/kz/ll-kz-2022-two.md
copied ll-bg-2022-far bg-far KZ >n/lessons/bg/ll-bg-2022-far.md
SOURCE_DATE_EPOCH=1700004000 colep -C n save -m "Three more" >/dev/null 2>&1
colep -C n site pub -j 1 >/dev/null 2>&1
ok "both link to it" sh -c 'grep -q country/kz.html pub/d/ll-kz-2022-one.html && grep -q country/kz.html pub/d/ll-kz-2022-two.html'
copied ll-bg-2022-far bg-far BG >n/lessons/bg/ll-bg-2022-far.md
printf '\nء%.0s' $(seq 300) >>n/lessons/bg/ll-bg-2022-far.md	# words of which nothing is left make it longer all the same
SOURCE_DATE_EPOCH=1700005000 colep -C n save -m "It is about another" >/dev/null 2>&1
colep -C n site pub -j 1 >/dev/null 2>&1
colep -C n site fresh >/dev/null 2>&1
ok "no page links to it any more" sh -c '! grep -rl "country/kz\.html" pub'
ok "and all is as built for the first time" diff -r pub fresh

# many that change make a copy of their own; where their pages were not made then, they are later
for i in 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45; do
	copied ll-kz-2022-many$i kz-many$i BG >n/lessons/kz/ll-kz-2022-many$i.md
done
SOURCE_DATE_EPOCH=1700006000 colep -C n save -m "Many more" >/dev/null 2>&1
colep -C n site pub >/dev/null 2>&1
for f in n/lessons/kz/*-many*.md; do echo "Many have this sentence." >>$f; done
SOURCE_DATE_EPOCH=1700007000 colep -C n save -m "A sentence in each" >/dev/null 2>&1
rm pub/d/ll-kz-2022-many10.html && mkdir pub/d/ll-kz-2022-many10.html
kept() { ls -i n/.git/colep/site/*.copy; }
kept >copy
ok "a page cannot be written" sh -c '! "$COLEP" -C n site pub >/dev/null 2>&1'
ok "the copy is kept" sh -c '[ "$1" != "$(cat copy)" ]' sh "$(kept)"
rmdir pub/d/ll-kz-2022-many10.html
colep -C n site pub >/dev/null 2>&1
rm -rf fresh && colep -C n site fresh >/dev/null 2>&1
ok "and all is as built for the first time" diff -r pub fresh

# what others do in the folder
cp pub/manifest.txt manifest
rm -rf fresh
byte=$(head -c 1 manifest | tr 0-9a-f 1-9a-f0)
colep -C n site fresh >/dev/null 2>&1 && printf %s "$byte" | dd of=fresh/manifest.txt bs=1 conv=notrunc 2>/dev/null
colep -C n site fresh >/dev/null 2>&1
ok "a manifest that is changed as soon as it is written is mended" cmp manifest fresh/manifest.txt
ok "its time is not that of its tick of the clock" sh -c '[ "$(stat -c %.9Y pub/manifest.txt)" != "$(stat -c %.9Z pub/manifest.txt)" ]'
copied ll-kz-2022-mine kz-mine BG >n/lessons/kz/ll-kz-2022-mine.md
SOURCE_DATE_EPOCH=1700008000 colep -C n save -m "One more" >/dev/null 2>&1
echo mine >pub/d/ll-kz-2022-mine.html
colep -C n site pub >/dev/null 2>log
is "a file of somebody else that is called like a new page stops the build" $? 3
ok "it is named" grep -q 'pub/d/ll-kz-2022-mine.html: is there and no site of ours wrote it' log
is "and left as it is" "$(cat pub/d/ll-kz-2022-mine.html)" mine
rm pub/d/ll-kz-2022-mine.html
colep -C n site pub >/dev/null 2>&1
rm -rf fresh && colep -C n site fresh >/dev/null 2>&1
ok "without it all is as built for the first time" diff -r pub fresh

# a copy of the site whose files are links to it
cp -al pub linked
echo "One sentence more." >>n/lessons/kz/ll-kz-2022-one.md
copied ll-kz-2022-linked kz-linked BG >n/lessons/kz/ll-kz-2022-linked.md
SOURCE_DATE_EPOCH=1700009000 colep -C n save -m "One more, one changed" >/dev/null 2>&1
colep -C n site pub >/dev/null 2>&1
ok "a copy by links stays as it was" sh -c 'cd linked && sha256sum -c --quiet manifest.txt'
rm -rf linked fresh && colep -C n site fresh >/dev/null 2>&1
ok "and the site is as built for the first time" diff -r pub fresh

# a build is stopped while it writes digits into the manifest where it stands: at every third of the calls there, of which one is
# made in half; behind them come those that keep what the next build asks for
export FAULT_FILE=$PWD/calls
stopped() { # AT
	echo "Stopped at $1." >>n/lessons/kz/ll-kz-2022-one.md
	SOURCE_DATE_EPOCH=1700010000 colep -C n save -m "A sentence" >/dev/null 2>&1
	cp pub/manifest.txt was
	truncate -s 0 calls; truncate -s 24 calls
	LD_PRELOAD="$ROOT/build/fault.so" FAULT_AT=$1 FAULT_HOW=half "$COLEP" -C n site pub -j 1 >/dev/null 2>&1
	cp pub/manifest.txt cut
}
stopped 0
at=$(od -An -N 8 -t u8 calls) parts=0 wrong=
ok "a build is counted" test "$at" -gt 40
for k in 15 18 21 24 27 30 33 36; do
	stopped $((at - k))
	colep -C n site pub >/dev/null 2>&1
	(cd pub && sha256sum -c --quiet manifest.txt >/dev/null 2>&1) || wrong="$wrong $k"
	cmp -s was cut || cmp -s cut pub/manifest.txt || parts=$((parts + 1))
done
ok "some leave it changed in part" test $parts -gt 0
is "the next build makes it right" "$wrong" ""
rm -rf fresh && colep -C n site fresh >/dev/null 2>&1
ok "and all is as built for the first time" diff -r pub fresh

# what changed since the last meeting is on a page of its own, which goes with it
sed -i 's/^stage: .*/stage: held/; s/^start: .*/start: 2023-11-15/; /^end:/d' n/meetings/bps/mt-bps-2022-colep-3.md
SOURCE_DATE_EPOCH=1700100000 colep -C n save -m "It was held" >/dev/null 2>&1
colep -C n site pub >/dev/null 2>&1
for w in one two; do
	echo "Sentence $w since the meeting." >>n/lessons/kz/ll-kz-2022-one.md
	SOURCE_DATE_EPOCH=1700101000 colep -C n save -m "A sentence since" >/dev/null 2>&1
	kept >copy
	build
	is "a sentence since the meeting ($w) goes on with what is kept" "$(kept)" "$(cat copy)"
	ok "it is among what changed" sh -c 'grep -qx changes.html changed && grep -q "Sentence $1 since the meeting" pub/changes.html' sh $w
	rm -rf fresh && colep -C n site fresh >/dev/null 2>&1
	ok "and all is as built for the first time" diff -r pub fresh
done

# of more folders than some, what was kept for the oldest goes
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do colep -C n site many/$i >/dev/null 2>&1; done
ok "what is kept does not grow without end" test "$(ls n/.git/colep/site | wc -l)" -le 57
colep -C n site many/12 >/dev/null 2>log
ok "that of the last is there" grep -q ", 0 written, 0 removed" log

# what was said at the last meeting is read again when a document that was changed since is changed once more
SOURCE_DATE_EPOCH=1650000000 colep init since --id bps --import "$ROOT/content" >/dev/null 2>&1
doc=since/lessons/at/ll-at-2022-ngo-partnership.md
for what in 's/^title: .*/title: Payments/' '$s/$/\n\nSeen again./'; do
	sed -i "$what" $doc
	SOURCE_DATE_EPOCH=1700002000 colep -C since save -m "More" >/dev/null 2>&1
	colep -C since site since-site >/dev/null 2>&1
done
colep -C since site since-fresh >/dev/null 2>&1
ok "changed twice since the meeting: as built for the first time" diff -r since-site since-fresh
ok "which tells what was changed" grep -q Payments since-site/changes.html
done_testing
