/* uievent.c - keys, pastes and clicks: to the prompt when it is open, else through the bindings to
 * a command. A paste outside a text field is dropped, so that nothing pasted ever acts. */
#include "names.h"
#include "ui.h"

#include <stdio.h>
#include <string.h>

static void run(struct ui *ui, const char *line)
{
	struct err err = {0};

	if (command_run(ui, line, &err) < 0 && *err.message) {
		ui_say(ui, "%s", err.message);
		ui->is_message_bad = true;
	}
	ui->is_dirty = true;
}

int ui_by_hand(struct ui *ui, struct err *err)
{
	if (!ui->is_burst)
		return 0;
	ui->drops_burst = true;
	return err_set(err, ERR_REFUSED,
		       "keys came faster than a hand types: nothing was done; press it again by "
		       "itself");
}

static void apply_filter(struct ui *ui, const char *text)
{
	struct pane *p = view_focused(ui->view);

	if (p && p->table)
		table_filter(p->table, text);
}

static void prompt_finished(struct ui *ui, bool is_done)
{
	enum prompt_kind kind = ui->prompt.kind;
	struct pane *p = view_focused(ui->view);
	char line[PROMPT_MAX];

	snprintf(line, sizeof(line), "%s", ui->prompt.text);
	prompt_close(&ui->prompt, is_done);
	switch (kind) {
	case PROMPT_COMMAND:
		if (is_done)
			run(ui, line);
		break;
	case PROMPT_FILTER:
		apply_filter(ui, is_done ? line : ui->before);
		if (is_done && p && p->table && *table_filter_problem(p->table)) {
			ui_say(ui, "%s", table_filter_problem(p->table));
			ui->is_message_bad = true;
		}
		break;
	case PROMPT_SEARCH:
		if (!is_done || !p || !p->pager)
			break;
		snprintf(p->pager->search, sizeof(p->pager->search), "%.127s", line);
		if (*line)
			run(ui, "search-next");
		break;
	case PROMPT_NONE:
		break;
	}
}

/* Tab: what all completions have in common. */
static void complete(struct ui *ui)
{
	const char *found[64];
	size_t n = ui->prompt.kind == PROMPT_COMMAND
			   ? command_complete(ui, ui->prompt.text, found, ARRAY_LEN(found))
			   : 0;
	size_t same;
	char line[PROMPT_MAX];

	if (!n)
		return;
	same = strlen(found[0]);
	for (size_t i = 1; i < n; i++) {
		size_t k = 0;

		while (k < same && found[i][k] == found[0][k])
			k++;
		same = k;
	}
	while (same > 0 && ((unsigned char)found[0][same] & 0xC0) == 0x80)
		same--;
	snprintf(line, sizeof(line), "%.*s%s", (int)same, found[0], n == 1 ? " " : "");
	if (strlen(line) > ui->prompt.len)
		prompt_set(&ui->prompt, line);
}

static void prompt_event(struct ui *ui, uint32_t key)
{
	ui->is_dirty = true;
	switch (prompt_key(&ui->prompt, key)) {
	case PROMPT_GOES_ON:
		break;
	case PROMPT_CHANGED:
		if (ui->prompt.kind == PROMPT_FILTER)
			apply_filter(ui, ui->prompt.text);
		break;
	case PROMPT_COMPLETE:
		complete(ui);
		break;
	case PROMPT_DONE:
		prompt_finished(ui, true);
		break;
	case PROMPT_CANCELLED:
		prompt_finished(ui, false);
		if (key == (KEY_CTRL | 'c'))
			ui->wish.quit = true;
		break;
	}
}

static void paste_event(struct ui *ui, const struct key_event *ev)
{
	if (ev->kind == KEY_EVENT_PASTE_END) {
		ui->has_dropped_paste = false;
		if (ui->prompt.kind == PROMPT_FILTER)
			apply_filter(ui, ui->prompt.text);
		ui->is_dirty = true;
		return;
	}
	if (ui->prompt.kind != PROMPT_NONE) {
		prompt_paste(&ui->prompt, ev->key);
	} else if (!ui->has_dropped_paste) {
		ui->has_dropped_paste = true;
		ui_say(ui, "a paste was dropped: text is taken only after : or /");
	}
}

/* A click selects the row and gives its table the focus; the wheel moves. */
static void mouse_event(struct ui *ui, const struct key_event *ev)
{
	struct view_state *v = ui->view;

	if (ev->button == 64 || ev->button == 65)
		run(ui, ev->button == 64 ? "up" : "down");
	for (size_t i = 0; i < v->npanes && ev->button == 0; i++)
		if (v->panes[i].table &&
		    table_click(v->panes[i].table, ev->y - table_top(v->panes[i].table))) {
			v->focus = i;
			break;
		}
	ui->is_dirty = true;
}

/* What came with keys that were for a question is for nothing else: typed digits would switch
 * views, and q end them. Ctrl-C always quits. */
static bool is_dropped(struct ui *ui, const struct key_event *ev)
{
	if (ev->kind != KEY_EVENT_KEY || ev->key == (KEY_CTRL | 'c'))
		return false;
	ui->drops_burst = ui->drops_burst && ev->is_burst;
	return ui->drops_burst;
}

void ui_event(struct ui *ui, const struct key_event *ev)
{
	const struct view *view = ui->view->view;
	const char *command;

	if (is_dropped(ui, ev))
		return;
	ui->is_burst = ev->is_burst || ev->kind != KEY_EVENT_KEY;
	if (question_is_open(ui)) {
		question_event(ui, ev);
		return;
	}
	if (ev->kind == KEY_EVENT_PASTE || ev->kind == KEY_EVENT_PASTE_END) {
		paste_event(ui, ev);
		return;
	}
	*ui->message = '\0';
	if (ev->kind == KEY_EVENT_MOUSE) {
		mouse_event(ui, ev);
		return;
	}
	if (ui->prompt.kind != PROMPT_NONE) {
		prompt_event(ui, ev->key);
		return;
	}
	ui->is_dirty = true;
	command = keymap_command(ui->keymap, view->name, view->bindings, ev->key);
	if (command) {
		run(ui, command);
	} else if (ev->key != KEY_ESC) {
		const char *later = names_later_key(ev->key);
		char name[24], help[24];

		key_name(ev->key, name);
		if (later)
			ui_say(ui, "%s: %s is not built yet", name, later);
		else if (keymap_key(ui->keymap, view->name, view->bindings, "help", help))
			ui_say(ui, "%s does nothing here; %s shows the keys", name, help);
	}
}
