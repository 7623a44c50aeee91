/* publish.h - sections in, snapshots out. The only writer of the latest snapshot.
 *
 * Made in main before the loop's thread runs; from then on everything but publish_latest() belongs
 * to that thread. */
#ifndef SPARKOPS_PUBLISH_H
#define SPARKOPS_PUBLISH_H

#include <uv.h>

#include "../include/clock.h"
#include "../include/config.h"
#include "../include/ledger_view.h"
#include "../include/snapshot.h"

struct publish;

/* Takes a reference of cfg. NULL: no descriptor for the wake-up. */
struct publish *publish_new(const struct config *cfg, const struct clock *clk, struct err *err);
void publish_start(struct publish *p, uv_loop_t *loop);
void publish_stop(struct publish *p); /* nothing is published any more */
void publish_free(struct publish *p);

/* All sections at once, in the order in which they will stand; takes the references. The index is
 * the slot. */
void publish_sections(struct publish *p, const struct section *const *sections, size_t n);
/* Takes the reference. is_same: the rows are those of before, so they wait for the next full second
 * and wake nobody. */
void publish_section(struct publish *p, size_t slot, const struct section *s, bool is_same);
void publish_detail(struct publish *p, const struct dataset *rows); /* takes the reference */
/* Open questions, and what is and was done; take the references, NULL: none. */
void publish_plan(struct publish *p, const struct dataset *rows);
void publish_actions(struct publish *p, const struct dataset *rows);
typedef void publish_news_fn(void *data); /* a newer snapshot is there */
void publish_watch(struct publish *p, publish_news_fn *news, void *data);
void publish_banner(struct publish *p, const char *text); /* NULL: none; copied */
/* Shown where no banner is set. job: whose row it is about, or NULL. */
void publish_notice(struct publish *p, const char *text, const char *job);
/* What the ledger says, for the rules; takes the reference. */
void publish_ledger(struct publish *p, const struct ledger_view *view);
const struct ledger_view *publish_ledger_view(const struct publish *p); /* borrowed; NULL */
void publish_gap(struct publish *p, int64_t ms); /* our own loop was away that long */
void publish_config(struct publish *p, const struct config *cfg);
void publish_now(struct publish *p);
bool publish_is_behind(const struct publish *p); /* something waits to be published */

const struct snapshot *publish_latest(struct publish *p); /* [any] +1 reference */
int publish_wake_fd(const struct publish *p);

#endif
