/* kb/gate/lmdb.c: see lmdb.h.
 *
 * Flags: MDB_NOSUBDIR (one file and its -lock beside it), MDB_NOTLS (a read transaction belongs to its
 * object, not to the thread, as serve needs), MDB_NORDAHEAD (the index is read at random). No WRITEMAP: a
 * stray write must not reach the file. MDB_NOSYNC: LMDB waits for the disk twice a commit, for the pages and then for what
 * leads to them, as it has no checks to tell later whether both are there. Ours tell (sum.c), so we wait once, for all. */
#include "kb/gate/lmdb.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lmdb.h>

#include "kb/base/arena.h"

struct store {
	MDB_env *env;
	char *path;
	bool write;
	bool lazy;			/* a commit does not wait for the disk */
};

enum { TABLES = STORE_TABLES + 2 };	/* LMDB's own two stand before the named ones */

struct txn {
	MDB_txn *txn;
	struct store *store;
	MDB_cursor *near[TABLES];	/* of a read transaction, by table; NULL: not opened yet */
	bool write;
	const char *from, *to;		/* of a read transaction: what was got since txn_rest lies between; NULL: nothing was */
};

static enum rc fail(struct err *e, const char *path, const char *what, int code)
{
	switch (code) {
	case MDB_NOTFOUND:
		return err_set(e, RC_NOTFOUND, "%s: %s: not there", path, what);
	case MDB_CORRUPTED:
	case MDB_PAGE_NOTFOUND:
	case MDB_PANIC:
	case MDB_VERSION_MISMATCH:
	case MDB_INVALID:
	case MDB_INCOMPATIBLE:
		return err_set(e, RC_CORRUPT, "%s: %s: %s", path, what, mdb_strerror(code));
	case MDB_MAP_FULL:
		return err_set(e, RC_IO, "%s: %s: it has reached the largest size it may have", path, what);
	case MDB_BAD_VALSIZE:
		return err_set(e, RC_INVALID, "%s: %s: a key of 0 or more than %d bytes", path, what, STORE_KEY_MAX);
	case ENOSPC:
		return err_set(e, RC_IO, "%s: %s: no space left on the disk; free some and try again", path, what);
	default:
		return err_set(e, RC_IO, "%s: %s: %s", path, what, mdb_strerror(code));
	}
}

/* A file shorter than its last page in use would kill us at the first read past its end. */
static int check_size(struct store *s)
{
	MDB_envinfo info;
	MDB_stat stat;
	struct stat st;
	int code;

	if ((code = mdb_env_info(s->env, &info)) || (code = mdb_env_stat(s->env, &stat)))
		return code;
	if (lstat(s->path, &st) == 0 && (uint64_t)st.st_size < ((uint64_t)info.me_last_pgno + 1) * stat.ms_psize)
		return MDB_CORRUPTED;
	return 0;
}

/* LMDB maps its lock file right after making it, and on a full disk the first write to that map kills us: so
 * its room is asked for first. A disk that takes no lock file is LMDB's to say. */
static int lock_room(const char *path)
{
	enum { BYTES = 8192 };		/* 126 readers, as LMDB makes it */
	struct arena a = ARENA_INIT;
	struct stat st;
	int code = 0, fd = open(arena_printf(&a, "%s-lock", path), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);

	if (fd >= 0) {
		if (fstat(fd, &st) == 0 && (st.st_size < BYTES || st.st_blocks * 512 < st.st_size))
			code = posix_fallocate(fd, 0, st.st_size < BYTES ? BYTES : st.st_size);
		close(fd);
	}
	arena_free(&a);
	return code == ENOSPC || code == EFBIG || code == EDQUOT ? code : 0;
}

/* LMDB wants a handle that failed to open closed, so each try has one of its own. */
static int env_open(struct store *s, size_t map, unsigned flags)
{
	int code = mdb_env_create(&s->env);

	if (code)
		return code;
	if ((code = mdb_env_set_mapsize(s->env, map)) || (code = mdb_env_set_maxdbs(s->env, STORE_TABLES)) ||
	    (code = mdb_env_open(s->env, s->path, flags, 0644))) {
		mdb_env_close(s->env);
		s->env = NULL;
	}
	return code;
}

enum rc store_open(struct store **out, const char *path, size_t map, bool write, struct err *e)
{
	unsigned flags = MDB_NOSUBDIR | MDB_NOTLS | MDB_NORDAHEAD | (write ? MDB_NOSYNC : MDB_RDONLY);
	struct store *s;
	struct stat st;
	int code, dead;

