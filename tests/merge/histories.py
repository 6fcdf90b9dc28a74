"""tests/merge/histories.py: random histories of one document, as people make them, through the engine (replay.c) and
the oracle (oracle.py), with what must hold for each. Every history is a number:

	histories.py REPLAY [--seed N] [--count N] [--seconds N] [--big] [--no-oracle] [--show]

says `ok` or `not ok` in TAP for each property; a failure prints the number and the history, as replay reads it."""
import argparse
import os
import random
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import oracle  # noqa: E402

OPEN, OR, CLOSE = [m + b"\n" for m in oracle.MARKS]
TOKEN = re.compile(rb"\bw\d+\b")
WORDS = b"patrol border seized case river report court police meeting harbour route visa".split()
GUARDED = (b"tlp", b"status", b"owner", b"cleared-by", b"endorsed-at")
ROLES = [(b"bps", b"secretariat"), (b"bg", b"focal-point"), (b"bg", b"contributor"), (b"mk", b"chair"), (b"mk", b"focal-point"),
         (b"mk", b"contributor")]
ENDS = [b".", b".", b".", b"?", b"!", "؟".encode(), "।".encode(), "…".encode()]


class Wrong(Exception):
    pass


def listed(some):
    return ",".join(map(str, sorted(some))).encode() or b"-"


class Engine:
    def __init__(self, path):
        self.p = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.log = []

    def send(self, b):
        self.log.append(b)
        self.p.stdin.write(b)

    def history(self):
        self.log = []
        self.send(b"history lesson\n")

    def edit(self, edit_id, parents, text):
        line = b"edit %s %s " % (edit_id.hex().encode(), listed(parents))
        self.send(line + (b"gone\n" if text is None else b"%d\n%s\n" % (len(text), text)))

    def blind(self, edit, masked):
        self.send(b"blind %d %s\n" % (edit, listed(masked)))

    def by(self, edit, owner, role):
        self.send(b"by %d %s %s\n" % (edit, owner, role))

    def answer(self):
        head = self.p.stdout.readline()
        if not head:
            raise Wrong("the engine ended")
        out, words = head, head.split()
        out += self.p.stdout.read(int(words[2]) + 1)
        for _ in range(int(words[3])):
            line = self.p.stdout.readline()
            out += line
            for _ in range(int(line.split()[-1])):
                line = self.p.stdout.readline()
                out += line + self.p.stdout.read(int(line.split()[1]) + 1)
        return out

    def view(self, heads, masked=()):
        self.send(b"view %s %s\n" % (listed(heads), listed(masked) if masked else b""))
        self.p.stdin.flush()
        return self.answer()


def parsed(answer):
    """here, written, text, conflicts of an answer."""
    head, rest = answer.split(b"\n", 1)
    words = head.split()
    n = int(words[2])
    wheres = [w.split()[0] for w in re.findall(rb"(?m)^conflict (\S+ \d+ \d+)$", rest[n:])]
    return words[0] == b"here", words[1] == b"written", rest[:n], wheres


# ---- texts ----

def front_of(text):
    """Lines of the front matter without its fences, and the body."""
    if text.startswith(b"---\n"):
        end = text.find(b"\n---\n", 3)
        if end >= 0:
            return oracle.lines_of(text[4:end + 1]), text[end + 5:]
    return None, text


def with_front(lines, body):
    return body if lines is None else b"---\n" + b"".join(lines) + b"---\n" + body


def groups(lines):
    out, i = [], 0
    while i < len(lines):
        n, variants = oracle.group(lines[i:])
        if n:
            out.append((i, n, variants))
        i += n or 1
    return out


def values_of(text):
    """(key, value) pairs of a front matter; of a list its elements."""
    keys = oracle.front(text) if text is not None else None
    out = set()
    for k in keys[0] if keys else ():
        if k.name in oracle.SETS:
            out |= {(k.name, v) for v in k.values}
        elif k.name != b"gone":
            out.add((k.name, k.value))
    return out


