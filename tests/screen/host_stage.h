/* host_stage.h - the stand-in cluster as seen from a host with JVMs: golden_start() and its end
 * with the rows of the JVMs and what the memory view needs. Static functions, as in golden.h. */
#ifndef SPARKOPS_TESTS_HOST_STAGE_H
#define SPARKOPS_TESTS_HOST_STAGE_H

#include "golden.h"
#include "log_rows.h"
#include "memory_rows.h"

static struct snapshot snap;
static struct memory_stage memory;
static struct request asked;
static int nasked;

static int on_request(void *data ATTR_UNUSED, const struct request *r, struct err *err ATTR_UNUSED)
{
	asked = *r;
	nasked++;
	return 0;
}

static void start(struct ui *ui, struct screen *s, int w, int h)
{
	golden_start(ui, s, w, h);
	cluster_snapshot(&snap, false);
	snap.jvms = jvm_rows();
	memory_begin(&memory, &snap);
	ui_snapshot(ui, &snap);
}

static void stop(struct ui *ui, struct screen *s)
{
	golden_stop(ui, s);
	memory_end(&memory, &snap);
	dataset_unref(snap.jvms);
	snap.jvms = NULL;
	cluster_end(&snap);
}

#endif
