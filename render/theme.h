/* render/theme.h: the style sheet, compiled in from render/theme/colep.css. */
#ifndef RENDER_THEME_H
#define RENDER_THEME_H

#include "kb/base/str.h"

struct str theme_css(void);

#endif