class Author:
    """Writes texts, with a stock of words of its own history."""

    def __init__(self, rng):
        self.r, self.n, self.guarded = rng, 0, False
        self.changes, self.settlings, self.old = [], {}, []     # what others did, to be done alike

    def token(self):
        self.n += 1
        return b"w%d" % self.n

    def sentence(self):
        words = [self.r.choice(WORDS) for _ in range(self.r.randint(1, 3))] + [self.token()]
        self.r.shuffle(words)
        return b" ".join(words) + self.r.choice(ENDS)

    def line(self):
        r = self.r.random()
        if r < 0.08:
            return b"## " + self.token() + b"\n"
        if r < 0.16:
            return b"- " + self.sentence() + b"\n"
        return b" ".join(self.sentence() for _ in range(self.r.choice([1, 1, 2, 3]))) + b"\n"

    def table(self):
        return [b"| " + self.token() + b" | x |\n" for _ in range(self.r.randint(2, 4))]

    def fence(self):
        f = self.r.choice([b"```", b"~~~", b"````"])
        return [f + b"\n"] + [b"code. " + self.token() + b"\n" for _ in range(self.r.randint(1, 3))] + [f + b"\n"]

    def document(self):
        front = None
        if self.r.random() < 0.8:
            front = [b"id: ll-mk-2024-x\n", b"kind: lesson\n", b"title: Title " + self.token() + b"\n", b"status: draft\n"]
            if self.r.random() < 0.5:
                front.append(b"topics: [routes, visa]\n")
            if self.r.random() < 0.3:
                front.append(b"tlp: TLP:GREEN\n")
            if self.guarded:
                front.append(b"owner: bg\n")
        body = []
        for _ in range(self.r.choice([0, 1, 2, 4, 6, 9])):
            body.append(self.line())
            if self.r.random() < 0.4:
                body.append(b"\n")
            if self.r.random() < 0.07:
                body += self.table()
            if self.r.random() < 0.07:
                body += self.fence()
        if front and body and self.r.random() < 0.8:
            body.insert(0, b"\n")
        text = b"".join(body)
        if self.r.random() < 0.05:
            text = text.replace(b"\n", b"\r\n")
        return with_front(front, text.removesuffix(b"\n").removesuffix(b"\r") if self.r.random() < 0.1 else text)

    # one change of lines, in place

    def change_word(self, v, i):
        words = v[i].split(b" ")
        k = self.r.randrange(len(words))
        tail = re.search(rb"[^a-z0-9]*\Z", words[k])[0]
        words[k] = self.token() + tail
        v[i] = b" ".join(words)

    def change_sentence(self, v, i):
        s = oracle.split(v[i])
        k = self.r.randrange(len(s))
        blank = re.search(rb"[ \r\n]*\Z", s[k])[0]
        s[k] = self.sentence() + blank
        v[i] = b"".join(s)

    def add_sentence(self, v, i):
        end = re.search(rb"\r?\n?\Z", v[i])[0]
        body = v[i][:len(v[i]) - len(end)]
        s = oracle.split(body)
        k = self.r.randint(0, len(s))
        new = self.sentence()
        if k < len(s):
            s.insert(k, new + b" ")
        else:
            s.append((b" " if s else b"") + new)
        v[i] = b"".join(s) + end

    def drop_sentence(self, v, i):
        s = oracle.split(v[i])
        end = re.search(rb"\r?\n?\Z", v[i])[0]
        del s[self.r.randrange(len(s))]
        v[i] = b"".join(s).rstrip(b"\r\n ") + end if s else b""

    def add_line(self, v, i):
        v[i] = self.line() + v[i] if self.r.random() < 0.5 else (v[i] if v[i].endswith(b"\n") else v[i] + b"\n") + self.line()

    def add_more(self, v, i):
        new = self.r.choice([self.table, self.fence, lambda: [self.line() for _ in range(3)]])()
        v[i] = b"".join(new) + v[i]

    def drop_lines(self, v, i):
        for k in range(i, min(len(v), i + self.r.randint(1, 3))):
            v[k] = b""

    def replace_lines(self, v, i):
        self.drop_lines(v, i)
        v[i] = b"".join(self.line() for _ in range(self.r.randint(1, 2)))

    def move_line(self, v, i):
        line, v[i] = v[i], b""
        k = self.r.randrange(len(v))
        v[k] = v[k] + line if v[k].endswith(b"\n") else line + v[k]

    def join_lines(self, v, i):
        v[i] = v[i].rstrip(b"\r\n") + b" "

    def cut_line(self, v, i):
        s = oracle.split(v[i])
        k = self.r.randint(1, len(s))
        v[i] = b"".join(s[:k]).rstrip(b"\n") + b"\n" + b"".join(s[k:])

    def old_line(self, v, i):
        lines = oracle.lines_of(front_of(self.r.choice(self.old))[1]) if self.old else []
        if lines:
            v[i] = self.r.choice(lines)

    def alike(self, v, i):
        for old, new in self.r.sample(self.changes, len(self.changes)):
            if old in v:
                v[v.index(old)] = new
                return

    def odd(self, v, i):
        v[i] = self.r.choice([OPEN, OR, CLOSE, b"\\" + OR, b"\n", b"```\n", b"| a\n", b"```a``` b. c\n", b"~~~ a. b\n", b"\\\\" + CLOSE, b". . ! \n",
                              OPEN + b"x\n" + OR + b"y\n" + CLOSE]) + v[i]

    def change(self, lines):
        """One to three changes outside conflict blocks."""
        lines = list(lines)
        for _ in range(self.r.choice([1, 1, 1, 2, 3])):
            taken = {k for i, n, _ in groups(lines) for k in range(i, i + n)}
            free = [i for i in range(len(lines)) if i not in taken]
            if not free:
                at = self.r.choice([0, len(lines)])
                lines.insert(at, self.line())
                continue
            i = self.r.choice(free)
            if not lines[i]:
                continue
            what = self.r.choices(
                [self.change_word, self.change_sentence, self.add_sentence, self.drop_sentence, self.add_line, self.add_more,
                 self.drop_lines, self.replace_lines, self.move_line, self.join_lines, self.cut_line, self.old_line,
                 self.alike, self.odd],
                [20, 10, 10, 5, 14, 3, 8, 8, 6, 2, 3, 4, 14, 1])[0]
            part = [x for k, x in enumerate(lines) if k not in taken] if what in (self.move_line, self.alike) else lines
            if part is lines:
                old = lines[i]
                what(lines, i)
                if lines[i] != old and not oracle.group(oracle.lines_of(lines[i]))[0]:
                    self.changes.append((old, lines[i]))
            elif not taken:
                what(lines, i)
            lines = oracle.lines_of(b"".join(lines))
        return lines

    def settle(self, lines):
        """Something done to one conflict block."""
        i, n, variants = self.r.choice(groups(lines))
        block = b"".join(lines[i:i + n])
        how = self.r.random()
        if how < 0.30 and block in self.settlings:
            new = self.settlings[block]
        elif how < 0.45:
            new = self.r.choice(variants)
        elif how < 0.55:
            new = b"".join(variants)
        elif how < 0.62:
            new = self.line()
        elif how < 0.67:
            new = b""
        elif how < 0.75:
            new = b"".join(self.change(oracle.lines_of(self.r.choice(variants))))
        elif how < 0.90:        # one variant edited, the marks kept
            k = self.r.randrange(len(variants))
            v = self.change(oracle.lines_of(variants[k])) if self.r.random() < 0.85 else []
            variants = list(variants)
            variants[k] = self.r.choice(variants) if self.r.random() < 0.1 else b"".join(v)
            return lines[:i] + oracle.lines_of(OPEN + OR.join(map(oracle.written, variants)) + CLOSE) + lines[i + n:]
        elif how < 0.96:        # damaged
            v = list(lines[i:i + n])
            marks = [k for k, x in enumerate(v) if oracle.mark_of(x) is not None]
            k = self.r.choice(marks)
            mark = v.pop(k)
            if self.r.random() < 0.4:
                v.insert(self.r.randint(0, len(v)), mark)
            new = b"".join(v)
        else:                   # moved, or with one variant less
            if self.r.random() < 0.5:
                rest = lines[:i] + lines[i + n:]
                k = self.r.randint(0, len(rest))
                return rest[:k] + lines[i:i + n] + rest[k:]
            new = OPEN + OR.join(map(oracle.written, variants[1:])) + CLOSE if len(variants) > 2 else variants[0]
        self.settlings[block] = new
        return lines[:i] + oracle.lines_of(new) + lines[i + n:]

    def change_front(self, lines):
        lines = list(lines)
        conflicts = [i for i, x in enumerate(lines) if re.match(rb"[a-z-]+@\d", x)]
        if conflicts and self.r.random() < 0.6:
            i = self.r.choice(conflicts)
            name = lines[i].split(b"@")[0]
            mine = [k for k, x in enumerate(lines) if re.match(name + rb"(@\d+)?:", x)]
            how = self.r.random()
            if how < 0.5 and name != b"gone":
                keep = self.r.choice(mine)
                value = lines[keep].split(b":", 1)[1]
                lines[mine[0]] = name + b":" + value
                return [x for k, x in enumerate(lines) if k not in mine[1:]]
            if how < 0.7 and name != b"gone":
                k = self.r.choice(mine)
                lines[k] = lines[k].split(b":")[0] + b": New " + self.token() + b"\n"
                return lines
            del lines[i]
            return lines
        if self.guarded and self.r.random() < 0.5:
            name = self.r.choice(GUARDED)
        else:
            name = self.r.choice([b"title", b"title", b"summary", b"source", b"status", b"tlp", b"topics", b"topics", b"countries",
                                  b"x-new", b"date", b"comment"])
        at = [i for i, x in enumerate(lines) if re.match(name + rb":", x)]
        if at and self.r.random() < 0.12:
            del lines[at[0]]
            return lines
        if name == b"comment":
            lines.insert(self.r.randint(0, len(lines)), b"# " + self.token() + b"\n")
            return lines
        if name == b"status":
            value = self.r.choice(oracle.STATUS)
        elif name == b"tlp":
            value = self.r.choice(oracle.TLP + [b"TLP:WHITE"])
        elif name == b"owner":
            value = self.r.choice([b"bg", b"mk", b"pk"])
        elif name in (b"cleared-by", b"endorsed-at"):
            value = self.r.choice([b"one", b"two"])
        elif name in (b"topics", b"countries"):
            old = oracle.front(b"---\n" + lines[at[0]] + b"---\n") if at else None
            values = list(old[0][0].values) if old else []
            for _ in range(self.r.randint(1, 2)):
                x = self.r.choice([b"routes", b"visa", b"MK", b"a b", b"sea", b"c: d", b"x" + self.token()])
                values = [v for v in values if v != x] if x in values else values + [x]
            value = b"[" + b", ".join(map(oracle.quote, values)) + b"]"
        else:
            value = self.r.choice([b"Title A", b"Title B", b'"Title A"', "Café".encode(), "Cafe\u0301".encode(),
                                   b"T " + self.token(), b"T " + self.token(), b""])
        line = name + b": " + value + b"\n"
        if at:
            lines[at[0]] = line
        else:
            lines.insert(self.r.randint(0, len(lines)), line)
        return lines

    def next(self, seen, here):
        """What somebody who saw this leaves; None: deleted."""
        r = self.r.random()
        if not here:
            if r < 0.3 and self.old:
                return self.r.choice(self.old)
            return self.document() if r < 0.7 else (self.old or [b"x\n"])[-1]
        if r < 0.03:
            return None
        if r < 0.05:
            return self.document()
        if r < 0.08 and self.old:
            return self.r.choice(self.old)
        if r < 0.10:
            return with_front(front_of(seen)[0], b"")
        front, body = front_of(seen)
        if r < 0.12:
            body = body.replace(b"\r\n", b"\n") if b"\r\n" in body else body.replace(b"\n", b"\r\n")
            return with_front(front, body)
        if r < 0.14:
            return with_front(front, body.removesuffix(b"\n").removesuffix(b"\r") if body.endswith(b"\n") else body + b"\n")
        lines = oracle.lines_of(body)
        if front is not None and self.r.random() < 0.35:
            front = self.change_front(front)
            if self.r.random() < 0.6:
                return with_front(front, body)
        if groups(lines) and self.r.random() < 0.6:
            lines = self.settle(lines)
            if self.r.random() < 0.7:
                return with_front(front, b"".join(lines))
        return with_front(front, b"".join(self.change(lines)))


