/* render/kept.c: see kept.h.
 *
 * "pages" and "more" are files of kept_io.c, numbers in them u32:
 *
 *	tie	in "more" the sum of the "pages" that it belongs to, u64 as a string; in "pages" an empty one
 *	stamp	a string: ties it to the other files of the same build
 *	folders	their stats when the build ended, a string
 *	id	of the build, a string
 *	ground	kept_key of the copy, a string
 *	manifest	its stat
 *	files	count; zeros up to a multiple of KEPT_ALIGN; for each: stat, digest; then for each: name, a string with a NUL behind
 *		it; count of facts; NONE: made anew each time; GONE: it is no more
 *	copy	its id (copy_kept.c), a string; count of documents that were not as in it; their names; 1 when changes_moved
 *	facts	number of the first; count; bytes of all strings; strings; a value of FACT_VALUE bytes for each
 *	values	count; for each: number of a fact before the first, value
 *	numbers	count; zeros up to a multiple of KEPT_ALIGN; numbers of facts, file by file
 *
 * Where a copy was brought up to date (copy_load_kept), most answers are known to be the same, and most files are as they
 * were. Then "pages" stays, and "more" has what differs from it: files, values, facts that it has not. What both say, "more"
 * says; facts of no file go when "pages" is written again.
 *
 * Their key is a hash of the program (its build id and those of its libraries), the theme, the options and the folder; the
 * ground is one of these and the vocabularies and the space. */
#include "render/kept.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kb/base/file.h"
#include "kb/base/program.h"
#include "kb/gate/nettle.h"
#include "kb/gate/sodium.h"
#include "render/changes.h"

enum { FOLDERS = 8 };			/* whose files are kept */

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

void kept_place_theme(struct kept_place *place, const struct theme *t)
{
	struct buf b = BUF_INIT;
	size_t i;

	for (i = 0; t->of_folder && i < t->nfiles; i++) {	/* else the program tells */
		add(&b, t->files[i].name);
		add(&b, t->files[i].bytes);
	}
	blake2b_of(place->theme, buf_str(&b));
	buf_free(&b);
}

/* The options, the theme, the folder. false: there is no such folder. */
static bool add_want(struct buf *b, const struct kept_place *place, const struct copy_want *want, const char *dir)
{
	char *real = realpath(dir, NULL);

	if (!real)
		return false;
	buf_add(b, place->program, sizeof place->program);
	buf_add(b, place->theme, sizeof place->theme);
	buf_printf(b, "%d %d %d ", (int)want->audience, want->live, want->practice);
	add(b, cstr(real));
	add(b, want->meeting);
	add(b, want->lang);
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
	for (i = 7 * FOLDERS + 1; i < n; i++)	/* seven for each folder, and rows */
		unlink(v[i].path);
	arena_free(&a);
}

/* ---- the files of a site ---- */

struct kept_stat kept_stat_at(const char *name, int fd)
{
	struct stat st;

	return fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) || !S_ISREG(st.st_mode) ? (struct kept_stat){ 0 } : kept_stat(&st);
}

bool kept_untouched(struct kept_stat *now, const struct kept_file *f, int fd, struct buf *scratch)
{
	unsigned char digest[sizeof f->row->digest];
	struct err e = ERR_INIT;
	const char *name = f->name.p;
	size_t got;
	bool same;
	int file;

	*now = kept_stat_at(name, fd);
	if (kept_stat_same(now, &f->row->stat))
		return true;
	if (!now->inode || now->size != f->row->stat.size || (file = openat(fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)) < 0)
		return false;
	buf_clear(scratch);
	buf_reserve(scratch, now->size);
	same = !fd_read(&got, file, scratch->p, now->size, name, &e) && got == now->size;
	close(file);
	if (same)
		sha256_fast(digest, (struct str){ scratch->p, got });
	return same && !memcmp(digest, f->row->digest, sizeof digest);
}

#define NONE UINT32_MAX			/* for a count of facts */
#define GONE (UINT32_MAX - 1)

