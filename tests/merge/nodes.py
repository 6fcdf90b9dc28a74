#!/usr/bin/env python3
"""Many nodes as people have them: folders, the program, git; partitions, sticks, kill -9 and old backups.

	nodes.py COLEP [--nodes 6] [--steps 60] [--seed 1] [--dir DIR] [--keep]

Each step is one or several commands at once, of nodes of one side of a wall that moves: edits in a folder, save, sync
with neighbours over a path, ssh (a script that runs what it is given) or a relay, bundles, plain, compressed and
encrypted, that are lost, repeated, and read long after; conflicts settled, documents deleted, plain `git commit` and `git gc`; commands killed with SIGKILL at
any time, what they started going on or killed too; folders put back from an old copy, or copied to a second place with
the same key. Clocks are wrong by years. In the end all exchange, and it is told (TAP) that
  - all have one main, and a further round makes no commit anywhere;
  - git fsck --strict and colep verify are content with all, and nothing honest was refused;
  - each commit a command answered with is in main, if no old copy was put in the place of its only holder;
  - words typed and not saved stood in the folder after each command, and each word saved stands in the view unless
    somebody who saw it took it out.
The seed gives the same choices again, but not the same moments of death."""
import argparse, ctypes, os, random, re, shutil, signal, subprocess, sys, tempfile, time

args = argparse.ArgumentParser(usage=__doc__)
args.add_argument("colep")
args.add_argument("--nodes", type=int, default=6)
args.add_argument("--steps", type=int, default=60)
args.add_argument("--seed", type=int, default=1)
args.add_argument("--dir")
args.add_argument("--keep", action="store_true")
args = args.parse_args()
colep = os.path.abspath(args.colep)
rnd = random.Random(args.seed)
top = os.path.abspath(args.dir or tempfile.mkdtemp(prefix="nodes-"))
os.makedirs(top, exist_ok=True)
os.chdir(top)
log = open("log", "w")
ctypes.CDLL(None).prctl(36, 1)          # orphans of what we kill become ours (PR_SET_CHILD_SUBREAPER)
env = {k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "COLEP_"))}
env.update(COLEP_KEYS=top + "/keys", GIT_CONFIG_GLOBAL="/dev/null", GIT_CONFIG_NOSYSTEM="1", LC_ALL="C.UTF-8", HOME=top,
           GIT_SSH_COMMAND=top + "/ssh")
with open("ssh", "w") as f:             # git calls it as: ssh [-o OPTION] HOST COMMAND
    f.write('#!/bin/sh\nwhile [ "${1#-}" != "$1" ]; do [ "$1" = -o ] && shift; shift; done\nshift; exec sh -c "$*"\n')
os.chmod("ssh", 0o755)

failed, told = [], 0
def ok(yes, what, why=""):
    global told
    told += 1
    print(f"{'' if yes else 'not '}ok {told} - {what}")
    if not yes:
        failed.append(what)
        print("".join(f"# {line}\n" for line in str(why).splitlines()[:20]), end="")
    sys.stdout.flush()

def note(*what):
    print(*what, file=log, flush=True)

def drain():                            # until no process that we began, or that one of these began, is left
    while True:
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return

def run(*cmd, clock=0, check=True):
    r = subprocess.run(cmd, env=env | {"SOURCE_DATE_EPOCH": str(1_700_000_000 + clock)}, stdin=subprocess.DEVNULL,
                       capture_output=True, text=True, errors="replace")
    note(" ".join(cmd), "->", r.returncode, r.stdout, r.stderr)
    if check and r.returncode:
        print(f"Bail out! {' '.join(cmd)}: {r.returncode} {r.stdout} {r.stderr}")
        sys.exit(3)
    return r

class Node:
    def __init__(self, name, id):
        self.name, self.id, self.owner = name, id, id.split("-")[0] if id else None
        self.dir = f"{top}/{name}"
        self.clock = rnd.choice([0, 0, 86400 * 365 * rnd.randint(-8, 8)])
        self.pending = {}               # word typed and not known to be saved: path
        self.answered = []              # commits its commands answered with
        self.copies = []                # (folder, len(answered))

    def git(self, *a, check=True):
        return run("git", "-C", self.dir, *a, check=check).stdout

    def main(self):
        return self.git("rev-parse", "main").strip()

