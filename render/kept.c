/* render/kept.c: see kept.h.
 *
 * A file begins with "colepkpt", the sum of what follows it (u64, check_of over pieces of PIECE bytes), and the key. Then
 * numbers are u32 in the machine's order, strings have their length in front. "pages":
 *
 *	stamp	a string: ties it to the other files of the same build
 *	facts	count; strings; then a value of FACT_VALUE bytes for each
 *	files	count; for each: name, digest, stat, count of facts or UINT32_MAX, numbers of facts
 *
 * The sum tells accidents, not intent: who can write below .git can do anything there. The key is a hash of the program
 * (its build id and those of its libraries), the theme, the options, the vocabularies, the space, and the folder. */
#include "render/kept.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kb/base/file.h"
#include "kb/base/program.h"
#include "kb/gate/sodium.h"
#include "kb/index/pack.h"

#define PIECE ((size_t)1 << 20)
#define MAGIC "colepkpt"
enum { SUM = 8, KEY = 16, BODY = KEY + KEPT_KEY, FOLDERS = 8, SECOND = 1000000000 };

/* ---- where, and for whom ---- */

static void add(struct buf *b, struct str s)
{
	buf_printf(b, "%zu:", s.n);
	buf_str_add(b, s);
}

bool kept_place(struct kept_place *place, const char *cache)
{
	struct buf b = BUF_INIT;
	bool ok = program_id(&b);

	place->cache = cache;
	blake2b_of(place->program, buf_str(&b));
	buf_free(&b);
	return ok;
}

/* The options, the theme, the folder. false: there is no such folder. */
static bool add_want(struct buf *b, const struct kept_place *place, const struct copy_want *want, const char *dir)
{
	const struct theme *t = want->theme;
	char *real = realpath(dir, NULL);
	size_t i;

	if (!real)
		return false;
	buf_add(b, place->program, sizeof place->program);
	buf_printf(b, "%d %d %d ", (int)want->audience, want->live, want->practice);
	add(b, cstr(real));
	add(b, want->meeting);
	add(b, want->lang);
	for (i = 0; i < t->nfiles; i++) {
		add(b, t->files[i].name);
		add(b, t->files[i].bytes);
	}
	free(real);
	return true;
}

bool kept_key(unsigned char key[KEPT_KEY], const struct kept_place *place, const struct copy *c, const char *dir)
{
	struct buf b = BUF_INIT;
	bool ok = add_want(&b, place, &c->want, dir);
	size_t i, k;

	add(&b, c->space);
	add(&b, c->ceiling);
	add(&b, c->notice);
	for (i = 0; i < c->vocab.n; i++) {
		add(&b, c->vocab.tables[i].name);
		for (k = 0; k < c->vocab.tables[i].n; k++) {
			add(&b, c->vocab.tables[i].terms[k].code);
			add(&b, c->vocab.tables[i].terms[k].label);
			add(&b, c->vocab.tables[i].terms[k].also);
			add(&b, c->vocab.tables[i].terms[k].group);
			add(&b, c->vocab.tables[i].terms[k].note);
		}
	}
	blake2b_of(key, buf_str(&b));
	buf_free(&b);
	return ok;
}

bool kept_key_of(unsigned char key[KEPT_KEY], const struct kept_place *place, const struct copy_want *want,
    const struct oid *commit, const char *dir)
{
	struct buf b = BUF_INIT;
	bool ok = add_want(&b, place, want, dir);

	buf_printf(&b, "%lld ", (long long)want->now);
	buf_add(&b, commit->b, sizeof commit->b);
	blake2b_of(key, buf_str(&b));
	buf_free(&b);
	return ok;
}

const char *kept_path(struct arena *a, const struct kept_place *place, const char *dir, const char *sort)
{
	char *real = realpath(dir, NULL), hex[17];
	const char *folder = path_join(a, place->cache, "site");
	unsigned char id[16];
	struct err e = ERR_INIT;
	size_t i;

	if (!real || dir_make(folder, 0700, &e)) {
		free(real);
		return NULL;
	}
	blake2b_of(id, cstr(real));
	free(real);
	for (i = 0; i < 16; i++)
		hex[i] = "0123456789abcdef"[i & 1 ? id[i / 2] & 15 : id[i / 2] >> 4];
	hex[16] = '\0';
	return path_join(a, folder, arena_printf(a, "%s.%s", hex, sort));
}

struct aged {
	const char *path;
	struct timespec at;
};

