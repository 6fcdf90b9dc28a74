#!/bin/sh
# The form that works from a stick: what it saves is taken in by `adopt`, and it warns as `check` does (write.mjs).
. "$ROOT/tests/browser/lib.sh"
community n
site n "a stick"
node "$ROOT/tests/browser/write.mjs" "a stick" n
