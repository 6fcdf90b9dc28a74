#!/usr/bin/python3
"""tests/known.py COLEP known.tsv [FLOOR]   |   tests/known.py COLEP FOLDER [QUERIES=100]: is what somebody remembers found?

known.tsv: texts in many languages, and queries for each (see its first line). FOLDER: Markdown of a site in several
languages, FOLDER/LANGUAGE/...; of each language QUERIES documents are drawn, and looked for by their title and by a
sentence of theirs, among all documents of all languages. Each query is asked as it stands and as other keyboards give it:

    latin    Cyrillic letter by letter as the country writes it in Latin       hooks off    and without its hooks
    accents off    no marks over or under a letter                             ae    ä, ö, ü, ß as ae, oe, ue, ss
    Arabic keys, Persian keys    yeh, kaf, heh and digits of the other one     capitals     of the language
    joined, apart    no zero-width non-joiner; a blank instead                 hamza off    alef, waw, yeh without it

Prints, by language and variant: how many queries, recall@1 and mean reciprocal rank of the first 10. With FLOOR, writes TAP:
a variant is ok when its mean reciprocal rank is at least FLOOR."""
import json, os, random, re, subprocess, sys, tempfile, unicodedata

CYRILLIC = dict(zip("абвгдезиклмнопрстуфц", "a b v g d e z i k l m n o p r s t u f c".split()))
LATIN = {
    "sr": {**CYRILLIC, **dict(zip("жјђћљњчџшх", "ž j đ ć lj nj č dž š h".split()))},
    "mk": {**CYRILLIC, **dict(zip("жјѓќљњчџшхѕ", "zh j gj kj lj nj ch dzh sh h dz".split()))},
    "bg": {**CYRILLIC, **dict(zip("жйчшщъьюяхц", "zh y ch sh sht a y yu ya h ts".split()))},
    "ru": {**CYRILLIC, **dict(zip("жйчшщъьюяхцыэё", "zh y ch sh shch |  yu ya kh ts y e e".replace("|", "").split(" ")))},
}
BARE = dict(zip("жчшцщѓќљњџѕёэ", "z c s c st g k l n dz dz e e".split()))	# as somebody types who has no hooks and knows no digraphs
HOOKS = str.maketrans({"ž": "z", "š": "s", "č": "c", "ć": "c", "đ": "dj"})
ARABIC_KEYS = str.maketrans("یکہھۀ۰۱۲۳۴۵۶۷۸۹", "يكههه٠١٢٣٤٥٦٧٨٩")
PERSIAN_KEYS = str.maketrans("يىك٠١٢٣٤٥٦٧٨٩", "ییک۰۱۲۳۴۵۶۷۸۹")
HAMZA = str.maketrans("أإآؤئ", "اااوي")


def without_marks(text):
    text = text.translate(str.maketrans({"ı": "i", "ə": "e", "ß": "ss", "đ": "d", "ł": "l"}))
    return "".join(c for c in unicodedata.normalize("NFD", text) if unicodedata.category(c) != "Mn" or "\u0980" <= c <= "\u0dff")


def capitals(text, lang):
    return (text.replace("i", "İ") if lang in ("tr", "az") else text).upper()


