/* commandact.c - what begins an action: nothing is done here, a question is opened. */
#include "commandact.h"

#include <string.h>

#include "../include/action.h"
#include "acting.h"
#include "question.h"
#include "ui.h"

#define X(id, symbol, word, key, permission, title)                                                \
	int act_##symbol(struct ui *ui, const char *args ATTR_UNUSED, struct err *err)             \
	{                                                                                          \
		return question_ask(ui, ACTION_##id, err);                                         \
	}
ACTION_LIST(X)
#undef X

int act_action(struct ui *ui, const char *args, struct err *err)
{
	if (!strcmp(args, "kill-jvm")) /* of what, the row says */
		args = action_words[ACTION_KILL];
	for (int i = 0; i < ACTION_COUNT; i++)
		if (!strcmp(args, action_words[i]))
			return question_ask(ui, (enum action_id)i, err);
	return err_set(err, ERR_MISSING, "no action \"%.40s\"; there are %s %s %s %s %s %s %s",
		       args, action_words[0], action_words[1], action_words[2], action_words[3],
		       action_words[4], action_words[5], action_words[6]);
}

size_t act_complete(struct ui *ui ATTR_UNUSED, const char *prefix, const char **out, size_t max)
{
	size_t n = 0;

	for (int i = 0; i < ACTION_COUNT && n < max; i++)
		if (!strncmp(action_words[i], prefix, strlen(prefix)))
			out[n++] = action_words[i];
	return n;
}
