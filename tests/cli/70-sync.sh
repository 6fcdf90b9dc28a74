#!/bin/sh
# Nodes exchange what they wrote and end up with the same: join, roster, sync over a path.
. "$ROOT/tests/cli/lib.sh"
doc=lessons/bg/ll-bg-2022-hawala.md

"$COLEP" init a --id bps --import "$ROOT/content" >log 2>&1; told $? "a community"
root=$("$COLEP" -C a status | cut -f10)
"$COLEP" join a b --id bg >log 2>&1 </dev/null; [ $? -eq 2 ] && [ ! -e b ]; told $? "joining without the root, and nobody to ask: exit 2, nothing made"
"$COLEP" join a b --id bg --root bad-bad >log 2>&1; [ $? -eq 3 ] && [ ! -e b ]; told $? "another root: refused, nothing made"
line=$("$COLEP" join a b --id bg --root "$root" 2>log); told $? "joined by the root's six words"
"$COLEP" -C b save >log 2>&1; grep -qF "not in the roster yet; ask the Secretariat to run: colep roster add $line" log; told $? "who is not admitted yet and writes is told the line again"
echo "$line" | grep -qxE 'bg ssh-ed25519 AAAA[A-Za-z0-9+/]{64}'; told $? "prints exactly ID ssh-ed25519 BASE64"
[ "$(main a)" = "$(main b)" ]; told $? "has the same main"
(cd b && "$COLEP" save) >log 2>&1; [ $? -eq 3 ] && grep -q 'not in the roster' log; told $? "writes only when admitted"
"$COLEP" -C a roster add $line >log 2>&1; told $? "the Secretariat admits it"
"$COLEP" -C a roster add $line >log 2>&1 && [ "$(git -C a rev-list --count main)" -eq 3 ]; told $? "admitting again is no commit"
"$COLEP" -C b sync >log 2>&1 && [ "$(main a)" = "$(main b)" ]; told $? "it learns so by a sync"
cut -f1-5 log | grep -qx "origin	ok	1	0	0"; told $? "fields: peer result got sent refused"

sed -i 's/underlined the Hawala/stressed the Hawala/' b/$doc && "$COLEP" -C b save -m "Say it plainly" >log 2>&1; told $? "b edits a sentence"
sed -i 's/^title: .*/title: Changed in the centre/' a/$doc && echo More. >>a/$doc && "$COLEP" -C a save >log 2>&1; told $? "a edits title and end"
"$COLEP" -C b sync >log 2>&1; told $? "b syncs"
"$COLEP" -C a save >log 2>&1; [ "$(main a)" = "$(main b)" ]; told $? "a folds in what b pushed at its next command: same main"
grep -q 'stressed the Hawala' a/$doc && grep -q 'title: Changed in the centre' b/$doc && grep -qx More. b/$doc; told $? "both have both edits"
[ "$(git -C a rev-list --count main)" -eq 6 ]; told $? "one merged view, no more commits"
before=$(main b); "$COLEP" -C b sync >log 2>&1; "$COLEP" -C a sync b >/dev/null 2>&1; "$COLEP" -C b sync >/dev/null 2>&1
[ "$(main b)" = "$before" ] && [ "$(main a)" = "$before" ]; told $? "and none once all is exchanged"
git -C b fsck --strict >log 2>&1 && [ ! -s log ]; told $? "git fsck --strict is content"
(cd b && git rev-list main | while read -r c; do git cat-file commit "$c" | grep -q '^gpgsig' || continue; git verify-commit "$c" 2>&1 || echo BAD; done) >log; ! grep -qx BAD log; told $? "git verify-commit is content with every authored commit"
[ -z "$(git -C a status --porcelain)" ] && [ -z "$(git -C b status --porcelain)" ]; told $? "both folders are clean"

