#!/bin/sh
# colep new: what it says before it writes anything, and the drafts it makes in a node.
. "$ROOT/tests/cli/lib.sh"
check "outside a node it says what to do" 3 "colep init" "$COLEP" new lesson "Call early"
check "help gives the usage and the options" 0 "--set" "$COLEP" new --help
check "no kind is wrong usage" 2 "needs a kind and a title" "$COLEP" new
check "no title is wrong usage" 2 "needs a kind and a title" "$COLEP" new lesson
check "an empty title is wrong usage" 2 "title is empty" "$COLEP" new lesson ""
check "a title without quotes is wrong usage" 2 "put the title in quotes" "$COLEP" new lesson Call early
check "an unknown kind is wrong usage and the nearest is offered" 2 "did you mean lesson" "$COLEP" new leson "Call early"
check "or all are" 2 "case-study, lesson, country-profile" "$COLEP" new poem "Call early"
check "a prefix names a kind" 3 "colep init" "$COLEP" new ll "Call early"
check "a folder names a kind" 3 "colep init" "$COLEP" new lessons "Call early"
check "a title that is not UTF-8 is wrong usage" 2 "not UTF-8" "$COLEP" new lesson "$(printf 'a\377')"
check "a title of 301 characters is wrong usage" 2 "300 characters" "$COLEP" new lesson "$(printf '%0301d' 0)"
check "a wrong language is wrong usage" 2 "english: no language code" "$COLEP" new --lang english lesson "Call early"
check "--set without a value is wrong usage" 2 "KEY=VALUE" "$COLEP" new --set topics lesson "Call early"
check "--set without a key is wrong usage" 2 "KEY=VALUE" "$COLEP" new --set =som lesson "Call early"
check "--set of bytes that are no UTF-8 is wrong usage" 2 "not UTF-8" "$COLEP" new --set "$(printf 'source=\377')" lesson "Call early"
check "an unknown option is wrong usage" 2 "did you mean --owner" "$COLEP" new --ower mk lesson "Call early"
check "a wrong date is wrong usage" 2 "no date" "$COLEP" new --set date=garbage lesson "Call early"
check "nothing was written" 0 "" sh -c '[ -z "$(ls)" ]'

"$COLEP" init --id mk --name Test --practice node >/dev/null 2>&1
cd node || exit 1
y=2023	# of the tests' clock
check "a draft is made and named" 0 "drafts/ll-mk-$y-call-early-x.md" "$COLEP" new lesson "Call early: x"
check "its path does not begin with ./" 0 "" sh -c '"$COLEP" new lesson "Another" | grep -q "^drafts/"'
check "a second of that title has a number" 0 "drafts/ll-mk-$y-call-early-x-2.md" "$COLEP" new ll "Call early: x"
check "the title reads back" 0 "title: \"Call early: x\"" cat "drafts/ll-mk-$y-call-early-x.md"
check "the id has the year of the date, and a romanised title" 0 '{"path":"drafts/cs-mk-2021-trafik-na-hora.md"}' \
	"$COLEP" new --json --set date=2021-05 --set crime=thb,som case-study "Трафик на хора"
check "a list that was set stands in it" 0 "crime: [thb, som]" cat drafts/cs-mk-2021-trafik-na-hora.md
check "a slug can be given" 0 "drafts/ll-mk-$y-own.md" "$COLEP" new --slug own lesson "Call early"
check "a slug is no path" 0 "drafts/ll-mk-$y-etc-x.md" "$COLEP" new --slug ../../etc/x lesson "Call early"
check "an owner can be given" 0 "drafts/pt-unodc.md" "$COLEP" new --owner unodc participant UNODC
check "a document without a year is there once" 3 "is there already" "$COLEP" new --owner unodc participant UNODC
check "an owner is no path" 2 "no owner" "$COLEP" new --owner ../x lesson "Call early"
check "a key that the kind has not is wrong usage" 2 "no such key" "$COLEP" new --set crime=som lesson "Call early"
check "what the id says is not set" 2 "leave it out" "$COLEP" new --set id=ll-mk-2022-x lesson "Call early"
check "nor a key of two lines" 2 "no such key" "$COLEP" new --set "$(printf 'x-a: b\nstatus')=published" lesson "Call early"
check "a value of two lines becomes one" 0 "drafts" "$COLEP" new --slug two --set "$(printf 'source=a\n---\nb')" lesson "Call early"
check "and the draft still reads" 0 "source: a --- b" cat "drafts/ll-mk-$y-two.md"
check "a draft asks for what is to be filled in only" 0 "key-missing" sh -c '"$COLEP" check | cut -f 5 | sort -u'
check "from a folder below too" 0 "drafts/ll-mk-$y-below.md" sh -c 'cd drafts && "$COLEP" new lesson Below'
check "no draft is shared" 0 "" sh -c '[ -z "$(git status --porcelain -uall -- drafts)" ]'
done_testing
