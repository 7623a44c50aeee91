/* action.h - the list of actions. None is built yet; what acts will stand here, one line each, with
 * its row type and its risk, and go through one pipeline in backend/action/ (check, audit, run,
 * audit, publish). */
#ifndef SPARKOPS_ACTION_H
#define SPARKOPS_ACTION_H

#define ACTION_LIST(X) /* X(id, symbol, row type, risk, title) */

#endif
