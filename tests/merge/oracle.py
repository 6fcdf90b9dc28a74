"""tests/merge/oracle.py: the merge rules, version 1, once more: written from the essay on top of sync/merge.c (its
numbers stand in the comments here), plain sets, everything rebuilt for every past, nothing made fast but by keeping
answers. Bytes in, bytes out. Also a program: the protocol of replay.c, answered by this implementation."""
import bisect
import re
import sys
import unicodedata

sys.setrecursionlimit(100000)

# ---- 1. units and match (sync/units.c) ----

MARK_RUN = re.compile(rb"(?:[.!?]|\xe2\x80\xa6|\xe0\xa5\xa4|\xdb\x94|\xd8\x9f)+[ \t]+(?=[^ \t\r\n])")
FENCE = re.compile(rb" {0,3}(`{3,}|~{3,})([^\n]*)\n?\Z", re.S)
BARE = re.compile(rb"[ \t]*(?:\r.*)?\Z", re.S)
MAX_EDITS = 1000


def lines_of(text):
    return re.findall(rb"[^\n]*\n|[^\n]+\Z", text)


class Fences:
    """Told line after line: which is inside a fence, its own two lines counted."""

    def __init__(self):
        self.char, self.size = b"", 0

    def line(self, line):
        """'open' at the line that opens one, 'in' up to the line that closes it, else ''."""
        m = FENCE.match(line)
        if self.size:
            if m and m[1][:1] == self.char and len(m[1]) >= self.size and BARE.match(m[2]):
                self.size = 0
            return "in"
        if m and not (m[1][:1] == b"`" and b"`" in m[2]):
            self.char, self.size = m[1][:1], len(m[1])
            return "open"
        return ""


def is_row(line):
    return line.lstrip(b" \t")[:1] == b"|"


def split(text):
    out, fences = [], Fences()
    for line in lines_of(text):
        if fences.line(line) or is_row(line):
            out.append(line)
            continue
        at = 0
        for m in MARK_RUN.finditer(line):
            out.append(line[at:m.end()])
            at = m.end()
        out.append(line[at:])
    return out


def structures(texts):
    """Units in a row, as lists of indices: lines, tables and fences."""
    out, fences, begins, table = [], Fences(), True, False
    for i, t in enumerate(texts):
        if begins:
            inside = fences.line(t)
            row = not inside and is_row(t)
            if inside == "in" or (row and table):
                out[-1].append(i)
            else:
                out.append([i])
            table = row
        else:
            out[-1].append(i)
        begins = t.endswith(b"\n")
    return out


def rising(bs):
    """Patience: the longest rising row, as indices."""
    piles, tops, before = [], [], []
    for i, b in enumerate(bs):
        k = bisect.bisect_left(tops, b)
        before.append(piles[k - 1] if k else None)
        if k == len(piles):
            piles.append(i)
            tops.append(b)
        else:
            piles[k], tops[k] = i, b
    row, i = [], piles[-1] if piles else None
    while i is not None:
        row.append(i)
        i = before[i]
    return row[::-1]


def myers(a, b):
    """Pairs, by the greedy algorithm, forward."""
    n, m = len(a), len(b)
    reach, history = {1: 0}, []
    for d in range(min(n + m, MAX_EDITS) + 1):
        history.append(dict(reach))
        for k in range(-d, d + 1, 2):
            down = k == -d or (k < d and reach[k - 1] < reach[k + 1])
            x = reach[k + 1] if down else reach[k - 1] + 1
            while x < n and 0 <= x - k < m and a[x] == b[x - k]:
                x += 1
            reach[k] = x
            if x >= n and x - k >= m:
                return myers_back(history, n, m, d)
    return []


def myers_back(history, x, y, d):
    pairs = []
    for d in range(d, 0, -1):
        reach, k = history[d], x - y
        down = k == -d or (k < d and reach[k - 1] < reach[k + 1])
        px = reach[k + 1] if down else reach[k - 1]
        py = px - (k + 1 if down else k - 1)
        while x > px + (not down) and y > py + down:
            x, y = x - 1, y - 1
            pairs.append((x, y))
        x, y = px, py
    while x > 0 and y > 0:
        x, y = x - 1, y - 1
        pairs.append((x, y))
    return pairs


