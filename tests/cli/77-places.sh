#!/bin/sh
# Places that peers live at: ssh, http, a folder of somebody else, a stick whose settings run code, one that hangs or floods.
. "$ROOT/tests/cli/lib.sh"
line() { sed -n "s/^$1$TAB//p" .out | head -n 1; }
pids=""
trap 'kill $pids 2>/dev/null' EXIT

colep init a --id bps >.log 2>&1; put a ll-bps-2023-one; colep -C a save >.log 2>&1
root=$(colep -C a status | cut -f10)
colep join a b --id bg --root "$root" >line 2>.log; colep -C a roster add $(cat line) >.log 2>&1; colep -C b sync >.log 2>&1

# ---- ssh: the real client and a server of our own ----
mkdir ssh && chmod 700 ssh && ssh-keygen -q -t ed25519 -N '' -f ssh/host && ssh-keygen -q -t ed25519 -N '' -f ssh/me && cp ssh/me.pub ssh/allowed
mkdir -p /run/sshd 2>/dev/null; port=$((20000 + $$ % 20000))
cat >ssh/config <<EOF
Port $port
ListenAddress 127.0.0.1
HostKey $here/ssh/host
AuthorizedKeysFile $here/ssh/allowed
PidFile $here/ssh/pid
StrictModes no
UsePAM no
PasswordAuthentication no
EOF
/usr/sbin/sshd -D -e -f "$here/ssh/config" 2>ssh/log & pids="$pids $!"
echo "[127.0.0.1]:$port $(cut -d' ' -f1,2 ssh/host.pub)" >ssh/known
export GIT_SSH_COMMAND="ssh -F none -i $here/ssh/me -oUserKnownHostsFile=$here/ssh/known -oIdentitiesOnly=yes"
for i in 1 2 3 4 5 6 7 8 9 10; do ssh -F none -i ssh/me -oUserKnownHostsFile=ssh/known -p $port 127.0.0.1 true 2>ssh/err </dev/null && break; sleep 0.2; done
is "the ssh server answers" "$(cat ssh/err | grep -v '^Warning' | head -n 1)" ""
colep join "ssh://127.0.0.1:$port$here/a" s --id mk --root "$root" >line 2>.log; is "join over ssh" "$(main s)" "$(main a)"
colep -C a roster add $(cat line) >.log 2>&1; run colep -C s sync; is "sync over ssh" "$(line origin)" "ok${TAB}1${TAB}0${TAB}0${TAB}"
put s ll-mk-2023-s; colep -C s save >.log 2>&1; run colep -C s sync; is "and giving" "$(line origin)" "ok${TAB}0${TAB}1${TAB}0${TAB}"
colep -C a save >.log 2>&1; is "one main" "$(main a)" "$(main s)"
echo >ssh/known; check "a host that is not known: said, not asked" 3 "Host key verification failed" colep -C s sync </dev/null
for url in "ssh://-oProxyCommand=touch\$IFS$here/ran/x" "-oProxyCommand=touch $here/ran" "ext::sh -c touch% $here/ran" "ssh://x@-oProxyCommand=touch%20ran/x" \
	"x::y" "git://127.0.0.1/x" "ftp://127.0.0.1/x"; do
	colep -C s sync -- "$url" >.out 2>.err; [ $? -ne 0 ] || fail "$url" "taken"
	colep -C s peer add evil -- "$url" >.out 2>.err; [ $? -ne 0 ] || { colep -C s sync evil >.out 2>&1; colep -C s peer remove evil; }
done
ok "addresses that run a program do not" [ ! -e ran ]
unset GIT_SSH_COMMAND

