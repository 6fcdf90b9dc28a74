/* kb/base/err.h: one return code, one message, both the caller's.
 *
 * Every function of ours that can fail returns enum rc and takes `struct err *e` last. The lowest
 * function that knows the fact writes the message with err_set: what was found, where, what was
 * expected, and after a semicolon how to mend it; one line, no full stop. Those above pass the code
 * on and may put a place in front with err_prefix. RC_NOTFOUND and RC_CONFLICT are answers, the
 * others are failures. An output is set on success only. */
#ifndef KB_BASE_ERR_H
#define KB_BASE_ERR_H

#include <stdarg.h>
#include <stddef.h>

enum rc {
	RC_OK,
	RC_NOTFOUND,			/* the thing asked for is not there */
	RC_INVALID,			/* bad input: a file, an option, a document */
	RC_CONFLICT,			/* somebody else changed it meanwhile */
	RC_CORRUPT,			/* stored data do not decode or do not match their checksum */
	RC_UNTRUSTED,			/* well-formed, but not allowed: a right, a signature, a label */
	RC_IO				/* the system refused: disk, permission, process */
};

struct err {				/* lives on the caller's stack; never NULL */
	enum rc rc;
	char msg[768];			/* UTF-8, NUL-terminated, no newline */
};
#define ERR_INIT { RC_OK, "" }

/* What an iterator's next returns; the end is told from a failure. */
enum iter { ITER_ITEM, ITER_DONE, ITER_ERROR };

#define NODISCARD __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

/* Write the message and return rc, so that a check is two lines. A message too long is cut. */
enum rc err_set(struct err *e, enum rc rc, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* The same with strerror(errno) behind the text: "TEXT: No space left on device". RC_IO. */
enum rc err_errno(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Put "TEXT: " before the message; returns e->rc. */
enum rc err_prefix(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif
