#!/bin/sh
# The index: made anew whatever happened to it, brought forward exactly, written by one and read by many.
. "$ROOT/tests/cli/lib.sh"
"$COLEP" init --id bps --import "$ROOT/content" node >/dev/null 2>&1 || exit 1
ix=$(echo node/.git/colep/index-*.mdb)
printf 'a\thawala\nb\tborder police\nc\t"link offices"\nd\tmigr\ne\tsmugling\nf\ttrain ferry -van\ng\tkind:lesson\nh\ttopic:som vans\n' >queries
answers() { "$COLEP" -C "$1" list; "$COLEP" -C "$1" search --batch queries --limit 50; "$COLEP" -C "$1" search --facets --limit 5 border; }
answers node >want 2>&1
same() { # NAME WHAT-IS-SAID: the answers are as they were
	run answers node
	is "$1: the answers are as they were" "$out" "$(cat want)"
	case $2 in '') is "$1: nothing is said" "$err" "" ;; *) has "$1: it is said" "$err" "made anew: $2" ;; esac
}
run colep -C node index
is "index: main and number of documents" "$status $out" "0 $(git -C node rev-parse main)$TAB$(find "$ROOT/content" -name '*.md' | wc -l)"
check "--rebuild answers the same" 0 "$out" colep -C node index --rebuild
check "--timing tells milliseconds" 0 "total " colep -C node index --timing
check "... what they went to, and those that passed" 0 "read analyse write texts put collecting analysing writing total " \
	sh -c '"$COLEP" -C node index --rebuild --timing 2>&1 >/dev/null | while read -r what n unit; do printf "%s " "$what"; done'
check "it takes no words" 2 "no words" colep -C node index x
is "as JSON" "$(colep -C node --json index | cut -c1-9)" '{"main":"'
touch "$ix"; same "another time on it" ""
rm "$ix" "$ix-lock"; same "deleted" ""
rm "$ix-lock"; same "its lock deleted" ""
size=$(stat -c %s "$ix"); cp "$ix" good.mdb
for at in 0 1 100 4095 4096 8192 $((size / 2)) $((size - 4096)) $((size - 1)); do
	cp good.mdb "$ix"; truncate -s "$at" "$ix"; run answers node
	is "truncated to $at bytes: the answers are as they were" "$out" "$(cat want)"
	has "truncated to $at bytes: it is said" "$err" "made anew: it was damaged"
done
seed=${SEED:-$$}; echo "# SEED=$seed"
random() { seed=$(((seed * 1103515245 + 12345) % 2147483648)); echo $((seed / 8 % $1)); }
bad=''
for i in 1 2 3 4 5 6 7 8 9 10; do
	cp good.mdb "$ix"; at=$(($(random $((size / 4096))) * 4096))
	dd if=/dev/urandom of="$ix" bs=4096 seek=$((at / 4096)) count=1 conv=notrunc 2>/dev/null
	timeout 20 "$COLEP" -C node list >/dev/null 2>.e; st=$?; grep -q 'made anew: it was damaged' .e || bad="$bad
page $((at / 4096)): exit $st, said: $(cat .e)"
	answers node >.o 2>&1; cmp -s .o want || bad="$bad
page $((at / 4096)): $(head -3 .o)"
done
is "a page of random bytes, ten times: said, and the answers are as they were" "$bad" ""
bad=''
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
	cp good.mdb "$ix"; at=$(random $size)
	printf "\\$(printf %o $(random 256))" | dd of="$ix" bs=1 seek="$at" conv=notrunc 2>/dev/null
	answers node >.o 2>/dev/null; cmp -s .o want || bad="$bad
byte $at: $(head -3 .o)"
done
is "a byte changed, 15 times: the answers are as they were" "$bad" ""
for page in 0 1; do
	cp good.mdb "$ix"; dd if=/dev/urandom of="$ix" bs=4096 seek=$page count=1 conv=notrunc 2>/dev/null
	run answers node; is "random bytes in page $page: the answers are as they were" "$out" "$(cat want)"
