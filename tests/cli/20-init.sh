#!/bin/sh
# colep init: the genesis, the first import, keys, refusals, and what plain git makes of it.
. "$ROOT/tests/cli/lib.sh"

check "without --id it is wrong usage" 2 "id" colep init a
check "a bad id is wrong usage" 2 "no id of a node" colep init --id Bps a
check "an id of one letter too" 2 "no id of a node" colep init --id b a
check "an id with two hyphens too" 2 "no id of a node" colep init --id bg-a-b a
check "a bad ceiling is wrong usage" 2 "TLP" colep init --id bps --ceiling TLP:RED a
check "so is one in small letters" 2 "TLP" colep init --id bps --ceiling tlp:green a
check "a name of two lines is refused" 2 "name" colep init --id bps --name "a
ceiling TLP:AMBER" a
check "without a folder it is wrong usage" 2 "needs a folder" colep init --id bps
check "two folders are wrong usage" 2 "one folder" colep init --id bps a b
check "an import folder that is not there is wrong usage" 2 "no such folder" colep init --id bps --import nowhere a
check "a key that is not there is a failure" 3 "nokey" colep init --id bps --key nokey a
no "nothing was made by all these" test -e a
mkdir full && echo x >full/x
check "a folder that is not empty is refused" 3 "empty" colep init --id bps full
is "and left as it was" "$(find full | sort | tr '\n' ' ')" "full full/x "
echo x >file
check "a file in the folder's place is refused" 3 "file" colep init --id bps file

run colep init --id bps --name "Practice" --import "$ROOT/content" node
is "init with an import answers yes" "$status" 0
is "every document is told by id and source" "$(printf '%s\n' "$out" | awk -F"$TAB" 'NF == 2 && $2 ~ $1 "\\.md$"' | wc -l)" \
	"$(find "$ROOT/content" -name '*.md' | wc -l)"
has "its root is told as words" "$err" "its root is "
git() { command git -C node "$@"; }
is "two commits" "$(git log --format=%s)" "Import $(find "$ROOT/content" -name '*.md' | wc -l) documents
A new community"
is "the genesis has no parent" "$(git log --format=%P HEAD~1 -1)" ""
is "its tree is the roster alone" "$(git ls-tree -r --name-only HEAD~1 | tr '\n' ' ')" \
	"roster/allowed_signers roster/roles roster/space "
is "the ceiling and the rules stand in it" "$(git show HEAD~1:roster/space)" "ceiling TLP:GREEN
name Practice
rules 1"
is "the first node is the Secretariat" "$(git show HEAD~1:roster/roles)" "bps secretariat"
root=$(git rev-parse HEAD~1)
is "the genesis names no space, number 1 and no commit before" "$(git log -1 --format='%(trailers:key=Colep-Space)%(trailers:key=Colep-Seq)%(trailers:key=Colep-Prev)' HEAD~1 | grep .)" "Colep-Seq: 1"
is "the import names the space, number 2 and the commit before" \
	"$(git log -1 --format='%(trailers:key=Colep-Space)%(trailers:key=Colep-Seq)%(trailers:key=Colep-Prev)' | grep .)" \
	"Colep-Space: $root
Colep-Seq: 2
Colep-Prev: $root"
ok "both name one incarnation of 16 hexadecimal digits" sh -c "git -C node log --format='%(trailers:key=Colep-Node,valueonly)' | grep . | sort -u | grep -Ex 'bps/[0-9a-f]{16}'"
is "author and committer are the node, the hour is UTC and whole" "$(git log -1 --format='%an <%ae>|%cn <%ce>|%ad|%cd' --date=raw)" \
	"BPS node <node@bps.invalid>|BPS node <node@bps.invalid>|1699999200 +0000|1699999200 +0000"