#define FACT_LEAST (sizeof(uint32_t) + FACT_VALUE)	/* bytes of one in a file */

/* Facts behind those that there are. */
static bool parse_facts(struct kept *k, struct str *s, bool is_more)
{
	size_t room = k->more.map.all.n / FACT_LEAST;
	struct str part, strings;
	uint32_t first, n, bytes, count, number, i;

	if (!kept_take_u32(&first, s) || first != k->nfacts || !kept_take_u32(&n, s) || !kept_take_u32(&bytes, s) || n > s->n ||
	    !kept_take(&strings, s, bytes))
		return false;
	if (!is_more)			/* with room for those of "more" */
		k->facts = arena_array(&k->a, n + room, sizeof *k->facts);
	else if (n > room)
		return false;
	for (i = 0; i < n; i++)
		if (!kept_take_str(&k->facts[first + i], &strings) || k->facts[first + i].n > UINT8_MAX)
			return false;
	k->nfacts = (size_t)first + n;
	if (strings.n || !kept_take(&part, s, (size_t)n * FACT_VALUE) || !kept_take_u32(&count, s))
		return false;
	if (!is_more) {
		k->values = (const unsigned char (*)[FACT_VALUE])part.p;
		return !count;
	}
	k->more_values = (const unsigned char (*)[FACT_VALUE])part.p;
	k->other = arena_array(&k->a, first, sizeof *k->other);
	for (i = 0; i < count; i++) {
		if (!kept_take_u32(&number, s) || number >= first || !kept_take(&part, s, FACT_VALUE))
			return false;
		k->other[number] = (const unsigned char *)part.p;
	}
	return true;
}

/* All that stands behind the files. */
static bool parse_rest(struct kept *k, struct kept_part *p)
{
	struct str s = p->rest, part;
	uint32_t n, i, moved, odd = 0;

	if (!kept_take_str(&k->copy, &s) || !kept_take_u32(&n, &s) || n > s.n)
		return false;
	k->nchanged = n;
	k->changed = arena_array(&k->a, n, sizeof *k->changed);
	for (i = 0; i < n; i++)
		if (!kept_take_str(&k->changed[i], &s))
			return false;
	if (!kept_take_u32(&moved, &s) || !parse_facts(k, &s, p == &k->more) || !kept_take_u32(&n, &s) || !kept_take_zeros(&s, &p->map) ||
	    n > s.n / sizeof *p->numbers || !kept_take(&part, &s, n * sizeof *p->numbers))
		return false;
	k->moved = moved;
	p->numbers = (const uint32_t *)(const void *)part.p;
	p->nnumbers = n;
	for (i = 0; i < n; i++)
		odd |= p->numbers[i] >= k->nfacts;
	return !odd && s.n == 0;
}

/* A file that has facts has none_yet in their place until they are known. */
static const uint32_t none_yet[1];

static bool parse_part(struct kept *k, struct kept_part *p, bool is_more)
{
	struct str s = p->map.body, tie, rows, end;
	const struct kept_row *row;
	uint32_t n, i, at = 0;

	if (!kept_take_str(&tie, &s) || (is_more ? !str_eq(tie, kept_sum(&k->base.map)) : tie.n > 0) ||
	    !kept_take_str(&k->stamp, &s) || !kept_take_str(&k->folders, &s) || !kept_take_str(&k->id, &s) || !kept_take_str(&k->ground, &s) ||
	    !kept_take_into(&k->manifest, &s, sizeof k->manifest) || !kept_take_u32(&n, &s) || !kept_take_zeros(&s, &p->map) ||
	    n > s.n / sizeof *row || !kept_take(&rows, &s, n * sizeof *row))
		return false;
	row = (const struct kept_row *)(const void *)rows.p;
	p->nfiles = n;
	p->files = arena_array(&k->a, n, sizeof *p->files);
	for (i = 0; i < p->nfiles; i++) {
		struct kept_file *f = &p->files[i];

		*f = (struct kept_file){ .row = &row[i], .more = is_more };
		if (!kept_take_str(&f->name, &s) || !f->name.n || !kept_take(&end, &s, 1) || *end.p || !kept_take_u32(&n, &s) ||
		    (i && str_cmp(f[-1].name, f->name) >= 0))
			return false;
		f->gone = n == GONE;
		if (n == NONE || n == GONE)
			continue;
		f->nfacts = n;
		f->facts = none_yet;
		f->at = at;
		at += n;
	}
	p->rest = s;
	return true;
}
_Static_assert(sizeof(struct kept_row) % KEPT_ALIGN == 0 && _Alignof(struct kept_row) <= KEPT_ALIGN, "rows are used where they stand");

