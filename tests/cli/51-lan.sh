#!/bin/sh
# serve --lan: pages for a browser and history for git on the local network, by HTTPS and a code; nobody can write.
. "$ROOT/tests/cli/lib.sh"
unset http_proxy https_proxy HTTPS_PROXY ALL_PROXY all_proxy GIT_SSL_CAINFO CURL_CA_BUNDLE
export GIT_TERMINAL_PROMPT=0
start() { # FOLDER: serves it; sets pid, url, code, words, host (with port)
	rm -f shown			# the one before
	"$COLEP" -C "$1" serve --lan --port 0 >shown 2>said &
	pid=$!
	await grep -q '^fingerprint' shown
	url=$(head -n 1 shown) code=$(sed -n "s/^code$TAB//p" shown) words=$(sed -n "s/^words$TAB//p" shown)
	host=${url#https://}; host=${host%/}
	python3 - "$host" >cert.pem <<'EOF'
import ssl, sys
host, port = sys.argv[1].rsplit(":", 1)
print(ssl.get_server_certificate((host.strip("[]"), int(port))), end="")
EOF
}
get() { curl -s -m 10 --cacert cert.pem "$@"; }
status_of() { get -o body -w '%{http_code}' "$@"; }
children() { cat "/proc/$pid/task/$pid/children"; }
gits() { for c in $(children); do grep -qs upload-pack "/proc/$c/cmdline" && echo "$c"; done; }
no_git() { [ -z "$(gits)" ]; }

"$COLEP" init n --id bps --import "$ROOT/content" >/dev/null 2>&1
put n ll-bps-2023-quiet "title=Nobody outside reads zebrafish" status=submitted
"$COLEP" -C n save -m "Not published" >/dev/null 2>&1
git -C n update-ref refs/heads/inbox/guest main~1; git -C n update-ref refs/colep/from/bg main~1
root=$("$COLEP" -C n status | cut -f10)
start n
is "the first line is the address" "$(echo "$url" | grep -cE '^https://[^/]+:[0-9]+/$')" 1
is "a code of twelve digits" "$(echo "$code" | grep -cE '^[0-9]{4}-[0-9]{4}-[0-9]{4}$')" 1
has "it tells what to type in another node" "$(cat said)" "colep sync $url$code"
print=$(sed -n "s/^fingerprint$TAB//p" shown)
is "the fingerprint is the certificate's" "$(python3 -c 'import hashlib, ssl; d = hashlib.sha256(ssl.PEM_cert_to_DER_cert(open("cert.pem").read())).hexdigest().upper(); print(":".join(d[i:i + 2] for i in range(0, 64, 2)))')" "$print"

# browser
is "without the code: no page" "$(status_of "$url") $(status_of "${url}d/pt-bg.html") $(status_of "${url}search?q=hawala")" "403 403 403"
has "but a form" "$(cat body)" 'name="code"'
hasnt "that shows nothing" "$(cat body)" "awala"
is "the style sheet is no secret" "$(status_of "${url}colep.css")" 200
is "a wrong code: the form again" "$(status_of -d code=1111-1111-1111 "${url}code")" 403
is "no code" "$(status_of -d code= "${url}code")" 403
get -i -c jar -d "code=$code" "${url}code" >body
has "the right one: a cookie" "$(cat body)" "; Path=/; Secure; HttpOnly; SameSite=Strict"
has "and on to the first page" "$(tr -d '\r' <body)" "Location: /"
is "with it, the pages" "$(status_of -b jar "$url") $(status_of -b jar "${url}d/pt-bg.html")" "200 200"
has "search finds" "$(get -b jar "${url}search?q=hawala")" "ll-bg-2022-hawala.html"
is "what is not published is not there" "$(status_of -b jar "${url}d/ll-bps-2023-quiet.html")" 404
has "not found, not even counted" "$(get -b jar "${url}search?q=zebrafish")" "Nothing found"
hasnt "what is found is" "$(get -b jar "${url}search?q=hawala")" "Nothing found"
is "another cookie opens nothing" "$(status_of -H "Cookie: __Host-colep=00000000000000000000000000000000" "$url")" 403
is "code without hyphens, in the path" "$(status_of "${url}$(echo "$code" | tr -d -)")" 303
is "as a password" "$(status_of -u "x:$code" "$url")" 200
is "a Host of others is refused" "$(status_of -b jar -H 'Host: example.org' "$url") $(status_of -H 'Host: example.org' -d "code=$code" "${url}code")" "403 403"
is "other methods, other places to post to" "$(status_of -b jar -X DELETE "$url") $(status_of -b jar -d a=b "$url")" "405 405"
is "a form too long" "$(head -c 1000 /dev/zero | tr '\0' a | status_of --data-binary @- "${url}code")" 413
is "a header too long" "$(status_of -b jar -H "X: $(printf '%40000s' '' | tr ' ' a)" "$url" | grep -c '^4')" 1
has "pages may load nothing from elsewhere" "$(get -D - -o /dev/null "$url")" "default-src 'none'"
no "plain HTTP is not answered" curl -sf -m 5 "http://$host/"
is "TLS 1.1 is refused, 1.2 and 1.3 are spoken" "$(python3 - "$host" <<'EOF'
import socket, ssl, sys, warnings
warnings.simplefilter("ignore")
host, port = sys.argv[1].rsplit(":", 1)
for v in ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3:
    c = ssl.create_default_context(cafile="cert.pem")
    c.set_ciphers("DEFAULT:@SECLEVEL=0")
    c.minimum_version = c.maximum_version = v
    try:
        with socket.create_connection((host.strip("[]"), int(port)), 5) as s, c.wrap_socket(s, server_hostname=host.strip("[]")) as t:
            print(t.version(), end=" ")
    except ssl.SSLError as e:
        print("no" if "ALERT" in str(e) or "EOF" in str(e) else e, end=" ")
EOF
)" "no TLSv1.2 TLSv1.3 "

