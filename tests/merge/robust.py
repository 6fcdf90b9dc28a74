"""tests/merge/robust.py REPLAY [--count N] [--seed N] [--seconds N]: texts that nobody writes, through replay: random
bytes, marks in heaps, and documents of the largest size made to cost. It never crashes, and takes --seconds of a processor (for
each of the large ones). Best with a REPLAY built with AddressSanitizer and UBSan (`make merge-asan`)."""
import argparse
import random
import resource
import signal
import subprocess
import sys
import time

PIECES = [b"<!-- conflict -->\n", b"<!-- or -->\n", b"<!-- /conflict -->\n", b"\\<!-- or -->\n", b"---\n", b"title: x\n", b"title@2: y\n",
          b"gone@2: yes\n", b"topics: [a, b]\n", b"```\n", b"~~~~\n", b"| a | b |\n", b"a. b! c? ", b"\r\n", b"\n", b"\0", b"\xff\xfe",
          b"\xe2\x80\xa6 ", b".", b" ", b"word ", b"x" * 300, b"\xef\xbb\xbf", b"key: &a *a\n", b"status: withdrawn\n"]
LARGE = 256 << 10


def noise(r):
    how = r.random()
    if how < 0.3:
        return bytes(r.randrange(256) for _ in range(r.randrange(200)))
    text = b"".join(r.choice(PIECES) for _ in range(r.randrange(40)))
    return b"---\nid: a\n" + text if how < 0.5 else text


def change(r, text):
    """Cut, doubled, or moved about."""
    i, j = sorted((r.randint(0, len(text)), r.randint(0, len(text))))
    return r.choice([text[:i] + text[j:], text[:j] + text[i:], text[:i] + r.choice(PIECES) + text[i:], text[j:] + text[:i],
                     text[:i] + noise(r) + text[j:], text])


def history(r, n, text_of):
    """Edits of random pasts; what each saw is asked for, and used."""
    out, edits = [b"history lesson\n"], 0
    for i in range(n):
        parents = sorted(r.sample(range(edits), min(edits, r.choice([0, 1, 1, 2, 3]))))
        text = text_of(i)
        out.append(b"edit %s %s %s" % (bytes(r.randrange(256) for _ in range(4)).hex().encode(), ",".join(map(str, parents)).encode() or b"-",
                                       b"gone\n" if text is None else b"%d\n%s\n" % (len(text), text)))
        edits += 1
    return b"".join(out) + b"view -\n"


def small(r):
    old = [noise(r)]

    def text_of(_):
        old.append(change(r, r.choice(old)))
        return None if r.random() < 0.05 else old[-1]

    return history(r, r.choice([2, 3, 5, 8]), text_of)


def run(replay, data, seconds, what):
    start = time.time()                 # what is bounded is the processor's time: the machine may be busy
    p = subprocess.run([replay], input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                       preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds) + 1)))
    if p.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        print("not ok - %s: not done in %d s" % (what, seconds))
        return False, b""
    if p.returncode:
        print("not ok - %s: exit status %d\n%s" % (what, p.returncode, p.stderr.decode(errors="replace")[:3000]))
        return False, b""
    return time.time() - start, p.stdout


def base(i):
    return [b"edit %02x - %d\n%s\n" % (1, len(i), i)]


def concurrent(base_text, texts):
    """A document and edits of it, none of which saw another, and one that saw all."""
    out = [b"history lesson\n"] + base(base_text)
    for k, t in enumerate(texts):
        out.append(b"edit %04x 0 %d\n%s\n" % (256 + k, len(t), t))
    last = texts[0][:LARGE // 2]
    out.append(b"edit ffff %s %d\n%s\n" % (",".join(str(k + 1) for k in range(len(texts))).encode(), len(last), last))
    return b"".join(out) + b"view -\n"


def large(r):
    a, b = b"a\n" * (LARGE // 2), b"b\n" * (LARGE // 2)
    lines = [b"line %d\n" % k for k in range(LARGE // 12)]
    text = b"".join(lines)
    yield "newlines against letters", concurrent(b"\n" * LARGE, [a, b, b"\n" * (LARGE - 1)])
    yield "all rewritten by eight", concurrent(a, [(b"%d\n" % k) * (LARGE // 2) for k in range(8)])
    yield "shuffled by five", concurrent(text, [b"".join(r.sample(lines, len(lines))) for _ in range(5)])
    yield "every third line changed by ten", concurrent(text, [
        b"".join(x if i % 3 else b"%d %s" % (k, x) for i, x in enumerate(lines)) for k in range(10)])
    yield "a few lines changed by forty", concurrent(text, [
        b"".join(x if r.random() > 0.001 else b"%d %s" % (k, x) for i, x in enumerate(lines)) for k in range(40)])
    yield "other line ends by three", concurrent(text, [text.replace(b"\n", b"\r\n"), text[::-1], text.upper()])
    yield "sentences", concurrent(b"a. " * (LARGE // 3), [b"b. " * (LARGE // 3), b"a. b. " * (LARGE // 6)])
    yield "a fence opened above all", concurrent(text, [b"```\n" + text, b"~~~\n" + text, text + b"```\n"])
    yield "marks", concurrent(b"<!-- conflict -->\n" * (LARGE // 18), [b"<!-- or -->\n" * (LARGE // 12), PIECES[0] + b"<!-- or -->\n" * (LARGE // 13) + PIECES[2]])
    keys = [b"k%d: %d\n" % (k, k) for k in range(190)]
    yield "many keys by forty", concurrent(b"---\n" + b"".join(keys) + b"---\n", [
        b"---\n" + b"".join(b"k%d: v%d\n" % (k, j) for k in range(190)) + b"---\n" for j in range(40)])
    yield "a list of 500 by twenty", concurrent(b"---\ntopics: []\n---\n", [
        b"---\ntopics: [" + b", ".join(b"t%d" % (j * 450 + k) for k in range(450)) + b"]\n---\n" for j in range(20)])


def main():
    a = argparse.ArgumentParser()
    a.add_argument("replay")
    a.add_argument("--seed", type=int, default=1)
    a.add_argument("--count", type=int, default=2000)
    a.add_argument("--seconds", type=float, default=20)
    a.add_argument("--times", action="store_true")
    a = a.parse_args()
    ok = True
    for at in range(a.seed, a.seed + a.count, 100):
        data = b"".join(small(random.Random(s)) for s in range(at, min(at + 100, a.seed + a.count)))
        ok &= bool(run(a.replay, data, 60, "noise, histories %d to %d" % (at, at + 99))[0])
    if ok:
        print("ok - noise: %d histories end, and none crashes" % a.count)
    for what, data in large(random.Random(a.seed)):
        took, _ = run(a.replay, data, a.seconds, "large, " + what)
        if took:
            print("ok - large: %s" % what + (" (%.1f s)" % took if a.times else ""))
        ok &= bool(took)
    return not ok


if __name__ == "__main__":
    sys.exit(main())
