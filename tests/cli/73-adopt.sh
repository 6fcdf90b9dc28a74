#!/bin/sh
# Plain git on a node's main is unsaved work; branches, patches and forms of others are reviewed and adopted.
. "$ROOT/tests/cli/lib.sh"
commits() { git -C "$1" rev-list --count main; }
clean() { [ -z "$(git -C "$1" status --porcelain)" ]; }
meet() { "$COLEP" -C b sync >/dev/null 2>&1; "$COLEP" -C a sync b >/dev/null 2>&1; "$COLEP" -C b sync >/dev/null 2>&1; [ "$(main a)" = "$(main b)" ]; }
g() { git -c user.name='Jane Doe' -c user.email=jane@example.org -c commit.gpgsign=false -c merge.autoStash=false "$@"; }
signed() { # all commits but the merged views are signed and of nodes
	git -C "$1" log --format='%an %ae%n%cn %ce' main | grep -vE '^(BPS|BG|MK) node <?node@(bps|bg|mk)\.invalid>?$|^colep merge@colep\.invalid$' && return 1
	return 0
}
doc=lessons/bg/ll-bg-2022-hawala.md
cp=country-profiles/bg/cp-bg.md

"$COLEP" init a --id bps --import "$ROOT/content" >log 2>&1
"$COLEP" -C a roster add $("$COLEP" join a b --id bg --root "$("$COLEP" -C a status | cut -f10)" 2>log) >log 2>&1
meet; told $? "two nodes"

# ---- plain commits on main ----
start=$(commits b)
echo "By plain git." >>b/$doc; g -C b commit -qam "my change" >log 2>&1
echo "And again." >>b/$doc; g -C b commit -qam "another" >log 2>&1; told $? "two plain commits on main"
[ "$("$COLEP" -C b status | cut -f6)" -eq 1 ]; told $? "status counts what they changed as unsaved"
"$COLEP" -C b diff | grep -qx '+And again.'; told $? "diff shows it"
"$COLEP" -C b save -m "Two lines" >out 2>log; [ $? -eq 0 ] && [ "$(commits b)" -eq $((start + 1)) ]; told $? "save takes them in as one commit"
[ "$(git -C b log -1 --format='%an %s')" = "BG node Two lines" ] && clean b && signed b; told $? "signed by the node, nobody else's name"
meet && grep -qx 'And again.' a/$doc; told $? "the other node gets it"
echo "Third." >>b/$cp; g -C b commit -qam "x" >log 2>&1; sed -i 's/^title: .*/title: By a/' a/$doc; "$COLEP" -C a save >log 2>&1
"$COLEP" -C b sync >log 2>&1; [ $? -eq 0 ] && grep -qx 'title: By a' b/$doc && grep -qx 'Third.' b/$cp; told $? "a sync with a plain commit on main: both are there"
"$COLEP" -C a save >log 2>&1; [ "$("$COLEP" -C a status | cut -f8)" -eq 0 ]; told $? "nothing plain was sent"
echo "Peer fetches." >>a/$cp; g -C a commit -qam "p" >log 2>&1; "$COLEP" -C b sync >log 2>&1; [ $? -eq 0 ] && cut -f2,5 log | grep -qx 'ok	0'; told $? "nor fetched by others, and not refused"
git -C a push -q . main:refs/colep/main >log 2>&1; [ $? -ne 0 ]; told $? "nobody pushes to the note of what main was"
"$COLEP" -C a save >/dev/null 2>&1; meet; told $? "saved, it is"
echo "Fourth." >>b/$cp; g -C b commit -qam "y" >log 2>&1
"$COLEP" -C b delete -m "Written twice" is-bg-2022-hawala >log 2>&1; told $? "another command with a plain commit on main"
grep -qx 'Fourth.' b/$cp && grep -qx 'Third.' b/$cp && [ "$("$COLEP" -C b status | cut -f6)" -eq 1 ]; told $? "keeps it as unsaved work"
"$COLEP" -C b save >log 2>&1; git -C b show main:$cp | grep -qx 'Fourth.'; told $? "and save takes it in"
meet; told $? "both are at one"

