/* foot.c - the bottom line, for somebody who knows nothing else: a view lists the commands that
 * matter in it, most important first; the words come from the bindings, the keys from the keymap,
 * and whether one would do something now from the row and the pane that have the focus. */
#include "foot.h"

#include <stdio.h>
#include <string.h>

#include "target.h"
#include "ui.h"

enum { MAX_KEYS = 24, GAP = 2 };

struct foot_key {
	char key[24], word[48];
	bool stays, is_off;
	int width; /* with the gap behind it */
};

static const char *const usual[] = {"open",     "filter-prompt", "sort-next", "prompt",
				    "view 1-9", "back",          "help",      NULL};

static const char *foot_word(const struct binding *list, const char *command)
{
	for (const struct binding *b = list; b && b->key; b++)
		if (!strcmp(b->command, command) && b->foot)
			return b->foot;
	return NULL;
}

static const char *word_of(struct ui *ui, const char *command)
{
	const struct pane *p = view_focused(ui->view);
	const char *own = foot_word(ui->view->view->bindings, command);

	if (own)
		return own;
	if (!strcmp(command, "filter-prompt") && p && p->pager)
		return "search";
	return foot_word(bindings_global, command);
}

/* At the top q leaves; elsewhere it is another Esc. A list that a view has for something deeper
 * leads back inside it. */
static const char *way_out(const struct ui *ui, const char *const *list)
{
	bool is_top = !ui->nhistory && (list == ui->view->view->footer || list == usual);

	return is_top ? "back-or-quit" : "back";
}

static bool may_act(struct ui *ui, const char *word)
{
	for (int i = 0; i < ACTION_COUNT; i++)
		if (!strcmp(action_words[i], word))
			return target_may(ui, (enum action_id)i, NULL);
	return true;
}

static bool has_other_pane(const struct view_state *v)
{
	for (size_t i = 0; i < v->npanes; i++) {
		const struct pane *p = &v->panes[i];

		if (i != v->focus && (p->table ? table_total(p->table) : p->pager->n))
			return true;
	}
	return false;
}

/* Marked rows that the filter shows: what a replay takes. */
static size_t marked(const struct ui *ui)
{
	const struct pane *p = view_focused(ui->view);
	size_t hidden = 0;

	return p && p->table ? table_marked(p->table, &hidden) : 0;
}

static void put_word(struct ui *ui, const char *command, char *out, size_t size)
{
	const char *word = word_of(ui, command);
	size_t n = strcmp(command, "action replay") ? 0 : marked(ui);

	snprintf(out, size, n ? "%s %zu" : "%s", word ? word : "", n);
}

/* Whether a command would find something to do. */
static bool may(struct ui *ui, const char *command)
{
	struct view_state *v = ui->view;
	const struct pane *p = view_focused(v);
	bool has_row = p && p->table && table_count(p->table);
	bool has_text = p && p->pager && p->pager->n;

	if (!strncmp(command, "action ", 7))
		return may_act(ui, command + 7);
	if (v->view->may && !v->view->may(ui, v, command))
		return false;
	if (!strcmp(command, "open"))
		return has_row || (p && !p->table);
	if (!strcmp(command, "mark"))
		return has_row;
	if (!strcmp(command, "copy"))
		return has_row || has_text || v->view->copy;
	if (!strcmp(command, "sort-next"))
		return p && p->table && table_total(p->table);
	if (!strcmp(command, "wrap"))
		return has_text || !p; /* a view without panes has texts of its own */
	if (!strcmp(command, "search-next"))
		return has_text && *p->pager->search;
	if (!strcmp(command, "filter-prompt") && p)
		return p->table ? table_total(p->table) : has_text;
	if (!strcmp(command, "next-pane") && p)
		return has_other_pane(v);
	return true;
}

static size_t collect(struct ui *ui, struct foot_key *out)
{
	const struct view *view = ui->view->view;
	const char *const *list = view->foot ? view->foot(ui, ui->view) : view->footer;
	size_t n = 0;

	list = list ? list : usual;
	for (const char *const *f = list; *f && n < MAX_KEYS; f++) {
		bool is_back = !strcmp(*f, "back");
		const char *command = is_back ? way_out(ui, list) : *f;
		struct foot_key *k = &out[n];

		if (!strcmp(command, "open") && !view->enter)
			continue;
		*k = (struct foot_key){.is_off = false};
		put_word(ui, command, k->word, sizeof(k->word));
		if (!strcmp(command, "view 1-9")) {
			snprintf(k->key, sizeof(k->key), "1-9");
			snprintf(k->word, sizeof(k->word), "views");
		} else if (!*k->word ||
			   !keymap_key(ui->keymap, view->name, view->bindings, command, k->key)) {
			continue;
		}
		k->stays = is_back || !strcmp(command, "help");
		k->is_off = !k->stays && !may(ui, command);
		k->width = text_width(k->key) + 1 + text_width(k->word) + GAP;
		n++;
	}
	return n;
}

/* Keeps those that stay and, before all of the others, the first ones. */
static size_t fit(struct foot_key *keys, size_t n, int room)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		room -= keys[i].stays ? keys[i].width : 0;
	for (size_t i = 0; i < n; i++) {
		room -= keys[i].stays ? 0 : keys[i].width;
		if (keys[i].stays || room >= 0)
			keys[kept++] = keys[i];
	}
	return kept;
}

void foot_draw(struct ui *ui, struct area a)
{
	struct foot_key keys[MAX_KEYS];
	size_t n = fit(keys, collect(ui, keys), a.w - 2 + GAP);
	int x = 1;

	area_fill(a, STYLE_BAR);
	for (size_t i = 0; i < n; i++) {
		const struct foot_key *k = &keys[i];

		x = draw_str(a, x, 0, k->is_off ? STYLE_FAINT : STYLE_BAR_STRONG, k->key) + 1;
		x = draw_str(a, x, 0, k->is_off ? STYLE_FAINT : STYLE_BAR_DIM, k->word) + GAP;
	}
}
