#!/bin/sh
# The index against what happens to files and what is typed: every byte of a small one changed, odd queries, a reader
# that is killed.
. "$ROOT/tests/cli/lib.sh"
"$COLEP" init --id bps node >/dev/null 2>&1 || exit 1
put node ll-bps-2023-one title="Night trains and a zebra" body="Police of the border saw a zebra crossing, then another." topics="[hawala]" countries="[MK, BG]"
put node ll-bps-2023-two title="Ferries" body="A ferry, a van and the border at night; zebra."
put node is-bps-2023-three title="Hawala" body="Money goes by hawala and comes by van."
"$COLEP" -C node save >/dev/null 2>&1
put node ll-bps-2023-two title="Ferries again" body="A ferry, two vans and the border at night; zebra."
"$COLEP" -C node save >/dev/null 2>&1
printf 'a\tzebra\nb\tborder night\nc\t"zebra crossing"\nd\tferr\ne\thawalla\nf\t+van -ferry\ng\ttopic:hawala police\n' >queries
"$COLEP" -C node search --batch queries >want 2>&1; "$COLEP" -C node list >>want 2>&1
ix=$(echo node/.git/colep/index-*.mdb)
is "the questions have answers" "$(cut -f1 want | sort -u | grep -c '^[a-g]$')" 7
cp "$ix" good.mdb; cp "$ix-sum" good.sum