# ---- pull, merge, reset by plain git ----
sed -i 's/^title: .*/title: By a again/' a/$doc; "$COLEP" -C a save >log 2>&1
echo "Fifth." >>b/$cp; g -C b commit -qam "z" >log 2>&1
g -C b pull -q --rebase ../a main >log 2>&1; told $? "pull --rebase"
"$COLEP" -C b save -m "After a rebase" >log 2>&1; told $? "then save"
signed b && clean b && grep -qx 'title: By a again' b/$doc && git -C b show main:$cp | grep -qx 'Fifth.'; told $? "has both, signed, clean"
[ "$(git -C b log -1 --format=%s)" = "After a rebase" ] && git -C b diff --name-only main^ main | grep -qx $cp && [ "$(git -C b diff --name-only main^ main | wc -l)" -eq 1 ]; told $? "what a wrote stays a's"
meet && [ "$("$COLEP" -C a status | cut -f8)" -eq 0 ]; told $? "and nobody refuses any of it"
sed -i 's/^title: .*/title: By a a third time/' a/$doc; "$COLEP" -C a save >log 2>&1
echo "Sixth." >>b/$cp; "$COLEP" -C b save >log 2>&1
g -C b pull -q --no-rebase --no-edit ../a main >log 2>&1 && [ "$(git -C b log -1 --format=%P | wc -w)" -eq 2 ]; told $? "a merge commit made by plain git on main"
"$COLEP" -C b save >log 2>&1; [ $? -eq 0 ] && [ "$(git -C b log -1 --format=%ce)" = merge@colep.invalid ]; told $? "save makes the merged view of it"
signed b && clean b && grep -qx 'title: By a a third time' b/$doc && grep -qx 'Sixth.' b/$cp; told $? "nothing lost, nothing unsigned"
meet && [ "$("$COLEP" -C a status | cut -f8)" -eq 0 ]; told $? "nobody refuses it"
g -C b checkout -q -b side main~1 2>log && echo "On the side." >>b/$doc && g -C b commit -qam side && g -C b checkout -q main && g -C b merge -q --no-edit side >log 2>&1; told $? "a plain branch merged into main"
"$COLEP" -C b save -m "Side" >log 2>&1; [ $? -eq 0 ] && signed b && clean b && git -C b show main:$doc | grep -qx "On the side."; told $? "save takes it in"
meet; told $? "both are at one again"
before=$(main b); g -C b reset -q --hard main~1; "$COLEP" -C b diff | grep -q '^-On the side\.'; told $? "after a reset diff shows what it would take away"
git -C b checkout -q "$before" -- . && "$COLEP" -C b save >log 2>&1; echo "Seventh." >>b/$cp; "$COLEP" -C b save >log 2>&1; meet && [ "$("$COLEP" -C a status | cut -f8)" -eq 0 ]; told $? "numbers go on: no row of two"

# ---- a branch ----
fields() { git -C "$1" log -1 --format=%B main; }
"$COLEP" -C b inbox >out 2>log; [ $? -eq 0 ] && [ ! -s out ]; told $? "an empty inbox"
git clone -q b clone 2>log && cd clone && echo "From outside." >>$doc && sed -i 's/^title: .*/title: Bulgaria, from outside/' $cp && g commit -qam "Jane's work" && echo "More from outside." >>$doc &&
	g commit -qam "second" && g push -q origin HEAD:refs/heads/inbox/jane >../log 2>&1; told $? "somebody with a plain clone pushes a branch"
