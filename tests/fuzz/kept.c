/* tests/fuzz/kept.c: what a build of a site reads of the one before, with right sums behind any bytes. First byte: a log's
 * tables (0 mod 6), the search index in one, for a copy that is near (1) or is not (2), the files of a site with what differs
 * from them (3; mod 12, 9: of a copy that is near), rows (4), who is in it and the manifest (5). The rest is cut by two lengths of two bytes each, or, for the
 * search index, into names and pieces: a byte of length and two. Whatever they hold, reading ends, within what is there. */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kb/index/pack.h"
#include "render/find_parts.h"
#include "render/manifest.h"
#include "render/rows.h"
#include "render/stamp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const unsigned char key[KEPT_KEY] = "key", ground[KEPT_KEY] = "ground";
static const struct str tie = STR("a stamp's bytes.");
static char dir[] = "/dev/shm/colep-fuzz-XXXXXX";	/* where syncing takes no time */
static const char *log_path;
static struct kept_place place;
static struct theme theme;
static struct entry all[4];
static const struct entry *admitted[3];
static struct copy copy;
static struct arena fixed = ARENA_INIT;
static struct err e = ERR_INIT;

static void clean_up(void)
{
	if (system(arena_printf(&fixed, "rm -rf %s", dir)))
		fprintf(stderr, "%s stays\n", dir);
	arena_free(&fixed);
}

static void must(bool is)
{
	if (!is)
		abort();
}

static void set_up(void)
{
	static const char *const names[] = { "is-bg-2022-a", "ll-bg-2021-b", "ll-bg-2022-c", "ll-bg-2023-out" };
	size_t i;

	must(mkdtemp(dir));
	atexit(clean_up);
	log_path = arena_printf(&fixed, "%s/log", dir);
	place.cache = dir;
	copy = (struct copy){ .want = { .theme = &theme }, .all = all, .nall = 4, .v = admitted, .n = 3, .id = "id", .arena = ARENA_INIT };
	vocab_default(&copy.vocab, &fixed);
	for (i = 0; i < 4; i++) {
		all[i] = (struct entry){ .name = cstr(names[i]), .id = cstr(names[i]), .lang = STR("en"), .date = STR("2022-05"), .title = STR("A title"),
			.status = STR("published"), .tlp = STR("TLP:CLEAR"), .owner = STR("bg"), .original = &all[i], .in = i < 3, .number = (uint32_t)i,
			.kind = kind_find(i ? STR("lesson") : STR("issue")) };
		if (i < 3)
			admitted[i] = &all[i];
	}
}

/* Pieces, rows of what differs, rows of all, in a log whose table is as it should be. */
static void write_log(struct str pieces, struct str more, struct str base)
{
	struct buf b = BUF_INIT, table = BUF_INIT;
	FILE *f = fopen(log_path, "wb");
	uint64_t at, base_at;

	buf_puts(&b, "colepklg");
	buf_add(&b, key, sizeof key);
	buf_str_add(&b, pieces);
	base_at = b.n;
	buf_str_add(&b, base);
	at = b.n;
	kept_put_str(&table, tie);
	kept_put_u64(&table, base.n ? base_at : 0);
	kept_put_u32(&table, base.n);
	buf_str_add(&table, more);
	buf_str_add(&b, buf_str(&table));
	kept_put_u64(&b, at);
	kept_put_u64(&b, table.n);
	kept_put_u64(&b, check_of(check_of(0, buf_str(&table)), base));
	must(f && fwrite(b.p, 1, b.n, f) == b.n && !fclose(f));
	buf_free(&b);
	buf_free(&table);
}

static void look_at(const struct kept_log *l)
{
	struct str piece;
	size_t i;

	for (i = 0; i < l->n; i++) {
		assert(l->v[i].n <= l->map.all.n);
		if (kept_log_get(&piece, l, l->v[i].name))
			assert(piece.p >= l->map.all.p && piece.n <= l->map.all.n);
	}
}

static void a_log(struct str pieces, struct str more, struct str base)
{
	struct kept_log_out *o;
	struct kept_log l;

	write_log(pieces, more, base);
	if (!kept_log_open(&l, log_path, key, tie))
		return;
	look_at(&l);
	if (kept_log_begin(&o, log_path, key, &l, &e)) {
		kept_log_close(&l);
		return;
	}
	kept_log_put(o, STR("b"), STR("a piece"));
	kept_log_drop(o, STR("a"));
	must(!kept_log_end(o, tie, &e));
	kept_log_close(&l);
	if (kept_log_open(&l, log_path, key, tie))
		look_at(&l);
	kept_log_close(&l);
}

static bool next_piece(struct str *name, struct str *piece, struct str *s)
{
	struct str head;

	return kept_take(&head, s, 1) && kept_take(name, s, (unsigned char)head.p[0]) && kept_take(&head, s, 2) && kept_take(piece, s, u16_get(head.p));
}

/* A file of the index before: a piece of that name. */
static bool read_file(void *ctx, struct buf *b, struct str wanted)
{
	struct str s = *(struct str *)ctx, name, piece;

	while (next_piece(&name, &piece, &s))
		if (str_eq(name, wanted)) {
			buf_str_add(b, piece);
			return true;
		}
	return false;
}

static void write_all(const struct find *f)
{
	struct arena a = ARENA_INIT;
	struct buf b = BUF_INIT;
	struct str *names;
	size_t n, i;

	names = find_names(&n, &a, f);
	for (i = 0; i < n; i++)
		if (find_makes(f, names[i]))
			assert(find_write(&b, f, names[i]));
	buf_free(&b);
	arena_free(&a);
}