def match(a, b):
    out = {}

    def stretch(a0, a1, b0, b1):
        while a0 < a1 and b0 < b1 and a[a0] == b[b0]:
            out[a0] = b0
            a0, b0 = a0 + 1, b0 + 1
        while a0 < a1 and b0 < b1 and a[a1 - 1] == b[b1 - 1]:
            a1, b1 = a1 - 1, b1 - 1
            out[a1] = b1
        if a0 == a1 or b0 == b1:
            return
        count_a, count_b = {}, {}
        for i in range(a0, a1):
            count_a.setdefault(a[i], []).append(i)
        for i in range(b0, b1):
            count_b.setdefault(b[i], []).append(i)
        once = [i for i in range(a0, a1) if len(count_a[a[i]]) == 1 and len(count_b.get(a[i], ())) == 1]
        row = rising([count_b[a[i]][0] for i in once])
        if not row:
            for x, y in myers(a[a0:a1], b[b0:b1]):
                out[a0 + x] = b0 + y
            return
        for r in row:
            x, y = once[r], count_b[a[once[r]]][0]
            out[x] = y
            stretch(a0, x, b0, y)
            a0, b0 = x + 1, y + 1
        stretch(a0, a1, b0, b1)

    stretch(0, len(a), 0, len(b))
    return out


# ---- what the rules speak of ----

class Unit:
    def __init__(self, text, run, at):
        self.text, self.run, self.at = text, run, at


class Run:
    def __init__(self, d, parent, left, texts):
        self.d, self.parent, self.left, self.adders = d, parent, left, set()
        self.units = [Unit(t, self, i) for i, t in enumerate(texts)]


class Write:
    def __init__(self, edit, d, run):
        self.edit, self.d, self.run = edit, frozenset(d), run
        self.settles = set()
        self.beside = set()     # of a variant written anew
        self.between = None     # of an insertion: the units before and behind it, where he saw some
        self.into = frozenset()     # of an insertion: the other units of the lines, tables, fences it stands in

    def added(self):
        return set(self.run.units) if self.run else set()

    def units(self):
        return self.d | self.added()

    def same(self, other):
        return self.run is other.run if self.run or other.run else self.d == other.d


class Variant:
    def __init__(self, text, units, edits):
        self.text, self.units, self.edits = text, units, edits


class Block:
    def __init__(self, units, writes, variants, lead, left=None):
        self.units, self.writes, self.variants, self.lead, self.left = units, writes, variants, lead, left

    def as_left(self, left):
        return Block(self.units, self.writes, self.variants, left[:1].strip(b"<"), left)

    def bytes(self):
        """As it was left by hand, or as it is made."""
        parts = [written(v.text) for v in self.variants]
        return self.left or self.lead + MARKS[0] + b"\n" + (MARKS[1] + b"\n").join(parts) + MARKS[2] + b"\n"


def text_of(item):
    return item.bytes() if isinstance(item, Block) else item.text


# ---- 6. the bytes of a block ----

MARKS = [b"<!-- conflict -->", b"<!-- or -->", b"<!-- /conflict -->"]


def mark_of(line):
    line = line[:-1] if line.endswith(b"\n") else line
    line = line[:-1] if line.endswith(b"\r") else line
    return MARKS.index(line) if line in MARKS else None


def written(text):
    out = b""
    for line in lines_of(text):
        out += b"\\" + line if mark_of(line.lstrip(b"\\")) is not None else line
    return out + b"\n" if out and not out.endswith(b"\n") else out


def read(text):
    return b"".join(x[1:] if x[:1] == b"\\" and mark_of(x.lstrip(b"\\")) is not None else x for x in lines_of(text))


def bare(text):
    return text.replace(b"\r\n", b"\n")


def group(lines):
    """The well-made group that begins with the first of these lines: how many lines, and its variants."""
    if not lines or mark_of(lines[0]) != 0:
        return 0, []
    variants, at = [], 1
    for i in range(1, len(lines)):
        k = mark_of(lines[i])
        if k == 0:
            return 0, []
        if k is None:
            continue
        variants.append(read(b"".join(lines[at:i])))
        at = i + 1
        if k == 2:
            return (i + 1, variants) if len(variants) > 1 else (0, [])
    return 0, []


# ---- 7. front matter: the subset of it that the tests write ----

KEY = re.compile(rb"([a-z][a-z0-9-]{0,63})(?:@([0-9]+))?:(?: +(.*))?\Z", re.S)
SETS = {b"topics", b"countries", b"institutions", b"regions", b"meetings", b"related", b"replaces", b"lint-ok", b"from"}
TLP = [b"TLP:CLEAR", b"TLP:GREEN", b"TLP:AMBER", b"TLP:AMBER+STRICT", b"TLP:RED"]
STATUS = [b"draft", b"submitted", b"cleared", b"published", b"superseded", b"withdrawn"]


class Key:
    def __init__(self, name, variant, is_list, values, lead, raw):
        self.name, self.is_list, self.values, self.lead, self.raw = name, is_list, values, lead, raw
        joined = (b"[" if is_list else b"") + b"\x1f".join(nfc(v) for v in values)
        self.value = None if variant > 1 and not joined else joined     # None: removed
        self.variant = variant


