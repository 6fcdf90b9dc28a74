#!/bin/sh
# Trust as somebody sees it who has the command line and plain git alone: copies and restored disks, two Secretariats
# against each other, recovery by chairs, what is masked, and that plain git finds all of it in order.
. "$ROOT/tests/cli/lib.sh"
. "$ROOT/tests/cli/forge.sh"
forge_setup
c() { local d=$1; shift; colep -C "$d" "$@"; }
# member ID ROLE: joins, is admitted
admit() { colep join a "$1" --id "$1" --root "$root" >line 2>>.log; c a roster add $(cat line) --role "$2" >>.log 2>&1; c "$1" sync >>.log 2>&1; }
# meet NODE...: all exchange with a until nothing is new
meet() { local i; for i in "$@" "$@"; do c "$i" sync "$here/a" >>.log 2>&1; c a save >>.log 2>&1; done; for i; do c "$i" sync "$here/a" >>.log 2>&1; done; }
rows() { git -C "$1" log --format='%(trailers:key=Colep-Node,valueonly)%(trailers:key=Colep-Seq,valueonly)' main | grep . | paste -d' ' - - | grep "^$2/"; }
state() { c "$1" roster | grep "^$2${TAB}" | cut -f3,4 | tr '\t\n' ' ;'; }

# ---- restored disks, copies ----
c bg sync >.log 2>&1; echo 'One.' >>bg/$profile; c bg save >.log 2>&1; c bg sync >.log 2>&1
mkdir before; cp -R bg keys before/
echo 'Two.' >>bg/$profile; c bg save >.log 2>&1; meet bg
rm -rf bg keys; cp -R before/bg bg; cp -R before/keys keys
echo 'After the restore.' >>bg/$lesson; check "a restored disk writes" 0 '' c bg save
meet bg; is "all agree" "$(main bg)" "$(main a)"
has "what it had written before counts" "$(cat bg/$profile)" "Two."
has "and what it writes now" "$(cat a/$lesson)" "After the restore."
has "people are told" "$(c a status 2>&1)" "used twice"
echo 'It goes on.' >>bg/$lesson; check "the node goes on" 0 '' c bg save; meet bg; has "and others take it" "$(cat a/$lesson)" "It goes on."
twice=$(c a status 2>&1 >/dev/null | grep 'used twice')
cp -R bg copy
echo 'In the copy.' >>copy/$lesson; check "a copied folder writes" 0 '' c copy save
is "under an incarnation of its own, from 1 on" "$(rows copy bg | cut -d/ -f2 | cut -d' ' -f1 | sort -u | wc -l) $(rows copy bg | head -n 1 | cut -d' ' -f2)" "2 1"
echo 'Three.' >>bg/$profile; check "the folder it was copied from too" 0 '' c bg save; meet bg copy
is "both count" "$(grep -c 'In the copy' a/$lesson) $(grep -c 'Three' a/$profile)" "1 1"
is "and it is no fork" "$(c a status 2>&1 >/dev/null | grep 'used twice')" "$twice"

# ---- joining ----
colep init other --id bps --import src >.log 2>&1
check "the root of another community: exit 3" 3 'another community' colep join other joined --id mk-x --root "$root"
no "nothing is made" test -e joined
check "half of the words: refused" 3 '' colep join a joined --root "$(c a status | cut -f10 | cut -d- -f1-3)"
check "by the six words" 0 'ssh-ed25519' colep join a joined --id mk-x --root "$(c a status | cut -f10)"
is "stdout is one line" "$(echo "$out" | wc -l) $(echo "$out" | cut -d' ' -f1,2)" "1 mk-x ssh-ed25519"
is "a reader has no key" "$(colep join a reader --root "$root" 2>/dev/null; git -C reader config user.signingKey)" ""
check "and writes nothing" 3 '' sh -c 'echo x >>reader/lessons/bg/ll-bg-2022-hawala.md; "$COLEP" -C reader save'

# ---- the roster, by two at once ----
admit bps-two secretariat; admit mk-two chair; admit pk chair; c a roster role mk chair >.log 2>&1; meet mk pk mk-two bps-two
c a roster role pk contributor >.log 2>&1; c bps-two roster revoke pk >.log 2>&1; meet bps-two mk pk
is "a role given and a key revoked at once: revoked" "$(state a pk)" "contributor revoked;"
c a roster role bps-two contributor >.log 2>&1; two=$(c bps-two roster role bps contributor 2>.log); meet bps-two mk
is "two Secretariats take each other's role at once: the one admitted first stays" "$(state a bps)$(state a bps-two)" "secretariat active;contributor active;"
check "why says why the other's does not count" 0 'no secretariat would be left' c a why "$two"
admit late-one chair; is "roles given later count" "$(state a late-one)" "chair active;"
c a roster role bps-two secretariat >.log 2>&1; meet bps-two
check "verify: all holds" 0 holds c a verify
c a roster revoke bps-two >.log 2>&1; c bps-two roster revoke bps >.log 2>&1; meet bps-two mk
is "two revoke each other at once: the one admitted first stays" "$(state a bps)$(state a bps-two)" "secretariat active;secretariat revoked;"
is "all agree" "$(main bps-two)" "$(main a)"
check "the other writes no more" 3 'was revoked' sh -c "echo x >>bps-two/$lesson; '$COLEP' -C bps-two save"
git -C bps-two checkout -q -- .
sed -i '/^bps-two /d' a/roster/revoked; check "removing the line of a revocation is held back" 1 'loses no line' c a save; git -C a checkout -q -- roster
sed -i '/secretariat/d' a/roster/roles; check "so is removing the last Secretariat" 1 'no Secretariat would be left' c a save; git -C a checkout -q -- roster
git -C a show main:roster/revoked | sed '/^bps-two /d' >f.md; b=$(sign bps "$(with "$(main a)" roster/revoked f.md)" "$(main a)" bps/$(inc 8) 1); w push -q ../a "$b:refs/colep/from/y"; c a save >.log 2>&1
is "a revocation is not taken back by removing its line" "$(state a bps-two)" "secretariat revoked;"