done
head -c 100000 /dev/urandom >"$ix"; same "a file of random bytes" "it was damaged"
rm "$ix" && mkdir "$ix"; run colep -C node search hawala
has "a folder in its place: an answer or a sentence" "0 3" "$status"
rm -rf "$ix"
: >"$ix-sum"; same "its sum emptied" ""

# another schema, and a commit that is gone
head -c 5000 /dev/urandom >node/.git/colep/index-0.mdb; same "a file of another schema beside it" ""
cp node/.git/colep/index-0.mdb node/.git/colep/index-1.1.mdb
: >node/.git/colep/index-1.1.mdb-lock
touch -d 2020-01-01 node/.git/colep/index-1.1.mdb node/.git/colep/index-0.mdb-lock
colep -C node index --rebuild >/dev/null
is "which stays with its lock while another version of the program uses it" "$(cd node/.git/colep && echo index-[01].*)" \
	"index-0.mdb index-0.mdb-lock"
full() { head -c 24 /dev/zero >.fault; run env LD_PRELOAD="$ROOT/build/fault.so" FAULT_FILE="$PWD/.fault" FAULT_AT=1 FAULT_HOW=full "$COLEP" -C "$1" index --rebuild; }
full node; has "a full disk: what may go is told" "$status $err" "no space left on the disk"
has "and what may go" "$err" "/colep/index-0.mdb is of another version of the program"
cp -R node one && rm one/.git/colep/index-0*; full one; rm -rf one
hasnt "which is none where there is one index" "$err" "another version"
g() { git -C node -c user.name=x -c user.email=x@y.invalid "$@"; }
g commit -q --allow-empty -m x && answers node >/dev/null 2>&1 && g reset -q --hard HEAD~1
same "main moved back" ""
: >node/.git/colep/index-1.1.mdb && touch -d 2020-01-01 node/.git/colep/index-1.1.mdb
g commit -q --allow-empty -m z && answers node >/dev/null 2>&1 && g reset -q --hard HEAD~1
no "one that none uses goes when a commit is taken in" test -e node/.git/colep/index-1.1.mdb
g commit -q --allow-empty -m y && answers node >/dev/null 2>&1 && g reset -q --hard HEAD~1
g reflog expire --expire=now --all && g gc -q --prune=now
same "stamped with a commit that is gone" "the commit it was made from is gone"
cp -R node moved; run answers moved
is "a copied node answers the same, with nothing said" "$out $err" "$(cat want) "
rm -rf moved

# forward, step by step, is the same as from nothing: random saves, changes and deletions
words="border van ferry train police hawala smuggling link office migrant court training night river mountain"
word() { echo "$words" | cut -d' ' -f$(($(random 15) + 1)); }
bad='' step=0
while [ $step -lt 36 ]; do
	step=$((step + 1)); k=$(($(random 3) + 1))
	while [ $k -gt 0 ]; do
		k=$((k - 1)); i=$(random 14)
		case $(random 5) in
		0) rm -f "node/lessons/bps/ll-bps-2023-p$i.md" "node/lessons/bps/ll-bps-2023-p$i.bg.md" ;;
		1) [ -f "node/lessons/bps/ll-bps-2023-p$i.md" ] && printf -- '---\ntranslation-of: ll-bps-2023-p%s\nsource-rev: x\nlang: bg\ntitle: Граница %s\ndate: 2023-05-02\n---\n\nГраница и влак %s.\n' $i "$(word)" "$(word)" >"node/lessons/bps/ll-bps-2023-p$i.bg.md" ;;
		2) put node "ll-bps-2023-p$i" title="$(word) $(word)" body="$(word) $(word) $(word)." topics="[hawala]" countries="[BG]" ;;
		*) put node "ll-bps-2023-p$i" title="$(word) $i" body="$(word) and $(word), then $(word)." status=submitted ;;
		esac
	done
	"$COLEP" -C node save >/dev/null 2>&1
	[ $((step % 7)) -eq 0 ] && { mkdir -p node/vocab; printf '| code | label | group | also called | note |\n|---|---|---|---|---|\n| hawala | Hawala %s | threat | %s | |\n| som | Smuggling | threat | %s | |\n' $step "$(word)" "$(word)" >node/vocab/topics.md; "$COLEP" -C node save >/dev/null 2>&1; }
	[ $((step % 3)) -eq 0 ] && continue
	answers node >.inc 2>&1
	touch "$ix"; answers node 2>&1 | cmp -s - .inc || bad="$bad summed($step): $(answers node 2>&1 | head -2)"
	[ $((step % 2)) -eq 0 ] && continue
	rm -rf copy; cp -R node copy; "$COLEP" -C copy index --rebuild >/dev/null 2>&1; answers copy >.full 2>&1
	cmp -s .inc .full || { bad="$bad step $step: $(diff .inc .full | head -5)"; break; }