static int newest_first(const void *pa, const void *pb)
{
	const struct aged *a = pa, *b = pb;

	if (a->at.tv_sec != b->at.tv_sec)
		return a->at.tv_sec > b->at.tv_sec ? -1 : 1;
	return (a->at.tv_nsec < b->at.tv_nsec) - (a->at.tv_nsec > b->at.tv_nsec);
}

void kept_sweep(const struct kept_place *place)
{
	struct arena a = ARENA_INIT;
	const char *folder = path_join(&a, place->cache, "site");
	struct err e = ERR_INIT;
	struct stat st;
	struct aged *v;
	char **names;
	size_t n, i;

	if (dir_list(&names, &n, &a, folder, &e))
		n = 0;
	v = arena_array(&a, n, sizeof *v);
	for (i = 0; i < n; i++) {
		v[i].path = path_join(&a, folder, names[i]);
		if (!lstat(v[i].path, &st))
			v[i].at = st.st_mtim;
	}
	if (n)
		qsort(v, n, sizeof *v, newest_first);
	for (i = 3 * FOLDERS + 1; i < n; i++)	/* three for each folder, and rows */
		unlink(v[i].path);
	arena_free(&a);
}

/* ---- files ---- */

static uint64_t sum_of(struct str s)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < s.n; i += PIECE)
		sum = check_of(sum, str_sub(s, i, i + PIECE));
	return sum;
}

bool kept_map_any(struct str *all, const char *path)
{
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
	struct stat st;
	void *p = MAP_FAILED;

	if (fd < 0)
		return false;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size > 0)
		p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (p != MAP_FAILED)
		*all = (struct str){ p, (size_t)st.st_size };
	return p != MAP_FAILED;
}

enum rc kept_map(struct kept_map *m, const char *path, const unsigned char key[KEPT_KEY])
{
	uint64_t sum;

	*m = (struct kept_map){ STR_NONE, STR_NONE };
	if (!kept_map_any(&m->all, path))
		return RC_NOTFOUND;
	m->body = str_sub(m->all, BODY, m->all.n);
	if (m->all.n >= BODY && memcmp(m->all.p, MAGIC, SUM) == 0 && memcmp(m->all.p + KEY, key, KEPT_KEY) == 0) {
		memcpy(&sum, m->all.p + SUM, sizeof sum);
		if (sum_of(str_sub(m->all, KEY, m->all.n)) == sum)
			return RC_OK;
	}
	kept_unmap(m);
	return RC_NOTFOUND;
}

void kept_unmap(struct kept_map *m)
{
	if (m->all.p)
		munmap((void *)(uintptr_t)m->all.p, m->all.n);
	*m = (struct kept_map){ STR_NONE, STR_NONE };
}

enum rc kept_pen_open(struct kept_pen *p, const char *path, bool on, struct err *e)
{
	enum rc rc;

	*p = (struct kept_pen){ .a = ARENA_INIT };
	p->path = arena_cstr(&p->a, cstr(path));
	p->file = on ? p->path : arena_printf(&p->a, "%s.%ld", path, (long)getpid());
	p->fd = open(p->file, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | (on ? 0 : O_CREAT | O_TRUNC), 0600);
	if (p->fd >= 0 && (!on || lseek(p->fd, 0, SEEK_END) >= 0))
		return RC_OK;
	rc = err_errno(e, "%s: cannot be written", p->file);
	if (p->fd >= 0)
		close(p->fd);
	arena_free(&p->a);
	return rc;
}

void kept_pen_write(struct kept_pen *p, struct str s)
{
	if (!p->err.rc)
		(void)!fd_write(p->fd, s, p->file, &p->err);
}

enum rc kept_pen_close(struct kept_pen *p, struct err *e)
{
	enum rc rc;

	if (close(p->fd) && !p->err.rc)
		(void)err_errno(&p->err, "%s: cannot be written", p->file);
	if (!p->err.rc && p->file != p->path && rename(p->file, p->path))
		(void)err_errno(&p->err, "%s: cannot be written", p->path);
	if (p->err.rc)
		unlink(p->file);
	rc = p->err.rc ? err_set(e, p->err.rc, "%s", p->err.msg) : RC_OK;
	arena_free(&p->a);
	return rc;
}

struct kept_out {
	struct kept_pen pen;
	struct buf b;			/* less than a piece, but for a moment */
	uint64_t sum;
};

