/* render/facts.h: what a page was made of. While a page is made, the copy notes what it is asked (copy.watch): is there
 * a document of this name, which ones use this key. A page is the same as long as all answers are, so the next build
 * need not make it. What is no question (the theme, the vocabularies, the options) is a matter of all pages: kept.c. */
#ifndef RENDER_FACTS_H
#define RENDER_FACTS_H

#include "render/copy.h"
#include "render/strings.h"

enum fact {
	FACT_NAME = 1,			/* the face of the document of a name, or that there is none */
	FACT_TEXT,			/* its text */
	FACT_PAST,			/* its history */
	FACT_USES,			/* who uses a key, and their faces */
	FACT_USED,			/* does anyone use a key */
	FACT_PAGE,			/* who uses it, of one page of a list, and how many there are */
	FACT_KEYS,			/* the keys in use */
	FACT_HAVE,			/* is there a page of this name */
	FACT_OVERDUE, FACT_OLD,		/* is a date */
	FACT_LABEL,			/* the highest label */
	FACT_TODAY,			/* the day that dates are compared with */
	FACT_CHANGES,			/* a page of changes.html */
	FACT_FACES,			/* of all documents */
	FACT_ALL			/* anything whatever */
};

struct facts {				/* noted by one thread; owned; zeroed is empty */
	struct strings set;		/* each fact once, as bytes: what, use, number (u32), key */
	struct buf seen;		/* u32 for each: the last page that it was noted for */
	struct buf list;		/* u32: numbers of facts, page by page */
	uint32_t *named;		/* number + 1 of FACT_NAME, by the place of the document in copy.all; 0: not yet */
	struct buf record;		/* u32: all that is noted while recording is above 0, also what was before */
	unsigned recording;
	uint32_t page;
};

void facts_page(struct facts *f);	/* from here on, facts are of another page */
/* No-op on NULL. A key that is too long to be told apart stands for FACT_FACES. */
void facts_note(struct facts *f, enum fact what, unsigned use, size_t number, struct str key);
void facts_name(struct facts *f, const struct copy *c, const struct entry *e);	/* FACT_NAME of a document that is there */
/* Record what is noted until facts_recorded, which gives the numbers, good until something is recorded; they may be within
 * each other. facts_again: note n numbers that were recorded, of the same facts. No-ops on NULL. */
size_t facts_record(struct facts *f);
struct str facts_recorded(struct facts *f, size_t from);
void facts_again(struct facts *f, const char *record, size_t n);
void facts_free(struct facts *f);
/* FACT_FACES as bytes. */
struct str fact_faces(void);

#define FACT_VALUE 16			/* bytes */
struct fact_ground {			/* what values are computed from; zeroed but for the copy: fact_ground_free */
	const struct copy *copy;
	unsigned char faces[FACT_VALUE], all[FACT_VALUE];	/* of FACT_FACES, FACT_ALL */
	bool faces_known, all_known;
	struct buf scratch;
};
void fact_ground_free(struct fact_ground *g);
/* Are what all documents show and the day enough to answer it: while these are the same, so is the answer. */
bool fact_of_faces(struct str fact);
/* Could the answer be another, where of the copy nothing is but text and history of these documents, sorted; moved: in
 * changes.html others are shown, or elsewhere. */
bool fact_hangs_on(const struct copy *c, struct str fact, const struct str *names, size_t n, bool moved);
bool fact_is_all(struct str fact);	/* FACT_ALL, or no fact */
/* The answer to a fact now. Other bytes than a fact's have the value of FACT_ALL. */
void fact_value(unsigned char value[FACT_VALUE], struct fact_ground *g, struct str fact);

#endif
