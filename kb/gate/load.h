/* kb/gate/load.h: an outside library loaded when it is first needed, so that no other command pays for it. */
#ifndef KB_GATE_LOAD_H
#define KB_GATE_LOAD_H

#include "kb/base/err.h"

/* The name of a function in the library, and where its pointer goes: the address of a pointer to a function. */
struct load_function {
	const char *name;
	void *to;
};

/* Load a library by its soname and fill in functions, up to the entry without a name. It stays loaded. RC_IO: it is not there,
 * and `package` should be installed, or it is of another series. Not for several threads at once. */
enum rc load_library(const char *soname, const char *package, const struct load_function *functions, struct err *e);

#endif
