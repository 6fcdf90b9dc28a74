#!/bin/sh
# Search on file://: the page and `colep search --as-site` agree (search.mjs).
. "$ROOT/tests/browser/lib.sh"
community n
site n site
node "$ROOT/tests/browser/search.mjs" site n
