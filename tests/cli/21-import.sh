#!/bin/sh
# colep import: what is kept byte for byte, what becomes a lesson, what is named and skipped.
. "$ROOT/tests/cli/lib.sh"
"$COLEP" init --id bg node 2>/dev/null || exit 1
main() { git -C node rev-parse main; }
# one file of a folder of its own, imported: sets id, the document's text in $out
import_one() { # NAME-OF-FILE < TEXT
	rm -rf one; mkdir -p "one/$(dirname "$1")"; cat >"one/$1"
	run colep -C node import one
	id=$(printf '%s' "$out" | cut -f1)
}
text() { git -C node show "main:lessons/bg/$id.md"; }

mkdir -p in/lessons/bg && doc ll-bg-2023-kept x-note="as it was" >in/lessons/bg/ll-bg-2023-kept.md && printf '\nTrailing blanks   \n\n\n' >>in/lessons/bg/ll-bg-2023-kept.md
run colep -C node import in
is "a document at its place: id and source" "$out" "ll-bg-2023-kept${TAB}lessons/bg/ll-bg-2023-kept.md"
is "exit 0" "$status" 0
ok "it is byte for byte the same" cmp in/lessons/bg/ll-bg-2023-kept.md node/lessons/bg/ll-bg-2023-kept.md
is "one commit, with a message" "$(git -C node log -1 --format=%s)" "Import 1 document"
ok "and it verifies" git -C node verify-commit HEAD
at=$(main)
run colep -C node import in
is "the same again makes no commit" "$(main)" "$at"
is "and answers the same" "$status $out" "0 ll-bg-2023-kept${TAB}lessons/bg/ll-bg-2023-kept.md"
run colep -C node --json import in
is "as JSON" "$out" '{"id":"ll-bg-2023-kept","source":"lessons/bg/ll-bg-2023-kept.md"}'
is "--json may stand behind the command" "$(colep -C node import --json in)" "$out"

import_one "_posts/2007-05-11-boats-and-vans.md" <<'X'
# Boats and vans

Text with **marks**, <b>HTML</b> and
a second line.
X
is "a foreign file becomes a lesson of its year" "$status $out" "0 ll-bg-2007-posts-2007-05-11-boats-and-vans${TAB}_posts/2007-05-11-boats-and-vans.md"
has "its title is the first heading" "$(text)" "title: Boats and vans"
has "the date is that of its name" "$(text)" "date: 2007-05-11"
has "the source path is kept" "$(text)" "x-path: _posts/2007-05-11-boats-and-vans.md"
has "it is submitted" "$(text)" "status: submitted"
is "the body is unchanged" "$(text | sed '1,/^---$/d')" "$(cat one/_posts/*)"
at=$(main)
run colep -C node import one
is "again: no second commit, the same answer" "$(main) $out" "$at $id${TAB}_posts/2007-05-11-boats-and-vans.md"
SOURCE_DATE_EPOCH=1800000000 run colep -C node import one
is "nor in another year" "$(main)" "$at"
echo "More." >>one/_posts/2007-05-11-boats-and-vans.md
run colep -C node import one
is "a changed file becomes another document" "$(printf '%s' "$out" | cut -f1)" "$id-2"

import_one a.md <<'X'
---
title: "Quoted: title"
date: 2019-03-04
lang: de
summary: >
  Folded over
  two lines.
description: a plain value that
  goes on here
tags: [one, "two, three"]
Layout_Name: post
notes: |
  first
  second
---
Text.
X
is "front matter of others is taken" "$status" 0
for want in 'title: "Quoted: title"' "lang: de" "date: 2019-03-04" "summary: Folded over two lines." \
	"x-description: a plain value that goes on here" "x-tags: one, two, three" "x-layout-name: post" "x-notes: first second"; do
	has "it holds $want" "$(text)" "
$want
"
done
ok "and the result passes front matter's rules" sh -c "'$COLEP' -C node check lessons/bg/$id.md | grep -c '${TAB}front${TAB}' | grep -qx 0"
printf -- '---\r\ntitle: From Windows\r\n---\r\nText\r\n' >.in; import_one crlf.md <.in
has "CRLF in foreign front matter is taken" "$out" "crlf.md"
is "its body keeps its line ends" "$(text | tail -1)" "$(printf 'Text\r')"
import_one bom.md <<X
$(printf '\357\273\277')# With a mark

Text.
X
is "a byte order mark is taken away" "$(text | grep -c "$(printf '\357\273\277')")" 0
has "and the title found behind it" "$(text)" "title: With a mark"
import_one crlf2.md <<X
$(printf '# Plain\r')
$(printf 'Text\r')
X
has "CRLF without front matter is taken" "$(text)" "title: Plain
"
import_one nofront.markdown </dev/null
has "an empty file takes its title from its name" "$(text)" "title: nofront"

