/* fuzz_keys.c - any bytes from a terminal, torn apart anywhere: every byte is taken in the end, no
 * key is a control character, and names of keys read back. */
#include <stdlib.h>
#include <string.h>

#include "../../tui/keys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct key_event *ev)
{
	char name[24];

	if (ev->kind != KEY_EVENT_KEY)
		return;
	if (!ev->key || (ev->key & ~(uint32_t)(KEY_CTRL | KEY_ALT)) < 0x20)
		if (!(ev->key & KEY_ALT)) /* Alt and a control character: a key nobody binds */
			abort();
	key_name(ev->key, name);
	if (strlen(name) >= sizeof(name))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct key_reader r;
	struct key_event ev;
	size_t at = 0, step = size ? 1 + data[0] % 7 : 1;
	char name[24];

	key_reader_init(&r);
	key_reader_learn(&r, "\x1b[25~", KEY_F12);
	while (at < size) {
		size_t n = min_size(step, size - at);

		at += key_reader_feed(&r, (const char *)data + at, n, 0);
		while (key_reader_next(&r, r.len == KEY_BUFFER, &ev))
			check(&ev);
	}
	for (int i = 0; i < 2 * KEY_BUFFER && key_reader_waits(&r); i++)
		if (key_reader_next(&r, true, &ev))
			check(&ev);
	if (key_reader_waits(&r))
		abort();
	memset(name, 0, sizeof(name));
	memcpy(name, data, min_size(size, sizeof(name) - 1));
	if (key_parse(name)) {
		char back[24];

		key_name(key_parse(name), back);
		if (key_parse(back) != key_parse(name))
			abort();
	}
	return 0;
}
