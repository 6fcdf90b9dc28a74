#!/bin/sh
# Keys taken away, exchanged and recovered: who stands how is a function of what was written, not of when it arrived.
. "$ROOT/tests/cli/lib.sh"
c() { d=$1; shift; "$COLEP" -C "$d" "$@"; }
inc() { git -C "$1" log --format=%B main | sed -n "s|^Colep-Node: $2/||p" | head -n 1; }
own=country-profiles/mk/cp-mk.md
lesson=lessons/bg/ll-bg-2022-hawala.md profile=country-profiles/bg/cp-bg.md

c . init a --id bps --import "$ROOT/content" >log 2>&1
root=$(c a status | cut -f10)
for i in bg mk pk bg-two; do
	line=$("$COLEP" join a $i --id $i --root "$root" 2>>log) && c a roster add $line >>log 2>&1
	case $i in bg*) false;; esac && c a roster role $i chair >>log 2>&1
done
for i in bg mk pk bg-two; do c $i sync >>log 2>&1; done
[ "$(main a)" = "$(main bg)" ] && [ "$(main a)" = "$(main pk)" ]; told $? "a Secretariat, two nodes of bg and two chairs"

# what bg wrote before counts; what others did not have when it was revoked does not
sed -i 's/^title: .*/title: Written before/' bg/$lesson; c bg save >>log 2>&1; c bg sync >>log 2>&1; c a save >>log 2>&1
grep -q 'Written before' a/$lesson; told $? "bg's first change has arrived"
cp -r bg bg2; cp -r bg bgold
echo 'A line after.' >>bg/$profile; c bg save >log 2>&1; late=$(main bg)
c bg-two sync bg >>log 2>&1; echo 'Two was here.' >>bg-two/$profile
sed -i 's/^title: .*/title: Two on top/' bg-two/$profile; c bg-two save -m "On top of what bg wrote" >>log 2>&1
grep -q 'A line after' bg-two/$profile; told $? "bg-two has bg's second change and writes on top of it"
c a roster revoke bg >log 2>&1; told $? "the Secretariat revokes bg"
c a roster | grep -q '^bg	bg	focal-point	revoked'; told $? "roster says so"
git -C a show main:roster/revoked | grep -qxE 'bg AAAA[A-Za-z0-9+/]{64} [0-9a-f]{40}'; told $? "roster/revoked names node, key, last commit"
c a roster revoke bg >log 2>&1 && [ "$(git -C a log -1 --format=%s main)" = "Revoke the key of bg" ]; told $? "twice is once"
before=$(main a)
c bg-two sync >log 2>&1; c a save >>log 2>&1; c bg-two sync >>log 2>&1; c mk sync >>log 2>&1; c pk sync >>log 2>&1
[ "$(main a)" = "$(main bg-two)" ] && [ "$(main a)" = "$(main mk)" ]; told $? "all agree"
! grep -q 'A line after' a/$profile && grep -qx 'Two was here.' a/$profile && grep -q 'title: Two on top' a/$profile; told $? "what bg did late is masked, what was written on top of it stays"
grep -q 'Written before' mk/$lesson; told $? "what bg did before counts"
git -C a merge-base --is-ancestor "$late" main; told $? "it is in the past, without effect"
echo x >>bg/$profile; c bg sync >log 2>&1; c bg save >log 2>&1; [ $? -eq 3 ] && grep -q 'was revoked' log; told $? "bg, once it knows, does not write any more"
[ "$(main bg)" = "$(main a)" ]; told $? "but follows"

# a backdated commit of the revoked key: made from an old copy, that knows of nothing
COLEP_KEYS=$PWD/keys; export COLEP_KEYS
for k in keys/*-bg; do cp "$k" key.bg; done
forge() { # FOLDER PARENT NODE/INC SEQ PREV: commit of the folder's index, signed with key.bg
	(cd "$1" && git add -A && t=$(git write-tree) && o=$(echo "$3" | cut -d/ -f1) && GIT_AUTHOR_DATE='1000000000 +0000' GIT_COMMITTER_DATE='1000000000 +0000' \
		git -c user.name="$o node" -c user.email="node@$o.invalid" -c user.signingKey="$OLDPWD/key.bg" commit-tree -S -p "$2" -m "Forged

Colep-Space: $(git config colep.space)
Colep-Node: $3
Colep-Seq: $4${5:+
Colep-Prev: $5}" "$t")
}
chmod 600 key.bg
sed -i 's/^title: .*/title: Backdated/' bgold/$lesson
f=$(forge bgold "$(main bgold)" bg/0123456789abcdef 1); git -C bgold push -q ../a "$f:refs/colep/from/bg" >log 2>&1; told $? "a backdated commit of the revoked key arrives"
before=$(main a); c a save >log 2>&1; [ "$(main a)" = "$before" ] && ! grep -rq Backdated a/lessons; told $? "it is no head and has no effect"
grep -q "$f.*revoked" a/.git/colep/refused; told $? "it is recorded why"
c a why "$f" >log 2>&1; grep -q 'masked.*revoked' log; told $? "why says why"
(cd bgold && git fetch -q ../a main) >log 2>&1; git -C bgold checkout -q --detach FETCH_HEAD >>log 2>&1
echo late >>bgold/$profile; f=$(forge bgold "$(main a)" bg/0123456789abcdef 1); git -C bgold push -q ../a "+$f:refs/colep/from/bg" >log 2>&1
c a save >log 2>&1; grep -q "$f.*revoked before" a/.git/colep/refused; told $? "one that has the revocation in its past is refused"

