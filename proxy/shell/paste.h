/*
 * `load terminal` on a terminal: takes what is pasted up to Ctrl-D, and holds
 * each line against the table of options as it comes.
 */
#ifndef DG_SHELL_PASTE_H
#define DG_SHELL_PASTE_H

#include "shell/line.h"

/*
 * *out: a file descriptor to read the text from. DG_ESYNTAX: lines were bad, as
 * was said; DG_ECLOSED: Ctrl-C, or the terminal is gone; DG_ELIMIT, DG_EIO.
 */
DG_MUSTCHECK int paste_take(int *out, struct line *line);

#endif
