/* tui.h - the console: the loop between terminal, backend and ui. */
#ifndef SPARKOPS_TUI_H
#define SPARKOPS_TUI_H

#include "../include/config.h"
#include "../include/err.h"

/* [main] Runs until the operator leaves or the terminal is gone. 0, or a negative code when the
 * terminal cannot do it, a theme or key is wrong, or the backend does not start. Signals must not
 * be blocked yet and no other thread running: it starts the backend itself, after
 * the first frame. */
MUST_CHECK int tui_run(const struct config *cfg, struct err *err);

#endif