cd .. || exit 1
"$COLEP" -C b inbox >out 2>log; [ $? -eq 0 ] && [ "$(cut -f1,3,4 out)" = "inbox/jane	second	cp-bg,ll-bg-2022-hawala" ]; told $? "inbox: ref, subject, documents"
cut -f2 out | grep -qxE '20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z'; told $? "and date"
"$COLEP" --json -C b inbox | grep -qE '^\{"ref":"inbox/jane","date":"[^"]*","subject":"second","documents":\["cp-bg","ll-bg-2022-hawala"\]\}$'; told $? "--json"
sed -i 's/^lang: en/&\nx-here: meanwhile/' b/$doc; "$COLEP" -C b save >log 2>&1
before=$(commits b)
"$COLEP" -C b adopt --by "police officer, bg" inbox/jane >out 2>log; [ $? -eq 0 ] && [ "$(cat out)" = "$(main b)" ] && [ "$(commits b)" -eq $((before + 1)) ]; told $? "adopt: one commit, its id printed"
fields b | grep -qx 'Submitted-by: police officer, bg' && [ "$(fields b | head -1)" = "Adopt 2 documents" ]; told $? "says who submitted it"
grep -qx 'More from outside.' b/$doc && grep -qx 'x-here: meanwhile' b/$doc && grep -qx 'title: Bulgaria, from outside' b/$cp && clean b; told $? "laid over what changed here meanwhile"
git -C b log --format='%an%ae%cn%ce%B' main | grep -qi jane; [ $? -eq 1 ]; told $? "no foreign name or address in history"
signed b && git -C b verify-commit main >log 2>&1; told $? "signed"
"$COLEP" -C b inbox >out 2>log; [ ! -s out ] && ! git -C b rev-parse -q --verify refs/heads/inbox/jane >/dev/null; told $? "the inbox is empty, the branch gone"
meet && [ "$("$COLEP" -C a status | cut -f8)" -eq 0 ] && cmp -s a/$doc b/$doc; told $? "the other node accepts it"
"$COLEP" -C a news | grep -q '	cp-bg	.*	bg	' ; told $? "news shows it as the adopting node's"

# held back
cd clone && g fetch -q && g reset -q --hard origin/main && echo "Call +12025550123." >>$cp && echo "Good." >>$doc && echo x >notes.txt && sed -i 's/^title: .*/title: Of another owner/' country-profiles/mk/cp-mk.md &&
	g add -A && g commit -qm "Mixed" && g push -q origin HEAD:refs/heads/inbox/mixed 2>../log; cd .. || exit 1
"$COLEP" -C b adopt mixed >out 2>log; [ $? -eq 1 ] && [ -s out ]; told $? "a branch of which some is held back: exit 1, the rest taken"
grep -q "$cp: held back: .*telephone" log && grep -q 'cp-mk.md: held back: .*mk' log && grep -q 'notes.txt: held back' log; told $? "each is named: personal data, another owner's, no document"
grep -qx 'Good.' b/$doc && ! grep -q 2025550123 b/$cp && [ ! -e b/notes.txt ]; told $? "only the good one is here"
fields b | grep -qx 'Submitted-by: contributor, bg'; told $? "without --by: a contributor of the documents' owner"
"$COLEP" -C b inbox >out; grep -q '^inbox/mixed	' out; told $? "the branch stays in the inbox"
"$COLEP" -C b adopt mixed >out 2>log; [ $? -eq 1 ] && [ ! -s out ]; told $? "again: nothing more"
git -C b update-ref -d refs/heads/inbox/mixed
cd clone && g fetch -q && g reset -q --hard origin/main && sed -i 's/^Good\./Theirs./' $doc && g commit -qam t && g push -q origin HEAD:refs/heads/inbox/clash 2>../log; cd .. || exit 1
sed -i 's/^Good\./Ours./' b/$doc; "$COLEP" -C b adopt clash >out 2>log; [ $? -eq 1 ] && grep -q 'unsaved changes' log; told $? "with unsaved changes: held back"
"$COLEP" -C b save >log 2>&1; "$COLEP" -C b adopt clash >out 2>log; [ $? -eq 1 ] && grep -q 'changed here at the same place' log && ! grep -q '<!--' b/$doc; told $? "changed here at the same place: held back, no marks"
git -C b update-ref -d refs/heads/inbox/clash
"$COLEP" -C b adopt nothing-such >out 2>log; [ $? -eq 1 ] && grep -q 'no file and no branch' log; told $? "neither file nor branch: exit 1"
"$COLEP" -C b adopt >out 2>log; [ $? -eq 2 ]; told $? "without an argument: exit 2"
"$COLEP" -C b adopt --by Jane x >out 2>log; [ $? -eq 2 ]; told $? "--by without an owner: exit 2"
"$COLEP" -C b adopt --by "jane@example.org, bg" x >out 2>log; [ $? -eq 2 ]; told $? "--by with an address: exit 2"
printf 'evil\n' >x && cd clone && g fetch -q && g reset -q --hard origin/main && ln -sf /etc/passwd lessons/bg/ll-bg-2023-link.md && echo 'bg secretariat' >roster/roles && g add -A && g commit -qm l && g push -q origin HEAD:refs/heads/inbox/link 2>../log; cd .. || exit 1
"$COLEP" -C b adopt link >out 2>log; [ $? -eq 1 ] && grep -q 'roster/roles: held back' log && grep -q 'link.md: held back: is no plain file' log && [ ! -s out ]; told $? "a link, a roster: held back"
git -C b update-ref -d refs/heads/inbox/link
"$COLEP" -C a roster add $("$COLEP" join a b2 --id bg-desk2 --root "$("$COLEP" -C a status | cut -f10)" 2>log) >log 2>&1; "$COLEP" -C b2 sync >log 2>&1
git clone -q b2 clone2 2>log; (cd clone2 && echo "Via desk 2." >>$cp && g commit -qam d && g push -q origin HEAD:refs/heads/inbox/d) 2>log
"$COLEP" -C b2 adopt d >out 2>log; [ $? -eq 1 ] && grep -q 'a focal point of bg, or the Secretariat' log; told $? "a contributor adopts nothing"