static bool is_gone(const void *file)
{
	return ((const struct kept_file *)file)->gone;
}

/* What both say, "more" says. */
static void merge(struct kept *k)
{
	const struct kept_part *x = &k->base, *y = &k->more;

	k->files = x->files;
	k->nfiles = x->nfiles;
	if (!y->nfiles)
		return;
	k->files = arena_array(&k->a, x->nfiles + y->nfiles, sizeof *k->files);
	k->nfiles = kept_rows_merge(k->files, x->files, x->nfiles, y->files, y->nfiles, sizeof *k->files, is_gone);
}

/* Where the facts of all files are. */
static bool place_facts(struct kept *k)
{
	size_t i;

	for (i = 0; i < k->nfiles; i++) {
		struct kept_file *f = &k->files[i];
		const struct kept_part *p = f->more ? &k->more : &k->base;

		if (!f->facts)
			continue;
		if (f->at > p->nnumbers || f->nfacts > p->nnumbers - f->at)
			return false;
		f->facts = p->numbers + f->at;
	}
	return true;
}

static const unsigned char *value_of(const struct kept *k, size_t i)
{
	return i >= k->nbase ? k->more_values[i - k->nbase] : k->other && k->other[i] ? k->other[i] : k->values[i];
}

static bool still(const struct kept *k, struct fact_ground *g, size_t i)
{
	unsigned char value[FACT_VALUE];

	fact_value(value, g, k->facts[i]);
	return memcmp(value, value_of(k, i), FACT_VALUE) == 0;
}

/* Compare all facts with the copy. */
static void compare(struct kept *k, struct fact_ground *g)
{
	bool faces;
	size_t i;

	for (i = 0; i < k->nfacts && !str_eq(k->facts[i], fact_faces()); i++)
		;
	faces = i < k->nfacts && still(k, g, i);
	for (i = 0; i < k->nfacts; i++)
		k->same[i] = (faces && fact_of_faces(k->facts[i])) || still(k, g, i);
}

/* The same where the copy is the one that the build before had, with texts and history of other documents. FACT_ALL is not
 * asked for: it is another. */
static void compare_few(struct kept *k, struct fact_ground *g)
{
	const struct copy *c = g->copy;
	struct str *names = arena_array(&k->a, k->nchanged + c->nchanged, sizeof *names);
	bool moved = k->moved || changes_moved(c);
	size_t n = 0, i;

	for (i = 0; i < k->nchanged; i++)
		names[n++] = k->changed[i];
	for (i = 0; i < c->nchanged; i++)
		names[n++] = c->changed[i]->name;
	if (n)
		qsort(names, n, sizeof *names, str_order);
	for (i = 0; i < k->nfacts; i++)
		k->same[i] = !fact_hangs_on(c, k->facts[i], names, n, moved) || (!fact_is_all(k->facts[i]) && still(k, g, i));
}

struct kept *kept_open(const struct kept_place *place, const struct copy_want *want, const char *dir)
{
	struct kept *k = xmalloc(sizeof *k);
	unsigned char key[KEPT_KEY];

	*k = (struct kept){ .a = ARENA_INIT };
	if (!kept_key_of(key, place, want, &OID_NONE, dir) || kept_map(&k->base.map, kept_path(&k->a, place, dir, "pages"), key) ||
	    !parse_part(k, &k->base, false)) {
		kept_close(k);
		return NULL;
	}
	if (!kept_map(&k->more.map, kept_path(&k->a, place, dir, "more"), key) && !parse_part(k, &k->more, true)) {
		kept_unmap(&k->more.map);	/* of another "pages" */
		k->more = (struct kept_part){ .nfiles = 0 };
		if (!parse_part(k, &k->base, false)) {
			kept_close(k);
			return NULL;
		}
	}
	merge(k);
	return k;
}

