#!/bin/sh
# colep check: fields, order, exit statuses; what is no document at all.
. "$ROOT/tests/cli/lib.sh"
same() { # NAME WANTED-STATUS WANTED-OUTPUT COMMAND...: the whole of standard output, and nothing on standard error
	name=$1 want=$2 text=$3; shift 3
	got=$("$@" 2>stderr); status=$?
	n=$((n + 1))
	if [ $status -eq "$want" ] && [ "$got" = "$text" ] && [ ! -s stderr ]; then echo "ok $n - $name"
	else echo "not ok $n - $name: exit $status, said: $got; $(cat stderr)"; failed=1; fi
}
tab=$(printf '\t')
ll=lessons/mk/ll-mk-2022-calls.md
mkdir -p lessons/mk lessons/bg
lesson() { # KEY-LINES BODY
	printf -- '---\nid: ll-mk-2022-calls\nkind: lesson\ntitle: Call early\nowner: mk\nstatus: published\ntlp: TLP:CLEAR\n'
	printf -- 'lang: en\ndate: 2022-05-18\nsummary: Call early.\ncategory: lesson\nstage: identified\n%b---\n' "$1"
	printf -- '\n## Observation\n\n%b\n\n## Recommendation\n\nCall.\n' "$2"
}
lesson 'topics: [som]\n' 'Late.' >good.md

same "the documents of content are clean" 0 "" sh -c "cd '$ROOT' && exec '$COLEP' check content"
same "and strictly so" 0 "" "$COLEP" check --strict "$ROOT/content"
cp good.md $ll
same "a good file says nothing" 0 "" "$COLEP" check $ll
same "a good folder says nothing" 0 "" "$COLEP" check lessons

lesson 'topics: [som]\nlint-ok: [PD14 a programme]\n' 'A 25-year-old plan; write to a@b.mk, <b>now</b>.' >$ll
check "fields in text" 1 "$ll${tab}19${tab}30${tab}error${tab}PD01${tab}an e-mail address a***; remove it" "$COLEP" check $ll
same "findings come by line and column" 1 "19 3 passed PD14
19 30 error PD01
19 38 error raw-html" sh -c "'$COLEP' check $ll | awk -F '\t' '{print \$2, \$3, \$4, \$5}'; '$COLEP' check $ll >/dev/null"
same "six fields a line" 1 "6 6 6 " sh -c "'$COLEP' check $ll | awk -F '\t' '{printf \"%d \", NF}'; '$COLEP' check $ll >/dev/null"
check "an address is masked" 1 "a***" "$COLEP" check $ll
n=$((n + 1))
if "$COLEP" check $ll | grep -q 'a@b.mk'; then echo "not ok $n - the address is shown"; failed=1; else echo "ok $n - the address is not shown"; fi
check "fields in JSON, in order" 1 "{\"path\":\"$ll\",\"line\":19,\"column\":3,\"level\":\"passed\",\"rule\":\"PD14\",\"message\":\"" "$COLEP" check --json $ll

