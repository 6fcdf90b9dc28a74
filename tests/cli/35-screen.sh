#!/bin/sh
# What a person at a terminal gets: titles first, lines within its width, marks as bold letters. What a program gets is the same
# as ever.
. "$ROOT/tests/cli/lib.sh"
unset NO_COLOR COLUMNS; export TERM=xterm
esc=$(printf '\033') b=$(printf '\033[1m') q=$(printf '\033[2m') e=$(printf '\033[0m')
colep init node --id bps >/dev/null 2>&1
put node ll-bps-2023-ferry title="A ferry and two vans" countries="[BA, MK]" \
	body="The ferry came at night. One van was searched while others went on, and officers of both sides met at the pier to compare what they had."
put node ll-bps-2023-courts title="محاكم متخصصة في التهريب والاتجار بالبشر وفي ما يتصل بهما" lang=ar tlp=TLP:CLEAR status=published \
	body="تعمل سبع محاكم متخصصة في التهريب والاتجار، ولديها مدّعون عامون وقضاة مدرَّبون في البلاد."
rlo=$(printf '\342\200\256')	# letters behind it run from right to left
put node ll-bps-2023-esc title='"\e[31mred\tTAB'"$rlo"'"' body="Steering ${rlo}escapes."
colep -C node save >/dev/null 2>&1
# term WIDTH ARGUMENTS...: what a terminal of so many columns shows of the command at last
term() { local w=$1; shift; script -qec "stty cols $w; '$COLEP' -C node $*" /dev/null </dev/null | tr -d '\r' | sed "s/.*$esc\[K//"; }
# wide WIDTH: lines of standard input that are wider, without looks and marks on letters
wide() { sed "s/$esc\[[0-9]*m//g; s/[ًٌٍَُِّْ]//g" | awk -v w="$1" 'length($0) > w'; }

term 60 search ferry >got
is "a hit: its title, what it is, and the passage" "$(cat got)" "${b}A ferry and two vans$e
  ${q}ll-bps-2023-ferry  lesson  2023-05-01  submitted
  TLP:GREEN  Bosnia and Herzegovina, North Macedonia$e
  What was seen. Observation: The ${b}ferry$e came at night. One
  van was searched while others went on, and officers of
  both sides met at the pier to compare what they had.
  Recommendation: Look twice."
for w in 30 60 80 200; do
	for c in "search ferry" "search محاكم" list "list --lang ar" "news --since 2022" status "search --facets ferry"; do
		term $w $c >got
		is "$c: no line is wider than $w columns" "$(wide $w <got | grep -vE '^(path|main|root|main-words|root-words)?  +[^ ]+$|[0-9a-f]{40}')" ""
	done
done
term 200 search ferry >got; is "the width is the terminal's, but for a passage" "$(wc -l <got) $(sed '1,2d' got | wide 100)" "4 "
run env COLUMNS=60 script -qec "stty cols 200; '$COLEP' -C node search ferry" /dev/null
is "COLUMNS says another" "$(tr -d '\r' <.out | grep -c .)" 7
for c in 0 -5 abc; do
	run env COLUMNS=$c script -qec "stty cols 200; '$COLEP' -C node search ferry" /dev/null
	is "COLUMNS=$c says nothing" "$(tr -d '\r' <.out | grep -c .)" 4
done
run script -qec "stty cols 0; '$COLEP' -C node list" /dev/null; is "a terminal that does not tell its width" "$status" 0
term 60 search محاكم >got
has "what is found is bold in any script" "$(cat got)" "$b"'محاكم'"$e"
is "what is published, for all, and not English tells its language only" "$(sed -n 3p got | grep -c 'submitted\|TLP')" 0
has "the language" "$(cat got)" "2023-05-01  ar  Budapest"

for with in NO_COLOR=1 TERM=dumb; do
	script -qec "stty cols 60; $with '$COLEP' -C node search ferry" /dev/null </dev/null | tr -d '\r' | sed "s/.*$esc\[K//" >got
	is "$with: letters only" "$(grep -c "$esc" got) $(grep -cF '[[ferry]]' got) $(wide 60 <got)" "0 1 "
done
script -qec "stty cols 60; NO_COLOR= '$COLEP' -C node search ferry" /dev/null </dev/null >got
ok "NO_COLOR with nothing in it asks for nothing" grep -qF "$b" got

term 80 search escapes >got
has "what others wrote does not steer it" "$(cat got)" '\x1b[31mred\tTAB'
hasnt "in no way" "$(cat got)" "$esc[31m"
term 120 list >got; has "nor in a list" "$(cat got)" "$b"'\x1b[31mred\tTAB'"$e"
hasnt "nor does it turn what stands behind it" "$(term 80 search escapes; cat got; term 120 roster)" "$rlo"
has "to programs it is what it is" "$("$COLEP" -C node list)" "$rlo"
is "a list has two lines for each" "$(wc -l <got)" 6
term 80 log >got
is "log: the message, and below it when, who and the commit" "$(sed -n 2p got)" \
	"  ${q}2023-11-14T22:00:00Z  bps 2  $(main node)$e"
term 80 status >got; ok "status names its fields" grep -qx "unsaved     0" got
term 80 roster >got; is "a table has its names on top" "$(awk 'NR == 1 { print $1, $3 }' got)" "NODE ROLE"
echo "Ask +12025550123 for a list." >>node/lessons/bps/ll-bps-2023-ferry.md
for c in "conflicts:no conflict is open" "inbox:the inbox is empty" "peer:no peer yet" "diff ll-bps-2023-esc:nothing is unsaved"; do
	term 80 "${c%%:*}" >got; has "${c%%:*}: that there is nothing is said" "$(cat got)" "colep: ${c#*:}"
	run colep -C node ${c%%:*}; is "but not to a program" "$out$err" ""
done
term 200 check >got
ok "check tells the place as save does" grep -qE '^lessons/bps/ll-bps-2023-ferry.md:[0-9]+:5: error: a telephone number .* \(PD02\)$' got
has "one is no plural" "$(cat got)" "3 documents: 1 error, 0 warnings"
term 80 help roster >got; is "help: options are wrapped in their column" "$(grep -A 1 -e "--role R  " got)" "      --role R                 add: contributor, focal-point, chair or
                               secretariat"
term 80 search --facets -n 0 ferry >got; is "facets: a line for each field" "$(head -n 1 got)" "kind: lesson 1"
term 80 --json search ferry >got; ok "JSON is JSON on a terminal too" jsonl got
term 80 search ferry -n 1 \| cat >got
is "behind a pipe there is no terminal" "$(awk -F "$TAB" '{ print NF, $2 }' got)" "9 ll-bps-2023-ferry"
done_testing
