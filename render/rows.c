/* render/rows.c: see rows.h. A row, with numbers as varints (pack.h) and strings with their length in front:
 *
 *	hash of the front matter, 16 bytes; offset of the body, its line; 1 when the front matter does not parse
 *	what is wrong with it: a string
 *	keys: count; for each: name, twice the variant, and one more for a list, count of values, values
 *	links: ids that the body seems to link to; their count, u32
 *
 * The file (kept_io.h) has the count of rows, and for each the name, the blob, the row. A name has one path (doc_path_of). */
#include "render/rows.h"

#include <string.h>

#include "kb/base/file.h"
#include "kb/gate/sodium.h"
#include "kb/index/pack.h"
#include "kb/limits.h"

static void put_str(struct buf *row, struct str s)
{
	varint_put(row, s.n);
	buf_str_add(row, s);
}

static bool take_str(struct str *part, struct str *s)
{
	uint64_t n;

	return varint_get(&n, s) && n <= s->n && kept_take(part, s, n);
}

/* Every "<id>.md" in a body, where the id could be one. */
static void add_links(struct buf *row, struct str body)
{
	size_t at, dot, from;
	uint32_t n = 0;

	for (at = 0; (dot = str_chr(str_sub(body, at, body.n), '.')) != SIZE_MAX; at++) {
		at += dot;
		if (!str_starts(str_sub(body, at, body.n), STR(".md")))
			continue;
		for (from = at; from > 0 && at - from <= LIMIT_ID && body.p[from - 1] != '/' && body.p[from - 1] != '('; from--)
			;
		if (at - from > 0 && at - from <= LIMIT_ID) {
			put_str(row, str_sub(body, from, at));
			n++;
		}
	}
	kept_put_u32(row, n);
}

void row_make(struct buf *row, struct arena *scratch, struct str text)
{
	struct err e = ERR_INIT;
	struct doc d = { 0 };
	struct place at = { 0 };
	bool broken = doc_parse(&d, &at, scratch, text, &e) != RC_OK;
	size_t body = broken ? text.n : d.front.body, i, k;
	unsigned char hash[16];

	blake2b_of(hash, str_sub(text, 0, body));
	buf_add(row, hash, sizeof hash);
	varint_put(row, broken ? 0 : body);
	varint_put(row, broken ? 0 : d.front.body_line);
	varint_put(row, broken);
	put_str(row, broken ? cstr(arena_printf(scratch, "%u: %s", at.line, e.msg)) : STR_NONE);
	varint_put(row, broken ? 0 : d.front.n);
	for (i = 0; !broken && i < d.front.n; i++) {
		const struct key *key = &d.front.keys[i];

		put_str(row, key->name);
		varint_put(row, 2 * (uint64_t)key->variant + key->list);
		varint_put(row, key->n);
		for (k = 0; k < key->n; k++)
			put_str(row, key->values[k]);
	}
	add_links(row, broken ? text : d.body);
	arena_reset(scratch);
}

static bool take_strs(struct str **v, uint64_t n, struct arena *a, struct str *s)
{
	uint64_t i;

	if (n > s->n)
		return false;
	*v = arena_array(a, n, sizeof **v);
	for (i = 0; i < n; i++)
		if (!take_str(&(*v)[i], s))
			return false;
	return true;
}

bool row_read(struct entry *e, struct arena *a, struct str row)
{
	struct front f = { 0 };
	struct str s = row, last = STR_NONE, hash, fault;
	uint64_t body, line, broken, n, i, kind, count;
	uint32_t links;

	if (s.n >= sizeof links) {
		last = str_sub(s, s.n - sizeof links, s.n);
		s.n -= sizeof links;
	}
	if (!kept_take_u32(&links, &last) || !kept_take(&hash, &s, sizeof e->face) || !varint_get(&body, &s) ||
	    !varint_get(&line, &s) || !varint_get(&broken, &s) || !take_str(&fault, &s) || !varint_get(&n, &s) || n > s.n)
		return false;
	f.keys = arena_array(a, n, sizeof *f.keys);
	f.n = n;
	f.body = body;
	f.body_line = (unsigned)line;
	for (i = 0; i < n; i++) {
		struct key *key = &f.keys[i];

		if (!take_str(&key->name, &s) || !varint_get(&kind, &s) || !varint_get(&count, &s) ||
		    !take_strs(&key->values, count, a, &s))
			return false;
		key->n = (uint32_t)count;
		key->variant = (uint16_t)(kind / 2);
		key->list = kind % 2;
	}
	e->nlinks = links;
	if (!take_strs(&e->links, links, a, &s) || s.n)
		return false;
	doc_of(&e->doc, &f);
	memcpy(e->face, hash.p, sizeof e->face);
	e->broken = broken;
	e->fault = broken ? arena_cstr(a, fault) : NULL;
	return true;
}

/* ---- the file ---- */

static const char *path_of(struct arena *a, const struct kept_place *place)
{
	return path_join(a, place->cache, "site/rows");
}

static void step(struct rows *r)
{
	r->name = STR_NONE;
	if (!r->left)
		return;
	r->left--;
	if (!kept_take_str(&r->name, &r->rest) || !kept_take_into(r->blob.b, &r->rest, sizeof r->blob.b) ||
	    !kept_take_str(&r->row, &r->rest)) {
		r->left = 0;
		r->name = STR_NONE;
	}
}

void rows_open(struct rows *r, const struct kept_place *place)
{
	struct arena a = ARENA_INIT;

	*r = (struct rows){ .rest = STR_NONE };
	if (place && !kept_map(&r->map, path_of(&a, place), place->program)) {
		r->rest = r->map.body;
		if (!kept_take_u32(&r->left, &r->rest))
			r->left = 0;
		step(r);
	}
	arena_free(&a);
}

void rows_close(struct rows *r)
{
	kept_unmap(&r->map);
}

struct str rows_next(struct rows *r, struct str name, const struct oid *blob)
{
	while (r->name.n && str_cmp(r->name, name) < 0)
		step(r);
	return r->name.n && str_eq(r->name, name) && oid_eq(&r->blob, blob) ? r->row : STR_NONE;
}

enum rc rows_save(const struct kept_place *place, const struct copy *c, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct kept_out *o = NULL;
	enum rc rc;
	size_t i;

	if ((rc = dir_make(path_join(&a, place->cache, "site"), 0700, e)) ||
	    (rc = kept_begin(&o, path_of(&a, place), place->program, e)))
		goto out;
	kept_add_u32(o, (uint32_t)c->nall);
	for (i = 0; i < c->nall; i++) {
		kept_add_str(o, c->all[i].name);
		kept_add(o, (struct str){ (const char *)c->all[i].blob.b, sizeof c->all[i].blob.b });
		kept_add_str(o, c->all[i].row);
	}
	rc = kept_end(o, e);
out:
	arena_free(&a);
	return rc;
}