enum rc kept_begin(struct kept_out **out, const char *path, const unsigned char key[KEPT_KEY], struct err *e)
{
	struct kept_out *o = xmalloc(sizeof *o);
	const char head[KEY] = { 0 };
	enum rc rc;

	*o = (struct kept_out){ .b = BUF_INIT };
	if ((rc = kept_pen_open(&o->pen, path, false, e))) {
		free(o);
		return rc;
	}
	kept_pen_write(&o->pen, (struct str){ head, KEY });
	kept_add(o, (struct str){ (const char *)key, KEPT_KEY });
	*out = o;
	return RC_OK;
}

static void flush(struct kept_out *o, bool last)
{
	size_t at;

	for (at = 0; at + PIECE <= o->b.n || (last && at < o->b.n); at += PIECE)
		o->sum = check_of(o->sum, str_sub(buf_str(&o->b), at, at + PIECE));
	at = at < o->b.n ? at : o->b.n;
	kept_pen_write(&o->pen, str_sub(buf_str(&o->b), 0, at));
	if (o->b.n > at)
		memmove(o->b.p, o->b.p + at, o->b.n - at);
	o->b.n -= at;
}

void kept_add(struct kept_out *o, struct str s)
{
	buf_str_add(&o->b, s);
	if (o->b.n >= PIECE)
		flush(o, false);
}

void kept_add_u32(struct kept_out *o, uint32_t v)
{
	kept_add(o, (struct str){ (const char *)&v, sizeof v });
}

void kept_add_str(struct kept_out *o, struct str s)
{
	kept_add_u32(o, (uint32_t)s.n);
	kept_add(o, s);
}

enum rc kept_end(struct kept_out *o, struct err *e)
{
	char head[KEY];
	enum rc rc;

	flush(o, true);
	memcpy(head, MAGIC, SUM);
	memcpy(head + SUM, &o->sum, sizeof o->sum);
	if (!o->pen.err.rc && pwrite(o->pen.fd, head, KEY, 0) != KEY)
		(void)err_errno(&o->pen.err, "%s: cannot be written", o->pen.file);
	rc = kept_pen_close(&o->pen, e);
	buf_free(&o->b);
	free(o);
	return rc;
}

bool kept_take(struct str *part, struct str *s, size_t n)
{
	if (s->n < n)
		return false;
	*part = (struct str){ s->p, n };
	*s = (struct str){ s->p + n, s->n - n };
	return true;
}

bool kept_take_u32(uint32_t *v, struct str *s)
{
	struct str part;

	if (!kept_take(&part, s, sizeof *v))
		return false;
	memcpy(v, part.p, sizeof *v);
	return true;
}

bool kept_take_u64(uint64_t *v, struct str *s)
{
	struct str part;

	if (!kept_take(&part, s, sizeof *v))
		return false;
	memcpy(v, part.p, sizeof *v);
	return true;
}

bool kept_take_str(struct str *part, struct str *s)
{
	uint32_t n;

	return kept_take_u32(&n, s) && kept_take(part, s, n);
}

void kept_put_u32(struct buf *b, size_t n)
{
	uint32_t v = (uint32_t)n;

	buf_add(b, &v, sizeof v);
}

void kept_put_u64(struct buf *b, uint64_t v)
{
	buf_add(b, &v, sizeof v);
}

void kept_put_str(struct buf *b, struct str s)
{
	kept_put_u32(b, s.n);
	buf_str_add(b, s);
}

/* ---- the files of a site ---- */

struct kept_stat kept_stat(const struct stat *st)
{
	return (struct kept_stat){ (uint64_t)st->st_size, (uint64_t)st->st_ino,
		(uint64_t)st->st_mtim.tv_sec * SECOND + (uint64_t)st->st_mtim.tv_nsec,
		(uint64_t)st->st_ctim.tv_sec * SECOND + (uint64_t)st->st_ctim.tv_nsec };
}

bool kept_stat_tells(const struct kept_stat *s)
{
	return s->ctime % SECOND || s->mtime % SECOND;
}

