/* bench_curl_floor.c - what libcurl alone costs: initialised, one multi handle; prints its resident
 * bytes. */
#include <stdio.h>
#include <string.h>

#include <curl/curl.h>

int main(void)
{
	char line[256];
	long kb = 0;
	FILE *f;

	curl_global_init(CURL_GLOBAL_DEFAULT);
	curl_multi_cleanup(curl_multi_init());
	f = fopen("/proc/self/status", "r");
	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "VmRSS: %ld", &kb);
	if (f)
		fclose(f);
	printf("%ld\n", kb * 1024);
	return 0;
}
