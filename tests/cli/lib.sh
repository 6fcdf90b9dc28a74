# tests/cli/lib.sh: what the scripts of this folder share; each begins with: . "$ROOT/tests/cli/lib.sh"
# The clock stands still unless a test moves it, so that the same run gives the same commits.
n=0 failed=0
export SOURCE_DATE_EPOCH=1700001234	# 2023-11-14T22:33:54Z
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null LC_ALL=C.UTF-8
unset COLEP_DIR COLEP_LANG SSH_AUTH_SOCK GIT_DIR GIT_WORK_TREE 2>/dev/null
here=$PWD
TAB=$(printf '\t')

pass() { n=$((n + 1)); echo "ok $n - $1"; }
fail() { # NAME REASON
	n=$((n + 1)) failed=1
	echo "not ok $n - $1"
	printf '%s\n' "$2" | sed 's/^/# /' | head -n 30
}
ok() { # NAME COMMAND...: the command succeeds
	local name=$1 said; shift
	if said=$("$@" 2>&1); then pass "$name"; else fail "$name" "exit $?: $* said: $said"; fi
}
no() { # NAME COMMAND...: the command answers with a status that is not 0
	local name=$1 said; shift
	if said=$("$@" 2>&1); then fail "$name" "exit 0: $* said: $said"; else pass "$name"; fi
}
told() { # STATUS NAME [LOG=log]: the status of what has been done, and what it said
	if [ "$1" -eq 0 ]; then pass "$2"; else fail "$2" "exit $1: $(cat "${3:-log}" 2>/dev/null)"; fi
}
is() { # NAME GOT WANTED
	if [ "$2" = "$3" ]; then pass "$1"; else fail "$1" "got: $2
wanted: $3"; fi
}
has() { # NAME TEXT PART
	case $2 in *"$3"*) pass "$1" ;; *) fail "$1" "no '$3' in: $2" ;; esac
}
hasnt() { # NAME TEXT PART
	case $2 in *"$3"*) fail "$1" "'$3' in: $2" ;; *) pass "$1" ;; esac
}
run() { # COMMAND...: sets status, out, err
	"$@" >"$here/.out" 2>"$here/.err"; status=$?
	out=$(tr -d '\000' <"$here/.out") err=$(tr -d '\000' <"$here/.err")
}
check() { # NAME STATUS PART COMMAND...: the exit status, and a part of what either stream says
	local name=$1 want=$2 part=$3 found; shift 3
	run "$@"
	case "$out
$err" in *"$part"*) found=1 ;; *) found=0 ;; esac
	if [ "$status" -eq "$want" ] && [ $found -eq 1 ]; then pass "$name"
	else fail "$name" "exit $status, wanted $want and '$part'; said: $out $err"; fi
}
# COMMAND...: until it succeeds, a minute at most; how long a busy machine takes is no finding
await() { local i=0; until "$@"; do [ $i -lt 600 ] || return 1; sleep 0.1; i=$((i + 1)); done; }
colep() { "$COLEP" "$@"; }
main() { git -C "$1" rev-parse main; }
done_testing() { echo "1..$n"; exit $failed; }