# ---- http: git's own server, behind a small web server ----
cat >web.py <<'E'
import http.server, os, subprocess, sys
root, mode = sys.argv[1], sys.argv[2]
class H(http.server.BaseHTTPRequestHandler):
	protocol_version = "HTTP/1.0"
	def log_message(self, *a): pass
	def do(self):
		path, _, query = self.path.partition("?")
		body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
		env = dict(os.environ, GIT_PROJECT_ROOT=root, GIT_HTTP_EXPORT_ALL="1", PATH_INFO=path, QUERY_STRING=query, REQUEST_METHOD=self.command,
			CONTENT_TYPE=self.headers.get("Content-Type", ""), HTTP_CONTENT_ENCODING=self.headers.get("Content-Encoding", ""),
			GIT_PROTOCOL=self.headers.get("Git-Protocol", ""), REMOTE_ADDR="127.0.0.1")
		if mode == "write": env["REMOTE_USER"] = "x"
		out = subprocess.run(["git", "http-backend"], input=body, env=env, capture_output=True).stdout
		head, _, rest = out.partition(b"\r\n\r\n")
		lines = dict(l.split(": ", 1) for l in head.decode().split("\r\n") if ": " in l)
		self.send_response(int(lines.pop("Status", "200 OK").split()[0]))
		for k, v in lines.items(): self.send_header(k, v)
		self.end_headers()
		self.wfile.write(rest)
	do_GET = do_POST = do
s = http.server.ThreadingHTTPServer(("127.0.0.1", 0), H)
print(s.server_port, flush=True)
s.serve_forever()
E
for mode in read write; do python3 web.py "$here" $mode >port.$mode 2>web.log & pids="$pids $!"; done
for i in $(seq 50); do [ -s port.read ] && [ -s port.write ] && break; sleep 0.1; done
colep join "http://127.0.0.1:$(cat port.read)/a/.git" w --id al --root "$root" >line 2>.log; is "join over http" "$(main w)" "$(main a)"
colep -C a roster add $(cat line) >.log 2>&1; run colep -C w sync; is "sync over http" "$(line origin)" "ok${TAB}1${TAB}0${TAB}0${TAB}"
put w ll-al-2023-w; colep -C w save >.log 2>&1; run colep -C w sync
is "a server that takes nothing: said, no failure" "$status $(line origin | cut -f1-3)" "0 ok${TAB}0${TAB}0"
has "as what it is" "$out" "takes no commits"
colep -C w peer add there "http://127.0.0.1:$(cat port.write)/a/.git"; run colep -C w sync there; is "one that takes" "$(line there)" "ok${TAB}0${TAB}1${TAB}0${TAB}"
colep -C a save >.log 2>&1; is "one main" "$(main a)" "$(main w)"

# ---- a stick whose settings run code ----
cp -R a stick; git clone -q --bare a bare.git
mkdir evil; printf '#!/bin/sh\ntouch "%s/ran"\n' "$here" >evil/run; chmod +x evil/run
for d in stick/.git bare.git; do
	full=$here/$d; mkdir -p "$d/hooks" "$d/info" "$d/objects/info"
	for h in pre-receive update post-receive post-update reference-transaction push-to-checkout proc-receive pre-auto-gc post-index-change; do cp evil/run "$d/hooks/$h"; done
	set_() { git --git-dir="$d" config "$1" "$2"; }
	for k in core.fsmonitor core.sshCommand core.alternateRefsCommand core.pager core.editor core.askPass uploadpack.packObjectsHook gpg.program gpg.ssh.program \
		core.gitProxy credential.helper diff.external filter.x.smudge filter.x.clean filter.x.process; do set_ $k "$here/evil/run"; done
	set_ receive.denyCurrentBranch updateInstead; set_ gc.auto 1; set_ safe.directory '*'
	echo "* filter=x" >"$d/info/attributes"; echo "$here/b/.git/objects" >"$d/objects/info/alternates"
	set_ core.hooksPath "$full/hooks"
	set_ remote.origin.url ssh://127.0.0.1/x; set_ remote.origin.promisor true; set_ extensions.partialClone origin; set_ core.repositoryFormatVersion 1
