#!/bin/sh
# colep search: fields and order, marks, filters, phrases, beginnings, typing errors, odd queries.
. "$ROOT/tests/cli/lib.sh"
"$COLEP" init --id bps --import "$ROOT/content" node >/dev/null 2>&1 || exit 1
"$COLEP" init --id bps small >/dev/null 2>&1 || exit 1
put small ll-bps-2023-ferry title="A ferry & <b>two</b> vans" body="The Ferry & <script>alert(1)</script> came, 1 < 2; \"ferries\" go." countries="[BG, MK]" topics="[som, hawala]"
put small ll-bps-2023-train title="Trains by night" body="Trains and a ferry at the zebra crossing." date=2021-02-03 lang=en status=submitted
put small is-mk-2022-pass title="Mountain pass" body="A pass without ferries. Zebra." date=2022 countries="[MK]"
mkdir -p small/lessons/bps && printf -- '---\ntranslation-of: ll-bps-2023-train\nsource-rev: x\nlang: bg\ntitle: Влакове през нощта\ndate: 2023-05-02\n---\n\nФерибот и влакове.\n' >small/lessons/bps/ll-bps-2023-train.bg.md
"$COLEP" -C small save >/dev/null 2>&1 || exit 1
s() { run colep -C small search "$@"; }
ids() { printf '%s\n' "$out" | cut -f2 | tr '\n' ' ' | sed 's/ $//'; }

run colep -C node search hawala
is "hawala: the Bulgarian documents first" "$(printf '%s\n' "$out" | head -4 | cut -f6 | sort -u)" bg
is "all of those that name it, once each" "$(printf '%s\n' "$out" | cut -f2 | sort | uniq -d)" ""
is "nine fields in the order of the contract" "$(printf '%s\n' "$out" | awk -F"$TAB" '{ print NF }' | sort -u)" 9
is "ranks count up from 1" "$(printf '%s\n' "$out" | awk -F"$TAB" '$1 != NR')" ""
is "scores are whole numbers that fall" "$(printf '%s\n' "$out" | awk -F"$TAB" '$3 !~ /^[0-9]+$/ || (NR > 1 && $3 > last) { print } { last = $3 }')" ""
is "path leads to the document" "$(printf '%s\n' "$out" | cut -f8 | while read -r p; do [ -f "node/$p" ] || echo "$p"; done)" ""
first=$out; run colep -C node search hawala
is "the same again, byte for byte" "$out" "$first"
run colep -C node --json search hawala
ok "--json gives JSON Lines" jsonl .out
is "keys in the order of the contract" "$(head -1 .out | grep -o '"[a-z]*":' | tr -d '":\n')" "rankidscoretitlekindownerlangpathsnippet"
is "as many as in text" "$(wc -l <.out)" "$(printf '%s\n' "$first" | wc -l)"

s ferry
is "exit 0 on a hit" "$status" 0
has "the word is marked, its stem too" "$out" "[[Ferry]] & alert(1) came, 1 < 2; \"[[ferries]]\" go."
is "who has it in the title comes first" "$(ids | cut -d' ' -f1)" ll-bps-2023-ferry
s --json ferry
has "in JSON with <mark>, the rest escaped as HTML" "$out" '<mark>Ferry</mark> &amp; alert(1) came, 1 &lt; 2; &quot;<mark>ferries</mark>&quot; go.'
has "the title is not HTML" "$out" '"title":"A ferry & <b>two</b> vans"'
s nothinglikeit
is "exit 1 on no hit, said on stderr" "$status $out $err" "1  colep: nothing found; try fewer or other words"
s --limit 1 ferry
is "--limit" "$(printf '%s\n' "$out" | wc -l)" 1
s --limit 0 ferry
is "--limit 0: no line, but yes" "$status $out" "0 "
for x in -1 x 1.5 ''; do check "--limit '$x' is wrong usage" 2 "whole number" colep -C small search --limit "$x" ferry; done

