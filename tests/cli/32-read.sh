#!/bin/sh
# The reading commands: list, show, log, diff, news, status, readiness; where they look, and what they answer.
. "$ROOT/tests/cli/lib.sh"
"$COLEP" init --id bps --import "$ROOT/content" node >/dev/null 2>&1 || exit 1
put node mt-bps-2023-spring title="Spring meeting" start=2023-11-14 stage=held status=published summary=S. cleared-by=Secretariat
put node cs-bg-2023-vans title="Vans at the border" status=published detail=full cleared-by=Secretariat meetings="[mt-bps-2023-spring]"
put node cs-bg-2023-draftish title="Only submitted" detail=full
"$COLEP" -C node save >/dev/null 2>&1
git() { command git -C node "$@"; }
main() { git rev-parse main; }
keys() { head -1 .out | grep -oE '[{,]"[a-z-]+":' | tr -d '{,":' | tr '\n' ' ' | sed 's/ $//'; }
json() { # NAME KEYS COMMAND...: JSON Lines with these keys
	local name=$1 want=$2; shift 2
	run colep -C node --json "$@"
	is "$name: exit 0" "$status" 0
	ok "$name: JSON Lines" jsonl .out
	is "$name: keys in the order of the contract" "$(keys)" "$want"
}

# list
run colep -C node list
is "list: nine fields" "$status $(printf '%s\n' "$out" | awk -F"$TAB" '{ print NF }' | sort -u)" "0 9"
is "in the order of the contract" "$(printf '%s\n' "$out" | grep ^cs-bg-2023-vans)" \
	"cs-bg-2023-vans${TAB}case-study${TAB}bg${TAB}published${TAB}TLP:GREEN${TAB}en${TAB}2023-05-01${TAB}Vans at the border${TAB}case-studies/bg/cs-bg-2023-vans.md"
is "sorted by id" "$(printf '%s\n' "$out" | cut -f1)" "$(printf '%s\n' "$out" | cut -f1 | LC_ALL=C sort)"
is "every document" "$(printf '%s\n' "$out" | wc -l)" "$(git ls-files | grep -cvE '^(roster|vocab)/')"
json list "id kind owner status tlp lang date title path" list
is "--kind" "$(colep -C node list --kind case-study --owner bg | cut -f1 | tr '\n' ' ')" "cs-bg-2023-draftish cs-bg-2023-vans "
is "--meeting" "$(colep -C node list --meeting mt-bps-2023-spring | cut -f1)" cs-bg-2023-vans
is "--since and --until" "$(colep -C node list --since 2023 --until 2023-12 | wc -l)" 3
check "no document: exit 0 and nothing" 0 "" colep -C node list --owner bg --since 2029
is "nothing" "$out$err" ""
check "but a value that none has is told" 0 "owner xx: no document has it" colep -C node list --owner xx
check "with the nearest that one has" 0 "topic hawla: no document has it; did you mean hawala" colep -C node list --topic hawla
check "words are wrong usage" 2 "takes no words" colep -C node list hawala
check "an unknown status too" 2 "no status" colep -C node list --status open
run colep -C node -C node list
is "two nodes: both lists" "$(printf '%s\n' "$out" | wc -l)" "$(($(colep -C node list | wc -l) * 2))"

# show
run colep -C node show cs-bg-2023-vans
ok "show prints the document, byte for byte" cmp .out node/case-studies/bg/cs-bg-2023-vans.md
ok "a path will do" sh -c "'$COLEP' -C node show case-studies/bg/cs-bg-2023-vans.md | cmp - node/case-studies/bg/cs-bg-2023-vans.md"
json show "id path text" show cs-bg-2023-vans
check "an id that is not there: exit 1" 1 "no document of this id" colep -C node show ll-xx-2023-no
check "nor to be compared" 1 "no document of this id" colep -C node diff ll-xx-2023-no
check "one with a slip: the id that is meant" 1 "did you mean cs-bg-2023-vans" colep -C node show cs-bg-2023-vanss
check "or in capitals" 1 "did you mean cs-bg-2023-vans" colep -C node show CS-BG-2023-VANS
check "or of which it is the beginning" 1 "did you mean cs-bg-2023-vans" colep -C node related cs-bg-2023-v
check "no id is wrong usage" 2 "needs one id" colep -C node show
check "two are too" 2 "needs one id" colep -C node show a b
check "the empty id is not there" 1 "no document" colep -C node show ""
check "an id of 100,000 letters is not there" 1 "no document" colep -C node show "$(head -c 100000 /dev/zero | tr '\0' a)"