def variants(lang, text):
    """By name, those that differ from the text."""
    low, got = text.lower(), {}
    if lang in LATIN and re.search("[а-я]", low):
        got["latin"] = "".join(LATIN[lang].get(c, c) for c in low)
        got["hooks off"] = got["latin"].translate(HOOKS) if lang == "sr" else "".join(BARE.get(c, LATIN[lang].get(c, c)) for c in low)
    if lang in ("bs", "hr"):
        got["hooks off"] = low.translate(HOOKS)
    elif lang in ("tr", "az", "sq", "de", "fr", "es", "pt", "it", "pl"):
        got["accents off"] = without_marks(text.replace("İ", "I"))
    if lang == "de":
        got["ae"] = text.translate(str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"}))
    if lang in ("fa", "ur"):
        got["Arabic keys"] = text.translate(ARABIC_KEYS)
        got["joined"], got["apart"] = text.replace("\u200c", ""), text.replace("\u200c", " ")
    if lang == "ar":
        got["Persian keys"] = text.translate(PERSIAN_KEYS)
    if lang in ("ar", "fa", "ur"):
        got["hamza off"] = without_marks(text.translate(HAMZA))
    got["capitals"] = capitals(text, lang)
    return {name: t for name, t in got.items() if t != text}


def run(*args):
    p = subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if p.returncode > 1:
        sys.exit("known.py: %s: %s" % (" ".join(args[:4]), p.stderr.decode("utf-8", "replace")))
    return p.stdout.decode("utf-8")


def texts_of(path):
    """[(language, title, text)], [(number of a text, what kind of query, query)]."""
    texts, queries = [], []
    with open(path, encoding="utf-8") as f:
        for line in f:
            if line.startswith("#"):
                continue
            lang, title, text, asked = line.rstrip("\n").split("\t")
            queries += [(len(texts), "title", title)] + [(len(texts), "other forms", q) for q in asked.split("|")]
            texts.append((lang, title, text))
    return texts, queries


def site_of(folder, many):
    texts, queries = [], []
    for at, folders, files in os.walk(folder):
        folders.sort()
        lang = os.path.relpath(at, folder).split(os.sep)[0].replace("_", "-")
        for name in sorted(files):
            if not name.endswith(".md") or not re.fullmatch("[a-z]{2}(-[a-z]{2})?", lang):
                continue
            with open(os.path.join(at, name), encoding="utf-8") as f:
                front, _, body = f.read().partition("\n---\n")
            title = re.search(r'^title: *"?(.*?)"?$', front, re.M)
            if title and len(body) > 200:
                texts.append((lang, title[1], body))
    titles = {}
    for lang, title, _ in texts:
        titles[title.lower()] = titles.get(title.lower(), 0) + 1
    for lang in sorted({t[0] for t in texts}):
        mine = [n for n, t in enumerate(texts) if t[0] == lang]
        rnd = random.Random(lang)
        for n in sorted(rnd.sample(mine, min(many, len(mine)))):
            _, title, body = texts[n]
            if titles[title.lower()] == 1:
                queries.append((n, "title", title))
            lines = [s for s in re.split(r"\n\n|(?<=[.!?]) ", body) if 30 < len(s) < 160 and not re.search(r"[`<>\[\]{}|*:#]", s)]
            if lines:
                queries.append((n, "sentence", " ".join(rnd.choice(lines).split())))
    return texts, queries


def ask(colep, texts, queries, work):
    """By query: the rank of its text among the first 10, or 0."""
    os.makedirs(work + "/docs")
    for n, (lang, title, text) in enumerate(texts):
        with open("%s/docs/%06d.md" % (work, n), "w", encoding="utf-8") as f:
            f.write("---\ntitle: %s\nlang: %s\n---\n%s\n" % (json.dumps(title, ensure_ascii=False), lang, text))
    run(colep, "init", work + "/node", "--id", "bps")
    ids = {}
    for line in run(colep, "-C", work + "/node", "import", work + "/docs").splitlines():
        ident, source = line.split("\t")[:2]
        ids[ident] = int(os.path.basename(source)[:6])
    with open(work + "/asked", "w", encoding="utf-8") as f:
        f.writelines("%d\t%s\n" % (k, re.sub(r"[\"+:\t-]", " ", q)) for k, (_, _, q) in enumerate(queries))
    ranks, seen = [0] * len(queries), {}
    for line in run(colep, "-C", work + "/node", "search", "--batch", work + "/asked", "--limit", "10").splitlines():
        k, ident = line.split("\t")[:2]
        seen[k] = seen.get(k, 0) + 1
        if ids[ident] == queries[int(k)][0]:
            ranks[int(k)] = seen[k]
    return ranks


def main(colep, source, number):
    small = os.path.isfile(source)
    texts, asked = texts_of(source) if small else site_of(source, int(number or 100))
    queries, names = [], []
    for n, kind, query in asked:
        lang = texts[n][0]
        for name, text in {"as it stands": query, **variants(lang, query)}.items():
            queries.append((n, kind, text))
            names.append((lang, kind, name))
    with tempfile.TemporaryDirectory() as work:
        os.environ.setdefault("COLEP_KEYS", work + "/keys")
        ranks = ask(colep, texts, queries, work)
    rows = {}
    for name, rank, (_, _, query) in zip(names, ranks, queries):
        rows.setdefault(name, []).append((rank, query))
    print("%s%-6s %-12s %-13s %7s %9s %6s" % ("# " if small and number else "", "lang", "query", "variant", "queries", "recall@1", "MRR"))
    for k, ((lang, kind, name), got) in enumerate(sorted(rows.items())):
        first = sum(r == 1 for r, _ in got) / len(got)
        mrr = sum(1 / r for r, _ in got if r) / len(got)
        row = "%-6s %-12s %-13s %7d %9.3f %6.3f" % (lang, kind, name, len(got), first, mrr)
        if small and number:
            print("%s - %s" % ("ok" if mrr >= float(number) else "not ok", row))
            for r, q in got:
                if r != 1:
                    print("# rank %d: %s" % (r, q))
        else:
            print(row, flush=True)
    if small and number:
        print("1..%d" % len(rows))


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    main(os.path.abspath(sys.argv[1]), sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else None)