bool kept_untouched(struct kept_stat *now, const struct kept_file *f, int fd, struct buf *scratch)
{
	unsigned char digest[64];
	struct err e = ERR_INIT;
	struct stat st;
	char name[256];
	size_t got;
	bool same;
	int file;

	*now = (struct kept_stat){ 0 };
	if (f->name.n >= sizeof name)
		return false;
	memcpy(name, f->name.p, f->name.n);
	name[f->name.n] = '\0';
	if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) || !S_ISREG(st.st_mode))
		return false;
	*now = kept_stat(&st);
	if (!memcmp(now, &f->stat, sizeof *now) && kept_stat_tells(now))
		return true;
	if (now->size != f->stat.size || (file = openat(fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)) < 0)
		return false;
	buf_clear(scratch);
	buf_reserve(scratch, now->size);
	same = !fd_read(&got, file, scratch->p, now->size, name, &e) && got == now->size;
	close(file);
	if (same)
		sha512_of(digest, (struct str){ scratch->p, got });
	return same && !memcmp(digest, f->digest, sizeof digest);
}

bool kept_take_file(struct kept_file *f, struct str *s)
{
	struct str part;

	*f = (struct kept_file){ 0 };
	if (!kept_take_str(&f->name, s) || !f->name.n || !kept_take(&part, s, sizeof f->digest))
		return false;
	memcpy(f->digest, part.p, sizeof f->digest);
	if (!kept_take(&part, s, sizeof f->stat))
		return false;
	memcpy(&f->stat, part.p, sizeof f->stat);
	return true;
}

void kept_add_file(struct kept_out *o, const struct kept_file *f)
{
	kept_add_str(o, f->name);
	kept_add(o, (struct str){ (const char *)f->digest, sizeof f->digest });
	kept_add(o, (struct str){ (const char *)&f->stat, sizeof f->stat });
}

/* One file and its facts off *s. */
static bool take_file(struct kept_file *f, struct kept *k, struct str *s)
{
	struct str part;
	uint32_t n, i, *v;

	if (!kept_take_file(f, s) || !kept_take_u32(&n, s))
		return false;
	if (n == UINT32_MAX)
		return true;
	if (!kept_take(&part, s, (size_t)n * sizeof *v))
		return false;
	v = arena_array(&k->a, n, sizeof *v);
	if (n)
		memcpy(v, part.p, n * sizeof *v);
	for (i = 0; i < n; i++)
		if (v[i] >= k->nfacts)
			return false;
	f->facts = v;
	f->nfacts = n;
	return true;
}

static bool parse(struct kept *k)
{
	struct str s = k->map.body, part;
	uint32_t n, i;

	if (!kept_take_str(&k->stamp, &s) || !kept_take_u32(&n, &s) || n > s.n)
		return false;
	k->nfacts = n;
	k->facts = arena_array(&k->a, n, sizeof *k->facts);
	for (i = 0; i < n; i++)
		if (!kept_take_str(&k->facts[i], &s) || k->facts[i].n > UINT8_MAX)
			return false;
	if (!kept_take(&part, &s, (size_t)n * FACT_VALUE))
		return false;
	k->values = (const unsigned char (*)[FACT_VALUE])part.p;
	if (!kept_take_u32(&n, &s) || n > s.n)
		return false;
	k->nfiles = n;
	k->files = arena_array(&k->a, n, sizeof *k->files);
	for (i = 0; i < n; i++)
		if (!take_file(&k->files[i], k, &s) || (i && str_cmp(k->files[i - 1].name, k->files[i].name) >= 0))
			return false;
	return s.n == 0;
}

struct kept *kept_open(const char *path, const unsigned char key[KEPT_KEY], struct fact_ground *g)
{
	struct kept *k = xmalloc(sizeof *k);
	unsigned char value[FACT_VALUE];
	bool faces = false;
	size_t i;

	*k = (struct kept){ .a = ARENA_INIT };
	if (kept_map(&k->map, path, key) || !parse(k)) {
		kept_close(k);
		return NULL;
	}
	k->same = arena_array(&k->a, k->nfacts, sizeof *k->same);
	for (i = 0; i < k->nfacts && !str_eq(k->facts[i], fact_faces()); i++)
		;
	if (i < k->nfacts) {
		fact_value(value, g, k->facts[i]);
		faces = memcmp(value, k->values[i], FACT_VALUE) == 0;
	}
	for (i = 0; i < k->nfacts; i++) {
		if ((k->same[i] = faces && fact_of_faces(k->facts[i])))
			continue;
		fact_value(value, g, k->facts[i]);
		k->same[i] = memcmp(value, k->values[i], FACT_VALUE) == 0;
	}
	return k;
}

void kept_close(struct kept *k)
{
	if (!k)
		return;
	kept_unmap(&k->map);
	arena_free(&k->a);
	free(k);
}

