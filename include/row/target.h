/* row/target.h - every target polled: `targets` of --json and the sources view. Derived from the
 * sections. */
#ifndef SPARKOPS_ROW_TARGET_H
#define SPARKOPS_ROW_TARGET_H

#include "../field.h"

struct target_row {
	const struct text *source, *job, *where;
	int state;    /* enum section_state */
	double age_s; /* since the last good answer */
	int64_t took_ms, code;
	const struct text *problem, *found_by;
	int64_t silent_probes; /* screen only, as is the next */
	double next_s;         /* until it is asked again, at the latest: of one that is not well */
};

extern const struct schema schema_target;

#endif
