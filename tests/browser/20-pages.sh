#!/bin/sh
# What the pages are to their readers: valid, linked, accessible, in several interface languages (pages.mjs).
. "$ROOT/tests/browser/lib.sh"
community n
for lang in en fa ur bn bg; do
	site n "site-$lang" --audience community --lang $lang
done
site n pack --audience community --meeting mt-bps-2022-colep-2
node "$ROOT/tests/browser/pages.mjs" en=site-en fa=site-fa ur=site-ur bn=site-bn bg=site-bg pack=pack
