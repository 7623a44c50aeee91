/* commandact.h - commands that open the question of an action, for the table in command.c. */
#ifndef SPARKOPS_COMMANDACT_H
#define SPARKOPS_COMMANDACT_H

#include "../include/action.h"
#include "command.h"

#define X(id, symbol, word, key, permission, title) command_fn act_##symbol;
ACTION_LIST(X)
#undef X
command_fn act_action; /* `action WORD`, for keys */
command_complete_fn act_complete;

#endif
