#!/bin/sh
# Everything bad a peer may send: refused or kept out of the view, one sentence written down, and the rest of that
# peer taken all the same. Each case is a peer whose main joins a good commit and a bad one.
n=0 failed=0
ok() { # STATUS NAME
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; [ -f log ] && sed 's/^/# /' log; failed=1; fi
}
c() { d=$1; shift; "$COLEP" -C "$d" "$@"; }
main() { git -C "$1" rev-parse main; }
w() { git -C w -c gpg.format=ssh -c user.name=joined -c user.email=joined@x.invalid "$@"; }
lesson=lessons/bg/ll-bg-2022-hawala.md other=lessons/mk/ll-mk-2022-forged.md
doc() { # STATUS TLP TITLE
	printf -- '---\ntitle: %s\nkind: lesson\nowner: bg\nlang: en\ndate: 2022\nstatus: %s\ntlp: %s\ncategory: lesson\ntopics: [border-control]\ncountries: [BG]\n---\n\nText.\n' "$3" "$1" "$2"
}

c . init a --id bps --import "$ROOT/content" >log 2>&1
root=$(c a status | cut -f10) space=$(git -C a config colep.space)
for i in bg mk; do line=$("$COLEP" join a $i --id $i --root "$root" 2>>log) && c a roster add $line >>log 2>&1; done
"$COLEP" join a st --id xx --root "$root" >>log 2>&1	# a stranger: never admitted
git clone -q a w && git init -q --bare evil
key() { echo "$PWD/keys/$space-$1"; }

