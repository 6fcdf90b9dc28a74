/* tests/unit/flip.c: a small index that has all an index may have, and every byte of it, and of what stands beside it, changed
 * in turn. What a node answers then is what it answered before, or that the index is damaged; and who opens it next makes it
 * anew, with the same answers.
 *
 * Who opens an index of this size has all its pages checked (sum.c), so there each byte must be told, or stand where nobody
 * reads: a page that no table uses. That none is read is not asked byte by byte: such pages are taken out of memory's reach.
 * Of a byte that changes behind the back of who has the file open, as of one beyond the pages that are checked of a large
 * index, the checks of the values tell (sealed.c), and of ids the list of all; of LMDB's own bytes (headers, other keys) nothing.
 *
 * Each byte meets one of three masks, by its place; of values behind an open file, some bytes do. FLIPS=all (make flips): all
 * bytes, and but for those all masks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <lmdb.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kb/base/file.h"
#include "kb/index/parts.h"
#include "kb/index/query.h"
#include "kb/index/related.h"

enum { PAGE = 4096, SMALL_DOCS = 252, MASKS = 3, STRIDE = 211, PAGES_MAX = 1024 };
static const unsigned char masks[MASKS] = { 0x01, 0x80, 0xff };

static struct arena kept = ARENA_INIT;
static struct err e = ERR_INIT;
static struct node node;
static const char *path, *sum_path, *lock_path;
static struct buf good, good_sum;	/* the files as they were left */
static bool all;			/* masks */

#define ok(call) do { if (call) fail_msg("%s", e.msg); } while (0)

static void run(const char *command)
{
	assert_int_equal(system(command), 0);
}

/* Real documents in several languages, and so many small ones that they make a large segment. Then
 * more change than a batch holds, and some go; then a few change, one comes, and one goes. */
static void make_node(struct index **ix)
{
	const char *root = getenv("ROOT");
	int i;

	run(arena_printf(&kept, "git init -q -b main n && mkdir -p n/.git/colep n/lessons/mk n/vocab n/roster && cd n && "
	    "git config colep.id bps && git config user.name Test && git config user.email test@example.org && "
	    "cp -R %s/content/lessons/bg %s/content/lessons/az lessons/", root ? root : ".", root ? root : "."));
	for (i = 0; i < SMALL_DOCS; i++)
		ok(file_write_fast(arena_printf(&kept, "n/lessons/mk/ll-mk-2022-text-%d.md", i), cstr(arena_printf(&kept,
		    "---\ntitle: Text %d\nlang: %s\ncountries: [%s]\n---\nOne line for all, and %d more words.\n", i, i % 7 ? "en" : "bg",
		    i % 5 ? "MK" : "BG, MK", i)), 0644, &e));
	ok(file_write_fast("n/vocab/topics.md", STR("| code | label | group | also called | note |\n|---|---|---|---|---|\n"
	    "| hawala | Hawala | threat | hundi | |\n"), 0644, &e));
	ok(file_write_fast("n/roster/space.md", STR("---\nname: Practice\n---\n"), 0644, &e));
	run("cd n && git add . && git commit -q -m first");
	ok(node_open(&node, &kept, "n", &e));
	ok(index_open(ix, &node, false, NULL, NULL, NULL, &e));
	run("cd n/lessons/mk && for f in *-text-1?[2-6].md; do echo \"Changed hundis of the $f.\" >>$f; done && "
	    "git rm -qf *-11?.md && git commit -q -a -m more");
	ok(index_refresh(*ix, NULL, &e));
	run("cd n && for f in lessons/bg/ll-bg-2022-debriefing.md lessons/mk/*-17.md; do echo 'A ferry, twice a ferry.' >>$f; done && "
	    "sed 's/^title: .*/title: A new one of ferries/' lessons/mk/*-18.md >lessons/mk/ll-mk-2022-new.md && "
	    "git rm -q lessons/mk/*-19.md && git add . && git commit -q -a -m few");
	ok(index_refresh(*ix, NULL, &e));
}

