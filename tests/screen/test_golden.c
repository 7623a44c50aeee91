/* test_golden.c - whole screens on the grid, compared with the drawn ones cell by cell: text in
 * golden/NAME.txt, roles (a letter each) in golden/NAME.roles. A change of look is a change of
 * these files: run with GOLDEN_WRITE=1 and read the difference. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../tui/ui.h"
#include "cluster.h"

static struct clock fixed;
static struct config cfg;

static void start(struct ui *ui, struct screen *s, int w, int h)
{
	struct err err;

	fixed = clock_fixed(CLUSTER_NOW, 1000000);
	memset(&cfg, 0, sizeof(cfg));
	cfg.interval_ms = 2000;
	cfg.njobs = ARRAY_LEN(drawn_jobs);
	assert_int_equal(ui_init(ui, &cfg, &fixed, &err), 0);
	snprintf(ui->host, sizeof(ui->host), "ops-box-1");
	screen_init(s, ui->glyphs);
	screen_resize(s, w, h);
}

static void stop(struct ui *ui, struct screen *s)
{
	ui_release(ui);
	screen_release(s);
}

static char role_letter(const struct cell *c)
{
	/* One letter per role; upper case under the cursor. Blank cells show no role. */
	static const char letters[] = "_tsdfTkn-=bBDcowxX?iOWphlm";

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

static void check_golden(const struct screen *s, const char *name)
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

static void overview(int w, int h, bool with_incident, const char *name)
{
	struct snapshot snap;
	struct screen s;
	struct ui ui;

	start(&ui, &s, w, h);
	ui_snapshot(&ui, cluster_snapshot(&snap, with_incident));
	ui_draw(&ui, &s);
	check_golden(&s, name);
	stop(&ui, &s);
	cluster_end(&snap);
}

static void test_overview_110(void **state)
{
	(void)state;
	overview(110, 24, true, "overview-110x24");
}

static void test_overview_80(void **state)
{
	(void)state;
	overview(80, 24, true, "overview-80x24");
}

/* The cells that a text comparison cannot see: the row under the cursor, the bar. */
static void test_grounds(void **state)
{
	struct snapshot snap;
	struct screen s;
	struct ui ui;

	(void)state;
	start(&ui, &s, 110, 24);
	ui_snapshot(&ui, cluster_snapshot(&snap, true));
	ui_draw(&ui, &s);
	for (int x = 0; x < 110; x++) {
		assert_int_equal(screen_at(&s, x, 0)->ground, GROUND_BAR);
		assert_int_equal(screen_at(&s, x, 3)->ground, GROUND_CURSOR);
		assert_int_equal(screen_at(&s, x, 4)->ground, GROUND_NONE);
		assert_int_equal(screen_at(&s, x, 23)->ground, GROUND_BAR);
	}
	stop(&ui, &s);
	cluster_end(&snap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_overview_110),
		cmocka_unit_test(test_overview_80),
		cmocka_unit_test(test_grounds),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
