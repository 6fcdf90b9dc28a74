#!/bin/sh
# A community of documents that are out to run something in the reader's browser (hostile.mjs).
. "$ROOT/tests/browser/lib.sh"
"$COLEP" init n --id bps --name '<script>pwned(0)</script>' --import "$ROOT/content" >log 2>&1 || give_up "init" log
node "$ROOT/tests/browser/hostile.mjs" make n >log 2>&1 || give_up "the documents" log
site n site --audience community
node "$ROOT/tests/browser/hostile.mjs" try site
