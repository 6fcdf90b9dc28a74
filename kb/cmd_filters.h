/* kb/cmd_filters.h: the FILTERS of DESIGN 4 as options, shared by list and search, and the index as commands
 * open it. */
#ifndef KB_CMD_FILTERS_H
#define KB_CMD_FILTERS_H

#include "kb/cmd.h"
#include "kb/index/query.h"

#define FILTER_OPTIONS 9
struct filter_args {
	struct opt_list lists[FILTER_FIELDS];
	const char *since, *until;
};
/* Fill FILTER_OPTIONS rows at opts. */
void filter_options(struct opt *opts, struct filter_args *args);
/* -1, or the exit status of a usage error that was told (unknown kind or status, no date). */
int filter_read(struct filters *f, struct ctx *c, const struct filter_args *args);

/* Nothing was found in any of the nodes (cmd_search.c), which are closed: name the filter values that no document has, each with
 * the nearest that one has, and the languages there are to who asks in another. text: of the query; a list has none. */
void filters_offer(struct ctx *c, const struct filters *f, struct str text);

/* node_open and index_open with progress and notes on stderr, then a snapshot. */
struct reading {
	struct node node;
	struct index *ix;
	struct snap *snap;
};
enum rc reading_open(struct reading *r, struct ctx *c, const char *dir, struct err *e) NODISCARD;
void reading_close(struct reading *r);

/* After a change of main: bring the index to it, so that the next search finds it ready. A failure is only told. */
void index_after(struct ctx *c, const struct node *n);
/* How many documents have a conflict that is open. */
enum rc index_conflicts(uint64_t *n, const struct node *node, struct err *e) NODISCARD;

#endif
