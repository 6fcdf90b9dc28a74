#!/usr/bin/python3
"""tests/bench/search.py GENERATE COLEP [N=10000 [SEED=1 [PEERS=fts5,xapian]]]: index and search beside SQLite's
FTS5 and Xapian, on identical texts and query words, in one run.

Makes N documents (generate.c) and a node of them. Indexing: processor time of each, on one thread unless said, and
the time that passed; ours also of analysing and writing alone (a+w), without reading git and packing the stored texts: as
processor time beside that of FTS5, and as time that passed (what each thread spent in analysing, by their number, and all
that writing segments took) beside the time that passed for FTS5. FTS5
with porter, contentless, durable; Xapian with positions, English stemmer, durable. Queries are
drawn from the documents: three words any of which may be there (or), two that must (and), two in a row (phrase),
a beginning that is no word (prefix), a word with one wrong letter (typo; neither peer has the like). Each class runs
PASSES times in each of TURNS, the engines taking turns, each in one process that keeps its index open; a query's time is its
least, so that others' work on the machine, and its own slow moments, count little. What a process pays that asks each query once (pages that come into memory, checks of what is
read first) is told for "or" apart. How many questions find other hits when all hits are counted is told,
which is none where the search passes over documents rightly. Typos are asked of a dictionary of half a million words too, each in one document.
Times in microseconds: median and 95th percentile. The peers' are those of the one call that answers, ids only; ours has
parsing and the ids in it. Ratios are of medians, then of the percentiles. Works in a folder of its own (in BENCH_DIR, else TMPDIR), leaves nothing behind; with
BENCH_KEEP=FOLDER in that one, and when it is there already, what was indexed in it is asked and nothing made. Nothing
passes or fails. Debian's own python3, for python3-xapian."""
import os, random, re, resource, shutil, sqlite3, statistics, subprocess, sys, tempfile, time

generate, colep = (os.path.abspath(p) for p in sys.argv[1:3])
count, seed = [int(x) for x in sys.argv[3:5]] + [10000, 1][len(sys.argv[3:5]):]
peers = sys.argv[5].split(",") if len(sys.argv) > 5 else ["fts5", "xapian"]
QUERIES, PASSES, TURNS, DICTIONARY = 200, 5, 3, 500000
if "xapian" in peers:
    import xapian


def spent():
    return sum(resource.getrusage(w).ru_utime + resource.getrusage(w).ru_stime
               for w in (resource.RUSAGE_CHILDREN, resource.RUSAGE_SELF))


def timed(f, *args):
    """What f gives, processor time, wall time; seconds."""
    c, w = spent(), time.monotonic()
    got = f(*args)
    return got, spent() - c, time.monotonic() - w


# Run a program and say its largest memory in KiB, as "peak N": what a large program like this starts begins with its own.
PEAK = """import os, sys
p = os.spawnvp(os.P_NOWAIT, sys.argv[1], sys.argv[1:])
_, status, used = os.wait4(p, 0)
print("peak", used.ru_maxrss, file=sys.stderr)
sys.exit(os.waitstatus_to_exitcode(status))"""


