/* render/kept.h: what a build of a site leaves for the next one into the same folder, in .git/colep/site of the node:
 * of each file what it was made of (facts.h), its hash, and its stat; the copy (copy_kept.c). It is a cache: anyone may
 * remove it, damage is noticed, and it is of use only to the same program with the same options (kept_key). */
#ifndef RENDER_KEPT_H
#define RENDER_KEPT_H

#include "render/facts.h"
#include "render/kept_io.h"

struct kept_place {
	const char *cache;		/* .git/colep of the node */
	unsigned char program[KEPT_KEY];	/* hash of program_id */
	unsigned char theme[KEPT_KEY];	/* of its files */
};
/* Before libraries are loaded that are loaded only at times. false: this program can keep nothing. */
bool kept_place(struct kept_place *place, const char *cache);
void kept_place_theme(struct kept_place *place, const struct theme *t);	/* then, before a key is asked for */
/* A hash of all that every page hangs on: the ground that facts stand on. false: nothing can be kept. */
bool kept_key(unsigned char key[KEPT_KEY], const struct kept_place *place, const struct copy *c, const char *dir);
/* A hash of all that a build hangs on: what is wanted, and the commit that it is made of. */
bool kept_key_of(unsigned char key[KEPT_KEY], const struct kept_place *place, const struct copy_want *want,
    const struct oid *commit, const char *dir);
/* The path of a file of that sort ("pages") for a site in dir; NULL: nothing can be kept. */
const char *kept_path(struct arena *a, const struct kept_place *place, const char *dir, const char *sort);
/* Remove all but the newest few of those files. */
void kept_sweep(const struct kept_place *place);

/* ---- the files of a site ---- */

struct kept_row {			/* as it stands in kept.c's file */
	struct kept_stat stat;
	unsigned char digest[32];	/* SHA-256 of its bytes */
};
struct kept_file {
	struct str name;		/* with a NUL behind it */
	const struct kept_row *row;
	const uint32_t *facts;		/* numbers in `of`; NULL: made anew each time */
	size_t nfacts;
	const struct facts *of;		/* NULL: of the kept ones themselves */
	uint32_t at;			/* kept.c's */
	bool more, gone;
};
struct kept_part {			/* one of the two files, see kept.c */
	struct kept_map map;
	struct kept_file *files;	/* by name */
	size_t nfiles;
	struct str rest;		/* all behind the files */
	const uint32_t *numbers;
	size_t nnumbers;
};
struct kept_looking;
struct kept {
	struct kept_part base, more;
	struct arena a;
	struct kept_file *files;	/* by name; their facts are known after kept_compare */
	size_t nfiles;
	bool *seen;			/* the file was found as it was, by its stat; NULL: nobody looked */
	struct kept_looking *looking;	/* it goes on; NULL: no */
	struct kept_stat manifest;	/* its own; zeros: it does not tell */
	struct str *facts;
	const unsigned char (*values)[FACT_VALUE], (*more_values)[FACT_VALUE];
	bool *same;			/* is the value of a fact still so */
	const unsigned char **other;	/* its value, where it is another than in the base; NULL: none */
	size_t nfacts, nbase;		/* nbase: those of the base, which are the first */
	struct str stamp, folders, id;	/* kept_save's */
	struct str ground, copy, *changed;	/* of the file, see kept.c */
	size_t nchanged;
	bool moved;
	bool near;			/* after kept_compare: the copy is the one that it was made of, brought up to date */
};
/* Is the file below the folder open as fd as it was: its stat tells, else its hash. *now: its stat. scratch: for its bytes. */
bool kept_untouched(struct kept_stat *now, const struct kept_file *f, int fd, struct buf *scratch);
/* Its stat; zeros: it is no file. */
struct kept_stat kept_stat_at(const char *name, int fd);
/* What a build with these options into dir kept; NULL: nothing. All but facts. */
struct kept *kept_open(const struct kept_place *place, const struct copy_want *want, const char *dir);
void kept_close(struct kept *k);	/* no-op on NULL */
/* Begin to look at the stats of all files in dir, with so many threads. */
void kept_look_begin(struct kept *k, const char *dir, unsigned threads);
void kept_look_end(struct kept *k);	/* help with what is left, before kept_seen is asked; no-op on NULL */
size_t kept_lower(const struct kept *k, struct str name);	/* the first file that is not before that name */
bool kept_seen(const struct kept *k, const struct kept_file *f);	/* found as it was; f of k */
/* Is it what the last build kept still. */
bool kept_is_last(const struct kept *k, const struct kept_place *place, const char *dir);
/* Compare all facts with the copy. false: it is of no use, the ground (kept_key) of all pages is another. */
bool kept_compare(struct kept *k, const unsigned char ground[KEPT_KEY], struct fact_ground *g);
bool kept_same(const struct kept *k, const struct kept_file *f);	/* would be made of the same */
/* What kept_open and kept_compare read. */
struct kept_new {
	const struct kept_file *const *files;	/* by name; also those of kept_open, that are as they were */
	size_t n;
	struct kept_stat manifest;
	struct str stamp, folders, id;	/* the caller's */
};
/* was: NULL, or what was kept before, compared. */
enum rc kept_save(const struct kept_place *place, const unsigned char ground[KEPT_KEY], const char *dir,
    const struct kept_new *now, const struct kept *was, struct fact_ground *g, struct err *e) NODISCARD;

#endif
