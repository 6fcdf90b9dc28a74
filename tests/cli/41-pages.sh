#!/bin/sh
# What the pages of a site say and to whom: words of the interface, themes, history and changes, overviews, packs,
# the .zip, the summary, and documents that mean harm.
. "$ROOT/tests/cli/lib.sh"
site() { colep -C n site "$@" >told 2>err; }
nowhere() { ! grep -rqiF -e "$1" "$2" && [ -z "$(find "$2" -name "*$1*")" ]; }		# TEXT FOLDER
page() { grep -qF -e "$2" "$1" || { echo "no '$2' in $1"; return 1; }; }			# FILE TEXT

# ---- the files of the theme ----
texts=$ROOT/render/theme/texts
codes="$(sed -n 's/^{ "\([a-z-]*\)".*/\1/p' "$ROOT/kb/doc/vocab.c" | paste -sd'|')"	# names of codes are a language's own
keys() { sed -n 's/^\([a-z][a-z0-9.-]*\) = .*/\1/p' "$1" | grep -vE "^($codes)\." | sort; }
named() { sed -nE "s/^($codes)\.([a-zA-Z0-9-]+) = .*/\1 \2/p" "$1" | sort; }
keys "$texts/en.txt" >english
named "$texts/ar.txt" >codes
awk '/^{ "/ { split($0, q, "\""); t = q[2] } { s = $0; gsub(/\\n/, " ", s); while (match(s, /[a-zA-Z0-9-]+\|/)) { print t, substr(s, RSTART, RLENGTH - 1); s = substr(s, RSTART + RLENGTH) } }' \
	"$ROOT/kb/doc/vocab.c" | sort -u >known
ok "names are of codes that there are" sh -c '[ "$(wc -l <codes)" -gt 300 ] && [ -z "$(comm -23 codes known)" ]'
for l in ar bg bn fa fr mk ru sr tr ur; do
	keys "$texts/$l.txt" | comm -23 english - >lacks
	keys "$texts/$l.txt" | comm -13 english - >more
	named "$texts/$l.txt" >names
	ok "$l names every code that Arabic names" cmp codes names
	is "$l has no name for two keys" "$(sed -n 's/^key\.[a-z0-9-]* = //p' "$texts/$l.txt" | sort | uniq -d)" ""
	ok "$l has every word and no other" sh -c 'cat lacks more; [ ! -s lacks ] && [ ! -s more ]'
	marks() { sed -n 's/^\([a-z][a-z0-9.-]*\) = .*\({[nx]}\).*/\1 \2/p' "$1" | sort; }
	is "$l has the marks where English has them" "$(marks "$texts/$l.txt")" "$(marks "$texts/en.txt")"
done
ok "style sheets know no left and right" sh -c '! grep -nE "(^|[^a-z-])(left|right)([^a-z-]|$)|(margin|padding|border|inset)-(left|right)" "$1"/render/theme/*.css' sh "$ROOT"
ok "what each page loads is small" sh -c '[ $(wc -c <"$1/colep.css") -le 15000 ]' sh "$texts/.."
ok "nothing in the theme loads from elsewhere" sh -c '! grep -nE "url\(|@import|https?:" "$1"/render/theme/*.css "$1"/render/theme/*.html' sh "$ROOT"

# ---- a node with a past ----
colep init n --id bps --name "A & <b>B</b>" --import "$ROOT/content" >/dev/null 2>&1
put n mt-bps-2023-second owner=bps status=published tlp=TLP:CLEAR stage=held "start=2023-10-01" "title=A meeting held"
put n ll-bps-2023-moving owner=bps status=submitted tlp=TLP:CLEAR "title=Aardvark before it was published" "body=Aardvark text."
put n ll-bps-2023-walking owner=bps status=published tlp=TLP:CLEAR "title=Walking" "body=The first passage stays. The word crimson goes."
put n ll-bps-2023-lost owner=bps status=published tlp=TLP:GREEN "title=Okapi of the community" "body=Okapi."
put n ll-bps-2023-split owner=bps status=published tlp=TLP:CLEAR "title=Split" "body=Before."
SOURCE_DATE_EPOCH=1690000000 colep -C n save -m "Bandicoot: the subject of a commit" >/dev/null 2>&1
put n ll-bps-2023-moving owner=bps status=published tlp=TLP:CLEAR "title=Moving" "body=Moved." "related=[ll-bps-2023-walking]"
put n ll-bps-2023-walking owner=bps status=published tlp=TLP:CLEAR "title=Walking" \
	"body=The first passage stays. The word azure comes. See [Okapi of the community](ll-bps-2023-lost.md)."
