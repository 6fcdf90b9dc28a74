/* tests/bench/generate.c: a made-up knowledge base of any size, for measuring.
 *
 *	generate N SEED DIR QUERIES TYPOS [BYTES]
 *
 * writes N documents of all kinds below DIR, 200 queries of one to three words to QUERIES ("qid TAB query"), and
 * 50 words with one wrong letter to TYPOS. Same N and seed: same bytes. Keys, values and headings come from
 * the tables of kb/doc, so a document is one that `colep check` has nothing against. BYTES: how long a body is at least (1800);
 * some are twice as long. DIR "-": no files, but a commit on main for git fast-import.
 *
 * Words are built of syllables, by rank: the more frequent, the shorter; the first ranks are a language's own
 * small words. A word's chance is 1 / (rank + 3), as in real text (Zipf, Mandelbrot), in whole numbers.
 * Nobody is named: there is nothing but syllables and codes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kb/base/file.h"
#include "kb/doc/doc.h"
#include "kb/doc/vocab.h"
#include "kb/gate/git.h"

static struct err e = ERR_INIT;

static _Noreturn void fail(void)
{
	fprintf(stderr, "generate: %s\n", e.msg);
	exit(3);
}

/* ---- chance: splitmix64 ---- */

static uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

static uint64_t next(uint64_t *state)
{
	return mix(*state += 0x9e3779b97f4a7c15u);
}

static unsigned below(uint64_t *state, unsigned n)
{
	return (unsigned)(next(state) >> 33) % n;
}

/* ---- words ---- */

struct tongue {
	const char *lang;
	unsigned share;			/* of 100 documents */
	unsigned words;			/* how many roots there are */
	const char *onsets, *nuclei, *codas, *endings;	/* "-" stands for none */
	const char *common;		/* ranks 0, 1, 2 ... */
	uint64_t *sums;			/* sums[i]: of the chances of ranks 0 to i */
};

static struct tongue tongues[] = {
{ "en", 46, 16000, "b c d f g h l m n p r s t v w br cr dr fr gr pr tr bl cl fl pl sl st sp str ch sh th qu",
  "a e i o u a e i o ea ou ai ee", "- - - n r s t l m d nd nt st ck ng rt", "- - - - s ed ing er tion ment al ly",
  "the of and to in a is for that are with as by on from was at be this which or an not have it has their were its "
  "migrants smuggling border police investigation route country information persons traffickers case cooperation liaison "
  "offices vehicles documents evidence victims network payment hawala crossing coast lorry arrest court", NULL },
{ "fr", 9, 7000, "b c d f g l m n p r s t v br cr dr fr gr pr tr ch j qu", "a e i o u é ou ai eau oi", "- - - n r s t l",
  "- - - s e es er ment tion ée", "de la le les et des en un une du que est pour dans qui par sur avec ne pas frontière "
  "passeurs enquête police migrants", NULL },
{ "de", 9, 7000, "b d f g h k l m n p r s t w z br dr fr gr kr pr tr sch st sp", "a e i o u ä ö ü ei au ie",
  "- n r s t l m nd rt cht ng", "- - - en er e es ung lich keit", "der die und in den von zu das mit sich des auf für ist im "
  "dem nicht ein eine als auch grenze schleuser ermittlung polizei", NULL },
{ "bs", 7, 6000, "b c d g j k l m n p r s t v z č š ž dj br gr kr pr tr st sv", "a e i o u a e i", "- - - n r s t k m",
  "- - a e i u om ama nja ost", "i u je na se da za od su sa o koji kao ili granica policija istraga krijumčari", NULL },
{ "ru", 9, 7000, "б в г д ж з к л м н п р с т ф х ч ш бр гр др кр пр тр ст", "а е и о у ы я ю", "- - - н р с т л к м й",
  "- - а ы ов ам ами ость ение ный", "и в не на что с по как это из для от его за или граница полиция мигранты следствие",
  NULL },
{ "bg", 4, 5000, "б в г д ж з к л м н п р с т х ц ч ш бр гр др кр пр тр ст", "а е и о у ъ я", "- - - н р с т л к м",
  "- - а и та ят ът ове ост ние", "на и за да от се в с по е като граница полиция мигранти разследване", NULL },
{ "tr", 6, 5000, "b c ç d f g h k l m n p r s ş t v y z", "a e ı i o ö u ü", "- - n r l k m t ş", "- - lar ler da de in ın lık ci",
  "ve bir bu ile olarak olan için da de daha sınır polis göçmen soruşturma", NULL },
{ "ar", 5, 5000, "ب ت ث ج ح خ د ر ز س ش ص ض ط ع غ ف ق ك ل م ن ه و ي", "- - ا و ي", "- - - ر ل م ن د ب",
  "- - - ة ات ون ين ها", "في من على إلى أن عن مع التي هذا هذه الحدود الشرطة المهاجرين تحقيق تهريب", NULL },
{ "fa", 5, 5000, "ب پ ت ج چ ح خ د ر ز س ش ف ق ک گ ل م ن ه و ی", "- ا و ی ا", "- - - ر ن م د ت", "- - - ها ان ی های تر",
  "و در به از که این را با است برای مرز پلیس قاچاق مهاجران تحقیق", NULL },
};
enum { TONGUES = sizeof tongues / sizeof *tongues };

