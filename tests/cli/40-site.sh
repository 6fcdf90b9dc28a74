#!/bin/sh
# colep site: who gets what, and what the folder is like.
. "$ROOT/tests/cli/lib.sh"
status() { want=$1; shift; "$@" >/dev/null 2>err; got=$?; [ $got -eq "$want" ] || { echo "exit $got"; cat err; return 1; }; }
nowhere() { ! grep -rqiF -e "$1" "$2"; }		# TEXT FOLDER: in no byte of any file, nor in a name
nofile() { [ -z "$(find "$2" -name "*$1*")" ]; }

"$COLEP" init n --id bps --import "$ROOT/content" >/dev/null 2>&1 || { echo "not ok 1 - init"; echo "1..1"; exit 1; }
ex=n/exercises/bps/ex-bps-2022-grey-lantern.md

doc() { # PATH ID KIND TITLE TLP STATUS EXTRA... ; body on stdin
	path=$1 id=$2 kind=$3 title=$4 tlp=$5 stat=$6; shift 6
	mkdir -p "n/$(dirname "$path")"
	{ printf -- '---\nid: %s\nkind: %s\ntitle: "%s"\nowner: bps\nstatus: %s\ntlp: %s\nlang: en\ndate: 2022-06-01\nsummary: A text for a test.\ntopics: [som]\n' \
		"$id" "$kind" "$title" "$stat" "$tlp"; for l; do printf '%s\n' "$l"; done; printf -- '---\n\n'; cat; } >"n/$path"
}
lesson="category: lesson"
doc lessons/bps/ll-bps-2022-green.md ll-bps-2022-green lesson "Zanzibar secret title" TLP:GREEN published "$lesson" "stage: observation" <<X
## Observation

Quokka sentence of the green lesson.
X
doc lessons/bps/ll-bps-2022-early.md ll-bps-2022-early lesson "Numbat unpublished title" TLP:CLEAR submitted "$lesson" "stage: observation" <<X
## Observation

Wombat sentence of the submitted lesson.
X
doc lessons/bps/ll-bps-2022-clear.md ll-bps-2022-clear lesson "Clear <script>alert(1)</script> & 'title'" TLP:CLEAR published "$lesson" "stage: observation" \
	"related: [ll-bps-2022-green, ll-bps-2022-early, pt-bg]" "source: after ll-bps-2022-green and others" <<X
## Observation