/* Is it the file at that path still, or is there none as there was none. */
static bool is_last(const struct kept_map *m, const char *path)
{
	struct kept_stat now;
	struct stat st;

	if (!path || lstat(path, &st))
		return !m->all.p;
	now = kept_stat(&st);
	return m->all.p && !memcmp(&now, &m->stat, sizeof now);
}

bool kept_is_last(const struct kept *k, const struct kept_place *place, const char *dir)
{
	struct arena a = ARENA_INIT;
	bool is = is_last(&k->base.map, kept_path(&a, place, dir, "pages")) && is_last(&k->more.map, kept_path(&a, place, dir, "more"));

	arena_free(&a);
	return is;
}

enum { LOOKS = 8, SOME = 256 };		/* threads; files that one takes at a time */
struct kept_looking {
	struct kept *k;
	int fd;				/* of the folder */
	atomic_size_t next;
	pthread_t threads[LOOKS];
	unsigned n;
};

/* Files come folder by folder: each folder is opened once, and its files are looked up in it. */
static void *look_run(void *arg)
{
	struct kept_looking *l = arg;
	struct kept *k = l->k;
	struct str folder = STR_NONE;
	struct kept_stat now;
	char path[16];			/* those of a site are short */
	size_t i, to, n;
	int fd = -1;

	while ((i = atomic_fetch_add(&l->next, SOME)) < k->nfiles)
		for (to = i + SOME < k->nfiles ? i + SOME : k->nfiles; i < to; i++) {
			const struct kept_file *f = &k->files[i];

			n = str_chr(f->name, '/');
			n = n == SIZE_MAX ? 0 : n + 1;
			if (n > sizeof path)
				continue;
			if (n && (!folder.p || !str_eq(folder, str_sub(f->name, 0, n)))) {
				if (fd >= 0)
					close(fd);
				folder = str_sub(f->name, 0, n);
				memcpy(path, f->name.p, n);
				path[n - 1] = '\0';
				fd = openat(l->fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
			}
			now = kept_stat_at(f->name.p + n, n ? fd : l->fd);
			k->seen[i] = kept_stat_same(&now, &f->row->stat);
		}
	if (fd >= 0)
		close(fd);
	return NULL;
}

void kept_look_begin(struct kept *k, const char *dir, unsigned threads)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct kept_looking *l;

	if (fd < 0)
		return;
	k->seen = arena_array(&k->a, k->nfiles, sizeof *k->seen);
	k->looking = l = arena_alloc(&k->a, sizeof *l);
	*l = (struct kept_looking){ .k = k, .fd = fd };
	while (l->n < threads && l->n < LOOKS && !pthread_create(&l->threads[l->n], NULL, look_run, l))
		l->n++;
}

void kept_look_end(struct kept *k)
{
	struct kept_looking *l = k ? k->looking : NULL;

	if (!l)
		return;
	look_run(l);
	while (l->n)
		pthread_join(l->threads[--l->n], NULL);
	close(l->fd);
	k->looking = NULL;
}

bool kept_seen(const struct kept *k, const struct kept_file *f)
{
	return k->seen && k->seen[f - k->files];
}

bool kept_compare(struct kept *k, const unsigned char ground[KEPT_KEY], struct fact_ground *g)
{
	const struct copy *c = g->copy;

	if (!str_eq(k->ground, (struct str){ (const char *)ground, KEPT_KEY }) || !parse_rest(k, &k->base))
		return false;
	k->nbase = k->nfacts;
	if ((k->more.map.all.p && !parse_rest(k, &k->more)) || !place_facts(k))
		return false;
	k->same = arena_array(&k->a, k->nfacts, sizeof *k->same);
	k->near = c->was_kept && str_eq(k->copy, (struct str){ (const char *)c->id, sizeof c->id });
	if (k->near)
		compare_few(k, g);
	else
		compare(k, g);
	return true;
}

