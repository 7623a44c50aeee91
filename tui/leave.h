/* leave.h - leaving while something is done: the screen goes, the action does not. */
#ifndef SPARKOPS_LEAVE_H
#define SPARKOPS_LEAVE_H

#include "../include/backend.h"

/* Returns when nothing runs that must be done to its end. The terminal was given back before; what
 * goes on is told line by line on standard output unless is_gone. Signals that ask to leave are
 * answered with how it could be cut. Main thread, signals_open() in force. */
void leave_wait(struct backend *b, int signal_fd, bool is_gone);

#endif