ok "git verifies the two signatures" git verify-commit HEAD HEAD~1
ok "git fsck --strict is content" git fsck --strict
is "and names nothing" "$(git fsck --strict --full 2>&1 | grep -v '^Checking\|^notice' )" ""
is "git status is clean" "$(git status --porcelain)" ""
is "the branch is main" "$(git symbolic-ref HEAD)" "refs/heads/main"
ok "git clones it" command git clone -q node clone
is "a clone has every document" "$(cd clone && command git ls-files | wc -l)" "$(git ls-files | wc -l)"
ok "every file is as it was, byte for byte" sh -c "cd '$ROOT/content' && find . -name '*.md' | while read -r f; do cmp -s \"\$f\" '$here/node/'\"\$f\" || exit 1; done"
key=$(git config user.signingKey)
is "the key lies in COLEP_KEYS" "$key" "$COLEP_KEYS/$root-bps"
is "only its owner reads it" "$(stat -c %a "$key")" 600
is "nobody else enters its folder" "$(stat -c %a "$COLEP_KEYS")" 700
is "no key is in the node" "$(grep -rlE 'PRIVATE KEY' node)" ""
ok "ssh-keygen reads it" ssh-keygen -y -P '' -f "$key"
is "git's settings" "$(for k in gpg.format gpg.ssh.allowedSignersFile receive.denyCurrentBranch receive.denyDeletes receive.fsckObjects colep.id colep.space; do git config $k; done | tr '\n' ' ')" \
	"ssh roster/allowed_signers refuse true true bps $root "
ok "drafts are ignored" git check-ignore -q drafts/x.md
before=$(find node -type f ! -path '*/colep/*' -exec cksum {} + | sort)
check "a second init in the same place is refused" 3 "empty" colep init --id bg node
is "and changes nothing" "$(find node -type f ! -path '*/colep/*' -exec cksum {} + | sort)" "$before"

# plain git writes with the node's own settings
echo "x" >node/lessons/bg/note.txt
ok "git signs with the node's key" git -c user.name=x -c user.email=x@y.invalid commit -q --allow-empty -S -m plain
is "though under a name of its own" "$(git log -1 --format='%an %G?')" "x G"
git reset -q --hard HEAD~1

# keys brought along
ssh-keygen -q -t ed25519 -N '' -f mykey
ok "a key of ssh-keygen is taken" colep init --id bg --key mykey keyed
is "and stands in the roster" "$(cut -d' ' -f4 keyed/roster/allowed_signers)" "$(cut -d' ' -f2 mykey.pub)"
ok "its signature verifies" command git -C keyed verify-commit HEAD
ssh-keygen -q -t ed25519 -N 'secret words' -f locked
check "a key behind a passphrase is refused with the way out" 3 "ssh-agent" colep init --id bg --key locked k2
no "and nothing is left of the node" test -e k2
ssh-keygen -q -t rsa -b 2048 -N '' -f rsakey
check "a key of another type is refused" 3 "ed25519" colep init --id bg --key rsakey k2
cp mykey openkey && chmod 644 openkey
check "a key that others read is refused" 3 "chmod 600" colep init --id bg --key openkey k2
check "a public key without an agent is refused" 3 "agent" colep init --id bg --key mykey.pub k2
no "and no folder is left" test -e k2
eval "$(ssh-agent -s)" >/dev/null
trap 'kill "$SSH_AGENT_PID" 2>/dev/null' EXIT
ssh-add -q locked 2>/dev/null </dev/null
ssh-add -q mykey
ok "a public key whose secret is in the agent is taken" colep init --id bg --key mykey.pub agented
ok "its signature verifies" command git -C agented verify-commit HEAD
put agented ll-bg-2023-vans
ok "save signs through the agent" colep -C agented save
ok "and that verifies" command git -C agented verify-commit HEAD
is "no private key was written" "$(find "$COLEP_KEYS" -name "$(command git -C agented config colep.space)-bg*" -exec grep -l PRIVATE {} +)" ""
kill "$SSH_AGENT_PID"
put agented ll-bg-2023-vans body="Vans again."
check "without the agent it says so" 3 "agent" colep -C agented save
is "and main stays" "$(command git -C agented log --format=%s -1)" "Add ll-bg-2023-vans"