# order of arrival: new nodes that learn it in another order have the same
rm -rf x; "$COLEP" join mk x --root "$root" >log 2>&1; [ "$(main x)" = "$(main a)" ]; told $? "who joins now has the same main"
"$COLEP" join bg2 y --root "$root" >log 2>&1; git -C y push -q . main:refs/none 2>/dev/null
git -C bgold push -q ../y "$late:refs/colep/from/q" 2>/dev/null; git -C bg push -q ../y "$late:refs/colep/from/late" >>log 2>&1; c y sync >>log 2>&1
c y sync ../a >>log 2>&1; c y sync a >>log 2>&1; [ "$(main y)" = "$(main a)" ]; told $? "who knew the late commit first as well"

# rotate
old=$(c mk roster | sed -n 's/^mk	.*	//p')
c mk roster rotate >log 2>&1; told $? "mk proposes a new key"
line=$(sed -n 's/.*roster add \(mk ssh-ed25519 [^ ]*\)$/\1/p' log)
c mk roster rotate >log 2>&1 && grep -q "$line" log && grep -q 'nothing to change' log; told $? "asked again: the same"
c mk roster | grep -q '^mk	mk		proposed'; told $? "roster shows it"
c mk sync >log 2>&1; c a roster add $line >log 2>&1; told $? "the Secretariat adds it"
c a roster | grep -c '^mk	mk	chair	active' >log; [ "$(cat log)" = 2 ]; told $? "the node keeps its role"
c mk sync >log 2>&1; sed -i 's/^title: .*/title: New key/' mk/$own; c mk save >>log 2>&1; told $? "mk writes"
new=$(c mk roster | sed -n 's/^mk	.*active	//p' | grep -vF "$old")
c mk sync >log 2>&1; c a roster revoke mk --key "$old" >>log 2>&1; told $? "the old key is taken away"
c a roster | grep -F "$new" | grep -q active && grep -q 'New key' a/$own; told $? "the new one counts, and what it wrote"
c mk sync >log 2>&1; echo 'Still here.' >>mk/$own; c mk save >>log 2>&1; told $? "mk still writes"
c mk sync >>log 2>&1

# the last Secretariat stays; recovery by two chairs
c a roster revoke bps >log 2>&1; [ $? -eq 3 ] && grep -q 'only Secretariat' log; told $? "the only Secretariat is not revoked"
c a roster role bps contributor >log 2>&1; [ $? -eq 3 ]; told $? "nor given another role"
line=$("$COLEP" join mk s --id bps-new --root "$root" 2>log)
c a save >>log 2>&1; c pk sync >>log 2>&1; c mk sync >>log 2>&1
c pk roster add $line --role secretariat >log 2>&1; told $? "one chair names a new Secretariat key"
c pk sync >>log 2>&1; c pk sync mk >>log 2>&1; ! c pk roster | grep -q '^bps-new	bps	secretariat	active'; told $? "which alone does nothing"
c mk roster add $line --role secretariat >>log 2>&1; c mk save >>log 2>&1
echo 'bg-thief contributor' >>a/roster/roles; c a roster revoke mk >>log 2>&1; c a roster role pk contributor >>log 2>&1
c mk sync pk >>log 2>&1
c mk roster | grep -q '^bps-new	bps	secretariat	active'; told $? "two do"
c mk sync a >>log 2>&1; c mk sync >>log 2>&1; c a save >>log 2>&1; c s sync >>log 2>&1
[ "$(main a)" = "$(main mk)" ] && [ "$(main s)" = "$(main a)" ]; told $? "all agree"
c a roster >log; grep -q '^bps	bps	focal-point	active' log && grep -q '^mk	mk	chair	active' log && grep -q '^pk	pk	chair	active' log; told $? "what the old Secretariat changed beside it does not count"
c s roster role bps contributor >log 2>&1; told $? "the new Secretariat acts"
c a roster role pk contributor >log 2>&1; [ $? -eq 3 ]; told $? "the old one does not"
done_testing