const struct kept_file *kept_find(const struct kept *k, struct str name)
{
	size_t from = 0, to = k ? k->nfiles : 0, mid;
	int d;

	while (from < to) {
		mid = from + (to - from) / 2;
		if (!(d = str_cmp(k->files[mid].name, name)))
			return &k->files[mid];
		if (d < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return NULL;
}

bool kept_same(const struct kept *k, const struct kept_file *f)
{
	size_t i;

	for (i = 0; i < f->nfacts && k->same[f->facts[i]]; i++)
		;
	return f->facts && i == f->nfacts;
}

/* The facts of all files, each once, numbered anew. */
struct joint {
	struct strings set;
	struct { const struct facts *of; uint32_t *to; } maps[64];
	size_t nmaps;
	struct buf known;		/* of each: a byte that is 1 where its value is, FACT_VALUE bytes */
	struct arena a;
};

enum { KNOWN = 1 + FACT_VALUE };

/* A fact's number; its value, where it is as it was. */
static uint32_t joint_put(struct joint *j, struct str fact, const unsigned char *value)
{
	char none[KNOWN] = { 0 };
	bool is_new;
	uint32_t i = (uint32_t)strings_put(&j->set, fact, 0, strings_hash(fact, 0), &is_new);

	if (is_new)
		buf_add(&j->known, none, sizeof none);
	if (value) {
		j->known.p[i * KNOWN] = 1;
		memcpy(j->known.p + i * KNOWN + 1, value, FACT_VALUE);
	}
	return i;
}

static uint32_t joint_number(struct joint *j, const struct facts *of, const struct kept *was, uint32_t fact)
{
	struct str s = of ? strings_at(&of->set, fact) : was->facts[fact];
	const unsigned char *value = of || !was->same[fact] ? NULL : was->values[fact];
	size_t i, n;

	for (i = 0; i < j->nmaps && j->maps[i].of != of; i++)
		;
	if (i == sizeof j->maps / sizeof j->maps[0])
		return joint_put(j, s, value);
	if (i == j->nmaps) {
		n = of ? of->set.n : was->nfacts;
		j->maps[i].of = of;
		j->maps[i].to = arena_array(&j->a, n, sizeof *j->maps[i].to);
		j->nmaps++;
	}
	if (!j->maps[i].to[fact])
		j->maps[i].to[fact] = joint_put(j, s, value) + 1;
	return j->maps[i].to[fact] - 1;
}

enum rc kept_save(const char *path, const unsigned char key[KEPT_KEY], const struct kept_file *files, size_t n,
    const struct kept *was, struct fact_ground *g, struct str stamp, struct err *e)
{
	struct joint j = { .a = ARENA_INIT };
	uint32_t *numbers;
	unsigned char value[FACT_VALUE];
	struct kept_out *o = NULL;
	size_t i, k, total = 0, at = 0;
	enum rc rc;

	if ((rc = kept_begin(&o, path, key, e)))
		return rc;
	for (i = 0; i < n; i++)
		total += files[i].nfacts;
	numbers = arena_array(&j.a, total, sizeof *numbers);
	(void)joint_put(&j, fact_faces(), NULL);	/* answers for many, see kept_open */
	for (i = 0; i < n; i++)
		for (k = 0; k < files[i].nfacts; k++)
			numbers[at++] = joint_number(&j, files[i].of, was, files[i].facts[k]);
	kept_add_str(o, stamp);
	kept_add_u32(o, (uint32_t)j.set.n);
	for (i = 0; i < j.set.n; i++)
		kept_add_str(o, strings_at(&j.set, i));
	for (i = 0; i < j.set.n; i++) {
		if (j.known.p[i * KNOWN])
			memcpy(value, j.known.p + i * KNOWN + 1, FACT_VALUE);
		else
			fact_value(value, g, strings_at(&j.set, i));
		kept_add(o, (struct str){ (const char *)value, sizeof value });
	}
	kept_add_u32(o, (uint32_t)n);
	for (at = i = 0; i < n; i++) {
		kept_add_file(o, &files[i]);
		kept_add_u32(o, files[i].facts ? (uint32_t)files[i].nfacts : UINT32_MAX);
		kept_add(o, (struct str){ (const char *)(numbers + at), files[i].nfacts * sizeof *numbers });
		at += files[i].nfacts;
	}
	rc = kept_end(o, e);
	strings_free(&j.set);
	buf_free(&j.known);
	arena_free(&j.a);
	return rc;
}
