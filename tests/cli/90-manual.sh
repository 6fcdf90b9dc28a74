#!/bin/sh
# The manual says what the program does: commands, arguments and options as the program prints them, and the
# examples of colep(1) give what they show, those of the README what they show at a terminal. In an example [...] stands for any text, or on a
# line of its own for any lines; ids of commits, their six words and runs of blanks are alike.
. "$ROOT/tests/cli/lib.sh"
ahead=""	# described, and allowed to be missing from a program that has not got them yet
plain() { sed 's/\\-/-/g; s/\\&//g; s/\\e/\\/g' "$@"; }
mkdir bin && ln -s "$COLEP" bin/colep && cp -r "$ROOT/content" . || exit 1
PATH=$PWD/bin:$PATH SOURCE_DATE_EPOCH=1790000000 TERM=xterm
export PATH SOURCE_DATE_EPOCH TERM
unset COLUMNS NO_COLOR
page=$PWD/page work=$PWD esc=$(printf '\033')
plain "$ROOT/docs/colep.1" >"$page"
commands=$(colep help | sed -n 's/^  \([a-z]*\) .*/\1/p')

for f in colep.1 colep.5; do
	mandoc -T lint -W warning "$ROOT/docs/$f" >log 2>&1; told $? "$f has no warning of mandoc" log
done

# ---- commands and options ----
section() { awk -v s=".S$1 $2" 'substr($0, 1, 3) ~ /^\.S[sh]/ { on = $0 == s || (on && $1 == ".Ss" && s ~ /^\.Sh/) } on' "$page"; }
[ -n "$commands" ]; told $? "help lists commands"
for c in $commands; do
	usage=$(colep help "$c" | sed -n '1s/^usage: //p' | sed 's/ \[-C DIR\]//')
	section s "$c" >section
	{ echo "wanted: .Dl $usage"; cat section; } >log
	[ "$(sed -n 2p section)" = ".Dl $usage" ]; told $? "$c: its section begins with '$usage'" log
	grep -q '^\.Sx FILTERS' section && section h FILTERS >>section
	section h OPTIONS >>section
	colep help "$c" | sed -n 's/^  \(-\(.\), \|    \)--\([a-z-]*\) \{0,1\}\([^ ]*\).*/\2 \3 \4/p' | sed 's/^ /- /' |
	while read -r letter long arg; do
		want=".It Fl -$long${arg:+ Ar $arg}"
		[ "$letter" = - ] || want=".It Fl $letter , Fl -$long${arg:+ Ar $arg}"
		grep -qxF -e "$want" section || echo "missing: $want"
	done >log
	! [ -s log ]; told $? "$c: its section has every option" log
done
for c in $(section h COMMANDS | sed -n 's/^\.Ss //p'); do
	case " $(echo $commands) $ahead " in *" $c "*) ;; *) echo "$c" ;; esac
done >log
! [ -s log ]; told $? "no section is of a command that does not exist" log

# ---- colep(5): every key of kb/doc/kind.c in the section of its kind, every heading, rule and vocabulary ----
plain "$ROOT/docs/colep.5" >page5
awk '/^\.Ss/ { sub(/^\.Ss /, ""); at = $0 } /^\.It Cm/ { print at "\t" $3 "\t" ($0 ~ /required once/ ? "P" : $0 ~ /required/ ? "R" : "O") }' \
	page5 | sort >described
