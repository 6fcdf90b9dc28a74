#!/bin/sh
# tests/browser/shots.sh FOLDER: pictures of every kind of page, to be looked at: see shots.mjs. Not a test.
# ROOT and COLEP are set by `make shots`; what stands in FOLDER/pictures and FOLDER/sheets is replaced.
set -eu
out=$1 langs=${LANGS:-en fa ur bn}
mkdir -p "$out" && out=$(cd "$out" && pwd)
work=$(mktemp -d) && cd "$work"
trap 'rm -rf "$work"' EXIT
export HOME="$work" COLEP_KEYS="$work/keys" SOURCE_DATE_EPOCH=1700001234
. "$ROOT/tests/browser/lib.sh"
trap 'rm -rf "$work"' EXIT

for l in $langs; do
	fc-list ":lang=$l" | grep -q . || { echo "shots: no font has the letters of $l: install fonts-noto-core" >&2; exit 3; }
done

# ---- a community with a past, a conflict, a translation that is behind, and one document of each kind ----
SOURCE_DATE_EPOCH=1690000000 community n
sed -i 's/^## Conclusion$/Payments of this kind leave few papers. \*\*Ask early.\*\*\n\n&/' n/lessons/bg/ll-bg-2022-hawala.md
sed -i 's/^The Hawala banking system is a challenge for investigators\. Hawala transfers/Hawala remains a challenge for investigators everywhere. It transfers/' n/issues/bg/is-bg-2022-hawala.md
sed -e 's/^id: .*/id: mt-bps-2023-colep-4/; s/^title: .*/title: "Fourth COLEP meeting, online, 3 October 2023"/; s/^number: .*/number: 4/' \
	-e 's/^date: .*/date: 2023-10-03/; s/^start: .*/start: 2023-10-03/; s/^end: .*/end: 2023-10-03/; s/^place: .*/place: online/; s/^format: .*/format: online/' \
	n/meetings/bps/mt-bps-2022-colep-2.md >n/meetings/bps/mt-bps-2023-colep-4.md
SOURCE_DATE_EPOCH=1695000000 colep -C n save -m "The fourth meeting" >log 2>&1 || give_up save log
SOURCE_DATE_EPOCH=1697000000 colep -C n save -m "Ask early" >log 2>&1 || give_up save log
sed -i "s/^title: .*/title: Mobile teams at border crossing points\ntitle@2: Mobile teams at and near border crossing points/" n/lessons/mk/ll-mk-2022-mobile-teams.md
sed -i 's/^## Recommendation$/<!-- conflict -->\nTeams of *two* are enough at small crossing points.\n<!-- or -->\nTeams of three are needed everywhere, with\n\n- one interpreter,\n- one officer of the other side.\n<!-- \/conflict -->\n\n&/' n/lessons/mk/ll-mk-2022-mobile-teams.md
write() { # FOLDER ID KIND TITLE KEYS...; the body on stdin
	local dir=$1 id=$2 kind=$3 title=$4 owner; shift 4
	owner=${id#*-} owner=${owner%%-*}
	mkdir -p "n/$dir/$owner"
	{ printf -- '---\nid: %s\nkind: %s\ntitle: "%s"\nowner: %s\nstatus: published\ntlp: TLP:GREEN\nlang: en\ndate: 2023-11-02\n' "$id" "$kind" "$title" "$owner"
	printf '%s\n' "$@" ---; echo; cat; } >"n/$dir/$owner/$id.md"
}
write requests rq-bg-2023-payments request "Payments through informal transfer: who has traced one?" "summary: Bulgaria asks for cases in which a payment was traced." \
	"topics: [hawala, som]" "type: information-exchange" "from: bg" "to: [mk, pk]" "via: bps" "urgency: urgent" "needed-by: 2023-12-01" "stage: new" <<Y
## What is asked

One case study, real or sanitised.

## Why

Not stated.
Y
write requests rq-mk-2023-interpreters request "Interpreters for interviews at night" "summary: North Macedonia asks for a list of interpreters." \
	"topics: [debriefing]" "type: other-assistance" "from: mk" "to: [bg]" "via: bps" "urgency: routine" "stage: answered" <<Y
## What is asked

A list, with languages.

## Answer

Given on the same day.
Y
write contacts ct-bg-2023-desk contact "Migrant smuggling desk, General Directorate Border Police" "summary: Day and night." "topics: [som]" "role: focal-point" "institution: frontex" "country: BG" \
	"unit: Migrant smuggling desk" "email: desk@example.invalid" "phone: +1 202 555 0123" "languages: [en, bg]" "hours: 24/7" "verified: 2023-10-01" <<Y
## Notes

Ask for the officer on duty.
Y
write issues is-mk-2023-scanners issue "Need: document scanners for mobile teams" "summary: Two teams have none." "topics: [mobile-teams]" "countries: [MK]" "type: need" "raised-by: mk" "stage: open" <<Y
## What is new or unsolved

Two teams work without a scanner.
Y
write issues is-de-2023-scanners issue "Offer: eight used document scanners" "summary: Serviced in 2023." "topics: [mobile-teams]" "countries: [DE]" "type: offer" "raised-by: de" "stage: open" <<Y
## What is new or unsolved

Eight scanners can be lent for a year.
Y
write case-studies cs-bg-2023-ledger case-study "A ledger of 1,204 payments, read backwards" "summary: Eleven payments of €3,500 to €12,000 led to the organisers; case no. 12/2023 (A-117)." "topics: [hawala, som, financial-investigation]" \
	"countries: [BG, MK, RS]" "basis: real-life" "detail: full" "crime: [som]" "period: 2022-03/2023-01" "origin: [PK]" "transit: [IR, RS]" "destination: [DE]" \
	"channels: [interpol-ncb, liaison-officer]" "outcome: [not-stated]" "suspects: 11" "migrants: 64" <<Y
## Summary

Eleven payments of €3,500 to €12,000 led from the drivers (S1 to S4) to the organiser (S5).

## What happened

| Month | Crossings | Persons | Paid, € | Method |
|:------|----------:|--------:|--------:|:-------|
| 2022-03 | 4 | 17 | 59,500 | lorry, under a false floor that had been built in a workshop near the border |
| 2022-04 | 11 | 31 | 108,500 | on foot |
| 2022-05 | 7 | 16 | 56,000 | small vans |

> "Nobody wrote a name. Everybody wrote a number."

1. The phone was found.
2. The ledger was photographed.
   - by the unit of the other side
   - with \`sha256\` of each picture

## International cooperation

See [the lesson on Hawala](../../lessons/bg/ll-bg-2022-hawala.md) and <https://www.example.org/a/very/long/address/that/has/no/blank/in/it/and/goes/on?and=on>.

### Who did what

#### First week

\`\`\`
INTERPOL I-24/7  ->  NCB Sofia  ->  NCB Skopje
\`\`\`

## What worked

A joint reading of the ledger.[^1]

[^1]: On two days in June.

## Lessons

Read the payments, not the names.
Y
colep -C n save -m "Requests, contacts, a case" >log 2>&1 || give_up save log
colep -C n check >log 2>&1 || [ $? -eq 1 ] || give_up check log
grep -P '\terror\t' log >&2 || :

for l in $langs; do
	site n "$l" --audience community --lang "$l"
	site n "pack-$l" --audience community --meeting mt-bps-2022-colep-2 --lang "$l"
done
node "$ROOT/tests/browser/shots.mjs" "$out" $langs
