#!/bin/sh
# A community that merges by rules this program does not know: read, search, draft, carry; do not write or merge.
. "$ROOT/tests/cli/lib.sh"
c() { d=$1; shift; "$COLEP" -C "$d" "$@"; }

c . init a --id bps --import "$ROOT/content" >log 2>&1; root=$(c a status | cut -f10)
for i in bg mk; do line=$("$COLEP" join a $i --id $i --root "$root" 2>>log) && c a roster add $line >>log 2>&1; done
c bg sync >>log 2>&1; c mk sync >>log 2>&1
before=$(main bg)
echo 'Before.' >>mk/country-profiles/mk/cp-mk.md; c mk save >>log 2>&1
sed -i 's/^rules 1$/rules 2/' a/roster/space; c a save >log 2>&1; told $? "the Secretariat moves the community to rules 2"
new=$(main a)
c a save >log 2>&1; [ $? -eq 3 ] && grep -q 'update needed' log; told $? "and does not write any more without the newer program"
c bg sync >log 2>&1; [ $? -eq 1 ] && grep -q 'update needed' log; told $? "sync says: update needed"
[ "$(main bg)" = "$before" ]; told $? "main stays"
c bg search hawala >log 2>&1; told $? "searching goes on"
c bg new lesson "While we wait" >log 2>&1; told $? "drafting too"
echo x >>bg/country-profiles/bg/cp-bg.md; c bg save >log 2>&1; [ $? -eq 3 ] && grep -q 'update needed' log; told $? "writing does not"
c bg status 2>&1 >/dev/null | grep -q 'update needed'; told $? "status says so"
c bg sync mk >log 2>&1; c bg sync "$PWD/mk" >>log 2>&1; git -C mk for-each-ref --format='%(objectname) %(refname)' | grep -q "^$new refs/colep/from/bg-"; told $? "what came is carried on to others"
was=$(main mk); c mk sync bg >log 2>&1; c mk save >>log 2>&1; grep -q 'update needed' log; told $? "who see that they need it too"
[ "$(main mk)" = "$was" ]; told $? "and do not merge"
[ ! -s bg/.git/colep/refused ] && [ ! -s mk/.git/colep/refused ]; told $? "nothing of that is a refusal"
done_testing