awk '/^(static )?const struct key_rule .*\[\] = / { at = $0; sub(/.*key_rule /, "", at); sub(/\[.*/, "", at); gsub(/_/, "-", at)
		at = at == "common-keys" ? "All kinds" : at == "translation-keys" ? "Translations" : at }
	/^\t\{ "[a-z-]+", KEY_/ { gsub(/[{",]/, ""); print at "\t" $1 "\t" $3 }' "$ROOT/kb/doc/kind.c" | sort >known
[ -s known ] && diff known described >log; told $? "colep.5 has the keys of each kind, and which are required" log
sed -n '/^const struct kind kinds/q; s/{ "\([A-Z][^"]*\)", [tf]/\n=\1\n/gp' "$ROOT/kb/doc/kind.c" | sed -n 's/^=//p' | sort -u |
	while read -r h; do grep -qE "^(\.Em )?$h *[,.]\$" page5 || echo "missing: $h"; done >log
! [ -s log ]; told $? "and the headings" log
grep -ohE 'LEVEL_[A-Z]+, "[a-z-]+"|"(label|key)-missing"' "$ROOT/kb/doc/check.c" | sed 's/.*"\(.*\)"/\1/' | sort -u |
	while read -r r; do grep -qE "^\.It Li (.* )?$r( |\$)" page5 || echo "missing: $r"; done >log
! [ -s log ]; told $? "and the rules" log
sed -n 's/^{ "\([a-z-]*\)",.*/\1/p' "$ROOT/kb/doc/vocab.c" |
	while read -r v; do grep -A 1 '^Those built in are' page5 | grep -qw -e "$v" || echo "missing: $v"; done >log
! [ -s log ]; told $? "and the vocabularies" log

# ---- examples ----
cat >match.awk <<'END'
function norm(s) {
	gsub(/[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]+[0-9a-f]/, "~&", s)
	while (match(s, /~[0-9a-f]+/)) {
		hex = substr(s, RSTART + 1, RLENGTH - 1)
		s = substr(s, 1, RSTART - 1) (length(hex) == 40 ? "COMMIT" : hex) substr(s, RSTART + RLENGTH)
	}
	gsub(/[a-z][a-z][a-z][a-z][a-z]-[a-z][a-z][a-z][a-z][a-z]-[a-z][a-z][a-z][a-z][a-z]-[a-z][a-z][a-z][a-z][a-z]-[a-z][a-z][a-z][a-z][a-z]-[a-z][a-z][a-z][a-z][a-z]/, "WORDS", s)
	gsub(/[ \t]+/, " ", s)
	sub(/^ /, "", s); sub(/ $/, "", s)
	return s
}
function fits(line, want,   parts, k, i, at) {
	k = split(want, parts, "[.][.][.]")
	if (k == 1)
		return line == want
	for (i = 1; i <= k; i++) {
		gsub(/^\]| \[$|^\[$/, "", parts[i])
		sub(/^ /, "", parts[i])
		at = parts[i] == "" ? 1 : index(line, parts[i])
		if (!at || (i == 1 && at != 1))
			return 0
		line = substr(line, at + length(parts[i]))
		if (i == k && parts[i] != "" && line != "")
			return 0
	}
	return 1
}
function from(g, w) {
	if (w > nw)
		return g > ng
	if (want[w] == "[...]") {
		for (; g <= ng + 1; g++)
			if (from(g, w + 1))
				return 1
		return 0
	}
	return g <= ng && fits(got[g], want[w]) && from(g + 1, w + 1)
}
FILENAME == ARGV[1] { want[++nw] = norm($0); next }
{ got[++ng] = norm($0) }
END { exit !from(1, 1) }
END
examples() { # NAME: standard input has the examples, a command line after "$ "
	rm -rf "$work/run"; mkdir "$work/run"; cp -r "$ROOT/content" "$work/run/"; cd "$work/run" || exit 1
	: >"$work/want"; command='' count=0
	while IFS= read -r line || [ -n "$line" ]; do
		case $line in
		'$ '*) play "$1"; command=${line#??}; : >"$work/want" ;;
		*) printf '%s\n' "$line" >>"$work/want" ;;
		esac
	done
	play "$1"
	[ $count -ge 5 ]; told $? "$1 has examples"
	cd "$work" || exit 1
}
play() {
	[ -n "$command" ] || return
	count=$((count + 1))
	case $1$command in
	"READMEcolep "*) script -qec "$command" /dev/null </dev/null | sed "s/.*$esc\[K//; s/$esc\[[0-9]*m//g; s/\r//g" >"$work/got" ;;
	*) eval "$command" >"$work/got" 2>&1 ;;
	esac
	awk -f "$work/match.awk" "$work/want" "$work/got"; r=$?
	{ echo "shown:"; cat "$work/want"; echo "got:"; cat "$work/got"; } >"$work/log"
	told $r "$1: $command" "$work/log"
}
section h EXAMPLES | awk '/^\.Ed/ { on = 0 } on { print } /^\.Bd -literal/ { on = 1 }' >man.examples
examples "colep(1)" <man.examples
awk '/^```/ { on = !on; first = 1; next } on && first { shell = /^\$ /; first = 0 } on && shell' "$ROOT/README.md" >readme.examples
examples README <readme.examples
done_testing
