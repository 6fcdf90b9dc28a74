"""tests/merge/real.py COLEP THREE DIR: real three-way cases. Each folder below DIR that holds base.md, ours.md and
theirs.md is one. All of them are documents of three nodes: one saves base.md, two change it, and sync; so it is told
that no sync stops, and how many documents are in conflict. Then each by itself (three.c) against `git merge-file`: where
git merges cleanly, the same bytes; the documents in conflict, as a part of those that git leaves so (at most 0.8)."""
import os
import shutil
import subprocess
import sys
import tempfile

FRONT = b"---\nid: %s\nkind: lesson\ntitle: A case\nowner: bps\nstatus: draft\ntlp: TLP:GREEN\nlang: en\ndate: 2023-01-01\n---\n"
HARMLESS = bytes.maketrans(b"0123456789@", b"abcdefghij/")      # nothing looks like personal data, which save holds back


def cases(top):
    for folder, _, files in sorted(os.walk(top)):
        if {"base.md", "ours.md", "theirs.md"} <= set(files):
            yield folder


def read(folder, name):
    with open(os.path.join(folder, name), "rb") as f:
        return f.read()


def alone(three, found):
    """git clean, of them the same bytes, git in conflict, ours in conflict, what is not as it should be."""
    clean = same = theirs = ours = 0
    odd = []
    for folder in found:
        b, o, t = (os.path.join(folder, n) for n in ("base.md", "ours.md", "theirs.md"))
        git = subprocess.run(["git", "merge-file", "-p", o, b, t], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        mine = subprocess.run([three, b, o, t], stdout=subprocess.PIPE)
        if mine.returncode not in (0, 1):
            odd.append("%s: the merge ended with status %d" % (folder, mine.returncode))
        ours += mine.returncode == 1
        theirs += git.returncode != 0
        clean += git.returncode == 0
        same += git.returncode == 0 and git.stdout == mine.stdout
        if git.returncode == 0 and git.stdout != mine.stdout:
            odd.append("%s: git merges it cleanly, %s" % (folder, "here it is a conflict" if mine.returncode else "here to other bytes"))
    return clean, same, theirs, ours, odd


def nodes(colep, found, top):
    """Through real nodes. Documents and conflicts of each, or what stopped."""
    env = dict(os.environ, COLEP_KEYS=os.path.join(top, "keys"), SOURCE_DATE_EPOCH="1700000000")
    a, b, c = (os.path.join(top, n) for n in "abc")

    def run(*words, ok=(0,)):
        p = subprocess.run([colep, *words], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if p.returncode not in ok:
            sys.exit("not ok - colep %s: exit %d: %s" % (" ".join(words), p.returncode, p.stderr.decode()[:500]))
        return p.stdout.decode()

    def put(node, name):
        for n, folder in enumerate(found):
            doc = b"ll-bps-2023-case-%04d" % n
            with open(os.path.join(node, "lessons/bps", doc.decode() + ".md"), "wb") as f:
                f.write((FRONT % doc + read(folder, name).translate(HARMLESS))[:250 << 10])
        run("-C", node, "save", ok=(0, 1))

    run("init", a, "--id", "bps")
    os.makedirs(os.path.join(a, "lessons/bps"))
    root = subprocess.run(["git", "-C", a, "rev-list", "--max-parents=0", "main"], stdout=subprocess.PIPE).stdout.decode().strip()
    for x, who in (b, "bps-two"), (c, "bps-three"):
        line = run("join", a, x, "--id", who, "--root", root)
        run("-C", a, "roster", "add", *line.split())
    put(a, "base.md")
    for x in b, c:
        run("-C", x, "sync")
    put(b, "ours.md")
    put(c, "theirs.md")
    for x in b, c, a, b, c:
        run("-C", x, "save" if x is a else "sync", ok=(0, 1))      # a takes in what was pushed to it
    ids = [subprocess.run(["git", "-C", x, "rev-parse", "main"], stdout=subprocess.PIPE).stdout for x in (b, c)]
    if ids[0] != ids[1]:
        sys.exit("not ok - the nodes differ")
    documents = len(run("-C", b, "list").splitlines())
    return documents, len({line.split("\t")[0] for line in run("-C", b, "conflicts", ok=(0, 1)).splitlines()})


def main():
    colep, three, top = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]), sys.argv[3]
    found = list(cases(top))
    if not found:
        sys.exit("not ok - %s: no case in it: a folder with base.md, ours.md, theirs.md" % top)
    clean, same, theirs, ours, odd = alone(three, found)
    work = tempfile.mkdtemp(prefix="merge-real-")
    documents, open_ones = nodes(colep, found, work)
    shutil.rmtree(work)
    print("cases                           %d" % len(found))
    print("git merges cleanly              %d, the same bytes in %d" % (clean, same))
    print("in conflict by git merge-file   %d" % theirs)
    print("in conflict here                %d%s" % (ours, " (%.2f of git's)" % (ours / theirs) if theirs else ""))
    print("through real nodes              no sync stopped; %d documents were saved, %d are in conflict" % (documents, open_ones))
    for line in odd:
        print("not ok - " + line)
    return bool(odd) or ours > 0.8 * theirs


if __name__ == "__main__":
    sys.exit(main())