	if (lstat(path, &st)) {
		if (errno != ENOENT)
			return err_errno(e, "%s", path);
		if (!write)
			return err_set(e, RC_NOTFOUND, "%s: no such index", path);
	} else if (!S_ISREG(st.st_mode)) {
		return err_set(e, RC_CORRUPT, "%s: not a regular file", path);
	}
	s = xmalloc(sizeof *s);
	*s = (struct store){ NULL, strdup(path), write, false };
	if (!s->path)
		out_of_memory();
	code = lock_room(path);
	if (!code)
		code = env_open(s, map, flags);
	if (code == EROFS || (code == EACCES && !write))	/* a disk that takes no lock file: nobody writes there */
		code = env_open(s, map, flags | MDB_NOLOCK);
	if (!code)
		code = check_size(s);
	if (!code)
		mdb_reader_check(s->env, &dead);
	if (code) {
		enum rc rc = fail(e, path, "opening", code);

		store_close(s);
		return rc;
	}
	*out = s;
	return RC_OK;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	if (s->env)
		mdb_env_close(s->env);
	free(s->path);
	free(s);
}

bool store_is(struct store *s, const char *path)
{
	struct stat mine, there;
	mdb_filehandle_t fd;

	return !mdb_env_get_fd(s->env, &fd) && fstat(fd, &mine) == 0 && lstat(path, &there) == 0 && mine.st_ino == there.st_ino &&
	    mine.st_dev == there.st_dev;
}

enum rc store_durable(struct store *s, bool durable, struct err *e)
{
	int code = durable ? mdb_env_sync(s->env, 1) : 0;

	s->lazy = !durable;
	return code ? fail(e, s->path, "writing", code) : RC_OK;
}

static void set_bit(struct buf *bits, size_t i)
{
	bits->p[i / 8] = (char)((unsigned char)bits->p[i / 8] | 1u << i % 8);
}

/* LMDB keeps them in its table 0: transaction -> count, pages. */
enum rc store_free_pages(struct buf *bits, struct store *s, struct err *e)
{
	MDB_cursor *c = NULL;
	MDB_txn *t = NULL;
	MDB_envinfo info;
	MDB_val k, v;
	size_t count, page, i;
	int code;

	if ((code = mdb_txn_begin(s->env, NULL, MDB_RDONLY, &t)) || (code = mdb_env_info(s->env, &info)) || (code = mdb_cursor_open(t, 0, &c)))
		goto out;
	bits->n = 0;
	buf_reserve(bits, info.me_last_pgno / 8 + 1);
	memset(bits->p, 0, info.me_last_pgno / 8 + 1);
	bits->n = info.me_last_pgno / 8 + 1;
	for (page = info.me_last_pgno + 1; page < 8 * bits->n; page++)
		set_bit(bits, page);
	while ((code = mdb_cursor_get(c, &k, &v, MDB_NEXT)) == 0) {
		if (v.mv_size < sizeof count)
			goto odd;
		memcpy(&count, v.mv_data, sizeof count);
		if (count > v.mv_size / sizeof count - 1)
			goto odd;
		for (i = 0; i < count; i++) {
			memcpy(&page, (char *)v.mv_data + (i + 1) * sizeof page, sizeof page);
			if (page > info.me_last_pgno)
				goto odd;
			set_bit(bits, page);
		}
	}
	code = code == MDB_NOTFOUND ? 0 : code;
	goto out;
odd:
	code = MDB_CORRUPTED;
out:
	if (c)
		mdb_cursor_close(c);
	if (t)
		mdb_txn_abort(t);
	return code ? fail(e, s->path, "reading", code) : RC_OK;
}

uint64_t store_commit(struct store *s)
{
	MDB_envinfo info;

	return mdb_env_info(s->env, &info) ? 0 : info.me_last_txnid;
}

void store_remove(const char *path)
{
	struct arena a = ARENA_INIT;

	unlink(path);
	unlink(arena_printf(&a, "%s-lock", path));
	arena_free(&a);
}

enum rc txn_begin(struct txn **out, struct store *s, bool write, struct err *e)
{
	struct txn *t = xmalloc(sizeof *t);
	int code;

	*t = (struct txn){ .store = s, .write = write };
	if ((code = mdb_txn_begin(s->env, NULL, write ? 0 : MDB_RDONLY, &t->txn))) {
		free(t);
		return fail(e, s->path, "beginning a transaction", code);
	}
	*out = t;
	return RC_OK;
}

/* Pages at the end that a transaction took and gave back are counted but never written. The file gets that length, or
 * check_size would take it for cut off. */
