/* files.c - see files.h. */
#include "files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../include/base.h"

enum { FOLDERS_OPEN = 16 };

char *file_read(const char *path, size_t *len)
{
	FILE *f = fopen(path, "rbe");
	char *bytes = NULL;
	size_t n = 0, size = 0;

	if (!f)
		fail_msg("%s is missing", path);
	do {
		size += 1 << 16;
		bytes = xrealloc(bytes, size + 1);
		n += fread(bytes + n, 1, size - n, f);
	} while (n == size);
	assert_false(ferror(f));
	fclose(f);
	bytes[n] = '\0';
	if (len)
		*len = n;
	return bytes;
}

void file_write(const char *path, const void *bytes, size_t len)
{
	FILE *f = fopen(path, "wbe");

	if (!f)
		fail_msg("%s cannot be written", path);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

void file_write_text(const char *path, const char *text)
{
	file_write(path, text, strlen(text));
}

void file_put(const char *folder, const char *name, const char *text)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file_write_text(path, text);
}

void file_golden(const char *path, const char *text)
{
	char *want;

	if (getenv("GOLDEN_WRITE"))
		file_write_text(path, text);
	want = file_read(path, NULL);
	if (strcmp(want, text) != 0)
		fail_msg("%s\nwanted:\n%s\ngot:\n%s", path, want, text);
	free(want);
}

static int on_entry(const char *path, const struct stat *st ATTR_UNUSED, int kind ATTR_UNUSED,
		    struct FTW *where ATTR_UNUSED)
{
	return remove(path);
}

void folder_remove(const char *path)
{
	struct stat st;

	if (lstat(path, &st) == 0 && nftw(path, on_entry, FOLDERS_OPEN, FTW_DEPTH | FTW_PHYS))
		fail_msg("%s cannot be removed", path);
}