Links: [Zanzibar secret title](ll-bps-2022-green.md), [a word](./ll-bps-2022-green.md),
[ll-bps-2022-early](../bps/ll-bps-2022-early.md), [Zanzibar *secret*
title](ll-bps-2022-green.md#x "Zanzibar secret title"), plain ll-bps-2022-green.md and a note[^ll-bps-2022-green].
[away](https://example.org/ll-bps-2022-green.md) [Bulgaria](../../participants/bg/pt-bg.md)
[bad](javascript:alert(1)) <script>alert(2)</script>

[^ll-bps-2022-green]: the note

<!-- conflict -->
One variant.
<!-- or -->
Other variant.
<!-- /conflict -->

## Recommendation

After the conflict.
X
cat >n/lessons/bps/ll-bps-2022-clear.fa.md <<X
---
translation-of: ll-bps-2022-clear
source-rev: 0000000000000000000000000000000000000000
lang: fa
title: عنوان
---

متن
X
cat >n/lessons/bps/ll-bps-2022-green.fa.md <<X
---
translation-of: ll-bps-2022-green
source-rev: 0000000000000000000000000000000000000000
lang: fa
title: Platypus translation
---

متن
X
doc contacts/bps/ct-bps-2022-desk.md ct-bps-2022-desk contact "Echidna desk" TLP:GREEN published "role: secretariat" "institution: bps" "unit: Desk" "verified: 2022-05-01" </dev/null
"$COLEP" -C n save -m "documents for the test" >saved 2>&1 || { echo "# save:"; sed 's/^/# /' saved; }
SOURCE_DATE_EPOCH=1660000000; export SOURCE_DATE_EPOCH

ok "the public site is written" status 0 "$COLEP" -C n site pub
"$COLEP" -C n site pub >told 2>/dev/null
ok "every document is told, in order of id" sh -c 'cut -f2 told | LC_ALL=C sort -c && [ "$(wc -l <told)" -eq "$(find n/*/* -name "*.md" ! -path "n/vocab/*" | wc -l)" ]'
ok "the exercise is out, with its label" grep -qx "out	ex-bps-2022-grey-lantern	label TLP:GREEN" told
ok "a clear document is in" grep -q "^in	cs-mk-2022-taiwan	" told
ok "JSON has the keys verdict, id, reason" sh -c '"$COLEP" --json -C n site --dry-run x | head -n 1 | grep -q "^{\"verdict\":\"in\",\"id\":\"[^\"]*\",\"reason\":\""'
no "--dry-run writes nothing" test -e x
ok "the id of the exercise is nowhere" nowhere grey-lantern pub
ok "nor in a file's name" nofile grey-lantern pub
ok "its title is nowhere" nowhere "Grey Lantern, a table-top" pub
sed '1,/^---$/d; s/^[-0-9.]* //' "$ex" | tr -s ' \n' '  ' | tr '.|' '\n\n' | sed 's/^ *//; s/ *$//' |
	awk 'length > 30' | cut -c1-60 >sentences
find pub -type f -exec cat {} + | tr -s ' \n' '  ' >flat
ok "the exercise has sentences to look for" test "$(wc -l <sentences)" -gt 60
no "none of them is in the public site" grep -oFf sentences flat
for w in Zanzibar Quokka Numbat Wombat ll-bps-2022-green ll-bps-2022-early Platypus Echidna ct-bps-2022-desk; do
	ok "'$w' of a left-out document is nowhere" nowhere "$w" pub
done
page=pub/d/ll-bps-2022-clear.html
ok "a link that had the title for its text says so" grep -q "a document not in this copy" $page
ok "a link with other words becomes them" grep -q "copy, a word," $page
ok "a link within the copy is led to its page" grep -q '<a href="../d/pt-bg.html">Bulgaria</a>' $page
ok "no script of a title or text survives" sh -c '! grep -rhoi "<script[^>]*>" pub --include="*.html" | grep -vxE "<script src=\"(\.\./)?(search|personal|write|write-data)\.js\"( defer)?>"' 
ok "nor a javascript link" nowhere "javascript:alert" pub
ok "an open conflict is shown as such" sh -c "grep -q 'Open conflict' $page && grep -q 'One variant' $page && grep -q 'Other variant' $page"
ok "a translation has its page, language and direction" grep -q '<html lang="fa" dir="rtl">' pub/d/ll-bps-2022-clear.fa.html
ok "a stale translation says so" grep -q "translation is of an earlier text" pub/d/ll-bps-2022-clear.fa.html
ok "three seats, one of them vacant" sh -c '[ "$(grep -c "Vacant seat" pub/chairs.html)" -eq 1 ]'
no "no list of requests for the public" test -e pub/requests.html
ok "every page has its label twice" sh -c 'for f in $(find pub -name "*.html"); do [ "$(grep -o "class=\"tlp" "$f" | wc -l)" -ge 2 ] || { echo "$f"; exit 1; }; done'
links() { # FOLDER: every href leads to a file of the folder, or out with a scheme
	find "$1" -name '*.html' | while read -r f; do
		grep -o 'href="[^"]*"' "$f" | sed 's/^href="//; s/"$//' | sort -u | while read -r h; do
			case $h in http:*|https:*|mailto:*|'#'*) continue ;; esac
			[ -f "$(dirname "$f")/${h%%#*}" ] || echo "$f: $h"
		done
	done >broken
	cat broken; [ ! -s broken ]
}
ok "every link leads to a file" links pub
ok "nothing is loaded from elsewhere" sh -c '! grep -rhoE "(src|action)=\"[^\"]*\"|url\([^)]*|@import.*" pub --include="*.html" --include="*.css" | grep -vE "^(src=\"(\.\./)?(search|personal|write|write-data)\.js|action=\"(\.\./)?search\.html)\"$"' 
ok "the manifest is right" sh -c 'cd pub && sha256sum -c --quiet manifest.txt && [ "$(wc -l <manifest.txt)" -eq "$(find . -type f ! -name manifest.txt | wc -l)" ]'
ok "a second build is the same bytes" sh -c '"$COLEP" -C n site pub2 >/dev/null && diff -r pub pub2'
touch -d 2001-01-01 pub/index.html
"$COLEP" -C n site pub >/dev/null
ok "what did not change is not written" sh -c '[ "$(find pub -name index.html ! -newermt 2001-01-02)" ]'
echo damaged >pub/index.html
"$COLEP" -C n site pub >/dev/null
ok "what was damaged is mended" diff -r pub pub2
# stopped, and two at a time
echo Quokka >pub2/d/pt-bg.html.tmp-Ab3xYz; echo Quokka >pub2/manifest.txt.tmp-Ab3xYz; echo mine >pub2/d/letter.tmp-Ab3xYz; rm pub2/index.html
"$COLEP" -C n site pub2 >/dev/null 2>&1
is "what a stopped build left half written is removed, and nothing else" "$(diff -r pub pub2)" "Only in pub2/d: letter.tmp-Ab3xYz"
mkdir -p early && echo x >early/manifest.txt.tmp-Ab3xYz
ok "one that was stopped at its first file is gone on with" status 0 "$COLEP" -C n site early
ok "and is whole" diff -r pub early
head -c -9 early/manifest.txt >cut && cat cut >early/manifest.txt && rm early/kinds.html
ok "so is one that was stopped while it announced a name" status 0 "$COLEP" -C n site early
ok "which is whole too" diff -r pub early
(flock 9; : >held; sleep 1; echo held >>order) 9<early & await test -e held
"$COLEP" -C n site early --audience community >/dev/null 2>&1; echo built >>order; wait
is "a build waits for one that writes there" "$(tr '\n' ' ' <order)" "held built "
for o in --audience=community --lang=fa --audience=public --audience=community; do "$COLEP" -C n site early $o >/dev/null 2>&1 & done; wait
"$COLEP" -C n site early >/dev/null 2>&1
ok "many at a time leave no byte that the last has not" diff -r pub early
mkdir by-itself; "$COLEP" -C n site early --zip by-itself/p.zip >/dev/null 2>&1; "$COLEP" -C n site early --audience=community --zip by-itself/c.zip >/dev/null 2>&1
for i in 1 2 3 4 5 6 7 8; do
	mkdir crowd; "$COLEP" -C n site early --zip crowd/p.zip >/dev/null 2>&1 & "$COLEP" -C n site early --audience=community --zip crowd/c.zip >/dev/null 2>&1; wait
	diff -r by-itself crowd; rm -r crowd
done >mixed
is "each packs what it made itself, and for whom" "$(cat mixed)" ""
mkdir theirs same; "$COLEP" -C n site --audience=community --zip theirs/p.zip >/dev/null 2>&1
for i in 1 2 3 4; do
	"$COLEP" -C n site --zip same/p.zip >/dev/null 2>&1 & "$COLEP" -C n site --audience=community --zip same/p.zip >/dev/null 2>&1 || echo failed; wait
	cmp -s by-itself/p.zip same/p.zip || cmp -s theirs/p.zip same/p.zip || echo "a mix"
done >mixed
is "two that write the same .zip: it is that of one of them" "$(cat mixed) $(ls same)" " p.zip"
"$COLEP" -C n site early >/dev/null 2>&1
cp -r pub full; echo damaged >full/index.html; echo damaged >full/d/pt-bg.html
export FAULT_FILE=$here/calls; truncate -s 24 calls
ok "a full disk is said, and what to do" sh -c '! LD_PRELOAD="$ROOT/build/fault.so" FAULT_AT=1 FAULT_HOW=full "$COLEP" -C n site full >/dev/null 2>err && grep -q "^colep: full.*No space left" err && grep -q "^colep: full: not whole yet: make room there" err'
"$COLEP" -C n site full >/dev/null 2>&1
ok "with room it becomes whole" diff -r pub full
# a page that is new is announced first: where a build is stopped around that page, the next one knows it for its own
for at in $(seq 1 3 46); do
	rm -f early/kinds.html; grep -v ' kinds\.html$' pub/manifest.txt >early/manifest.txt
	truncate -s 0 calls; truncate -s 24 calls
	LD_PRELOAD="$ROOT/build/fault.so" FAULT_AT=$at FAULT_HOW=kill "$COLEP" -C n site early -j 1 >/dev/null 2>&1 && echo "built at $at"
	test -e early/kinds.html; echo $? >>stops
	"$COLEP" -C n site early >/dev/null 2>err || { echo "stopped at $at"; cat err; }
	diff -rq pub early
done >mended
is "one with a new page is gone on with, wherever it was stopped" "$(cat mended)" ""
is "that was before the page was there, and after" "$(uniq stops | tr '\n' ' ')" "1 0 "
for at in 61 62 63 64; do
	truncate -s 0 calls; truncate -s 24 calls; rm -rf first
	LD_PRELOAD="$ROOT/build/fault.so" FAULT_AT=$at FAULT_HOW=full "$COLEP" -C n site first -j 1 >/dev/null 2>&1 && echo "built at $at"
	find first -type f -empty >&2; find first -name '*.html' -size +0 | grep -c . >>pages
done >built 2>empty
is "full in the midst of a first build: there are pages" "$(grep -c -v '^0$' pages) $(cat built)" "4 "
is "and none is begun and empty" "$(cat empty)" ""
(umask 077; "$COLEP" -C n site first >/dev/null 2>&1)
ok "with room it becomes whole too" diff -r pub first
is "for all to read, whatever the umask" "$(find first -type f ! -perm 644)" ""
rm -rf stick
ok "a disk that keeps no modes, as FAT, is written to" sh -c 'umask 077; LD_PRELOAD="$ROOT/build/fault.so" FAULT_MODES=1 "$COLEP" -C n site stick >/dev/null 2>err || { cat err; exit 1; }; diff -r pub stick'
mkdir foreign && echo mine >foreign/letter.txt
ok "a folder with other files is refused" status 3 "$COLEP" -C n site foreign
ok "and left as it was" sh -c '[ "$(find foreign -type f)" = foreign/letter.txt ]'
ok "the cure is named" sh -c '"$COLEP" -C n site foreign 2>&1 | grep -q "empty or new folder"'
cp -r pub pub3; echo mine >pub3/letter.txt
ok "a file beside an earlier site stays" sh -c '"$COLEP" -C n site pub3 --audience community >/dev/null; grep -q mine pub3/letter.txt'
ok "the community gets green documents and contacts" sh -c 'grep -rqF Quokka pub3 && test -e pub3/d/ct-bps-2022-desk.html && test -e pub3/requests.html'
ok "and nothing that is not published" nowhere Wombat pub3
ok "the exercise is in the players' view" sh -c '! grep -qE "Expected action|Separate S1|Who is who|Corrective action|Look for" pub3/d/ex-bps-2022-grey-lantern.html && grep -q "Discussion questions" pub3/d/ex-bps-2022-grey-lantern.html'
ok "links of that copy hold too" links pub3
"$COLEP" -C n site pub3 >/dev/null
ok "the folder made public again has no green byte left" sh -c '! grep -rqiE "quokka|zanzibar|grey-lantern|echidna" pub3'
ok "its files are those of the public site" diff -r -x letter.txt pub pub3

ok "a meeting's pack is written" status 0 "$COLEP" -C n site pack --meeting mt-bps-2022-colep-2
ok "it opens with the meeting" grep -q "<h1[^>]*>Second COLEP meeting" pack/index.html
ok "it has profiles and cases" sh -c 'grep -q "Country profiles" pack/index.html && grep -q "Case studies by country" pack/index.html'
no "it has nothing of other meetings" test -e pack/d/ll-bps-2022-clear.html
ok "its links hold" links pack
ok "an unknown meeting is no" status 1 "$COLEP" -C n site pack2 --meeting mt-bps-2030-none
ok "an unknown audience is wrong usage" status 2 "$COLEP" -C n site pack2 --audience all

"$COLEP" -C n site farsi --lang fa >/dev/null
ok "--lang names a document by its translation" grep -q '<a class="title" href="../d/ll-bps-2022-clear.fa.html"><span lang="fa" dir="rtl">عنوان' farsi/kind/lessons.html
ok "and its links hold" links farsi
awk 'BEGIN { for (i = 0; i < 300; i++) printf "> "; print "deep" }' >>n/lessons/bps/ll-bps-2022-clear.md
"$COLEP" -C n save -m "text that cannot be laid out" >/dev/null 2>&1
"$COLEP" -C n site hard >/dev/null 2>hard.err; hard=$?
ok "a text that cannot be laid out is named, exit 1" sh -c "[ $hard -eq 1 ] && grep -q 'll-bps-2022-clear' hard.err"
ok "the rest goes on" test -e hard/d/pt-bg.html
ok "and nothing of the left-out is in it" nowhere Zanzibar hard
printf -- '---\nid: [\n---\n' >n/lessons/bps/ll-bps-2022-clear.md
git -C n -c user.name=t -c user.email=t@t.invalid commit -qam "by plain git"
"$COLEP" -C n site hard >told 2>hard.err; hard=$?
ok "front matter that does not parse is out, named, exit 1" sh -c "[ $hard -eq 1 ] && grep -qx 'out	ll-bps-2022-clear	front matter does not parse' told && grep -q 'll-bps-2022-clear' hard.err"
no "and its page is gone" test -e hard/d/ll-bps-2022-clear.html
doc=$(cd n && git ls-files | grep '/ll-bps-2022-clear.md$') && : >"n/$doc"
git -C n -c user.name=t -c user.email=t@t.invalid commit -qam "emptied by plain git"
"$COLEP" -C n site hard --dry-run >told 2>hard.err; hard=$?
ok "so is one that is empty" sh -c "[ $hard -eq 1 ] && grep -qx 'out	ll-bps-2022-clear	front matter does not parse' told && grep -q 'no front matter' hard.err"
# What another node's build left half done in the folder is made again, also when the files had been looked at before it began.
"$COLEP" init two --id bps --import "$ROOT/content" > out 2> err
"$COLEP" -C two site both >out 2>err
cp -a both alone
echo "Vans were seen." >>two/lessons/bg/ll-bg-2022-hawala.md
"$COLEP" -C two save -m "a body" >out 2>err
(flock 9; : >held2; await test -e begun; sleep 1; echo Zanzibar >both/new && mv both/new both/d/ll-at-2022-ngo-partnership.html) 9<both & await test -e held2
"$COLEP" -C two site both >out 2>err & second=$!
await sh -c "ls -l /proc/$second/fd 2>/dev/null | grep -q /both$"
: >begun
wait $second
ok "what another build wrote meanwhile is not taken for the site's" nowhere Zanzibar both
ok "and its page is as it was" cmp both/d/ll-at-2022-ngo-partnership.html alone/d/ll-at-2022-ngo-partnership.html
# A site, a .zip or a bundle that is made in the node's own folder is no document, whatever it is called.
"$COLEP" init own --id bps --import "$ROOT/content" > out 2> err
own() { (cd own && "$COLEP" site "pack [1] of #2" && "$COLEP" site --zip site.zip) > out 2> err; }
own && (cd own && "$COLEP" bundle x.bundle.zst) 2>> err
is 'what is written into the node is told to be no document' "$? $(grep -c 'is no document' err)" '0 3'
own
is 'once' "$? $(grep -c 'is no document' err) $(sort own/.git/info/exclude | uniq -d | wc -l)" '0 0 0'
mkdir own/pack && echo x > own/pack/stray.md
"$COLEP" -C own save -m x > out 2> err
is 'save leaves it alone, and nothing else' "$(cat err)" \
	'colep: pack/stray.md: held back: not in a folder of documents; they lie in case-studies/, lessons/ and so on'
is 'so do check, status and git' \
	"$("$COLEP" -C own check | cut -f1 | sort -u) $("$COLEP" -C own status | cut -f7) $(git -C own status --porcelain)" \
	'pack/stray.md 0 ?? pack/'
done_testing