# one byte of each stretch of the file, and of what of the record is read
cat >flip.py <<'PY'
import os, random, struct, subprocess, sys
colep, path, step, seed = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
good, want, rnd = open("good.mdb", "rb").read(), open("want", "rb").read(), random.Random(seed)
record, bad, told = open("good.sum", "rb").read(), [], 0
def ask():
    p = [subprocess.run([colep, "-C", "node", *a], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
         for a in (["search", "--batch", "queries"], ["list"])]
    return p[0].stdout + p[1].stdout, p[0].stderr, [q.returncode for q in p]
places = [("", at) for at in range(rnd.randrange(step), len(good), step)] + \
    [("-sum", at) for at in (*range(48 + 8 * struct.unpack_from("<I", record, 4)[0]), *range(4096, len(record)))][::7]
for suffix, at in places:
    data = bytearray(good if not suffix else record)
    data[at] ^= 1 << rnd.randrange(8)
    for name, content in (("", good), ("-sum", record), (suffix, bytes(data))):
        with open(path + name, "r+b" if os.path.exists(path + name) else "wb") as f:
            f.write(content), f.truncate()
    out, err, codes = ask()
    told += b"made anew: it was damaged" in err
    if out != want or max(codes) > 1:
        bad.append(f"{suffix} byte {at}: exit {codes}: {err[:200]}")
print(len(places), "flips,", told, "told")
print("\n".join(bad[:5]))
PY
seed=${SEED:-$$}; echo "# SEED=$seed"
python3 flip.py "$COLEP" "$ix" "$(($(stat -c %s good.mdb) / 250))" "$seed" >flips 2>&1
echo "# $(head -1 flips)"
is "a byte changed in 250 places of the file and in its record: the answers are as they were" "$(sed 1d flips)" ""
has "and most of it is told" "$(awk 'NR == 1 && $3 * 2 > $1 { print "most" }' flips)" most
cp good.mdb "$ix"; cp good.sum "$ix-sum"; colep -C node list >/dev/null 2>&1

# a byte of a page in use changed without a trace in the stat, as a bad disk does: the record is made to fit
cat >quiet.py <<'PY'
import os, random, struct, subprocess, sys
colep, path, seed = sys.argv[1], sys.argv[2], int(sys.argv[3])
good, record, rnd, mask = open("good.mdb", "rb").read(), open("good.sum", "rb").read(), random.Random(seed), (1 << 64) - 1
def check_of(at, s):		# as pack.c
    odd, lane, total = 0x9e3779b97f4a7c15, [at ^ 1, 2, 3, 4], len(s) * 0x9e3779b97f4a7c15 & mask
    def mix(v, w):
        v = (v ^ w) * odd & mask
        return v ^ v >> 29
    while len(s) >= 32:
        lane, s = [mix(v, w) for v, w in zip(lane, struct.unpack("<4Q", s[:32]))], s[32:]
    for v, w in zip(lane, struct.unpack("<4Q", s.ljust(32, b"\0"))):
        v = (v ^ w) * odd & mask
        total = (total ^ v ^ v >> 29) * odd & mask
        total ^= total >> 32
    return total
head = 48 + 8 * struct.unpack_from("<I", record, 4)[0]		# as sum.c: with what is to come before a page's own check
late = {struct.unpack_from("<I", record, at)[0]: record[at + 4:at + 8] for at in range(48, head, 8)}
def places():			# bytes of pages that are in use: those that have a check, and the first two
    return [at for page in range(len(good) // 4096) for at in range(page * 4096, page * 4096 + 4096)
            if page < 2 or late.get(page, record[4096 + 4 * page:4100 + 4 * page]).strip(b"\0")]
def put(data):
    with open(path, "r+b" if os.path.exists(path) else "wb") as f:
        f.write(data), f.truncate()
    st = os.stat(path)
    told = record[4:16] + struct.pack("<4Q", st.st_size, st.st_ino, st.st_mtime_ns, st.st_ctime_ns) + record[48:head]
    with open(path + "-sum", "wb") as out:
        out.write(struct.pack("<I", check_of(1, told) & 0xffffffff) + told + record[head:])
def ask():
    p = [subprocess.run([colep, "-C", "node", *a], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
         for a in (["search", "--batch", "queries"], ["list"], ["search", "zebra"], ["search", "van"])]
    return b"".join(q.stdout for q in p), b"".join(q.stderr for q in p), max(q.returncode for q in p)
put(good)
want, said, status = ask()
bad, told, where = [f"unchanged: {status} {said}"] if status or said else [], 0, places()
for i in range(60):
    at = rnd.choice(where)
    data = bytearray(good)
    data[at] ^= 1 << rnd.randrange(8)
    put(bytes(data))
    out, said, status = ask()
    if b"damaged" in said:
        told += 1
        if b"colep index --rebuild" not in said and b"made anew" not in said:
            bad.append(f"byte {at}: {said}")
        out, said, status = ask()
    if out != want or status > 1 or (said and b"made anew" not in said):
        bad.append(f"byte {at}: exit {status}: {said[:200]}")
print(told, "told")
print("\n".join(bad[:5]))
PY
python3 quiet.py "$COLEP" "$ix" "$seed" >quiet 2>&1
echo "# $(head -1 quiet)"
is "a byte changed 60 times without a trace in the stat: a sentence, and right answers" "$(sed 1d quiet)" ""
is "and each is told" "$(head -1 quiet)" "60 told"
cp good.mdb "$ix"; cp good.sum "$ix-sum"; colep -C node list >/dev/null 2>&1

# odd queries: an answer or a sentence, at once
odd() { # NAME STATUS QUERY
	timeout 20 "$COLEP" -C node search -- "$3" >.o 2>.e; st=$?
	is "$1" "$st" "$2"
	[ "$st" = 0 ] || has "$1: said" "$(cat .e)" "colep: "
}
odd "an empty query" 2 ""
odd "blanks only" 2 "   "
odd "only words to leave out" 2 "-zebra -van"
odd "a plus and nothing" 2 "+"
odd "marks only" 2 '"" + - " "'
odd "unbalanced quotes" 0 '"zebra crossing'
odd "a quote in a word" 0 'zebra"crossing'
odd "bytes that are no UTF-8" 0 "$(printf 'zebra \377\376 \300\200')"
odd "100 KB of one letter" 1 "$(head -c 100000 /dev/zero | tr '\0' x)"
odd "a script nobody wrote in" 1 "ᚠᚢᚦ"
{ printf 'long\t'; head -c 1000000 /dev/zero | tr '\0' x; printf '\nmany\t'; yes zebra | head -10000 | tr '\n' ' '; printf '\nfew\tzebra\n'; } >big
timeout 30 "$COLEP" -C node search --batch big >.o 2>.e
is "1 MB of one letter and 10,000 words: said, and the others are answered" "$(cut -f1 .o | sort -u) $(grep -c '^colep: many: ' .e)" "few 1"

# a node is served when its index goes away, and none can be made
"$COLEP" -C node serve --port 0 >.url 2>/dev/null & p=$!
await test -s .url
mdb=$(ls node/.git/colep/index-*.mdb); rm node/.git/colep/index-*; mkdir "$mdb-new"
put node ll-bps-2023-late title="Late" body="A zebra." && colep -C node save >/dev/null 2>&1
curl -s -o .o "$(head -1 .url)search?q=zebra"
is "an index that is gone and cannot be made: served on" "$? $(kill -0 $p && echo lives)" "0 lives"
rmdir "$mdb-new"; colep -C node search zebra >/dev/null 2>&1; kill $p; wait $p 2>/dev/null

# a reader is killed with its transaction open, while others write
"$COLEP" -C node serve --port 0 >.url 2>/dev/null & p=$!
await test -s .url
curl -s "$(head -1 .url)search?q=zebra" >/dev/null; kill -9 $p; wait $p 2>/dev/null
put node ll-bps-2023-four title="After" body="Xylophones and a zebra." && colep -C node save >/dev/null 2>&1
run colep -C node search xylophones
is "a reader killed: what is saved then is found" "$(printf '%s' "$out" | cut -f2)" ll-bps-2023-four
is "and nothing is made anew" "$err" ""
done_testing
