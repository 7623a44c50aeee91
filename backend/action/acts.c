/* action/acts.c - the door of the pipeline. A place kept. */
#include "acts.h"

#include <stdlib.h>

#include "../../include/err.h"

struct acts {
	const struct config *cfg;
};

struct acts *acts_new(const struct config *cfg, struct publish *publish, struct mailbox *mailbox)
{
	struct acts *s = xcalloc(1, sizeof(*s));

	(void)publish;
	(void)mailbox;
	s->cfg = config_ref(cfg);
	return s;
}

void acts_start(struct acts *s, uv_loop_t *loop)
{
	(void)s;
	(void)loop;
}

void acts_reconfigure(struct acts *s, const struct config *cfg)
{
	config_unref(s->cfg);
	s->cfg = config_ref(cfg);
}

void acts_snapshot(struct acts *s)
{
	(void)s;
}

int64_t acts_request(struct acts *s, const struct action_request *r, struct err *err)
{
	(void)s;
	return err_set(err, ERR_REFUSED, "%s: not built yet", action_words[r->action]);
}

size_t acts_running(struct acts *s)
{
	(void)s;
	return 0;
}

void acts_leave(struct acts *s)
{
	(void)s;
}

void acts_stop(struct acts *s)
{
	(void)s;
}

void acts_free(struct acts *s)
{
	if (!s)
		return;
	config_unref(s->cfg);
	free(s);
}
