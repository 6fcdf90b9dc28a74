#!/bin/sh
# History in a file for a stick: whole or a part, compressed, encrypted; lost, repeated, out of order, damaged, hostile.
. "$ROOT/tests/cli/lib.sh"
state() { git -C "$1" for-each-ref; git -C "$1" count-objects -v | grep -E '^(count|in-pack)'; ls "$1/.git/colep" | grep -v -E '^(lock|index|folded|node-)'; git -C "$1" status --porcelain; }
line() { sed -n "s/^$1$TAB//p" .out | head -n 1; }

# ---- a community, and a second node that comes by stick ----
colep init a --id bps >.log 2>&1
for i in 1 2 3; do put a ll-bps-2023-case-$i; done; colep -C a save >.log 2>&1
root=$(colep -C a status | cut -f10)
ok "a bundle of all" colep -C a bundle whole.bundle
ok "git clones it, and finds the branch" git clone -q whole.bundle clone
is "the clone has main" "$(git -C clone rev-parse HEAD)" "$(main a)"
check "git verifies it" 0 "complete history" git -C a bundle verify ../whole.bundle
ok "a compressed one" colep -C a bundle whole.bundle.zst
ok "the zstd program unpacks it, and git lists it" sh -c 'zstd -q -d -f whole.bundle.zst -o plain.bundle && git bundle list-heads plain.bundle'
cp whole.bundle.zst again.zst; colep -C a bundle whole.bundle.zst
ok "the same history gives the same bytes" cmp again.zst whole.bundle.zst
mv whole.bundle.zst "a stick.bin"
colep join "a stick.bin" b --id bg --root "$root" >line 2>.log; is "join from it, whatever its name" "$(main b)" "$(main a)"
is "fsck is content" "$(git -C b fsck --strict 2>&1)" ""
colep -C a roster add $(cat line) >.log 2>&1
check "a name that says encrypted, and for nobody: wrong usage" 2 "for whom" colep -C a bundle x.age
check "a reader that is no node" 3 "no node of this community" colep -C a bundle x.age --to mk
[ ! -e x.age ]; ok "nothing was written" [ ! -e x.age ]