# ---- one history ----

class Revocation:
    """Of one writer's key, by somebody who knew `kept` of it and all that is below."""

    def __init__(self, writer, kept):
        self.writer, self.kept = writer, frozenset(kept)


class Knowledge:
    """What a node has: edits, and revocations."""

    def __init__(self, edits=(), bans=()):
        self.edits, self.bans = set(edits), set(bans)

    def learn(self, other):
        self.edits |= other.edits
        self.bans |= other.bans

    def copy(self):
        return Knowledge(self.edits, self.bans)


class History:
    def __init__(self, engine, seed, big, use_oracle=True):
        self.engine, self.r = engine, random.Random(seed)
        self.author = Author(self.r)
        self.doc = oracle.Document()
        self.seen, self.texts, self.writer = [], [], []
        self.keys, self.bans_of = [], []        # whose key signed an edit; revocations in its past
        self.big, self.use_oracle = big, use_oracle
        self.rights = {}                        # of writers; none: all may do all
        engine.history()

    def masked(self, edits, bans):
        """DESIGN 6: what a revoked key made, but for what the revocation names and what is below that."""
        out = set()
        for i in edits:
            mine = [b for b in bans if b.writer == self.keys[i]]
            if mine and not any(i in b.kept for b in mine):
                out.add(i)
        return out

    def edit(self, known, text, writer, key=None):
        """Of a writer who knows that; edits alone, or with revocations. A masked edit that nobody else stands on is not below it."""
        known = known if isinstance(known, Knowledge) else Knowledge(known)
        masked = self.masked(known.edits, known.bans)
        seen = known.edits - masked
        parents = [i for i in sorted(seen) if not any(i in self.doc.full[j] for j in seen)]
        self.r.shuffle(parents)
        edit_id = bytes(self.r.randrange(256) for _ in range(4))
        here, _, shown, _ = self.view(known)
        self.seen.append(shown if here or not seen or not self.use_oracle else self.doc.view(seen).hidden)
        i = self.doc.edit(edit_id, parents, text)
        self.engine.edit(edit_id, parents, text)
        blind = self.doc.full[i] & masked
        if blind:
            self.doc.blind(i, blind)
            self.engine.blind(i, blind)
        if key in self.rights:
            self.doc.by(i, *self.rights[key])
            self.engine.by(i, *self.rights[key])
        self.texts.append(text)
        self.writer.append(writer)
        self.keys.append(key)
        self.bans_of.append(frozenset(known.bans))
        if text is not None:
            self.author.old.append(text)
        return i

    def heads(self, p):
        return [i for i in sorted(p) if not any(i in self.doc.full[j] for j in p)]

    def view(self, known):
        """What is shown of some edits: alone, or with revocations."""
        p, masked = (known.edits, self.masked(known.edits, known.bans)) if isinstance(known, Knowledge) else (known, set())
        seen = p - masked
        if not seen:
            return False, False, b"", []
        got = self.engine.view(self.heads(p), masked)
        if masked:              # those that nobody stands on may as well not be there
            heads = self.heads(seen)
            other = self.engine.view(heads, masked & set().union(*[self.doc.full[h] for h in heads]))
            if other != got:
                raise Wrong("a masked head has an effect\n%s\n%s" % (show(other), show(got)))
        if self.use_oracle:
            want = self.doc.view(seen).answer()
            if got != want:
                raise Wrong("engine and oracle differ\n# engine:\n%s\n# oracle:\n%s" % (show(got), show(want)))
        return parsed(got)

    def run(self):
        r = self.r
        nodes = [Knowledge() for _ in range(r.choice([2, 2, 3, 3, 4, 6]) if not self.big else r.randint(2, 50))]
        size = r.choice([2, 3, 4, 5, 6, 8, 12]) if not self.big else r.choice([10, 20, 30, 50])
        revoking = r.random() < 0.3
        size += 6 if revoking else 0
        if r.random() < 0.25:
            self.author.guarded = True
            self.rights = {k: r.choice(ROLES) for k in range(len(nodes))}
        first = self.edit(set(), self.author.document(), 0, 0)
        for k, n in enumerate(nodes):
            if k == 0 or r.random() < 0.9:
                n.edits = {first}
        saved, bans = None, []
        gossip = r.choice([0.2, 0.5, 0.8])
        while len(self.texts) < size:
            k = r.randrange(len(nodes))
            n = nodes[k]
            if r.random() < gossip:     # all of another's, again or not; or one of his edits and its past
                other = r.choice(nodes)
                if other.edits:
                    i = r.choice(sorted(other.edits))
                    n.learn(other if r.random() < 0.7 else Knowledge(self.doc.full[i] | {i}, self.bans_of[i]))
                continue
            if revoking and n.edits and len(self.texts) > size // 3 and r.random() < 0.15 and len(bans) < 3:
                victim = r.choice([w for w in range(len(nodes)) if w != k])
                mine = {i for i in n.edits if self.keys[i] == victim and r.random() < r.choice([0.3, 0.9])}
                bans.append(Revocation(victim, set().union(mine, *[self.doc.full[i] for i in mine])))
                n.bans.add(bans[-1])
                continue
            if any(b.writer == k for b in n.bans):
                if r.random() < 0.3:
                    size -= 1
                continue                # knows that it is no member any more
            if saved and saved[1] == k and r.random() < 0.3:        # a stick from the shelf: a second branch of this writer
                nodes[k] = n = saved[0].copy()
                saved = None
                self.writer = [None if w == k else w for w in self.writer]
            elif r.random() < 0.03:
                saved = (n.copy(), k)
            here, _, text, _ = self.view(n)
            i = self.edit(n, self.author.next(text, here) if n.edits else self.created(), k, k)
            n.edits.add(i)
        self.bans = set(bans)
        self.check()

    def created(self):
        old = [t for i, t in enumerate(self.texts) if t is not None and not self.doc.pasts[i]]
        return self.r.choice(old) if old and self.r.random() < 0.4 else self.author.document()

    # ---- what must hold ----

    def check(self):
        p = set(range(len(self.texts)))
        for i in p:
            here, written, text, _ = self.view(Knowledge(self.doc.full[i] | {i}, self.bans_of[i]))
            if (not written or (text if here else None) != self.texts[i]) and (written or self.keys[i] not in self.rights):
                raise Wrong("edit %d is not seen as it was left" % i)
        if self.use_oracle and not self.bans:
            self.check_weave(p)
        if self.bans:
            known = Knowledge(p, self.bans)
            _, _, text, _ = self.view(known)
            self.check_order(p, self.masked(p, self.bans))
            self.check_masked(p - self.masked(p, self.bans), text)
            return
        here, _, text, wheres = self.view(p)
        self.check_order(p)
        if here:
            self.check_tokens(p, text)
            self.check_values(p, text)
            self.check_blocks(p, text)
        self.check_noop(p, here, text)
        self.check_settled(p, here, text, wheres)

    def check_weave(self, p):
        """What one left with no conflict open is also what the weave gives: it does not change when others come in."""
        for i in self.r.sample(sorted(p), min(len(p), 3)):
            left = self.doc.left[i]
            if not left.gone and not any(isinstance(x, oracle.Block) for x in left.items) and \
                    self.doc.render(self.doc.pasts[i] | {i}) != left.items:
                raise Wrong("edit %d: the weave gives another text than it left" % i)

    def check_masked(self, p, text):
        """No word that masked edits alone wrote is shown."""
        found = set(TOKEN.findall(front_of(text)[1]))
        allowed = set().union(*[TOKEN.findall(self.texts[i]) for i in p if self.texts[i] is not None])
        if self.use_oracle:
            allowed = {t for w in self.doc.writes if w.edit in p for u in w.added() for t in TOKEN.findall(u.text)}
        if found - allowed:
            raise Wrong("a masked write is shown: %s" % b" ".join(found - allowed).decode())

    def check_order(self, p, masked=()):
        """Another topological order: the same bytes."""
        want, order, left = self.engine.view(self.heads(p), masked), [], list(p)
        log = list(self.engine.log)
        while left:
            i = self.r.choice([i for i in left if self.doc.full[i] <= set(order)])
            left.remove(i)
            order.append(i)
        self.engine.history()
        for k, i in enumerate(order):
            self.engine.edit(self.doc.ids[i][:4], [order.index(j) for j in self.doc.full[i]], self.texts[i])
            if self.doc.full[i] - self.doc.pasts[i]:
                self.engine.blind(k, [order.index(j) for j in self.doc.full[i] - self.doc.pasts[i]])
            if self.keys[i] in self.rights:
                self.engine.by(k, *self.rights[self.keys[i]])
        got = self.engine.view([], [order.index(i) for i in masked])
        if got != want:
            raise Wrong("another order of input, other bytes: %s\n%s\n%s" % (order, show(want), show(got)))
        self.engine.history()       # as it was
        for b in log[1:]:
            if b.split()[0] in (b"edit", b"blind", b"by"):
                self.engine.send(b)

    def alive(self, p, has, adders):
        """Is what some adders added, of which has(text) tells, still there by what people did? None: nobody added it."""
        mine = [i for i in adders if i in p]
        if not mine:
            return None
        gone = [d for d in p if self.texts[d] is not None and has(self.seen[d]) and not has(self.texts[d])]
        return any(not any(e in self.doc.pasts[d] for d in gone) for e in mine)

    def check_tokens(self, p, text):
        if not self.use_oracle:
            return
        adders, deleters = {}, {}
        for w in self.doc.writes:
            for u in w.d:
                for t in TOKEN.findall(u.text):
                    deleters.setdefault(t, set()).add(w.edit)
            for u in w.added():
                for t in TOKEN.findall(u.text):
                    adders.setdefault(t, set()).add(w.edit)
        body = front_of(text)[1]
        found = set(TOKEN.findall(body))
        lines = oracle.lines_of(body)
        inside = {k for i, n, _ in groups(lines) for k in range(i, i + n)}
        outside = set(TOKEN.findall(b"".join(x for k, x in enumerate(lines) if k not in inside)))
        for t in sorted(adders):
            def has(x):
                return x is not None and re.search(rb"\b" + t + rb"\b", front_of(x)[1]) is not None
            alive = self.alive(p, has, adders[t])
            untouched = any(not any(e in self.doc.pasts[d] for d in deleters.get(t, ())) for e in adders[t])
            if alive and untouched and t not in found:
                raise Wrong("a write was lost: %s" % t.decode())
            if alive is False and t in outside:
                raise Wrong("an overwritten write came back: %s" % t.decode())

    def check_values(self, p, text):
        seen = [values_of(x) for x in self.seen]
        left = [values_of(x) for x in self.texts]
        now = values_of(text)
        for kv in set().union(*left):
            if kv[0] in GUARDED or kv[1] is None:
                continue
            adders = [i for i in p if kv in left[i] and kv not in seen[i]]
            gone = [d for d in p if self.texts[d] is not None and kv in seen[d] and kv not in left[d]]
            alive = any(not any(e in self.doc.pasts[d] for d in gone) for e in adders)
            settled = [i for i in p if kv in left[i] and any(x[0] == kv[0] for x in left[i] ^ seen[i])]
            alive |= kv in now and any(not any(e in self.doc.pasts[d] for d in gone) for e in settled)
            if alive != (kv in now) and oracle.front(text):
                raise Wrong("key %s, value %s: %s" % (kv[0].decode(), kv[1].decode(), "lost" if alive else "came back"))

    def check_blocks(self, p, text):
        if not self.use_oracle:
            return
        view = self.doc.view(p)
        for b in [b for b in view.items if isinstance(b, oracle.Block)]:
            texts = [v.text for v in b.variants]
            if not view.written and texts != sorted(set(texts)):
                raise Wrong("variants not sorted, or twice")
            open_left = {i for i in p if any(isinstance(x, oracle.Block) for x in self.doc.left[i].items)}  # one for each variant
            if open_left:
                continue
            writers = [self.writer[i] for v in b.variants for i in v.edits if self.writer[i] is not None]
            if len(writers) != len(set(writers)):
                raise Wrong("two variants of one writer")

    def parts(self, text):
        """To compare texts of which one is as somebody left it: variants sorted, no carriage returns."""
        lines = oracle.lines_of(oracle.bare(front_of(text)[1]) + (b"" if text.endswith(b"\n") or not front_of(text)[1] else b"\n"))
        for i, n, variants in reversed(groups(lines)):
            lines[i:i + n] = sorted(set(variants))
        return values_of(text), b"".join(lines)

    def check_noop(self, p, here, text):
        """Who saves what he sees adds nothing: alone, and beside whatever else comes in."""
        if not here:
            return
        i = self.edit(p, text, None)
        if self.view(p | {i})[2] != text:
            raise Wrong("a save without a change changes the view")
        q = set()
        for k in self.r.sample(sorted(p), min(len(p), 2)):
            q |= self.doc.pasts[k] | {k}
        h, _, t, _ = self.view(q)
        x = self.edit(q, self.author.next(t, h), None)
        if self.texts[x] is None:
            return
        one, two = self.view(p | {x})[2], self.view(p | {i, x})[2]
        if self.parts(one) != self.parts(two):
            raise Wrong("a save without a change changes a later view\n%s\n%s" % (show(one), show(two)))

    def settle_all(self, text):
        front, body = front_of(text)
        lines = oracle.lines_of(body)
        for i, n, variants in reversed(groups(lines)):
            lines[i:i + n] = [self.r.choice(variants + [self.author.line()])]
        if front is not None:
            front = [x for x in front if not re.match(rb"[a-z-]+@\d", x)]
        return with_front(front, b"".join(lines))

    def check_settled(self, p, here, text, wheres):
        """Settled by somebody who saw all of it: does not return; alike by two: no conflict."""
        if not here or not wheres:
            return
        new = self.settle_all(text)
        a, b = self.edit(p, new, None), self.edit(p, new, None)
        if self.view(p | {a})[3]:
            if not any(oracle.group(oracle.lines_of(front_of(new)[1])[k:])[0] for k in range(len(new))):
                raise Wrong("settled, yet a conflict is open: %s" % self.view(p | {a})[3])
            return
        h, _, t, w = self.view(p | {a, b})
        if self.parts(t) != self.parts(new) or w:
            raise Wrong("settled alike by two, and not the same: %s\n%s\n%s" % (w, show(new), show(t)))
        k = self.r.choice(sorted(p))
        q = self.doc.pasts[k] | {k}
        h, _, t, w = self.view(q)
        if not h or w:
            return
        token = self.author.token()
        x = self.edit(q, t + (b"" if t.endswith(b"\n") else b"\n") + b"\n" + token + b"\n", None)
        if t.endswith(b"\n") and self.view(p | {a, x})[3] and not self.open_fence(t):
            raise Wrong("a settled conflict returns")

    def open_fence(self, text):
        f = oracle.Fences()
        for line in oracle.lines_of(front_of(text)[1]):
            f.line(line)
        return f.size