def nfc(b):
    return unicodedata.normalize("NFC", b.decode()).encode()


def scalar(s):
    """One value, or None where this reader does not know it."""
    s = s.strip(b" ")
    if s[:1] == b'"':
        m = re.match(rb'"((?:[^"\\]|\\["\\])*)"(?: +#.*)?\Z', s)
        return re.sub(rb"\\(.)", rb"\1", m[1]) if m else None
    s = re.split(rb"(?:^| +)#", s)[0].strip(b" ")
    if s[:1] in [bytes([c]) for c in b"-?:,[]{}&*!|>'%@`"] and not re.match(rb"[-?:][^ ]", s):
        return None
    return None if b": " in s or s.endswith(b":") else s


def front(text):
    """keys, tail, body; or None: no front matter."""
    if text[:4] != b"---\n" or b"\0" in text or len(text) > 256 << 10:
        return None
    try:
        text.decode()
    except UnicodeDecodeError:
        return None
    lines, at, keys, seen, lead = lines_of(text), 1, [], set(), b""
    while at < len(lines) and lines[at].rstrip(b"\n") != b"---":
        line = lines[at].rstrip(b"\n")
        at += 1
        if line.endswith(b"\r"):
            return None
        if not line.strip(b" ") or line[:1] == b"#":
            lead += lines[at - 1]
            continue
        m = KEY.match(line)
        if not m or (m[2] and not 2 <= int(m[2]) <= 999) or (m[1], int(m[2] or 1)) in seen:
            return None
        seen.add((m[1], int(m[2] or 1)))
        value, raw, is_list = (m[3] or b"").strip(b" "), lines[at - 1], False
        if value[:1] == b"[":
            if not value.endswith(b"]"):
                return None
            is_list, values = True, [scalar(v) for v in re.findall(rb'"(?:[^"\\]|\\.)*"|[^,]+', value[1:-1])]
        elif not value and at < len(lines) and re.match(rb" *- ", lines[at]):
            is_list, values = True, []
            while at < len(lines) and re.match(rb" *- ", lines[at]):
                values.append(scalar(lines[at].split(b"- ", 1)[1].rstrip(b"\n")))
                raw += lines[at]
                at += 1
        else:
            values = [scalar(value)]
            if values == [b""] and value[:1] != b'"':
                values = []
        if None in values:
            return None
        keys.append(Key(m[1], int(m[2] or 1), is_list, values, lead, raw[raw.index(b":"):]))
        lead = b""
    if at == len(lines):
        return None
    return keys, lead, b"".join(lines[at + 1:])


def quote(v):
    plain = v and not re.search(rb'^[-?:,\[\]{}#&*!|>\'"%@`~=< ]|[ :]\Z|["\\,\[\]{}:#]|[\xc2\xe2\xef]', v)
    return v if plain else b'"' + re.sub(rb'(["\\])', rb"\\\1", v) + b'"'


def rank(name, value):
    if name == b"tlp":
        return 0 if value == b"TLP:WHITE" else TLP.index(value) if value in TLP else -1
    return STATUS.index(value) if value in STATUS else -1


class KeyWrite:
    def __init__(self, edit, name, value, raw, over):
        self.edit, self.name, self.value, self.raw, self.over = edit, name, value, raw, over


class SetWrite:
    def __init__(self, edit, name, element, add):
        self.edit, self.name, self.element, self.add = edit, name, element, add


class Left:
    """What an edit left."""

    def __init__(self):
        self.items, self.keys, self.front, self.tail, self.fronted = [], [], b"", b"", False
        self.end = b""      # the last byte of the body
        self.gone = self.note = False
        self.whole = True


class View:
    def __init__(self):
        self.here, self.written, self.text, self.conflicts = False, False, b"", []
        self.items, self.hidden = [], b""   # hidden: of a deleted document, what who writes it anew overwrites

    def answer(self):
        """As replay.c prints it."""
        out = b"%s %s %d %d\n%s\n" % (b"here" if self.here else b"gone", b"written" if self.written else b"merged",
                                      len(self.text), len(self.conflicts), self.text)
        for where, line, variants in self.conflicts:
            out += b"conflict %s %d %d\n" % (where, line, len(variants))
            for text, ids in variants:
                out += b"variant %d %s\n%s\n" % (len(text), b" ".join(sorted(i.hex()[:8].encode() for i in ids)), text)
        return out


