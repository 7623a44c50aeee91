/* help.c - keys and commands, generated from the tables that make them work, so that this page
 * cannot be wrong. The keys of the view it was asked from come first. */
#include <stdio.h>
#include <string.h>

#include "../ui.h"

enum { MAX_HELP = 400, KEY_COLUMN = 16 };

struct page {
	struct view_state *v;
	struct line *lines;
	size_t n;
};

static void add(struct page *p, enum style st, const char *left, enum style rest, const char *right)
{
	struct span *spans;
	int pad = KEY_COLUMN - text_width(left); /* columns, not bytes */

	if (p->n == MAX_HELP)
		return;
	spans = ARENA_ARRAY(&p->v->arena, struct span, 2);
	spans[0] = view_span(p->v, st, "%s%*s", left, pad > 0 ? pad : 2, "");
	spans[1] = view_span(p->v, rest, "%s", right);
	p->lines[p->n++] = (struct line){2, spans, false};
}

static void add_title(struct page *p, const char *title)
{
	if (p->n)
		add(p, STYLE_TEXT, "", STYLE_TEXT, "");
	add(p, STYLE_TITLE, title, STYLE_TEXT, "");
}

/* All keys that still do this in the view: "j Down". */
static void keys_of(const struct ui *ui, const struct view *view, const struct binding *list,
		    const struct binding *b, char *out, size_t size)
{
	*out = '\0';
	for (const struct binding *o = list; o->key; o++) {
		uint32_t key = key_parse(o->key);
		const char *now = keymap_command(ui->keymap, view->name, view->bindings, key);
		size_t len = strlen(out);
		char name[24];

		if (strcmp(o->command, b->command) || !now || strcmp(now, o->command))
			continue;
		key_name(key, name);
		snprintf(out + len, size - len, "%s%s", len ? " " : "", name);
	}
}

static bool is_first_of(const struct binding *list, const struct binding *b)
{
	for (const struct binding *o = list; o < b; o++)
		if (!strcmp(o->command, b->command))
			return false;
	return true;
}

static void add_bindings(struct page *p, const struct ui *ui, const struct view *view,
			 const struct binding *list)
{
	for (const struct binding *b = list; b && b->key; b++) {
		char keys[64];

		if (!is_first_of(list, b) || !strncmp(b->command, "view ", 5))
			continue;
		keys_of(ui, view, list, b, keys, sizeof(keys));
		if (*keys)
			add(p, STYLE_KEY, keys, STYLE_TEXT, b->help);
	}
}

static void add_remaps(struct page *p, const struct ui *ui)
{
	if (ui->cfg->nkeys)
		add_title(p, "keys of the configuration");
	for (size_t i = 0; i < ui->cfg->nkeys; i++) {
		char what[256];

		snprintf(what, sizeof(what), "%s (%s)", ui->cfg->keys[i].command,
			 ui->cfg->keys[i].scope);
		add(p, STYLE_KEY, ui->cfg->keys[i].key, STYLE_TEXT, what);
	}
}

static void add_commands(struct page *p, const struct command *list)
{
	for (const struct command *c = list; c && c->name; c++) {
		char line[96];

		if (c->is_hidden)
			continue;
		snprintf(line, sizeof(line), ":%s %s", c->name, c->args);
		add(p, STYLE_KEY, line, STYLE_TEXT, c->help);
	}
}

static void add_marks(struct page *p, const struct ui *ui)
{
	for (int i = 0; i < VERDICT_COUNT; i++)
		add(p, verdict_style(i), verdict_mark(ui->glyphs, i), verdict_style(i),
		    verdict_names[i]);
}

static void update(struct ui *ui, struct view_state *v)
{
	const struct view *about = ui->asked_from ? ui->asked_from : &view_overview;
	struct page p = {v, ARENA_ARRAY(&v->arena, struct line, MAX_HELP), 0};
	char title[64];
	int digit = 1;

	snprintf(title, sizeof(title), "keys of %s", about->name);
	add_title(&p, title);
	add(&p, STYLE_TEXT, "", STYLE_DIM, about->help);
	add_bindings(&p, ui, about, about->bindings);
	add_title(&p, "keys everywhere");
	add_bindings(&p, ui, about, bindings_global);
	add_remaps(&p, ui);
	add_title(&p, "views");
	for (const struct view *const *w = views; *w; w++, digit++) {
		char key[64];

		snprintf(key, sizeof(key), "%c :%s", digit <= 9 ? '0' + digit : ' ', (*w)->name);
		add(&p, STYLE_KEY, key, STYLE_TEXT, (*w)->help);
	}
	add_title(&p, "commands");
	add_commands(&p, about->commands);
	add_commands(&p, commands);
	add_title(&p, "marks");
	add_marks(&p, ui);
	add_title(&p, "filter");
	add(&p, STYLE_KEY, "word word", STYLE_TEXT, "rows that hold all of them, in any column");
	add(&p, STYLE_KEY, "name:word", STYLE_TEXT, "one field, as `verdict:stale`");
	add(&p, STYLE_KEY, "name>5", STYLE_TEXT, "numbers, as `dlq_entries>100`, `uptime_s<1h`");
	add(&p, STYLE_KEY, "!words", STYLE_TEXT, "all other rows");
	pager_set(v->panes[0].pager, p.lines, p.n);
}

static void open_view(struct ui *ui ATTR_UNUSED, struct view_state *v)
{
	if (!v->npanes)
		view_add_pager(v)->is_wrapped = true;
	v->panes[0].pager->top = 0;
}

static void draw(struct ui *ui, struct view_state *v, struct area a)
{
	char title[80];

	snprintf(title, sizeof(title), "help %s %s", ui->glyphs->crumb,
		 ui->asked_from ? ui->asked_from->name : "overview");
	draw_rule(a, 0, STYLE_TITLE, title, "sparkops " SPARKOPS_VERSION);
	pager_draw(v->panes[0].pager, area_sub(a, 0, 1, a.w, a.h - 1));
}

static const struct binding help_bindings[] = {
	{"/", "filter-prompt", "search in this text", "search"},
	{"n", "search-next", "next match", "next"},
	{NULL, NULL, NULL, NULL},
};

static const char *const footer[] = {"filter-prompt", "search-next", "wrap", "prompt",
				     "view 1-9",      "back",        NULL};

const struct view view_help = {
	.name = "help",
	.title = "help",
	.help = "keys, commands and marks",
	.bindings = help_bindings,
	.footer = footer,
	.open = open_view,
	.update = update,
	.draw = draw,
};
