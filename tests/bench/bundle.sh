#!/bin/sh
# tests/bench/bundle.sh GENERATE HISTORY COLEP [N [COMMITS [SEED]]]: bundles of a community of N documents and COMMITS commits:
# their size against what `git bundle` makes of the same history when it has packed it as well as it can, and the CPU of making
# and reading them. In a folder of its own (in BENCH_DIR, else TMPDIR); leaves nothing behind.
set -eu
generate=$(realpath "$1") history=$(realpath "$2") colep=$(realpath "$3") n=${4:-3000} commits=${5:-600} seed=${6:-1}
work=$(mktemp -d "${BENCH_DIR:-${TMPDIR:-/tmp}}/colep-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 3' INT TERM
export COLEP_KEYS="$work/keys" HOME="$work" GIT_CONFIG_NOSYSTEM=1
cd "$work"
"$generate" "$n" "$seed" docs queries typos
"$colep" init a --id bps --import docs >/dev/null 2>&1 || [ -d a/.git ]	# some texts hold what the checks find
"$history" a "$commits" 6 "$seed" >/dev/null
root=$("$colep" -C a status | cut -f10)

cpu() { # NAME COMMAND...: its CPU seconds
	name=$1; shift
	python3 -c 'import resource, subprocess, sys
r = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
u = resource.getrusage(resource.RUSAGE_CHILDREN)
print("%.2f" % (u.ru_utime + u.ru_stime)); sys.exit(r > 1)' "$@" >"cpu.$name"
}
cpu git-write sh -c 'git -C a bundle create -q ../git.bundle main HEAD'
cp -R a packed; git -C packed gc -q --aggressive --prune=now; git -C packed bundle create -q ../best.bundle main HEAD
cpu plain-write "$colep" -C a bundle plain.bundle
cpu zst-write "$colep" -C a bundle small.zst
cpu age-write "$colep" -C a bundle small.zst.age --to bps
cpu git-read git clone -q git.bundle clone
cpu plain-read "$colep" join plain.bundle b --root "$root"
cpu zst-read "$colep" join small.zst c --root "$root"
[ "$(git -C b rev-parse main)" = "$(git -C c rev-parse main)" ] && [ "$(git -C c rev-parse main)" = "$(git -C a rev-parse main)" ]

row() { # NAME FILE WRITE READ
	awk -v name="$1" -v size="$(wc -c <"$2")" -v git="$(wc -c <git.bundle)" -v best="$(wc -c <best.bundle)" -v w="$3" -v r="$4" \
		'BEGIN { printf "%-34s %10d %8.2f %8.2f %8s %8s\n", name, size, size / git, size / best, w, r }'
}
printf '\nbundles: %d documents, %d commits\n%-34s %10s %8s %8s %8s %8s\n' "$n" "$(git -C a rev-list --count main)" "" bytes "of git's" "of best" "write s" "read s"
row "git bundle, git clone" git.bundle "$(cat cpu.git-write)" "$(cat cpu.git-read)"
row "git bundle after gc --aggressive" best.bundle - -
row "colep bundle, join" plain.bundle "$(cat cpu.plain-write)" "$(cat cpu.plain-read)"
row "the same, .zst" small.zst "$(cat cpu.zst-write)" "$(cat cpu.zst-read)"
row "the same, .zst.age" small.zst.age "$(cat cpu.age-write)" -