# conflict, and unsaved work carried over
sed -i 's/^title: .*/title: As b has it/' b/$doc && "$COLEP" -C b save >log 2>&1
sed -i 's/^title: .*/title: As a has it/' a/$doc && "$COLEP" -C a save >log 2>&1
echo "Unsaved line." >>b/country-profiles/bg/cp-bg.md
echo "Another line." >>a/country-profiles/bg/cp-bg.md; "$COLEP" -C a save >log 2>&1
"$COLEP" -C b sync >log 2>&1; told $? "a sync with a conflict stops nothing"
grep -qx 'title: As a has it' b/$doc && grep -qx 'title@2: As b has it' b/$doc; told $? "a title in conflict stands in both"
grep -qx 'Unsaved line.' b/country-profiles/bg/cp-bg.md && grep -qx 'Another line.' b/country-profiles/bg/cp-bg.md; told $? "unsaved work is carried over and merged"
[ "$("$COLEP" -C b status | cut -f6,7)" = "1	1" ]; told $? "status counts one unsaved, one conflict"
sed -i '/^title@2:/d' b/$doc && "$COLEP" -C b save >log 2>&1; told $? "b settles it"
"$COLEP" -C b sync >/dev/null 2>&1; "$COLEP" -C a sync >/dev/null 2>&1; "$COLEP" -C a save >/dev/null 2>&1
[ "$(main a)" = "$(main b)" ] && ! grep -q '@2' a/$doc; told $? "settled once, settled everywhere"

# a stranger
"$COLEP" join a c --id pk --root "$root" >/dev/null 2>&1
sed -i 's/^status: .*/status: published/; s/^title: .*/title: By a stranger/' c/lessons/pk/*.md 2>/dev/null
tree=$(cd c && git add -A && git write-tree) && c=$(cd c && git -c user.name='PK node' -c user.email=node@pk.invalid -c user.signingKey="$(git config user.signingKey)" commit-tree -S -p main -m "Forged

Colep-Space: $(git config colep.space)
Colep-Node: pk/0123456789abcdef
Colep-Seq: 1" "$tree") && git -C c push -q ../a "$c:refs/colep/from/pk" >log 2>&1; told $? "a stranger pushes a signed commit"
before=$(main a); "$COLEP" -C a save >log 2>&1; [ "$(main a)" = "$before" ]; told $? "main does not move"
grep -q "$c.*do not stand together" a/.git/colep/refused; told $? "it is recorded why"
[ "$("$COLEP" -C a status | cut -f8)" -eq 1 ]; told $? "status counts it"
"$COLEP" -C b peer add x 'ext::sh -c true' >log 2>&1; [ $? -eq 2 ]; told $? "an address that would run a program is refused"
"$COLEP" -C b peer add gone /nowhere && "$COLEP" -C b sync >log 2>&1; [ $? -eq 1 ] && grep -q '^gone	missing' log; told $? "a peer that is missing: said, the rest done, exit 1"
ok "that its folder is not there is told" grep -q "/nowhere is not there; is the stick" log
"$COLEP" -C b sync nobody >log 2>&1; ok "and of a name that no peer has, where the names are" grep -q "^nobody	missing.*no peer of this name.*colep peer list" log
"$COLEP" -C b peer remove gone && "$COLEP" -C b peer list | cut -f1 | grep -qx origin; told $? "peer remove, peer list"

# many small packs become few, in the background: git fsck is not content while git still removes them
i=0; while [ $i -lt 52 ]; do i=$((i + 1)); git -C b cat-file commit main | sed "s/^committer/committer $i/" | git -C b hash-object -w -t blob --stdin | git -C b pack-objects -q .git/objects/pack/pack >/dev/null; done
packs() { find b/.git/objects/pack -name "*.pack" | wc -l; }
[ "$(packs)" -gt 50 ] && "$COLEP" -C b sync >log 2>&1; i=0; while { [ "$(packs)" -gt 10 ] || [ -e b/.git/gc.pid ]; } && [ $i -lt 100 ]; do i=$((i + 1)); sleep 0.2; done
[ "$(packs)" -le 10 ]; told $? "a sync lets git pack what has become many"
git -C b fsck --strict >log 2>&1 && "$COLEP" -C b verify >log 2>&1; told $? "and all is there"
done_testing
