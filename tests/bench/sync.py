#!/usr/bin/env python3
"""tests/bench/sync.py GENERATE HISTORY COLEP [N=10000 [COMMITS=3000 [WRITERS=20 [SEED=1]]]]: what exchanging costs.

Makes a community of N documents with a history of COMMITS authored commits by WRITERS nodes and the merged views
between them (history.c), gives it a second node, and measures by starting the programs. Times are medians in
milliseconds: wall, and processor time (user and system, all programs started included). Beside each stands what git
alone takes on the same repositories. Works in a folder of its own (in BENCH_DIR, else TMPDIR) and leaves nothing
behind; history is made on /dev/shm when that is there. Nothing here passes or fails."""
import os, resource, shutil, statistics, subprocess, sys, tempfile, time

generate, history, colep = (os.path.abspath(p) for p in sys.argv[1:4])
count, commits, writers, seed = [int(x) for x in sys.argv[4:8]] + [10000, 3000, 20, 1][len(sys.argv) - 4:]
ROUNDS = 9


def run(*args, at=".", want=(0,), text=""):
    """One program: (its output, wall, processor time)."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    p = subprocess.run(args, cwd=at, input=text, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wall, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if p.returncode not in want:
        sys.exit(f"sync.py: {' '.join(args)}: exit {p.returncode}: {p.stderr.strip()}")
    return p.stdout, wall * 1e3, (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1e3


def git(*args, **how):
    return run("git", *args, **how)


class Row:
    """Times of one kind of work, one tuple (wall, cpu) a round."""
    rows = []

    def __init__(self, name, of=""):
        self.name, self.of, self.times = name, of, []
        Row.rows.append(self)

    def add(self, *results):
        self.times.append((sum(r[1] for r in results), sum(r[2] for r in results)))

    def median(self, i):
        return statistics.median(t[i] for t in self.times)

    @staticmethod
    def show():
        by = {r.name: r for r in Row.rows}
        print(f"\n{'work':<44}{'wall ms':>10}{'cpu ms':>10}{'rounds':>8}  of git's")
        for r in Row.rows:
            peer = by.get(r.of)
            ratio = f"  {r.median(1) / peer.median(1):.2f} x cpu, {r.median(0) / peer.median(0):.2f} x wall ({r.of})" if peer else ""
            print(f"{r.name:<44}{r.median(0):>10.1f}{r.median(1):>10.1f}{len(r.times):>8}{ratio}")


def main(node):
    return git("rev-parse", "refs/heads/main", at=node)[0].strip()


def lesson(node, owner, number, line):
    path = f"{node}/lessons/{owner}/ll-{owner}-2023-bench-{number}.md"
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        f.write(f"---\nid: ll-{owner}-2023-bench-{number}\nkind: lesson\ntitle: Measured {number}\nowner: {owner}\nstatus: submitted\n"
                "tlp: TLP:GREEN\nlang: en\ndate: 2023-05-01\nsummary: What was seen.\ntopics: [som]\ncategory: lesson\n"
                f"stage: observation\n---\n\n## Observation\n\n{line}\n\n## Recommendation\n\nLook twice.\n")
    return path


PACK = "-c", "pack.window=250", "gc", "-q", "--prune=now"  # as a node packs in the background


def pack_bytes(node, have, want):
    """What must travel of `want` to who has `have`."""
    p = subprocess.run(["git", "pack-objects", "--revs", "--thin", "--stdout", "-q", "--delta-base-offset"], cwd=node,
                       input=f"{want}\n^{have}\n".encode(), stdout=subprocess.PIPE, check=True)
    return len(p.stdout)


def merging_bytes(node):
    """Packed bytes of the stored merged views, by type: their commits, and trees and blobs that no authored commit has."""
    revs = git("rev-list", "--parents", "main", at=node)[0].splitlines()
    signed = set(git("rev-list", "--grep=^Colep-Seq: ", "main", at=node)[0].split())
    authored = [r.split()[0] for r in revs if r.split()[0] in signed]
    text = "\n".join(authored) + "\n"
    named = {line.split()[0] for line in git("rev-list", "--objects", "--no-walk=unsorted", "--stdin", at=node, text=text)[0].splitlines()}
    every = {line.split()[0] for line in git("rev-list", "--objects", "main", at=node)[0].splitlines()}
    sizes = {}
    for line in git("cat-file", "--batch-all-objects", "--batch-check=%(objectname) %(objecttype) %(objectsize:disk)", at=node)[0].splitlines():
        name, kind, size = line.split()
        if name in every and name not in named:
            sizes[kind] = sizes.get(kind, 0) + int(size)
    return len(authored), len(revs) - len(authored), sizes


def measure(top):
    c = lambda node, *args, **how: run(colep, "-C", node, *args, **how)
    a, b = f"{top}/a", f"{top}/b"
    plain_a, plain_b = f"{top}/plain-a", f"{top}/plain-b"

    # ---- a history ----
    making = tempfile.mkdtemp(prefix="colep-bench.", dir="/dev/shm") if os.access("/dev/shm", os.W_OK) else top
    try:
        run(generate, str(count), str(seed), f"{making}/docs", f"{making}/queries", f"{making}/typos")
        run(colep, "init", f"{making}/node", "--id", "bps", "--import", f"{making}/docs")
        said, wall, _ = run(history, f"{making}/node", str(commits), str(writers), str(seed))
        git(*PACK, at=f"{making}/node")
        shutil.copytree(f"{making}/node", a, symlinks=True)
    finally:
        if making != top:
            shutil.rmtree(making)
    c(a, "index")
    n = int(git("rev-list", "--count", "main", at=a)[0])
    print(f"{count} documents, {said.strip()} made in {wall / 1e3:.0f} s, {n} below main")

    # ---- the first copy ----
    root = c(a, "status")[0].split("\t")[9].strip()
    join, clone = Row("join", "git clone"), Row("git clone")
    for i in range(2):
        shutil.rmtree(b, ignore_errors=True)
        shutil.rmtree(plain_b, ignore_errors=True)
        shutil.rmtree(os.environ["COLEP_KEYS"] + ".b", ignore_errors=True)
        os.environ["COLEP_KEYS"] += ".b"
        said = run(colep, "join", a, b, "--id", "bg-bench", "--root", root)
        os.environ["COLEP_KEYS"] = os.environ["COLEP_KEYS"][:-2]
        join.add(said)
        clone.add(git("clone", "-q", a, plain_b))
    c(a, "roster", "add", *said[0].split())
    key = [f for f in os.listdir(os.environ["COLEP_KEYS"] + ".b")]
    for f in key:
        shutil.move(f"{os.environ['COLEP_KEYS']}.b/{f}", os.environ["COLEP_KEYS"])
    c(b, "sync")

    # ---- the whole history judged ----
    verify = Row("verify")
    for i in range(2):
        verify.add(c(a, "verify"))
    print(f"verify: {verify.median(1) * 1e3 / n:.0f} us of processor time a commit or merged view")

    # ---- plain git on the same objects ----
    git("clone", "-q", "--no-local", a, plain_a)
    git("remote", "set-url", "origin", plain_a, at=plain_b)
    git("pull", "-q", "--ff-only", at=plain_b)
    for node in plain_a, plain_b:
        git("config", "receive.denyCurrentBranch", "ignore", at=node)
        git("config", "user.name", "bench", at=node)
        git("config", "user.email", "bench@example.org", at=node)
        git("config", "gc.auto", "0", at=node)

    # ---- one new document here, one changed there ----
    save, commit = Row("save of one document", "git add, commit"), Row("git add, commit")
    ours, theirs = Row("sync that merges, of who asks", "git pull (merge), push"), Row("the same, of who was pushed to")
    pull = Row("git pull (merge), push")
    idle, look = Row("sync with nothing new", "git ls-remote"), Row("git ls-remote")
    found = Row("search that finds it")
    wire, plain_wire = [], []
    for i in range(ROUNDS):
        lesson(b, "bg", i, f"Vans were seen, round {i}.")
        save.add(c(b, "save"))
        shared = main(a)
        lesson(a, "bps", i % 2, f"Boats were seen, round {i}.")
        c(a, "save")
        before = main(a), main(b)
        ours.add(c(b, "sync"))
        theirs.add(c(a, "sync"))
        assert main(a) == main(b) != before[0]
        found.add(c(a, "search", f"round {i} vans"))
        wire.append(pack_bytes(b, before[1], before[0]) + pack_bytes(b, before[0], main(b)))
        idle.add(c(b, "sync"))
        look.add(git("ls-remote", "-q", a, "refs/heads/main", at=b))

        lesson(plain_b, "bg", i, f"Vans were seen, round {i}.")
        x = git("add", "-A", at=plain_b)
        commit.add(x, git("commit", "-q", "-m", "x", at=plain_b))
        git("reset", "-q", "--hard", at=plain_a)
        lesson(plain_a, "bps", i % 2, f"Boats were seen, round {i}.")
        git("add", "-A", at=plain_a)
        git("commit", "-q", "-m", "y", at=plain_a)
        before = main(plain_a), main(plain_b)
        x = git("pull", "-q", "--no-rebase", "--no-edit", at=plain_b)
        pull.add(x, git("push", "-q", at=plain_b))
        plain_wire.append(pack_bytes(plain_b, before[1], before[0]) + pack_bytes(plain_b, before[0], main(plain_b)))
    print(f"one new document, one changed: {statistics.median(wire):.0f} bytes of packs on the wire, {statistics.median(plain_wire):.0f} of git's")

    # ---- many heads ----
    heads = git("for-each-ref", "--format=%(objectname) %(refname:lstrip=2)", "refs/bench", at=a)[0].splitlines()
    fold = Row(f"{len(heads)} heads pushed: judged, merged, written")
    for line in heads:
        git("update-ref", f"refs/colep/from/{line.split()[1]}", line.split()[0], at=a)
    fold.add(c(a, "sync"))
    assert len(git("cat-file", "commit", "main", at=a)[0].split("\nparent ")) > len(heads) - 1

    # ---- what merging adds to the history ----
    git(*PACK, at=a)
    authored, merged, sizes = merging_bytes(a)
    each = ", ".join(f"{size / authored:.0f} of {kind}s" for kind, size in sorted(sizes.items()))
    print(f"{authored} authored commits, {merged} merged views stored: {sum(sizes.values()) / authored:.0f} bytes of packed history "
          f"an authored commit for merging ({each})")
    Row.show()


os.environ.update(GIT_CONFIG_NOSYSTEM="1", GIT_CONFIG_GLOBAL="/dev/null", LC_ALL="C.UTF-8")
for name in ("COLEP_DIR", "SOURCE_DATE_EPOCH", "GIT_DIR"):
    os.environ.pop(name, None)
with tempfile.TemporaryDirectory(prefix="colep-bench.", dir=os.environ.get("BENCH_DIR")) as work:
    os.environ["HOME"], os.environ["COLEP_KEYS"] = work, f"{work}/keys"
    measure(work)
