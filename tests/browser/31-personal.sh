#!/bin/sh
# The form finds the same personal data as `check` (personal.cjs).
. "$ROOT/tests/browser/lib.sh"
community n
site n site
node "$ROOT/tests/browser/personal.cjs" "$COLEP" site