# ---- a patch ----
cd clone && g fetch -q && g reset -q --hard origin/main && echo "By mail: Größe." >>$doc && g commit -qam "By mail" && echo "By mail too." >>$doc && g commit -qam "And two" && g format-patch -q --stdout origin/main >../work.patch; cd .. || exit 1
"$COLEP" -C b adopt --by "analyst, bg" work.patch >out 2>log; [ $? -eq 0 ] && grep -qxE '[0-9a-f]{40}' out; told $? "a patch of two commits: one commit"
grep -qx 'By mail: Größe.' b/$doc && grep -qx 'By mail too.' b/$doc && clean b && fields b | grep -qx 'Submitted-by: analyst, bg'; told $? "both are in"
git -C b log --format='%an%ae%cn%ce%B' main | grep -qi 'jane\|By mail'; [ $? -eq 1 ]; told $? "no name, no subject of the mail"
"$COLEP" -C b adopt work.patch >out 2>log; [ $? -eq 1 ] && grep -q 'does not fit' log; told $? "again: it does not fit, exit 1"
(cd clone && g fetch -q && g reset -q --hard origin/main && echo "A bare diff." >>$doc && g diff) >bare.patch; "$COLEP" -C b adopt bare.patch >out 2>log && grep -qx 'A bare diff.' b/$doc; told $? "a bare diff"
cat >qp.patch <<END
From: Jane Doe <jane@example.org>
Subject: [PATCH] encoded
MIME-Version: 1.0
Content-Type: text/plain; charset=UTF-8
Content-Transfer-Encoding: quoted-printable

---
diff --git a/$doc b/$doc
--- a/$doc
+++ b/$doc
@@ -$(wc -l <b/$doc),1 +$(wc -l <b/$doc),2 @@
 A bare diff.
+Caf=C3=A9.
END
"$COLEP" -C b adopt qp.patch >out 2>log && grep -qx 'Café.' b/$doc; told $? "a mail with encoded letters"
sed 's,lessons/bg,../../evil,g' bare.patch >evil.patch; "$COLEP" -C b adopt evil.patch >out 2>log; [ $? -ne 0 ] && [ ! -e ../evil ]; told $? "a patch that leaves the folder: refused"
printf 'no patch\n' >no.patch; "$COLEP" -C b adopt no.patch >out 2>log; [ $? -eq 1 ]; told $? "no patch at all: exit 1"
[ ! -e b/.git/colep/adopt ]; told $? "nothing is left behind"