# ---- recovery ----
admit it chair; colep join a new --id bps-new --root "$root" >new.line 2>.log; colep join a wrong --id bps-wrong --root "$root" >wrong.line 2>.log; meet mk mk-two it
check "a focal point cannot name a new Secretariat key" 3 '' c bg roster add $(cat new.line) --role secretariat
c mk roster add $(cat new.line) --role secretariat >.log 2>&1; c mk-two roster add $(cat new.line) --role secretariat >.log 2>&1; meet mk mk-two
is "two chairs of one owner: nothing" "$(c a roster | grep -c '^bps-new.*secretariat.active')" 0
c it roster add $(cat wrong.line) --role secretariat >.log 2>&1; meet it
is "a chair of another owner, another key: nothing" "$(c a roster | grep -c '^bps-\(new\|wrong\).*secretariat.active')" 0
p() { git -C a show main:roster/proposed; }
{ p; p | sed -n 's/^mk recover/bg recover/p'; } | sort >f.md
b=$(sign bg "$(with "$(main a)" roster/proposed f.md)" "$(main a)" bg/$(inc 1) 1); w push -q ../a "$b:refs/colep/from/bg"; c a save >.log 2>&1
is "written by hand by who is no chair: nothing" "$(c a roster | grep -c '^bps-new.*secretariat.active')" 0
{ p; p | sed -n 's/^mk recover/it recover/p'; } | sort >f.md
b=$(sign mk "$(with "$(main a)" roster/proposed f.md)" "$(main a)" mk/$(inc 2) 1); w push -q ../a "$b:refs/colep/from/mk"; c a save >.log 2>&1
is "written by one chair in another's name: nothing" "$(c a roster | grep -c '^bps-new.*secretariat.active')" 0
is "nor is it listed as the other's" "$(c a roster | grep -c '^bps-new.*named by it')" 0
c a roster role it contributor >.log 2>&1	# beside it, by the Secretariat that is to go
c it roster add $(cat new.line) --role secretariat >.log 2>&1; meet it mk new
is "two chairs of two owners, one key: it is the Secretariat" "$(state a bps-new)" "secretariat active;"
is "the one before is none, and what it did beside that does not count" "$(state a bps)$(state a it)" "focal-point active;chair active;"
check "it acts" 0 '' c new roster role pk contributor
check "the one before does not" 3 '' c a roster role bg chair

# ---- masked ----
meet mk bg new; git clone -q a old; echo 'Late.' >>bg/$profile; c bg save >.log 2>&1; late=$(main bg)
c new roster revoke bg >.log 2>&1; meet new
git -C bg push -q ../a "main:refs/colep/from/bg" 2>.log; c a save >.log 2>&1
no "a head of a revoked key is no head" git -C a merge-base --is-ancestor "$late" main
check "why says why" 0 masked c a why "$late"
git clone -q --mirror "file://$here/a" mirror; no "it is not offered" git -C mirror cat-file -e "$late"
ok "nor forgotten" git -C a cat-file -e "$late"
check "verify: all holds" 0 holds c a verify

# ---- plain git ----
meet mk mk-two it new bps-two
git clone -q a plain; cd plain || exit 1
is "git fsck --strict is content with a clone" "$(git fsck --strict --no-dangling 2>&1)" ""
git config gpg.format ssh; git config gpg.ssh.allowedSignersFile roster/allowed_signers
is "git verify-commit is with every authored commit" "$(git rev-list --max-parents=1 main | while read -r x; do git cat-file commit "$x" | grep -q '^committer colep <merge@' || git verify-commit "$x" 2>&1 | grep -v '^Good "git" signature for node@'; done)" ""
is "authors and committers are nodes" "$(git log --format='%an <%ae>%n%cn <%ce>' | sort -u | grep -vxE '(BPS|BG|MK|IT|BPS-TWO|BPS-NEW|MK-TWO) node <node@[a-z-]+\.invalid>|colep <merge@colep\.invalid>')" ""
is "times are cut to the hour, UTC" "$(git log --format='%ad %cd' --date=raw | tr ' ' '\n' | paste - - - - | awk '$1 % 3600 && $1 != 1700000000 || $2 != "+0000"')" ""
cd ..
done_testing