done
is "36 random steps: the index brought forward answers as one made anew" "$bad" ""
# ids of many lengths in segments that become one, again and again
"$COLEP" init --id bps lengths >/dev/null 2>&1
for i in 1 2 3 4 5 6 7 8 9 10; do
	for k in z-and-so-on-$i m$i a-longer-name-$i-of-more-words b; do put lengths ll-bps-2023-$k title="Zebra $i" body="A $(word) at the $(word), and $(word)."; done
	"$COLEP" -C lengths save >/dev/null 2>&1; "$COLEP" -C lengths index >/dev/null 2>&1
done
echo "$words zebra" | tr ' ' '\n' | sed 's/.*/&	&/' >queries.1
merged() { "$COLEP" -C lengths search --batch queries.1 --limit 50; }
merged >.inc 2>&1; "$COLEP" -C lengths index --rebuild >/dev/null 2>&1; merged >.full 2>&1
is "segments of ids of many lengths are merged: 31 documents are found" "$(grep -c '^zebra' .full)" 31
is "and the answers are those of one made anew" "$(diff .inc .full | head -5)" ""
is "and counts the same documents" "$(colep -C node index | cut -f2)" "$(git -C node ls-files | grep -cvE '^(roster|vocab)/')"

# kill -9 while indexing
awk 'BEGIN { for (i = 1; i <= 800; i++) { f = "many/n" i ".md"; if (i == 1) system("mkdir -p many"); print "# Note " i "\n\nText of the border, number " i ", with a van and a ferry.\n" >f; close(f) } }'
"$COLEP" -C node import many >/dev/null 2>&1
"$COLEP" -C node index --rebuild >/dev/null 2>&1; answers node >want
bad=''
for i in 1 2 3 4 5 6; do
	setsid "$COLEP" -C node index --rebuild >/dev/null 2>&1 & p=$!
	sleep "0.$(printf %02d "$(random 20)")"; kill -9 $p 2>/dev/null; wait $p 2>/dev/null
	answers node >.now 2>.err || bad="$bad exit($i): $(cat .err)"
	cmp -s .now want || bad="$bad answers($i)"
done
is "killed while indexing, six times: the next answers are right" "$bad" ""

# two search while a third indexes
"$COLEP" -C node search --batch queries --limit 50 >.single
(i=0; while [ $i -lt 4 ]; do i=$((i + 1)); "$COLEP" -C node index --rebuild >/dev/null 2>>.errs || echo index >>.errs; done; : >.stop) & p=$!
for r in 1 2; do
	(while [ ! -e .stop ]; do "$COLEP" -C node search --batch queries --limit 50 >.r$r 2>>.errs || echo "search $r" >>.errs; cmp -s .r$r .single || echo "answer $r" >>.errs; done) & eval "p$r=$!"
done
wait $p $p1 $p2
is "two search while a third indexes: always the same answers, never a failure" "$(sort -u .errs)" ""

# two index at the same time: both end well, and what is there is right
pair() { # ARGS...: twice at once
	"$COLEP" -C node index "$@" >.one 2>.err1 & p1=$!
	"$COLEP" -C node index "$@" >.two 2>.err2 & p2=$!
	wait $p1; st1=$?; wait $p2; st2=$?
	[ "$st1 $st2" = "0 0" ] && cmp -s .one .two || bad="$bad $*: $st1 $st2 $(cat .err1 .err2)"
}
bad=''
for i in 1 2 3; do
	pair --rebuild; answers node >.now 2>&1; cmp -s .now want || bad="$bad rebuilt($i)"
	rm -f "$ix" "$ix-lock" "$ix-sum"
	pair; answers node >.now 2>&1; cmp -s .now want || bad="$bad from-nothing($i)"