# filters
s --kind issue ferry; is "--kind" "$(ids)" is-mk-2022-pass
s --kind issue --kind lesson ferry; is "twice: either" "$(ids | wc -w)" 3
s --owner mk ferry; is "--owner" "$(ids)" is-mk-2022-pass
s --owner MK ferry; is "codes in either case" "$(ids)" is-mk-2022-pass
s --country BG ferry; is "--country" "$(ids)" ll-bps-2023-ferry
s --topic hawala ferry; is "--topic" "$(ids)" ll-bps-2023-ferry
s --lang bg влак; is "--lang, a translation under its own name" "$(ids)" ll-bps-2023-train.bg
s --status submitted ferry; is "--status" "$(ids | wc -w)" 3
s --since 2022 ferry; is "--since" "$(ids | wc -w)" 2
s --until 2021 ferry; is "--until" "$(ids)" ll-bps-2023-train
s --since 2021-02-03 --until 2021-02-03 ferry; is "a day is within itself" "$(ids)" ll-bps-2023-train
s --kind issue; is "a filter alone lists what it leaves" "$(ids)" is-mk-2022-pass
s kind:issue ferry; is "field:value in the query" "$(ids)" is-mk-2022-pass
s ferry country:BG; is "in any place" "$(ids)" ll-bps-2023-ferry
s since:2022 until:2022 ferry; is "dates too" "$(ids)" is-mk-2022-pass
check "an unknown kind is wrong usage" 2 "no kind; did you mean lesson" colep -C small search --kind lessen ferry
check "an unknown status too" 2 "no status; did you mean submitted" colep -C small search --status submited ferry
check "no date too" 2 "no date" colep -C small search --since tomorrow ferry
check "an unknown country is no hit" 1 "nothing found" colep -C small search --country ZZ ferry
check "and said" 1 "country ZZ: no document has it" colep -C small search --country ZZ ferry
check "its name is known" 1 "country Bulgaria: no document has it; did you mean BG" colep -C small search country:Bulgaria ferry
check "two letters are near to none" 1 "owner xx: no document has it; --facets shows" colep -C small search owner:xx ferry
check "a language nobody wrote in is said" 1 "which looks like ka; there are en" colep -C small search საზღვარი
check "the nearest value is offered" 1 "topic hawla: no document has it; did you mean hawala" colep -C small search topic:hawla ferry
check "an unknown option is wrong usage" 2 "did you mean --owner" colep -C small search --ownr mk ferry
s --facets --limit 1 ferry
is "--facets: behind the hits, most first" "$(printf '%s\n' "$out" | sed -n 2,3p)" "facet${TAB}kind${TAB}lesson${TAB}2
facet${TAB}kind${TAB}issue${TAB}1"
has "by country" "$out" "facet${TAB}country${TAB}MK${TAB}2"
s --json --facets --limit 1 ferry
ok "facets as JSON" jsonl .out
has "with their own keys" "$out" '{"facet":"kind","value":"lesson","count":2}'

# the query's language
run colep -C node search 'hawala since:yesterday'
has "what is no date is said, with what is one" "$err" "since:yesterday is no date, so it is looked for as words; write since:2022, 2022-05 or 2022-05-18"
has "and the other words are found" "$out" hawala
run colep -C node search 'hawala since:2022-05'; is "a date is not" "$err" ""
s ll-bps-2023-ferry; is "an id finds its document first" "$(ids | cut -d' ' -f1)" ll-bps-2023-ferry
s 'train?'; is "a word before a question mark is whole" "$(ids | cut -d' ' -f1)" ll-bps-2023-train
s '"zebra crossing"'; is "a phrase" "$(ids)" ll-bps-2023-train
s '+"crossing zebra"'; is "its order counts" "$status" 1
for q in '"crossing zebra"' '"crossing zebra'; do
	s "$q"; is "$q, which nobody wrote: its words" "$(ids) $err" "$(s 'crossing zebra?'; ids) colep: no document has \"crossing zebra\" in a row: looking for its words"
