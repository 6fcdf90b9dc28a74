#!/bin/sh
# Search on file://: the page and `colep search --as-site` agree (search.mjs).
. "$ROOT/tests/browser/lib.sh"
community n
site n site

# 8,200 documents, each with a topic of its own: more sets of topics than two digits tell apart
community wide
awk 'BEGIN {
	print "commit refs/heads/main\ncommitter x <x@example.org> 1700001234 +0000\ndata 0\nfrom refs/heads/main^0"
	for (i = 0; i < 8200; i++) {
		doc = sprintf("---\nid: ll-bg-2023-%04d\nkind: lesson\ntitle: Ferry\nowner: bg\nstatus: published\ntlp: TLP:CLEAR\nlang: en\n" \
			"date: 2023-05-01\nsummary: Vans.\ntopics: [t-%04d]\ncategory: lesson\nstage: identified\n---\n\nVans.\n", i, i * 7 % 8200)
		printf "M 100644 inline lessons/bg/ll-bg-2023-%04d.md\ndata %d\n%s\n", i, length(doc), doc
	}
}' </dev/null | git -C wide fast-import --quiet --force || give_up "fast-import" /dev/null
site wide wide-site
node "$ROOT/tests/browser/search.mjs" site n wide-site
