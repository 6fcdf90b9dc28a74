#!/bin/sh
# What a peer may send that must not count: each is a peer whose main joins a good commit and a bad one. The bad one is
# refused or kept out of the view with one sentence, and the good one is taken all the same. Each check of the code has
# a case that fails without it: see tests/merge/mutants.
. "$ROOT/tests/cli/lib.sh"
. "$ROOT/tests/cli/forge.sh"
forge_setup

# ---- who wrote it ----
on forged-author && { good; b=$(sign mk "$(lie)" "$(main a)" bg/$(inc 900) 1); offer "$b" 'do not stand together' "forged author, a good signature by another member"; }
on forged-name && { good; b=$(sign mk "$(lie)" "$(main a)" mk/$(inc 901) 1 "" "" "BG node"); offer "$b" 'author and committer are not the node' "the name of another node on a commit"; }
# resign KEY: the commit on standard input, signed anew with that key as it stands
resign() {
	awk '/^gpgsig/ { skip = 1; next } skip && /^ / { next } { skip = 0; print }' >raw; rm -f raw.sig
	ssh-keygen -q -Y sign -n "${2:-git}" -f "$COLEP_KEYS/$space-$1" raw 2>/dev/null
	{ sed '/^$/,$d' raw; sed '1s/^/gpgsig /; 2,$s/^/ /' raw.sig; sed -n '/^$/,$p' raw; } | raw commit
}
if on forged-person; then
	for x in author committer; do
		good; b=$(sign mk "$(lie)" "$(main a)" mk/$(inc 902) 1); b=$(w cat-file commit "$b" | sed "s/^$x .*>/$x Jane Doe <jane@example.org>/" | resign mk)
		ok "the forgery itself is signed well" git -C w -c gpg.format=ssh -c gpg.ssh.allowedSignersFile="$here/a/roster/allowed_signers" verify-commit "$b"
		offer "$b" 'author and committer are not the node' "a foreign $x"
	done
fi
on stranger && { good; b=$(sign xx "$(lie)" "$(main a)" xx/$(inc 903) 1); offer "$b" 'do not stand together' "a stranger"; }
on unsigned && { good; b=$(w commit-tree -p "$(main a)" -m "Unsigned" "$(lie)"); offer "$b" 'no merged view' "an unsigned commit"; }
on changed && { good; b=$(sign bg "$(lie)" "$(main a)" bg/$(inc 904) 1); b=$(w cat-file commit "$b" | sed 's/^Forged$/Turned/' | raw commit); offer "$b" 'signature' "a commit changed after it was signed"; }
on moved && { good; b=$(sign bg "$(lie)" "$(git -C a rev-list --first-parent main | sed -n 2p)" bg/$(inc 905) 1); b=$(w cat-file commit "$b" | sed "s/^parent .*/parent $(main a)/" | raw commit); offer "$b" 'signature' "a signature on another parent"; }
on namespace && { good; b=$(sign mk "$(lie)" "$(main a)" mk/$(inc 906) 1); b=$(w cat-file commit "$b" | resign mk file); offer "$b" 'do not stand together' "a signature made for something else than git"; }
on revoked && {
	line=$(colep join a gone --id gone --root "$root" 2>/dev/null) && colep -C a roster add $line >.log 2>&1; colep -C a roster revoke gone >.log 2>&1
	good; b=$(sign gone "$(lie)" "$(main a)" gone/$(inc 907) 1); offer "$b" 'revoked before it was made' "a key that was revoked below it"
}