done
s --kind issue '"zebra crossing"'; is "one that only other documents have: no hit" "$status" 1
s zebra "night trains"; has "a word of the command line with blanks is a phrase; one that nobody wrote gives its words, and says so" "$err" 'no document has "night trains" in a row'
s '+zebra +crossing'; is "+word must be there" "$(ids)" ll-bps-2023-train
s '+crossing train'; is "and beside it other words only rank" "$(ids)" ll-bps-2023-train
s '+"zebra crossing" +hawala'; is "a phrase too: none has both" "$status" 1
s 'zebra -crossing'; is "-word leaves out" "$(ids)" is-mk-2022-pass
s 'zebra -"zebra crossing"'; is "-\"phrase\" too" "$(ids)" is-mk-2022-pass
s zeb; is "the beginning of the last word" "$(ids | wc -w)" 2
s 'zeb*'; is "as others write it" "$(ids | wc -w)" 2
s zeb crossing; is "but not of one before it" "$(ids)" ll-bps-2023-train
s zebrq; is "one typing error" "$(ids | wc -w)" 2
is "is told" "$err" "colep: showing zebra for zebrq"
s влакове; has "a word in Cyrillic, stemmed" "$(ids)" ll-bps-2023-train.bg
s FERRY; is "capitals do not matter" "$(ids | wc -w)" 3
s facilitation; is "another name of a topic finds its documents" "$status" 0
check "two spellings of a dash are words, not options" 0 ferry colep -C small search -- ferry -- -zebra
s zebra ferry; all=$(ids | wc -w)
s zebra -ferry; is "-word leaves it out without quotes, too" "$(ids)" "$(s 'zebra -ferry'; ids)"
ok "that is less" test "$(ids | wc -w)" -lt "$all"
s zebra "-two vans"; is "as it does a phrase" "$(ids)" "$(s 'zebra -"two vans"'; ids)"
s ferry -n2; is "an option with its number behind is none" "$(ids | wc -w)" 2
check "a dash too few is no word" 2 "option -l: unknown" colep -C small search ferry -limit 3
check "nor is one letter" 2 "option -x: unknown" colep -C small search ferry -x
check "a word alone that is left out leaves nothing to look for" 2 "only words to leave out" colep -C small search -ferry
check "the beginning of a value is told as it is whole" 1 "did you mean case-study" colep -C node search kind:case nothinglikethis

# several nodes
run colep -C small -C node search --limit 3 ferry
has "several -C: the folder stands in the path" "$out" "small/lessons/bps/ll-bps-2023-ferry.md"
is "one ranking" "$(printf '%s\n' "$out" | awk -F"$TAB" '$1 != NR || (NR > 1 && $3 > last) { print } { last = $3 }')" ""
run colep -C small -C small search --facets ferry
is "every node's hits" "$(printf '%s\n' "$out" | grep -c "^[0-9]")" 6
is "facets behind the hits, added up" "$(printf '%s\n' "$out" | sed -n 7p)" "facet${TAB}kind${TAB}lesson${TAB}4"
check "one that is no node is a failure with a cure" 3 "not a colep node" colep -C small -C / search ferry

# a batch
printf 'q1\tferry\nq2\tzebra crossing\nq3\tnothinglikeit\nq4\t\nq5\t-ferry\nq6\t"ferry\nq7\t\377\376\nq8\t' >batch
head -c 1000000 /dev/zero | tr '\0' a >>batch
printf '\nq9\t' >>batch; yes zebra | head -10000 | tr '\n' ' ' >>batch
printf '\nq10\t'"'"'); DROP TABLE x; --\nq11\tferry\n' >>batch
run timeout 20 "$COLEP" -C small search --batch batch --limit 2 --timing
is "--batch: exit 0" "$status" 0
is "its fields: qid id rank score" "$(printf '%s\n' "$out" | head -2 | cut -f1-3)" "q1${TAB}ll-bps-2023-ferry${TAB}1
q1${TAB}ll-bps-2023-train${TAB}2"
is "the same scores as one by one" "$(printf '%s\n' "$out" | awk -F"$TAB" '$1 == "q11" { print $4 }')" "$(colep -C small search --limit 2 ferry | cut -f3)"
is "--timing: qid and microseconds for each, on stderr" "$(printf '%s\n' "$err" | grep -cE '^q[0-9]+ [0-9]+$')" 11
for q in 'q4: no word' 'q5: only words to leave out' 'q7: no word' 'q9: a query of more than 1,000 words'; do has "odd ones are named: $q" "$err" "colep: $q"; done
printf 'q1\tferry\n' >one; ln -s one link; want=$(colep -C small search --batch one)
is "--batch -: standard input" "$(printf 'q1\tferry\n' | "$COLEP" -C small search --batch -)" "$want"
is "a link that the user names is followed" "$("$COLEP" -C small search --batch link)" "$want"
is "a pipe is read to its end" "$(mkfifo pipe; cat one >pipe & "$COLEP" -C small search --batch pipe)" "$want"
check "a folder is no batch" 3 "directory" colep -C small search --batch .
check "--batch takes no words besides" 2 "from the file" colep -C small search --batch batch ferry
check "a batch that is not there" 3 "nowhere" sh -c "'$COLEP' -C small search --batch nowhere; [ \$? -eq 1 ] && exit 3 || exit 3"

# odd queries
for q in '' ' ' '""' '"' '-' '--' '***' '-ferry' '- -' ':' 'kind:'; do
	run timeout 10 "$COLEP" -C small search -- "$q"
	case $status in 1 | 2) [ -n "$err" ] && pass "query '$q': a sentence, exit $status" || fail "query '$q'" "no sentence" ;; *) fail "query '$q'" "exit $status: $out $err" ;; esac
