/* render/theme.c: see theme.h. The assembler reads the file; the Makefile names it as what this one needs. */
#include "render/theme.h"

__asm__(
    ".pushsection .rodata\n"
    "colep_css_begin: .incbin \"render/theme/colep.css\"\n"
    "colep_css_end: .byte 0\n"
    ".popsection\n");

extern const char colep_css_begin[], colep_css_end[];

struct str theme_css(void)
{
	return (struct str){ colep_css_begin, (size_t)(colep_css_end - colep_css_begin) };
}
