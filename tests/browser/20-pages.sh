#!/bin/sh
# What the pages are to their readers: valid, linked, accessible, in several interface languages (pages.mjs).
. "$ROOT/tests/browser/lib.sh"
community n
for lang in en ar fa ur bn bg sr mk tr fr ru; do
	site n "site-$lang" --audience community --lang $lang
done
site n pack --audience community --meeting mt-bps-2022-colep-2
node "$ROOT/tests/browser/pages.mjs" en=site-en ar=site-ar fa=site-fa ur=site-ur bn=site-bn bg=site-bg sr=site-sr \
	mk=site-mk tr=site-tr fr=site-fr ru=site-ru pack=pack
