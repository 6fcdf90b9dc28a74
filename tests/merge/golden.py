"""tests/merge/golden.py REPLAY FILE...: worked examples of the merge rules, through the engine and the oracle. A file
holds cases:

	= what people want, in a sentence
	1			an edit without a past; its id is its number
	2 after 1		one that saw 1 (and what 1 saw)
	2 after 1, id fe	with another id
	3 after 1, gone		it deleted the document
	3 may not write tlp
	view			of all edits, or
	view 2,3		of these and their pasts
	view, gone		the document is deleted

Lines behind an edit or a view that begin with a tab are its text; `\\r` at the end of one is a carriage return, and a
line `no line end` behind them takes the last line feed away. Where edits can come in another order, the view is the
same in each."""
import itertools
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import histories  # noqa: E402
import oracle  # noqa: E402


def cases(path):
    case, text = None, None
    for line in open(path, "rb").read().split(b"\n"):
        if line.startswith(b"= "):
            case = (line[2:].decode(), [])
            yield case
        elif line.startswith(b"\t"):
            text[0] += re.sub(rb"\\r\Z", b"\r", line[1:]) + b"\n"
        elif line == b"no line end":
            text[0] = text[0][:-1]
        elif line and case:
            text = [b""]
            case[1].append((line.decode(), text))


def parse(steps):
    edits, denied, views = {}, [], []
    for head, text in steps:
        m = re.fullmatch(r"(\d+)(?: after ([\d,]+))?(?:, id (\w+))?(, gone)?", head)
        v = re.fullmatch(r"view(?: ([\d,]+))?(, gone)?", head)
        d = re.fullmatch(r"(\d+) may not write (\S+)", head)
        if m:
            parents = [int(x) for x in m[2].split(",")] if m[2] else []
            edits[int(m[1])] = (bytes.fromhex(m[3] or "%02x" % int(m[1])), parents, None if m[4] else text[0])
        elif v:
            views.append(([int(x) for x in v[1].split(",")] if v[1] else list(edits), None if v[2] else text[0]))
        elif d:
            denied.append((int(d[1]), d[2].encode()))
        else:
            raise SystemExit("golden: cannot read: " + head)
    return edits, denied, views


def orders(edits):
    """Topological orders, the first few of them."""
    out = []
    for o in itertools.permutations(edits) if len(edits) < 8 else [tuple(edits)]:
        if all(o.index(p) < o.index(e) for e in o for p in edits[e][1]):
            out.append(o)
        if len(out) == 30:
            break
    return out


def run(engine, name, steps):
    edits, denied, views = parse(steps)
    for order in orders(edits):
        doc = oracle.Document()
        engine.history()
        for e in order:
            edit_id, parents, text = edits[e]
            doc.edit(edit_id, [order.index(p) for p in parents], text)
            engine.edit(edit_id, [order.index(p) for p in parents], text)
        for e, key in denied:
            doc.deny(order.index(e), key)
            engine.send(b"deny %d %s\n" % (order.index(e), key))
        for heads, want in views:
            at = [order.index(h) for h in heads]
            got = engine.view(at)
            here, _, text, _ = histories.parsed(got)
            if (text if here else None) != want:
                return "want\n%s\ngot\n%s" % ("gone" if want is None else show(want), show(text) if here else "gone")
            other = doc.view(set(at).union(*[doc.pasts[h] for h in at])).answer()
            if other != got:
                return "the oracle says otherwise\n%s\nengine\n%s" % (show(other), show(got))
    return ""


def show(b):
    return b.decode(errors="backslashreplace").replace("\r", "\\r")


def main():
    engine, failed = histories.Engine(sys.argv[1]), 0
    for path in sys.argv[2:]:
        for name, steps in list(cases(path)):
            why = run(engine, name, steps)
            failed += bool(why)
            print("%sok - %s: %s" % ("not " if why else "", os.path.basename(path), name))
            if why:
                print(re.sub("(?m)^", "# ", why))
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