# log
run colep -C node log
is "log: six fields" "$status $(printf '%s\n' "$out" | awk -F"$TAB" '{ print NF }' | sort -u)" "0 6"
is "newest first, the genesis last" "$(printf '%s\n' "$out" | cut -f1)" "$(git rev-list main)"
is "date, node, number, message" "$(printf '%s\n' "$out" | tail -1 | cut -f2-)" "2023-11-14T22:00:00Z${TAB}bps${TAB}1${TAB}${TAB}A new community"
json log "commit date node seq id message" log
has "no id where a commit has several: null" "$(tail -1 .out)" '"id":null'
run colep -C node log cs-bg-2023-vans
is "log ID: what touched it" "$status $(printf '%s\n' "$out" | cut -f1)" "0 $(main)"
check "an id that nothing touched: exit 1" 1 "no commit touched it" colep -C node log ll-xx-2023-no
check "two ids are wrong usage" 2 "one id" colep -C node log a b

# diff
check "no change: exit 0, nothing" 0 "" colep -C node diff
is "nothing at all" "$out$err" ""
put node cs-bg-2023-vans title="Vans at the border" status=published detail=full cleared-by=Secretariat meetings="[mt-bps-2023-spring]" body="Buses were seen."
put node ll-bg-2023-new body="New text."
run colep -C node diff
is "diff shows a changed line" "$status $(printf '%s\n' "$out" | grep -cE '^(-Vans were seen|\+Buses were seen)')" "0 2"
has "and a new document" "$out" "+New text."
ok "git can apply it" sh -c "rm -rf plain && command git clone -q node plain && '$COLEP' -C node diff | command git -C plain apply && cmp plain/lessons/bg/ll-bg-2023-new.md node/lessons/bg/ll-bg-2023-new.md"
run colep -C node diff ll-bg-2023-new
hasnt "diff ID: that alone" "$out" "Buses"
json diff "path diff" diff
rm node/lessons/bg/ll-bg-2023-new.md; cp node/case-studies/bg/cs-bg-2023-vans.md changed; rm node/case-studies/bg/cs-bg-2023-vans.md
has "a deleted document" "$(colep -C node diff)" "-Vans were seen at the border."
printf '\000\001' >node/case-studies/bg/cs-bg-2023-vans.md; check "bytes that are no text: no crash" 0 "" colep -C node diff
rm node/case-studies/bg/cs-bg-2023-vans.md; ln -s /etc/passwd node/case-studies/bg/cs-bg-2023-vans.md; run colep -C node diff
hasnt "a link is not followed" "$out$err" "root:"
rm node/case-studies/bg/cs-bg-2023-vans.md; mkfifo node/case-studies/bg/cs-bg-2023-vans.md; run timeout 10 "$COLEP" -C node diff
has "a pipe is not waited for" "0 1 3" "$status"
rm node/case-studies/bg/cs-bg-2023-vans.md; mv changed node/case-studies/bg/cs-bg-2023-vans.md; colep -C node save >/dev/null 2>&1

# news
run colep -C node news; is "own changes are no news, which is said" "$status $out $err" \
	"0  colep: nothing new from other nodes; --since DATE shows what changed here too"
