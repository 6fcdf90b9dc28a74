#!/bin/sh
# Peers that are down, slow, lie, or would run a program: each is told with one sentence, nothing is run or kept, and the
# peers beside it are served all the same. Each check of the code has a case that fails without it: tests/merge/mutants.
. "$ROOT/tests/cli/lib.sh"
. "$ROOT/tests/cli/forge.sh"
forge_setup
colep -C bg sync >.log 2>&1; colep -C mk sync >.log 2>&1
echo 'Worth having.' >>bg/$profile; colep -C bg save >.log 2>&1
git -C a remote add good "$here/bg"
# beside PEER REASON NAME: a sync of a bad peer and a good one: the bad one is missing for that reason, the good one's work is here
try() {
	local bad=$1 why=$2 name=$3
	git -C a config remote.bad.url "$bad"; echo "More $name." >>bg/$profile; colep -C bg save >.log 2>&1
	run timeout 30 "$COLEP" -C a sync bad good
	is "$name: exit 1, and it is missing" "$status $(echo "$out" | cut -f1,2 | tr '\t\n' '  ')" "1 bad missing good ok "
	has "$name: with a sentence that says why" "$(echo "$out" | grep '^bad')" "$why"
	has "$name: the peer beside it is served" "$(cat a/$profile)" "More $name."
	is "$name: nothing is left behind" "$(ls a/.git/colep | grep quarantine)" ""
}

# ---- down, slow ----
on down-path && try /nowhere 'is not there; is the stick or disk' "a path that is not there"
on down-http && try http://127.0.0.1:1/x 'ailed to connect' "a port where nobody listens"
on down-ssh && { printf '#!/bin/sh\necho "ssh: connect to host x port 22: Connection refused" >&2; exit 255\n' >ssh; chmod +x ssh; GIT_SSH_COMMAND=$here/ssh; export GIT_SSH_COMMAND; try x:y 'Connection refused' "a host that is off"; unset GIT_SSH_COMMAND; }
git -C a config colep.patience 3
on silent && {
	printf '#!/bin/sh\nsleep 60.25\n' >ssh; chmod +x ssh; GIT_SSH_COMMAND=$here/ssh; export GIT_SSH_COMMAND
	try ssh://x/y 'no answer' "a peer that sends nothing for ever"
	is "and what waited for it is ended" "$(ps -eo args | grep -c '[s]leep 60.25')" 0
}
on silent-http && {	# it takes the connection, and that is all
	python3 -c '
import socket, time
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(5); print(s.getsockname()[1], flush=True); time.sleep(60)' >port & server=$!
	while ! [ -s port ]; do sleep 0.1; done
	try "http://127.0.0.1:$(cat port)/x" 'no answer' "a web server that sends nothing for ever"; kill $server
}
on stalls && {	# the beginning of a real answer, and then nothing
	for x in 100 1500; do
		printf '#!/bin/sh\neval git upload-pack %s/bg | { head -c %s; sleep 60; }\n' "$here" $x >ssh; chmod +x ssh; GIT_SSH_COMMAND=$here/ssh; export GIT_SSH_COMMAND
		try ssh://x/y 'no answer' "a peer that stops after $x bytes"
	done
	printf '#!/bin/sh\nif [ -e %s/asked ]; then eval git upload-pack %s/bg | { head -c 600; sleep 60; }; else : >%s/asked; eval git upload-pack %s/bg; fi\n' "$here" "$here" "$here" "$here" >ssh
	try ssh://x/y 'no answer' "a peer that answers, and stops while it gives"
}
on slow && {	# slower than the time given, but it goes on: that is no silence. git hears by packets of 8 KB: one a second
	printf '#!/bin/sh\ngit upload-pack %s/mk | python3 -c "\nimport os, time\nwhile (b := os.read(0, 4096)):\n    for i in range(0, len(b), 512): os.write(1, b[i:i + 512]); time.sleep(0.05)"\n' "$here" >ssh; chmod +x ssh; GIT_SSH_COMMAND=$here/ssh; export GIT_SSH_COMMAND
	echo 'Slowly.' >>mk/$own; head -c 96000 /dev/urandom | base64 >>mk/$own; colep -C mk save >.log 2>&1; git -C a config remote.slow.url ssh://x/y; git -C a config colep.patience 8
	colep -C a sync slow >slow.out 2>slow.err & sync=$!
	sleep 4; echo 'Saved meanwhile.' >>a/$profile; run timeout 3 "$COLEP" -C a save
	is "somebody may save while a sync waits for the line" "$status $(kill -0 $sync && echo syncing)" "0 syncing"
	wait $sync; is "a peer that is only slow is waited for" "$? $(cut -f1,2 slow.out)" "0 slow${TAB}ok"
	has "and its work taken" "$(cat a/$own)" Slowly.
	has "what was saved stands" "$(git -C a show main:$profile)" "Saved meanwhile."
	is "and nothing is left behind" "$(git -C a status --porcelain)$(ls a/.git/colep | grep quarantine)" ""
}
unset GIT_SSH_COMMAND

