#!/usr/bin/python3
"""tests/bench/growth.py GENERATE REPLACE COLEP [N=10000,100000 [BYTES=100 [SEED=1]]]: what a document costs as they
become more.

For each N: a node, N made-up documents (generate.c, bodies of BYTES or more) put into its main by git fast-import, as
importing is not what is measured. Then the index is made anew on one thread: processor time by what it went to, and
for each document; time that passed; size; the largest memory. Queries: 200 of one to three words any of which may be
there (or), the same words all of which must (and), two in a row (phrase), beginnings (prefix), 50 words with one wrong
letter (typo); a query's time is the least of three; median / 95th percentile. One document replaced, beside LMDB's own
commit (replace.c). Works in a folder of its own (in BENCH_DIR, else TMPDIR), leaves nothing behind; nothing passes or fails."""
import os, re, shutil, statistics, subprocess, sys, tempfile, time

generate, replace, colep = (os.path.abspath(p) for p in sys.argv[1:4])
sizes, least, seed = (sys.argv[4:] + ["10000,100000", "100", "1"][len(sys.argv[4:]):])[:3]
PASSES, REPLACED = 3, 60


def run(*args, **more):
    """One program: its output, what it said, its largest memory in KiB, seconds."""
    start = time.monotonic()
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        p = subprocess.Popen(args, stdout=out, stderr=err, **more)
        _, status, used = os.wait4(p.pid, 0)
        p.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0), err.seek(0)
        said = err.read()
        if p.returncode not in (0, 1):
            sys.exit(f"growth.py: {' '.join(args)}: exit {p.returncode}: {said.strip()}")
        return out.read(), said, used.ru_maxrss, time.monotonic() - start


def row(what, *columns):
    print(f"{what:<22}" + "".join(f"{c:>20}" for c in columns), flush=True)


def queries(work):
    """By class, a list of lines of a batch."""
    read = lambda name: [line.rstrip("\n").split("\t") for line in open(f"{work}/{name}", encoding="utf-8")]
    words = [(q, text.split()) for q, text in read("q")]
    several = [(q, w) for q, w in words if len(w) > 1]
    line = lambda q, text: f"{q}\t{text}\n"
    return {"or": [line(q, " ".join(w)) for q, w in words],
            "and": [line(q, " ".join("+" + x for x in w)) for q, w in several],
            "phrase": [line(q, '"' + " ".join(w[:2]) + '"') for q, w in several],
            "prefix": [line(q, w[0][:4]) for q, w in words if len(w[0]) > 4],
            "typo": [line(q, text) for q, text in read("t")]}


def ask(work, lines):
    with open(f"{work}/asked", "w", encoding="utf-8") as f:
        f.writelines(lines)
    said = [run(colep, "-C", f"{work}/node", "search", "--batch", f"{work}/asked", "--timing")[1] for _ in range(PASSES)]
    times = sorted(min(t) for t in zip(*([int(t) for t in re.findall(r"^\S+ (\d+)$", s, re.M)] for s in said)))
    return f"{statistics.median(times):.0f} / {times[len(times) * 95 // 100]:.0f} us"


def measure(work, n):
    node = f"{work}/node"
    run(colep, "init", node, "--id", "bps")
    start = time.monotonic()
    made = subprocess.Popen([generate, str(n), seed, "-", f"{work}/q", f"{work}/t", least], stdout=subprocess.PIPE)
    run("git", "-C", node, "-c", "core.compression=1", "fast-import", "--quiet", "--depth=0", stdin=made.stdout)
    if made.wait():
        sys.exit("growth.py: no documents were made")
    git = time.monotonic() - start
    _, said, peak, wall = run(colep, "-C", node, "index", "--rebuild", "--timing", "--threads", "1")
    spent = {k: int(v) for k, v in re.findall(r"^(\w+) (\d+) ms$", said, re.M)}
    for passed in ("collecting", "analysing", "writing", "total"):
        spent.pop(passed)
    path = next(f"{node}/.git/colep/{f}" for f in os.listdir(f"{node}/.git/colep") if re.fullmatch(r"index-[\d.]+\.mdb", f))
    size, cpu = os.path.getsize(path), sum(spent.values()) / 1e3
    row(f"{n} documents", f"{cpu:.2f} s cpu", f"{1e6 * cpu / n:.1f} us each", f"{wall:.2f} s", f"peak {peak / 1e3:.0f} MB",
        f"{size / 1e6:.1f} MB")
    row("", *(f"{k} {1e3 * v / n:.1f} us" for k, v in spent.items()))
    print(f"   git: {git:.0f} s; index: {size / n:.0f} bytes a document")
    for kind, lines in queries(work).items():
        row(f"  {kind}", ask(work, lines))
    for name, *times in re.findall(r"^(\w+)\t(\d+)\t(\d+)\t(\d+)$", run(replace, node, str(REPLACED))[0], re.M):
        row(f"  {name}", "{} / {} us".format(*times), f"mean {times[2]} us")


for n in sizes.split(","):
    work = tempfile.mkdtemp(prefix="colep-bench.", dir=os.environ.get("BENCH_DIR"))
    os.environ.update(HOME=work, COLEP_KEYS=f"{work}/keys", GIT_CONFIG_NOSYSTEM="1")
    try:
        measure(work, int(n))
    finally:
        shutil.rmtree(work, ignore_errors=True)