# with BASE PATH FILE [MODE]: a tree
with() {
	w fetch -q ../a main; rm -f idx; GIT_INDEX_FILE=$PWD/idx; export GIT_INDEX_FILE
	w read-tree "$1"; w update-index --add --cacheinfo "${4:-100644},$(w hash-object -w "../$3" 2>/dev/null || w hash-object -w "$3"),$2"; w write-tree; unset GIT_INDEX_FILE
}
# sign KEY TREE PARENT NODE/INC SEQ [PREV [SPACE]]: a commit
sign() {
	o=${4%%/*}
	GIT_AUTHOR_DATE='1700000000 +0000' GIT_COMMITTER_DATE='1700000000 +0000' w -c user.name="$o node" -c user.email="node@$o.invalid" \
		-c user.signingKey="$(key "$1")" commit-tree -S -p "$3" -m "Forged

Colep-Space: ${7:-$space}
Colep-Node: $4
Colep-Seq: $5${6:+
Colep-Prev: $6}" "$2"
}
inc() { printf '%016x' "$1"; }
turn=0
good() { # g: a commit by bg that is as it should be
	turn=$((turn + 1))
	git -C a show main:country-profiles/bg/cp-bg.md >g.md; echo "Good $turn." >>g.md
	w fetch -q ../a main; t=$(with FETCH_HEAD country-profiles/bg/cp-bg.md g.md); g=$(sign bg "$t" "$(main a)" "bg/$(inc $turn)" 1)
}
offer() { # BAD REASON NAME: the evil peer offers both; a takes the good one
	w push -q -f ../evil "$(w commit-tree -p "$g" -p "$1" -m joined "$g^{tree}"):refs/heads/main" >log 2>&1 || { ok 1 "$3: could not be forged"; return; }
	c a sync ../evil >log 2>&1; c a sync "$PWD/evil" >log 2>&1
	git -C a merge-base --is-ancestor "$g" main 2>>log; ok $? "$3: the good commit beside it is taken"
	! git -C a merge-base --is-ancestor "$1" main 2>/dev/null && grep "^$1" a/.git/colep/refused >>log && grep -q "^$1.*$2" a/.git/colep/refused; ok $? "$3: refused, and why is written down"
}
plain() { doc draft TLP:GREEN "Forged" >f.md; with "$(main a)" lessons/bg/ll-bg-2022-forged.md f.md; }

good; b=$(sign mk "$(plain)" "$(main a)" bg/$(inc 900) 1); offer "$b" 'do not stand together' "forged author, a good signature by another member"
good; b=$(sign xx "$(plain)" "$(main a)" xx/$(inc 901) 1); offer "$b" 'do not stand together' "a stranger"
good; t=$(plain); b=$(w commit-tree -p "$(main a)" -m "Unsigned" "$t"); offer "$b" 'no merged view' "an unsigned commit"
good; b=$(sign bg "$(plain)" "$(main a)" bg/$(inc 902) 1)
w cat-file commit "$b" | sed 's/^Forged$/Turned/' >raw; b=$(w hash-object -t commit -w ../raw); offer "$b" 'signature' "a commit changed after it was signed"
good; b=$(sign bg "$(plain)" "$(main a)" bg/$(inc $((turn - 1))) 3 "$(git -C a log --format=%H --grep="bg/$(inc $((turn - 1)))" main | head -n 1)"); offer "$b" 'number does not follow' "replayed with another number"
good; b=$(sign bg "$(plain)" "$(main a)" bg/$(inc 903) 2); offer "$b" 'number is not 1' "a number without what stands before it"
good; b=$(sign bg "$(plain)" "$(main a)" bg/$(inc 904) 1 "" 1111111111111111111111111111111111111111); offer "$b" 'another community' "made for another space"
good; b=$(sign bg "$(plain)" "$(main a)" mk/$(inc 905) 1); offer "$b" 'do not stand together' "another node's name"
good; b=$(sign bg "$(plain)" "$(main a)" bg/$(inc 906) 2 "$(main a)"); offer "$b" 'not in its past\|another writer' "another writer's row"

# evil merge: what it joins is good, its tree is not what they give
good; h=$(sign mk "$(with "$(main a)" country-profiles/mk/cp-mk.md g.md)" "$(main a)" mk/$(inc 907) 1)
b=$(printf '%s\n%s\n' "$g" "$h" | sort | { read -r x; read -r y; GIT_AUTHOR_NAME=colep GIT_AUTHOR_EMAIL=merge@colep.invalid GIT_COMMITTER_NAME=colep GIT_COMMITTER_EMAIL=merge@colep.invalid GIT_AUTHOR_DATE='@0 +0000' GIT_COMMITTER_DATE='@0 +0000' w commit-tree -p "$x" -p "$y" -m "Merged view

Colep-Rules: 1" "$(plain)"; })
offer "$b" 'not what its parents give' "an evil merge"

# trees
w fetch -q ../a main
raw() { w fetch -q ../a main; { w ls-tree "$(main a)"; printf "$1\n" "$2"; } | w mktree --missing 2>/dev/null; }
bad() { w fetch -q ../a main; b=$(sign bg "$1" "$(main a)" "bg/$(inc $((1000 + turn)))" 1); }
sub=$(w rev-parse "$(main a)":lessons) blob=$(w rev-parse "$(main a)":$lesson)
good; bad "$(raw '040000 tree %s\t..' "$sub")"; offer "$b" 'must not be on a disk' "a folder named .."
good; bad "$(raw '040000 tree %s\t.git' "$sub")"; offer "$b" 'must not be on a disk' "a folder named .git"
good; bad "$(raw '040000 tree %s\t.GiT' "$sub")"; offer "$b" 'must not be on a disk' "a folder named .GiT"
good; bad "$(raw '120000 blob %s\tlink' "$blob")"; offer "$b" 'not a plain file' "a symbolic link"
good; bad "$(raw '160000 commit %s\tmodule' "$(main a)")"; offer "$b" 'not a plain file' "a submodule"
good; bad "$(raw '100755 blob %s\trun.md' "$blob")"; offer "$b" 'not a plain file' "an executable"
good; { w fetch -q ../a main; w ls-tree "$(main a)"; printf '040000 tree %s\tx\n' "$(seq -f "%06g" 1 100000 | sed "s/.*/100644 blob $blob	x&.md/" | w mktree)"; } | w mktree >tree; bad "$(cat tree)"; offer "$b" 'more than 50,000' "100,000 files in one commit"
good; bad "$(with "$(main a)" a/b/c/d/e.md g.md)"; offer "$b" 'nested too deep' "folders nested too deep"

# sizes
truncate -s 1G big.md; good; bad "$(with "$(main a)" lessons/bg/ll-bg-2022-big.md big.md)"; rm big.md
before=$(du -sk a | cut -f1); offer "$b" '256 KiB' "a blob of 1 GiB"; [ $(($(du -sk a | cut -f1) - before)) -lt 2000 ]; ok $? "the blob does not stay"
good; { w cat-file commit "$g"; head -c 100000000 /dev/zero | tr '\0' x; echo; } >raw; b=$(w hash-object --literally -t commit -w ../raw); rm raw; offer "$b" 'does not parse, or is larger' "a commit that inflates to 100 MB"
good; { doc draft TLP:GREEN Large; head -c 300000 /dev/zero | tr '\0' x; } >f.md; bad "$(with "$(main a)" lessons/bg/ll-bg-2022-large.md f.md)"; offer "$b" '256 KiB' "a document of 300 KB"

# labels
good; doc draft TLP:AMBER High >f.md; bad "$(with "$(main a)" lessons/bg/ll-bg-2022-high.md f.md)"; offer "$b" 'above TLP:GREEN' "a document above the ceiling"
good; doc draft TLP:GREEN None | sed '/^tlp/d' >f.md; bad "$(with "$(main a)" lessons/bg/ll-bg-2022-none.md f.md)"; offer "$b" 'without a label' "a document without a label"

# guarded keys and files: accepted, and without effect
kept() { # BAD NAME: taken, and main as if that had not been written
	w push -q -f ../evil "$1:refs/heads/main"; c a sync "$PWD/evil" >log 2>&1; git -C a merge-base --is-ancestor "$1" main; ok $? "$2: the commit is taken"
	c a why "$1" >log 2>&1; grep -q "	kept out	$3" log; ok $? "$2: what of it does not count, why says"
}
sed -i 's/^tlp:.*/tlp: TLP:GREEN/' a/$lesson; c a save >log 2>&1
git -C a show main:$lesson | grep -E '^(tlp|status):' >was
set_() { git -C a show main:$lesson | sed "$1" >f.md; with "$(main a)" $lesson f.md; }
b=$(sign mk "$(set_ 's/^tlp:.*/tlp: TLP:CLEAR/')" "$(main a)" mk/$(inc 2001) 1); kept "$b" "a stranger to the document lowers its label" 'mk has not the right to change tlp'
b=$(sign mk "$(set_ 's/^status:.*/status: published/; s/^title:.*/title: Counts/')" "$(main a)" mk/$(inc 2002) 1)
git -C a show main:$lesson | sed 's/^status:.*/status: withdrawn/' >f.md
git -C a show main:$lesson | grep -q '^status: published' && b=$(sign mk "$(with "$(main a)" $lesson f.md)" "$(main a)" mk/$(inc 2002) 1)
kept "$b" "somebody without the right publishes or withdraws" 'mk has not the right to change status'
git -C a show main:$lesson | grep -E '^(tlp|status):' | diff was - >log; ok $? "label and status are as they were"
echo 'mk secretariat' >f.md; b=$(sign mk "$(with "$(main a)" roster/roles f.md)" "$(main a)" mk/$(inc 2003) 1); kept "$b" "a member gives itself a role" 'only the Secretariat'
! git -C a show main:roster/roles | grep -q 'mk secretariat'; ok $? "and does not have it"
e=$(sign mk "$(with "$b" vocab/topics.md f.md)" "$b" mk/$(inc 2003) 2 "$b"); kept "$e" "who then writes on top of that, and in vocab/" 'only the Secretariat'
! git -C a show main:roster/roles | grep -q 'mk secretariat' && ! git -C a cat-file -e main:vocab/topics.md 2>/dev/null; ok $? "changes nothing either"
old=$(git -C a log --format=%H --reverse main -- roster/allowed_signers | head -n 1); git -C a show "$old:roster/allowed_signers" >f.md
b=$(sign bps "$(with "$(main a)" roster/allowed_signers f.md)" "$(main a)" bps/$(inc 2004) 1); w push -q -f ../evil "$b:refs/heads/main"; c a sync "$PWD/evil" >log 2>&1
git -C a merge-base --is-ancestor "$b" main && [ "$(c a roster | grep -c active)" -eq 3 ]; ok $? "a roster rolled back by the Secretariat itself: allowed_signers loses no line"
b=$(sign bg "$(with "$(main a)" notes/x.md g.md)" "$(main a)" bg/$(inc 2005) 1); kept "$b" "a path of no document" 'no path of a document'
! git -C a cat-file -e main:notes/x.md 2>/dev/null; ok $? "is not in the view"

# forks
b=$(sign bg "$(set_ 's/^title:.*/title: One branch/')" "$(main a)" bg/$(inc 3000) 1); e=$(sign bg "$(set_ 's/^title:.*/title: Other branch/')" "$(main a)" bg/$(inc 3000) 1)
for x in $b $e; do w push -q -f ../evil "$x:refs/heads/main"; c a sync "$PWD/evil" >log 2>&1; done
grep -q 'title: One branch' a/$lesson && grep -q 'title@2: Other branch' a/$lesson; ok $? "two commits of one writer and number: both count"
c a status 2>&1 >/dev/null | grep -q 'used twice'; ok $? "status tells"
c a doctor >log; grep -q '^forks	bad	bg made two commits with number 1' log; ok $? "doctor too"
x=0; base=$(main a); while [ $x -lt 12 ]; do x=$((x + 1)); b=$(sign mk "$(doc draft TLP:GREEN $x | sed 's/^owner: bg/owner: mk/' >f.md; with "$base" lessons/mk/ll-mk-2022-$x.md f.md)" "$base" mk/$(inc 4000) 1); w push -q ../a "$b:refs/colep/from/h$x"; done
c a save >log 2>&1; [ "$(git -C a cat-file commit main | grep -c '^parent')" -eq 8 ]; ok $? "of twelve heads of one writer eight are taken"

# what is left is whole
c a verify >log 2>&1; ok $? "verify: the whole history holds"
[ "$(main a)" = "$(git clone -q a z >/dev/null 2>&1; c bg sync >/dev/null 2>&1; main bg)" ]; ok $? "bg ends up with the same"
c bg verify >log 2>&1; ok $? "and holds"
git -C a fsck --strict 2>&1 | grep -v dangling >log; [ ! -s log ]; ok $? "git fsck --strict is content"
ls a/.git/colep | grep quarantine >log; [ ! -s log ]; ok $? "no quarantine is left behind"
[ "$(c a status | cut -f8)" -gt 20 ]; ok $? "status counts the refused"

# restart
"$COLEP" join a r --id bg-r --root "$root" >log 2>&1; line=$(cut -d: -f1 log | grep ssh-ed25519); c a roster add $line >>log 2>&1; c r sync >>log 2>&1
echo 'Honest work.' >>r/country-profiles/bg/cp-bg.md; c r save >>log 2>&1; git -C r config remote.origin.pushurl /nowhere
before=$(main a); c r restart >log 2>&1; ok $? "restart"
[ "$(main r)" = "$before" ] && grep -q 'Honest work' r/country-profiles/bg/cp-bg.md && [ "$(c r status 2>/dev/null | cut -f6)" -eq 1 ]; ok $? "main is back at what others have, the text is unsaved work"
git -C r config --unset remote.origin.pushurl; c r save >log 2>&1 && c r sync >>log 2>&1 && c a save >>log 2>&1; c r sync >>log 2>&1; [ "$(main a)" = "$(main r)" ]; ok $? "saved again, others take it"
cp -r keys keys.was; c r doctor >log; mv r r2; c r2 doctor >>log; diff -r keys keys.was >>log; ok $? "doctor renews no incarnation"
echo "1..$n"
exit $failed
