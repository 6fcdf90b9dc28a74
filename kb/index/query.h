/* kb/index/query.h: from a query string and filters to ranked documents. Reads the index only; knows
 * nothing of files, Markdown rendering or peers. */
#ifndef KB_INDEX_QUERY_H
#define KB_INDEX_QUERY_H

#include "kb/index/index.h"

struct filters {			/* STR lists: any of them; all lists must hold. Empty = no filter */
	struct str *kind, *owner, *country, *topic, *lang, *status, *meeting;
	size_t nkind, nowner, ncountry, ntopic, nlang, nstatus, nmeeting;
	int64_t since, until;		/* days since 1970; since > until: no filter. See FILTERS_INIT */
};
#define FILTERS_INIT { .since = 1, .until = 0 }

bool filters_any(const struct filters *f);
bool filters_match(const struct filters *f, const struct record *r);

struct query;				/* parsed; lives in the arena */

/* Words, "phrases", +must, -not, field:value (the filters' names); never fails on odd input: what cannot be
 * understood is taken as words (a date that is none: said in the result's note). RC_INVALID: empty, only negatives, or longer than 1,000 words (said). */
enum rc query_parse(struct query **q, struct filters *f, struct arena *a, struct str text, struct err *e) NODISCARD;

/* The query is not finished: its last word is looked for as a beginning also where it is a word. */
void query_typing(struct query *q);

struct hit {
	struct str id;			/* in the arena */
	uint32_t score;			/* fixed point, 1/1024; comparable within one result only */
	struct record record;		/* read by query_records */
};
#define FILTER_FIELDS 7			/* kind owner country topic lang status meeting */
extern const char *const filter_fields[FILTER_FIELDS];
/* The list of field number i of these. */
const struct str *filters_list(size_t *n, const struct filters *f, size_t i);
/* Add one value to a field's list; false: no such field (also "since", "until" with a date). */
bool filters_add(struct filters *f, struct arena *a, struct str field, struct str value);

struct facet { const char *field; struct str value; uint32_t count; };
struct result {
	struct hit *hits;		/* best first, ties by rising id; in the arena */
	size_t n;
	uint64_t total;			/* documents that match at all; not counted: n */
	struct facet *facets;		/* by field in the order of FILTERS, then falling count, then value */
	size_t nfacets;
	struct str note;		/* "showing X for Y", or STR_NONE */
};
/* Counting looks at every document that matches; else those that cannot be among the best are passed over. */
enum counting { COUNT_NONE, COUNT_TOTAL, COUNT_FACETS };	/* facets: the total too */
/* q keeps what its words were found as, for query_snippet. RC_CORRUPT: the index does not decode. */
enum rc query_run(struct result *res, struct arena *a, struct snap *s, struct query *q,
    const struct filters *f, size_t limit, enum counting count, struct err *e) NODISCARD;
/* Read the records of the hits: RC_CORRUPT. */
enum rc query_records(struct result *res, struct arena *a, struct snap *s, struct err *e) NODISCARD;

/* The passage with most of the query's words, plain text (Markdown marks and front matter left out), at
 * most about 240 characters, and the spans to mark (byte offsets into *text, rising, not overlapping). */
struct span { size_t from, to; };
struct snippet { struct str text; struct span *spans; size_t n; bool cut_front, cut_back; };
enum rc query_snippet(struct snippet *sn, struct arena *a, struct snap *s, const struct query *q,
    const struct record *r, struct err *e) NODISCARD;

#endif
