#!/bin/sh
# colep save: what is held back, what is taken, and what stands when something fails in the middle.
. "$ROOT/tests/cli/lib.sh"
"$COLEP" init --id bps node 2>/dev/null || exit 1
member node bg contributor bg || exit 1
main() { git -C "${1:-node}" rev-parse main; }
git -C node config user.name x; git -C node config user.email x@y.invalid

at=$(main)
run colep -C node save
is "nothing to save is yes, and said" "$status $out $err" "0  colep: nothing to save"
is "and makes no commit" "$(main)" "$at"

# held back, one by one, beside a good one
held() { # NAME REASON ID [KEY=VALUE...]
	local name=$1 why=$2 id=$3 f; shift 3
	put node "$id" "$@"
	put node ll-bps-2023-good body="Beside it: $name."
	run colep -C node save
	f=$(cd node && ls */*/"$id.md")
	if [ "$status" -eq 1 ]; then pass "$name: exit 1"; else fail "$name: exit 1" "exit $status $err"; fi
	has "$name: named on stderr" "$err" "colep: $f: held back: "
	has "$name: with the reason" "$err" "$why"
	is "$name: the good one is committed, it is not" "$(git -C node diff-tree --no-commit-id --name-only -r HEAD)" lessons/bps/ll-bps-2023-good.md
	is "$name: stdout is the commit's id" "$out" "$(main)"
	rm "node/$f"
}
held "no label" "tlp is missing" ll-bps-2023-x tlp=
held "TLP:AMBER" "above" ll-bps-2023-x tlp=TLP:AMBER
held "TLP:RED" "above" ll-bps-2023-x tlp=TLP:RED
held "an unknown label" "label" ll-bps-2023-x tlp=TLP:BLUE
held "e-mail address" "mail" ll-bps-2023-x body="Ask somebody@example.org."
held "telephone" "elephone" ll-bps-2023-x body="Call +35988123456789."
held "IBAN" "IBAN" ll-bps-2023-x body="To BG80 BNBG 9661 1020 3456 78."
held "MRZ" "MRZ" ll-bps-2023-x body='P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<
L898902C36UTO7408122F1204159ZE184226B<<<<<10'
held "passport" "assport" ll-bps-2023-x body="Passport number AB1234567 was shown."
held "birth date" "irth" ll-bps-2023-x body="Born 12.03.1980 there."
held "national number" "ational" ll-bps-2023-x body="He carried 12345-1234567-1 there."
held "personal data in the front matter" "mail" ll-bps-2023-x "source=mail of somebody@example.org"
held "personal data in a file's name" "ll-bps-2023" ll-bps-2023-call-35988123456789-phone
held "front matter that does not parse" "line" ll-bps-2023-x "title=a: b"
held "a list that is not closed" "line" ll-bps-2023-x "topics=[som"
raw() { # NAME REASON PATH < BYTES
	mkdir -p "node/$(dirname "$3")"; cat >"node/$3"
	put node ll-bps-2023-good body="Beside $1."
	run colep -C node save
	is "$1: exit 1" "$status" 1
	has "$1: named with the reason" "$err" "$2"
	is "$1: the good one is committed alone" "$(git -C node diff-tree --no-commit-id --name-only -r HEAD)" lessons/bps/ll-bps-2023-good.md
	rm -f "node/$3"; rmdir -p "node/$(dirname "$3")" 2>/dev/null
}
doc ll-bps-2023-big >.in && head -c 262144 /dev/zero | tr '\0' 'a' >>.in
raw "more than 256 KiB" "ll-bps-2023-big.md: held back: more than 256 KiB" lessons/bps/ll-bps-2023-big.md <.in
printf -- '---\nid: x\n---\ncaf\351\n' >.in; raw "not UTF-8" "UTF-8" lessons/bps/ll-bps-2023-latin.md <.in
printf -- '---\nid: x\n---\na\000b\n' >.in; raw "NUL bytes" "NUL" lessons/bps/ll-bps-2023-nul.md <.in
: >.in; raw "an empty file" "front matter" lessons/bps/ll-bps-2023-empty.md <.in
doc ll-bps-2023-x >.in; raw "a file outside of the folders" "note.md: held back: not in a folder of documents" note.md <.in
raw "an id of another owner's folder" "the id's owner is not the folder's" lessons/mk/ll-bps-2023-x.md <.in
raw "an id of another kind's folder" "prefix belongs to another folder" issues/bps/ll-bps-2023-x.md <.in
raw "a name that is no id" "no id" "lessons/bps/My Lesson.md" <.in
raw "a folder too deep" "folder of an owner" lessons/bps/x/ll-bps-2023-x.md <.in
raw "another type of file" "not a Markdown document" lessons/bps/picture.png <.in
raw "a control character in a name" 'a\x1b' "lessons/bps/$(printf 'a\033').md" <.in
ln -s ../../roster/space node/lessons/bps/ll-bps-2023-link.md
check "a symbolic link is held back" 1 "ll-bps-2023-link.md: held back: a symbolic link" colep -C node save
rm node/lessons/bps/ll-bps-2023-link.md; mkfifo node/lessons/bps/ll-bps-2023-pipe.md
check "a pipe is held back, without waiting" 1 "held back: a pipe" timeout 10 "$COLEP" -C node save
rm node/lessons/bps/ll-bps-2023-pipe.md; mkdir node/lessons/inner && git init -q node/lessons/inner
check "a repository inside is held back" 1 "repository of its own" colep -C node save
rm -rf node/lessons/inner

# links in the place of a saved document and of its folder
put node ll-bps-2023-was && colep -C node save >/dev/null
mv node/lessons/bps/ll-bps-2023-was.md away.md && ln -s "$here/away.md" node/lessons/bps/ll-bps-2023-was.md
check "a link in a document's place is held back" 1 "was.md: held back: a symbolic link" colep -C node save
ok "the saved one stands" git -C node cat-file -e main:lessons/bps/ll-bps-2023-was.md
rm node/lessons/bps/ll-bps-2023-was.md && mv away.md node/lessons/bps/ll-bps-2023-was.md

# rights
put bg ll-mk-2023-other; put bg ll-bg-2023-own
run colep -C bg save
has "another owner's document is held back" "$status $err" "1 colep: lessons/mk/ll-mk-2023-other.md: held back: it belongs to mk"
is "the own one is saved" "$(git -C bg diff-tree --no-commit-id --name-only -r HEAD)" lessons/bg/ll-bg-2023-own.md
ok "signed by the second node's key" git -C bg verify-commit HEAD
rm -r bg/lessons/mk
put bg mt-bps-2023-open
run colep -C bg save
is "a common document may be edited by all" "$status" 0
put bg ll-bg-2023-own status=published
check "a contributor does not publish" 1 "status published needs" colep -C bg save
put bg ll-bg-2023-own status=cleared
check "nor clear" 1 "status cleared needs the owner's focal point" colep -C bg save
put bg ll-bg-2023-own cleared-by="BG focal point"
check "nor write cleared-by" 1 "cleared-by is set by" colep -C bg save
put bg ll-bg-2023-own endorsed-at=mt-bps-2023-open
check "nor endorse" 1 "endorsed-at is set by a chair" colep -C bg save
put bg ll-bg-2023-own owner=mk
check "nor give a document away" 1 "owner" colep -C bg save
put bg ll-bg-2023-own
echo "bg secretariat" >>bg/roster/roles
check "nor change the roster" 1 "only the Secretariat changes roster/" colep -C bg save
git -C bg checkout -q roster; mkdir -p bg/vocab && echo x >bg/vocab/topics.md
check "nor a vocabulary" 1 "only the Secretariat changes vocab/" colep -C bg save
rm -r bg/vocab
rm bg/roster/roles
check "nor delete the roster" 1 "only the Secretariat" colep -C bg save
git -C bg checkout -q roster
put bg mt-bps-2023-open tlp=TLP:CLEAR
check "nor lower another's label" 1 "may lower its label" colep -C bg save
git -C bg checkout -q meetings 2>/dev/null

# warnings do not hold, messages, paths
put node ll-bps-2023-warn body="Inspector Clouseau, aged 45, wrote it."
run colep -C node save -m "Why it changed

More of it."
is "warnings do not hold a document back" "$status" 0
has "they are told" "$err" "ll-bps-2023-warn.md: line"
is "the message is the commit's" "$(git -C node log -1 --format=%B | sed -n 1,3p)" "Why it changed

More of it."
is "the trailers stand behind it" "$(git -C node log -1 --format='%(trailers:key=Colep-Node,valueonly)' | cut -d/ -f1)" bps
put node ll-bps-2023-a && put node ll-bps-2023-b && put node is-bps-2023-c
run colep -C node save lessons/bps/ll-bps-2023-a.md
is "a path: only that" "$status $(git -C node diff-tree --no-commit-id --name-only -r HEAD)" "0 lessons/bps/ll-bps-2023-a.md"
is "its subject says what" "$(git -C node log -1 --format=%s)" "Add ll-bps-2023-a"
run colep -C node save ll-bps-2023-b
is "an id does too" "$(git -C node diff-tree --no-commit-id --name-only -r HEAD)" lessons/bps/ll-bps-2023-b.md
ok "a folder does too, from inside of the node" sh -c "cd node/issues && '$COLEP' save ."
is "and holds what is below it" "$(git -C node diff-tree --no-commit-id --name-only -r HEAD)" issues/bps/is-bps-2023-c.md
check "a path that nothing is at is named" 1 "lessons/bps/nowhere.md" colep -C node save lessons/bps/nowhere.md
check "an unchanged one is nothing to save" 0 "nothing to save" colep -C node save ll-bps-2023-b
check "an empty message is wrong usage" 2 "empty" colep -C node save -m " "
put node ll-bps-2023-code countries="[QQ]" topics="[hawla, of-ours]"; run colep -C node save
has "a code that is none is said, and saved" "$status $err" "0 colep: lessons/bps/ll-bps-2023-code.md: line"
has "with the one that is near" "$err" "did you mean hawala"
mkdir -p node/vocab && echo "som, thb" >node/vocab/topics.md
check "a vocabulary without a table is held back" 1 "vocab/topics.md: held back: no table 'code" colep -C node save
check "so check says" 1 "vocab	no table" colep -C node check vocab/topics.md
printf '%s\n' 'code | label' '---|---' 'of ours | Of ours' 'som | x' 'som | y' >node/vocab/topics.md
check "and one with a wrong code" 1 "of ours: no code" colep -C node save
check "or one twice" 1 "som: stands twice" colep -C node check
mkdir -p node/vocab && printf '%s\n' 'code | label | group | also called | note' '---|---|---|---|---' 'of-ours | Of ours | threat | |' >node/vocab/topics.md
put node ll-bps-2023-code topics="[of-ours]"; run colep -C node save
is "what the community's vocabulary has is none" "$status $err" "0 "
rm -r node/vocab && colep -C node save >/dev/null
check "personal data in the message is refused" 2 "mail" colep -C node save -m "from somebody@example.org"
put node ll-bps-2023-a body="New."
long=$(head -c 5000 /dev/zero | tr '\0' 'x')
at=$(main)
check "a message over 4 KiB is refused" 2 "4 KiB" colep -C node save -m "$long"
is "and nothing is saved" "$(main)" "$at"
ok "trailers in a message are no trailers" colep -C node save -m "Text

Colep-Node: mk/0123456789abcdef
Colep-Seq: 1"
is "the true ones count" "$(colep -C node log | head -1 | cut -f3)" bps

# names, deletions, modes, drafts
git -C node mv lessons/bps/ll-bps-2023-a.md lessons/bps/ll-bps-2023-z.md
check "a renamed file whose id stayed is saved, and that is told" 0 "ll-bps-2023-a is not the file's name" colep -C node save
check "check calls it an error, by its path in the node" 1 "lessons/bps/ll-bps-2023-z.md${TAB}2${TAB}" colep -C node check lessons/bps/ll-bps-2023-z.md
put node ll-bps-2023-z; rm -f node/lessons/bps/ll-bps-2023-a.md; colep -C node save >/dev/null
is "a rename is one deletion and one addition" "$(git -C node ls-files lessons/bps | grep -c -e '-[az].md')" 1
rm node/lessons/bps/ll-bps-2023-z.md
ok "a deleted file is saved as deleted" colep -C node save
is "its subject says so" "$(git -C node log -1 --format=%s)" "Delete ll-bps-2023-z"
chmod 755 node/lessons/bps/ll-bps-2023-b.md
at=$(main)
check "the executable bit alone is no change" 0 "nothing to save" colep -C node save
is "and makes no commit" "$(main)" "$at"
put node ll-bps-2023-exec && chmod 755 node/lessons/bps/ll-bps-2023-exec.md && colep -C node save >/dev/null
is "an executable file is saved as an ordinary one" "$(git -C node ls-tree main lessons/bps/ll-bps-2023-exec.md | cut -d' ' -f1)" 100644
is "git status is clean all the same" "$(git -C node status --porcelain)" ""
mkdir -p node/drafts && doc ll-bps-2023-draft >node/drafts/ll-bps-2023-draft.md
check "a draft is ignored" 0 "nothing to save" colep -C node save
check "also when named" 0 "" colep -C node save drafts/ll-bps-2023-draft.md
is "it never came into history" "$(git -C node log --all --format=%H -- drafts)" ""

# plain git
base=$(main)
put node ll-bps-2023-plain && git -C node add -A && git -C node commit -qm "Plain one"
put node ll-bps-2023-plain2 && git -C node add -A && git -C node commit -qm "Plain two"
is "plain commits count as unsaved work" "$(colep -C node --json status | grep -o '"unsaved":[0-9]*')" '"unsaved":2'
run colep -C node save
is "the next save takes them in" "$status $out" "0 $(main)"
is "its commit stands on the authored one" "$(git -C node log -1 --format=%P)" "$base"
is "their content is kept" "$(git -C node diff --name-only "$base" main | tr '\n' ' ')" "lessons/bps/ll-bps-2023-plain.md lessons/bps/ll-bps-2023-plain2.md "
ok "it is signed" git -C node verify-commit HEAD
is "git status is clean" "$(git -C node status --porcelain)" ""
base=$(main)
put node ll-bps-2023-leak tlp=TLP:RED && git -C node add -A && git -C node commit -qm "Plain leak"
check "a plain commit above the ceiling is held back" 1 "leak.md: held back" colep -C node save
is "main does not keep it" "$(main)" "$base"
ok "the file does" test -f node/lessons/bps/ll-bps-2023-leak.md
rm node/lessons/bps/ll-bps-2023-leak.md
git -C node commit -q --allow-empty -m "Nothing"
check "an empty plain commit is nothing to save" 0 "nothing to save" colep -C node save
is "and main is the authored one again" "$(main)" "$base"
git -C node checkout -q -b side && put node ll-bps-2023-side && git -C node add -A && git -C node commit -qm Side && git -C node checkout -q main
check "another branch is left alone" 0 "" colep -C node save
is "it is where it was" "$(git -C node log -1 --format=%s side)" Side

# two at once
for i in 1 2 3; do
	put node ll-bps-2023-two body="Round $i, one." && put node ll-bps-2023-three body="Round $i, two."
	colep -C node save lessons/bps/ll-bps-2023-two.md >.one 2>&1 & a=$!
	colep -C node save lessons/bps/ll-bps-2023-three.md >.two 2>&1 & b=$!
	wait $a; sa=$?; wait $b; sb=$?
	is "two saves at once, round $i: both succeed" "$sa $sb $(cat .one .two | grep -c colep:)" "0 0 0"
	ok "and both are in history" sh -c "git -C node merge-base --is-ancestor \$(cat .one) main && git -C node merge-base --is-ancestor \$(cat .two) main"
done
is "nothing is left over" "$(git -C node status --porcelain)" ""
ok "git fsck is content" git -C node fsck --strict

# git's own lock, held by somebody else
put node ll-bps-2023-locked && : >node/.git/index.lock
run colep -C node save
has "git's index is locked: the commit is made, and what failed is said" "$status $err" "3 colep: "
is "main has it" "$out $(git -C node diff-tree --no-commit-id --name-only -r HEAD)" "$(main) lessons/bps/ll-bps-2023-locked.md"
ok "the lock of another is not taken away" test -e node/.git/index.lock
rm node/.git/index.lock
check "afterwards there is nothing to save" 0 "nothing to save" colep -C node save
is "and git's index is right" "$(git -C node status --porcelain)" ""
echo colep >node/.git/index.lock && put node ll-bps-2023-dead
ok "a lock of a command that was killed does not stand in the way" colep -C node save
(while [ ! -e .stop ]; do touch node/lessons/bps/*.md; colep -C node status >/dev/null 2>>.errs; done) & p=$!
i=0; while [ $i -lt 8 ]; do i=$((i + 1)); put node ll-bps-2023-busy body="Round $i." && colep -C node save >/dev/null 2>>.errs || echo "save $i" >>.errs; done
: >.stop; wait $p
is "saves while another asks for the status all the time" "$(cat .errs)" ""

# kill -9
seed=${SEED:-$$}; echo "# SEED=$seed"
delay() { seed=$(((seed * 1103515245 + 12345) % 2147483648)); printf '0.0%02d' $((seed / 65536 % 40)); }
bad='' i=0
while [ $i -lt 15 ]; do
	i=$((i + 1))
	put node ll-bps-2023-kill body="Round $i." && put node "ll-bps-2023-kill-$i"
	setsid "$COLEP" -C node save >.answer 2>/dev/null & p=$!
	sleep "$(delay)"; kill -9 $p 2>/dev/null; wait $p 2>/dev/null
	git -C node fsck --strict >.fsck 2>&1 || bad="$bad fsck($i): $(cat .fsck)"
	colep -C node status >/dev/null 2>.st || bad="$bad status($i): $(cat .st)"
	if [ -s .answer ]; then git -C node merge-base --is-ancestor "$(cat .answer)" main || bad="$bad lost($i)"; fi
	colep -C node save >.answer 2>.err || bad="$bad save($i): $(cat .err)"
	git -C node show "main:lessons/bps/ll-bps-2023-kill.md" | grep -q "Round $i" || bad="$bad content($i)"
	[ -z "$(git -C node status --porcelain)" ] || bad="$bad dirty($i)"
done
is "15 saves killed: history sound, the next save completes, nothing lost" "$bad" ""
is "every document is there" "$(git -C node ls-files 'lessons/bps/ll-bps-2023-kill-*' | wc -l)" 15
is "the numbers of the commits have no gap" "$(git -C node log --format='%(trailers:key=Colep-Seq,valueonly)' main | grep . | sort -n | awk '$1 != NR { bad = 1 } END { print bad + 0 }')" 0
mkdir -p many && awk 'BEGIN { for (i = 1; i <= 300; i++) { f = "many/n" i ".md"; print "# Note " i "\n\nText.\n" >f; close(f) } }'
bad='' i=0
while [ $i -lt 10 ]; do
	i=$((i + 1)); rm -rf k && cp -R bg k 2>/dev/null; git -C k config colep.id bg
	setsid "$COLEP" -C k import many >.answer 2>/dev/null & p=$!
	sleep "$(delay)"; kill -9 $p 2>/dev/null; wait $p 2>/dev/null
	git -C k fsck --strict >.fsck 2>&1 || bad="$bad fsck($i): $(cat .fsck)"
	colep -C k status >/dev/null 2>.st || bad="$bad status($i): $(cat .st)"
	colep -C k save >/dev/null 2>.err || bad="$bad save($i): $(cat .err)"
	colep -C k import many >.out2 2>.err || bad="$bad import($i): $(cat .err)"
	[ "$(git -C k ls-files 'lessons/bg/ll-bg-2023-n*' | wc -l)" = 300 ] || bad="$bad count($i): $(git -C k ls-files lessons | wc -l)"
	[ -z "$(git -C k status --porcelain)" ] || bad="$bad dirty($i): $(git -C k status --porcelain | head -3)"
done
is "10 imports killed: history sound, nothing taken for deleted, a repeated one completes" "$bad" ""
# the worst moment, made by hand: main moved, work tree not
rm -rf k && cp -R bg k && before=$(main k) && colep -C k import many >/dev/null 2>&1
printf '%s %s' "$before" "$(git -C k rev-parse main)" >k/.git/colep/moving; git -C k update-ref refs/colep/main "$before"; rm -r k/lessons/bg && git -C k checkout -q "$before" -- lessons/bg
: >k/.git/index.lock; : >k/.git/refs/heads/main.lock; echo half >k/lessons/bg/ll-bg-2023-own.md.tmp-Ab3xYz
run colep -C k save
is "a save after a command killed between main and work tree" "$status $err" "0 colep: nothing to save"
is "brings every file back" "$(find k/lessons/bg -name '*-n*.md' | wc -l)" 300
no "and removes the half of a file" test -e k/lessons/bg/ll-bg-2023-own.md.tmp-Ab3xYz

# disks that take nothing
mounted=
if [ "$(id -u)" = 0 ] && mkdir mnt && mount -t tmpfs -o size=8m none mnt 2>/dev/null; then mounted=1; trap 'umount "$here/mnt"' EXIT; fi
if [ $mounted ]; then
	colep init --id bps mnt/n >/dev/null 2>&1
	put mnt/n ll-bps-2023-a && colep -C mnt/n save >/dev/null && colep -C mnt/n list >/dev/null
	put mnt/n ll-bps-2023-b && at=$(main mnt/n)
	mount -o remount,ro mnt
	run colep -C mnt/n save
	is "a read-only disk: exit 3" "$status" 3
	has "with a sentence" "$err" "ead-only"
	check "list answers there" 0 ll-bps-2023-a colep -C mnt/n list
	check "so does search" 0 ll-bps-2023-a colep -C mnt/n search vans
	check "and status" 0 "$at" colep -C mnt/n status
	mount -o remount,rw mnt
	dd if=/dev/zero of=mnt/fill bs=4k 2>/dev/null
	run colep -C mnt/n save
	is "a full disk: exit 3" "$status" 3
	has "with a sentence" "$err" "pace"
	is "main stands" "$(main mnt/n)" "$at"
	check "and import" 3 "pace" colep -C mnt/n import many
	check "list still answers" 0 ll-bps-2023-a colep -C mnt/n list
	rm -f mnt/n/.git/colep/*-lock; dd if=/dev/zero of=mnt/fill2 bs=1k 2>/dev/null
	run colep -C mnt/n search vans
	has "search on a full disk, without a lock file: an answer or a sentence" "0 3" "$status"
	ok "the repository is sound" git -C mnt/n fsck --strict
	rm mnt/fill mnt/fill2
	ok "with room again the save completes" colep -C mnt/n save
	is "and holds the document" "$(git -C mnt/n diff-tree --no-commit-id --name-only -r HEAD)" lessons/bps/ll-bps-2023-b.md
	is "git status is clean" "$(git -C mnt/n status --porcelain)" ""
fi
# the same by a limit on file sizes and by closed folders, for where nothing can be mounted
at=$(main bg); put bg ll-bg-2023-limit body="$(head -c 60000 /dev/urandom | od -An -tx1 | tr -d ' \n')"
run sh -c "ulimit -f 16; '$COLEP' -C bg save"
is "a file-size limit: exit 3, main stands" "$status $(main bg)" "3 $at"
has "with a sentence" "$err" "colep: "
ok "the next save completes" colep -C bg save
ok "history is sound" git -C bg fsck --strict
at=$(main bg); put bg ll-bg-2023-closed
if [ "$(id -u)" = 0 ]; then
	cp -R bg theirs && cp -R "$COLEP_KEYS" theirkeys && chown -R 65534:65534 theirs theirkeys && chmod 711 "$here" && chmod -R a-w theirs/.git
	run env COLEP_KEYS="$here/theirkeys" setpriv --reuid=65534 --regid=65534 --clear-groups "$COLEP" -C theirs save
else
	chmod -R a-w bg/.git; run colep -C bg save; chmod -R u+w bg/.git
fi
is "a folder closed for writing: exit 3" "$status" 3
has "with a sentence" "$err" "ermission"
is "main stands" "$(main bg)" "$at"
done_testing