# ---- words and documents ----
words = 0
WORD = re.compile(r"Zk\d+q")
def word():
    global words
    words += 1
    return f"Zk{words}q"

def paths_of(node):
    owners = owner_ids if node.owner == "bps" and rnd.random() < 0.1 else [node.owner]      # others': held back, and carried
    return [f"lessons/{o}/ll-{o}-2023-{x}.md" for o in owners for x in "abc"]

def fresh(path):
    name = os.path.basename(path)[:-3]
    return (f"---\nid: {name}\nkind: lesson\ntitle: {word()}\nowner: {name.split('-')[1]}\nstatus: submitted\ntlp: TLP:GREEN\n"
            f"lang: en\ndate: 2023-05-01\ncategory: lesson\nstage: observation\ntopics: [som]\n---\n\n## Observation\n\n{word()} was seen. {word()} too.\n"
            f"{word()} went.\n\n## Recommendation\n\n{word()} again.\n")

def changed(text, inside):
    """A change to a line or key. inside: of one variant of a conflict, too; two at once would settle it with the marks."""
    lines = text.split("\n")
    marks, within = [], False           # lines that are marks or in a conflict
    for line in lines:
        within |= line == "<!-- conflict -->"
        marks.append(line.startswith("<!--") or (within and not inside))
        within &= line != "<!-- /conflict -->"
    end = next((i for i, line in enumerate(lines) if i and line == "---"), 0)
    kind = rnd.randrange(9)
    if kind == 0:
        for i in range(1, end):
            if lines[i].startswith("title"):
                lines[i] = f"{lines[i].split(':')[0]}: {word()}"
                break
    elif kind == 1:
        for i in range(1, end):
            if lines[i].startswith("topics:"):
                lines[i] = "topics: " + rnd.choice(["[som]", "[thb, som]", "[border-control]", "[som, border-control]"])
    else:
        at = rnd.randint(end + 1, len(lines) - 1)
        for _ in range(20):
            if not marks[at] and not lines[at].startswith("#"):
                break
            at = rnd.randint(end + 1, len(lines) - 1)
        if marks[at]:
            return text
        if kind == 2:
            if not lines[at].startswith("#"):
                del lines[at]
        elif kind == 3:
            lines[at] += f" {word()} as well."
        elif kind == 4:
            lines[at:at] = [lines[at], lines[at]]
        elif kind == 5 and not lines[at].startswith("#"):
            lines[at] = f"{word()} instead."
        else:
            lines[at:at] = [f"{word()} came.", ""]
    return "\n".join(lines)

old_texts = {}
def edit(node):
    path = rnd.choice(paths_of(node))
    full = f"{node.dir}/{path}"
    if os.path.exists(full):
        text = open(full).read()
        old_texts.setdefault(path, []).append(text)
        if rnd.random() < 0.06:         # back to what it once was
            new = rnd.choice(old_texts[path])
        elif rnd.random() < 0.06:       # all marks away, both texts kept
            new = "\n".join(x for x in text.split("\n") if not x.startswith("<!--") and not re.match(r"[a-z-]+@\d+:", x))
        else:
            inside = rnd.random() < 0.1 and path not in node.pending.values()
            new = changed(text, inside)
            while rnd.random() < 0.4 and not inside:
                new = changed(new, False)
    else:
        new = fresh(path)
        text = ""
        os.makedirs(os.path.dirname(full), exist_ok=True)
    with open(full, "w") as f:
        f.write(new)
    now = set(WORD.findall(new))
    for w in set(WORD.findall(text)) - now:
        node.pending.pop(w, None)
    for w in now - set(WORD.findall(text)):
        node.pending[w] = path
    note("edit", node.name, path)

def folder_words(node):
    found = set()
    for base, dirs, files in os.walk(f"{node.dir}/lessons"):
        for f in files:
            found |= set(WORD.findall(open(f"{base}/{f}", errors="replace").read()))
    return found

