/* ui_stage.h - a console without a terminal on the drawn cluster, with keys typed at it. Static
 * functions, so that each test of the console is one file. */
#ifndef SPARKOPS_TESTS_UI_STAGE_H
#define SPARKOPS_TESTS_UI_STAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../include/schemas.h"
#include "../../tui/ui.h"
#include "../screen/cluster.h"

static struct clock fixed;
static struct config cfg;
static struct ui ui;
static struct screen screen;
static struct snapshot snap;
static struct request asked;
static int nasked;

static int on_request(void *data, const struct request *r, struct err *err)
{
	(void)data;
	(void)err;
	asked = *r;
	nasked++;
	return 0;
}

ATTR_UNUSED static int setup(void **state)
{
	struct err err = {0};

	(void)state;
	fixed = clock_fixed(CLUSTER_NOW, 1000000);
	memset(&cfg, 0, sizeof(cfg));
	cfg.interval_ms = 2000;
	cfg.actions = ACT_KILL | ACT_REPLAY | ACT_RESTART | ACT_RECOVER;
	cfg.njobs = 9;
	nasked = 0;
	assert_int_equal(ui_init(&ui, &cfg, &fixed, &err), 0);
	ui.request = on_request;
	screen_init(&screen, ui.glyphs);
	screen_resize(&screen, 110, 24);
	ui_snapshot(&ui, cluster_snapshot(&snap, false));
	ui_draw(&ui, &screen);
	return 0;
}

ATTR_UNUSED static int teardown(void **state)
{
	(void)state;
	ui_release(&ui);
	screen_release(&screen);
	cluster_end(&snap);
	return 0;
}

ATTR_UNUSED static void press(uint32_t key)
{
	struct key_event ev = {.kind = KEY_EVENT_KEY, .key = key};

	ui_event(&ui, &ev);
	ui_draw(&ui, &screen);
}

ATTR_UNUSED static void type(const char *text)
{
	for (; *text; text++)
		press(*text == ' ' ? (uint32_t)KEY_SPACE : (uint32_t)*text);
}

ATTR_UNUSED static void paste(const char *text)
{
	struct key_event ev = {.kind = KEY_EVENT_PASTE};

	for (; *text; text++) {
		ev.key = (uint32_t)*text;
		ui_event(&ui, &ev);
	}
	ev.kind = KEY_EVENT_PASTE_END;
	ui_event(&ui, &ev);
	ui_draw(&ui, &screen);
}

ATTR_UNUSED static bool shows(const char *text)
{
	char row[2048];

	for (int y = 0; y < screen.h; y++) {
		screen_row(&screen, y, row, sizeof(row));
		if (strstr(row, text))
			return true;
	}
	return false;
}

ATTR_UNUSED static const char *view_name(void)
{
	return ui.view->view->name;
}

ATTR_UNUSED static const char *here(void)
{
	return ui_job_here(&ui);
}

#endif