printf '\n<!-- conflict -->\nOne side.\n<!-- or -->\nOther side.\n<!-- /conflict -->\n' >>n/lessons/bps/ll-bps-2023-split.md
colep -C n save -m "Changed" >/dev/null 2>&1
ok "the site is written" site pub
d=pub/d/ll-bps-2023-walking.html
check "documents and translations are counted apart, as on the pages" 0 "documents and 24 translations would be in" colep -C n site --dry-run pub
ok "what changed since the meeting is told" page pub/changes.html "A meeting held"
ok "word by word" sh -c "grep -qE '<del>.*crimson goes' $d && grep -qE '<ins>.*azure comes' $d"
ok "with signs and words, not only colours" sh -c "grep -q '<del><span class=\"sign\" aria-hidden=\"true\">−</span><span class=\"hear\">removed:' $d && grep -q '>+</span><span class=\"hear\">added:' $d"
ok "its history has two entries" sh -c "[ \$(grep -c '<li><bdi dir=\"ltr\">20' $d) -eq 2 ]"
ok "what became public later is new, and has no past" sh -c "[ \$(grep -c '<li><bdi dir=\"ltr\">20' pub/d/ll-bps-2023-moving.html) -eq 1 ]"
for w in Aardvark Okapi ll-bps-2023-lost Bandicoot; do ok "'$w' is nowhere" nowhere "$w" pub; done
ok "the name of the community is escaped" page pub/index.html 'A &amp; &lt;b&gt;B&lt;/b&gt;'
for f in years languages needs matrix search chairs participants readiness labels; do ok "there is $f.html" test -f pub/$f.html; done
ok "lists by year and language" test -f pub/year/2023.html -a -f pub/lang/fa.html
ok "countries stand by their names, not by their codes" sh -c 'grep -o "country/[a-z]*.html\">[^<]*" pub/countries.html | sed "s/.*>//" >names && [ "$(wc -l <names)" -gt 10 ] && LC_ALL=C sort -c names'
ok "the first page has the topic with most documents" sh -c 'most=$(grep -o "topic/[a-z-]*.html\">[^<]*</a> <span class=\"quiet\">([0-9]*" pub/topics.html | sed "s/\".*(/ /" | sort -k2,2nr | head -n 1 | cut -d" " -f1) && grep -q "$most" pub/index.html'
ok "a chart is SVG with a table behind it" sh -c 'grep -q "<svg " pub/matrix.html && grep -q "<table>" pub/matrix.html && grep -q "<svg " pub/readiness.html'
ok "the codes above its columns are told below it" grep -q '<li><bdi>BG</bdi> <a href="country/bg.html">' pub/matrix.html
ok "documents of a meeting are linked where there are some" sh -c 'grep -q "\"meeting/mt-bps-2022-colep-2.html" pub/meetings.html && grep -q "meeting/mt-bps-2022-colep-2.html" pub/d/mt-bps-2022-colep-2.html'
ok "and only there" sh -c '! grep -rq "meeting/mt-bps-2023-second.html" pub --include=*.html'
ok "no style attribute, no handler" sh -c '! grep -rqE "<[^>]* (style|on[a-z]+)=" pub --include=*.html'
ok "one h1 a page" sh -c 'for f in $(find pub -name "*.html"); do [ "$(grep -o "<h1" $f | wc -l)" -eq 1 ] || { echo $f; exit 1; }; done'
ok "the policy forbids all but its own files" page pub/index.html "default-src 'none'; script-src 'self'"
ok "one thread, the same bytes" sh -c '"$COLEP" -C n site one -j 1 >/dev/null 2>&1 && diff -r pub one'
ok "in any time zone and locale" sh -c 'TZ=Asia/Tokyo LC_ALL=C.UTF-8 COLEP_LANG=fa "$COLEP" -C n site tokyo >/dev/null 2>&1 && diff -r pub tokyo'
for l in ar bg bn fa fr mk ru sr tr ur; do
	site pub-$l --lang $l
	want=$(sed -n 's/^home.lead = //p' "$texts/$l.txt")
	case $l in ar|fa|ur) dir=rtl ;; *) dir=ltr ;; esac
	ok "$l: the site speaks it" sh -c 'grep -qF "<html lang=\"$1\" dir=\"$2\">" "pub-$1/index.html" && grep -qF -e "$3" "pub-$1/index.html"' sh $l $dir "$want"
	[ $l = bn ] || rm -rf pub-$l
