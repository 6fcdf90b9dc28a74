/* kb/index/joint.h: which words of a query stand beside the rest of it in any document? */
#ifndef KB_INDEX_JOINT_H
#define KB_INDEX_JOINT_H

#include "kb/index/evaluate.h"

enum { JOINT = 3, JOINTS = 8, REST = 32 };	/* JOINT of JOINTS of what the rest counts must stand beside it */

struct joint {
	size_t part;			/* the number of the word */
	bool yes;			/* it does */
};
/* Of n parts of a query, by segment parts[segment * step + number], m words are asked for: is there a living document that has
 * the word, and of the rest all that must be there, and so much that it counts JOINT of JOINTS of what all of the rest does?
 * The rest are REST other parts at most: those that must be there, then those that count most. out: by segment, documents
 * that do not matter, as in struct evaluate. */
enum rc joint_find(struct joint *v, size_t m, struct snap *s, const struct part *parts, size_t step, size_t n,
    uint64_t *const *out, struct err *e) NODISCARD;

#endif