# ---- which space, node, number ----
on other-space && { good; b=$(sign bg "$(lie)" "$(main a)" bg/$(inc 910) 1 "" 1111111111111111111111111111111111111111); offer "$b" 'another community' "made for another space"; }
on other-genesis && {
	colep init other --id bg >.log 2>&1; w fetch -q ../other main; good
	offer "$(main other)" 'another community' "the history of another community"
}
on other-node && { good; b=$(sign bg "$(lie)" "$(main a)" mk/$(inc 911) 1); offer "$b" 'do not stand together' "another node's name"; }
on number && { good; b=$(sign bg "$(lie)" "$(main a)" bg/$(inc 912) 2); offer "$b" 'number is not 1' "a number without what stands before it"; }
on number-again && {
	good; one=$g; colep -C a sync "$here/evil" >.log 2>&1; w push -q -f ../evil "$g:refs/heads/main"; colep -C a sync "$here/evil" >.log 2>&1
	good; b=$(sign bg "$(lie)" "$(main a)" bg/$(inc $((turn - 1))) 3 "$one"); offer "$b" 'number does not follow' "replayed with another number"
}
on other-node-row && { good; x=$(sign bg "$(lie)" "$(main a)" bg/$(inc 917) 1); b=$(sign mk "$(lie)" "$x" mk/$(inc 917) 2 "$x"); offer "$b" "another writer's" "on top of another node's row of the same name"; }
on other-row && { good; b=$(sign bg "$(lie)" "$(main a)" bg/$(inc 913) 2 "$(git -C a rev-list -1 --grep='^Colep-Node: bps/' main)"); offer "$b" "another writer's" "on top of another writer's row"; }
on other-incarnation && {
	good; w push -q -f ../evil "$g:refs/heads/main"; colep -C a sync "$here/evil" >.log 2>&1; one=$g
	good; b=$(sign bg "$(lie)" "$(main a)" bg/$(inc 914) 2 "$one"); offer "$b" "another writer's" "on top of a row of another incarnation"
}
on unseen && { good; x=$(sign bg "$(lie)" "$(main a)" bg/$(inc 915) 1); b=$(sign bg "$(lie)" "$(main a)" bg/$(inc 915) 2 "$x"); offer "$b" 'not in its past' "a commit before it that it has not in its past"; }
on long-message && {
	good; b=$(sign mk "$(lie)" "$(main a)" mk/$(inc 916) 1); b=$(w cat-file commit "$b" | sed "s/^Forged\$/$(head -c 5000 /dev/zero | tr '\0' x)/" | resign mk); offer "$b" 'more than 4 KiB' "a message of 5 KB"
}

# ---- merged views that are none ----
if on evil-merge; then
	good; h=$(sign mk "$(git -C a show main:$own >f.md; echo 'By mk.' >>f.md; with "$(main a)" $own f.md)" "$(main a)" mk/$(inc 920) 1)
	colep join a reader --root "$root" >.log 2>&1	# it makes the true one
	for x in $g $h; do w push -q -f ../evil "$x:refs/heads/main"; colep -C reader sync "$here/evil" >.log 2>&1; done
	m=$(main reader); w fetch -q ../reader main
	is "the true merged view has both as parents" "$(git -C w log -1 --format=%P "$m" | tr ' ' '\n' | sort)" "$(printf '%s\n%s\n' "$g" "$h" | sort)"
	m() { w cat-file commit "$m" | sed "$1" | raw commit; }
	wrong() { offer "$1" "${3:-not what its parents give}" "$2"; }
	wrong "$(m "s/^tree .*/tree $(doc ll-bg-2022-more >f.md; with "$m" lessons/bg/ll-bg-2022-more.md f.md)/")" "a merged view with a file more"
	wrong "$(m "s/^tree .*/tree $(w cat-file blob "$m:$profile" | sed '$d' >f.md; with "$m" $profile f.md)/")" "a merged view with a line less"
	wrong "$(m "s/^tree .*/tree $(w cat-file blob "$m:roster/roles" | sed 's/^mk .*/mk secretariat/' >f.md; with "$m" roster/roles f.md)/")" "a merged view with another roster"
	wrong "$(m "s/^tree .*/tree $(git -C a show "$root:roster/allowed_signers" >f.md; with "$m" roster/allowed_signers f.md)/")" "a merged view with a rolled-back roster"
	wrong "$(w cat-file commit "$m" | awk '/^parent/ { p[++n] = $0; if (n == 2) { print p[2]; print p[1] } next } { print }' | raw commit)" "a merged view with its parents in another order" 'not heads in order'
	wrong "$(m 's/^Merged view$/Merged views/')" "a merged view with another message"
	wrong "$(m 's/^Colep-Rules: 1$/Colep-Rules: 7/')" "a merged view of other rules"
	wrong "$(m 's/^author colep/author jane/')" "a merged view with another author"
	wrong "$(m 's/^committer .* 0 +0000$/committer colep <merge@colep.invalid> 1700000000 +0000/')" "a merged view with a date"
	wrong "$(m "/^parent $h/d")" "a merged view with a head missing" 'no merged view'
	wrong "$(m "s/^parent $h/parent $root/")" "a merged view with an old commit for a head" 'not heads in order'
	wrong "$(w cat-file commit "$m" | awk -v p="parent $m" '/^author/ && !done { print p; done = 1 } { print }' | raw commit)" "a merged view on top of another" 'no merged view'
	wrong "$(w cat-file commit "$m" | resign mk)" "a signed merged view"
	wrong "$(w cat-file commit "$m" | sed '/^parent/d' | raw commit)" "a merged view without a parent" 'without a parent'
	x=$(m "s/^tree .*/tree $(lie)/"); b=$(sign mk "$(lie)" "$x" mk/$(inc 921) 1)
	w push -q -f ../evil "$(w commit-tree -p "$g" -p "$b" -m joined "$g^{tree}"):refs/heads/main"; colep -C a sync "$here/evil" >.log 2>&1
	no "what stands on an evil merge is not taken either" git -C a merge-base --is-ancestor "$b" main
	w push -q -f ../evil "$m:refs/heads/main"; colep -C a sync "$here/evil" >.log 2>&1; ok "the true one is" git -C a merge-base --is-ancestor "$h" main
