#!/bin/sh
# Plain git on a node's main is unsaved work; branches, patches and forms of others are reviewed and adopted.
n=0 failed=0
ok() { # STATUS NAME
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; [ -f log ] && sed 's/^/# /' log; failed=1; fi
}
main() { git -C "$1" rev-parse main; }
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
meet; ok $? "two nodes"

# ---- plain commits on main ----
start=$(commits b)
echo "By plain git." >>b/$doc; g -C b commit -qam "my change" >log 2>&1
echo "And again." >>b/$doc; g -C b commit -qam "another" >log 2>&1; ok $? "two plain commits on main"
[ "$("$COLEP" -C b status | cut -f6)" -eq 1 ]; ok $? "status counts what they changed as unsaved"
"$COLEP" -C b diff | grep -qx '+And again.'; ok $? "diff shows it"
"$COLEP" -C b save -m "Two lines" >out 2>log; [ $? -eq 0 ] && [ "$(commits b)" -eq $((start + 1)) ]; ok $? "save takes them in as one commit"
[ "$(git -C b log -1 --format='%an %s')" = "BG node Two lines" ] && clean b && signed b; ok $? "signed by the node, nobody else's name"
meet && grep -qx 'And again.' a/$doc; ok $? "the other node gets it"
echo "Third." >>b/$cp; g -C b commit -qam "x" >log 2>&1; sed -i 's/^title: .*/title: By a/' a/$doc; "$COLEP" -C a save >log 2>&1
"$COLEP" -C b sync >log 2>&1; [ $? -eq 0 ] && grep -qx 'title: By a' b/$doc && grep -qx 'Third.' b/$cp; ok $? "a sync with a plain commit on main: both are there"
"$COLEP" -C a save >log 2>&1; [ "$("$COLEP" -C a status | cut -f8)" -eq 0 ]; ok $? "nothing plain was sent"
echo "Peer fetches." >>a/$cp; g -C a commit -qam "p" >log 2>&1; "$COLEP" -C b sync >log 2>&1; [ $? -eq 0 ] && cut -f2,5 log | grep -qx 'ok	0'; ok $? "nor fetched by others, and not refused"
git -C a push -q . main:refs/colep/main >log 2>&1; [ $? -ne 0 ]; ok $? "nobody pushes to the note of what main was"
"$COLEP" -C a save >/dev/null 2>&1; meet; ok $? "saved, it is"
echo "Fourth." >>b/$cp; g -C b commit -qam "y" >log 2>&1
"$COLEP" -C b delete -m "Written twice" is-bg-2022-hawala >log 2>&1; ok $? "another command with a plain commit on main"
grep -qx 'Fourth.' b/$cp && grep -qx 'Third.' b/$cp && [ "$("$COLEP" -C b status | cut -f6)" -eq 1 ]; ok $? "keeps it as unsaved work"
"$COLEP" -C b save >log 2>&1; git -C b show main:$cp | grep -qx 'Fourth.'; ok $? "and save takes it in"
meet; ok $? "both are at one"

# ---- pull, merge, reset by plain git ----
sed -i 's/^title: .*/title: By a again/' a/$doc; "$COLEP" -C a save >log 2>&1
echo "Fifth." >>b/$cp; g -C b commit -qam "z" >log 2>&1
g -C b pull -q --rebase ../a main >log 2>&1; ok $? "pull --rebase"
"$COLEP" -C b save -m "After a rebase" >log 2>&1; ok $? "then save"
signed b && clean b && grep -qx 'title: By a again' b/$doc && git -C b show main:$cp | grep -qx 'Fifth.'; ok $? "has both, signed, clean"
[ "$(git -C b log -1 --format=%s)" = "After a rebase" ] && git -C b diff --name-only main^ main | grep -qx $cp && [ "$(git -C b diff --name-only main^ main | wc -l)" -eq 1 ]; ok $? "what a wrote stays a's"
meet && [ "$("$COLEP" -C a status | cut -f8)" -eq 0 ]; ok $? "and nobody refuses any of it"
sed -i 's/^title: .*/title: By a a third time/' a/$doc; "$COLEP" -C a save >log 2>&1
echo "Sixth." >>b/$cp; "$COLEP" -C b save >log 2>&1
g -C b pull -q --no-rebase --no-edit ../a main >log 2>&1 && [ "$(git -C b log -1 --format=%P | wc -w)" -eq 2 ]; ok $? "a merge commit made by plain git on main"
"$COLEP" -C b save >log 2>&1; [ $? -eq 0 ] && [ "$(git -C b log -1 --format=%ce)" = merge@colep.invalid ]; ok $? "save makes the merged view of it"
signed b && clean b && grep -qx 'title: By a a third time' b/$doc && grep -qx 'Sixth.' b/$cp; ok $? "nothing lost, nothing unsigned"
meet && [ "$("$COLEP" -C a status | cut -f8)" -eq 0 ]; ok $? "nobody refuses it"
g -C b checkout -q -b side main~1 2>log && echo "On the side." >>b/$doc && g -C b commit -qam side && g -C b checkout -q main && g -C b merge -q --no-edit side >log 2>&1; ok $? "a plain branch merged into main"
"$COLEP" -C b save -m "Side" >log 2>&1; [ $? -eq 0 ] && signed b && clean b && git -C b show main:$doc | grep -qx "On the side."; ok $? "save takes it in"
meet; ok $? "both are at one again"
before=$(main b); g -C b reset -q --hard main~1; "$COLEP" -C b diff | grep -q '^-On the side\.'; ok $? "after a reset diff shows what it would take away"
git -C b checkout -q "$before" -- . && "$COLEP" -C b save >log 2>&1; echo "Seventh." >>b/$cp; "$COLEP" -C b save >log 2>&1; meet && [ "$("$COLEP" -C a status | cut -f8)" -eq 0 ]; ok $? "numbers go on: no row of two"
echo "1..$n"
exit $failed