# ---- encrypted ----
colep join a c --id mk --root "$root" >line 2>.log
colep -C a bundle x.zst.age --to bg; is "made for bg" $? 0
has "it is in the age format" "$(head -c 21 x.zst.age)" "age-encryption.org/v1"
age -d -i "$COLEP_KEYS"/*-bg x.zst.age | zstd -q -d | git bundle list-heads /dev/stdin >.out 2>.err
has "the age program opens it with the node's key" "$(cat .out)" "refs/heads/main"
before=$(state c)
check "another node cannot" 3 "encrypted for others" colep -C c sync x.zst.age
is "and nothing of it changes" "$(state c)" "$before"
run colep -C b sync x.zst.age; is "bg can" "$(line x.zst.age)" "ok${TAB}1${TAB}0${TAB}0${TAB}"
is "main is there" "$(main b)" "$(main a)"
run colep -C b sync x.zst.age; is "once more: nothing new" "$(line x.zst.age)" "ok${TAB}0${TAB}0${TAB}0${TAB}"
colep -C a roster add $(cat line) >.log 2>&1; colep -C c sync >.log 2>&1
colep -C a bundle two.age --to bg mk; run colep -C c sync two.age; is "for two: the second opens it" "$status" 0
printf 'Vans' | age -R "$COLEP_KEYS/none" 2>.log; (cat plain.bundle) | age -R - -o fromage 2>.log </dev/null
ssh-keygen -y -f "$(ls "$COLEP_KEYS"/*-mk)" >mk.pub; age -R mk.pub <plain.bundle >by-age; run colep -C c sync by-age
is "what the age program encrypted is read" "$(line by-age)" "ok${TAB}0${TAB}0${TAB}0${TAB}"
mv "$COLEP_KEYS" keys.away; check "without the key: said" 3 "encrypted, and this node has no key here" colep -C c sync two.age; mv keys.away "$COLEP_KEYS"

# ---- parts ----
colep -C b sync a >.log 2>&1
echo From b. >>b/lessons/bps/ll-bps-2023-case-1.md; put b ll-bg-2023-b; colep -C b save >.log 2>&1
colep -C b bundle from-b.bundle; run colep -C a sync from-b.bundle; is "a takes what b wrote" "$(line from-b.bundle)" "ok${TAB}1${TAB}0${TAB}0${TAB}"
put a ll-bps-2023-one; colep -C a save >.log 2>&1; colep -C a bundle 1.bundle --for bg
has "a part names what it stands on" "$(head -n 2 1.bundle)" "
-"
ok "and is small" [ "$(wc -c <1.bundle)" -lt "$(wc -c <from-b.bundle)" ]
cp -R b lag
colep -C b sync 1.bundle >.log 2>&1; is "b has it" "$(main b)" "$(main a)"
ok "git verifies the part where it fits" git -C b bundle verify ../1.bundle
put b ll-bg-2023-b2; colep -C b save >.log 2>&1; colep -C b bundle b2.bundle --for bps; colep -C a sync b2.bundle >.log 2>&1
put a ll-bps-2023-two; colep -C a save >.log 2>&1; colep -C a bundle 2.bundle --for bg
put a ll-bps-2023-three; colep -C a save >.log 2>&1; colep -C a bundle 3.bundle --for bg
before=$(state lag)
check "a part that does not fit: what is missing, and the cure" 3 "which this node does not have yet; sync with bps, or ask for a bundle made with --for bg" \
	colep -C lag sync 3.bundle
has "the commit is named" "$out" "needs commit $(git -C b log --format=%H -1 --grep=b2)"
is "nothing changed" "$(state lag)" "$before"
run colep -C lag sync 3.bundle 2.bundle 1.bundle b2.bundle
is "all at once in the wrong order: healed" "$status $(main lag)" "0 $(main a)"
run colep -C b sync 3.bundle; is "lost ones do not matter when a later one has all" "$(main b)" "$(main a)"
run colep -C b sync 1.bundle 2.bundle 3.bundle whole.bundle; is "repeated ones do not matter" "$status $(main b)" "0 $(main a)"
check "nothing that the other lacks: no file, exit 1" 1 "no file was written" sh -c '"$COLEP" -C b bundle n.bundle && "$COLEP" -C a sync n.bundle >/dev/null && "$COLEP" -C a bundle none.bundle --for bg'
ok "no file" [ ! -e none.bundle ]
for f in x.bundle x.bundle.zst; do
	check "into a folder that is not there: told by the name that was typed, $f" 3 "colep: nowhere/$f: No such file" colep -C a bundle "nowhere/$f"
done
check "for a stranger" 3 "no peer and no node" colep -C a bundle x.bundle --for zz
check "joining needs a whole one" 3 "only a part of the history" colep join 3.bundle d --root "$root"
ok "nothing was made" [ ! -e d ]
git -C a bundle create -q ../git.bundle main; run colep -C lag sync git.bundle; is "a bundle that plain git made" "$status" 0
colep -C a bundle late.bundle; (cd a && git -c user.name=x -c user.email=x@example.org commit -q --allow-empty -m Plain); colep -C a bundle after.bundle
ok "what plain git put on top is nobody's yet" cmp late.bundle after.bundle
git -C a reset -q --hard HEAD~1

# ---- damaged ----
colep join whole.bundle r --root "$root" >.log 2>&1; before=$(state r)
colep -C a bundle full.bundle; colep -C a bundle full.zst; colep -C c sync a >.log 2>&1
cp -R r fresh; quiet=1
same() { # WHAT: refused with one line, and nothing of r changed
	[ "$status" -eq 3 ] && [ "$(wc -l <.out)" -eq 1 ] && [ "$(state r)" = "$before" ] || { quiet=; echo "# $1: $status $out $err"; }
}
for f in full.bundle full.zst; do
	size=$(wc -c <$f) head=$(grep -a -n -m 1 '^PACK' $f | cut -d: -f1)	# lines before the pack
	head=$(head -n $((${head:-1} - 1)) $f | wc -c)
	for k in 0 3 17 100 $((head + 5)) $((size / 2)) $((size - 20)) $((size - 1)); do
		head -c $k $f >bad; run colep -C r sync bad; same "$f cut at $k"
	done
	for k in 1 20 60 150 $((head - 1)) $((head + 9)) $((head + 13)) $((size / 2)) $((size - 25)) $((size - 1)); do
		python3 -c 'import sys; b = bytearray(open(sys.argv[1], "rb").read()); b[int(sys.argv[2])] ^= 4; open("bad", "wb").write(b)' $f $k
		run colep -C r sync bad
		if [ "$status" -eq 0 ] && [ "$(main r)" = "$(main a)" ] && [ $k -lt $head ]; then rm -rf r; cp -R fresh r	# a name in the head
		else same "$f flipped at $k"; fi
	done
done
ok "cut off or altered anywhere: refused, nothing changes" [ $quiet ]
check "a file that is none" 3 "not a bundle" colep -C r sync "$ROOT/LICENSE"
is "nothing is left behind" "$(ls r/.git/colep | grep quarantine)" ""

# ---- hostile ----
{ head -n 4 full.bundle; echo; head -c 300000000 /dev/zero; } | zstd -q >bomb.zst; git -C r config colep.inflatedMax 100m
check "a decompression bomb" 3 "more than 104857600 bytes when unpacked; refused" colep -C r sync bomb.zst
git -C r config --unset colep.inflatedMax
zstd -q -c full.zst | zstd -q -c | zstd -q >nested.zst; check "wrapped again and again" 3 "wrapped more than once" colep -C r sync nested.zst
git -C r config colep.packMax 300; check "a pack above the limit" 3 "refused (git config colep.packMax)" colep -C r sync full.bundle
git -C r config colep.packMax 1m; git -C r config colep.objectsMax 10; check "too many objects" 3 "refused (git config colep.objectsMax)" colep -C r sync full.bundle
git -C r config colep.objectsMax many; check "a limit that is no number" 3 "is no number" colep -C r sync full.bundle
git -C r config --unset colep.objectsMax; is "nothing changed" "$(state r)" "$before"
(cd clone && b=$(echo x | git hash-object -w --stdin) && t=$(printf '100644 blob %s\tx.md\n' $b | git mktree) && t=$(printf '040000 tree %s\tlessons\n' $t | git mktree) &&
	python3 -c 'import sys,subprocess; t=b"40000 ..\0"+bytes.fromhex(sys.argv[1]); print(subprocess.run(["git","hash-object","-t","tree","-w","--stdin","--literally"],input=t,capture_output=True).stdout.decode().strip())' $t >../tree &&
	c=$(echo Up | git -c user.name=x -c user.email=x@example.org commit-tree -p HEAD $(cat ../tree)) && git update-ref refs/heads/main $c && git bundle create -q ../up.bundle main)
check "a tree that climbs out" 1 "refused" colep -C lag sync up.bundle
no "left nothing" git -C lag cat-file -e "$(cat tree)"
ln -s "$here/victim" "link.bundle"; colep -C a bundle link.bundle >.log 2>&1; ok "a link at the file's place is replaced, not followed" [ ! -e victim ]

# ---- a full stick, a kill ----
ok "a folder that is not there: said, nothing left" sh -c '! "$COLEP" -C a bundle no/where.bundle 2>.log && grep -q "no/where.bundle\|no/colep" .log'
cp full.bundle keep.bundle; (ulimit -f 1; colep -C a bundle keep.bundle >.log 2>&1); is "no room: exit 3" $? 3
ok "the old file stands" cmp full.bundle keep.bundle
is "no half of a new one" "$(ls | grep -c 'colep.*tmp')" 0
mkdir -p r/.git/colep/quarantine-999999-0/pack && echo x >r/.git/colep/quarantine-999999-0/layer-0
run colep -C r sync full.bundle; is "what a killed run left is removed by the next" "$(ls r/.git/colep | grep quarantine)" ""
is "a reader has all of it" "$(main r)" "$(main a)"
done_testing