/* ---- questions ---- */

static const char *const queries[] = { "hawala", "ferry line", "+line +more -changed", "\"one line for all\"", "\"hundis of the\"", "inf",
	"hawalla smugglers", "country:BG", "topic:hawala lang:fa", "country:MK text 17", "lang:bg", "since:2022 migrants", "хавала", "changed" };
enum { QUERIES = sizeof queries / sizeof *queries, LIST = QUERIES, TEXTS, FILES, RELATED, QUESTIONS };

static void put_record(struct buf *b, const struct record *r)
{
	const struct str v[] = { r->id, r->kind, r->owner, r->status, r->tlp, r->lang, r->date, r->title, r->path, r->stage };
	char hex[OID_HEX + 1];
	size_t i;

	oid_format(hex, &r->blob);
	for (i = 0; i < sizeof v / sizeof *v; i++)
		buf_printf(b, "%.*s|", FMT_STR(v[i]));
	for (i = 0; i < r->ncountries; i++)
		buf_printf(b, "%.*s,", FMT_STR(r->countries[i]));
	for (i = 0; i < r->ntopics; i++)
		buf_printf(b, "%.*s;", FMT_STR(r->topics[i]));
	buf_printf(b, "%s %d%d\n", hex, r->conflict, r->broken);
}

static enum rc ask_query(struct buf *b, struct arena *a, struct snap *s, const char *text)
{
	struct filters f = FILTERS_INIT;
	struct result res;
	struct snippet sn;
	struct query *q;
	enum rc rc;
	size_t i;

	if ((rc = query_parse(&q, &f, a, cstr(text), &e)) || (rc = query_run(&res, a, s, q, &f, 20, COUNT_FACETS, &e)) ||
	    (rc = query_records(&res, a, s, &e)))
		return rc;
	buf_printf(b, "%llu %.*s\n", (unsigned long long)res.total, FMT_STR(res.note));
	for (i = 0; i < res.n; i++) {
		buf_printf(b, "%.*s %u ", FMT_STR(res.hits[i].id), (unsigned)res.hits[i].score);
		put_record(b, &res.hits[i].record);
	}
	for (i = 0; i < res.nfacets; i++)
		buf_printf(b, "%s %.*s %u\n", res.facets[i].field, FMT_STR(res.facets[i].value), (unsigned)res.facets[i].count);
	for (i = 0; i < res.n && i < 2; i++) {
		if ((rc = query_snippet(&sn, a, s, q, &res.hits[i].record, &e)))
			return rc;
		buf_printf(b, "%.*s %zu\n", FMT_STR(sn.text), sn.n);
	}
	return RC_OK;
}

static enum rc ask_all(struct buf *b, struct snap *s, bool texts)
{
	struct record r;
	enum rc rc = RC_OK;
	size_t i;

	for (i = 0; i < snap_count(s) && !rc; i++)
		if (!(rc = snap_record(&r, s, i, &e))) {
			if (texts)
				rc = snap_text(b, s, &r, &e);
			else
				put_record(b, &r);
		}
	return rc;
}

static enum rc ask_files(struct buf *b, struct snap *s)
{
	const struct vocab *v;
	enum rc rc = snap_vocab(&v, s, &e);

	if (!rc)
		buf_printf(b, "%zu terms\n", vocab_table(v, STR("topics"))->n);
	return rc || (rc = snap_file(b, s, STR("vocab/topics.md"), &e)) ? rc : snap_file(b, s, STR("roster/space.md"), &e);
}

static enum rc ask_related(struct buf *b, struct arena *a, struct snap *s)
{
	struct record r, *found;
	size_t i, n;
	enum rc rc;

	if ((rc = snap_find(&r, s, STR("ll-bg-2022-hawala.fa"), &e)) || (rc = related_find(&found, &n, a, s, &r, 8, &e)))
		return rc;
	for (i = 0; i < n; i++)
		buf_printf(b, "%.*s\n", FMT_STR(found[i].id));
	return RC_OK;
}