lost = []
def look_at_unsaved(node, what):        # after a command that came to its end
    if not node.pending:
        return
    found = folder_words(node)
    for w in [w for w in node.pending if w not in found]:
        # a save that was killed may have saved it, and somebody taken it out since
        if not node.git("log", "--all", "--format=%H", "-S", w, check=False).strip():
            lost.append(f"{w} of {node.pending[w]} in {node.name} after {what}")
        del node.pending[w]

# ---- commands, several at once ----
kills = others = commands = 0
bad = []
def place(node):
    way = rnd.random()
    return f"ssh://here{node.dir}" if way < 0.12 else "relay" if way < 0.2 else node.dir

def batch(jobs):                        # (node, arguments)
    global kills, others, commands
    began = []
    for node, a in jobs:
        out, err = tempfile.TemporaryFile(), tempfile.TemporaryFile()
        p = subprocess.Popen([colep, "-C", node.dir, *a], env=env | {"SOURCE_DATE_EPOCH": str(1_700_000_000 + node.clock)},
                             stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True)
        die = rnd.random() < 0.15
        began.append([node, a, p, out, err, time.monotonic() + rnd.random() ** 2 * 0.6 if die else None])
        commands += 1
    killed_now = set()
    while any(j[2].poll() is None for j in began):
        for j in began:
            if j[5] and j[2].poll() is None and time.monotonic() >= j[5]:
                power_cut(j[2].pid) if rnd.random() < 0.5 else j[2].kill()
                kills += 1
                killed_now.add(j[0])
                j[5] = None
        time.sleep(0.002)
    for node, a, p, out, err, _ in began:
        out.seek(0), err.seek(0)
        said, told_err = out.read().decode(errors="replace"), err.read().decode(errors="replace")
        out.close(), err.close()
        note(node.name, *a, "->", p.returncode, said, told_err)
        if p.returncode == -9:
            continue
        if p.returncode not in (0, 1, 2, 3):
            bad.append(f"{node.name} {' '.join(a)}: ended with {p.returncode}: {told_err}")
        elif p.returncode == 3:
            if ": encrypted" in said or "needs commit" in said:
                others += 1             # a stick meant for another node
            else:
                bad.append(f"{node.name} {' '.join(a)}: {said} {told_err}")
        for line in said.split("\n"):
            if re.fullmatch(r"[0-9a-f]{40}", line) and a[0] != "bundle":
                node.answered.append(line)
        if a[0] == "save" and p.returncode in (0, 1) and node not in killed_now:
            node.pending = {w: path for w, path in node.pending.items() if f"{path}: held back" in told_err}
        elif node not in killed_now:
            look_at_unsaved(node, " ".join(a))
    if rnd.random() < 0.7:
        drain()

def power_cut(session):                 # the command and all it started
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat") as f:
                if f.read().rsplit(")", 1)[1].split()[3] == str(session):
                    os.kill(int(pid), signal.SIGKILL)
        except OSError:
            pass