void kept_close(struct kept *k)
{
	if (!k)
		return;
	kept_look_end(k);
	kept_unmap(&k->base.map);
	kept_unmap(&k->more.map);
	arena_free(&k->a);
	free(k);
}

size_t kept_lower(const struct kept *k, struct str name)
{
	return kept_rows_lower(k->files, sizeof *k->files, 0, k->nfiles, name);
}

/* The file of that name, or NULL. */
static const struct kept_file *find(const struct kept *k, struct str name)
{
	size_t i = kept_lower(k, name);

	return i < k->nfiles && str_eq(k->files[i].name, name) ? &k->files[i] : NULL;
}

bool kept_same(const struct kept *k, const struct kept_file *f)
{
	size_t i;

	for (i = 0; i < f->nfacts && k->same[f->facts[i]]; i++)
		;
	return f->facts && i == f->nfacts;
}

/* The facts of all files, each once. */
struct joint {
	struct strings set;
	struct { const struct facts *of; uint32_t *to; } maps[64];
	size_t nmaps;
	struct buf known;		/* of each: a byte that is 1 where its value is, FACT_VALUE bytes */
	const struct kept *was;
	size_t first;			/* number of the first one in the set: those before it are was's */
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
	return (uint32_t)j->first + i;
}

static struct str joint_text(const struct joint *j, const struct facts *of, uint32_t fact)
{
	return of ? strings_at(&of->set, fact) : j->was->facts[fact];
}

/* In a list that begins anew. */
static uint32_t joint_number(struct joint *j, const struct facts *of, uint32_t fact)
{
	const unsigned char *value = of || !j->was->same[fact] ? NULL : value_of(j->was, fact);
	size_t i, n;

	for (i = 0; i < j->nmaps && j->maps[i].of != of; i++)
		;
	if (i == sizeof j->maps / sizeof j->maps[0])
		return joint_put(j, joint_text(j, of, fact), value);
	if (i == j->nmaps) {
		n = of ? of->set.n : j->was->nfacts;
		j->maps[i].of = of;
		j->maps[i].to = arena_array(&j->a, n, sizeof *j->maps[i].to);
		j->nmaps++;
	}
	if (!j->maps[i].to[fact])
		j->maps[i].to[fact] = joint_put(j, joint_text(j, of, fact), value) + 1;
	return j->maps[i].to[fact] - 1;
}

/* In a list that goes on: most facts of a page that was made again are those that it had. */
static uint32_t joint_more(struct joint *j, const struct kept_file *had, struct str fact)
{
	size_t i;

	for (i = 0; had && i < had->nfacts; i++)
		if (str_eq(j->was->facts[had->facts[i]], fact))
			return had->facts[i];
	return joint_put(j, fact, NULL);
}

static void add_value(struct kept_out *o, const struct kept *was, struct fact_ground *g, size_t i)
{
	unsigned char value[FACT_VALUE];

	if (!was->same[i])
		fact_value(value, g, was->facts[i]);
	kept_add(o, (struct str){ (const char *)(was->same[i] ? value_of(was, i) : value), FACT_VALUE });
}

/* Is the value of a fact of "pages" another than there. */
static bool differs(const struct kept *was, size_t i)
{
	return !was->same[i] || (was->other && was->other[i]);
}

/* Values of new facts, a share of them by one thread. */
struct share {
	const struct joint *j;
	struct fact_ground g;
	unsigned char (*values)[FACT_VALUE];
	size_t from, to;
	pthread_t thread;
	bool running;
};

static void *make_values(void *arg)
{
	struct share *s = arg;
	size_t i;

	for (i = s->from; i < s->to; i++)
		if (s->j->known.p[i * KNOWN])
			memcpy(s->values[i], s->j->known.p + i * KNOWN + 1, FACT_VALUE);
		else
			fact_value(s->values[i], &s->g, strings_at(&s->j->set, i));
	return NULL;
}