static int whole_file(struct store *s)
{
	MDB_envinfo info;
	MDB_stat stat;
	struct stat st;
	mdb_filehandle_t fd;
	uint64_t size;
	int code;

	if ((code = mdb_env_info(s->env, &info)) || (code = mdb_env_stat(s->env, &stat)) || (code = mdb_env_get_fd(s->env, &fd)))
		return code;
	size = ((uint64_t)info.me_last_pgno + 1) * stat.ms_psize;
	return fstat(fd, &st) || ((uint64_t)st.st_size < size && ftruncate(fd, (off_t)size)) ? errno : 0;
}

static void close_near(struct txn *t)
{
	size_t i;

	for (i = 0; i < TABLES; i++)
		if (t->near[i])
			mdb_cursor_close(t->near[i]);
}

enum rc txn_commit(struct txn **t, struct err *e)
{
	struct store *s = (*t)->store;
	const bool waits = (*t)->write && !s->lazy;
	int code;

	close_near(*t);
	code = mdb_txn_commit((*t)->txn);
	free(*t);
	*t = NULL;
	if (code)
		return fail(e, s->path, "writing", code);
	if (s->write && ((code = whole_file(s)) || (waits && (code = mdb_env_sync(s->env, 1)))))	/* it is there to be read */
		return waits ? err_set(e, RC_CORRUPT, "%s: writing: %s", s->path, mdb_strerror(code)) : fail(e, s->path, "writing", code);
	return RC_OK;
}

void txn_abort(struct txn **t)
{
	if (!*t)
		return;
	close_near(*t);
	mdb_txn_abort((*t)->txn);
	free(*t);
	*t = NULL;
}

uint64_t txn_bytes(struct txn *t)
{
	MDB_envinfo info;
	MDB_stat stat;

	if (mdb_env_info(t->store->env, &info) || mdb_env_stat(t->store->env, &stat))
		return 0;
	return ((uint64_t)info.me_last_pgno + 1) * stat.ms_psize;
}

enum rc txn_table(table_id *id, struct txn *t, const char *name, struct err *e)
{
	MDB_dbi dbi;
	int code = mdb_dbi_open(t->txn, name, t->store->write ? MDB_CREATE : 0, &dbi);

	if (code == EACCES)		/* a read transaction of a writer cannot make it */
		code = mdb_dbi_open(t->txn, name, 0, &dbi);
	if (code)
		return fail(e, t->store->path, name ? name : "tables", code);
	*id = dbi;
	return RC_OK;
}

static MDB_val val(struct str s)
{
	return (MDB_val){ s.n, (void *)(uintptr_t)s.p };
}

static struct str from_val(MDB_val v)
{
	return (struct str){ v.mv_data, v.mv_size };
}

/* A cursor to look around with: a read transaction keeps one a table, as nothing moves under it. */
static int near_open(MDB_cursor **c, struct txn *t, table_id id)
{
	int code = 0;

	if (t->write || id >= TABLES)
		return mdb_cursor_open(t->txn, id, c);
	if (!t->near[id])
		code = mdb_cursor_open(t->txn, id, &t->near[id]);
	*c = t->near[id];
	return code;
}

enum rc txn_get(struct str *value, struct txn *t, table_id id, struct str key, struct err *e)
{
	MDB_val k = val(key), v;
	MDB_cursor *c;
	int code = key.n ? 0 : MDB_BAD_VALSIZE;

	if (!code && !t->write && id < TABLES)	/* keys that are asked for one after another are often neighbours */
		code = (code = near_open(&c, t, id)) ? code : mdb_cursor_get(c, &k, &v, MDB_SET);
	else if (!code)
		code = mdb_get(t->txn, id, &k, &v);

	if (code)
		return fail(e, t->store->path, "reading", code);
	*value = from_val(v);
	if (!t->from || value->p < t->from)
		t->from = value->p;
	if (value->p + value->n > t->to)
		t->to = value->p + value->n;
	return RC_OK;
}

void txn_rest(struct txn *t)
{
	size_t before = t->from ? (uintptr_t)t->from % (size_t)sysconf(_SC_PAGESIZE) : 0;

	if (t->from && !t->write)	/* all in the one map, to which nobody writes */
		(void)madvise((void *)(uintptr_t)(t->from - before), (size_t)(t->to - t->from) + before, MADV_DONTNEED);
	t->from = t->to = NULL;
}

static enum rc get_near(struct str *at, struct str *value, struct txn *t, table_id id, struct str key, bool before, struct err *e)
{
	MDB_val k = val(key), v;
	MDB_cursor *c;
	int code = near_open(&c, t, id);