/* The second document is another text now. */
static void an_index(struct str s, bool near)
{
	struct str rest = s, name, piece;
	struct kept_log_out *o;
	struct find *f;
	size_t i;

	must(!kept_log_begin(&o, log_path, key, NULL, &e));
	while (next_piece(&name, &piece, &rest))
		kept_log_put(o, name, piece);
	must(!kept_log_end(o, tie, &e));
	if (near) {
		if (!(f = find_open_near(&copy, 1, log_path, key, tie)))
			return;
	} else {
		f = find_open(&copy, 1);
		if (!find_load(f, log_path, key, tie))
			goto out;
	}
	for (i = 0; i < copy.n; i++)
		if (i == 1 || !find_keep(f, admitted[i]))
			find_add(f, 0, &copy, admitted[i], STR("<h2>Ferries</h2><p>Two ferries and a bordering van.</p>"));
	if (!find_patch(f, read_file, &s)) {
		if (!find_restore(f))
			goto out;
		find_finish(f, NULL, NULL);
	}
	must(!find_save(f, log_path, key, tie, &e));
	find_forget(f);
	write_all(f);
out:
	find_close(f);
}

static void write_kept(const char *path, const unsigned char of[KEPT_KEY], struct str head, struct str body)
{
	struct kept_out *o = NULL;

	must(path && !kept_begin(&o, path, of, &e));
	kept_add(o, head);
	kept_add(o, body);
	must(!kept_end(o, &e));
}

/* "pages" and "more", which is tied to it. */
static void files(struct arena *a, struct str pages, struct str more, bool near)
{
	const char *base = kept_path(a, &place, dir, "pages"), *beside = kept_path(a, &place, dir, "more");
	struct fact_ground g = { .copy = &copy };
	unsigned char of[KEPT_KEY];
	struct buf head = BUF_INIT;
	struct kept_map m;
	struct kept *k;
	size_t i;

	must(kept_key_of(of, &place, &copy.want, &OID_NONE, dir));
	kept_put_u32(&head, 0);
	write_kept(base, of, buf_str(&head), pages);
	buf_clear(&head);
	must(!kept_map(&m, base, of));
	kept_put_str(&head, kept_sum(&m));
	kept_unmap(&m);
	(void)unlink(beside);
	if (more.n)
		write_kept(beside, of, buf_str(&head), more);
	copy.was_kept = near;
	if ((k = kept_open(&place, &copy.want, dir))) {
		kept_look_begin(k, dir, 0);
		kept_look_end(k);
		for (i = 0; i < k->nfiles; i++)
			(void)kept_seen(k, &k->files[i]);
		(void)kept_lower(k, STR("d/x.html"));
		(void)kept_is_last(k, &place, dir);
		if (kept_compare(k, ground, &g))
			for (i = 0; i < k->nfiles; i++)
				(void)kept_same(k, &k->files[i]);
	}
	kept_close(k);
	copy.was_kept = false;
	fact_ground_free(&g);
	buf_free(&head);
}

static void texts(struct arena *a, struct str s)
{
	static const struct oid blob = { "a blob" };
	struct rows r;
	struct str row;
	struct entry x;
	size_t i;

	write_kept(arena_printf(a, "%s/site/rows", dir), place.program, STR_NONE, s);
	rows_open(&r, &place);
	for (i = 0; i < copy.nall; i++) {
		x = all[i];
		row = rows_next(&r, x.name, &blob);
		if (row.p && row_read(&x, a, row) && x.nlinks)
			assert(x.links[0].n <= row.n);
	}
	rows_close(&r);
}

static void who_is_in(struct arena *a, struct str docs, struct str manifest)
{
	struct str line, name;
	struct stamp s;
	size_t i;

	copy.was_kept = true;
	write_kept(kept_path(a, &place, dir, "docs"), copy.id, STR_NONE, docs);
	if (stamp_goes_on(&s, a, &place, &copy, dir)) {
		assert(s.ndocs == copy.nall);
		for (i = 0; i < s.ndocs; i++)
			assert(s.docs[i].name.n + s.docs[i].reason.n <= docs.n);
		stamp_close(&s);
	}
	copy.was_kept = false;
	while (str_line(&line, &manifest))
		if (manifest_take(&name, line)) {
			assert(name.n && name.p[0] != '.' && name.p[0] != '/' && str_find(name, STR("..")) != 0 && str_find(name, STR("/.")) == SIZE_MAX);
			for (i = 0; i < name.n; i++)
				assert(name.p[i] > ' ' && name.p[i] < 0x7f && name.p[i] != '\\');
		}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str s = { (const char *)data + 5, size - 5 }, parts[2], rest;
	struct arena a = ARENA_INIT;
	size_t i, n;

	if (size < 6)
		return 0;
	if (!log_path)
		set_up();
	for (i = 0, rest = s; i < 2; i++) {
		n = u16_get(data + 1 + 2 * i) % (rest.n + 1);
		parts[i] = str_sub(rest, 0, n);
		rest = str_sub(rest, n, rest.n);
	}
	must(kept_path(&a, &place, dir, "pages"));	/* the folder is there */
	switch (data[0] % 6) {
	case 0: a_log(parts[0], parts[1], rest); break;
	case 1: an_index(s, true); break;
	case 2: an_index(s, false); break;
	case 3: files(&a, parts[0], str_sub(s, parts[0].n, s.n), data[0] % 12 == 9); break;
	case 4: texts(&a, s); break;
	default: who_is_in(&a, parts[0], str_sub(s, parts[0].n, s.n)); break;
	}
	arena_free(&a);
	return 0;
}