lesson 'topics: [som]\nlint-ok: [PD14 a programme]\n' 'A 25-year-old plan.' >$ll
check "what is passed is no error" 0 "passed" "$COLEP" check --strict $ll
lesson 'topics: [som]\ncolour: red\n' 'Late.' >$ll
check "a warning alone is a yes" 0 "warning${tab}key-unknown" "$COLEP" check $ll
check "but not when strict" 1 "warning${tab}key-unknown" "$COLEP" check --strict $ll
cp good.md lessons/bg/ll-bg-2022-calls.md
check "files of a folder come in order" 1 "lessons/bg/ll-bg-2022-calls.md" sh -c "'$COLEP' check lessons | head -n 1; exit 1"
same "paths never begin with ./" 0 "lessons/bg/ll-bg-2022-calls.md
lessons/mk/ll-mk-2022-calls.md" sh -c "{ '$COLEP' check .; '$COLEP' check ./lessons; '$COLEP' check ./lessons/mk/../mk/ll-mk-2022-calls.md .//$ll; } | cut -f 1 | grep lessons | sed 's,mk/../,,' | sort -u"
rm -r lessons/bg
cp good.md $ll
same "a folder may end in a slash" 0 "" "$COLEP" check lessons/
same "and stand above" 0 "" sh -c "cd lessons && exec '$COLEP' check ../lessons"

check "a missing file is a failure that names it" 3 "no/such.md: no such file" "$COLEP" check no/such.md
check "a missing file does not hide the others" 3 "label-missing" sh -c "printf -- '---\nid: ll-mk-2022-x\n---\n' >lessons/mk/ll-mk-2022-x.md; exec '$COLEP' check no.md lessons/mk/ll-mk-2022-x.md"
rm lessons/mk/ll-mk-2022-x.md
check "outside a node a path is wanted" 3 "colep" "$COLEP" check
check "an unknown option is wrong usage" 2 "did you mean --strict" "$COLEP" check --stict

bad() { # NAME WANTED-TEXT: what stands in $ll is refused with a finding
	check "$1" 1 "$2" "$COLEP" check $ll
}
printf -- '---\ntitle: \377\n---\n' >$ll;			bad "not UTF-8" "front${tab}is not UTF-8"
{ printf '\357\273\277'; cat good.md; } >$ll;			bad "a byte order mark" "byte order mark"
sed 's/$/\r/' good.md >$ll;					bad "Windows line ends" "CRLF"
{ cat good.md; printf 'a\000b'; } >$ll;				bad "NUL bytes" "NUL bytes"
{ printf -- '---\ntitle: '; head -c 100000 /dev/zero | tr '\0' '['; printf '\n---\n'; } >$ll; bad "100,000 brackets" "16 KiB"
{ printf -- '---\ntitle: '; head -c 9000 /dev/zero | tr '\0' '['; printf '\n---\n'; } >$ll; bad "9,000 brackets" "nesting"
printf -- '---\na: &x [*x, *x]\n---\n' >$ll;			bad "an anchor" "front matter"
printf -- '---\na: *x\n---\n' >$ll;				bad "an alias" "alias"
printf -- '---\na: &a [x]\nb: &b [*a,*a]\nc: [*b,*b]\n---\n' >$ll; bad "aliases that multiply" "front matter"
printf 'Only text.\n' >$ll;					bad "no front matter" "no front matter"
: >$ll;								bad "an empty file" "no front matter"
{ cat good.md; head -c 300000 /dev/zero | tr '\0' 'x'; } >$ll;	bad "a body of 300 KiB" "more than the 262144 allowed"
rm $ll; ln -s ../../good.md $ll;				bad "a symbolic link" "error${tab}file"
rm $ll; ln -s no-such $ll;					bad "a broken symbolic link" "error${tab}file"
rm $ll; mkfifo $ll;						bad "a fifo" "error${tab}file"
check "a fifo in a folder" 1 "error${tab}file" "$COLEP" check lessons
rm $ll; mkdir $ll;						bad "a folder with a document's name" "error${tab}file"
check "and when it is met in a folder" 1 "error${tab}file" "$COLEP" check lessons
rmdir $ll
touch lessons/mk/notes.txt
check "what is no document in a folder of documents" 1 "(.md)" "$COLEP" check lessons
rm lessons/mk/notes.txt
mkdir -p lessons/1/2/3/4/5/6/7/8/9; cp good.md lessons/1/2/3/4/5/6/7/8/9/
check "a document too deep" 1 "lessons/1/2" "$COLEP" check lessons
rm -r lessons/1
cp good.md "$(printf 'lessons/mk/a\033[31m\n.md')"
check "a name that would steer a terminal" 1 'a\x1b[31m\n.md' "$COLEP" check lessons
n=$((n + 1))
if "$COLEP" check lessons | grep -q "$(printf '\033')"; then echo "not ok $n - it does"; failed=1; else echo "ok $n - it does not"; fi
rm lessons/mk/a*
cp good.md drafts-ll.md; mkdir drafts; sed 's/published/draft/' good.md >drafts/ll-mk-2022-calls.md
same "a draft is checked as one" 0 "" "$COLEP" check drafts/ll-mk-2022-calls.md
done_testing
