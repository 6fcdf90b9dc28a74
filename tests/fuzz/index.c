/* tests/fuzz/index.c: what else is decoded of the index, and beside it, with a right check behind any bytes. First byte: blocks of
 * numbers (0 mod 8), the stamp (1), the rows of documents (2), their texts and the dictionary of these (3), the record of the
 * file's pages (4), notes of what makes one tree another (5), git's index (6), which documents of a segment are gone (7). The
 * rest is cut into values by two lengths of two bytes each. Whatever the bytes, reading them ends, and what is given out is
 * within what was promised. */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kb/base/file.h"
#include "kb/base/sha1.h"
#include "kb/gate/git_parts.h"
#include "kb/index/pack.h"
#include "kb/index/parts.h"
#include "kb/index/sealed.h"
#include "kb/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXT_MAX = 1 << 20, ORDINAL = 1 };
static char dir[] = "/dev/shm/colep-fuzz-XXXXXX";	/* where syncing takes no time */
static struct arena kept = ARENA_INIT;
static const char *store_path, *sum_path, *git_path, *notes_path;
static struct store *store;
static struct tables tables;
static struct repo *repo;
static struct err e = ERR_INIT;

static void clean_up(void)
{
	repo_close(repo);
	store_close(store);
	if (system(arena_printf(&kept, "rm -rf %s", dir)))
		fprintf(stderr, "%s stays\n", dir);
	arena_free(&kept);
}

static void must(bool is)
{
	if (!is)
		abort();
}

static void set_up(void)
{
	struct txn *txn;

	must(mkdtemp(dir) && !system(arena_printf(&kept, "git init -q -b main %s && mkdir %s/.git/colep", dir, dir)));
	atexit(clean_up);
	store_path = path_join(&kept, dir, "x.mdb");
	sum_path = path_join(&kept, dir, "x.mdb-sum");
	git_path = path_join(&kept, dir, "index");
	notes_path = path_join(&kept, dir, ".git/colep/changes");
	must(!repo_open(&repo, dir, &e) && !store_open(&store, store_path, (size_t)1 << 26, true, &e) &&
	    !store_durable(store, false, &e) && !txn_begin(&txn, store, true, &e) && !tables_open(&tables, txn, &e) && !txn_commit(&txn, &e));
}

static void write_file(const char *path, struct str s)
{
	FILE *f = fopen(path, "wb");

	must(f && fwrite(s.p, 1, s.n, f) == s.n && !fclose(f));
}

static void block(struct str s)
{
	uint32_t v[PACK], one, i;
	size_t n = pack_get(v, s);

	assert(n <= s.n);
	for (i = 0; n && i < PACK; i++)
		assert(pack_one(&one, s, i) && one == v[i]);
	n = pack_rising(v, s, UINT32_MAX);
	for (i = 1; n && i < PACK; i++)
		assert(v[i] > v[i - 1]);
}

static void stamp(struct arena *a, struct str s)
{
	struct buf b = BUF_INIT, again = BUF_INIT;
	struct stamp st, back;

	buf_str_add(&b, s);
	seal(&b, STR("stamp"));			/* else the check refuses all */
	if (stamp_decode(&st, a, buf_str(&b))) {
		stamp_encode(&again, &st);
		assert(stamp_decode(&back, a, buf_str(&again)) && back.nsegments == st.nsegments && back.next == st.next && back.naside == st.naside);
	}
	buf_free(&b);
	buf_free(&again);
}

static void put(struct txn *txn, table_id id, struct str key, struct str value)
{
	struct buf b = BUF_INIT;

	buf_str_add(&b, value);
	must(!sealed_put(txn, id, key, &b, &e));
	buf_free(&b);
}

/* A document, a translation that takes what it has not from it, and its text; one that stands aside in its place, or not. */
static void rows(struct arena *a, struct str record, struct str aside, struct str frame)
{
	static const char *const ids[] = { "ll-bps-2023-one", "ll-bps-2023-one.fa" };
	static const struct aside_at at = { ORDINAL, 0 };
	struct buf row = BUF_INIT, text = BUF_INIT;
	struct segment_key k;
	const struct str aside_key = segment_key(&k, segment_rows(at.segment, ROWS_ASIDE), ORDINAL);
	struct key32 number;
	struct txn *txn, *before;
	struct zpack *z;
	struct record r;
	size_t i;

	must(!zpack_open(&z, STR_NONE, &e) && !txn_begin(&txn, store, true, &e) && !txn_clear(txn, tables.docs, &e) &&
	    !txn_clear(txn, tables.texts, &e) && !txn_del_all(txn, tables.small.terms, aside_key, &e));
	tables.aside = &at;
	tables.naside = aside.n != 0;
	for (i = 0; i < 2; i++)
		put(txn, tables.docs, cstr(ids[i]), record);
	put(txn, tables.texts, key32(&number, ORDINAL), frame);
	if (aside.n)
		put(txn, tables.small.terms, aside_key, aside);
	must(!txn_commit(&txn, &e) && !txn_begin(&before, store, false, &e));
	for (i = 0; i < 2; i++) {
		if (docs_get(&r, a, before, &tables, cstr(ids[i]), &e))
			continue;
		assert(str_is(r.id, ids[i]));
		(void)docs_inherit(&r, a, before, &tables, &e);
		record_encode(&row, &r);
		buf_clear(&row);
	}
	if (!docs_text(&text, z, before, &tables, ORDINAL, &e))
		assert(text.n <= LIMIT_VIEW);
	must(!txn_begin(&txn, store, true, &e));
	(void)docs_settle(&row, z, txn, &tables, before, &e);
	txn_abort(&txn);
	txn_abort(&before);
	zpack_close(z);
	buf_free(&row);
	buf_free(&text);
}