# ---- lying ----
GIT_SSH_COMMAND=$here/ssh; export GIT_SSH_COMMAND
on garbage && { printf '#!/bin/sh\necho garbage\n' >ssh; chmod +x ssh; try ssh://x/y 'garb' "a peer that talks garbage"; }
on endless && { printf '#!/bin/sh\nyes 003dgarbage\n' >ssh; chmod +x ssh; try ssh://x/y '' "a peer that talks garbage for ever"; }
on missing-objects && {	# it names a commit whose text it has not
	cp -r bg lying; echo 'Not given.' >>lying/$profile; colep -C lying save >.log 2>&1
	o=$(git -C lying rev-parse main:$profile); rm -f lying/.git/objects/$(echo $o | cut -c1-2)/$(echo $o | cut -c3-)
	printf '#!/bin/sh\ngit upload-pack %s/lying\n' "$here" >ssh; chmod +x ssh; try ssh://x/y '' "a peer that has not what it names"
}
on cut-off && { printf '#!/bin/sh\ngit upload-pack %s/bg | head -c 1500\n' "$here" >ssh; chmod +x ssh; try ssh://x/y '' "a peer that ends in the middle"; }
unset GIT_SSH_COMMAND
on no-repository && { mkdir empty; try "$here/empty" 'not appear to be a git repository' "a folder that is no node"; }
on pin && {
	check "words for no peer: that there is none" 3 "nowhere: no peer of this name" colep -C a sync --pin x nowhere
	check "words and no peer: what must be named" 2 "must be named behind them" colep -C a sync --pin x
}

# ---- addresses that would run something ----
if on addresses; then
	touch_it="touch $here/pwned"
	for x in "ext::sh -c '$touch_it'" 'fd::17' "-oProxyCommand=$touch_it" "--upload-pack=$touch_it" "ssh://-oProxyCommand=$touch_it/x" "ssh://user@-oProxyCommand=$touch_it/x" \
	    "-oProxyCommand=$touch_it:x" 'user@-oProxyCommand=touch:x' 'git://127.0.0.1/x' 'ftp://127.0.0.1/x' "$(printf 'ssh://x\n-oProxyCommand=y')" "$(printf '/x\ry')" ''; do
		check "peer add '$x': exit 2" 2 '' colep -C a peer add evil "$x"
		has "peer add '$x': with a sentence" "$err" 'colep: '
		check "join '$x': exit 2" 2 '' colep join "$x" joined --root "$root"
		[ -n "$x" ] && { run colep -C a sync "$x"; ok "sync '$x' reaches nothing" [ "$status" -ge 2 ]; }
		no "'$x' is no peer now" git -C a config remote.evil.url
	done
	no "nothing was joined" test -e joined
	git -C a config protocol.ext.allow always
	try "ext::sh -c '$touch_it'" "would run a program" "an address of that kind put into the configuration by hand"
	try "--upload-pack=$touch_it" 'not a place of a peer' "an option put there"
	git -C a config url."ext::sh -c '$touch_it' ".insteadOf "$here/"
	git -C a config remote.bad.url "$here/mk"; colep -C a sync bad >.log 2>&1; colep -C a sync good >.log 2>&1; git -C a config --unset url."ext::sh -c '$touch_it' ".insteadOf
	no "nothing was run" test -e pwned
fi

# ---- a stick that would run something ----
if on stick; then
	printf '#!/bin/sh\necho "$0 $*" >>%s/pwned\ncat >/dev/null\n' "$here" >evil.sh; chmod +x evil.sh
	cp -r bg stick; mkdir -p stick/.git/hooks
	for x in applypatch-msg pre-receive update post-receive post-update proc-receive reference-transaction push-to-checkout pre-push post-checkout pre-commit post-merge \
	    commit-msg prepare-commit-msg post-index-change fsmonitor-watchman pre-auto-gc post-rewrite; do cp evil.sh stick/.git/hooks/$x; done
	mkdir -p other.git/objects; echo "$here/mk/.git/objects" >>stick/.git/objects/info/alternates
	s() { git -C stick config "$@"; }
	s core.hooksPath "$here/stick/.git/hooks"; s core.alternateRefsCommand "$here/evil.sh"; s core.sshCommand "$here/evil.sh"; s core.askPass "$here/evil.sh"
	s core.pager "$here/evil.sh"; s core.editor "$here/evil.sh"; s uploadpack.packObjectsHook "$here/evil.sh"; s receive.procReceiveRefs refs/colep; s diff.external "$here/evil.sh"
	s credential.helper "!$here/evil.sh"; s gpg.ssh.program "$here/evil.sh"; s gpg.program "$here/evil.sh"; s user.signingKey "$here/evil.sh"; s gpg.ssh.defaultKeyCommand "$here/evil.sh"
	s filter.x.clean "$here/evil.sh"; s filter.x.smudge "$here/evil.sh"; s filter.x.process "$here/evil.sh"; s diff.x.textconv "$here/evil.sh"; s diff.x.command "$here/evil.sh"; s merge.x.driver "$here/evil.sh"
	mkdir -p stick/.git/info; echo '*.md filter=x diff=x merge=x' >stick/.git/info/attributes
	s remote.origin.uploadpack "$here/evil.sh"; s remote.origin.receivepack "$here/evil.sh"; s remote."$here/a".uploadpack "$here/evil.sh"; s remote."$here/a".receivepack "$here/evil.sh"
	s remote.ssh.url ssh://127.0.0.1/x; s remote.http.url http://127.0.0.1:1/x; s http.proxy "ext::$here/evil.sh"; s alias.status "!$here/evil.sh"; s remote.z.promisor true; s remote.z.url "ext::$here/evil.sh"; s extensions.partialClone z
	s uploadpack.allowFilter true; s maintenance.auto true; s gc.auto 1; s core.gitProxy "$here/evil.sh"; s core.fsmonitor "$here/evil.sh"; s sequence.editor "$here/evil.sh"
	rm -f pwned	# git config itself may look at some of them
	echo 'From the stick.' >>stick/$profile; cp -r stick stick2
	echo 'For the stick.' >>a/$profile; colep -C a save >.log 2>&1
	colep -C a sync "$here/stick" >.log 2>&1; colep -C a sync "$here/stick" >>.log 2>&1; colep join "$here/stick" from-stick --root "$root" >>.log 2>&1
	no "a node syncs with the stick: none of its programs is run" test -e pwned
	has "and it is a peer as others" "$(cat .log)" "${TAB}ok${TAB}"
	export COLEP_KEYS
	for x in status 'save -m x' list conflicts inbox verify doctor 'log' diff 'search van' roster 'peer list' news "show cp-bg" "why cp-bg" index "sync $here/a" sync 'adopt nothing' restart; do
		colep -C stick2 $x </dev/null >>.log 2>&1
		no "colep $x in the stick's folder runs none of them" test -e pwned
		rm -f pwned
	done
fi
if on owner; then
	cp -r bg theirs; echo 'Theirs.' >>theirs/$profile; colep -C theirs save >.log 2>&1
	if [ "$(id -u)" = 0 ]; then chown -R 65534:65534 theirs; else unshare -r true && sudo -n chown -R 65534:65534 theirs; fi
	echo 'For them.' >>a/$lesson; colep -C a save >.log 2>&1; colep -C a sync "$here/theirs" >.log 2>&1
	has "a stick of another user is read" "$(cat a/$profile)" Theirs.
	has "not written to, and it is said" "$(cat .log)" 'takes no commits'
	check "opened by itself: only read" 3 'belongs to another user' colep -C theirs sync "$here/a"
fi
is "git fsck --strict is content" "$(git -C a fsck --strict 2>&1 | grep -v dangling)" ""
check "verify: the whole history holds" 0 holds colep -C a verify
done_testing