is "nothing" "$out" ""
json "news --since" "change id title node commit" news --since 2023-11-14
is "what was changed since is told once" "$(colep -C node news --since 2023-11-14 | cut -f2 | sort | uniq -d)" ""
is "kinds of change" "$(colep -C node news --since 2023-11-14 | cut -f1 | sort -u | tr '\n' ' ')" "changed new "
is "five fields" "$(colep -C node news --since 2023 | awk -F"$TAB" '{ print NF }' | sort -u)" 5
is "since a meeting: its first day" "$(colep -C node news --since mt-bps-2023-spring)" "$(colep -C node news --since 2023-11-14)"
run colep -C node news --since 2023-11-15; is "since tomorrow: nothing" "$out$err" "colep: nothing changed since then"
check "no date and no meeting is wrong usage" 2 "no date" colep -C node news --since never
check "a meeting that is not there too" 2 "no meeting here" colep -C node news --since mt-bps-2099-x
# another node's work, as a sync would bring it: signed by a second member
member node bg contributor second
put second ll-bg-2023-theirs title="Theirs" && colep -C second save >/dev/null && git pull -q --ff-only ../second main
run colep -C node news
is "another node's work is news" "$status $(printf '%s' "$out" | cut -f1-4)" "0 new${TAB}ll-bg-2023-theirs${TAB}Theirs${TAB}bg"
is "still, as long as it is not marked" "$(colep -C node news)" "$out"
is "--mark shows it a last time" "$(colep -C node news --mark)" "$out"
is "then it is known" "$(colep -C node news)" ""
has "--since shows it all the same" "$(colep -C node news --since 2023)" ll-bg-2023-theirs
echo nonsense >node/.git/colep/news
has "a mark that is nonsense: everything is news" "$(colep -C node news)" ll-bg-2023-theirs
printf '%040d' 7 >node/.git/colep/news
has "so is one of a commit that is not here" "$(colep -C node news)" ll-bg-2023-theirs
colep -C second delete -m "Twice." ll-bg-2023-theirs >/dev/null && git pull -q --ff-only ../second main
is "what was deleted" "$(colep -C node news | cut -f1-3)" "deleted${TAB}ll-bg-2023-theirs${TAB}Theirs"

# status
json status "main root node heads peers unsaved conflicts refused main-words root-words" status
run colep -C node status
is "main, root, node, heads, peers, unsaved, conflicts, refused" "$(printf '%s' "$out" | cut -f1-8)" "$(main)${TAB}$(git config colep.space)${TAB}bps${TAB}1${TAB}0${TAB}0${TAB}0${TAB}0"
is "main and root as six words" "$(printf '%s' "$out" | cut -f9,10 | tr '\t' '\n' | grep -cE '^([a-z]+-){5}[a-z]+$')" 2
put node ll-bg-2023-unsaved; is "unsaved counts" "$(colep -C node status | cut -f6)" 1; rm node/lessons/bg/ll-bg-2023-unsaved.md
git remote add x /nowhere; is "peers count" "$(colep -C node status | cut -f5)" 1; git remote remove x
check "it takes no words" 2 "no words" colep -C node status x

# readiness
json readiness "country profile cases" readiness
run colep -C node readiness
is "every country that takes part, sorted" "$(printf '%s\n' "$out" | cut -f1)" "$(ls "$ROOT/content/participants" | grep -E '^..$')"
is "a profile, and real cases that are published" "$(printf '%s\n' "$out" | grep ^bg)" "bg${TAB}yes${TAB}1"
is "outlines are not counted" "$(printf '%s\n' "$out" | grep ^mk)" "mk${TAB}yes${TAB}0"
is "no profile" "$(printf '%s\n' "$out" | grep ^hu)" "hu${TAB}no${TAB}0"
is "of a meeting: its countries" "$(colep -C node readiness mt-bps-2023-spring | cut -f1 | tr '\n' ' ')" "bg mk "
check "a meeting that is not there: exit 1" 1 "no document of this id" colep -C node readiness mt-bps-2099-x
check "something else than a meeting: exit 1" 1 "no meeting" colep -C node readiness cs-bg-2023-vans
check "two are wrong usage" 2 "one meeting" colep -C node readiness a b

# where they look
for c in list "show x" log diff news status readiness "search x" index; do
	check "$c: a folder that is no node: exit 3 and a cure" 3 "not a colep node, nor any folder above it; found a community" colep -C / $c
