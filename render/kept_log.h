/* render/kept_log.h: pieces under names, kept from one build to the next (kept.h): a few are changed by what they take
 * and no more, the rest is only mapped. */
#ifndef RENDER_KEPT_LOG_H
#define RENDER_KEPT_LOG_H

#include "render/kept_io.h"

struct kept_piece {
	struct str name;
	uint64_t at;
	uint32_t n, check;
};
struct kept_rows {
	struct kept_piece *v;		/* by name */
	size_t n;
};
struct kept_log {			/* zeroed is none */
	struct kept_map map;		/* names and pieces borrow it */
	struct arena a;
	struct kept_piece *v;		/* by name */
	size_t n;
	struct kept_rows base, more;	/* kept_log.c's, with */
	uint64_t base_at;		/* where the rows of base stand */
	uint32_t base_n;
	struct str stamp;
	uint64_t live;			/* bytes of pieces */
};
/* false: there is none of that key and stamp, or its table is not as it was written. */
bool kept_log_open(struct kept_log *l, const char *path, const unsigned char key[KEPT_KEY], struct str stamp);
void kept_log_close(struct kept_log *l);
size_t kept_log_lower(const struct kept_log *l, struct str name);	/* the first piece in v that is not before that name */
bool kept_log_get(struct str *piece, const struct kept_log *l, struct str name);	/* false: not there, or damaged */

struct kept_log_out;
/* was: NULL, or the log at that path: its pieces stay unless they are put anew or dropped. */
enum rc kept_log_begin(struct kept_log_out **o, const char *path, const unsigned char key[KEPT_KEY],
    const struct kept_log *was, struct err *e) NODISCARD;
/* Each name is put once; what is put is there, also when it is dropped. name is copied. */
void kept_log_put(struct kept_log_out *o, struct str name, struct str piece);
void kept_log_drop(struct kept_log_out *o, struct str name);
enum rc kept_log_end(struct kept_log_out *o, struct str stamp, struct err *e);

#endif