struct answers { struct buf v[QUESTIONS]; enum rc rc[QUESTIONS]; };	/* rc: RC_CORRUPT, and then none */

static void answers_free(struct answers *w)
{
	size_t i;

	for (i = 0; i < QUESTIONS; i++)
		buf_free(&w->v[i]);
}

static void ask(struct answers *w, struct index *ix)
{
	struct arena a = ARENA_INIT;
	struct snap *s = NULL;
	enum rc rc = snap_open(&s, ix, &e);
	size_t i;

	*w = (struct answers){ 0 };
	for (i = 0; i < QUESTIONS; i++) {
		if (s)
			rc = i == LIST ? ask_all(&w->v[i], s, false) : i == TEXTS ? ask_all(&w->v[i], s, true) : i == FILES ? ask_files(&w->v[i], s) :
			    i == RELATED ? ask_related(&w->v[i], &a, s) : ask_query(&w->v[i], &a, s, queries[i]);
		w->rc[i] = s ? snap_result(s, rc) : rc;
	}
	snap_close(s);
	arena_free(&a);
}

static struct answers want;

/* Those that were wanted; some may be refused instead. How many were. */
static size_t assert_same(const struct answers *w, bool refusing, const char *where, size_t at)
{
	size_t i, refused = 0;

	for (i = 0; i < QUESTIONS; i++) {
		if (refusing && w->rc[i] == RC_CORRUPT)
			refused++;
		else if (w->rc[i] || !str_eq(buf_str(&w->v[i]), buf_str(&want.v[i])))
			fail_msg("%s %zu: question %zu: status %d instead of %.*s\n%.*s", where, at, i, w->rc[i], FMT_STR(buf_str(&want.v[i])),
			    FMT_STR(buf_str(&w->v[i])));
	}
	return refused;
}

/* As a node does, from opening on; anew: it is made so first. */
static void assert_answers(bool anew, const char *where, size_t at)
{
	const char *why = NULL;
	struct answers w;
	struct index *ix;

	ok(index_open(&ix, &node, false, NULL, &why, NULL, &e));
	if (anew != (why != NULL))
		fail_msg("%s %zu: made anew: %s", where, at, why ? why : "no");
	ask(&w, ix);
	assert_same(&w, false, where, at);
	answers_free(&w);
	index_close(ix);
}

/* A document goes, and comes again: as right as before, and nothing is made anew. */
static void change_and_back(void)
{
	struct index *ix;

	ok(index_open(&ix, &node, false, NULL, NULL, NULL, &e));
	run("cd n && git checkout -q -B other && git rm -q lessons/mk/*-21.md && git commit -q -m less && git branch -q -f main");
	ok(index_refresh(ix, NULL, &e));
	run("cd n && git branch -q -f main main~1 && git checkout -q main");
	ok(index_refresh(ix, NULL, &e));
	index_close(ix);
	assert_answers(false, "changed and back", 0);
}

/* ---- files ---- */

struct mapped { char *p; size_t n; };

static struct mapped map(const char *file)
{
	struct mapped m = { NULL, 0 };
	int fd = open(file, O_RDWR);
	struct stat st;

