/* run_corpus.c - a main for a fuzz target where no libFuzzer is: every file of the corpus as it is,
 * cut at every 1/64 of its length, and with seeded mutations. The same targets run under libFuzzer
 * by `make fuzz`. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../../include/base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FILE_MAX_BYTES = 1 << 20, MUTATIONS = 60, CUTS = 64 };

static uint32_t state = 12345;

static uint32_t next_random(void)
{
	state = state * 1664525u + 1013904223u;
	return state >> 8;
}

/* A copy of exactly that size, so that the sanitizer sees one byte too far. */
static void run(const uint8_t *data, size_t size)
{
	uint8_t *copy = xmalloc(size);

	if (size)
		memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static void mutate(const uint8_t *data, size_t size)
{
	static const char *const pieces[] = {
		"\"",  "{",       "}",    "[",    "]",
		"\\",  "\n",      "\xff", "\x00", "-1e999",
		"NaN", "\\ud800", ":",    ",",    "99999999999999999999"};
	uint8_t *copy = xmalloc(size + 64);

	for (int i = 0; i < MUTATIONS && size; i++) {
		memcpy(copy, data, size);
		for (uint32_t k = next_random() % 4 + 1; k; k--) {
			const char *piece = pieces[next_random() % ARRAY_LEN(pieces)];
			size_t n = strlen(piece) ? strlen(piece) : 1;
			size_t at = next_random() % size;

			if (next_random() % 2)
				copy[at] = (uint8_t)next_random();
			else
				memcpy(copy + at, piece, n < size - at ? n : size - at);
		}
		run(copy, size);
	}
	free(copy);
}

static bool run_file(const char *path)
{
	uint8_t *data = xmalloc(FILE_MAX_BYTES);
	FILE *f = fopen(path, "rb");
	size_t size;

	if (!f) {
		free(data);
		return false;
	}
	size = fread(data, 1, FILE_MAX_BYTES, f);
	fclose(f);
	run(data, size);
	for (size_t i = 1; i < CUTS; i++)
		run(data, size * i / CUTS);
	mutate(data, size);
	free(data);
	return true;
}

static int run_folder(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *e;
	int n = 0;

	while (dir && (e = readdir(dir))) {
		char name[1024];
		struct stat st;

		snprintf(name, sizeof(name), "%s/%s", path, e->d_name);
		if (e->d_name[0] != '.' && !stat(name, &st) && S_ISREG(st.st_mode))
			n += run_file(name);
	}
	if (dir)
		closedir(dir);
	return n;
}

int main(int argc, char **argv)
{
	int n = 0;

	run((const uint8_t *)"", 0);
	for (int i = 1; i < argc; i++)
		n += run_folder(argv[i]);
	printf("%d files\n", n);
	if (!n) {
		fprintf(stderr, "no corpus in the folders named\n");
		return 1;
	}
	return 0;
}
