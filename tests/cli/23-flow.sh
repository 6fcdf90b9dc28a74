#!/bin/sh
# A document's way: new, submit, clear, publish, endorse, withdraw, delete; who may, when, and what is refused.
. "$ROOT/tests/cli/lib.sh"
"$COLEP" init --id bps node 2>/dev/null || exit 1
put node ll-bps-2023-zero && "$COLEP" -C node save >/dev/null
member node bg contributor bg || exit 1
field() { colep -C "$1" list | awk -F"$TAB" -v id="$2" -v f="$3" '$1 == id { print $f }'; }
main() { git -C "${1:-node}" rev-parse main; }
commit() { # NAME NODE: the last answer is the id of main, one line, signed
	is "$1: exit 0, stdout is the commit's id" "$status $out" "0 $(main "$2")"
	ok "$1: signed" git -C "$2" verify-commit HEAD
	is "$1: one authored commit, clean work tree" "$(git -C "$2" status --porcelain)" ""
}
refused() { # NAME STATUS TEXT COMMAND...: says no, and main stays
	local at; at=$(main)
	check "$@"
	is "$1: main stands" "$(main)" "$at"
}

# new
run colep -C node new lesson "Vans at the Border: a study"
is "new prints the draft's path" "$status $out" "0 node/drafts/ll-bps-2023-vans-at-the-border-a-study.md"
ok "it is there" test -f node/drafts/ll-bps-2023-vans-at-the-border-a-study.md
is "the title is quoted where it must be" "$(grep ^title: node/drafts/ll-bps-2023-vans*)" 'title: "Vans at the Border: a study"'
is "it is a draft" "$(grep ^status: node/drafts/ll-bps-2023-vans*)" "status: draft"
is "the same title gives another name" "$(colep -C node new lesson "Vans at the Border: a study")" "node/drafts/ll-bps-2023-vans-at-the-border-a-study-2.md"
is "owner, language, slug and keys as asked" "$(colep -C node new case-study T --owner mk --lang bg --slug short --set date=2021-05-06 --set countries=MK,BG)" "node/drafts/cs-mk-2021-short.md"
is "they stand in it" "$(grep -E '^(owner|lang|date|countries):' node/drafts/cs-mk-2021-short.md | tr '\n' '|')" "owner: mk|lang: bg|date: 2021-05-06|countries: [MK, BG]|"
has "a title in Cyrillic gives a Latin slug" "$(colep -C node new lesson "Хавала и граница")" "drafts/ll-bps-2023-h"
check "a kind that is not there is wrong usage, the nearest offered" 2 "did you mean lesson" colep -C node new lessn T
check "no title is wrong usage" 2 "needs a kind and a title" colep -C node new lesson
check "an empty title too" 2 "empty" colep -C node new lesson ""
check "a key the kind does not have too" 2 "no such key" colep -C node new lesson T --set colour=red
check "a language that is none too" 2 "no language" colep -C node new lesson T --lang English
check "a country profile is there once" 3 "there already" sh -c "'$COLEP' -C node new country-profile T --owner bg && '$COLEP' -C node new country-profile T --owner bg"
is "as JSON" "$(colep -C node new lesson J --json)" '{"path":"node/drafts/ll-bps-2023-j.md"}'
rm -rf node/drafts

