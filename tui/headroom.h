/* headroom.h - how a headroom figure looks, wherever it stands. Pure. */
#ifndef SPARKOPS_TUI_HEADROOM_H
#define SPARKOPS_TUI_HEADROOM_H

#include "../include/row/job.h"
#include "style.h"

/* `2.4x` measured; `<=2.4x` a bound, because the truth can only be worse; `~2.4x` an estimate;
 * `<1.0x` disproved; `-` not collected. Returns its length. */
size_t headroom_format(double ratio, int basis, char *out, size_t size);
enum style headroom_style(double ratio, int basis);

#endif
