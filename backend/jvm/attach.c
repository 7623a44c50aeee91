/* jvm/attach.c - a place kept. */
#include "attach.h"

int attach_ask(const struct attach_request *r, struct buf *out, struct err *err)
{
	(void)r;
	(void)out;
	return err_set(err, ERR_LIMIT, "not built yet");
}
