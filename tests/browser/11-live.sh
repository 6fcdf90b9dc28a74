#!/bin/sh
# Answers while somebody types, on the pages of `serve` (live.mjs).
. "$ROOT/tests/browser/lib.sh"
community n
"$COLEP" -C n serve --port 0 >url 2>log &
pid=$!
trap 'kill $pid 2>/dev/null; rm -rf profile-*' EXIT
await test -s url
[ -s url ] || give_up serve log
node "$ROOT/tests/browser/live.mjs" "$(cat url)" $pid
