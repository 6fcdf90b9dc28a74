#!/bin/sh
# Search on file:// in Firefox (firefox.mjs): `make firefox`, apart from the other tests, which need no second browser.
. "$ROOT/tests/browser/lib.sh"
community n
site n site
node "$ROOT/tests/browser/firefox.mjs" site n
