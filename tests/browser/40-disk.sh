#!/bin/sh
# A copy that is carried: nothing left out is in it, the same bytes by one thread or two, from a medium that cannot be
# written and a path of odd letters (disk.mjs).
. "$ROOT/tests/browser/lib.sh"
community n
text() { # SLUG TITLE TLP STATUS KEYS; the body on stdin
	{ printf -- '---\nid: ll-bps-2022-%s\nkind: lesson\ntitle: "%s"\nowner: bps\nstatus: %s\ntlp: %s\nlang: en\ndate: 2022-06-01\n' "$1" "$2" "$4" "$3"
	printf 'category: lesson\nstage: observation\n%b---\n\n## Observation\n\n' "$5"; cat; } >"n/lessons/bps/ll-bps-2022-$1.md"
}
text hidden "Zanzibar title" TLP:GREEN published 'summary: Bandicoot summary.\ntopics: [axolotl, som]\n' <<X
Quokka sentence. Кенгуру. کانگورو
X
text early "Numbat title" TLP:CLEAR submitted 'summary: A text.\ntopics: [som]\n' <<X
Wombat sentence.
X
text open "Open title" TLP:CLEAR published 'summary: After ll-bps-2022-hidden and more.\ntopics: [som]\nrelated: [ll-bps-2022-hidden, ll-bps-2022-early]\n' <<X
[Zanzibar title](ll-bps-2022-hidden.md), [a word](./ll-bps-2022-hidden.md "Zanzibar title"), ll-bps-2022-early,
[Numbat title](ll-bps-2022-early.md).
X
printf -- '---\ntranslation-of: ll-bps-2022-hidden\nsource-rev: %040d\nlang: fr\ntitle: Platypus\n---\n\nEchidna\n' 0 >n/lessons/bps/ll-bps-2022-hidden.fr.md
"$COLEP" -C n save -m "Quokka, for the test" >log 2>&1 || give_up save log
site n public --jobs 1
site n again --jobs 2
site n community --audience community
odd='odd #1 %25 موقع'
mkdir "$odd" && cp -r public "$odd/site"
find "$odd" -type f -exec sha256sum {} + >before
# COMMAND...: where the medium cannot be written: a mount of its own that is read-only; in a container that lets nobody
# mount, as somebody who has no right to write there.
mounted='mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'
if unshare -rm sh -c "$mounted" "$odd" true 2>/dev/null; then
	how="a read-only mount"
	there() { unshare -rm sh -c "$mounted" "$odd" "$@"; }
elif [ "$(id -u)" = 0 ]; then
	how="no right to write"; chown -R 65534 .; chown -R 0 "$odd"; chmod -R go-w "$odd"
	there() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }
else
	how="no right to write"; chmod -R a-w "$odd"
	there() { "$@"; }
fi
{
	ok "one thread and two write the same bytes" diff -r public again
	ok "the community's copy has what the public's lacks" grep -qi quokka community/d/ll-bps-2022-hidden.html
	no "the medium cannot be written: $how" there touch "$odd/site/index.html" "$odd/new"
	is "and was not" "$(ls "$odd")" site
	echo "1..$n"
} >one
there node "$ROOT/tests/browser/disk.mjs" public "$odd/site" >two; status=$?
find "$odd" -type f -exec sha256sum {} + | cmp -s - before || { echo "not ok - a page wrote to the medium" >>two; status=1; }
chmod -R u+w "$odd"
cat one two
! grep -q '^not ok' one && exit $status
