/* headroom.c - one way to write a headroom figure, so that no view shows a bound or an estimate as
 * if it had been measured. */
#include "headroom.h"

#include <stdio.h>
#include <string.h>

size_t headroom_format(double ratio, int basis, char *out, size_t size)
{
	char number[32];

	if (basis == BASIS_DISPROVED)
		snprintf(out, size, "<1.0x");
	else if (isnan(ratio))
		snprintf(out, size, "-");
	else {
		format_number(ratio, UNIT_RATIO, number, sizeof(number));
		snprintf(out, size, "%s%s",
			 basis == BASIS_BOUND      ? "<="
			 : basis == BASIS_ESTIMATE ? "~"
						   : "",
			 number);
	}
	return strlen(out);
}

enum style headroom_style(double ratio, int basis)
{
	if (basis == BASIS_DISPROVED || ratio < 1)
		return STYLE_CRIT;
	return isnan(ratio) ? STYLE_DIM : ratio < 1.25 ? STYLE_WARN : STYLE_TEXT;
}