for bad in 'nest|a:\n  b: 1|nesting' 'anchor|a: &x 1|anchor' 'alias|a: *x|alias' 'tag|a: !t 1|tag' 'colon|title: a: b|double quotes' \
	'twice|a: 1\na: 2|twice'; do
	name=${bad%%|*} rest=${bad#*|}
	printf -- "---\n${rest%|*}\n---\nText.\n" >.in; import_one "$name.md" <.in
	is "$name is refused" "$status" 1
	has "and named" "$err" "$name.md: line"
	has "with the reason" "$err" "${rest#*|}"
done
printf 'caf\351\n' >.in; import_one latin.md <.in
has "not UTF-8: skipped, named" "$status $err" "latin.md: is not UTF-8"
printf 'a\000b\n' >.in; import_one nul.md <.in
has "NUL bytes: skipped, named" "$status $err" "nul.md: has NUL bytes"
head -c 300000 /dev/zero | tr '\0' 'a' >.in; import_one big.md <.in
has "300 KiB: skipped, named" "$status $err" "1 colep: big.md: "
has "with the limit's cure" "$err" "split"
head -c 262144 /dev/zero | tr '\0' 'a' >.in; import_one edge.md <.in
has "256 KiB and front matter on top: skipped, named" "$status $err" "edge.md: more than 256 KiB"
rm -rf one && mkdir one && echo x >target.md && ln -s ../target.md one/link.md && mkfifo one/pipe.md && mkdir one/dir.md && echo "# Good" >one/good.md
run timeout 10 "$COLEP" -C node import one
is "link and pipe beside a good file: exit 1" "$status" 1
has "the link is named" "$err" "link.md: a symbolic link"
has "the pipe too" "$err" "pipe.md: not a regular file"
is "and the good one is taken" "$out" "ll-bg-2023-good${TAB}good.md"
rm -rf one && mkdir one && printf 'x' >"one/$(printf 'a\351.md')" && echo "# Tab" >"one/$(printf 'a\tb.md')"
run colep -C node import one
has "a name that is not UTF-8 is named, escaped" "$err" 'a\xe9.md: its name is not UTF-8'
has "a TAB in a name is escaped" "$out" 'a\tb.md'
rm -rf one && mkdir -p one/.hidden && echo "# H" >one/.hidden/h.md && echo "no" >one/x.txt
at=$(main)
check "a folder with nothing for us: exit 0, and told" 0 "one: nothing to take in" colep -C node import one
is "and no commit" "$(main)" "$at"
mkdir void
check "an empty folder: too" 0 "void: nothing to take in" colep -C node import void
check "a folder that is not there" 3 "nowhere: no such folder" colep -C node import nowhere
check "a file is no folder" 3 "no such folder" colep -C node import target.md
check "no folder is wrong usage" 2 "needs a folder" colep -C node import
check "an unknown kind is wrong usage" 2 "no kind" colep -C node import --kind novel void
check "an owner that cannot be one is wrong usage" 2 "no owner" colep -C node import --owner B9 void
check "another's owner needs the Secretariat" 0 "" colep -C node import --owner mk void	# the founder is it
mkdir link && echo "# By a link" >link/l.md && ln -s link bylink
check "a link to a folder may be given" 0 "ll-bg-2023-l$TAB" colep -C node import bylink

# collisions
mkdir -p two/x two/y && echo "# Same

1" >two/x/a.md && echo "# Same

2" >two/y/a.md
mkdir -p three/lessons/bg && doc ll-bg-2023-same >three/lessons/bg/ll-bg-2023-same.md
run colep -C node import two
is "one title twice gives two ids" "$(printf '%s' "$out" | cut -f1 | tr '\n' ' ')" "$(printf '%s' "$out" | cut -f1 | sort -u | tr '\n' ' ')"
is "kind and owner as asked" "$(mkdir k; echo '# As asked' >k/k.md; colep -C node import --kind issue --owner mk k | cut -f1)" "is-mk-2023-k"
check "a kind with one document for each owner is refused" 1 "import it by its id" colep -C node import --kind participant two
mkdir -p deep/case-studies/bg && doc ll-bg-2023-kept >deep/case-studies/bg/ll-bg-2023-kept.md
run colep -C node import deep
hasnt "an id in another folder is none of ours: it becomes a lesson of its own" "
$out" "
ll-bg-2023-kept$TAB"
mkdir -p un/lessons/bg && doc ll-bg-2023-kept body="From outside." >un/lessons/bg/ll-bg-2023-kept.md
echo "Unsaved." >>node/lessons/bg/ll-bg-2023-kept.md
run colep -C node import un
has "unsaved work at the place is not buried" "$status $err" "1 colep: lessons/bg/ll-bg-2023-kept.md: has unsaved changes"
is "it is still there" "$(tail -n 1 node/lessons/bg/ll-bg-2023-kept.md)" "Unsaved."
git -C node checkout -q lessons/bg/ll-bg-2023-kept.md
ok "a newer version of a saved document is taken" colep -C node import un
has "as the document's next version" "$(cat node/lessons/bg/ll-bg-2023-kept.md)" "From outside."
printf -- '---\nid: ll-bg-2023-broken\ntitle: [\n---\n' >.in; import_one lessons/bg/ll-bg-2023-broken.md <.in
has "a broken document at its place is named with the line" "$status $err" "1 colep: lessons/bg/ll-bg-2023-broken.md: line"
doc ll-bg-2023-mail body="Write to somebody@example.org now." >.in; import_one lessons/bg/ll-bg-2023-mail.md <.in
has "personal data is told, though taken" "$status $err" "PD01"
# a plain commit and unsaved work stand through an import
put node ll-bg-2023-plain && git -C node add -A && git -C node -c user.name=x -c user.email=x@y.invalid commit -qm plain
put node ll-bg-2023-unsaved
mkdir more && echo "# One more" >more/m.md
ok "an import goes on top of what is signed" colep -C node import more
ok "a plain commit's document is not lost" test -f node/lessons/bg/ll-bg-2023-plain.md
ok "nor an unsaved one" test -f node/lessons/bg/ll-bg-2023-unsaved.md
is "both are unsaved work now" "$(colep -C node --json status | grep -o '"unsaved":[0-9]*')" '"unsaved":2'
ok "and the next save takes them" colep -C node save
is "nothing is left to save" "$(git -C node status --porcelain)" ""
ok "git fsck is content" git -C node fsck --strict
done_testing
