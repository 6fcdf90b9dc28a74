#!/bin/sh
# Two large documents that meet at one path make one that nobody may write: it is read, found, listed and settled.
. "$ROOT/tests/cli/lib.sh"
id=ll-bps-2023-large f=lessons/bps/ll-bps-2023-large.md
"$COLEP" init a --id bps >/dev/null 2>&1
"$COLEP" -C a roster add $("$COLEP" join a b --id bps-two --root "$("$COLEP" -C a status | cut -f10)" 2>/dev/null) >/dev/null 2>&1
"$COLEP" -C b sync >/dev/null 2>&1
for x in a b; do
	put $x $id "title=By $x"
	awk -v x=$x 'BEGIN { for (i = 0; i < 2400; i++) print "Line " i " by " x ", of a text that is large for no good reason, and goes on and on." }' >>$x/$f
	"$COLEP" -C $x save >/dev/null 2>&1
done
for x in b a b; do "$COLEP" -C $x sync "$here/a" "$here/b" >/dev/null 2>&1; done
is "one main" "$(main a)" "$(main b)"
ok "more than one may write" test "$(wc -c <a/$f)" -gt 262144
is "its conflicts are listed" "$("$COLEP" -C a conflicts | cut -f1-2,4)" "$id${TAB}1${TAB}bps,bps-two
$id${TAB}2${TAB}bps,bps-two"
is "and counted" "$("$COLEP" -C a status | cut -f7)" 1
has "it is found" "$("$COLEP" -C a search --limit 1 'large good reason')" "$id"
has "and listed" "$("$COLEP" -C a list)" "$id"
is "and shown" "$("$COLEP" -C a show $id | wc -c)" "$(wc -c <a/$f)"
mkdir s; "$COLEP" -C a site s --audience community >/dev/null 2>&1; ok "the site is made" test -s s/index.html
echo "A last line." >>b/$f
check "it may not be written so" 1 "held back: more than 256 KiB" "$COLEP" -C b save
put a ll-bps-2023-other
"$COLEP" -C a save >/dev/null 2>&1
check "unsaved work on it is carried" 0 ok "$COLEP" -C b sync "$here/a"
has "and stands" "$(tail -n 1 b/$f)" "A last line."
git -C b checkout -q -- $f
check "settling the title alone leaves too much" 1 "held back: more than 256 KiB" "$COLEP" -C a resolve $id 1 --take bps
check "the text first" 0 "" "$COLEP" -C a resolve $id 2 --take bps
check "then the title" 0 "" "$COLEP" -C a resolve $id 1 --take bps-two
"$COLEP" -C b sync "$here/a" >/dev/null 2>&1
is "settled for both" "$(main b) $("$COLEP" -C b conflicts)" "$(main a) "
ok "verify" "$COLEP" -C b verify
done_testing
