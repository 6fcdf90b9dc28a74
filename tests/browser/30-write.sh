#!/bin/sh
# The form that works from a stick: what it saves is taken in by `adopt`, and it warns as `check` does (write.mjs).
. "$ROOT/tests/browser/lib.sh"
community n
site n "a stick"
cp -R n m && mkdir m/vocab && printf '%s\n' '# Channels' '' '| code | label | group | also called | note |' '|---|---|---|---|---|' \
	'| desk-a | Desk | | | |' '| desk-b | Desk | | | |' '| phone | Telephone | | | |' >m/vocab/channels.md
"$COLEP" -C m save >log 2>&1 || give_up "save" log
site m twins
node "$ROOT/tests/browser/write.mjs" "a stick" n twins