def run(*args):
    """One program: its output, what it said."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        p = subprocess.Popen(args, stdout=out, stderr=err)
        p.wait()
        out.seek(0), err.seek(0)
        said = err.read()
        if p.returncode not in (0, 1):
            sys.exit(f"search.py: {' '.join(args)}: exit {p.returncode}: {said.strip()}")
        return out.read(), said


def row(what, *columns):
    print(f"{what:<34}" + "".join(f"{c:>16}" for c in columns), flush=True)


def median_p95(times):
    return f"{statistics.median(times):.0f} / {p95(times):.0f}"


# ---- documents and queries ----

def read_all(folder):
    docs = []
    for at, _, files in sorted(os.walk(folder)):
        docs += [os.path.join(at, f) for f in sorted(files) if f.endswith(".md")]
    return [(p, open(p, encoding="utf-8").read()) for p in docs]


def words_of(text):
    return re.findall(r"[^\W\d_]{2,}", text.split("\n---\n", 1)[-1])


def draw(docs):
    """Queries by class, each a list of lists of words."""
    rnd = random.Random(seed)
    known = {w.lower() for _, t in rnd.sample(docs, min(len(docs), 4000)) for w in words_of(t)}
    got = {"or": [], "and": [], "phrase": [], "prefix": [], "typo": []}
    while len(got["typo"]) < QUERIES:
        lines = [words_of(line) for line in rnd.choice(docs)[1].split("\n") if len(line) > 80]
        line = rnd.choice(lines) if lines else []
        if len(line) < 6:
            continue
        i = rnd.randrange(len(line) - 1)
        three = rnd.sample(line, 3)
        long = [w for w in line if len(w) >= 6 and w.isascii()]
        cut = [w[:4].lower() for w in line if len(w) > 4 and w[:4].lower() not in known]
        if not long or not cut or len(set(three)) < 3:
            continue
        w = rnd.choice(long).lower()
        k = rnd.randrange(1, len(w))
        wrong = w[:k] + rnd.choice("abcdefghijklmnopqrstuvwxyz".replace(w[k], "")) + w[k + 1:]
        got["or"].append(three)
        got["and"].append(three[:2])
        got["phrase"].append(line[i:i + 2])
        got["prefix"].append([rnd.choice(cut)])
        got["typo"].append([wrong])
    return got


def write_dictionary(folder):
    """DICTIONARY words of three syllables and an ending, the first letters as uneven as in English; 200 with one wrong letter."""
    rnd = random.Random(seed)
    onsets = "b c d f g h l m n p r s t v w br cr dr fr gr pr tr bl cl fl pl sl st sp str ch sh th qu".split()
    words = set()
    while len(words) < DICTIONARY:
        words.add("".join(rnd.choice(onsets) + rnd.choice("aeiou") for _ in range(3)) + rnd.choice(["", "n", "r", "s", "t", "l", "m", "d"]))
    words = sorted(words)
    rnd.shuffle(words)
    os.mkdir(folder)
    for i in range(0, DICTIONARY, 2000):
        with open(f"{folder}/{i:06d}.md", "w", encoding="utf-8") as f:
            f.write(f"---\ntitle: Words from {i}\n---\n" + " ".join(words[i:i + 2000]) + "\n")
    for word in words[:QUERIES]:
        k = rnd.randrange(1, len(word))
        yield [word[:k] + rnd.choice("abcdefghijklmnopqrstuvwxyz".replace(word[k], "")) + word[k + 1:]]


# ---- engines: build() and ask(class, words) -> microseconds, or None ----

class Colep:
    name = "colep"

    def __init__(self, work, docs="docs"):
        self.node = os.path.join(work, "node-" + docs)
        if os.path.exists(self.node):
            return
        run(colep, "init", self.node, "--id", "bps")
        run(colep, "-C", self.node, "import", os.path.join(work, docs))

    def build(self, threads):
        err = run(sys.executable, "-c", PEAK, colep, "-C", self.node, "index", "--rebuild", "--timing", "--threads", str(threads))[1]
        return {k: int(v) for k, v in re.findall(r"^(\w+) (\d+)", err, re.M)}

    def sizes(self):
        path = [f for f in os.listdir(f"{self.node}/.git/colep") if f.endswith(".mdb")][0]
        path = f"{self.node}/.git/colep/{path}"
        size = {"all": os.path.getsize(path)}
        stat = run("mdb_stat", "-n", "-a", path)[0]
        for name, pages in re.findall(r"Status of (\S+).*?((?:\n  .*)+)", stat):
            size[name] = 4096 * sum(int(n) for n in re.findall(r"pages: (\d+)", pages))
        return size

    @staticmethod
    def query(kind, words):
        if kind == "and":
            return " ".join("+" + w for w in words)
        return f'"{" ".join(words)}"' if kind == "phrase" else " ".join(words)

    def ask_all(self, kind, queries, passes, *extra):
        file = os.path.join(self.node, "..", "asked")
        with open(file, "w", encoding="utf-8") as f:
            for _ in range(passes):
                f.writelines(f"q{i}\t{self.query(kind, q)}\n" for i, q in enumerate(queries))
        err = run(colep, "-C", self.node, "search", "--batch", file, "--timing", *extra)[1]
        times = [int(t) for t in re.findall(r"^q\d+ (\d+)$", err, re.M)]
        return [times[i:i + len(queries)] for i in range(0, len(times), len(queries))]

    def hits(self, kind, words, *extra):
        told = run(colep, "-C", self.node, "search", "--json", *extra, "--", self.query(kind, words))[0]
        return [line for line in told.splitlines() if line.startswith('{"rank"')]

    def cut_short(self, queries):
        """How many queries find other hits than when all are counted, and so none is left out before its end."""
        return sum(self.hits(kind, q) != self.hits(kind, q, "--facets") for kind, asked in queries.items() for q in asked)


class Fts5:
    name = "fts5"

    def __init__(self, work, docs):
        self.path, self.docs = os.path.join(work, "fts5.db"), docs

    def build(self):
        if os.path.exists(self.path):
            os.unlink(self.path)
        self.open()
        self.db.execute("pragma synchronous=full")
        self.db.execute("create virtual table d using fts5(text, tokenize='porter unicode61', content='')")
        self.db.execute("begin")
        self.db.executemany("insert into d(rowid, text) values (?, ?)", ((i, t) for i, (_, t) in enumerate(self.docs)))
        self.db.execute("commit")

    def open(self):
        self.db = sqlite3.connect(self.path, isolation_level=None)

    def ask_all(self, kind, queries, passes):
        return kind != "typo" and [self.ask(kind, queries) for _ in range(passes)]

    def ask(self, kind, queries):
        times = []
        for q in queries:
            joint = {"or": " OR ", "and": " AND ", "phrase": " + ", "prefix": " "}[kind]
            text = joint.join(f'"{w}"' for w in q) + ("*" if kind == "prefix" else "")
            start = time.perf_counter_ns()
            self.db.execute("select rowid from d where d match ? order by rank limit 10", (text,)).fetchall()
            times.append((time.perf_counter_ns() - start) / 1e3)
        return times


class Xapian:
    name = "xapian"

    def __init__(self, work, docs):
        self.path, self.docs = os.path.join(work, "xapian"), docs

    def build(self):
        db = xapian.WritableDatabase(self.path, xapian.DB_CREATE_OR_OVERWRITE)
        gen = xapian.TermGenerator()
        gen.set_stemmer(xapian.Stem("en"))
        for _, text in self.docs:
            doc = xapian.Document()
            gen.set_document(doc)
            gen.set_termpos(0)
            gen.index_text(text)
            db.add_document(doc)
        db.commit()
        self.open()

    def open(self):
        self.db, self.stem = xapian.Database(self.path), xapian.Stem("en")

    def ask_all(self, kind, queries, passes):
        return kind != "typo" and [self.ask(kind, queries) for _ in range(passes)]

    def ask(self, kind, queries):
        times, parser = [], xapian.QueryParser()
        parser.set_database(self.db)
        for q in queries:
            low = [w.lower().encode() for w in q]
            stems = [b"Z" + self.stem(w) for w in low]
            query = (parser.parse_query(low[0] + b"*", xapian.QueryParser.FLAG_WILDCARD) if kind == "prefix" else
                     xapian.Query(xapian.Query.OP_PHRASE, low) if kind == "phrase" else
                     xapian.Query(xapian.Query.OP_OR if kind == "or" else xapian.Query.OP_AND, stems))
            ask = xapian.Enquire(self.db)
            ask.set_query(query)
            start = time.perf_counter_ns()
            ask.get_mset(0, 10)
            times.append((time.perf_counter_ns() - start) / 1e3)
        return times


def least(engine, kind, queries, *extra):
    return [min(t) for t in zip(*(engine.ask_all(kind, queries, PASSES, *extra) or ()))]


def in_turn(engines, kind, queries):
    turns = [[least(e, kind, queries) for e in engines] for _ in range(TURNS)]
    return [[min(t) for t in zip(*e)] for e in zip(*turns)]


def p95(times):
    return sorted(times)[len(times) * 95 // 100]


def main(work):
    made = os.path.exists(f"{work}/docs")
    if not made:
        run(generate, str(count), str(seed), f"{work}/docs", f"{work}/q", f"{work}/t")
    docs = read_all(f"{work}/docs")
    size = sum(len(t.encode()) for _, t in docs)
    print(f"{len(docs)} documents, {size / 1e6:.1f} MB; sqlite {sqlite3.sqlite_version}"
          + (f", xapian {xapian.version_string()}" if "xapian" in peers else ""))
    queries = draw(docs)
    ours = Colep(work)
    others = [c(work, docs) for c in (Fts5, Xapian) if c.name in peers]

    if made:
        for engine in others:
            engine.open()
    else:
        index(ours, others)
    ask(ours, others, queries)
    shutil.rmtree(f"{work}/words", ignore_errors=True)
    wrong = list(write_dictionary(f"{work}/words"))
    row(f"  typo, {DICTIONARY} words", median_p95(least(Colep(work, "words"), "typo", wrong)))


def index(ours, others):
    for engine in others:
        _, cpu, wall = timed(engine.build)
        engine.cpu, engine.wall = cpu, wall
        row(f"index: {engine.name}", f"{cpu:.2f} s cpu", f"{wall:.2f} s")
    fts = next((e for e in others if e.name == "fts5"), None)
    for threads in (1, 2):
        t, cpu, wall = timed(ours.build, threads)
        peak = t.pop("peak")
        core = (t["analyse"] + t["write"]) / 1e3
        passed = (t["analysing"] + t["writing"]) / 1e3
        row(f"index: colep, {threads} thread" + "s" * (threads > 1), f"{cpu:.2f} s cpu", f"{wall:.2f} s",
            f"{core:.2f} s a+w", f"{core / fts.cpu:.2f} of fts5" if fts else "", f"{passed:.2f} s a+w wall",
            f"{passed / fts.wall:.2f} of fts5" if fts else "", f"peak {peak / 1e3:.0f} MB")
        print("   " + ", ".join(f"{k} {v} ms" for k, v in t.items()))
    s = ours.sizes()
    bare = s["all"] - s["texts"]
    row("size", f"all {s['all'] / 1e6:.1f} MB", f"texts {s['texts'] / 1e6:.1f} MB", f"rest {bare / 1e6:.1f} MB")
    print("   " + ", ".join(f"{k} {v / 1e6:.1f}" for k, v in s.items() if k not in ("all",)))
    for engine in others:
        n = (os.path.getsize(engine.path) if os.path.isfile(engine.path) else
             sum(os.path.getsize(os.path.join(engine.path, f)) for f in os.listdir(engine.path)))
        row(f"size: {engine.name}", f"{n / 1e6:.1f} MB", f"ours {bare / n:.2f} of it")


def ask(ours, others, queries):
    row("query: median / p95, us", "colep", *(e.name for e in others), "ratios")
    for kind, asked in queries.items():
        mine, *theirs = in_turn([ours, *others], kind, asked)
        ratio = [f"{statistics.median(mine) / statistics.median(t):.3f} / {p95(mine) / p95(t):.3f}" if t else "-" for t in theirs]
        row(f"  {kind}", median_p95(mine), *(median_p95(t) if t else "-" for t in theirs), " ".join(ratio))
    row("  or, --kind lesson", median_p95(least(ours, "or", queries["or"], "--kind", "lesson")))
    once = [ours.ask_all("or", queries["or"], 1)[0] for _ in range(PASSES)]
    row("  or, each asked once", median_p95([min(t) for t in zip(*once)]))
    row("  other hits when all are counted", f"{ours.cut_short(queries)} of {sum(map(len, queries.values()))}")


keep = os.environ.get("BENCH_KEEP")
work = os.path.abspath(keep) if keep else tempfile.mkdtemp(prefix="colep-bench.", dir=os.environ.get("BENCH_DIR"))
os.makedirs(work, exist_ok=True)
os.environ.update(HOME=work, COLEP_KEYS=f"{work}/keys", GIT_CONFIG_NOSYSTEM="1")
try:
    main(work)
finally:
    if not keep:
        shutil.rmtree(work, ignore_errors=True)