class Document:
    """The edits of one document, told one after the other; view() of any set of them."""

    def __init__(self):
        # full: all that is below an edit; pasts: of it what was not masked for its author. Text None: deleted.
        self.ids, self.full, self.pasts, self.texts = [], [], [], []
        self.left, self.writes, self.runs = [], [], []
        self.key_writes, self.set_writes, self.denied, self.writer = [], [], set(), {}
        self.birth = Unit(b"", None, 0)
        self.views = {}

    def edit(self, edit_id, parents, text):
        past = set(parents)
        for p in parents:
            past |= self.full[p]
        self.ids.append(edit_id.ljust(20, b"\0"))
        self.full.append(frozenset(past))
        self.pasts.append(frozenset(past))
        self.texts.append(text)
        self.left.append(None)
        return len(self.ids) - 1

    def deny(self, edit, key):
        self.denied.add((edit, key))

    def blind(self, edit, masked):
        self.pasts[edit] -= set(masked)

    def by(self, edit, owner, role):
        self.writer[edit] = (owner, role)

    def may(self, e, name, old, new):
        """DESIGN 6: the guarded keys of a document of bg's."""
        if (e, name) in self.denied:
            return False
        owner, role = self.writer.get(e, (b"", b"secretariat"))
        if role == b"secretariat":
            return True
        own = owner == b"bg"
        clears = role == b"chair" or own and role == b"focal-point"
        if name == b"tlp" and old is not None:
            return own or (new is not None and rank(name, new) >= rank(name, old))
        if name == b"owner":
            return old is None
        if name == b"status" and (self.stage(old) > 1 or self.stage(new) > 1):
            return role == b"chair" or (clears and new in (b"cleared", b"withdrawn"))
        if name in (b"cleared-by", b"cleared-on"):
            return clears
        if name == b"endorsed-at":
            return role == b"chair"
        return True

    def stage(self, status):
        return -1 if status is None else rank(b"status", status)

    def concurrent(self, x, y):
        return x != y and x not in self.pasts[y] and y not in self.pasts[x]

    def heads(self, p):
        return sorted((i for i in p if not any(i in self.pasts[j] for j in p)), key=lambda i: self.ids[i])

    # ---- 3. the order of the weave ----

    def order(self, p):
        p, kids = set(p), {}
        for i in range(len(self.ids) - 1, -1, -1):      # what its authors saw: a place may hang on what is masked
            if i in p:
                p |= self.pasts[i]
        for r in self.runs:
            if r.adders & p:
                kids.setdefault((r.parent, r.left), []).append(r)

        def key(r):
            return bool(r.d), [u.text for u in r.units], min(self.ids[i] for i in r.adders & p)

        out = []

        def walk(parent, left):
            for r in sorted(kids.get((parent, left), ()), key=key):
                for u in r.units:
                    walk(u, True)
                    out.append(u)
                walk(r.units[-1], False)

        walk(None, False)
        return out

    # ---- 4 ----

    def deleted(self, p):
        return {u for w in self.writes if w.edit in p for u in w.d}

    # ---- 5. conflict regions ----

    def overlap(self, x, y):
        if x in y.beside or y in x.beside:
            return True
        if not self.concurrent(x.edit, y.edit) or x.same(y):
            return False
        return bool(x.d & y.units() or y.d & x.units() or (x.into and x.into <= y.d) or (y.into and y.into <= x.d))

    def regions(self, p):
        active = [w for w in self.writes if w.edit in p]
        settled = {w for x in active for w in x.settles}
        active = [w for w in active if w not in settled]
        regions = []        # (units, writes)
        for i, x in enumerate(active):
            for y in active[:i]:
                if self.overlap(x, y):
                    regions.append((set(x.units() | y.units()), {x, y}))
        before = None
        while before != [(len(u), len(w)) for u, w in regions]:
            before = [(len(u), len(w)) for u, w in regions]
            regions = self.joined(regions)
            for units, writes in regions:
                self.grow(units, writes, active, p)
        return regions

    def joined(self, regions):
        out = []
        for units, writes in regions:
            for r in [r for r in out if r[0] & units or r[1] & writes]:
                out.remove(r)
                units, writes = units | r[0], writes | r[1]
            out.append((units, writes))
        return out

    def grow(self, units, writes, active, p):
        edits = {w.edit for w in writes}
        for w in active:
            if w in writes:
                continue
            inside = w.between and w.between[0] in units and w.between[1] in units
            if w.d & units or (inside and edits & self.pasts[w.edit]) or \
                    (w.into & units and any(self.concurrent(w.edit, e) for e in edits)):
                writes.add(w)
                units |= w.units()
                edits.add(w.edit)
        for e in edits:
            for row in self.rows(e):
                if units & set(row):
                    units |= set(row)

    def rows(self, e):
        """The lines, tables and fences of what an edit left, as rows of units; blocks apart."""
        out, stretch = [], []
        for item in self.left[e].items + [None]:
            if isinstance(item, Unit):
                stretch.append(item)
                continue
            out += [[stretch[i] for i in s] for s in structures([u.text for u in stretch])]
            stretch = []
        return out

    def open_in(self, e, units):
        """Did edit e leave a block of the region?"""
        return any(isinstance(b, Block) and b.units & units for b in self.left[e].items)

    def counts(self, v, e, units, edits):
        """A variant in a block that live commit e left."""
        closed = [y for y in edits if y != e and y not in self.pasts[e] and not self.open_in(y, units)]
        return e in v.edits or any(x in edits and not any(x in self.pasts[y] for y in closed) for x in v.edits)

    def rows_left(self, e, units, edits, p):
        """Of the region: rows of units, each with its commits."""
        mine = [i for i in self.left[e].items if (i in units if isinstance(i, Unit) else i.units & units)]
        choice = {}
        for b in mine:
            if isinstance(b, Block):
                choice[b] = [v for v in b.variants if self.counts(v, e, units, edits)] or b.variants
        for k in range(max([len(c) for c in choice.values()], default=1)):
            row, by = [], set()
            for item in mine:
                if not isinstance(item, Unit):
                    v = choice[item][min(k, len(choice[item]) - 1)]
                    row += [u for u in v.units if u in units and u.run.adders & p]
                    by |= v.edits
                elif item.run.adders & p:
                    row.append(item)
                    by.add(e)
            yield row, by or {e}

    def variants(self, units, writes, p):
        edits = {w.edit for w in writes}
        live = [i for i in edits if not any(i in self.pasts[j] for j in edits)]
        by_text = {}
        for e in sorted(live, key=lambda i: self.ids[i]):
            for row, by in self.rows_left(e, units, edits, p):
                text = b"".join(u.text for u in row)
                by_text.setdefault(text, Variant(text, row, set())).edits.update(by)
        return [by_text[t] for t in sorted(by_text)]

    # ---- what P shows of the body ----

    def render(self, p):
        order, deleted = self.order(p), self.deleted(p)
        region_of, shown, items, done = {}, set(), [], []
        for units, writes in self.regions(p):
            region = (units, writes, self.variants(units, writes, p))
            for u in units:
                region_of[u] = region
            if len(region[2]) == 1:
                shown |= set(region[2][0].units)
        for u in order:
            region = region_of.get(u)
            if not region:
                items += [] if u in deleted or not u.run.adders & p else [u]
            elif len(region[2]) == 1:
                items += [u] if u in shown else []
            elif region not in done:
                done.append(region)
                lead = b"\n" if items and not text_of(items[-1]).endswith(b"\n") else b""
                items.append(Block(set(region[0]), set(region[1]), region[2], lead))
        return items

    def as_left(self, p, heads):
        return len(heads) == 1 and self.left[heads[0]].whole and self.pasts[heads[0]] <= p

    def items(self, p):
        heads = self.heads(p)
        if self.as_left(p, heads) and not self.left[heads[0]].gone:
            return self.left[heads[0]].items
        return self.render(p)

    # ---- 2. what an edit did to the body ----

    def fresh(self, seen, body):
        """The items of a body he left: texts, and blocks that he saw, each with the variant that differs or None."""
        blocks, out, plain = [b for b in seen if isinstance(b, Block)], [], b""
        cuts = self.lines_seen(seen)
        lines, at = lines_of(body), 0
        while at < len(lines):
            n, texts = group(lines[at:]) if blocks else (0, [])
            found = None
            left = b"".join(lines[at:at + n])
            for most in 0, 1:
                for b in blocks if n and not found else ():
                    if len(b.variants) == len(texts):
                        differ = [k for k, v in enumerate(b.variants) if bare(read(written(v.text))) != bare(texts[k])]
                        if len(differ) == most:
                            found = (b, differ[0], texts[differ[0]], left) if differ else (b, None, None, left)
                            break
            if not found:
                plain += lines[at]
                at += 1
                continue
            b = found[0]
            blocks.remove(b)
            if b.lead and plain.endswith(b"\n"):
                plain, found = plain[:-1], found[:3] + (b.lead + left,)
            out += self.cut(plain, cuts)
            plain = b""
            out.append(found)
            at += n
        return out + self.cut(plain, cuts)

    def lines_seen(self, seen):
        """Lines between blocks, by their bytes: how each was cut, one after the other."""
        out, row = {}, []
        for item in seen + [None]:
            if isinstance(item, Unit):
                row.append(item.text)
            if row and (not isinstance(item, Unit) or item.text.endswith(b"\n")):
                out.setdefault(bare(b"".join(row)), []).append(row)
                row = []
        return out

    def cut(self, plain, cuts):
        out, row = [], []
        for u in split(plain):
            row.append(u)
            if u.endswith(b"\n"):
                out.append(row)
                row = []
        out += [row] if row else []
        for i, row in enumerate(out):
            as_seen = cuts.get(bare(b"".join(row)))
            if as_seen:
                out[i] = as_seen[0]
                if len(as_seen) > 1:
                    as_seen.pop(0)
        return [u for row in out for u in row]

    def take_body(self, e, seen, body):
        left, fresh = self.left[e], self.fresh(seen, body)
        a = [(isinstance(x, Block), text_of(x)) for x in seen]
        b = [(True, x[0].bytes()) if isinstance(x, tuple) else (False, x) for x in fresh]
        pairs = match(a, b)
        i = j = 0
        while i < len(a) or j < len(b):
            if i < len(a) and pairs.get(i) == j:
                if isinstance(fresh[j], tuple) and fresh[j][1] is not None:
                    left.items.append(self.variant_anew(e, *fresh[j]))
                else:
                    s = seen[i]
                    left.items.append(s.as_left(fresh[j][3]) if isinstance(s, Block) else s)
                i, j = i + 1, j + 1
                continue
            i0, d, settles, texts = i, set(), set(), []
            while i < len(a) and i not in pairs:
                if isinstance(seen[i], Block):
                    d |= set(seen[i].units)
                    settles |= seen[i].writes
                else:
                    d.add(seen[i])
                i += 1
            while j < len(b) and (i >= len(a) or j < pairs[i]):
                texts += split(fresh[j][3]) if isinstance(fresh[j], tuple) else [fresh[j]]
                j += 1
            if not self.pasts[e] and texts:
                d.add(self.birth)
            w = self.add_write(e, d, texts, seen[i0 - 1] if i0 else None, seen[i] if i < len(seen) else None)
            w.settles = settles
            left.items += w.run.units if w.run else []
        mine = [w for w in self.writes if w.edit == e]
        added = set().union(*[w.added() for w in mine])
        for w in mine:
            if not w.d:
                w.into = frozenset(set().union(*[set(r) for r in self.rows(e) if set(r) & w.added()]) - added)

    def last_line(self, items):
        """What stands behind the last line end; blocks have theirs."""
        row = b""
        for item in reversed(items):
            if text_of(item).endswith(b"\n"):
                break
            row = item.text + row
        return row

    def add_write(self, e, d, texts, prev, behind):
        run = None
        if texts:
            order = self.order(self.pasts[e])
            between = None
            if d - {self.birth}:
                parent, left = self.ordered(d, order)[0], True
            elif d:
                parent, left = None, False
            else:
                first = self.ordered(behind.units, order)[0] if isinstance(behind, Block) else behind
                last = order[order.index(first) - 1 if first else -1] if isinstance(prev, Block) else prev
                parent, left = self.place(e, order, last)
                between = (last, first) if last and first else None
            run = self.run(e, frozenset(d), parent, left, texts)
            w = Write(e, d, run)
            w.between = between
        else:
            w = Write(e, d, None)
        self.writes.append(w)
        return w

    def ordered(self, units, order):
        return sorted(set(units) - {self.birth}, key={u: i for i, u in enumerate(order)}.get)

    def place(self, e, order, last):
        if last is None:
            return (order[0], True) if order else (None, False)
        right = last is not last.run.units[-1] or any(
            r.parent is last and not r.left and r.adders & self.pasts[e] for r in self.runs)
        return (order[order.index(last) + 1], True) if right else (last, False)

    def run(self, e, d, parent, left, texts):
        for r in self.runs:
            if r.d == d and r.parent is parent and r.left == left and [u.text for u in r.units] == texts and \
                    not r.adders & (self.pasts[e] | {e}):
                break
        else:
            r = Run(d, parent, left, texts)
            self.runs.append(r)
        r.adders.add(e)
        return r

    def variant_anew(self, e, block, k, text, left):
        units, run = split(text), None
        if units:
            first = self.ordered(block.units, self.order(self.pasts[e]))[0]
            run = self.run(e, frozenset(block.units), first, True, units)
        w = Write(e, block.units, run)
        w.settles = {x for x in block.writes if x.edit in block.variants[k].edits}
        w.beside = block.writes - w.settles
        self.writes.append(w)
        variants = list(block.variants)
        variants[k] = Variant(text, run.units if run else [], {e})
        return Block(block.units | set(run.units if run else ()), block.writes | {w}, variants, b"").as_left(left)

    # ---- 7. front matter ----

    def live(self, name, p):
        writes = [w for w in self.key_writes if w.name == name and w.edit in p]
        over, more = set(), writes
        while more:     # also what somebody masked overwrote, who was overwritten
            more = {x for w in more for x in w.over} - over
            over |= more
        return [w for w in writes if w not in over]

    def shown(self, name, p):
        """Live values in the order they are shown in, each with its writes."""
        by = {}
        for w in sorted(self.live(name, p), key=lambda w: self.ids[w.edit]):
            by.setdefault(w.value, []).append(w)
        values = sorted(by, key=lambda v: (v is None, v))
        if name in (b"tlp", b"status") and len(values) > 1:
            best = max(values, key=lambda v: (rank(name, v), -values.index(v)))
            rest = [w for v in values if v != best for w in by[v]]
            return [(best, by[best], by[best] + rest)]
        return [(v, by[v], by[v]) for v in values]

    def take_register(self, e, name):
        left = [k for k in self.left[e].keys if k.name == name]
        seen = self.shown(name, self.pasts[e])
        seen_values = [v for v, _, _ in seen]
        values = [k.value for k in left]
        anew = []
        for k in left:
            if k.value not in seen_values and k.value not in [x.value for x in anew]:
                anew.append(k)
        missing = [v for v in seen_values if v not in values and not (v is None and seen_values == [None] and not left)]
        if not anew and not missing:
            return
        if not anew:
            anew = left[:1] or [None]
        beside = [k.value for k in left if k not in anew]
        over = {w for v, _, writes in seen if v not in beside for w in writes}
        for k in anew:
            value = k.value if k else None
            if self.may(e, name, seen_values[0] if seen else None, value):
                self.key_writes.append(KeyWrite(e, name, value, k.raw if k else b"", over))
            else:
                self.left[e].whole = False

    def elements(self, name, p):
        """Rule 7: the elements of a set in P."""
        out = set()
        for w in self.set_writes:
            if w.add and w.name == name and w.edit in p and not any(
                    not r.add and r.name == name and r.element == w.element and r.edit in p and w.edit in self.pasts[r.edit]
                    for r in self.set_writes):
                out.add(w.element)
        return sorted(out)

    def take_set(self, e, name):
        old = self.elements(name, self.pasts[e])
        new = []
        for k in self.left[e].keys:
            if k.name == name:
                new = k.values
                break
        for x in sorted(set(old) | set(new)):
            if (x in old) != (x in new):
                self.set_writes.append(SetWrite(e, name, x, x in new))

    def take_front(self, e):
        for name in {k.name for k in self.left[e].keys} | {w.name for w in self.key_writes + self.set_writes}:
            if name in SETS:
                self.take_set(e, name)
            else:
                self.take_register(e, name)

    # ---- 8, 9. the whole file ----

    def presence(self, p):
        wrote = [i for i in p if self.left[i].gone or not self.left[i].note]
        live = [i for i in wrote if not any(i in self.pasts[j] for j in wrote)]
        here = [self.ids[i] for i in live if not self.left[i].gone]
        gone = [self.ids[i] for i in live if self.left[i].gone]
        return bool(here), [(b"here", here), (b"gone", gone)] if here and gone else []

    def names(self, p, heads):
        names = []
        for h in heads:
            at = 0 if not names else len(names)
            first = True
            for k in self.left[h].keys:
                if k.name in names:
                    at = names.index(k.name) + 1
                else:
                    at = 0 if first else at
                    names.insert(at, k.name)
                    at += 1
                first = False
        others = {w.name for w in self.key_writes + self.set_writes if w.edit in p} - set(names)
        return names + sorted(others)

    def write_set(self, name, p, heads):
        elements = self.elements(name, p)
        for h in heads:
            for k in self.left[h].keys:
                if k.name == name:
                    if set(k.values) == set(elements):
                        return name + k.raw
                    break
        if not elements:
            return b""
        return name + b": [" + b", ".join(quote(x) for x in elements) + b"]\n"

    def write_front(self, view, p, heads, note):
        fronted = [h for h in heads if self.left[h].fronted]
        out = b"---\n" + self.write_keys(view, p, heads)
        out += self.left[fronted[0]].tail if fronted else b""
        if out == b"---\n":
            return b""
        if note:
            view.conflicts.append((b"gone", 1 + out.count(b"\n"), note))
            out += b"gone@2: yes\n"
        return out + b"---\n"

    def write_keys(self, view, p, heads):
        out = b""
        for name in self.names(p, heads):
            with_it = [k for h in heads for k in self.left[h].keys if k.name == name]
            lead = with_it[0].lead if with_it else b""
            if name in SETS:
                line = self.write_set(name, p, heads)
                out += lead + line if line else b""
                continue
            values = self.shown(name, p)
            if [v for v, _, _ in values] == [None] or not values:
                continue
            out += lead
            if len(values) > 1:
                view.conflicts.append((name, 2 + out.count(b"\n"), [
                    (v or b"", [self.ids[w.edit] for w in writes]) for v, writes, _ in values]))
            for i, (v, writes, _) in enumerate(values):
                out += name + (b"@%d" % (i + 1) if i else b"") + (b":\n" if v is None else writes[0].raw)
        return out

    def view(self, p):
        p = frozenset(p)
        for i in sorted(p):
            self.take(i)
        if p not in self.views:
            self.views[p] = self.make_view(p)
        return self.views[p]

    def make_view(self, p):
        view, heads = View(), self.heads(p)
        if not p:
            return view
        view.here, note = self.presence(p)
        view.written = self.as_left(p, heads)
        view.items = self.items(p)
        if not view.here:
            view.hidden = b"---\n" + self.write_keys(View(), p, heads) + b"---\n" + b"".join(map(text_of, view.items))
            return view
        front_text = self.write_front(view, p, heads, note)
        if view.written:        # as he left it; his keys are in other places than rule 9 would put them
            front_text = self.left[heads[0]].front
            view.conflicts = [(w, self.line_in(front_text, w), v) for w, _, v in view.conflicts]
            view.conflicts.sort(key=lambda c: (c[0] == b"gone", c[1]))
        if note and not front_text:
            view.conflicts.append((b"gone", 1, note))
        text = front_text
        for item in view.items:
            if isinstance(item, Block):
                view.conflicts.append((b"passage", 1 + (text + item.lead).count(b"\n"), [
                    (v.text, [self.ids[i] for i in v.edits]) for v in item.variants]))
            text += text_of(item)
        last = view.items[-1] if view.items else None
        ends = {self.left[h].end for h in heads if not self.left[h].gone and last in self.left[h].items[-1:]}
        if isinstance(last, Unit) and ends and b"\n" not in ends:
            text = re.sub(rb"\r?\n?\Z", b"", text)
        view.text = self.texts[heads[0]] if view.written else text
        return view

    def line_in(self, text, name):
        for i, line in enumerate(lines_of(text)):
            if re.match(b"gone@2:" if name == b"gone" else name + rb"(@\d+)?:", line):
                return i + 1
        return 1 + text[:-4].count(b"\n")

    def take(self, e):
        if self.left[e] is not None:
            return
        for i in sorted(self.pasts[e]):
            self.take(i)
        left = Left()
        seen = self.items(self.pasts[e]) if self.pasts[e] else []
        self.left[e] = left
        left.gone = self.texts[e] is None
        if left.gone:
            left.items = seen
            return
        body, parsed = self.texts[e], front(self.texts[e])
        if parsed:
            left.fronted = True
            keys, left.tail, body = parsed
            noted = bool(self.presence(self.pasts[e])[1])
            for k in keys:
                if k.name == b"gone" and k.variant == 2:
                    left.note = noted
                else:
                    left.keys.append(k)
        left.front = self.texts[e][:len(self.texts[e]) - len(body)]
        self.take_front(e)
        left.end = body[-1:]
        if body and not body.endswith(b"\n") and lines_of(body)[-1] != self.last_line(seen):
            body += b"\r\n" if lines_of(body)[:-1] and lines_of(body)[-2].endswith(b"\r\n") else b"\n"
        self.take_body(e, seen, body)


def main():
    doc, stdin = Document(), sys.stdin.buffer
    while True:
        line = stdin.readline()
        if not line:
            break
        words = line.split()
        if not words:
            continue
        if words[0] == b"history":
            doc = Document()
        elif words[0] == b"edit":
            text = None
            if words[3] != b"gone":
                text = stdin.read(int(words[3]))
                stdin.readline()
            doc.edit(bytes.fromhex(words[1].decode()), [] if words[2] == b"-" else [int(x) for x in words[2].split(b",")], text)
        elif words[0] == b"deny":
            doc.deny(int(words[1]), words[2])
        elif words[0] == b"by":
            doc.by(int(words[1]), words[2], words[3])
        elif words[0] == b"blind":
            doc.blind(int(words[1]), [int(x) for x in words[2].split(b",")])
        elif words[0] == b"view":
            heads = range(len(doc.ids)) if words[1] == b"-" else [int(x) for x in words[1].split(b",")]
            p = set(heads).union(*[doc.full[h] for h in heads])
            p -= {int(x) for x in words[2].split(b",")} if len(words) > 2 else set()
            sys.stdout.buffer.write(doc.view(p).answer())
            sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
