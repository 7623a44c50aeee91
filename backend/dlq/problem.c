/* dlq/problem.c - which files of a folder are not shown whole: the worst of them by name, with its
 * place, and what would be right. */
#include <stdio.h>
#include <string.h>

#include "folder.h"

enum { NAMED = 2, PACKING_MS = 60000 };

static const struct {
	const char *what, *right;
	bool has_place;
} faults[] = {
	[FILE_UNREADABLE] = {"cannot be read", "sparkops needs the right to read it", false},
	[FILE_LINK] = {"is a symbolic link, which is not followed",
		       "put the file itself there, or name the folder it lies in", false},
	[FILE_BOMB] = {"unpacks to more than 200 times its size",
		       "the rest is not shown; move it away if it is no queue", true},
	[FILE_DAMAGED] = {"is damaged",
			  "what follows is not shown; put a whole copy there or move it away",
			  true},
	[FILE_CUT] = {"ends in the middle",
		      "what follows is not shown; put a whole copy there or move it away", true},
};

/* One that ends in the middle is told when nobody packs it any more. */
static bool is_told(const struct dlq_file *file, int64_t now)
{
	return file->fault && (file->fault != FILE_CUT ||
			       now - (int64_t)file->st.st_mtim.tv_sec * 1000 > PACKING_MS);
}

bool folder_hides(const struct folder *f, int64_t now, int64_t since_day)
{
	for (size_t i = 0; i < f->nfiles; i++) {
		if (f->files[i]->day >= since_day && is_told(f->files[i], now))
			return true;
	}
	return false;
}

static void tell(const struct dlq_file *file, const char *before, char *out, size_t size)
{
	size_t n = strlen(out);

	n += (size_t)snprintf(out + n, size - n, "%s%s %s", before, file->name,
			      faults[file->fault].what);
	if (n >= size)
		return;
	if (file->fault == FILE_UNREADABLE)
		snprintf(out + n, size - n, ": %s", strerror(file->error));
	else if (faults[file->fault].has_place)
		snprintf(out + n, size - n, " after line %lld", (long long)file->lines);
}

bool folder_problem(const struct folder *f, int64_t now, char *out, size_t size)
{
	enum file_fault worst = FILE_WHOLE;
	size_t found = 0, n;

	*out = '\0';
	for (enum file_fault fault = FILE_UNREADABLE; fault <= FILE_CUT; fault++) {
		for (size_t i = f->nfiles; i-- > 0;) {
			if (f->files[i]->fault != fault || !is_told(f->files[i], now))
				continue;
			worst = worst ? worst : fault;
			if (found++ < NAMED)
				tell(f->files[i], *out ? ", " : "", out, size);
		}
	}
	if (!found)
		return false;
	n = strlen(out);
	if (found > NAMED)
		n += (size_t)snprintf(out + n, size - n, " and %zu more", found - NAMED);
	if (n < size)
		snprintf(out + n, size - n, ": %s", faults[worst].right);
	return true;
}