done
for i in 1 2 3; do			# main moves, and two bring the index there
	put node ll-bps-2023-pair title="Pair $i" body="Border and hawala, $i."
	g add -A && g commit -q -m "Pair $i"; pair
	answers node >.inc 2>&1; rm -rf copy; cp -R node copy; "$COLEP" -C copy index --rebuild >/dev/null 2>&1
	answers copy 2>&1 | cmp -s - .inc || bad="$bad forward($i)"
done
is "two index at the same time, from nothing and forward: both end well, and the answers are right" "$bad" ""

# a reader is killed with its transaction open: it keeps nothing from being used again
mkfifo slow; exec 9<>slow
awk 'BEGIN { for (i = 0; i < 20000; i++) print "q" i "\tborder" }' >many-queries
"$COLEP" -C node search --batch many-queries >slow 2>/dev/null & p=$!
i=0; while [ $i -lt 200 ] && ! grep -q pipe_w "/proc/$p/wchan" 2>/dev/null; do sleep 0.05; i=$((i + 1)); done
is "a reader stands with its answers half given" "$([ -d /proc/$p ] && echo there)" there
kill -9 $p; wait $p 2>/dev/null; exec 9>&-
for i in 1 2 3 4 5 6 7 8; do put node ll-bps-2023-pair title="Reader $i" body="Border, $i."; g commit -q -a -m "Reader $i"; colep -C node index >/dev/null 2>&1; done
size=$(stat -c %s "$ix")
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do put node ll-bps-2023-pair title="Reader $i" body="Border, $i."; g commit -q -a -m "Reader $i"; colep -C node index >/dev/null 2>&1; done
is "a reader killed: the file grows no more than by a few pages" "$(($(stat -c %s "$ix") - size < 200000))" 1
answers node >.inc 2>&1; rm -rf copy; cp -R node copy; "$COLEP" -C copy index --rebuild >/dev/null 2>&1
is "and the answers are right" "$(answers copy 2>&1)" "$(cat .inc)"

# of another user: read, not written
if [ "$(id -u)" = 0 ]; then
	chmod 711 "$here"; as() { setpriv --reuid=65534 --regid=65534 --clear-groups env HOME="$here/nohome" "$@"; }
	cp "$COLEP" colep-of-all && chmod 755 colep-of-all	# the folder it was built in may be closed to others
	"$COLEP" -C node list >.mine
	run as "$here/colep-of-all" -C node list
	is "another user lists it" "$status $(cmp .out .mine && echo same)" "0 same"
	run as "$here/colep-of-all" -C node search --limit 1 hawala
	is "and searches it" "$status" 0
	put node ll-bps-2023-after body="Afterwards." && colep -C node save >/dev/null
	before=$(find node -type f -exec stat -c '%n %Y %s' {} + | sort)
	run as "$here/colep-of-all" -C node search afterwards
	has "an index that is behind is told" "$err" "behind and cannot be written here"
	is "it still answers" "$(as "$here/colep-of-all" -C node list 2>/dev/null | wc -l)" "$(wc -l <.mine)"
	run as "$here/colep-of-all" -C node save
	is "nothing is saved by another user" "$status" 3
	has "with the reason" "$err" "belongs to another user"
	run as "$here/colep-of-all" -C node index
	is "nor indexed: exit 3" "$status" 3
	rm -f "$ix" "$ix-lock"
	run as "$here/colep-of-all" -C node list
	is "without an index: exit 3" "$status" 3
	has "with a sentence" "$err" "colep: "
	before=$(find node -type f -exec stat -c '%n %Y %s' {} + | sort)
	as "$here/colep-of-all" -C node list >/dev/null 2>&1; as "$here/colep-of-all" -C node status >/dev/null 2>&1
	is "no byte of the node changed" "$(find node -type f -exec stat -c '%n %Y %s' {} + | sort)" "$before"
fi
done_testing
