/* kb/base/opt.h: command-line options from a table, the GNU way: "--name value", "--name=value", short
 * ones "-m value" and "-mvalue", in any order with the operands; "--" ends them; "-" is an operand;
 * an unambiguous prefix of a long name is enough. */
#ifndef KB_BASE_OPT_H
#define KB_BASE_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kb/base/arena.h"
#include "kb/base/err.h"

enum opt_type {
	OPT_FLAG,			/* bool: set to true */
	OPT_TEXT,			/* const char *: the last one given */
	OPT_NUMBER,			/* uint64_t: decimal digits */
	OPT_LIST			/* struct opt_list: every one given, in order */
};
struct opt_list {
	const char **v;			/* in the arena */
	size_t n, cap;
};
struct opt {
	const char *name;		/* long, without dashes */
	char letter;			/* or 0 */
	enum opt_type type;
	void *to;
	const char *arg, *about;	/* for the help: "DIR", "where to write it"; arg NULL for flags */
};

/* Read argv[1..argc) against opts[0..n); operands stay in argv[1..*left), in order, and argv[*left] is
 * NULL. RC_INVALID: an option that is unknown (the nearest is offered), ambiguous, lacks its value or
 * has one too many. Pointers of argv are kept. */
enum rc opt_parse(int *left, int argc, char **argv, const struct opt *opts, size_t n,
    struct arena *a, struct err *e) NODISCARD;

#endif
