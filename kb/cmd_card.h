/* kb/cmd_card.h: a document as a terminal shows it, in list, related and search: its title, and below it what it is. */
#ifndef KB_CMD_CARD_H
#define KB_CMD_CARD_H

#include "kb/cmd.h"
#include "kb/index/index.h"

/* The quiet line of a card (screen.h), in the arena: id, kind, date; language, status and label unless they are English,
 * published and TLP:CLEAR; the names of its countries, else of its owner; from several nodes, its path below dir. */
struct str card_line(const struct ctx *c, const struct vocab *v, const char *dir, const struct record *r);

#endif
