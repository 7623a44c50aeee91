/* golden.h - whole screens on the grid, compared with the drawn ones cell by cell: text in
 * golden/NAME.txt, roles (a letter each) in golden/NAME.roles. A change of look is a change of
 * these files: run with GOLDEN_WRITE=1 and read the difference. Static functions, so that each
 * golden test is one file. */
#ifndef SPARKOPS_TESTS_GOLDEN_H
#define SPARKOPS_TESTS_GOLDEN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../tui/ui.h"
#include "cluster.h"

static struct clock fixed;
static struct config cfg;

ATTR_UNUSED static void golden_start(struct ui *ui, struct screen *s, int w, int h)
{
	struct err err;

	fixed = clock_fixed(CLUSTER_NOW, 1000000);
	memset(&cfg, 0, sizeof(cfg));
	cfg.interval_ms = 2000;
	cfg.actions = ACT_KILL | ACT_REPLAY | ACT_RESTART | ACT_RECOVER;
	cfg.njobs = ARRAY_LEN(drawn_jobs);
	assert_int_equal(ui_init(ui, &cfg, &fixed, &err), 0);
	snprintf(ui->host, sizeof(ui->host), "ops-box-1");
	screen_init(s, ui->glyphs);
	screen_resize(s, w, h);
}

ATTR_UNUSED static void golden_stop(struct ui *ui, struct screen *s)
{
	ui_release(ui);
	screen_release(s);
}

static char role_letter(const struct cell *c)
{
	/* One letter per role; upper case under the cursor. Blank cells show no role. */
	static const char letters[] = "_tsdfTkn-=bBDcowxX?iOWphlmeFE";

	_Static_assert(sizeof(letters) == STYLE_COUNT + 1, "a letter per style");
	if (c->ch == ' ' || !c->ch)
		return ' ';
	return letters[c->style];
}

static void compare(const char *path, const char *got)
{
	static char want[1 << 16];
	FILE *f = fopen(path, "r");
	size_t n;

	if (getenv("GOLDEN_WRITE")) {
		if (f)
			fclose(f);
		f = fopen(path, "w");
		assert_non_null(f);
		fputs(got, f);
		fclose(f);
		return;
	}
	if (!f)
		fail_msg("%s is missing; GOLDEN_WRITE=1 makes it", path);
	n = fread(want, 1, sizeof(want) - 1, f);
	fclose(f);
	want[n] = '\0';
	if (!strcmp(want, got))
		return;
	for (const char *a = want, *b = got; *a || *b; a += *a == '\n', b += *b == '\n') {
		int na = (int)strcspn(a, "\n"), nb = (int)strcspn(b, "\n");

		if (na != nb || memcmp(a, b, (size_t)na))
			fprintf(stderr, "wanted |%.*s|\ngot    |%.*s|\n", na, a, nb, b);
		a += na;
		b += nb;
	}
	fail_msg("%s differs", path);
}

ATTR_UNUSED static void golden_check(const struct screen *s, const char *name)
{
	static char text[1 << 16], roles[1 << 16];
	char path[128];
	size_t n = 0, k = 0;

	for (int y = 0; y < s->h; y++) {
		n += screen_row(s, y, text + n, sizeof(text) - n - 2);
		text[n++] = '\n';
		for (int x = 0; x < s->w; x++)
			roles[k++] = role_letter(screen_at(s, x, y));
		roles[k++] = '\n';
	}
	text[n] = roles[k] = '\0';
	snprintf(path, sizeof(path), "tests/screen/golden/%s.txt", name);
	compare(path, text);
	snprintf(path, sizeof(path), "tests/screen/golden/%s.roles", name);
	compare(path, roles);
}

ATTR_UNUSED static void golden_press(struct ui *ui, struct screen *s, uint32_t key)
{
	ui_event(ui, &(struct key_event){.kind = KEY_EVENT_KEY, .key = key});
	ui_draw(ui, s);
}

ATTR_UNUSED static void golden_type(struct ui *ui, struct screen *s, const char *keys)
{
	for (; *keys; keys++)
		golden_press(ui, s, (uint32_t)*keys);
}

/* Whether a row of the screen has the text. */
ATTR_UNUSED static bool golden_shows(const struct screen *s, const char *text)
{
	char row[2048];

	for (int y = 0; y < s->h; y++) {
		screen_row(s, y, row, sizeof(row));
		if (strstr(row, text))
			return true;
	}
	return false;
}

#endif
