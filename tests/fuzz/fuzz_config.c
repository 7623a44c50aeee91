/* fuzz_config.c - whatever a configuration file holds, it is read or every line said about it has a
 * place; what is printed of a right one is right. */
#include <stdlib.h>
#include <string.h>

#include "../../include/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct config *c = NULL, *again = NULL;
	struct buf report, printed;
	int rc;

	buf_init(&report, 8 << 20);
	buf_init(&printed, 256 << 20);
	rc = config_parse("f", (const char *)data, size, &c, &report);
	if ((rc == 0) != (c != NULL) || (rc == 0) != (report.len == 0))
		abort();
	if (rc != 0 && strncmp(report.data, "f:", 2) != 0)
		abort();
	if (c != NULL) {
		config_print(c, &printed);
		if (printed.len < 2 << 20 &&
		    config_parse("p", printed.data, printed.len, &again, &report) != 0)
			abort();
		config_unref(again);
		config_unref(c);
	}
	buf_release(&report);
	buf_release(&printed);
	return 0;
}
