/* files.h - files of a test: read and written whole, folders removed with all that is in them. What
 * cannot be done fails the test. */
#ifndef SPARKOPS_TESTS_FILES_H
#define SPARKOPS_TESTS_FILES_H

#include <stddef.h>

/* All of it and a NUL behind; the caller frees. len: without that, may be NULL. */
char *file_read(const char *path, size_t *len);
void file_write(const char *path, const void *bytes, size_t len);
void file_write_text(const char *path, const char *text);
/* The same for a name in a folder. */
void file_put(const char *folder, const char *name, const char *text);
/* Fails where the text is another than the file's; GOLDEN_WRITE=1 writes it anew: read the
 * difference. */
void file_golden(const char *path, const char *text);
/* Symbolic links are removed, not followed; nothing there is fine. */
void folder_remove(const char *path);

#endif
