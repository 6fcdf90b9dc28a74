#!/bin/sh
# colep new: what it says before it writes anything; in a node it is tested with init.
n=0 failed=0
check() { # NAME WANTED-STATUS WANTED-TEXT COMMAND...
	name=$1 want=$2 text=$3; shift 3
	got=$("$@" 2>&1); status=$?
	n=$((n + 1))
	case $got in *"$text"*) found=1 ;; *) found=0 ;; esac
	if [ $status -eq "$want" ] && [ $found -eq 1 ]; then echo "ok $n - $name"
	else echo "not ok $n - $name: exit $status, said: $got"; failed=1; fi
}
check "outside a node it says what to do" 3 "colep init" "$COLEP" new lesson "Call early"
check "help gives the usage and the options" 0 "--set" "$COLEP" new --help
check "no kind is wrong usage" 2 "needs a kind and a title" "$COLEP" new
check "no title is wrong usage" 2 "needs a kind and a title" "$COLEP" new lesson
check "an empty title is wrong usage" 2 "title is empty" "$COLEP" new lesson ""
check "a title without quotes is wrong usage" 2 "put the title in quotes" "$COLEP" new lesson Call early
check "an unknown kind is wrong usage and the nearest is offered" 2 "did you mean lesson" "$COLEP" new leson "Call early"
check "or all are" 2 "case-study lesson country-profile" "$COLEP" new poem "Call early"
check "a prefix names a kind" 3 "colep init" "$COLEP" new ll "Call early"
check "a folder names a kind" 3 "colep init" "$COLEP" new lessons "Call early"
check "a title that is not UTF-8 is wrong usage" 2 "not UTF-8" "$COLEP" new lesson "$(printf 'a\377')"
check "a title of 301 characters is wrong usage" 2 "300 characters" "$COLEP" new lesson "$(printf '%0301d' 0)"
check "a wrong language is wrong usage" 2 "english: no language code" "$COLEP" new --lang english lesson "Call early"
check "--set without a value is wrong usage" 2 "KEY=VALUE" "$COLEP" new --set topics lesson "Call early"
check "--set without a key is wrong usage" 2 "KEY=VALUE" "$COLEP" new --set =som lesson "Call early"
check "--set of bytes that are no UTF-8 is wrong usage" 2 "not UTF-8" "$COLEP" new --set "$(printf 'source=\377')" lesson "Call early"
check "an unknown option is wrong usage" 2 "did you mean --owner" "$COLEP" new --ower mk lesson "Call early"
check "nothing was written" 0 "" sh -c '[ -z "$(ls -A)" ]'
echo "1..$n"
exit $failed
