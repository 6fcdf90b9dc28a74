#!/bin/sh
# A kill at any point: what was answered is kept, and the next command mends the rest.
. "$ROOT/tests/cli/lib.sh"
doc=lessons/bg/ll-bg-2022-hawala.md profile=country-profiles/bg/cp-bg.md clean=country-profiles/mk/cp-mk.md

"$COLEP" init a --id bps --import "$ROOT/content" >.log 2>&1
"$COLEP" join a b --id bg --root "$("$COLEP" -C a status | cut -f10)" >line 2>.log
"$COLEP" -C a roster add $(cat line) >.log 2>&1; "$COLEP" -C b sync >.log 2>&1
sed -i 's/underlined the Hawala/stressed the Hawala/; s/^title: .*/title: As a has it/' a/$doc; echo 'From a.' >>a/$profile; sed -i 's/^title: .*/title: First/' a/$clean; "$COLEP" -C a save >.log 2>&1
echo 'Unsaved in b.' >>b/$doc; echo 'Unsaved, too.' >>b/$profile

# Main was moved by a sync, and then the power went: the folder is behind.
old=$(main b) new=$(main a)
cp -a b b.sav
git -C b fetch -q ../a main && git -C b update-ref refs/heads/main "$new" && printf '%s %s' "$old" "$new" >b/.git/colep/moving
cp -a b behind
"$COLEP" -C b sync >.log 2>&1
is "the next sync brings the folder after" "$(git -C b status --porcelain | cut -c4- | tr '\n' ' ')" "$profile $doc "
has "what others changed in a file with unsaved work is there" "$(cat b/$doc)" "stressed the Hawala"
has "and the unsaved work" "$(cat b/$doc)" "Unsaved in b."
"$COLEP" -C b save >.log 2>&1; "$COLEP" -C b sync >.log 2>&1; "$COLEP" -C a save >.log 2>&1
is "one main" "$(main a)" "$(main b)"
has "no change of theirs is taken back by the next save" "$(cat a/$doc)" "stressed the Hawala"

# Two lines at one place: a conflict in the unsaved work, and the kill after the first file was carried.
cp -a behind c && "$COLEP" -C c status >.log 2>&1; rm -rf b; mv behind b
sed -i '$s/.*/Unsaved instead./' b/$profile; sed -i 's/^title: .*/title: As b has it/; s/underlined the Hawala/mentioned the Hawala/' b/$doc
cp -a b twice; cp -a b half
"$COLEP" -C b sync >.log 2>&1; cp b/$doc once.md; cp b/$profile once-profile.md
cp -a b done; printf '%s %s' "$old" "$(main done)" >done/.git/colep/moving
"$COLEP" -C done sync >.log 2>&1
is "killed after all was done, nothing is done again" "$(cat done/$doc done/$profile)" "$(cat once.md once-profile.md)"
printf '%s %s\n%s %s\n' "$old" "$new" "$(git hash-object twice/$doc)" "$doc" >twice/.git/colep/carried; git -C half remote remove origin; "$COLEP" -C half sync >.log 2>&1; cp half/$doc twice/$doc
git -C twice cat-file blob "$new:$clean" >twice/$clean; sed -i 's/^title: .*/title: Second/' a/$clean; "$COLEP" -C a save >.log 2>&1
"$COLEP" -C twice sync >.log 2>&1
is "work carried before a kill is not carried again" "$(cat twice/$doc)" "$(cat once.md)"
is "the rest is" "$(cat twice/$profile)" "$(cat once-profile.md)"
is "and what the killed one brought is no work of this node's" "$(cat twice/$clean)" "$(cat a/$clean)"
is "nothing is left of the note" "$(ls twice/.git/colep | grep -E 'moving|carried')" ""

# A push that died in git held a lock of its ref: removed when it is old, for a push may be running now.
mkdir -p a/.git/refs/colep/from; : >a/.git/refs/colep/from/bg-old.lock; : >a/.git/refs/colep/from/bg-new.lock
touch -d '11 minutes ago' a/.git/refs/colep/from/bg-old.lock
"$COLEP" -C a sync >.log 2>&1
is "a lock of ten minutes is removed, a younger one is not" "$(ls a/.git/refs/colep/from | grep lock)" bg-new.lock
done_testing