fi

on masked-head && {
	line=$(colep join a late --id late --root "$root" 2>/dev/null) && colep -C a roster add $line >.log 2>&1
	x=$(sign late "$(lie)" "$(main a)" late/$(inc 922) 1); colep -C a roster revoke late >.log 2>&1; r=$(main a); good
	b=$(GIT_AUTHOR_NAME=colep GIT_AUTHOR_EMAIL=merge@colep.invalid GIT_COMMITTER_NAME=colep GIT_COMMITTER_EMAIL=merge@colep.invalid \
		GIT_AUTHOR_DATE='@0 +0000' GIT_COMMITTER_DATE='@0 +0000' w commit-tree $(printf '%s\n%s\n' "$x" "$r" | sort | sed 's/^/-p /') -m 'Merged view

Colep-Rules: 1' "$r^{tree}")
	offer "$b" 'whose key was revoked' "a merged view with the head of a revoked key"
}

# ---- trees ----
if on paths; then
	sub=$(w rev-parse main:lessons) blob=$(w rev-parse main:$lesson)
	for x in . .. .git .GIT .GiT '.g\u200cit' '.\u200dgit' '.git\ufeff' '.\u202eG\u206aIT' git~1 GIT~2 .git. '.git ' '.git::$INDEX_ALLOCATION' '.git:x' '.git\u005c' .gitmodules .gitattributes; do
		good; bad "$(beside "40000 $sub $x")"; offer "$b" 'must not be on a disk' "a folder named '$x'"
	done
	for x in 'a\u005cb' 'a\u000ab' 'a\u007fb' 'a\udcffb'; do
		good; bad "$(beside "100644 $blob $x")"; offer "$b" 'must not be on a disk' "a file named '$x'"
	done
	good; bad "$(tree "40000 $(tree "40000 $(beside "100644 $blob .git") bg") lessons")"; offer "$b" 'must not be on a disk' "a file .git two folders down"
fi
if on modes; then
	sub=$(w rev-parse main:lessons) blob=$(w rev-parse main:$lesson)
	good; bad "$(beside "120000 $blob link")"; offer "$b" 'not a plain file' "a symbolic link"
	good; bad "$(beside "160000 $(main a) module")"; offer "$b" 'not a plain file' "a submodule"
	good; bad "$(beside "100755 $blob run.md")"; offer "$b" 'not a plain file' "an executable"
	for x in 100600 100664 100666 104755; do good; bad "$(beside "$x $blob odd.md")"; offer "$b" 'not a plain file' "mode $x"; done
	good; bad "$(with "$(main a)" $lesson g.md 100755)"; offer "$b" 'not a plain file' "a document made executable"
	good; bad "$(with "$(main a)" $lesson g.md 120000)"; offer "$b" 'not a plain file' "a document made a link"
fi
on odd-tree && {
	blob=$(w rev-parse main:$lesson); good; bad "$(beside "100644 $blob x.md" "100644 $blob x.md")"; offer "$b" 'does not parse' "a name twice in a tree"
}
on long-path && { good; bad "$(with "$(main a)" "lessons/bg/ll-bg-2022-$(head -c 110 /dev/zero | tr '\0' x).md" g.md)"; offer "$b" 'more than 120 bytes' "a long path"; }
on deep && { good; bad "$(with "$(main a)" a/b/c/d/e.md g.md)"; offer "$b" 'nested too deep' "folders nested too deep"; }
on many-files && {
	good; blob=$(w rev-parse main:$lesson)
	bad "$(beside "40000 $(seq -f "%06g" 1 100000 | sed "s/.*/100644 blob $blob	x&.md/" | w mktree) x")"; offer "$b" 'more than 50,000' "100,000 files in one commit"
}
on tree-bomb && {	# a few small trees that name 10^12 files
	good; blob=$(w rev-parse main:$lesson) t=$blob mode=100644
	for x in 1 2 3 4; do t=$(seq -f "%04g" 1 1000 | sed "s/.*/$([ $mode = 100644 ] && echo "100644 blob" || echo "040000 tree") $t	x&/" | w mktree) mode=40000; done
	bad "$(beside "40000 $t x")"; offer "$b" 'more than 50,000' "a tree of 1,000 times 1,000 times 1,000 times 1,000 files"
}
on folder-bomb && {	# the same without a file
	good; t=$(w mktree </dev/null)
	for x in 1 2 3 4; do t=$(seq -f "%04g" 1 1000 | sed "s/.*/040000 tree $t	x&/" | w mktree); done
	bad "$(beside "40000 $t x")"; offer "$b" 'does not parse' "as many folders without a file"
}

# ---- sizes ----
on big-blob && {	# what the program and its children used at most, in KiB, is the third line
	truncate -s 1G big.md; good; bad "$(with "$(main a)" lessons/mk/ll-mk-2022-big.md big.md)"; rm big.md
	w push -q -f ../evil "$(w commit-tree -p "$g" -p "$b" -m joined "$g^{tree}"):refs/heads/main" 2>.log
	before=$(du -sk a | cut -f1)
	python3 -c 'import resource, subprocess, sys
subprocess.run(sys.argv[1:]); print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' "$COLEP" -C a sync "$here/evil" >used 2>&1
	ok "a blob of 1 GiB: the good commit beside it is taken" git -C a merge-base --is-ancestor "$g" main
	check "a blob of 1 GiB: why says why" 0 "256 KiB" colep -C a why "$b"
	ok "less than 200 MB of memory were used ($(tail -n 1 used) KiB)" [ "$(tail -n 1 used)" -lt 200000 ]
	ok "and it does not stay" [ $(($(du -sk a | cut -f1) - before)) -lt 2000 ]
}
on commit-bomb && {
	good; b=$({ w cat-file commit "$g"; head -c 100000000 /dev/zero | tr '\0' x; echo; } | raw commit); offer "$b" 'does not parse, or is larger' "a commit that inflates to 100 MB"
}
on large && { good; { doc ll-mk-2022-large; head -c 300000 /dev/zero | tr '\0' x; } >f.md; bad "$(with "$(main a)" lessons/mk/ll-mk-2022-large.md f.md)"; offer "$b" '256 KiB' "a document of 300 KB"; }
on large-other && { good; head -c 300000 /dev/zero | tr '\0' x >f.md; bad "$(with "$(main a)" notes.md f.md)"; offer "$b" '256 KiB' "any other file of 300 KB"; }

# ---- labels ----
on above && { good; doc ll-mk-2022-high tlp=TLP:AMBER >f.md; bad "$(with "$(main a)" lessons/mk/ll-mk-2022-high.md f.md)"; offer "$b" 'above TLP:GREEN' "a document above the ceiling"; }
on raised && { good; git -C a show main:$own | sed 's/^tlp:.*/tlp: TLP:RED/' >f.md; bad "$(with "$(main a)" $own f.md)"; offer "$b" 'above TLP:GREEN' "a document raised above the ceiling"; }
on unlabelled && { good; doc ll-mk-2022-none tlp= >f.md; bad "$(with "$(main a)" lessons/mk/ll-mk-2022-none.md f.md)"; offer "$b" 'without a label' "a document without a label"; }
on mislabelled && { good; doc ll-mk-2022-odd tlp=PUBLIC >f.md; bad "$(with "$(main a)" lessons/mk/ll-mk-2022-odd.md f.md)"; offer "$b" 'without a label' "a document with a label that is none"; }
on no-front && { good; echo 'tlp: TLP:GREEN' >f.md; bad "$(with "$(main a)" lessons/mk/ll-mk-2022-bare.md f.md)"; offer "$b" 'without a label' "a document without front matter"; }

# ---- guarded keys and files: accepted, and without effect ----
at=2000
# guarded NAME WHY SED...: mk writes to bg's document; the title counts, the rest does not
guarded() {
	local name=$1 why=$2 was; shift 2; at=$((at + 1))
	was=$(git -C a show main:$lesson | grep -v '^title:')
	git -C a show main:$lesson | sed "s/^title:.*/title: Counts $at/; $1" >f.md; b=$(sign mk "$(with "$(main a)" $lesson f.md)" "$(main a)" mk/$(inc $at) 1)
	w push -q -f ../evil "$b:refs/heads/main"; colep -C a sync "$here/evil" >.log 2>&1
	ok "$name: the commit is taken" git -C a merge-base --is-ancestor "$b" main
	has "$name: the rest of it counts" "$(git -C a show main:$lesson)" "title: Counts $at"
	is "$name: has no effect" "$(git -C a show main:$lesson | grep -v '^title:')" "$was"
	check "$name: why says so" 0 "${TAB}kept out$TAB$why" colep -C a why "$b"
}
on guard-tlp && guarded "a stranger to a document lowers its label" 'mk has not the right to change tlp' 's/^tlp:.*/tlp: TLP:CLEAR/'
on guard-status && guarded "publishes it" 'mk has not the right to change status' 's/^status:.*/status: published/'
on guard-cleared && guarded "clears it" 'mk has not the right to change status' 's/^status:.*/status: cleared/'
on guard-withdrawn && guarded "withdraws it" 'mk has not the right to change status' 's/^status:.*/status: withdrawn/'
on guard-cleared-by && guarded "says who cleared it" 'mk has not the right to change cleared-by' 's/^lang:.*/&\ncleared-by: focal point, mk/'
on guard-cleared-on && guarded "says when" 'mk has not the right to change cleared-on' 's/^lang:.*/&\ncleared-on: 2023-01-01/'
on guard-endorsed && guarded "endorses it" 'mk has not the right to change endorsed-at' 's/^lang:.*/&\nendorsed-at: mt-bps-2022-x/'
on guard-owner && guarded "takes it over" 'mk has not the right to change owner' 's/^owner:.*/owner: mk/'
on guard-variant && guarded "writes another owner beside" 'mk has not the right to change owner' 's/^owner:.*/&\nowner@2: mk/'
on guard-variants && guarded "writes two owners at once" 'mk has not the right to change owner' 's/^owner:.*/owner: pk\nowner@2: mk/'
on guard-again && {	# not by deleting and writing anew either
	was=$(git -C a show main:$lesson | grep -E '^(status|owner):')
	b=$(sign mk "$(w fetch -q ../a main; w read-tree "$(main a)"; w rm -q --cached $lesson; w write-tree)" "$(main a)" mk/$(inc 2100) 1)
	git -C a show main:$lesson | sed 's/^owner:.*/owner: mk/; s/^status:.*/status: published/' >f.md
	b=$(sign mk "$(with "$b" $lesson f.md)" "$b" mk/$(inc 2100) 2 "$b")
	w push -q -f ../evil "$b:refs/heads/main"; colep -C a sync "$here/evil" >.log 2>&1
	is "deleted and written anew: guarded keys are what they were" "$(git -C a show main:$lesson | grep -E '^(status|owner):')" "$was"
}
# kept NAME WHY: $b is taken
kept() {
	w push -q -f ../evil "$b:refs/heads/main"; colep -C a sync "$here/evil" >.log 2>&1
	ok "$1: the commit is taken" git -C a merge-base --is-ancestor "$b" main
	check "$1: what of it does not count, why says" 0 "${TAB}kept out$TAB$2" colep -C a why "$b"
}
if on guard-roster; then
	git -C a show main:roster/roles | sed 's/^mk .*/mk secretariat/' >f.md; b=$(sign mk "$(with "$(main a)" roster/roles f.md)" "$(main a)" mk/$(inc 2200) 1)
	kept "a member gives itself a role" 'only the Secretariat'
	hasnt "and does not have it" "$(colep -C a roster)" "mk${TAB}mk${TAB}secretariat"
	one=$b; b=$(sign mk "$(doc ll-mk-2022-x >f.md; with "$b" vocab/topics.md f.md)" "$b" mk/$(inc 2200) 2 "$b"); kept "who then writes on top of that, in vocab/" 'only the Secretariat'
	no "changes nothing there" git -C a cat-file -e main:vocab/topics.md
	git -C a show main:$lesson | sed 's/^status:.*/status: published/' >f.md; b=$(sign mk "$(with "$b" $lesson f.md)" "$b" mk/$(inc 2200) 3 "$b"); kept "and publishes by it" 'mk has not the right to change status'
fi
on guard-admit && {
	printf '%s\nnode@xx.invalid namespaces="git" %s\n' "$(git -C a show main:roster/allowed_signers)" "$(cut -d' ' -f1,2 "$COLEP_KEYS/$space-xx.pub")" >f.md
	b=$(sign mk "$(with "$(main a)" roster/allowed_signers f.md)" "$(main a)" mk/$(inc 2210) 1); one=$b; kept "a member admits a stranger" 'only the Secretariat'
	good; b=$(sign xx "$(lie)" "$one" xx/$(inc 2211) 1); offer "$b" 'do not stand together' "who then writes"
}
on guard-revoke && {
	printf 'bg %s\n' "$(cut -d' ' -f2 "$COLEP_KEYS/$space-bg.pub")" >f.md
	b=$(sign mk "$(with "$(main a)" roster/revoked f.md)" "$(main a)" mk/$(inc 2220) 1); kept "a member revokes another" 'only the Secretariat'
	hasnt "who is a member still" "$(colep -C a roster | grep '^bg	')" revoked
}
on guard-last && {
	{ git -C a show main:roster/revoked 2>/dev/null; printf 'bps %s\n' "$(git -C a show main:roster/allowed_signers | sed -n 's/^node@bps\.invalid.* //p')"; } | sort >f.md
	b=$(sign bps "$(with "$(main a)" roster/revoked f.md)" "$(main a)" bps/$(inc 2225) 1); kept "the only Secretariat revokes itself" 'its revocation of bps does not count: no secretariat would be left'
	has "and is it still" "$(colep -C a roster | grep '^bps	')" "secretariat${TAB}active"
}
on guard-vocab && {
	b=$(sign mk "$(echo '# Topics' >f.md; with "$(main a)" vocab/topics.md f.md)" "$(main a)" mk/$(inc 2230) 1); kept "a member changes a vocabulary" 'only the Secretariat'
	no "which is not there" git -C a cat-file -e main:vocab/topics.md
}
on guard-rollback && {
	git -C a show "$root:roster/allowed_signers" >f.md; git -C a show main:roster/allowed_signers >was
	b=$(sign bps "$(with "$(main a)" roster/allowed_signers f.md)" "$(main a)" bps/$(inc 2240) 1); w push -q -f ../evil "$b:refs/heads/main"; colep -C a sync "$here/evil" >.log 2>&1
	ok "a roster rolled back by the Secretariat itself is taken" git -C a merge-base --is-ancestor "$b" main
	is "allowed_signers loses no line" "$(git -C a show main:roster/allowed_signers)" "$(cat was)"
	b=$(sign mk "$(with "$(main a)" roster/allowed_signers f.md)" "$(main a)" mk/$(inc 2241) 1); kept "and by a member" 'only the Secretariat'
	is "neither" "$(git -C a show main:roster/allowed_signers)" "$(cat was)"
}
on no-document && {
	b=$(sign mk "$(with "$(main a)" notes/x.md src/lessons/bg/ll-bg-2022-hawala.md)" "$(main a)" mk/$(inc 2250) 1); kept "a path of no document" 'no path of a document'
	no "is not in the view" git -C a cat-file -e main:notes/x.md
	b=$(sign bps "$(with "$(main a)" notes/y.md src/lessons/bg/ll-bg-2022-hawala.md)" "$(main a)" bps/$(inc 2251) 1); kept "a path of no document, by the Secretariat" 'no path of a document'
	no "is not in the view either" git -C a cat-file -e main:notes/y.md
}

# ---- forks ----
if on forks; then
	set_() { git -C a show main:$lesson | sed "$1" >f.md; with "$(main a)" $lesson f.md; }
	b=$(sign bg "$(set_ 's/^title:.*/title: One branch/')" "$(main a)" bg/$(inc 3000) 1); e=$(sign bg "$(set_ 's/^title:.*/title: Other branch/')" "$(main a)" bg/$(inc 3000) 1)
	for x in $b $e; do w push -q -f ../evil "$x:refs/heads/main"; colep -C a sync "$here/evil" >.log 2>&1; done
	has "two commits of one writer and number: both count" "$(cat a/$lesson)" "title: One branch
title@2: Other branch"
	check "status tells" 0 'used twice' colep -C a status
	check "doctor too" 1 "forks${TAB}bad${TAB}bg made two commits with number 1" colep -C a doctor
fi
if on heads; then
	x=0; base=$(main a) all=
	while [ $x -lt 12 ]; do
		x=$((x + 1)); doc ll-mk-2022-h$x >f.md; b=$(sign mk "$(with "$base" lessons/mk/ll-mk-2022-h$x.md f.md)" "$base" mk/$(inc 4000) 1); all="$all $b"
		w push -q ../a "$b:refs/colep/from/h$x"
	done
	colep -C a save >.log 2>&1; is "of twelve heads of one writer eight are taken" "$(git -C a cat-file commit main | grep -c '^parent')" 8
	good; b=$(w commit-tree $(printf '%s\n' $all | sort | sed 's/^/-p /') -m 'Merged view' "$(lie)"); offer "$b" 'more than 8 heads' "a merged view of twelve heads of one writer"
fi

# ---- what is left is whole ----
check "verify: the whole history holds" 0 holds colep -C a verify
ok "bg takes it" colep -C bg sync
is "and ends up with the same" "$(main bg)" "$(main a)"
check "which holds as well" 0 holds colep -C bg verify
is "git fsck --strict is content" "$(git -C a fsck --strict 2>&1 | grep -v dangling)" ""
is "no quarantine is left behind" "$(ls a/.git/colep | grep quarantine)" ""

# ---- restart ----
if on restart; then
	colep join a r --id bg-r --root "$root" >line 2>.log; colep -C a roster add $(cat line) >>.log 2>&1; colep -C r sync >>.log 2>&1
	echo 'Honest work.' >>r/$profile; colep -C r save >>.log 2>&1; git -C r config remote.origin.pushurl /nowhere
	before=$(main a); ok "restart" colep -C r restart
	is "main is back at what others have" "$(main r)" "$before"
	is "the text is unsaved work" "$(tail -n 1 r/$profile) $(colep -C r status 2>/dev/null | cut -f6)" "Honest work. 1"
	git -C r config --unset remote.origin.pushurl; colep -C r save >.log 2>&1 && colep -C r sync >>.log 2>&1; colep -C a save >>.log 2>&1; colep -C r sync >>.log 2>&1
	is "saved again, others take it" "$(main r)" "$(main a)"
	cp -r keys keys.was; colep -C r doctor >.log; mv r r2; colep -C r2 doctor >>.log; ok "doctor renews no incarnation" diff -r keys keys.was
fi
done_testing