done
ok "what a page says of a new conflict is in the language of the page, the text in its own" sh -c '
	said=$(sed -n "s/^conflict.text = //p" "$1/bn.txt")
	grep "class=\"hunk\"" pub-bn/d/ll-bps-2023-split.html >hunks && grep "<ins>.*$said" hunks | grep -q "lang=\"bn\"" && grep "<ins>.*One side" hunks | grep -q "lang=\"en\""' sh "$texts"
ok "a list by language names the texts in that language, whatever the site speaks" sh -c '
	for l in en fa; do grep -o "d/[a-z0-9.-]*\.html" "pub-bn/lang/$l.html" >links || exit 1; ! grep -q "\.bn\." links || exit 1; done
	grep -q "hawala\.fa\." links && grep -q "hawala\.bn\." pub-bn/country/bg.html'
rm -rf pub-bn
site made-up --audience community --lang ar
ok "countries of exercises have a name, in the site's language" page made-up/countries.html "$(sed -n 's/^country.made-up = {x}/XA/p' "$texts/ar.txt")</a>"
ok "also to narrow a search down by" page made-up/find/facets.js "$(sed -n 's/^country.made-up = {x}/XB/p' "$texts/ar.txt")"
for w in police border-guard prosecution interpol-ncb secretariat; do
	ok "so have their players: $w" page made-up/d/ex-bps-2022-grey-lantern.html "$(sed -n "s/^value.$w = //p" "$texts/ar.txt")"
done
ok "who begin with a capital, as our other words" page made-up/d/ex-bps-2022-grey-lantern.html "<dd class=\"word\">$(sed -n "s/^value.police = //p" "$texts/ar.txt")"
ok "a translation's page speaks its language" sh -c 'f=$(ls pub/d/*.ur.html | head -n 1); grep -q "<html lang=\"ur\" dir=\"rtl\">" "$f" && grep -q "hreflang=\"en\" lang=\"en\" dir=\"ltr\"" "$f"'

put n ll-bps-2023-links owner=bps status=published tlp=TLP:CLEAR "body=<https://example.org/a?b=c&d> and [there](https://example.org/b)."
colep -C n save -m "Links" >/dev/null 2>&1
site pub
ok "paper has the address of a link once" sh -c 'f=pub/d/ll-bps-2023-links.html; grep -qF "<a class=\"bare\" href=\"https://example.org/a?b=c&amp;d\"" $f && grep -qF "<a href=\"https://example.org/b\"" $f && grep -qF "a[href^=\"http\"]:not(.bare)::after" pub/print.css'

# ---- lists in pages ----
i=0; while [ $i -lt 130 ]; do put n "ll-bg-2021-item-$i" status=published tlp=TLP:CLEAR date=2021-02-03; i=$((i + 1)); done
colep -C n save -m "Many" >/dev/null 2>&1
site many
ok "a long list is cut into pages" test -f many/year/2021.html -a -f many/year/2021.2.html -a ! -e many/year/2021.3.html
ok "which lead to each other" sh -c 'grep -q "href=\"2021.2.html\"" many/year/2021.html && grep -q "href=\"2021.html\"" many/year/2021.2.html'

