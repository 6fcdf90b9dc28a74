/* kb/gate/load.c: see load.h. */
#include "kb/gate/load.h"

#include <dlfcn.h>
#include <string.h>

enum rc load_library(const char *soname, const char *package, const struct load_function *functions, struct err *e)
{
	void *library = dlopen(soname, RTLD_NOW | RTLD_LOCAL), *f;

	if (!library)
		return err_set(e, RC_IO, "%s: cannot be loaded; install the package %s", soname, package);
	for (; functions->name; functions++) {
		if (!(f = dlsym(library, functions->name)))
			return err_set(e, RC_IO, "%s: has no %s; install the package %s of its own series", soname, functions->name, package);
		memcpy(functions->to, &f, sizeof f);
	}
	return RC_OK;
}
