#!/bin/sh
# What somebody remembers is found, in whatever script, keyboard and form he types it; and a document by every name of its
# codes, in every language that the vocabulary has, also with what Arabic writes in front of a word; and what a delegate asks
# of content/ has its answer among the first three.
. "$ROOT/tests/cli/lib.sh"
"$ROOT/tests/known.py" "$COLEP" "$ROOT/tests/known.tsv" 0.85 >known 2>&1
ok "every language and variant was asked" test "$(grep -c '^ok' known)" -ge 70
is "each is found at the floor" "$(grep -v '^ok\|^# lang\|^1\.\.\|^# rank [2-9]' known)" ""

"$COLEP" init --id bps node >/dev/null 2>&1 || exit 1
mkdir -p node/vocab node/case-studies/bps
cat >node/vocab/channels.md <<'END'
# channels

| code | label | group | also called | note |
|---|---|---|---|---|
| interpol-ncb | INTERPOL NCB | | National Central Bureau, национално централно бюро, المكتب المركزي الوطني, জাতীয় কেন্দ্রীয় ব্যুরো, Ulusal Büro | |
| link-office | | | oficina de enlace, бюро за врска, دفتر رابط, رابطہ دفتر, əlaqə bürosu | |
END
document() { # ID KEY: CODES
	printf -- '---\nid: %s\nkind: case-study\ntitle: Night\nowner: bps\nstatus: draft\ntlp: TLP:GREEN\nlang: en\ndate: 2022-05-18\n%s\n---\n\nNothing.\n' \
		"$1" "$2" >"node/case-studies/bps/$1.md"
}
document cs-bps-2022-one "channels: [interpol-ncb]"
document cs-bps-2022-two "channels: [other, link-office]"
document cs-bps-2022-three "techniques: [open-source]"
document cs-bps-2022-four "crime: [thb]"
document cs-bps-2022-five "thb-purpose: [forced-labour]"
"$COLEP" -C node save >/dev/null 2>&1 || exit 1
found() { # ID NAME...
	local id=$1 name; shift
	for name; do
		run colep -C node search "$(printf '+%s' "$name" | sed 's/ / +/g')"
		has "$name" "$(printf '%s\n' "$out" | cut -f2)" "$id"
	done
}
found cs-bps-2022-one 'interpol ncb' 'NATIONAL CENTRAL BUREAU' 'национално централно бюро' 'nacionalno centralno bjuro' \
	'المكتب المركزي الوطني' 'المكتب المرکزی الوطنی' 'للمرك' 'وبالمركززي' 'জাতীয় কেন্দ্রীয় ব্যুরো' 'ulusal buro'
found cs-bps-2022-two 'link offices' 'oficina de enlace' 'бюро за врска' 'دفتر رابط' 'رابطہ دفتر' 'رابطه دفتر' 'elaqe burosu'
found cs-bps-2022-three 'OSINT' 'open source'
found cs-bps-2022-four 'trafficking in persons' 'tip' 'human traffickers'
found cs-bps-2022-five 'forced labor' 'forced labour'
run colep -C node search '+bureau'; is "and no other" "$(printf '%s\n' "$out" | cut -f2)" cs-bps-2022-one
sed -i 's/oficina/liaison bureau, oficina/' node/vocab/channels.md
"$COLEP" -C node save >/dev/null 2>&1
found cs-bps-2022-two 'liaison bureau'

"$COLEP" init --id bps asked --import "$ROOT/content" >/dev/null 2>&1 || exit 1
grep -v '^#' "$ROOT/tests/asked.tsv" | awk -F '\t' '{ print NR "\t" $1 > "questions"; print NR "\t" $0 > "wanted" }'
"$COLEP" -C asked search --batch questions --limit 3 >answers
ok "a delegate's questions were asked" test "$(grep -c '' questions)" -ge 75
missed=$(awk -F '\t' '
	NR == FNR { got[$1] = got[$1] " " $2 " "; next }
	{
		n = split($3, want, " ")
		for (i = 1; i <= n; i++) {
			any = want[i]
			gsub(/\./, "\\.", any)
			gsub(/\*/, "[^ ]*", any)
			if (got[$1] !~ " (" any ") ")
				print $2 ": no " want[i] " in" got[$1]
		}
	}' answers wanted)
is "each is answered by the first three" "$missed" ""
# What is named is no filter, and one that must not be there is no hint.
run colep -C asked search 'The next meeting discusses how to develop and' --limit 1
is "a line of a text is no question after a meeting" "$(printf '%s' "$out" | cut -f2)" ac-bps-2022-victim-identification
run colep -C asked search 'its country profile on prosecution, Link Offices and' --limit 1
is "nor one after a profile" "$(printf '%s' "$out" | cut -f2)" pt-pk
run colep -C asked search 'open hawala -actions' --limit 1; is "a hint is no filter" "$(printf '%s' "$out" | cut -f2)" is-bg-2022-hawala
run colep -C asked search "+hawala actions" --limit 50; hasnt "what must be there must" "$out" ac-bps-2022-contact-list
run colep -C asked search hawala 'country:Bulgarie'; has "a value is known by its names" "$err" 'country Bulgarie: no document has it; did you mean BG'
run colep -C asked search hawala 'kind:réunion'; has "a kind too" "$err" 'kind réunion: no document has it; did you mean meeting'
run colep -C asked search hawala 'kind:ferry'; hasnt "what names nothing is offered nothing" "$err" 'did you mean'
# What stands in few documents, and names a topic, is nothing misspelt.
run colep -C asked search حواله; is "a rare name is taken as it was typed" "$err" ""
run colep -C asked search хавала; is "in Cyrillic too" "$err" ""
run colep -C asked search hawalla; has "what names nothing may be another word" "$err" "showing hawala for hawalla"
done_testing