# ---- a theme of one's own ----
mkdir -p mine/texts
printf 'home.lead = Our own words\n' >mine/texts/en.txt
cp "$ROOT/render/theme/texts/en.txt" mine/texts/en.txt; sed -i 's/^home.lead = .*/home.lead = Our own words/' mine/texts/en.txt
echo '/* ours */' >mine/colep.css
echo 'a { }' >mine/more.css
sed 's/<footer>/<footer id="ours">/' "$ROOT/render/theme/page.html" >mine/page.html
ok "a theme replaces words, style and templates" sh -c '"$COLEP" -C n site themed --theme mine >/dev/null 2>&1 && grep -q "Our own words" themed/index.html && grep -q ours themed/colep.css && grep -q "<footer id=\"ours\">" themed/index.html && test -f themed/more.css'
printf '{{title}} {{nothing}}\n' >mine/item.html
mkdir silent; : >silent/search.js
"$COLEP" -C n site quiet --theme silent >/dev/null 2>&1
ok "a theme without search makes a site without it" sh -c '! find quiet | grep -q "/find\|search.html" && ! grep -rq "search.html" quiet'
check "a slot that is not there is named with its line" 3 "item.html:1: no such slot" colep -C n site themed2 --theme mine
printf 'x\n{{#link}}\n' >mine/item.html
check "so is a section that is not closed" 3 "section is not closed" colep -C n site themed2 --theme mine
check "and a theme that is not there" 1 "nowhere" colep -C n site themed2 --theme nowhere
mkdir -p odd && : >odd/pages.html
check "and a template that nothing is made from" 3 "odd/pages.html: no template of this name; there are page.html, document.html, item.html, home.html" colep -C n site themed2 --theme odd
is "nothing was written" "$(ls themed2 2>/dev/null)" ""

# ---- a pack ----
ok "a pack" site pack --meeting mt-bps-2022-colep-2
ok "has one page to print, linked within itself" sh -c 'grep -q "href=\"print.html\"" pack/index.html && grep -q "href=\"#cp-bg\"" pack/print.html && grep -q "id=\"cp-bg\"" pack/print.html'
ok "whose anchors all exist" sh -c 'grep -oE "href=\"#[^\"]*\"" pack/print.html | sed "s/href=\"#//; s/\"//" | sort -u | while read -r a; do grep -qF "id=\"$a\"" pack/print.html || { echo "$a"; exit 1; }; done'
ok "without an id twice" sh -c '! grep -oE " id=\"[^\"]*\"" pack/print.html | sort | uniq -d | grep .'
ok "with one h1" sh -c '[ "$(grep -o "<h1" pack/print.html | wc -l)" -eq 1 ]'
ok "and each sheet with its label" sh -c '[ "$(grep -c "class=\"sheet sheet-[a-z]* label-clear\"" pack/print.html)" -gt 50 ]'

# ---- the summary, the .zip ----
check "a dry run sums up and writes nothing" 0 "by their label" colep -C n site dry --dry-run
no "there is no folder" test -e dry
sed -i 's/^tlp: TLP:CLEAR/tlp: TLP:GREEN/' n/lessons/bps/ll-bps-2023-moving.md
put n ll-bps-2023-fresh owner=bps status=published tlp=TLP:CLEAR
colep -C n save -m "One out, one in" >/dev/null 2>&1
site many
ok "what is new since the copy before" grep -q "new since the copy before:.* ll-bps-2023-fresh" err
ok "and what is no longer in it" grep -q "no longer in it: ll-bps-2023-moving" err
ok "one more label, nothing left of it" nowhere ll-bps-2023-moving many
ok "a .zip alone" colep -C n site --zip a.zip
cp a.zip b.zip; TZ=Asia/Tokyo colep -C n site --zip a.zip >/dev/null 2>&1
ok "of the same bytes, wherever" cmp a.zip b.zip
ok "that holds the site" python3 -c '
import zipfile, os
z = zipfile.ZipFile("a.zip")
assert z.testzip() is None
names = {n[2:] for n in z.namelist()}
disk = {os.path.relpath(os.path.join(d, f), "many") for d, _, fs in os.walk("many") for f in fs}
assert names == disk, names ^ disk
assert all(z.read("a/" + n) == open("many/" + n, "rb").read() for n in names)'
is "and leaves no folder" "$(ls -d a.zip.* 2>/dev/null)" ""
: >a.zip.tmp-Ab3xYz; : >a.zip.tmp-In2Use; : >a.zip.tmp-of-mine; : >b.zip.tmp-Ab3xYz; ln -s a.zip a.zip.tmp-li9nk7
flock a.zip.tmp-In2Use "$COLEP" -C n site --zip a.zip >/dev/null 2>&1
is "what a build that was stopped left of it goes, and nothing else" "$? $(echo a.zip* b.zip*)" \
	"0 a.zip a.zip.tmp-In2Use a.zip.tmp-li9nk7 a.zip.tmp-of-mine b.zip b.zip.tmp-Ab3xYz"