done
rm -f ran; (cd stick && timeout 10 git status </dev/null >/dev/null 2>&1); ok "plain git would run it" [ -e ran ]
rm -f ran; put b ll-bg-2023-b; colep -C b save >.log 2>&1
colep -C b peer add stick "$here/stick"; colep -C b peer add bare "$here/bare.git" --relay
run colep -C b sync stick; is "sync with a stick gives and takes" "$(line stick)" "ok${TAB}4${TAB}1${TAB}0${TAB}"
run colep -C b sync bare; is "with a relay on it" "$(line bare | cut -f1,2)" "ok${TAB}0"
colep join "$here/stick" j --root "$root" >.log 2>&1; is "join from it" "$?" 0
ok "and nothing of its settings was run" [ ! -e ran ]
colep -C stick list >.log 2>&1; colep -C stick status >.log 2>&1; colep -C stick search Vans >.log 2>&1
ok "nor by reading it in place" [ ! -e ran ]
if [ "$(id -u)" = 0 ]; then
	put a ll-bps-2023-late; colep -C a save >.log 2>&1; cp -R a theirs; chown -R 65534 theirs
	run colep -C j sync "$here/theirs"; is "a folder of another user is read" "$status $(main j)" "0 $(main a)"
	put b ll-bg-2023-b2; colep -C b save >.log 2>&1; run colep -C b sync "$here/theirs"
	has "but not written to" "$out" "takes no commits"
	is "nothing was put there" "$(ls theirs/.git/refs/colep/from 2>/dev/null)" "$(ls a/.git/refs/colep/from 2>/dev/null)"
fi

# ---- peers that flood, or hang ----
git init -q -b main flood; (cd flood && head -c 3000000 /dev/urandom >x && git add x && git -c user.name=x -c user.email=x@example.org commit -qm x)
git -C b config colep.packMax 1m
run colep -C b sync "$here/flood"; has "more bytes than a pack may have" "$out" "more than 1048576 bytes in one pack; refused (git config colep.packMax)"
git -C b config colep.packMax 1g; git -C b config colep.objectsMax 2; run colep -C b sync "$here/flood"
has "too many objects" "$out" "more than 2 objects; refused (git config colep.objectsMax)"
git -C b config --unset colep.objectsMax
(cd flood && head -c 600000000 /dev/zero >x && git add x && git -c user.name=x -c user.email=x@example.org commit -qm y)
git -C b config colep.inflatedMax 500m; run colep -C b sync "$here/flood"; has "more than it may inflate to" "$out" "refused (git config colep.inflatedMax)"
git -C b config --unset colep.inflatedMax
is "nothing of it is left" "$(ls b/.git/colep | grep quarantine)" ""
before=$(main b)
printf '#!/bin/sh\nexec sleep 1000\n' >hang; chmod +x hang
git -C b config colep.patience 1
GIT_SSH_COMMAND="$here/hang" run colep -C b sync ssh://127.0.0.1/x stick; is "one that says nothing is given up, the others are asked" "$status $(line stick | cut -f1)" "1 ok"
has "with the reason" "$out" "no answer in time"
git -C b config --unset colep.patience
GIT_SSH_COMMAND="$here/hang" "$COLEP" -C b sync ssh://127.0.0.1/x >.out 2>.err & pid=$! child= grandchild=
for i in $(seq 50); do child=$(pgrep -P $pid) && [ -n "$child" ] && grandchild=$(pgrep -P "$child" sleep) && break; sleep 0.1; done
kill -TERM $pid; wait $pid; is "ended while a peer hangs: it ends at once" $? 143
for i in $(seq 30); do kill -0 "$child" 2>/dev/null || break; sleep 0.1; done
no "git is gone with it" kill -0 "$child"
[ -z "$grandchild" ] || kill $grandchild 2>/dev/null
is "main is where it was" "$(main b)" "$before"
run colep -C b sync stick; is "and the next sync works" "$status" 0
is "no lock is left" "$(ls b/.git/*.lock 2>/dev/null)" ""
done_testing