static void text(struct str dict, struct str frame)
{
	struct buf out = BUF_INIT, again = BUF_INIT, back = BUF_INIT;
	struct zpack *z;

	if (zpack_open(&z, dict, &e))
		return;
	if (!zpack_decode(&out, z, frame, TEXT_MAX, &e)) {
		assert(out.n <= TEXT_MAX);
		if (!zpack_encode(&again, z, buf_str(&out), &e))
			assert(!zpack_decode(&back, z, buf_str(&again), TEXT_MAX, &e) && str_eq(buf_str(&back), buf_str(&out)));
	} else {
		assert(!out.n);
	}
	zpack_close(z);
	buf_free(&out);
	buf_free(&again);
	buf_free(&back);
}

/* As sum.c tells: of the head its check, that of the first two pages and the stat are made right. */
static void record_of_pages(struct str s)
{
	enum { STAT = 16, HEAD = 48 };
	struct sum sum = SUM_INIT;
	struct buf b = BUF_INIT, file = BUF_INIT;
	struct key32 k;
	struct stat st;
	struct txn *txn = NULL;
	uint64_t v[4];
	size_t psize = (size_t)sysconf(_SC_PAGESIZE), n;

	must(!stat(store_path, &st) && !file_read(&file, store_path, (size_t)1 << 26, &e) && file.n >= 2 * psize);
	buf_str_add(&b, s);
	while (b.n < HEAD)
		buf_putc(&b, 0);
	v[0] = (uint64_t)st.st_size, v[1] = (uint64_t)st.st_ino;
	v[2] = (uint64_t)st.st_mtim.tv_sec * 1000000000u + (uint64_t)st.st_mtim.tv_nsec;
	v[3] = (uint64_t)st.st_ctim.tv_sec * 1000000000u + (uint64_t)st.st_ctim.tv_nsec;
	memcpy(b.p + STAT, v, sizeof v);
	u32_put(b.p + 8, (uint32_t)check_of(0, str_sub(buf_str(&file), 0, 2 * psize)));
	n = u32_get(b.p + 4);
	n = n > (b.n - HEAD) / 8 ? 0 : n;
	u32_put(b.p, (uint32_t)check_of(1, str_sub(buf_str(&b), 4, HEAD + 8 * n)));
	write_file(sum_path, buf_str(&b));
	(void)sum_right(store_path);
	(void)sum_stands(&sum, store_path);
	must(!sum_before(&sum, store, store_path, &e) && !txn_begin(&txn, store, true, &e));
	put(txn, tables.texts, key32(&k, 0), s);
	must(!txn_commit(&txn, &e));
	if (!sum_commit(&sum, store, store_path, &e) && !sum_write(&sum, store_path, &e))
		assert(sum_stands(&sum, store_path));
	sum_free(&sum);
	buf_free(&b);
	buf_free(&file);
}

/* Bytes without a check, then a note of two trees with one. */
static void notes(struct arena *a, struct str other, struct str changes)
{
	static const struct oid from = { "a tree that was" }, to = { "what became of it" };
	struct buf note = BUF_INIT;
	struct change *list, *again;
	unsigned char sum[20];
	char head[12] = { 0 };
	size_t n, m, i;
	struct sha1 h;

	*repo_last_tree(repo) = (struct last_tree){ .noted = 0 };
	u32_put(head, (uint32_t)(8 + 2 * sizeof from.b + changes.n));
	sha1_init(&h);
	sha1_add(&h, (const char *)from.b, sizeof from.b);
	sha1_add(&h, (const char *)to.b, sizeof to.b);
	sha1_add(&h, changes.p, changes.n);
	sha1_done(sum, &h);
	memcpy(head + 4, sum, 8);
	buf_str_add(&note, other);
	buf_add(&note, head, sizeof head);
	buf_add(&note, from.b, sizeof from.b);
	buf_add(&note, to.b, sizeof to.b);
	buf_str_add(&note, changes);
	write_file(notes_path, buf_str(&note));
	if (noted_get(&list, &n, a, repo, &from, &to)) {
		for (m = i = 0; i < n; i++)
			m += 46 + list[i].path.n;
		assert(other.n || m == changes.n);	/* the fuzzer sees what checks are compared to: other may be a note too */
		must(!truncate(notes_path, 0));
		*repo_last_tree(repo) = (struct last_tree){ .noted = 0 };
		noted_put(repo, &from, &to, list, n);
		assert(noted_get(&again, &m, a, repo, &from, &to) && m == n);
		for (i = 0; i < n; i++)
			assert(again[i].mode == list[i].mode && str_eq(again[i].path, list[i].path));
	}
	buf_free(&note);
}

