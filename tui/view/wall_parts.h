/* wall_parts.h - what the parts of the wall share: the picture under way, its pages, and the few
 * words that are said of a job.
 *
 * Nobody knows who stands before a wall: only names of jobs, verdicts, error types and figures are
 * shown, never a text that came with an error, an address or a path. So a reason is made here from
 * figures, and the evidence of the rules, which quotes what others wrote, is not used. */
#ifndef SPARKOPS_VIEW_WALL_PARTS_H
#define SPARKOPS_VIEW_WALL_PARTS_H

#include "../big.h"
#include "../ui.h"

struct wall {
	struct ui *ui;
	int big, text; /* scales of headings and of what is said; 0: ordinary letters */
	size_t njobs, ntrouble;
	const struct job_row *const *jobs; /* worst first */
	int by_verdict[VERDICT_COUNT];
};

struct wall_page {
	const char *title;
	void (*draw)(const struct wall *w, struct area a, size_t from);
	size_t from; /* first row */
};
enum { WALL_PAGES = 64, WALL_WHY = 6, WALL_LINE = 96 };

/* The pages there are something for, in an area of that height: the overview first. */
size_t wall_pages(const struct wall *w, int height, struct wall_page out[static WALL_PAGES]);
/* Why it is in trouble, in few words, most telling first. */
size_t wall_why(const struct wall *w, const struct job_row *j, char out[WALL_WHY][WALL_LINE]);
/* What can be said of all jobs when none is in trouble. */
size_t wall_sums(const struct wall *w, char out[WALL_WHY][WALL_LINE]);

#endif