# git
export GIT_SSL_CAINFO="$here/cert.pem"
no "git without the code" git clone -q "$url" g
ok "git clone with it" git clone -q "$url$code" g
is "has main" "$(main g)" "$(main n)"
is "and nothing that waits or was pushed" "$(git ls-remote "$url$code" | cut -f2 | tr '\n' ' ')" "HEAD refs/colep/main refs/heads/main "
is "as a password, too" "$(git ls-remote "https://git:$code@$host/" refs/heads/main | cut -f1)" "$(main n)"
has "protocol version 2" "$(GIT_TRACE_PACKET=1 git ls-remote "$url$code" 2>&1)" "version 2"
ok "older ones" git -c protocol.version=0 ls-remote "$url$code"
check "a push is refused with a sentence" 128 "this node only lends" git -C g push "$url$code" main:refs/heads/x
is "so is its second step" "$(printf 0000 | status_of --data-binary @- "$url$code/git-receive-pack")" 403
is "dumb protocol, files of .git" "$(status_of "$url$code/info/refs") $(status_of "$url$code/objects/info/packs")" "403 303"
unset GIT_SSL_CAINFO

# bodies
pkt() { printf '%04x%s\n' $((${#1} + 5)) "$1"; }
{ pkt "command=ls-refs"; printf 0001; pkt "peel"; printf 0000; } >ask
post() { status_of -H "Git-Protocol: version=2" -H "Content-Type: application/x-git-upload-pack-request" "$@" "$url$code/git-upload-pack"; }
is "a request" "$(post --data-binary @ask) $(grep -ac refs/heads/main body)" "200 1"
gzip -c <ask >ask.gz
is "packed with gzip" "$(post -H 'Content-Encoding: gzip' --data-binary @ask.gz) $(grep -ac refs/heads/main body)" "200 1"
head -c 20 ask.gz >cut.gz
is "cut off" "$(post -H 'Content-Encoding: gzip' --data-binary @cut.gz)" 400
head -c 20000000 /dev/zero | gzip -9 >bomb.gz
is "a bomb" "$(post -H 'Content-Encoding: gzip' --data-binary @bomb.gz) $(cat body)" "400 unpacks to more than 8388608 bytes"
is "another packing" "$(post -H 'Content-Encoding: br' --data-binary @ask.gz)" 415
head -c 3000000 /dev/zero >large
is "too much" "$(post --data-binary @large)" 413
is "too much, in parts" "$(post -H 'Transfer-Encoding: chunked' --data-binary @large | grep -c 200)" 0
is "rubbish" "$(post --data-binary @bomb.gz)" 200
ok "no process is left" await no_git

# joining and syncing
check "join: nobody vouches for the certificate" 3 "say so with --pin" "$COLEP" join "$url$code" m --id bg --root "$root"
check "other words" 3 "has other words" "$COLEP" join "$url$code" m --id bg --root "$root" --pin babab-babab-babab-babab-babab-babab
no "nothing was made" test -e m
ok "join with the words" "$COLEP" join "$url$code" m --id bg --root "$root" --pin "$words"
is "has main" "$(main m)" "$(main n)"
"$COLEP" -C n roster add bg ssh-ed25519 "$(cut -d' ' -f2 keys/*-bg.pub 2>/dev/null || ssh-keygen -y -f keys/*-bg | cut -d' ' -f2)" >/dev/null 2>&1
check "a sync brings what was saved meanwhile, the words asked no more" 0 "origin${TAB}ok${TAB}1" "$COLEP" -C m sync
echo "From the other side." >>m/country-profiles/bg/cp-bg.md; "$COLEP" -C m save >/dev/null 2>&1
check "what is new here stays: they fetch it" 0 "this node only lends" "$COLEP" -C m sync
export GIT_SSL_CAINFO=/dev/null
check "the certificate kept is the one that counts" 0 "origin${TAB}ok" "$COLEP" -C m sync
unset GIT_SSL_CAINFO

# a client that goes away
blob=$(head -c 20000000 /dev/urandom | git -C n hash-object -w --stdin)
big=$(git -C n -c user.name=x -c user.email=x@example.org commit-tree -m big "$(printf '100644 blob %s\tbig\n' "$blob" | git -C n mktree)")
{ pkt "command=fetch"; printf 0001; pkt "want $big"; pkt done; printf 0000; } >want
cat >slow.py <<'EOF'
import os, socket, ssl, sys, time
host, port = sys.argv[1].rsplit(":", 1)
c = ssl.create_default_context(cafile="cert.pem")
s = c.wrap_socket(socket.create_connection((host.strip("[]"), int(port)), 30), server_hostname=host.strip("[]"))
ask = open("want", "rb").read()
s.sendall(b"POST /%s/git-upload-pack HTTP/1.1\r\nHost: %s\r\nGit-Protocol: version=2\r\nContent-Length: %d\r\n\r\n" %
    (sys.argv[2].encode(), sys.argv[1].encode(), len(ask)) + ask)
s.recv(100)
open("began-" + sys.argv[3], "w").close()
while sys.argv[3] == "reader" and (not os.path.exists("go") or s.recv(65536)):
    pass
time.sleep(60)
EOF
slow() { # NAME: begins to fetch and reads no further; sets slow
	python3 slow.py "$host" "$code" "$1" & slow=$!
	await test -e "began-$1"
}
slow one; ok "somebody fetches and reads no further" test -n "$(gits)"
is "others are answered meanwhile" "$(status_of -b jar "$url")" 200
kill -9 "$slow"; wait $slow 2>/dev/null
ok "killed: git ends with the connection" await no_git
slow reader; stopped=$(gits); python3 -c "import os, signal; os.killpg($stopped, signal.SIGSTOP)"; touch go; sleep 1	# git works for long and says nothing
ok "git is silent" grep -q '^State:.*T' "/proc/$stopped/status"
kill -9 "$slow"; wait $slow 2>/dev/null
ok "killed while git is silent: it ends, too" await no_git
for i in 1 2 3 4; do slow "each$i"; all="$all $slow"; done
is "more than four of one address: later" "$(post --data-binary @ask) $(cat body)" "503 Too many are fetching at once; try again in a minute."
kill -9 $all; wait $all 2>/dev/null
ok "all gone" await no_git
is "and there is room again" "$(post --data-binary @ask)" 200
is "silent connections of one address: so many, no more" "$(python3 - "$host" <<'EOF'
import socket, sys, time
host, port = sys.argv[1].rsplit(":", 1)
v = [socket.create_connection((host.strip("[]"), int(port)), 5) for i in range(60)]
time.sleep(1)
closed = 0
for s in v:
    s.setblocking(False)
    try: closed += s.recv(1) == b""
    except BlockingIOError: pass
    except OSError: closed += 1
print(20 <= closed < 60)
EOF
)" True

# wrong codes: last, since this address is shut out then
for i in 1 2 3 4 5; do status_of -d code=2222-2222-2222 "${url}code"; echo; done >codes
is "wrong codes of one address: after five a minute, none is looked at" "$(sort -u codes | tr '\n' ' ') $(status_of -d "code=$code" "${url}code") $(status_of "$url$code")" "403 429  429 429"
is "who is in goes on" "$(status_of -b jar "$url")" 200

kill -TERM $pid; wait $pid; is "SIGTERM ends it with 0" $? 0
before=$code
start n
is "another start, another code" "$([ "$code" != "$before" ] && status_of "$url$code")" 303
check "and another certificate: the one kept is no longer enough" 3 "say so with --pin" "$COLEP" -C m sync "$url$code" 
slow end; was=$(gits)
kill -TERM $pid; wait $pid; is "SIGTERM while somebody fetches: 0" $? 0
no "and no process is left" test -d "/proc/$was"
wait $slow 2>/dev/null
done_testing