static unsigned char (*values_of(struct joint *j, struct fact_ground *g))[FACT_VALUE]
{
	enum { WORTH_IT = 4096 };	/* facts for one thread */
	unsigned char (*values)[FACT_VALUE] = arena_array(&j->a, j->set.n, sizeof *values), faces[FACT_VALUE];
	struct share shares[COPY_THREADS];
	size_t n = g->copy->want.threads, i;

	n = n > j->set.n / WORTH_IT + 1 ? j->set.n / WORTH_IT + 1 : n;
	n = n < 1 ? 1 : n > COPY_THREADS ? COPY_THREADS : n;
	if (n > 1)
		fact_value(faces, g, fact_faces());	/* what it takes is made once */
	for (i = 0; i < n; i++) {
		struct share *s = &shares[i];

		*s = (struct share){ .j = j, .g = *g, .values = values, .from = i * j->set.n / n, .to = (i + 1) * j->set.n / n };
		s->g.scratch = (struct buf)BUF_INIT;
		if (i)
			s->running = pthread_create(&s->thread, NULL, make_values, s) == 0;
	}
	for (i = 0; i < n; i++) {
		if (shares[i].running)
			pthread_join(shares[i].thread, NULL);
		else
			make_values(&shares[i]);
		fact_ground_free(&shares[i].g);
	}
	return values;
}

/* New facts; then the values of those that were there and are others. */
static void add_facts(struct kept_out *o, struct joint *j, struct fact_ground *g)
{
	const struct kept *was = j->was;
	size_t base = j->first ? was->nbase : 0, bytes = 0, others = 0, i;

	for (i = base; i < j->first; i++)
		bytes += sizeof(uint32_t) + was->facts[i].n;
	for (i = 0; i < j->set.n; i++)
		bytes += sizeof(uint32_t) + strings_at(&j->set, i).n;
	kept_add_u32(o, (uint32_t)base);
	kept_add_u32(o, (uint32_t)(j->first - base + j->set.n));
	kept_add_u32(o, (uint32_t)bytes);
	for (i = base; i < j->first; i++)
		kept_add_str(o, was->facts[i]);
	for (i = 0; i < j->set.n; i++)
		kept_add_str(o, strings_at(&j->set, i));
	for (i = base; i < j->first; i++)
		add_value(o, was, g, i);
	kept_add(o, (struct str){ (const char *)values_of(j, g), j->set.n * FACT_VALUE });
	for (i = 0; i < base; i++)
		others += differs(was, i);
	kept_add_u32(o, (uint32_t)others);
	for (i = 0; i < base; i++)
		if (differs(was, i)) {
			kept_add_u32(o, (uint32_t)i);
			add_value(o, was, g, i);
		}
}

/* How many facts there may be, for so many when the list was made anew. */
#define FACTS_MAX(n) ((n) + (n) / 4 + 4096)
#define FILES_MAX(n) ((n) / 8 + 64)	/* files in "more", of so many in all */

struct put {				/* a file to be written */
	const struct kept_file *file;
	bool gone;
};

static bool is_base(const struct kept_file *f, const struct kept_file *base, const struct kept_part *p)
{
	return (f->row == base->row || !memcmp(f->row, base->row, sizeof *f->row)) && f->nfacts == base->nfacts &&
	    (base->facts ? f->facts == p->numbers + base->at : !f->facts);
}

/* Files that are not as in "pages", and those that went; returns how many. */
static size_t compare_files(struct put *v, const struct kept_new *now, const struct kept_part *p)
{
	size_t i = 0, k = 0, n = 0;

	while (i < now->n || k < p->nfiles) {
		int d = i == now->n ? 1 : k == p->nfiles ? -1 : str_cmp(now->files[i]->name, p->files[k].name);

		if (d > 0)
			v[n++] = (struct put){ &p->files[k], true };
		else if (d < 0 || !is_base(now->files[i], &p->files[k], p))
			v[n++] = (struct put){ now->files[i], false };
		i += d <= 0;
		k += d >= 0;
	}
	return n;
}