	if (code)
		return fail(e, t->store->path, "reading", code);
	code = mdb_cursor_get(c, &k, &v, MDB_SET_RANGE);
	if (before && code == MDB_NOTFOUND)
		code = mdb_cursor_get(c, &k, &v, MDB_LAST);
	else if (before && !code && !str_eq(from_val(k), key))
		code = mdb_cursor_get(c, &k, &v, MDB_PREV);
	if (t->write || id >= TABLES)
		mdb_cursor_close(c);
	if (code == MDB_NOTFOUND)		/* often, so without a long message */
		return err_set(e, RC_NOTFOUND, "not there");
	if (code)
		return fail(e, t->store->path, "reading", code);
	*at = from_val(k);
	*value = from_val(v);
	return RC_OK;
}

enum rc txn_get_before(struct str *k, struct str *value, struct txn *t, table_id id, struct str key, struct err *e)
{
	return get_near(k, value, t, id, key, true, e);
}

enum rc txn_get_from(struct str *k, struct str *value, struct txn *t, table_id id, struct str key, struct err *e)
{
	return get_near(k, value, t, id, key, false, e);
}

static enum rc put(struct txn *t, table_id id, struct str key, struct str value, unsigned flags, struct err *e)
{
	MDB_val k = val(key), v = val(value);
	int code = mdb_put(t->txn, id, &k, &v, flags);

	if (code == MDB_KEYEXIST)
		return err_set(e, RC_INVALID, "%s: a key is appended out of order", t->store->path);
	return code ? fail(e, t->store->path, "writing", code) : RC_OK;
}

enum rc txn_put(struct txn *t, table_id id, struct str key, struct str value, struct err *e)
{
	return put(t, id, key, value, 0, e);
}

enum rc txn_append(struct txn *t, table_id id, struct str key, struct str value, struct err *e)
{
	return put(t, id, key, value, MDB_APPEND, e);
}

enum rc txn_del(struct txn *t, table_id id, struct str key, struct err *e)
{
	MDB_val k = val(key);
	int code = mdb_del(t->txn, id, &k, NULL);

	return code ? fail(e, t->store->path, "deleting", code) : RC_OK;
}

enum rc txn_del_all(struct txn *t, table_id id, struct str prefix, struct err *e)
{
	MDB_val k = val(prefix), v;
	MDB_cursor *c;
	int code = mdb_cursor_open(t->txn, id, &c);

	if (code)
		return fail(e, t->store->path, "deleting", code);
	code = mdb_cursor_get(c, &k, &v, MDB_SET_RANGE);
	while (!code && str_starts(from_val(k), prefix) && !(code = mdb_cursor_del(c, 0)))
		code = mdb_cursor_get(c, &k, &v, MDB_NEXT);
	mdb_cursor_close(c);
	return code && code != MDB_NOTFOUND ? fail(e, t->store->path, "deleting", code) : RC_OK;
}

enum rc txn_clear(struct txn *t, table_id id, struct err *e)
{
	int code = mdb_drop(t->txn, id, 0);

	return code ? fail(e, t->store->path, "emptying", code) : RC_OK;
}

enum rc txn_count(uint64_t *n, struct txn *t, table_id id, struct err *e)
{
	MDB_stat stat;
	int code = mdb_stat(t->txn, id, &stat);

	if (code)
		return fail(e, t->store->path, "counting", code);
	*n = stat.ms_entries;
	return RC_OK;
}

enum rc store_iter_open(struct store_iter *it, struct txn *t, table_id id, struct str from, struct err *e)
{
	MDB_cursor *c;
	int code = mdb_cursor_open(t->txn, id, &c);

	if (code)
		return fail(e, t->store->path, "reading", code);
	*it = (struct store_iter){ c, from, false };
	return RC_OK;
}

enum iter store_iter_next(struct store_iter *it, struct str *key, struct str *value, struct err *e)
{
	MDB_val k = val(it->from), v;
	MDB_cursor_op op = it->started ? MDB_NEXT : it->from.n ? MDB_SET_RANGE : MDB_FIRST;
	int code = mdb_cursor_get(it->cursor, &k, &v, op);

	it->started = true;
	if (code == MDB_NOTFOUND)
		return ITER_DONE;
	if (code) {
		(void)fail(e, "index", "reading", code);
		return ITER_ERROR;
	}
	*key = from_val(k);
	*value = from_val(v);
	return ITER_ITEM;
}

void store_iter_close(struct store_iter *it)
{
	if (it->cursor)
		mdb_cursor_close(it->cursor);
	it->cursor = NULL;
}