sticks = []
def step(nodes, near, number):
    """One action of a node, or of some at once; nodes: all; near: those on its side of the wall."""
    node = rnd.choice(near)
    kind = rnd.random()
    writer = node.id is not None
    others = [n for n in near if n is not node]
    if kind < 0.42 and writer:
        for _ in range(rnd.randint(1, 3)):
            edit(node)
        if rnd.random() < 0.8:
            batch([(node, ["save"])])
    elif kind < 0.73 and others:
        jobs = []
        for n in rnd.sample(near, min(len(near), rnd.choice([1, 1, 2, 3]))):
            with_whom = [x for x in near if x is not n]
            jobs.append((n, ["sync", *map(place, rnd.sample(with_whom, min(len(with_whom), rnd.choice([1, 1, 2]))))]))
        if rnd.random() < 0.2 and writer:
            jobs.append((node, ["save"]))
        batch(jobs)
    elif kind < 0.78:
        stick = f"{top}/stick-{number}.bundle" + rnd.choice(["", ".zst"])
        reader = rnd.choice([n for n in nodes if n.id])
        options = rnd.choice([[], [], ["--for", reader.id], ["--to", reader.id], ["--for", reader.id, "--to", reader.id]])
        batch([(node, ["bundle", stick, *options])])
        if os.path.exists(stick) and rnd.random() < 0.8:      # else it is lost
            sticks.append(stick)
    elif kind < 0.83 and sticks:
        batch([(node, ["sync", *rnd.sample(sticks, min(len(sticks), rnd.choice([1, 1, 2])))])])
    elif kind < 0.89 and writer:
        r = run(colep, "-C", node.dir, "conflicts", check=False)
        rows = [x.split("\t") for x in r.stdout.split("\n") if x]
        if rows:
            row = rnd.choice(rows)
            take = ["--take", rnd.choice(row[3].split(","))]
            batch([(node, ["resolve", row[0], row[1], *(rnd.choice([["--both"], take]) if row[2].startswith("passage") else take)])])
    elif kind < 0.91 and writer:
        batch([(node, ["delete", "-m", "Not needed", os.path.basename(rnd.choice(paths_of(node)))[:-3]])])
    elif kind < 0.93 and writer:
        drain()
        edit(node)
        node.git("add", "-A", "lessons", check=False)
        node.git("-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-q", "--no-gpg-sign", "-m", "By plain git", check=False)
    elif kind < 0.94:
        drain()
        node.git("gc", "-q", check=False)
    elif kind < 0.965:
        drain()
        copy = f"{top}/copy-{number}"
        shutil.copytree(node.dir, copy, symlinks=True)
        node.copies.append((copy, len(node.answered), dict(node.pending)))
    elif kind < 0.98 and node.copies and node.name != "bps":
        drain()
        copy, n, pending = rnd.choice(node.copies)
        excused.update(node.answered[n:])
        node.answered, node.pending = node.answered[:n], dict(pending)
        shutil.rmtree(node.dir)
        shutil.copytree(copy, node.dir, symlinks=True)
        note("put back", node.name, copy)
    elif kind < 0.99 and len(nodes) < args.nodes + 3 and node.name != "bps":
        drain()
        twin = Node(f"{node.name}-twin{number}", node.id)
        shutil.copytree(node.dir, twin.dir, symlinks=True)
        twin.pending = dict(node.pending)
        nodes.append(twin)
        note("copied", node.name, "to", twin.name)

# ---- the community ----
excused = set()
owner_ids = ["bps", "bg", "mk", "pk", "tr"][:max(2, min(5, args.nodes - 1))]
run("git", "init", "-q", "--bare", "-b", "main", "relay.git")
began = time.monotonic()
nodes = [Node("bps", "bps")]
run(colep, "init", nodes[0].dir, "--id", "bps")
root = run(colep, "-C", nodes[0].dir, "status").stdout.split("\t")[9]
for i in range(1, args.nodes):
    id = None if i == args.nodes - 1 and i > 3 else owner_ids[i % len(owner_ids)]
    id = id and f"{id}-n{i}"
    node = Node(f"n{i}", id)
    line = run(colep, "join", nodes[0].dir, node.dir, "--root", root, *(["--id", id] if id else [])).stdout.split()
    if id:
        run(colep, "-C", nodes[0].dir, "roster", "add", *line)
    nodes.append(node)
for node in nodes[1:]:
    run(colep, "-C", node.dir, "sync", nodes[0].dir)
    node.git("remote", "remove", "origin")
for node in nodes:
    run(colep, "-C", node.dir, "peer", "add", "relay", top + "/relay.git", "--relay")
print(f"# {args.nodes} nodes in {time.monotonic() - began:.0f} s; seed {args.seed}")
sys.stdout.flush()

wall = 0
for number in range(args.steps):
    if number % 25 == 0:
        wall = rnd.randrange(len(nodes))
        if args.steps > 200 and number % 250 == 0:
            print(f"# step {number}: {time.monotonic() - began:.0f} s, {commands} commands, {kills} killed, {words} words")
            sys.stdout.flush()
    side = nodes[:wall] if rnd.randrange(len(nodes)) < wall else nodes[wall:]
    step(nodes, side or nodes, number)
drain()

# ---- all exchange ----
print(f"# {commands} commands, {kills} killed, {others} sticks were for others; {words} words; {len(sticks)} sticks; {time.monotonic() - began:.0f} s")
for node in nodes:
    r = run(colep, "-C", node.dir, "save", clock=node.clock, check=False) if node.id else None
    if r and r.returncode in (0, 1):
        node.answered += [x for x in r.stdout.split("\n") if re.fullmatch(r"[0-9a-f]{40}", x)]
        node.pending = {w: path for w, path in node.pending.items() if f"{path}: held back" in r.stderr}
    elif r:
        bad.append(f"{node.name} save: {r.stderr}")