/* Of all files that are put the numbers of their facts. */
static uint32_t *number_facts(size_t *n, struct joint *j, const struct put *v, size_t nv)
{
	uint32_t *numbers;
	size_t i, k, total = 0;

	for (i = 0; i < nv; i++)
		total += v[i].gone ? 0 : v[i].file->nfacts;
	numbers = arena_array(&j->a, total, sizeof *numbers);
	if (!j->first)
		(void)joint_put(j, fact_faces(), NULL);	/* answers for many, see compare */
	for (i = *n = 0; i < nv; i++) {
		const struct kept_file *f = v[i].file, *had = j->first && f->of ? find(j->was, f->name) : NULL;

		for (k = 0; !v[i].gone && k < f->nfacts; k++)
			numbers[(*n)++] = !j->first ? joint_number(j, f->of, f->facts[k]) :
			    f->of ? joint_more(j, had, strings_at(&f->of->set, f->facts[k])) : f->facts[k];
	}
	return numbers;
}

enum rc kept_save(const struct kept_place *place, const unsigned char ground[KEPT_KEY], const char *dir,
    const struct kept_new *now, const struct kept *was, struct fact_ground *g, struct err *e)
{
	const struct copy *c = g->copy;
	struct joint j = { .a = ARENA_INIT, .was = was };
	const char *path;
	unsigned char key[KEPT_KEY];
	uint32_t *numbers;
	struct kept_out *o = NULL;
	struct put *put = arena_array(&j.a, now->n + (was ? was->base.nfiles : 0), sizeof *put);
	size_t i, n = 0, total;
	enum rc rc = RC_NOTFOUND;

	if (was && was->near && was->nfacts < FACTS_MAX(was->nbase) &&
	    (n = compare_files(put, now, &was->base)) < FILES_MAX(now->n))
		j.first = was->nfacts;
	for (i = 0; !j.first && i < now->n; i++)
		put[i] = (struct put){ now->files[i], false };
	n = j.first ? n : now->n;
	path = kept_path(&j.a, place, dir, j.first ? "more" : "pages");
	if (!path || !kept_key_of(key, place, &c->want, &OID_NONE, dir) || (rc = kept_begin(&o, path, key, e)))
		goto out;
	numbers = number_facts(&total, &j, put, n);
	kept_add_str(o, j.first ? kept_sum(&was->base.map) : STR_NONE);
	kept_add_str(o, now->stamp);
	kept_add_str(o, now->folders);
	kept_add_str(o, now->id);
	kept_add_str(o, (struct str){ (const char *)ground, KEPT_KEY });
	kept_add(o, (struct str){ (const char *)&now->manifest, sizeof now->manifest });
	kept_add_u32(o, (uint32_t)n);
	kept_add_zeros(o);
	for (i = 0; i < n; i++)
		kept_add(o, (struct str){ (const char *)put[i].file->row, sizeof *put[i].file->row });
	for (i = 0; i < n; i++) {
		kept_add_str(o, put[i].file->name);
		kept_add(o, (struct str){ "", 1 });
		kept_add_u32(o, put[i].gone ? GONE : put[i].file->facts ? (uint32_t)put[i].file->nfacts : NONE);
	}
	kept_add_str(o, (struct str){ (const char *)c->id, sizeof c->id });
	kept_add_u32(o, (uint32_t)c->nchanged);
	for (i = 0; i < c->nchanged; i++)
		kept_add_str(o, c->changed[i]->name);
	kept_add_u32(o, changes_moved(c));
	add_facts(o, &j, g);
	kept_add_u32(o, (uint32_t)total);
	kept_add_zeros(o);
	kept_add(o, (struct str){ (const char *)numbers, total * sizeof *numbers });
	rc = kept_end(o, e);
	if (!rc && !j.first)
		(void)unlink(kept_path(&j.a, place, dir, "more"));	/* of the "pages" before */
out:
	strings_free(&j.set);
	buf_free(&j.known);
	arena_free(&j.a);
	return rc;
}