done
for q in '"ferry' 'ferry"' 'ferry"zebra' '"ferry" "' 'ferry AND (zebra' 'kind:issue"x" ferry' 'ferry -' '"-ferry"' 'ferry\' 'ferry%s%n'; do
	run timeout 10 "$COLEP" -C small search -- "$q"
	is "query '$q': found" "$status" 0
done
s "$(printf 'ferry \377\376')"; is "bytes that are not UTF-8 beside a word: found" "$status" 0
s --json "$(printf 'fer\377ry zebra')"; ok "or in it: the answer is JSON all the same" jsonl .out
s "$(printf '\033[31mferrx')"; hasnt "control characters do not come back" "$out$err" "$(printf '\033')"
s "$(head -c 100000 /dev/zero | tr '\0' a)"; is "one word of 100,000 letters: no hit" "$status" 1
s "$(yes ferry | head -10000 | tr '\n' ' ')"; has "10,000 words: a sentence" "$status $err" "2 colep: search: a query of more than 1,000 words; shorten it"
s "\"$(yes zebra | head -900 | tr '\n' ' ')\""; ok "a phrase of 900 words: a short message" test ${#err} -lt 400
s "ferry $(awk 'BEGIN { for (i = 0; i < 900; i++) printf "-x%d ", i }')"; is "900 words to leave out" "$status" 0

# spelled another way
put small ll-bps-2024-words title="Жртве у Zürichu" lang=sr body="Николај и Ѓорѓи; границама, тужилаштво, Taʻizz, Straße."
put small ll-bps-2024-fa title="قاچاق" lang=fa body="کتاب‌های پلیس ۱۲۳ می‌روند"
"$COLEP" -C small save >/dev/null 2>&1
for q in zrtve žrtve žrtva жртва ZURICHU zuerichu nikolaj nikolay gjorgji granica granici tuzilastvo taizz strasse; do s "$q"; is "'$q' finds it" "$(ids)" ll-bps-2024-words; done
for q in كتاب کتاب کتابهای 123 ۱۲۳ پليس قاچاق; do s "$q"; is "'$q' finds it" "$(ids)" ll-bps-2024-fa; done
put small ll-bps-2024-bg title="Жълта къща" lang=bg body="Ключове за чужденец."
put small ll-bps-2024-ru title="Контейнеры с людьми" lang=ru body="Порох."
put small ll-bps-2024-mk title="Клучен сведок" lang=mk body="Виза."
"$COLEP" -C small save >/dev/null 2>&1
for q in zhalta jalta julta kushta kashta kliuchove kluchove klyuch chujdenetz; do s "$q"; is "'$q' finds it" "$(ids)" ll-bps-2024-bg; done
for q in kluchen kljuchen klucen; do s "$q"; has "'$q' finds it" "$(ids)" ll-bps-2024-mk; done
for q in konteynerami konteynerakh porokhom; do s "$q?"; is "an inflection nobody wrote, in Latin: '$q'" "$(ids) $err" "ll-bps-2024-ru "; done
s kluch; has "a digraph in the beginning of a word" "$(ids)" ll-bps-2024-mk
s julta; has "a far spelling is told" "$err" "showing"
s kashta; hasnt "a near one is not" "$err" showing
s nikolay; hasnt "another spelling is not told as an error" "$err" showing
s 'tužilaštvo'; has "what is found is marked in its script" "$out" "[[тужилаштво]]"

# related
run colep -C node related cs-mk-2022-taiwan
is "related: exit 0, nine fields as list" "$status $(printf '%s\n' "$out" | awk -F"$TAB" '{ print NF }' | sort -u)" "0 9"
has "its country's profile is near" "$(printf '%s\n' "$out" | head -3 | cut -f1)" cp-mk
hasnt "it is not near itself" "$(printf '%s\n' "$out" | cut -f1)" cs-mk-2022-taiwan
first=$out; run colep -C node related case-studies/mk/cs-mk-2022-taiwan.md; is "by path too, and the same again" "$out" "$first"
run colep -C node related --limit 2 cs-mk-2022-taiwan; is "--limit" "$(printf '%s\n' "$out" | wc -l)" 2
run colep -C node --json related cs-mk-2022-taiwan; ok "as JSON" jsonl .out
check "an id that is none" 1 "no document of this id" colep -C node related cs-mk-2022-nothing
check "no id" 2 "needs one id" colep -C node related
done_testing
