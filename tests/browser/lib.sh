# tests/browser/lib.sh: what the scripts of this folder share; each begins with: . "$ROOT/tests/browser/lib.sh"
# They make communities and sites with the program and hand them to a script for node, which drives Chromium and
# prints TAP.
. "$ROOT/tests/cli/lib.sh"
trap 'rm -rf profile-*' EXIT

give_up() { echo "not ok 1 - $1"; sed 's/^/# /' "$2"; echo "1..1"; exit 1; }
community() { # DIR: of the documents of content/
	"$COLEP" init "$1" --id bps --import "$ROOT/content" >log 2>&1 || give_up "init $1" log
}
site() { # NODE DIR OPTIONS...; exit 1 tells of a bad page, which some tests are after
	local node=$1 dir=$2; shift 2
	"$COLEP" -C "$node" site "$dir" "$@" >log 2>&1 || [ $? -eq 1 ] || give_up "site $dir" log
}