rm [ab].zip.tmp-*
mkdir folder
check "a folder is no .zip, which is told before anything is built" 2 "--zip folder: it is a folder" colep -C n site --zip folder
check "no folder and no .zip is wrong usage" 2 "needs the folder" colep -C n site

# ---- documents that mean harm ----
evil='"><script>alert(1)</script><img src=x onerror=alert(1)>'
put n ll-bps-2023-evil owner=bps status=published tlp=TLP:CLEAR "title='$evil'" "topics=['x\"onload=y', som]" "summary='$evil'" \
	"body=<script>alert(1)</script> [a](javascript:alert(1)) [b](data:text/html,x) ![c](javascript:x) $evil"
bidi=$(printf 'Name \342\200\256gnp.exe\342\201\246')
put n ll-bps-2023-bidi owner=bps status=published tlp=TLP:CLEAR "title=$bidi"
put n ll-bps-2023-large owner=bps status=published tlp=TLP:CLEAR
awk 'BEGIN { print "\n| a | b | c |\n|---|--:|:-:|"; for (i = 0; i < 13000; i++) print "| " i " | x | y |" }' >>n/lessons/bps/ll-bps-2023-large.md
awk 'BEGIN { printf "---\nid: ll-bps-2023-long\nkind: lesson\ntitle: "; for (i = 0; i < 10000; i++) printf "W"; print "\nowner: bps\nstatus: published\ntlp: TLP:CLEAR\nlang: en\ndate: 2023-01-01\ncategory: lesson\nstage: observation\n---\n\nText." }' >n/lessons/bps/ll-bps-2023-long.md
printf -- '---\nid: ll-bps-2023-broken\nkind: lesson\ntitle: [\n---\n' >n/lessons/bps/ll-bps-2023-broken.md
doc ll-bps-2023-nul owner=bps status=published tlp=TLP:CLEAR | tr . '\000' >n/lessons/bps/ll-bps-2023-nul.md
git -C n add -A; git -C n -c user.name=t -c user.email=t@t.invalid commit -qm "by plain git"
colep -C n site evil >told 2>err; status=$?
is "one broken document: exit 1" $status 1
ok "named with its path and line" grep -q "lessons/bps/ll-bps-2023-broken.md:[0-9]*: " err
ok "the whole of one has no line" grep -q "lessons/bps/ll-bps-2023-nul.md: has NUL bytes" err
ok "all others are there" test -f evil/d/ll-bps-2023-large.html -a -f evil/d/ll-bps-2023-long.html -a -f evil/d/ll-bps-2023-evil.html
ok "no script, no handler, no odd link in any page" sh -c '! grep -rlE "<script>|<img|onerror=alert\(1\)>|href=\"(javascript|data):" evil --include=*.html'
ok "names with marks of direction stand apart" sh -c 'grep -rh "gnp.exe" evil --include=*.html | grep -v "<meta\|<title" | grep -vE "(<bdi|<span lang|<h1>|dir=\"(ltr|auto)\").*gnp" | head -n 1 | { ! grep .; }'
ok "file names are short ASCII" sh -c 'cd evil && ! find . | grep -nE "[^a-zA-Z0-9./-]|.{121}"'
# ---- one secret document of each kind: no word of it in any byte, name or page of the public copy, nor of its .zip ----
secret() { # PREFIX FOLDER KIND KEYS...
	local id=$1-bps-2023-secret word=canary$1; shift
	[ "$id" != cp-bps-2023-secret ] && [ "$id" != pt-bps-2023-secret ] || id=${id%-2023-secret}q
	local folder=$1 kind=$2; shift 2
	mkdir -p "n/$folder/bps" "n/$folder/bpsq"
	case $id in *q) local owner=bpsq ;; *) local owner=bps ;; esac
	{
		printf -- '---\nid: %s\nkind: %s\ntitle: %stitle\nowner: %s\nstatus: published\ntlp: TLP:GREEN\nlang: en\ndate: 2023-05-01\n' $id $kind $word $owner
		printf 'summary: %ssummary\ntopics: [%stopic]\ncountries: [QQ]\nsource: %ssource\nmeetings: [mt-bps-2022-colep-2]\n' $word $word $word
		for k; do printf '%s\n' "$k"; done
		printf -- '---\n\n## %sheading\n\n%sbody\n' $word $word
	} >"n/$folder/$owner/$id.md"
	echo "$id" >>secrets
	printf -- '---\ntranslation-of: %s\nsource-rev: 0\nlang: fa\ntitle: %stranslated\n---\n\n%sfarsi\n' $id $word $word >"n/$folder/$owner/$id.fa.md"
}
secret cs case-studies case-study 'basis: real-life' 'detail: full' 'crime: [canarycscrime]' 'channels: [canarycschannel]'
secret ll lessons lesson 'category: lesson' 'stage: observation' 'action-body: canaryllbody'
secret cp country-profiles country-profile 'country: QQ'
secret mt meetings meeting 'start: 2023-12-01' 'place: canarymtplace' 'format: online' 'stage: held'
secret ac actions action 'from: mt-bps-2022-colep-2' 'responsible: [bps]' 'due: canaryacdue' 'stage: open'
secret pt participants participant 'code: bpsq' 'name: canaryptname' 'type: institution' 'roles: [chair]'
secret is issues issue 'type: need' 'raised-by: bps' 'stage: open'
secret rq requests request 'type: other-assistance' 'from: bps' 'to: [mk]' 'via: bps' 'stage: new'
secret ct contacts contact 'role: secretariat' 'institution: bps' 'unit: canaryctunit' 'email: canaryct@example.org' 'verified: 2023-01-01'
secret ex exercises exercise 'hypothetical: yes' 'type: table-top' 'stage: ready'
secret pr procedures procedure 'type: checklist' 'stage: draft'
put n ll-bps-2023-points owner=bps status=published tlp=TLP:CLEAR "related=[$(paste -sd, secrets | sed 's/,/, /g')]" \
	"source=see $(paste -sd' ' secrets)" "body=$(while read -r i; do printf 'Plain %s, [%stitle](%s.md), [a word](../x/%s.md). ' "$i" "canary${i%%-*}" "$i" "$i"; done <secrets)"