	assert_true(fd >= 0 && fstat(fd, &st) == 0);
	m.n = (size_t)st.st_size;
	m.p = mmap(NULL, m.n, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_true(m.p != MAP_FAILED);
	close(fd);
	return m;
}

static void flip(struct mapped m, size_t at, unsigned mask)
{
	m.p[at] = (char)(m.p[at] ^ masks[mask]);
}

/* The files as they were left; maps of those before are of no use then. */
static void put_good(void)
{
	ok(file_write_fast(path, buf_str(&good), 0644, &e));
	ok(file_write_fast(sum_path, buf_str(&good_sum), 0644, &e));
	(void)unlink(lock_path);
}

static bool meets(size_t at, unsigned mask)
{
	return all || at % MASKS == mask;
}

static int set_up(void **state)
{
	const char *names[] = { "terms", "lists", "positions", "columns", "forms", "meta", "docs", "texts", "files" };
	struct index *ix;
	struct snap *s;
	uint32_t late = 0, dead = 0;
	size_t i;

	(void)state;
	all = getenv("FLIPS") && strcmp(getenv("FLIPS"), "all") == 0;
	make_node(&ix);
	path = arena_cstr(&kept, cstr(ix->path));
	sum_path = arena_printf(&kept, "%s-sum", path);
	lock_path = arena_printf(&kept, "%s-lock", path);
	ok(snap_open(&s, ix, &e));
	for (i = 0; i < s->stamp.nsegments; i++) {
		late += s->stamp.segments[i].nlate;
		dead += s->stamp.segments[i].dead;
	}
	assert_true(s->stamp.nsegments == 3 && s->stamp.naside > 1 && late > 2 && dead > late);
	for (i = 0; i < sizeof names / sizeof *names; i++) {	/* none is empty, but that of large segments, gone */
		table_id table;
		uint64_t n;

		ok(txn_table(&table, s->txn, names[i], &e));
		ok(txn_count(&n, s->txn, table, &e));
		if (!n)
			fail_msg("%s is empty", names[i]);
	}
	snap_close(s);
	index_close(ix);
	ok(index_open(&ix, &node, false, NULL, NULL, NULL, &e));
	ask(&want, ix);
	for (i = 0; i < QUESTIONS; i++)
		if (want.rc[i] || want.v[i].n < 20)
			fail_msg("question %zu has no answer", i);
	index_close(ix);
	ok(file_read(&good, path, 1 << 22, &e));
	ok(file_read(&good_sum, sum_path, 1 << 22, &e));
	assert_true(good.n % PAGE == 0 && good.n / PAGE < PAGES_MAX);
	printf("# %zu bytes\n", good.n);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	answers_free(&want);
	buf_free(&good);
	buf_free(&good_sum);
	arena_free(&kept);
	return 0;
}

/* ---- tests ---- */

/* Where the reader of this process has the index mapped. */
static char *reader_map(void)
{
	const char *name = strrchr(path, '/');
	FILE *f = fopen("/proc/self/maps", "r");
	char line[4096], *from = NULL;

	assert_non_null(f);
	while (fgets(line, sizeof line, f))
		if (strstr(line, name) && strstr(line, " r--s ")) {
			assert_null(from);
			from = (char *)(uintptr_t)strtoull(line, NULL, 16);
		}
	fclose(f);
	assert_non_null(from);
	return from;
}

static void test_flip__each_byte_of_an_index_is_told_when_it_is_opened_or_in_no_page_that_is_read(void **state)
{
	static bool unused[PAGES_MAX];
	size_t at, page, pages = good.n / PAGE, nunused = 0;
	char *mapped;
	struct mapped m;
	struct answers w;
	struct index *ix;
	unsigned mask;

	(void)state;
	put_good();
	m = map(path);
	assert_true(sum_right(path));
	for (page = 0; page < pages; page++) {
		m.p[page * PAGE + page % PAGE] ^= 4;
		unused[page] = sum_right(path);
		m.p[page * PAGE + page % PAGE] ^= 4;
		nunused += unused[page];
	}
	assert_true(nunused > 0 && nunused < pages / 2);
	for (mask = 0; mask < MASKS; mask++)
		for (at = 0; at < m.n; at++) {
			if (!meets(at, mask))
				continue;
			flip(m, at, mask);
			if (sum_right(path) != unused[at / PAGE])
				fail_msg("byte %zu of page %zu", at % PAGE, at / PAGE);
			flip(m, at, mask);
		}
	assert_true(sum_right(path));
	ok(index_open(&ix, &node, false, NULL, NULL, NULL, &e));	/* readers need none of the others */
	mapped = reader_map();
	for (page = 0; page < pages; page++)
		if (unused[page])
			assert_int_equal(mprotect(mapped + page * PAGE, PAGE, PROT_NONE), 0);
	ask(&w, ix);
	assert_same(&w, false, "pages taken away", nunused);
	answers_free(&w);
	index_close(ix);
	for (at = 0; at < m.n; at++)			/* all of these at once; and who writes over them then */
		if (unused[at / PAGE])
			flip(m, at, (unsigned)(at % MASKS));
	assert_answers(false, "all unused", nunused);
	change_and_back();
	munmap(m.p, m.n);
	for (page = 0; page < pages; page++) {		/* who opens a damaged one makes it anew */
		if (unused[page] || (!all && page % 8))
			continue;
		put_good();
		m = map(path);
		flip(m, page * PAGE + page * 59 % PAGE, 2);
		munmap(m.p, m.n);
		assert_answers(true, "page", page);
		assert_answers(false, "page", page);
	}
}

static void test_flip__each_byte_of_the_record_beside_it_is_told_or_not_read(void **state)
{
	bool *told = arena_array(&kept, good_sum.n, sizeof *told);
	size_t at, n = 0;
	struct mapped m;
	unsigned mask;

	(void)state;
	put_good();
	m = map(sum_path);
	for (mask = 0; mask < MASKS; mask++)
		for (at = 0; at < m.n; at++) {
			if (!meets(at, mask))
				continue;
			flip(m, at, mask);
			told[at] = !sum_right(path);
			n += told[at];
			flip(m, at, mask);
		}
	assert_true(n > good.n / PAGE);
	for (at = 0; at < m.n; at++)		/* all others at once, for who goes on with it too */
		if (!told[at])
			flip(m, at, (unsigned)(at % MASKS));
	assert_answers(false, "record", n);
	change_and_back();
	munmap(m.p, m.n);
}

/* LMDB's, of who reads: nobody does when it is opened. */
static void test_flip__each_byte_of_the_lock_is_harmless(void **state)
{
	struct mapped m;
	unsigned mask;
	size_t at;

	(void)state;
	put_good();
	assert_answers(false, "lock", 0);	/* makes it */
	for (mask = 0; mask < MASKS; mask++)
		for (at = 0; at < 8192; at++) {
			struct index *ix;
			struct record r;
			struct snap *s;
			const char *why = NULL;

			if (!meets(at, mask))
				continue;
			m = map(lock_path);
			assert_true(at < m.n);
			flip(m, at, mask);
			munmap(m.p, m.n);
			ok(index_open(&ix, &node, false, NULL, &why, NULL, &e));
			assert_null(why);
			ok(snap_open(&s, ix, &e));
			ok(snap_find(&r, s, STR("ll-bg-2022-hawala.fa"), &e));
			snap_close(s);
			index_close(ix);
		}
}

/* Which bytes of the file are of values, and of ids of documents. */
static void find_values(bool *value, bool *id)
{
	MDB_env *env = NULL;
	MDB_txn *txn = NULL;
	MDB_cursor *c, *names;
	const char *from;
	MDB_val k, v, name, x;
	MDB_dbi dbi, base;

	assert_true(!mdb_env_create(&env) && !mdb_env_set_maxdbs(env, STORE_TABLES) &&
	    !mdb_env_open(env, path, MDB_NOSUBDIR | MDB_RDONLY | MDB_NOLOCK, 0644) &&
	    !mdb_txn_begin(env, NULL, MDB_RDONLY, &txn) && !mdb_dbi_open(txn, NULL, 0, &base) && !mdb_cursor_open(txn, base, &names));
	from = reader_map();
	while (!mdb_cursor_get(names, &name, &x, MDB_NEXT)) {
		const char *table = arena_cstr(&kept, (struct str){ name.mv_data, name.mv_size });

		if (table[0] < 'a' || table[0] > 'z' || mdb_dbi_open(txn, table, 0, &dbi)) {	/* a row among the names of tables */
			memset(value + ((char *)x.mv_data - from), 1, x.mv_size);
			continue;
		}
		assert_int_equal(mdb_cursor_open(txn, dbi, &c), 0);
		while (!mdb_cursor_get(c, &k, &v, MDB_NEXT)) {
			memset(value + ((char *)v.mv_data - from), 1, v.mv_size);
			if (strcmp(table, "docs") == 0)
				memset(id + ((char *)k.mv_data - from), 1, k.mv_size);
		}
		mdb_cursor_close(c);
	}
	mdb_cursor_close(names);
	mdb_txn_abort(txn);
	mdb_env_close(env);
}

static void test_flip__a_byte_of_a_value_that_changes_behind_an_open_file_is_told_or_not_asked_for(void **state)
{
	bool *value = arena_array(&kept, good.n, sizeof *value), *id = arena_array(&kept, good.n, sizeof *id);
	size_t at, n = 0, told = 0;
	struct mapped m;

	(void)state;
	put_good();
	find_values(value, id);
	m = map(path);
	for (at = 0; at < m.n; at += all ? 1 : STRIDE) {
		struct answers w;
		struct index *ix;
		const char *why = NULL;
		bool damaged;

		if (!value[at])
			continue;
		ok(index_open(&ix, &node, false, NULL, &why, NULL, &e));
		assert_null(why);
		flip(m, at, (unsigned)(at % MASKS));
		ask(&w, ix);
		damaged = assert_same(&w, true, "value at", at) > 0;
		answers_free(&w);
		assert_true(damaged == index_damaged(ix));
		index_close(ix);
		if (damaged) {
			assert_false(sum_right(path));	/* made anew by who comes next */
			ok(file_write_fast(sum_path, buf_str(&good_sum), 0644, &e));
		}
		told += damaged;
		n++;
		flip(m, at, (unsigned)(at % MASKS));
	}
	munmap(m.p, m.n);
	printf("# %zu of %zu bytes of values told, the others not asked for\n", told, n);
	assert_true(told > n * 3 / 4);
	assert_answers(false, "value", 0);
}

/* Who lists all documents: none twice, and none that is not there. */
static void test_flip__a_byte_of_an_id_that_changes_behind_an_open_file_is_told_by_who_lists_them(void **state)
{
	bool *value = arena_array(&kept, good.n, sizeof *value), *id = arena_array(&kept, good.n, sizeof *id);
	struct buf b = BUF_INIT;
	struct mapped m;
	struct index *ix;
	size_t at, n = 0;

	(void)state;
	put_good();
	find_values(value, id);
	m = map(path);
	ok(index_open(&ix, &node, false, NULL, NULL, NULL, &e));
	for (at = 0; at < m.n; at++) {
		struct snap *s;

		if (!id[at] || (!all && n++ % 10))
			continue;
		flip(m, at, (unsigned)(at % MASKS));
		buf_clear(&b);
		ok(snap_open(&s, ix, &e));
		if (ask_all(&b, s, false) != RC_CORRUPT)
			fail_msg("byte %zu", at);
		snap_close(s);
		flip(m, at, (unsigned)(at % MASKS));
	}
	index_close(ix);
	munmap(m.p, m.n);
	put_good();
	assert_answers(false, "id", 0);
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flip__each_byte_of_an_index_is_told_when_it_is_opened_or_in_no_page_that_is_read),
		cmocka_unit_test(test_flip__each_byte_of_the_record_beside_it_is_told_or_not_read),
		cmocka_unit_test(test_flip__each_byte_of_the_lock_is_harmless),
		cmocka_unit_test(test_flip__a_byte_of_a_value_that_changes_behind_an_open_file_is_told_or_not_asked_for),
		cmocka_unit_test(test_flip__a_byte_of_an_id_that_changes_behind_an_open_file_is_told_by_who_lists_them),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
