#!/bin/sh
# colep serve: pages and search for the browser of this machine, and for nobody else.
. "$ROOT/tests/cli/lib.sh"
"$COLEP" init n --id bps --import "$ROOT/content" >/dev/null 2>&1 || { echo "not ok 1 - init"; echo "1..1"; exit 1; }
"$COLEP" -C n serve --port 0 >url 2>err &
pid=$!
await test -s url
url=$(cat url)
port=${url#http://127.0.0.1:}; port=${port%/}
get() { curl -s -m 10 "$@"; }
code() { want=$1; shift; got=$(get -o /dev/null -w '%{http_code}' "$@"); [ "$got" = "$want" ] || { echo "status $got"; return 1; }; }
has() { text=$1; shift; get "$@" | grep -qF -e "$text"; }

ok "the first line is the URL" sh -c 'grep -qE "^http://127\.0\.0\.1:[0-9]+/$" url'
ok "the first page" has "<h1 " "$url"
ok "a document" has "Investigation involving Taiwan" "${url}d/cs-mk-2022-taiwan.html"
ok "a list" has "Bulgaria" "${url}countries.html"
ok "the style sheet with its type" sh -c "curl -sI -m 10 ${url}colep.css | grep -qi '^content-type: text/css'"
ok "search finds" has "ll-bg-2022-hawala.html" "${url}search?q=hawala"
ok "search marks the words" has "<mark>" "${url}search?q=hawala"
ok "a word that was mended is told behind the count" has "(showing hawala for hawalla)" "${url}search?q=hawalla"
no "search by kind" has "is-bg-2022-hawala.html" "${url}search?q=hawala&kind=lesson"
ok "twenty at first, and a button for more" has '<button name="show" value="40">More</button>' "${url}search?q=migrants"
ok "which shows more" sh -c "[ \$(curl -s '${url}search?q=migrants&kind=&show=40' | grep -c '<li>') -gt \$(curl -s '${url}search?q=migrants' | grep -c '<li>') ]"
no "no button when all are shown" has 'name="show"' "${url}search?q=migrants&show=9999"
ok "search without words" code 200 "${url}search?q="
ok "search for nothing that is there" has "Nothing found; try" "${url}search?q=xyzzyplugh"
no "what was searched for is escaped" has "<script>" "${url}search?q=%3Cscript%3E%22"
ok "while one types: what begins so" has '<a href="/d/ll-bg-2022-hawala.html"' "${url}live?q=hawal"
ok "also where it is a word already" has "Documents found: " "${url}live?q=border+polic"
ok "at most eight" sh -c "[ \$(curl -s '${url}live?q=mi' | grep -c '<li>') -le 8 ]"
no "what is typed is not written back" has "script" "${url}live?q=%3Cscript%3E"
ok "no word yet: nothing" sh -c "[ -z \"\$(curl -s '${url}live?q=')\" ]"
ok "the script with its type" sh -c "curl -sI -m 10 ${url}live.js | grep -qi '^content-type: text/javascript'"
ok "pages ask for it" has '<script src="live.js" defer></script>' "$url"
no "the exercise is in the players' view" has "Expected action" "${url}d/ex-bps-2022-grey-lantern.html"
ok "facilitators see more" has "Expected action" "${url}d/ex-bps-2022-grey-lantern.html?view=facilitator"
ok "an unknown page is 404" code 404 "${url}d/nothing.html"
ok "so is what lies outside" code 404 --path-as-is "${url}../../etc/passwd"
ok "and the repository" code 404 "${url}.git/config"
ok "localhost is a name of ours" code 200 -H "Host: localhost:$port" "$url"
ok "a foreign Host is refused" code 403 -H "Host: example.org:$port" "$url"
ok "another port is refused" code 403 -H "Host: 127.0.0.1:1" "$url"
ok "POST is refused" code 405 -d a=b "$url"
ok "DELETE is refused" code 405 -X DELETE "$url"
ok "HEAD is answered" sh -c "curl -sI -m 10 $url | head -n 1 | grep -q 200"
ok "an address too long is refused" code 414 "$url$(printf '%3000s' '' | tr ' ' a)"
for h in "content-security-policy: default-src 'none'" "x-content-type-options: nosniff" "referrer-policy: no-referrer"; do
	ok "header $h" sh -c "curl -sI -m 10 $url | grep -qi \"^$h\""
done
ok "only this machine can reach it" sh -c "(ss -ltn 2>/dev/null || netstat -ltn) | grep ':$port ' | grep -qv '127\.0\.0\.1:$port' && exit 1; exit 0"
"$COLEP" -C n serve --port "$port" >second 2>err2; second=$?
ok "a port in use is a failure that names it" sh -c "[ $second -eq 3 ] && grep -q 'port $port' err2 && grep -q -- --port err2"
sed -i 's/^title: Bulgaria$/title: Bulgaria, renamed/' n/participants/bg/pt-bg.md
"$COLEP" -C n save -m "a new title" >/dev/null 2>&1
ok "what is saved is there at the next request" has "Bulgaria, renamed" "${url}d/pt-bg.html"
ok "and found" has "pt-bg.html" "${url}search?q=renamed"
git -C n config colep.practice true
kill -TERM $pid; wait $pid; ended=$?
ok "SIGTERM ends it with 0" test $ended -eq 0
timeout 5 "$COLEP" -C n serve --port 0 --lang xx >second 2>err2; second=$?
ok "a language that the interface does not speak is wrong usage, and those it speaks are named" sh -c "[ $second -eq 2 ] && grep -q -- '--lang xx.*; one of: ar bg .* ur$' err2"
"$COLEP" -C n serve --port 0 --lang fa >url2 2>/dev/null &
pid=$!
await test -s url2
text() { sed -n "s/^$1 = \([^{]*\).*/\1/p" "$ROOT/render/theme/texts/fa.txt"; }
ok "--lang: the pages speak it" has "$(text home.lead)" "$(cat url2)"
ok "so does the search" has "$(text find.hits)" "$(cat url2)search?q=hawala"
ok "when it finds nothing" has "$(text find.none)" "$(cat url2)search?q=xyzzyplugh"
ok "while one types" has "<p role=\"status\" lang=\"fa\" dir=\"rtl\">$(text find.hits)" "$(cat url2)live?q=hawal"
ok "where there is no page" has "<h1>$(text page.missing)" "$(cat url2)d/nothing.html"
ok "no English sentence is left on the page of a search" sh -c '! curl -s "$1search?q=migrants" | sed "s/<li><a class.*//; s/<p lang=\"en\".*//; s/<[^>]*>//g; s/COLEP knowledge base//" | grep -E "[a-z]{3,} [a-z]{3,}"' sh "$(cat url2)"
ok "a practice node says so on every page" sh -c 'for p in "" kinds.html d/pt-bg.html "search?q=x" nothing; do curl -s -m 10 "$(cat url2)$p" | grep -qF "$(sed -n "s/^practice = //p" "$ROOT/render/theme/texts/fa.txt")" || { echo "$p"; exit 1; }; done'
kill -INT $pid; wait $pid; ended=$?
ok "SIGINT ends it with 0" test $ended -eq 0
done_testing