hub = nodes[0]
def exchange():
    for i in range(1, len(nodes), 10):
        r = run(colep, "-C", hub.dir, "sync", *[n.dir for n in nodes[i:i + 10]], check=False)
        if r.returncode:
            bad.append(f"hub: {r.stdout} {r.stderr}")
    for node in nodes[1:]:
        r = run(colep, "-C", node.dir, "sync", hub.dir, clock=node.clock, check=False)
        if r.returncode:
            bad.append(f"{node.name}: {r.stdout} {r.stderr}")
        look_at_unsaved(node, "the last sync")
exchange()
mains = {n.name: n.main() for n in nodes}
ok(len(set(mains.values())) == 1, "all have one main", mains)
def commits(node):
    return node.git("cat-file", "--batch-all-objects", "--batch-check=%(objecttype)").split().count("commit")
before = [commits(n) for n in nodes]
exchange()
ok([commits(n) for n in nodes] == before and [n.main() for n in nodes] == list(mains.values()), "a further round makes no commit",
   list(zip(mains, before, [commits(n) for n in nodes])))
ok(not bad, "no command failed that was not killed", "\n".join(bad))
ok(not lost, "no unsaved word was lost", "\n".join(lost))

said = []
for node in nodes:
    r = run("git", "-C", node.dir, "fsck", "--strict", "--no-dangling", check=False)
    if r.returncode or r.stdout.strip():
        said.append(f"{node.name}: {r.stdout} {r.stderr}")
ok(not said, "git fsck --strict is content with all", "\n".join(said))
said = []
for node in nodes:
    r = run(colep, "-C", node.dir, "verify", check=False)
    if r.returncode:
        said.append(f"{node.name}: {r.stdout} {r.stderr}")
ok(not said, "colep verify is content with all", "\n".join(said))
said = []
for node in nodes:
    fields = run(colep, "-C", node.dir, "status").stdout.split("\t")
    if fields[7] != "0":
        said.append(f"{node.name}: {open(node.dir + '/.git/colep/refused').read()}")
ok(not said, "nothing was refused", "\n".join(said))
said = [f"{n.name}: {s}" for n in nodes for s in [n.git("status", "--porcelain", check=False)] if s.strip() and not n.pending]
ok(not said, "all folders are as main", "\n".join(said))

# ---- words ----
history = hub.git("rev-list", "--parents", "--reverse", "--topo-order", "main").split("\n")[:-1]
known = {line.split()[0] for line in history}
missing = [f"{n.name} {c}" for n in nodes for c in n.answered if c not in known and c not in excused]
ok(not missing, "each commit that was answered is in main", "\n".join(missing))
texts = {}
def words_at(commit):
    if commit not in texts:
        got = set()
        for line in hub.git("ls-tree", "-r", commit, "lessons").split("\n"):
            if line:
                blob = line.split()[2]
                if blob not in texts:
                    texts[blob] = set(WORD.findall(hub.git("cat-file", "blob", blob)))
                got |= texts[blob]
        texts[commit] = got
    return texts[commit]
written, removed, authored = set(), set(), 0
log.flush()
log = open(os.devnull, "w")
for line in history:
    c, *parents = line.split()
    if len(parents) == 1:
        authored += 1
        new, old = words_at(c), words_at(parents[0])
        written |= new - old
        removed |= old - new
gone = sorted(written - removed - words_at(history[-1].split()[0]))
ok(not gone, "each word saved stands, unless somebody who saw it took it out", " ".join(gone))
print(f"# {authored} authored commits, {len(history) - authored - 1} merged ones in main's past; {len(written)} words, {len(removed)} taken out; "
      f"{len(run(colep, '-C', hub.dir, 'conflicts', check=False).stdout.splitlines())} conflicts open; {time.monotonic() - began:.0f} s")
print(f"1..{told}")
if args.keep or failed:
    print(f"# kept: {top}")
else:
    os.chdir("/")
    shutil.rmtree(top)
sys.exit(1 if failed else 0)