git -C n add -A; git -C n -c user.name=t -c user.email=t@t.invalid commit -qm "canarysubject by plain git"
colep -C n site quiet --zip quiet.zip >told 2>err
is "eleven and their translations are told of" "$(grep -cF -f secrets told)" 22
ok "and nothing of them is in the copy" nowhere canary quiet
ok "by their label" sh -c '[ "$(grep -F -f secrets told | grep -c "label TLP:GREEN$")" -eq 11 ]'
ok "nor are their ids" sh -c 'while read -r i; do ! grep -rqF -e "$i" quiet && [ -z "$(find quiet -name "*$i*")" ] || { echo "$i"; exit 1; }; done <secrets'
ok "nor a page for a country that only they name" test ! -e quiet/country/qq.html
ok "nor the hash of one" sh -c 'for i in $(git -C n ls-files -s | grep secret | cut -d" " -f2); do ! grep -rqF -e "$i" quiet || exit 1; done'
ok "nor anything in the .zip" python3 -c '
import zipfile
for n in zipfile.ZipFile("quiet.zip").namelist(): assert b"canary" not in zipfile.ZipFile("quiet.zip").read(n).lower() and "secret" not in n, n'
colep -C n site all --audience community >told 2>err
ok "the community has them" sh -c 'while read -r i; do test -e "all/d/$i.html" || { echo "$i"; exit 1; }; done <secrets'

mkdir ro && chmod 555 ro
if [ "$(id -u)" = 0 ]; then as="setpriv --reuid 65534 --regid 65534 --clear-groups"; else as=; fi
cp -r n other; [ -n "$as" ] && chown -R 65534 other
check "a folder that cannot be written: said" 3 "ermission denied" $as "$COLEP" -C other site ro/x
done_testing
