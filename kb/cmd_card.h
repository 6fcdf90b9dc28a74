/* kb/cmd_card.h: a document as a terminal shows it, in list, related and search: its title, and below it what it is. */
#ifndef KB_CMD_CARD_H
#define KB_CMD_CARD_H

#include "kb/cmd.h"
#include "kb/index/index.h"

/* The quiet line of a card (screen.h), in the arena: id, kind, date; language, status and label unless they are English,
 * published and TLP:CLEAR; the names of its countries, else of its owner; from several nodes, its path below dir. s: of the record,
 * whose vocabulary has the names. To a program there are no cards: none, and no vocabulary is read. */
enum rc card_line(struct str *line, const struct ctx *c, struct snap *s, const char *dir, const struct record *r, struct err *e) NODISCARD;

#endif