def show(b):
    return b.decode(errors="backslashreplace")


def main():
    a = argparse.ArgumentParser()
    a.add_argument("replay")
    a.add_argument("--seed", type=int, default=1)
    a.add_argument("--count", type=int, default=1000)
    a.add_argument("--seconds", type=float, default=0)
    a.add_argument("--big", action="store_true")
    a.add_argument("--no-oracle", action="store_true")
    a.add_argument("--show", action="store_true")
    a.add_argument("--keep-going", action="store_true")
    a = a.parse_args()
    engine, n, failed, end = Engine(a.replay), 0, 0, time.time() + a.seconds
    for seed in range(a.seed, a.seed + a.count):
        if a.seconds and time.time() > end:
            break
        h = History(engine, seed, a.big, not a.no_oracle)
        try:
            h.run()
        except Wrong as e:
            failed += 1
            print("not ok - history %d: %s" % (seed, str(e) if a.show else str(e).split("\n")[0]))
            if a.show:
                sys.stdout.flush()
                sys.stdout.buffer.write(b"".join(engine.log))
            if not a.keep_going:
                break
        n += 1
    if not failed:
        print("ok - %d random histories from %d on%s" % (n, a.seed, ", many nodes" if a.big else ""))
    print("# %d histories, %d failed" % (n, failed), file=sys.stderr)
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
