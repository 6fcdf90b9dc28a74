#!/bin/sh
# A community of documents that are out to run something in the reader's browser (hostile.mjs).
. "$ROOT/tests/browser/lib.sh"
"$COLEP" init n --id bps --name '<script>pwned(0)</script>' --import "$ROOT/content" >log 2>&1 || give_up "init" log
node "$ROOT/tests/browser/hostile.mjs" make n >log 2>&1 || give_up "the documents" log
site n site --audience community
"$COLEP" -C n serve --port 0 >url 2>log &
pid=$!
trap 'kill $pid 2>/dev/null; rm -rf profile-*' EXIT
await test -s url
[ -s url ] || give_up serve log
node "$ROOT/tests/browser/hostile.mjs" try site "$(cat url)"