# doc ID [KEY=VALUE...]: a document of the id's kind on standard output, which every check passes; "body=TEXT"
# replaces a sentence of its text, KEY= (nothing) leaves the key out.
doc() {
	local id=$1 rest owner kind v; shift
	rest=${id#*-} owner=${rest%%-*} kind=lesson
	case $id in cs-*) kind=case-study ;; mt-*) kind=meeting ;; cp-*) kind=country-profile ;; is-*) kind=issue ;; esac
	{
		printf 'id=%s\nkind=%s\ntitle=A title of %s\nowner=%s\nstatus=submitted\ntlp=TLP:GREEN\nlang=en\ndate=2023-05-01\n' \
			"$id" "$kind" "$id" "$owner"
		echo 'summary=What was seen.'
		echo 'topics=[som]'
		case $kind in
		lesson) printf 'category=lesson\nstage=observation\n' ;;
		case-study) printf 'basis=real-life\ndetail=outline\ncrime=[som]\nchannels=[not-stated]\noutcome=[not-stated]\n' ;;
		meeting) printf 'start=2023-06-01\nformat=online\ncountries=[BG, MK]\nstage=planned\n' ;;
		country-profile) printf 'country=%s\n' "$(echo "$owner" | tr a-z A-Z)" ;;
		issue) printf 'type=trend\nraised-by=%s\nstage=open\n' "$owner" ;;
		esac
		echo 'body=Vans were seen at the border.'
		for v; do printf '%s\n' "$v"; done
	} | awk -F= -v kind="$kind" '
		{ k = $1; v = substr($0, length(k) + 2); if (!(k in at)) { at[k] = ++m; key[m] = k } val[k] = v }
		END {
			print "---"
			for (i = 1; i <= m; i++) if (key[i] != "body" && val[key[i]] != "") print key[i] ": " val[key[i]]
			print "---\n"
			h = kind == "lesson" ? "Observation" : kind == "meeting" ? "Purpose" : kind == "issue" ? \
				"What is new or unsolved" : kind == "country-profile" ? "Situation and trends" : "Summary"
			print "## " h "\n\n" val["body"]
			if (kind == "lesson") print "\n## Recommendation\n\nLook twice."
			if (kind == "case-study") print "\n## What happened\n\nNot stated.\n\n## International cooperation\n\nNot stated.\n\n## What worked\n\nThe hotline."
			if (kind == "meeting") print "\n## Discussion\n\nNot stated."
		}'
}
# put NODE ID [KEY=VALUE...]: the same, at its place in a node
put() {
	local node=$1 id=$2 f rest owner; shift 2
	case $id in cs-*) f=case-studies ;; mt-*) f=meetings ;; cp-*) f=country-profiles ;; is-*) f=issues ;; *) f=lessons ;; esac
	rest=${id#*-} owner=${rest%%-*}
	mkdir -p "$node/$f/$owner"
	doc "$id" "$@" >"$node/$f/$owner/$id.md"
}
# member NODE ID ROLE DIR: a second node with a key of its own, admitted by NODE by hand, as a copy at DIR
member() {
	local key=$here/key-$2 space
	ssh-keygen -q -t ed25519 -N '' -C "node@$2.invalid" -f "$key"
	space=$(command git -C "$1" config colep.space)
	printf 'node@%s.invalid namespaces="git" %s\n' "$2" "$(cut -d' ' -f1,2 "$key.pub")" >>"$1/roster/allowed_signers"
	printf '%s %s\n' "$2" "$3" >>"$1/roster/roles"
	"$COLEP" -C "$1" save -m "Admit $2" >/dev/null || return 1
	cp -R "$1" "$4"
	command git -C "$4" config colep.id "$2"
	cp "$key" "$COLEP_KEYS/$space-$2" && chmod 600 "$COLEP_KEYS/$space-$2"
	command git -C "$4" config user.signingKey "$COLEP_KEYS/$space-$2"
}
# jsonl FILE: is every line a JSON object? A small parser, so that no other language is needed.
jsonl() {
	awk '
	function skip() { while (substr(s, p, 1) ~ /[ ]/) p++ }
	function str(  c) {
		if (substr(s, p, 1) != "\"") return 0
		for (p++; p <= length(s); p++) {
			c = substr(s, p, 1)
			if (c == "\"") { p++; return 1 }
			if (c == "\\") { p++; c = substr(s, p, 1)
				if (c == "u") { if (substr(s, p + 1, 4) !~ /^[0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F]$/) return 0; p += 4 }
				else if (index("\"\\/bfnrt", c) == 0) return 0 }
			else if (c < " ") return 0
		}
		return 0
	}
	function val(  c) {
		c = substr(s, p, 1)
		if (c == "\"") return str()
		if (c == "{") { p++; if (substr(s, p, 1) == "}") { p++; return 1 }
			do { if (!str() || substr(s, p++, 1) != ":" || !val()) return 0 } while (substr(s, p++, 1) == ",")
			return substr(s, p - 1, 1) == "}" }
		if (c == "[") { p++; if (substr(s, p, 1) == "]") { p++; return 1 }
			do { if (!val()) return 0 } while (substr(s, p++, 1) == ",")
			return substr(s, p - 1, 1) == "]" }
		if (match(substr(s, p), /^(true|false|null|-?[0-9]+)/)) { p += RLENGTH; return 1 }
		return 0
	}
	{ s = $0; p = 1; if (substr(s, 1, 1) != "{" || !val() || p != length(s) + 1) { print "no JSON: " s; bad = 1 } }
	END { exit bad }' "$1"
}
