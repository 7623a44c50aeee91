/* fuzz_theme.c - any bytes as a theme file: a theme or a message with the place, for every number
 * of colours. */
#include <stdlib.h>
#include <string.h>

#include "../../tui/theme.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int colours[] = {256, 8, 0};

	for (size_t i = 0; i < ARRAY_LEN(colours); i++) {
		struct theme th;
		struct err err = {0};
		int rc = theme_parse("f", (const char *)data, size, colours[i], &th, &err);

		if (rc && strncmp(err.message, "f:", 2))
			abort();
		for (int k = 0; !rc && k < STYLE_COUNT; k++)
			for (int g = 0; g < GROUND_COUNT; g++) {
				struct look l = th.looks[k][g];

				if (l.fg < COLOUR_DEFAULT ||
				    l.fg >= (colours[i] ? colours[i] : 1) ||
				    l.bg < COLOUR_DEFAULT || l.bg > 255 || l.attrs > 7)
					abort();
			}
		for (const char *p = err.message; *p; p++)
			if ((unsigned char)*p < 0x20)
				abort();
	}
	return 0;
}
