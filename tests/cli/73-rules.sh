#!/bin/sh
# A community that merges by rules this program does not know: read, search, draft, carry; do not write or merge.
n=0 failed=0
ok() { # STATUS NAME
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; [ -f log ] && sed 's/^/# /' log; failed=1; fi
}
c() { d=$1; shift; "$COLEP" -C "$d" "$@"; }
main() { git -C "$1" rev-parse main; }

c . init a --id bps --import "$ROOT/content" >log 2>&1; root=$(c a status | cut -f10)
for i in bg mk; do line=$("$COLEP" join a $i --id $i --root "$root" 2>>log) && c a roster add $line >>log 2>&1; done
c bg sync >>log 2>&1; c mk sync >>log 2>&1
before=$(main bg)
echo 'Before.' >>mk/country-profiles/mk/cp-mk.md; c mk save >>log 2>&1
sed -i 's/^rules 1$/rules 2/' a/roster/space; c a save >log 2>&1; ok $? "the Secretariat moves the community to rules 2"
new=$(main a)
c a save >log 2>&1; [ $? -eq 3 ] && grep -q 'update needed' log; ok $? "and does not write any more without the newer program"
c bg sync >log 2>&1; [ $? -eq 1 ] && grep -q 'update needed' log; ok $? "sync says: update needed"
[ "$(main bg)" = "$before" ]; ok $? "main stays"
c bg search hawala >log 2>&1; ok $? "searching goes on"
c bg new lesson "While we wait" >log 2>&1; ok $? "drafting too"
echo x >>bg/country-profiles/bg/cp-bg.md; c bg save >log 2>&1; [ $? -eq 3 ] && grep -q 'update needed' log; ok $? "writing does not"
c bg status 2>&1 >/dev/null | grep -q 'update needed'; ok $? "status says so"
c bg sync mk >log 2>&1; c bg sync "$PWD/mk" >>log 2>&1; git -C mk for-each-ref --format='%(objectname) %(refname)' | grep -q "^$new refs/colep/from/bg-"; ok $? "what came is carried on to others"
was=$(main mk); c mk sync bg >log 2>&1; c mk save >>log 2>&1; grep -q 'update needed' log; ok $? "who see that they need it too"
[ "$(main mk)" = "$was" ]; ok $? "and do not merge"
[ ! -s bg/.git/colep/refused ] && [ ! -s mk/.git/colep/refused ]; ok $? "nothing of that is a refusal"
echo "1..$n"
exit $failed
