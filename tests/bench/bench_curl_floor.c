/* bench_curl_floor.c - what libcurl itself brings: initialised, and with one kept connection for
 * each URL on standard input, each with a handle of its own, as its examples do; and with the
 * connections alone, since the console has a few handles for all. A few are asked at a time, as
 * polls are spread over their interval: all at once would take 16 KB more for each. Linked with
 * nothing but libcurl. Prints the three resident sizes in bytes. */
#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include <curl/curl.h>

#include "../../include/base.h"

enum { TARGETS_MAX = 4096, AT_ONCE = 16 };

static long resident(void)
{
	char line[256];
	long kb = 0;
	FILE *f = fopen("/proc/self/status", "r");

	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "VmRSS: %ld", &kb);
	if (f)
		fclose(f);
	return kb * 1024;
}

static size_t drop(char *bytes ATTR_UNUSED, size_t size, size_t n, void *data ATTR_UNUSED)
{
	return size * n;
}

/* Until at most so many are under way. */
static void run(CURLM *multi, int most)
{
	int running;

	while (curl_multi_perform(multi, &running) == CURLM_OK && running > most)
		curl_multi_poll(multi, NULL, 0, 100, NULL);
}

static CURL *handle_of(char *url)
{
	CURL *e = curl_easy_init();

	url[strcspn(url, "\n")] = '\0';
	curl_easy_setopt(e, CURLOPT_URL, url);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, drop);
	curl_easy_setopt(e, CURLOPT_PROXY, "");
	curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, 5000L);
	return e;
}

int main(void)
{
	static CURL *handles[TARGETS_MAX];
	CURLM *multi;
	char line[1024];
	int n = 0;
	long alone, connected;

	curl_global_init(CURL_GLOBAL_DEFAULT);
	multi = curl_multi_init();
	curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)TARGETS_MAX);
	alone = resident();
	while (n < TARGETS_MAX && fgets(line, sizeof(line), stdin)) {
		handles[n] = handle_of(line);
		curl_multi_add_handle(multi, handles[n++]);
		run(multi, AT_ONCE - 1);
	}
	run(multi, 0);
	for (int i = 0; i < n; i++)
		curl_multi_remove_handle(multi, handles[i]);
	connected = resident();
	for (int i = 0; i < n; i++)
		curl_easy_cleanup(handles[i]);
	malloc_trim(0);
	printf("%ld %ld %ld\n", alone, connected, resident());
	curl_multi_cleanup(multi);
	return 0;
}
