/* kb/base/program.c: see program.h. The linker puts a hash of what it linked into each object, as a note in memory. */
#include "kb/base/program.h"

#include <elf.h>
#include <link.h>
#include <string.h>

static size_t padded(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

/* The build id among the notes of a segment. */
static bool find_id(struct str *id, const char *p, size_t size)
{
	ElfW(Nhdr) h;
	size_t at = 0, name, end;

	while (at + sizeof h <= size) {
		memcpy(&h, p + at, sizeof h);
		name = at + sizeof h;
		end = name + padded(h.n_namesz) + padded(h.n_descsz);
		if (end > size || end < name)
			return false;
		if (h.n_type == NT_GNU_BUILD_ID && h.n_namesz == 4 && memcmp(p + name, "GNU", 4) == 0) {
			*id = (struct str){ p + name + 4, h.n_descsz };
			return true;
		}
		at = end;
	}
	return false;
}

static int add_id(struct dl_phdr_info *info, size_t size, void *ctx)
{
	struct buf *b = ctx;
	struct str id = STR_NONE;
	size_t i;

	(void)size;
	for (i = 0; i < info->dlpi_phnum && !id.n; i++)
		if (info->dlpi_phdr[i].p_type == PT_NOTE)
			(void)find_id(&id, (const char *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr), info->dlpi_phdr[i].p_memsz);
	if (!id.n && info->dlpi_name && strstr(info->dlpi_name, "vdso"))
		return 0;		/* the kernel's own, which makes nothing */
	buf_str_add(b, id);
	buf_putc(b, ' ');
	return !id.n;
}

bool program_id(struct buf *b)
{
	return dl_iterate_phdr(add_id, b) == 0;
}