static unsigned parts(const char *list)
{
	unsigned n = 1;

	for (; *list; list++)
		n += *list == ' ';
	return n;
}

static struct str part(const char *list, unsigned i)
{
	struct str rest = cstr(list), one = STR_NONE;

	do
		(void)str_split(&one, &rest, ' ');
	while (i--);
	return str_is(one, "-") ? STR("") : one;
}

static void chances(struct tongue *t)
{
	uint64_t sum = 0;
	unsigned i;

	t->sums = xmalloc(t->words * sizeof *t->sums);
	for (i = 0; i < t->words; i++)
		t->sums[i] = sum += ((uint64_t)1 << 32) / (i + 3);
}

static unsigned rank_of(const struct tongue *t, uint64_t *state)
{
	uint64_t at = next(state) % t->sums[t->words - 1];
	unsigned lo = 0, hi = t->words - 1, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (t->sums[mid] <= at)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* The root of a rank, always the same, and behind it an ending by chance. */
static void add_word(struct buf *b, const struct tongue *t, uint64_t seed, unsigned rank, uint64_t *state)
{
	uint64_t own = mix(seed ^ mix(rank + ((uint64_t)(t - tongues) << 32)));
	unsigned n = parts(t->common), syllables;
	size_t start = b->n;

	if (rank < n) {
		buf_str_add(b, part(t->common, rank));
		return;
	}
	syllables = rank < 300 ? 1 + below(&own, 2) : rank < 4000 ? 2 : 2 + below(&own, 2);
	for (; syllables || b->n - start < 3; syllables -= syllables > 0) {
		buf_str_add(b, part(t->onsets, below(&own, parts(t->onsets))));
		buf_str_add(b, part(t->nuclei, below(&own, parts(t->nuclei))));
		buf_str_add(b, part(t->codas, below(&own, parts(t->codas))));
	}
	if (state)
		buf_str_add(b, part(t->endings, below(state, parts(t->endings))));
}

static void capital(struct buf *b, size_t at)	/* Latin and Cyrillic small letters */
{
	unsigned char *p = (unsigned char *)b->p + at;

	if (p[0] >= 'a' && p[0] <= 'z')
		p[0] = (unsigned char)(p[0] - 32);
	else if (p[0] == 0xd0 && p[1] >= 0xb0)
		p[1] = (unsigned char)(p[1] - 32);
	else if (p[0] == 0xd1 && p[1] < 0x90)
		p[0] = 0xd0, p[1] = (unsigned char)(p[1] + 32);
}

/* ---- documents ---- */

struct made { struct str id, text; unsigned tongues; };	/* originals so far, and languages they are translated to */
static struct {
	uint64_t seed, state;
	struct arena a;
	struct vocab vocab;
	struct made *done;
	size_t n, cap;
	struct buf b;
	const struct tongue *t;
	uint64_t bytes;			/* of a body, at least */
} g;

static const char *const owners[] = { "mk", "bg", "pk", "at", "de", "fr", "ba", "bd", "az", "ir", "hu", "rs", "tr", "iq", "bps" };
enum { OWNERS = sizeof owners / sizeof *owners };

static void words(unsigned n)
{
	while (n--) {
		add_word(&g.b, g.t, g.seed, rank_of(g.t, &g.state), &g.state);
		buf_puts(&g.b, n ? " " : "");
	}
}

static void sentence(void)
{
	unsigned n = 6 + below(&g.state, 12), i, odd = below(&g.state, 12);
	size_t start = g.b.n;

	for (i = 0; i < n; i++) {
		if (odd == 0 && i == n / 2)
			buf_printf(&g.b, "%u", 2 + below(&g.state, 400));
		else if (odd == 1 && i == n / 2)
			buf_puts(&g.b, "**"), words(2), buf_puts(&g.b, "**");
		else
			words(1);
		buf_puts(&g.b, i + 1 == n ? "." : i % 6 == 5 ? ", " : " ");
	}
	capital(&g.b, start);
}

static void link_to(void)
{
	const struct made *m = &g.done[below(&g.state, (unsigned)g.n)];
	struct str path = doc_path_of(&g.a, m->id);

	buf_puts(&g.b, "See [");
	words(2);
	buf_printf(&g.b, "](../../%.*s).\n", FMT_STR(path));
}

static void paragraph(void)
{
	unsigned kind = below(&g.state, 10), i, n = 1 + below(&g.state, 4);

	if (kind == 0)
		for (i = 0; i < n; i++)
			buf_puts(&g.b, "- "), sentence(), buf_putc(&g.b, '\n');
	else if (kind == 1)
		for (i = 0, buf_puts(&g.b, "| No. | What |\n|---|---|\n"); i < n; i++)
			buf_printf(&g.b, "| %u | ", i + 1), words(4), buf_puts(&g.b, " |\n");
	else
		for (i = 0; i < n; i++)
			sentence(), buf_putc(&g.b, i % 2 || i + 1 == n ? '\n' : ' ');
	if (kind == 2 && g.n)
		link_to();
}

static void body(const struct kind *k, size_t size)
{
	const struct heading *h;
	size_t n = 0, i, start = g.b.n;

	for (h = k->headings; h->text && n < size / 150 + 1; h++)
		n++;				/* a short one has not all of them */
	for (i = 0; i < n || i == 0; i++) {
		if (n)
			buf_printf(&g.b, "\n## %s\n", k->headings[i].text);
		do {
			buf_putc(&g.b, '\n');
			paragraph();
		} while (g.b.n - start < (i + 1) * size / (n ? n : 1));
	}
}

static void date(void)
{
	buf_printf(&g.b, "20%02u-%02u-%02u", 15 + below(&g.state, 11), 1 + below(&g.state, 12), 1 + below(&g.state, 28));
}

static void code(const struct key_rule *r)
{
	const struct vocab_table *t = r->vocab ? vocab_table(&g.vocab, cstr(r->vocab)) : NULL;

	if (r->values)
		buf_str_add(&g.b, part(r->values, below(&g.state, parts(r->values))));
	else if (t && t->n)
		buf_str_add(&g.b, t->terms[below(&g.state, (unsigned)t->n)].code);
	else
		buf_puts(&g.b, owners[below(&g.state, OWNERS)]);
}

static void value(const struct key_rule *r)
{
	unsigned i, n = 1 + below(&g.state, 3);

	switch (r->type) {
	case KEY_DATE: date(); break;
	case KEY_CODE: code(r); break;
	case KEY_YESNO: buf_puts(&g.b, "yes"); break;
	case KEY_NUMBER: buf_printf(&g.b, "%u", 1 + below(&g.state, 90)); break;
	case KEY_ID: buf_str_add(&g.b, g.n ? g.done[below(&g.state, (unsigned)g.n)].id : STR("mt-bps-2022-colep-2")); break;
	case KEY_IDLIST:
		for (i = 0, buf_putc(&g.b, '['); g.n && i < n; i++) {
			buf_puts(&g.b, i ? ", " : "");
			buf_str_add(&g.b, g.done[below(&g.state, (unsigned)g.n)].id);
		}
		buf_putc(&g.b, ']');
		break;
	case KEY_LIST:
		for (i = 0, buf_putc(&g.b, '['); i < n; i++)
			buf_puts(&g.b, i ? ", " : ""), code(r);
		buf_putc(&g.b, ']');
		break;
	default: words(3);
	}
}

static bool one_of(const char *list, const char *name)
{
	return word_in(list, cstr(name));
}

static void front(const struct kind *k, struct str id, const char *owner, unsigned year)
{
	const struct key_rule *r;

	buf_printf(&g.b, "---\nid: %.*s\nkind: %s\ntitle: ", FMT_STR(id), k->name);
	words(4 + below(&g.state, 5));
	buf_printf(&g.b, "\nowner: %s\nstatus: %s\ntlp: %s\nlang: %s\ndate: %u-%02u-%02u\nsummary: ", owner,
	    below(&g.state, 10) ? "published" : "submitted", strcmp(k->name, "contact") && below(&g.state, 2) ? "TLP:CLEAR" : "TLP:GREEN",
	    g.t->lang, year, 1 + below(&g.state, 12), 1 + below(&g.state, 28));
	words(10 + below(&g.state, 8));
	buf_putc(&g.b, '\n');
	for (r = common_keys; r->name; r++)
		if (one_of("topics countries related", r->name) && kind_key(k, cstr(r->name)) == r &&
		    !(one_of("countries", r->name) && strcmp(k->name, "exercise") == 0))	/* made-up ones only */
			buf_printf(&g.b, "%s: ", r->name), value(r), buf_putc(&g.b, '\n');
	for (r = k->keys; r->name; r++)
		if (r->need != NEED_OPTIONAL || (!one_of("email phone", r->name) && below(&g.state, 4) == 0) || one_of("needed-by", r->name) ||
		    (strcmp(k->name, "contact") == 0 && one_of("country", r->name)))
			buf_printf(&g.b, "%s: ", r->name), value(r), buf_putc(&g.b, '\n');
	buf_puts(&g.b, "source: Made up for measuring\n---\n");
}

static void put(const char *dir, struct str path)
{
	const char *to = path_join(&g.a, dir, arena_cstr(&g.a, path));
	char *folder = arena_cstr(&g.a, cstr(to));

	if (strcmp(dir, "-") == 0) {
		printf("M 100644 inline %.*s\ndata %zu\n%s\n", FMT_STR(path), g.b.n, g.b.p);
		return;
	}
	*strrchr(folder, '/') = '\0';
	if ((!file_is_dir(folder) && dir_make(folder, 0755, &e)) || file_write_fast(to, buf_str(&g.b), 0644, &e))
		fail();
}

static const struct kind *kind_by_chance(void)
{
	static const char *const names[] = { "lesson", "case-study", "issue", "action", "procedure", "request", "meeting", "exercise",
		"contact" };
	static const unsigned char shares[] = { 36, 26, 12, 8, 5, 4, 3, 3, 3 };
	unsigned at = below(&g.state, 100), i;

	for (i = 0; at >= shares[i]; i++)
		at -= shares[i];
	return kind_find(cstr(names[i]));
}

static const struct tongue *tongue_by_chance(void)
{
	unsigned at = below(&g.state, 100), i;

	for (i = 0; at >= tongues[i].share; i++)
		at -= tongues[i].share;
	return &tongues[i];
}

static void document(const char *dir, size_t i)
{
	const struct kind *k = kind_by_chance();
	const char *owner = owners[below(&g.state, OWNERS)];
	unsigned year = 2015 + below(&g.state, 11);
	struct str id;

	g.t = tongue_by_chance();
	buf_clear(&g.b);
	if (i % 32 == 31) {		/* a translation */
		struct made *of = &g.done[below(&g.state, (unsigned)g.n)];
		const unsigned bit = 1u << (g.t - tongues);
		struct oid rev = repo_hash_blob(of->text);
		char hex[OID_HEX + 1];

		id = cstr(arena_printf(&g.a, "%.*s.%s", FMT_STR(of->id), g.t->lang));
		if (of->tongues & bit || str_find(of->text, STR("\nlang: en\n")) ==
		    SIZE_MAX || strcmp(g.t->lang, "en") == 0) {
			document(dir, i - 1);
			return;
		}
		of->tongues |= bit;
		oid_format(hex, &rev);
		buf_printf(&g.b, "---\ntranslation-of: %.*s\nsource-rev: %s\nlang: %s\ntitle: ", FMT_STR(of->id), hex, g.t->lang);
		words(6);
		buf_puts(&g.b, "\n---\n");
		doc_id_valid(of->id, &k, &(struct str){ 0 });
	} else {
		struct buf slug = BUF_INIT;

		if (i < 2 * OWNERS) {	/* the two kinds that an owner has one of */
			k = kind_find(cstr(i % 2 ? "participant" : "country-profile"));
			owner = owners[i / 2];
		}
		buf_printf(&slug, "%s-%s", k->prefix, owner);
		if (k->year) {
			buf_printf(&slug, "-%u-", year);
			add_word(&slug, &tongues[0], g.seed, 60 + below(&g.state, 15000), NULL);
			buf_printf(&slug, "-%zu", i);
		}
		id = arena_str(&g.a, buf_str(&slug));
		buf_free(&slug);
		front(k, id, owner, year);
	}
	body(k, (size_t)g.bytes + below(&g.state, (unsigned)(g.bytes + g.bytes / 9)));
	put(dir, doc_path_of(&g.a, id));
	if (str_chr(id, '.') != SIZE_MAX)
		return;
	if (g.n == g.cap)
		g.done = arena_grow(&g.a, g.done, &g.cap, sizeof *g.done);
	g.done[g.n++] = (struct made){ id, g.n < 2000 ? arena_str(&g.a, buf_str(&g.b)) : STR(""), 0 };
}

/* ---- queries: words of middling frequency, as people type ---- */

static unsigned query_rank(void)
{
	return (unsigned)20 << below(&g.state, 8) | below(&g.state, 16);
}

static void queries(const char *path)
{
	struct buf b = BUF_INIT;
	unsigned i, j, n;

	for (i = 0; i < 200; i++) {
		g.t = tongue_by_chance();
		buf_printf(&b, "q%u\t", i);
		for (j = 0, n = 1 + i % 3; j < n; j++) {
			buf_puts(&b, j ? " " : "");
			add_word(&b, g.t, g.seed, query_rank(), j ? &g.state : NULL);
		}
		buf_putc(&b, '\n');
	}
	if (file_write(path, buf_str(&b), 0644, &e))
		fail();
	buf_free(&b);
}

static void typos(const char *path)
{
	struct buf b = BUF_INIT, word = BUF_INIT;
	unsigned i = 0;

	while (i < 50) {
		buf_clear(&word);
		add_word(&word, &tongues[0], g.seed, query_rank(), NULL);
		if (word.n < 6)
			continue;
		word.p[2 + below(&g.state, (unsigned)word.n - 3)] = (char)('a' + below(&g.state, 26));
		buf_printf(&b, "t%u\t%s\n", i++, word.p);
	}
	if (file_write(path, buf_str(&b), 0644, &e))
		fail();
	buf_free(&b);
	buf_free(&word);
}

int main(int argc, char **argv)
{
	uint64_t n, i;

	g.bytes = 1800;
	if (argc < 6 || argc > 7 || !str_u64(&n, cstr(argv[1])) || !str_u64(&g.seed, cstr(argv[2])) || n > 10000000 ||
	    (argc == 7 && (!str_u64(&g.bytes, cstr(argv[6])) || !g.bytes || g.bytes > 1 << 20))) {
		fputs("usage: generate N SEED DIR QUERIES TYPOS [BYTES]\n", stderr);
		return 2;
	}
	if (strcmp(argv[3], "-") == 0)
		puts("commit refs/heads/main\ncommitter bench <bench@bench.invalid> 1700000000 +0000\ndata 0\nfrom refs/heads/main^0");
	g.state = mix(g.seed);
	vocab_default(&g.vocab, &g.a);
	for (i = 0; i < TONGUES; i++)
		chances(&tongues[i]);
	for (i = 0; i < n; i++)
		document(argv[3], i);
	queries(argv[4]);
	typos(argv[5]);
	for (i = 0; i < TONGUES; i++)
		free(tongues[i].sums);
	buf_free(&g.b);
	arena_free(&g.a);
	return 0;
}