# ---- a form ----
cat >new.colep.md <<END
---
kind: lesson
title: A form's lesson
tlp: TLP:GREEN
lang: en
date: 2023-04-05
stage: observation
x-form: 1
---

## Observation

Seen.
END
"$COLEP" -C b adopt new.colep.md >out 2>log; [ $? -eq 1 ] && grep -q 'category is missing; .*give it with --set category=' log && [ ! -s out ]; told $? "a form asks for what is missing: exit 1"
"$COLEP" --json -C b adopt --by "border guard, bg" --set category=good-practice --set topics=som,thb new.colep.md >out 2>log; [ $? -eq 0 ] && grep -qxE '\{"commit":"[0-9a-f]{40}"\}' out; told $? "given by --set: adopted; --json"
f=b/lessons/bg/ll-bg-2023-a-form-s-lesson.md; grep -qx 'id: ll-bg-2023-a-form-s-lesson' $f && grep -qx 'status: submitted' $f && grep -qx 'owner: bg' $f && grep -qx 'topics: \[som, thb\]' $f; told $? "id, status and owner are filled in"
fields b | grep -qx 'Submitted-by: border guard, bg' && [ "$(fields b | head -1)" = "Adopt ll-bg-2023-a-form-s-lesson" ] && clean b; told $? "signed for by function"
"$COLEP" -C b adopt --set category=good-practice --set topics=som,thb new.colep.md >out 2>log; [ $? -eq 1 ] && grep -q 'its text is here already, as ll-' log && [ ! -s out ]; told $? "the same form a second time: held back"
sed 's/Seen\./Seen elsewhere./' new.colep.md >other.colep.md; "$COLEP" -C b adopt --set category=good-practice --set topics=som,thb other.colep.md >out 2>log; [ $? -eq 0 ] && ls b/lessons/bg | grep -q -- '-2\.md'; told $? "another text of the same title: a further id"
echo "Something." >p.txt; "$COLEP" -C b adopt p.txt >out 2>log; [ $? -eq 1 ] && grep -q 'neither a document' log; told $? "neither document nor patch: said"
sed 's/^status: .*/status: draft/; s/Seen\./Seen twice./' $f >again.colep.md; printf '\r\n' >>again.colep.md; "$COLEP" -C b adopt again.colep.md >out 2>log; [ $? -eq 0 ] && grep -q 'takes its place' log && grep -qx 'Seen twice.' $f && ! grep -q "$(printf '\r')" $f; told $? "one that is here takes its place, and it is said"
sed '/^kind:/d' new.colep.md >k.colep.md; "$COLEP" -C b adopt k.colep.md >out 2>log; [ $? -eq 1 ] && grep -q 'kind is missing' log; told $? "without a kind: asks"
printf 'No front matter.\n' >n.colep.md; "$COLEP" -C b adopt n.colep.md >out 2>log; [ $? -eq 1 ] && grep -q 'n.colep.md: held back' log; told $? "without front matter: held back"
sed 's/^tlp:.*/tlp: TLP:RED/; s/^title:.*/title: Red/' new.colep.md >r.colep.md; "$COLEP" -C b adopt --set category=good-practice r.colep.md >out 2>log; [ $? -eq 1 ] && grep -q 'held back' log; told $? "above the ceiling: held back"
"$COLEP" -C b adopt --set Category=x new.colep.md >out 2>log; [ $? -eq 2 ]; told $? "--set that is none: exit 2"
meet && [ "$("$COLEP" -C a status | cut -f8)" -eq 0 ] && [ -e a/${f#b/} ]; told $? "all of it reaches the other node"
"$COLEP" -C a adopt --by "officer, mk" --set category=good-practice --set id=ll-mk-2023-other new.colep.md >out 2>log; [ $? -eq 0 ] && grep -qx 'owner: mk' a/lessons/mk/ll-mk-2023-other.md; told $? "the Secretariat adopts for another owner"
done_testing
