#!/bin/sh
# Nodes that never meet exchange through a bare repository, which is trusted with nothing; an idle sync is one question.
. "$ROOT/tests/cli/lib.sh"
sync() { colep -C "$1" sync >.log 2>&1; }
line() { sed -n "s/^$1$TAB//p" .out | head -n 1; }

colep init a --id bps >.log 2>&1; put a ll-bps-2023-one; colep -C a save >.log 2>&1
root=$(colep -C a status | cut -f10)
git init -q --bare relay.git
ok "a relay is added" colep -C a peer add post "$here/relay.git" --relay
run colep -C a sync; is "the first puts its main there" "$(line post)" "ok${TAB}0${TAB}2${TAB}0${TAB}"
is "in its own branch alone" "$(git -C relay.git for-each-ref --format='%(refname) %(objectname)')" "refs/heads/colep/bps $(main a)"
colep join --relay "$here/relay.git" b --id bg --root "$root" >line 2>.log; is "a node joins from the relay" "$(main b)" "$(main a)"
is "and knows it as one" "$(git -C b config remote.origin.colepRelay)" true
colep -C a roster add $(cat line) >.log 2>&1
colep join --relay "$here/relay.git" c --id mk --root "$root" >line 2>.log; colep -C a roster add $(cat line) >.log 2>&1
colep join --relay "$here/relay.git" reader --root "$root" >.log 2>&1
sync a; sync b; sync c
put b ll-bg-2023-b; colep -C b save >.log 2>&1; put c ll-mk-2023-c; colep -C c save >.log 2>&1; echo More. >>a/lessons/bps/ll-bps-2023-one.md; colep -C a save >.log 2>&1
for x in a b c a b c reader; do sync $x; done
is "three that never met have one main" "$(main a) $(main b)" "$(main c) $(main c)"
is "a reader has it too" "$(main reader)" "$(main a)"
is "a reader puts nothing there" "$(git -C relay.git for-each-ref --format='%(refname)' | tr '\n' ' ')" "refs/heads/colep/bg refs/heads/colep/bps refs/heads/colep/mk "
ok "fsck of the relay is content" git -C relay.git fsck --strict

# ---- idle ----
runs() { COLEP_TRACE=1 colep -C "$1" sync $2 2>.err >.out; status=$?; grep -c '^colep: git' .err; }
is "an idle sync through a relay is one run of git" "$(runs a)" 1
has "the question" "$(cat .err)" "colep: git ls-remote"
is "of a reader too" "$(runs reader)" 1
colep -C b peer add centre "$here/a" >.log 2>&1
runs b centre >.log; is "an idle sync with a node is one run of git" "$(runs b centre)" 1
is "it says ok" "$(line centre)" "ok${TAB}0${TAB}0${TAB}0${TAB}"
put b ll-bg-2023-b3; colep -C b save >.log 2>&1
is "something to give is one more" "$(runs b centre)" 2
is "what the other has not folded in yet is not sent again" "$(runs b centre)" 1
colep -C a save >.log 2>&1; put a ll-bps-2023-b4; colep -C a save >.log 2>&1
is "something to take is one more" "$(runs b centre)" 2
is "then it is idle" "$(runs b centre)" 1
rm b/.git/colep/peer-*; run colep -C b sync centre; is "without its notes it works as well" "$(line centre)" "ok${TAB}0${TAB}0${TAB}0${TAB}"
sync b; for x in a c a b c; do sync $x; done; is "one main again" "$(main a) $(main b)" "$(main c) $(main c)"

# ---- what is offered ----
git -C a update-ref refs/colep/aside/x "$(git -C a rev-list --max-parents=0 main)"; git -C a update-ref refs/colep/carry/xb "$(main a)"
is "peers are shown main alone" "$(git ls-remote a | cut -f2 | tr '\n' ' ')" "HEAD refs/colep/main refs/heads/main "
no "nobody can push to what is ours" git -C b push -q ../a main:refs/colep/carry/xy
no "nor move our note of main" git -C b push -q ../a main:refs/colep/main
no "nor main" git -C b push -q ../a HEAD~1:refs/heads/main
ok "others push beside it" git -C b push -q ../a main:refs/colep/from/bg
git -C a update-ref -d refs/colep/aside/x; git -C a update-ref -d refs/colep/carry/xb
git -C c config --unset-all transfer.hideRefs; git -C c config --unset-all uploadpack.hideRefs; git -C c config colep.settings 1
sync c; is "a node of an older program gets the settings" "$(git -C c config --get-all transfer.hideRefs | tr '\n' ' ')$(git -C c config uploadpack.hideRefs)" \
	"refs/colep/aside refs/colep/carry refs/colep/from"
colep -C c doctor >.log 2>&1; is "once" "$(git -C c config --get-all transfer.hideRefs | wc -l)" 2

# ---- a relay that lies ----
colep init other --id bps >.log 2>&1; put other ll-bps-2023-theirs; colep -C other save >.log 2>&1
git -C other push -q ../relay.git main:refs/heads/colep/zz
put b ll-bg-2023-b5; colep -C b save >.log 2>&1; sync b
run colep -C c sync; is "another community's branch is refused, the rest taken" "$(line origin)" "refused${TAB}1${TAB}0${TAB}1${TAB}it begins another community"
is "it is said with exit 1" "$status" 1
is "main is as it should be" "$(main c)" "$(main b)"
no "nothing of it is kept" git -C c cat-file -e "$(main other)"
is "it is not fetched again, and still said" "$(runs c) $status $(line origin)" "1 1 refused${TAB}0${TAB}0${TAB}1${TAB}it begins another community"
before=$(main c)
git -C relay.git update-ref refs/heads/colep/bps "$(git -C c rev-list --max-parents=0 main)"; git -C relay.git update-ref -d refs/heads/colep/mk
git -C relay.git update-ref refs/heads/colep/zz "$(main a)"
sync c; is "an old state under somebody's name changes nothing" "$(main c)" "$before"
is "one's own branch is put back" "$(git -C relay.git rev-parse refs/heads/colep/mk)" "$before"
git -C relay.git branch -f colep/no-such-name-at-all-of-a-node "$before"; git -C relay.git branch -f other "$before"; sync c; is "other branches are looked at by nobody" $? 0
git clone -q a forged 2>.log; (cd forged && echo x >lessons/bps/x && git add -A && git -c user.name='BG node' -c user.email=node@bg.invalid commit -qm "Forged

Colep-Space: $(git -C ../a config colep.space)
Colep-Node: bg/0123456789abcdef
Colep-Seq: 1" && git push -qf ../relay.git HEAD:refs/heads/colep/bg)
run colep -C c sync; is "a forged commit under a node's name is refused" "$(line origin | cut -f1,4)" "refused${TAB}1"
is "main does not move" "$(main c)" "$before"
sync b; is "its owner puts the right one back" "$(git -C relay.git rev-parse refs/heads/colep/bg)" "$(main b)"
rm -rf relay.git; run colep -C c sync; is "a relay that is gone is missing" "$status $(line origin | cut -f1)" "3 missing"
done_testing