done
check "a folder that is not there" 3 "no such folder" colep -C nowhere list
mkdir plaingit && command git init -q plaingit
check "a repository of git alone is no node" 3 "not a colep node" colep -C plaingit list
want=$(colep -C node list)
is "from a folder inside" "$(cd node/case-studies/bg && "$COLEP" list)" "$want"
is "COLEP_DIR" "$(COLEP_DIR=node "$COLEP" list)" "$want"
is "-C is stronger" "$(COLEP_DIR=/ "$COLEP" -C node list)" "$want"
is "-Cnode too" "$("$COLEP" -Cnode list)" "$want"
is "GIT_DIR of others is not followed" "$(GIT_DIR=/nowhere GIT_WORK_TREE=/nowhere "$COLEP" -C node list)" "$want"
is "nor a git config of the user's" "$(printf '[core]\n\tbare = true\n[include]\n\tpath = /nowhere\n' >gc; GIT_CONFIG_GLOBAL=$here/gc "$COLEP" -C node status | cut -f1)" "$(main)"
is "it works without a home" "$(env -u HOME -u COLEP_KEYS "$COLEP" -C node list)" "$want"
is "packed refs are read" "$(git pack-refs --all && "$COLEP" -C node list)" "$want"
ok "and written to" sh -c "rm -f x; SOURCE_DATE_EPOCH=1700009999 '$COLEP' -C node delete -m Away cs-bg-2023-draftish"
mkdir -p void/.git && cp -R node/.git/colep void/.git/ && cp node/.git/HEAD node/.git/config void/.git/ && mkdir -p void/.git/objects void/.git/refs
for c in list log diff news status readiness "search x"; do
	run colep -C void $c
	is "$c: a node where nothing is saved: exit 3" "$status" 3
	has "$c: with a sentence" "$err" "colep: "
done
rm -rf bare && colep init --id bg bare 2>/dev/null
check "a community without a document: an empty list" 0 "" colep -C bare list
is "nothing" "$out" ""
check "of two nodes, what is near in either is offered" 0 "topic hawla: no document of these nodes has it; did you mean hawala" colep -C node -C bare list --topic hawla
check "in whatever order" 1 "topic hawla: no document of these nodes has it; did you mean hawala" colep -C bare -C node search --topic hawla
run colep -C node -C bare list --owner bg --since 2029
is "a value that one of them has is not called missing" "$err" ""
check "nobody is asked to be ready" 0 "" colep -C bare readiness
check "no hit" 1 "nothing found" colep -C bare search x
cp -R node broken && echo garbage >broken/.git/refs/heads/main
check "main is no id: exit 3" 3 "not the id of a commit" colep -C broken list
printf '%040d\n' 7 >broken/.git/refs/heads/main
check "main names nothing: exit 3" 3 "colep: " colep -C broken list
rm -rf broken; cp -R node broken; find broken/.git/objects -type f -exec chmod u+w {} + -exec truncate -s 10 {} +
for c in log "news --since 2022" status "index --rebuild"; do check "$c: broken objects: exit 3" 3 "colep: " colep -C broken $c; done
rm -rf nokey; cp -R node nokey; run env COLEP_KEYS="$here/nokeys" "$COLEP" -C nokey list
is "a copy without its key reads" "$status $(printf '%s\n' "$out" | wc -l)" "0 $(colep -C node list | wc -l)"
put nokey ll-bps-2023-x; check "but does not write" 3 "no key" env COLEP_KEYS="$here/nokeys" "$COLEP" -C nokey save

# what others wrote does not steer a terminal
esc=$(printf '\033')
put node ll-bps-2023-esc title='"\e[31mred\tTAB\nline\x9b1m"' body="Escapes." && colep -C node save >/dev/null 2>&1
for c in list "search escapes" log "news --since 2022" "readiness" "diff"; do
	colep -C node $c >.all 2>&1
	if LC_ALL=C grep -q "$(printf '[\001-\010\013-\037\177]')" .all; then fail "$c: no control character" "$(cat -v .all | head -5)"; else pass "$c: no control character"; fi
done
has "they are escaped" "$(colep -C node list | grep ll-bps-2023-esc)" '\x1b[31mred\tTAB\nline\xc2\x9b1m'
colep -C node --json list >.out; ok "and escaped in JSON" jsonl .out
for c in list "log" "show cp-bg" "status"; do check "$c: a full disk under standard output" 3 "standard output" sh -c "'$COLEP' -C node $c >/dev/full"; done
done_testing
