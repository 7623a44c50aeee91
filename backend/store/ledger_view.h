/* store/ledger_view.h - makes include/ledger_view.h from a ledger. */
#ifndef SPARKOPS_STORE_LEDGER_VIEW_H
#define SPARKOPS_STORE_LEDGER_VIEW_H

#include "../../include/ledger_view.h"
#include "ledger.h"

/* One reference; NULL: err. */
const struct ledger_view *ledger_view_make(struct ledger *l, struct err *err);

#endif