/* Without a checksum at its end, which git allows. */
static void git_index(struct arena *a, struct str s)
{
	static const char none[20];
	struct index_file ix, again;
	struct buf b = BUF_INIT;
	size_t n, i;
	int fd;

	buf_str_add(&b, s);
	buf_add(&b, none, sizeof none);
	write_file(git_path, buf_str(&b));
	must(!index_read(&ix, a, git_path, &e));
	for (i = 0; i < ix.n; i++) {
		const struct index_entry *en = &ix.v[i], *found = index_find(&ix, en->path);

		assert(ix.there && en->path.n && (found ? str_eq(found->path, en->path) && !index_stage(found) : index_stage(en)));
		(void)index_trust(&ix, en, &ix.st);
	}
	if (ix.there) {
		n = ix.n;
		must(!index_lock(&fd, git_path, false, &e) && !index_write(fd, git_path, ix.v, n, 0, &e));
		must(!index_read(&again, a, git_path, &e));
		assert(again.there && again.n == n);
		for (i = 0; i < n; i++)
			assert(str_eq(again.v[i].path, ix.v[i].path) && index_stage(&again.v[i]) == index_stage(&ix.v[i]));
	}
	buf_free(&b);
}

/* Of a segment of two chunks of them. */
static void gone(struct arena *a, struct str first, struct str second)
{
	enum { DOCS = (1 << 12) + 200 };
	static const uint32_t places[] = { 0, 63, 199, DOCS - 1 };
	struct segment_info info = { .id = 1, .n = DOCS };
	const struct str bits[] = { first, second };
	const uint32_t rows = segment_rows(info.id, ROWS_DEAD) & ~((uint32_t)1 << 31);
	struct seen *seen = seen_open();
	struct segment_key k;
	struct txn *txn = NULL;
	struct segment s;
	const uint32_t *late;
	uint32_t n = 0;
	size_t i, j;
	bool is;

	must(!txn_begin(&txn, store, true, &e));
	for (i = 0; i < 2; i++)
		if (bits[i].n)
			put(txn, tables.large.dead, segment_key(&k, rows, (uint32_t)i), bits[i]);
	for (i = 0; i < 2; i++)
		for (j = 0; j < bits[i].n; j++)
			info.dead += (uint32_t)__builtin_popcount((unsigned char)bits[i].p[j]);
	if (!segment_open(&s, a, txn, &tables.large, &info, seen, &e)) {
		for (i = 0; i < DOCS; i += 5) {
			if (segment_gone(&is, &s, (uint32_t)i, &e))	/* none is to be gone, so nobody looked at the row yet */
				break;
			assert(is == segment_dead(&s, (uint32_t)i));
			n += is;
		}
		assert(n <= info.dead);
	} else {
		segment_open_undead(&s, a, txn, &tables.large, &info, seen);
	}
	for (i = 0; i < sizeof places / sizeof *places; i++)
		if (!segment_gone(&is, &s, places[i], &e) && !is)
			segment_kill(&s, &places[i], 1);
	late = s.info.late;
	n = s.info.nlate;
	for (i = 0; i < n; i++)			/* as they are told by the stamp, and then by the rows */
		assert(!segment_gone(&is, &s, late[i], &e) && is);
	for (i = segment_settle(&s, &e) ? n : 0; i < n; i++)
		assert(!segment_gone(&is, &s, late[i], &e) && is);
	txn_abort(&txn);
	seen_close(seen);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str s = { (const char *)data + 5, size - 5 }, first, second, all = s;
	struct arena a = ARENA_INIT;
	size_t n;

	if (size < 6)
		return 0;
	if (!store)
		set_up();
	n = ((size_t)data[1] | (size_t)data[2] << 8) % (s.n + 1);
	first = str_sub(s, 0, n);
	s = str_sub(s, n, s.n);
	n = ((size_t)data[3] | (size_t)data[4] << 8) % (s.n + 1);
	second = str_sub(s, 0, n);
	s = str_sub(s, n, s.n);
	switch (data[0] % 8) {
	case 0: block(all); break;
	case 1: stamp(&a, all); break;
	case 2: rows(&a, first, second, s); break;
	case 3: text(first, all.n > first.n ? str_sub(all, first.n, all.n) : STR_NONE); break;
	case 4: record_of_pages(all); break;
	case 5: notes(&a, first, str_sub(all, first.n, all.n)); break;
	case 6: git_index(&a, all); break;
	default: gone(&a, first, second); break;
	}
	arena_free(&a);
	return 0;
}
