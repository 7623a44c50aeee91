/* action/registry.c - every action by its number. */
#include "act.h"

#define X(id, symbol, word, key, permission, title) &action_##symbol,
const struct action_ops *const action_registry[] = {ACTION_LIST(X)};
#undef X
