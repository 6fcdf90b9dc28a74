# tests/cli/forge.sh: peers that lie. After lib.sh: . "$ROOT/tests/cli/forge.sh"
#
# A community of three nodes in folders: a (bps, the Secretariat), bg (focal-point) and mk (focal-point); xx has joined
# and was never admitted. w is a plain clone where bad objects are made, evil a bare repository they are offered from.
# $COLEP_ONLY names the cases to run, all when empty: `on NAME || ...`.
on() { case " ${COLEP_ONLY:-$1} " in *" $1 "*) return 0 ;; esac; return 1; }
lesson=lessons/bg/ll-bg-2022-hawala.md profile=country-profiles/bg/cp-bg.md own=country-profiles/mk/cp-mk.md

forge_setup() {
	local i line
	put src ll-bg-2022-hawala tlp=TLP:GREEN; put src cp-bg; put src cp-mk
	colep init a --id bps --import src >.log 2>&1 || { cat .log; exit 1; }
	root=$(git -C a rev-list --max-parents=0 main) space=$root
	for i in bg mk; do
		line=$(colep join a $i --id $i --root "$root" 2>>.log) && colep -C a roster add $line >>.log 2>&1
		colep -C a roster role $i focal-point >>.log 2>&1
	done
	colep join a xx --id xx --root "$root" >>.log 2>&1
	git clone -q a w && git init -q --bare evil
	turn=0
}
w() { git -C w -c gpg.format=ssh -c user.name=joined -c user.email=joined@x.invalid "$@"; }
inc() { printf '%016x' "$1"; }
# with BASE PATH FILE [MODE]: a tree
with() {
	w fetch -q ../a main; rm -f idx; GIT_INDEX_FILE=$here/idx; export GIT_INDEX_FILE
	w read-tree "$1"; w update-index --add --cacheinfo "${4:-100644},$(w hash-object -w "$here/$3"),$2"; w write-tree; unset GIT_INDEX_FILE
}
# sign KEY TREE PARENT NODE/INC SEQ [PREV [SPACE [AUTHOR]]]: a commit
sign() {
	local id=${4%%/*} name
	name="$(echo "$id" | tr a-z A-Z) node"
	[ -z "$8" ] || name=$8
	GIT_AUTHOR_DATE='1700000000 +0000' GIT_COMMITTER_DATE='1700000000 +0000' w -c user.name="$name" -c user.email="node@$id.invalid" \
		-c user.signingKey="$COLEP_KEYS/$space-$1" commit-tree -S -p "$3" -m "Forged

Colep-Space: ${7:-$space}
Colep-Node: $4
Colep-Seq: $5${6:+
Colep-Prev: $6}" "$2"
}
# raw TYPE: an object of the bytes on standard input, whatever they are
raw() { w hash-object --literally -t "$1" -w --stdin; }
# tree LINE...: a tree as it stands, of lines "MODE ID NAME", NAME with escapes such as \u200c, \udcff for the byte ff
tree() {
	python3 -c '
import re, sys
out = []
for mode, oid, name in (l.split(" ", 2) for l in sys.argv[1:]):
    name = re.sub(r"\\u([0-9a-f]{4})", lambda m: chr(int(m[1], 16)), name).encode(errors="surrogateescape")
    out.append((name + b"/" * (mode == "40000"), b"%s %s\0%s" % (mode.encode(), name, bytes.fromhex(oid))))
sys.stdout.buffer.write(b"".join(x for _, x in sorted(out)))' "$@" | raw tree
}
# beside LINE...: main's tree with these entries besides
beside() {
	local IFS='
'
	tree $(w ls-tree "$(main a)" | sed 's/^0*\([0-9]*\) [a-z]* \([0-9a-f]*\)	/\1 \2 /') "$@"
}
# good: $g is a commit by bg as it should be, on top of a's main
good() {
	turn=$((turn + 1))
	git -C a show main:$profile >g.md; echo "Good $turn." >>g.md
	g=$(sign bg "$(with "$(main a)" $profile g.md)" "$(main a)" "bg/$(inc $turn)" 1)
}
# bad TREE: $b is a commit by mk of that tree, on top of a's main
bad() { b=$(sign mk "$1" "$(main a)" "mk/$(inc $((1000 + turn)))" 1); }
lie() { doc ll-mk-2022-lie$turn >f.md; with "$(main a)" lessons/mk/ll-mk-2022-lie$turn.md f.md; }	# a tree with a document more
# offer BAD REASON NAME: the peer has both; the good one is taken, the bad one refused with a sentence
offer() {
	w push -q -f ../evil "$(w commit-tree -p "$g" -p "$1" -m joined "$g^{tree}"):refs/heads/main" >.log 2>&1 || { fail "$3" "could not be forged: $(cat .log)"; return; }
	refused "$@"
}
# refused BAD REASON NAME: after a sync with evil
refused() {
	colep -C a sync "$here/evil" >.log 2>&1; status=$?
	is "$3: sync says that something was refused" "$status $(cut -f2 .log | tail -n 1)" "1 refused"
	ok "$3: the good commit beside it is taken" git -C a merge-base --is-ancestor "$g" main
	no "$3: the bad one is not" git -C a merge-base --is-ancestor "$1" main
	check "$3: why says why" 0 "${TAB}refused$TAB" colep -C a why "$1"
	has "$3: for this reason" "$out" "$2"
}