# ceilings
mkdir amber && mkdir -p amber/lessons/bg && doc ll-bg-2023-amber tlp=TLP:AMBER >amber/lessons/bg/ll-bg-2023-amber.md
doc ll-bg-2023-green >amber/lessons/bg/ll-bg-2023-green.md
doc ll-bg-2023-red tlp=TLP:RED >amber/lessons/bg/ll-bg-2023-red.md
doc ll-bg-2023-none tlp= >amber/lessons/bg/ll-bg-2023-none.md
run colep init --id bps --import amber low
is "the default takes no TLP:AMBER: exit 1" "$status" 1
has "and names it" "$err" "lessons/bg/ll-bg-2023-amber.md: TLP:AMBER is above TLP:GREEN"
has "TLP:RED is named" "$err" "ll-bg-2023-red.md"
has "what has no label is named" "$err" "ll-bg-2023-none.md: has no label"
is "the rest is there" "$(command git -C low ls-files lessons)" "lessons/bg/ll-bg-2023-green.md"
is "and nothing of the others is in the objects" "$(command git -C low cat-file --batch-all-objects --batch-check='%(objecttype)' | grep -c blob)" 4
run colep init --id bps --ceiling TLP:AMBER --import amber high
is "a higher ceiling takes it" "$(command git -C high ls-files lessons | tr '\n' ' ')" "lessons/bg/ll-bg-2023-amber.md lessons/bg/ll-bg-2023-green.md "
has "but never TLP:RED" "$err" "ll-bg-2023-red.md"

# bad files beside good ones
mkdir bad && doc ll-bg-2023-a >bad/a.md && printf 'caf\351\n' >bad/latin.md && printf 'a\000b\n' >bad/nul.md
run colep init --id bps --import bad badnode
is "bad files: exit 1" "$status" 1
has "one is named" "$err" "latin.md: is not UTF-8"
has "the other too" "$err" "nul.md: has NUL bytes"
is "the good one is there" "$(command git -C badnode ls-files lessons | wc -l)" 1
ok "git fsck is content" command git -C badnode fsck --strict

# killed
seed=${SEED:-$$} bad='' i=0; echo "# SEED=$seed"
while [ $i -lt 12 ]; do
	i=$((i + 1)); seed=$(((seed * 1103515245 + 12345) % 2147483648)); rm -rf killed
	setsid "$COLEP" init --id bps --import "$ROOT/content" killed >/dev/null 2>&1 & p=$!
	sleep "0.0$((seed / 65536 % 40 + 10))"; kill -9 $p 2>/dev/null; wait $p 2>/dev/null
	"$COLEP" -C killed import "$ROOT/content" >/dev/null 2>&1 || "$COLEP" init --id bps --import "$ROOT/content" killed >/dev/null 2>.err || bad="$bad $i: $(cat .err)"
	[ "$("$COLEP" -C killed list | wc -l)" = "$(find "$ROOT/content" -name '*.md' | wc -l)" ] || bad="$bad $i: list"
	command git -C killed fsck --strict >/dev/null 2>&1 || bad="$bad $i: fsck"
done
is "killed twelve times: import goes on, or init begins again" "$bad" ""
mkdir -p early/.git/colep
ok "nor does the folder for its mark stand in the way" colep init --id bps early
mkdir -p half/.git/colep && : >half/.git/colep/unfinished && echo mine >half/mine
check "but a file of somebody's is not thrown away" 3 "empty" colep init --id bps half
ok "it is still there" test -f half/mine

# many
awk 'BEGIN { for (i = 1; i <= 2000; i++) { f = sprintf("many/d%02d/n%04d.md", i % 40, i); if (!((i % 40) in made)) { made[i % 40]; system("mkdir -p many/d" sprintf("%02d", i % 40)) }
	print "# Note " i "\n\nText number " i ".\n" >f; close(f) } }'
run colep init --id bps --import many large
is "2,000 files are taken" "$(printf '%s\n' "$out" | wc -l)" 2000
is "as few objects on disk" "$(find large/.git/objects -type f | wc -l | awk '{ print ($1 < 40) }')" 1
ok "git fsck is content with them" command git -C large fsck --strict
is "git status is clean" "$(command git -C large status --porcelain)" ""
ok "and git verifies it" command git -C large verify-commit HEAD HEAD~1
done_testing
