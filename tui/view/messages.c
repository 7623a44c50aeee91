/* messages.c - sparkops's own log: its last lines, newest at the end. */
#include <stdio.h>

#include "../../include/log.h"
#include "../ui.h"

enum { MAX_MESSAGES = 2000 };

static void open_view(struct ui *ui ATTR_UNUSED, struct view_state *v)
{
	if (v->npanes)
		return;
	view_add_pager(v)->is_tail = true;
}

static enum style level_style(enum log_level level)
{
	return level == LOG_ERROR  ? STYLE_CRIT
	       : level == LOG_WARN ? STYLE_WARN
	       : level == LOG_INFO ? STYLE_TEXT
				   : STYLE_DIM;
}

static void update(struct ui *ui, struct view_state *v)
{
	const struct log_line *log;
	size_t n = log_tail(&v->arena, MAX_MESSAGES, &log);
	struct line *lines = ARENA_ARRAY(&v->arena, struct line, n + 1);
	char at[24];

	for (size_t i = 0; i < n; i++) {
		struct span *spans = ARENA_ARRAY(&v->arena, struct span, 3);

		ui_time(ui, log[i].at, at, sizeof(at));
		spans[0] = view_span(v, STYLE_DIM, "%-9s", at);
		spans[1] = view_span(v, level_style(log[i].level), "%-8s",
				     log_level_name(log[i].level));
		spans[2] = view_span(v, level_style(log[i].level), "%s", log[i].message);
		lines[i] = (struct line){3, spans, log[i].level >= LOG_WARN};
	}
	pager_set(v->panes[0].pager, lines, n);
}

static void draw(struct ui *ui ATTR_UNUSED, struct view_state *v, struct area a)
{
	const struct pager *p = v->panes[0].pager;
	char facts[64];

	snprintf(facts, sizeof(facts), "%zu line%s, newest last", p->n, p->n == 1 ? "" : "s");
	draw_rule(a, 0, STYLE_TITLE, "messages", facts);
	if (!p->n)
		draw_str_cut(a, 3, 2, a.w - 4, STYLE_DIM, "nothing to say yet");
	pager_draw(v->panes[0].pager, area_sub(a, 0, 1, a.w, a.h - 1));
}

static const char *const footer[] = {"filter-prompt", "search-next", "error-next", "wrap",
				     "copy",          "last",        "prompt",     "view 1-9",
				     "back",          "help",        NULL};

const struct view view_messages = {
	.name = "messages",
	.title = "messages",
	.help = "sparkops's own log",
	.footer = footer,
	.open = open_view,
	.update = update,
	.draw = draw,
};