# submit
mkdir node/drafts
refused "a draft with errors" 1 "to mend first" sh -c "cp '$(cd node && "$COLEP" new lesson Raw >/dev/null; echo "$here/node/drafts/ll-bps-2023-raw.md")' /dev/null; '$COLEP' -C node submit ll-bps-2023-raw"
ok "it is still a draft" test -f node/drafts/ll-bps-2023-raw.md
rm node/drafts/*
doc ll-bps-2023-a status=draft >node/drafts/ll-bps-2023-a.md
run colep -C node submit node/drafts/ll-bps-2023-a.md
commit "submit by path" node
is "its message" "$(git -C node log -1 --format=%s)" "Submit ll-bps-2023-a"
is "it lies at its place" "$(cat node/lessons/bps/ll-bps-2023-a.md)" "$(doc ll-bps-2023-a)"
no "the draft is gone" test -e node/drafts/ll-bps-2023-a.md
is "list shows it as submitted" "$(field node ll-bps-2023-a 4)" submitted
doc ll-bps-2023-a status=draft >node/drafts/ll-bps-2023-a.md
refused "what is submitted already" 1 "submitted already" colep -C node submit ll-bps-2023-a
rm node/drafts/*
refused "a draft that is not there" 1 "nowhere" colep -C node submit ll-bps-2023-nowhere
refused "what is submitted and has no draft" 1 "submitted already; edit it" colep -C node submit ll-bps-2023-a
refused "a name that is no id" 1 "no id" colep -C node submit README.md
doc ll-bps-2023-pd status=draft body="Born 12.03.1980 there." >node/drafts/ll-bps-2023-pd.md
refused "personal data" 1 "birth" colep -C node submit ll-bps-2023-pd
doc ll-bps-2023-mk status=draft owner=mk >node/drafts/ll-bps-2023-mk.md
refused "an owner that is not the id's" 1 "owner" colep -C node submit ll-bps-2023-mk
rm node/drafts/*
doc ll-bps-2023-b status=draft >node/drafts/ll-bps-2023-b.md; doc ll-bps-2023-c status=draft tlp=TLP:RED >node/drafts/ll-bps-2023-c.md
run colep -C node submit ll-bps-2023-b ll-bps-2023-c
is "several: the good one goes, the other is named, exit 1" "$status $(field node ll-bps-2023-b 4) $(field node ll-bps-2023-c 4)" "1 submitted "
rm node/drafts/*
check "no draft is wrong usage" 2 "needs a draft" colep -C node submit
mkdir -p bg/drafts && doc ll-mk-2023-other status=draft >bg/drafts/ll-mk-2023-other.md
check "another owner's draft is refused" 1 "belongs to mk" colep -C bg submit ll-mk-2023-other
doc ll-bg-2023-own status=draft >bg/drafts/ll-bg-2023-own.md
ok "the own one is taken" colep -C bg submit ll-bg-2023-own

# clear
check "a contributor does not clear" 1 "focal point" colep -C bg clear ll-bg-2023-own
refused "an id that is not there" 1 "no document of this id" colep -C node clear ll-bps-2023-nowhere
echo "More." >>node/lessons/bps/ll-bps-2023-a.md
refused "unsaved changes" 1 "unsaved changes" colep -C node clear ll-bps-2023-a
git -C node checkout -q lessons
refused "publish before clear" 1 "only what is cleared" colep -C node publish ll-bps-2023-a
run colep -C node clear ll-bps-2023-a
commit clear node
is "who and when" "$(grep ^cleared node/lessons/bps/ll-bps-2023-a.md)" "cleared-by: Secretariat
cleared-on: 2023-11-14"
is "list shows it as cleared" "$(field node ll-bps-2023-a 4)" cleared
refused "clearing twice" 1 "only what is submitted" colep -C node clear ll-bps-2023-a
put node ll-bps-2023-bad category= && colep -C node save >/dev/null 2>&1
refused "a document with an error of check" 1 "to mend first" colep -C node clear ll-bps-2023-bad

# publish
check "a contributor does not publish" 1 "" colep -C bg publish ll-bg-2023-own
run colep -C node publish node/lessons/bps/ll-bps-2023-a.md
commit "publish, by path" node
is "list shows it as published" "$(field node ll-bps-2023-a 4)" published
is "only its status changed" "$(git -C node diff HEAD~1 --numstat | cut -f1,2)" "1${TAB}1"
put node ll-bps-2023-new replaces="[ll-bps-2023-a, ll-bps-2023-late]" && colep -C node save >/dev/null && colep -C node clear ll-bps-2023-new >/dev/null
run colep -C node publish ll-bps-2023-new
commit "publish what replaces another" node
is "the other one is superseded, in the same commit" "$(field node ll-bps-2023-a 4) $(git -C node diff-tree --no-commit-id --name-only -r HEAD | wc -l)" "superseded 2"
has "what has not arrived yet is told" "$err" "ll-bps-2023-late"
put node ll-bps-2023-nosum summary= topics= status=cleared cleared-by=Secretariat && colep -C node save >/dev/null 2>&1
refused "what a published document needs" 1 "to mend first" colep -C node publish ll-bps-2023-nosum

# endorse
put node mt-bps-2023-m && colep -C node save >/dev/null
refused "endorse without a meeting" 2 "needs --meeting" colep -C node endorse ll-bps-2023-new
refused "endorse by something else" 2 "no id of a meeting" colep -C node endorse --meeting ll-bps-2023-a ll-bps-2023-new
refused "endorse by a meeting that is not there" 1 "no such meeting" colep -C node endorse --meeting mt-bps-2023-x ll-bps-2023-new
run colep -C node endorse --meeting mt-bps-2023-m ll-bps-2023-new
commit endorse node
is "the key is set" "$(grep ^endorsed node/lessons/bps/ll-bps-2023-new.md)" "endorsed-at: mt-bps-2023-m"
refused "the same again is no commit" 1 "already" colep -C node endorse --meeting mt-bps-2023-m ll-bps-2023-new
check "a contributor does not endorse" 1 "" colep -C bg endorse --meeting mt-bps-2023-m ll-bg-2023-own

# withdraw
refused "withdraw without a reason" 2 "say why" colep -C node withdraw ll-bps-2023-new
refused "a blank reason" 2 "say why" colep -C node withdraw -m " " ll-bps-2023-new
refused "a reason with personal data" 2 "mail" colep -C node withdraw -m "asked by somebody@example.org" ll-bps-2023-new
run colep -C node withdraw -m "It named a place too exactly." ll-bps-2023-new
commit withdraw node
is "list shows it as withdrawn" "$(field node ll-bps-2023-new 4)" withdrawn
hasnt "the text is gone" "$(cat node/lessons/bps/ll-bps-2023-new.md)" "Vans"
has "the reason is there" "$(cat node/lessons/bps/ll-bps-2023-new.md)" "It named a place too exactly."
has "and in the message" "$(git -C node log -1 --format=%b)" "It named a place too exactly."
has "the front matter stays" "$(cat node/lessons/bps/ll-bps-2023-new.md)" "endorsed-at: mt-bps-2023-m"
check "search does not find its text" 1 "" colep -C node search vans --status withdrawn
refused "withdrawing twice" 1 "withdrawn already" colep -C node withdraw -m Why ll-bps-2023-new
refused "clearing what is withdrawn" 1 "only what is submitted" colep -C node clear ll-bps-2023-new
check "a contributor does not withdraw" 1 "" colep -C bg withdraw -m Why ll-bg-2023-own

# delete
mkdir -p node/lessons/bps && printf -- '---\ntranslation-of: ll-bps-2023-b\nsource-rev: %s\nlang: bg\ntitle: Заглавие\ndate: 2023-05-02\n---\n\nТекст.\n' \
	"$(git -C node rev-parse main:lessons/bps/ll-bps-2023-b.md)" >node/lessons/bps/ll-bps-2023-b.bg.md && colep -C node save >/dev/null 2>&1
is "a translation is listed under its own name" "$(field node ll-bps-2023-b.bg 7)" "2023-05-02"
refused "a translation is not withdrawn" 1 "deleted, not withdrawn" colep -C node withdraw -m Why ll-bps-2023-b.bg
refused "delete without a reason" 2 "say why" colep -C node delete ll-bps-2023-b
echo "More." >>node/lessons/bps/ll-bps-2023-b.md
refused "deleting unsaved changes" 1 "unsaved changes" colep -C node delete -m Why ll-bps-2023-b
git -C node checkout -q lessons
echo "Mehr." >>node/lessons/bps/ll-bps-2023-b.bg.md
refused "nor those of a translation" 1 "unsaved changes" colep -C node delete -m Why ll-bps-2023-b
git -C node checkout -q lessons
run colep -C node delete -m "Double of another." ll-bps-2023-b
commit delete node
no "the file is gone" test -e node/lessons/bps/ll-bps-2023-b.md
no "its translation too" test -e node/lessons/bps/ll-bps-2023-b.bg.md
is "list does not show it" "$(field node ll-bps-2023-b 1)" ""
ok "history keeps it" git -C node cat-file -e HEAD~1:lessons/bps/ll-bps-2023-b.md
refused "deleting it again" 1 "no document of this id" colep -C node delete -m Why ll-bps-2023-b
check "another owner's document is not deleted" 1 "belongs to bps" colep -C bg delete -m Why ll-bps-2023-zero
is "the second node's commits bear its name" "$(git -C bg log -1 --format='%(trailers:key=Colep-Node,valueonly)' | cut -d/ -f1)" bg
is "as JSON" "$(colep -C node clear --json ll-bps-2023-a 2>/dev/null; put node ll-bps-2023-j; colep -C node save >/dev/null; colep -C node clear --json ll-bps-2023-j)" "{\"commit\":\"$(main)\"}"
ok "git fsck is content" git -C node fsck --strict
ok "every commit verifies" sh -c "git -C node log --format=%H | xargs git -C node verify-commit"
done_testing
