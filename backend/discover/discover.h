/* discover/discover.h - from the JVMs of this host to jobs, clusters and services.
 *
 * It looks at each new section of the jvm source and at what health endpoints say of their DLQ
 * folder, asks ports that may be a UI or a health endpoint (loopback and own ports only, GET only,
 * one at a time for a process, a useful answer remembered), and makes of the configured
 * configuration a new one with what was found (config_with_found()). Everything else - targets,
 * sections, rules - works from that configuration as if a person had written it. With `discover:
 * false` nobody is asked, and there are the configured jobs only: what each leaves out of its logs
 * it still gets from its own JVM's open files. Loop thread only. */
#ifndef SPARKOPS_DISCOVER_DISCOVER_H
#define SPARKOPS_DISCOVER_DISCOVER_H

#include <uv.h>

#include "../../include/clock.h"
#include "../../include/config.h"
#include "../../include/snapshot.h"
#include "../net/http.h"

struct discover;
/* Another configuration is in force from now on: one reference goes to the callee. */
typedef void discover_changed_fn(void *data, const struct config *cfg);
typedef void discover_idle_fn(void *data); /* no port is being asked any more */
/* The UI of that job, which was silent, answers: whoever waits longer and longer
 * for it need not. */
typedef void discover_woke_fn(void *data, const char *job);

struct discover_calls {
	discover_changed_fn *changed;
	discover_idle_fn *idle;
	discover_woke_fn *woke;
	void *data;
};
/* base is borrowed until discover_rebase() or the end. */
struct discover *discover_new(uv_loop_t *loop, struct http *http, const struct clock *clk,
			      const struct config *base, const struct discover_calls *calls);
/* The person's configuration was read again: what was found stays found. Calls changed. */
void discover_rebase(struct discover *d, const struct config *base);
/* Each time a section of any source has new rows; never calls back from here. Cheap when it is none
 * that matters. */
void discover_section(struct discover *d, const struct section *s);
void discover_dismiss(struct discover *d, const char *job);
bool discover_is_busy(const struct discover *d); /* ports are being asked: --once waits */
void discover_stop(struct discover *d);          /* no callbacks any more */
void discover_free(struct discover *d);          /* after the loop has ended */

#endif
