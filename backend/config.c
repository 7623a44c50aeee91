/* config.c - the configuration from its files, the environment and argv, in that order.
 *
 * The system's file is read first and sets limits that a user's file cannot widen: read_only stays
 * true, label stays, and what may be done to a job is at most what the system's file allows - for
 * the job of that name and for any job at the same place. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../include/log.h"
#include "config_file.h"
#include "config_read.h"

enum { DEFAULT_STALE_MS = 300000, DEFAULT_DLQ_LIMIT = 1000, DEFAULT_TIMEOUT_MS = 3000 };

static struct config *config_new(void)
{
	struct config *c = xcalloc(1, sizeof(*c));
	struct reader r;

	arena_init(&c->arena);
	c->refs = 1;
	reader_init(&r, "defaults", NULL, c);
	reader_defaults(&r, &option_top, c);
	reader_release(&r);
	c->timeout_ms = DEFAULT_TIMEOUT_MS;
	c->dlq_limit = DEFAULT_DLQ_LIMIT;
	return c;
}

const struct config *config_ref(const struct config *c)
{
	union {
		const struct config *c;
		struct config *shared;
	} u = {c};

	__atomic_add_fetch(&u.shared->refs, 1, __ATOMIC_RELAXED);
	return c;
}

void config_unref(const struct config *c)
{
	union {
		const struct config *c;
		struct config *shared;
	} u = {c};

	if (c == NULL || __atomic_sub_fetch(&u.shared->refs, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	if (c->base != NULL)
		config_unref(c->base);
	arena_release(&u.shared->arena);
	free(u.shared);
}

/* --- files --- */

/* 0 or an errno. A pipe is fine: `--config <(...)`. */
static int read_whole(const char *path, struct buf *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), rc = 0;
	char block[16384];
	ssize_t n;

	if (fd < 0)
		return errno;
	while ((n = read(fd, block, sizeof(block))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			rc = errno;
		/* Over the cap is over the limit of the reader, which says so. */
		if (n < 0 || !buf_add(out, block, (size_t)n))
			break;
	}
	close(fd);
	return rc;
}

static uint64_t mix(uint64_t h, uint64_t v)
{
	h ^= v + 0x9e3779b97f4a7c15ULL + (h << 6) + (h >> 2);
	return h * 0xff51afd7ed558ccdULL;
}

static uint64_t file_stamp(uint64_t h, const char *path)
{
	struct stat st;

	if (path == NULL || stat(path, &st) != 0 || !S_ISREG(st.st_mode))
		return mix(h, 1);
	h = mix(h, (uint64_t)st.st_ino);
	h = mix(h, (uint64_t)st.st_size);
	h = mix(h, (uint64_t)st.st_mtim.tv_sec);
	return mix(h, (uint64_t)st.st_mtim.tv_nsec);
}

static const char *folder_of(struct arena *a, const char *path)
{
	const char *slash = strrchr(path, '/');
	char *cwd = NULL;
	const char *folder;

	if (path[0] == '/')
		return slash == path ? "" : arena_strndup(a, path, (size_t)(slash - path));
	cwd = getcwd(NULL, 0);
	if (cwd == NULL)
		return NULL;
	folder = slash == NULL ? arena_strdup(a, cwd)
			       : arena_printf(a, "%s/%.*s", cwd, (int)(slash - path), path);
	free(cwd);
	return folder;
}

static void say_line(struct buf *out, const char *path, const char *what)
{
	char clean[512];

	text_clean_to(clean, sizeof(clean), path, strlen(path));
	buf_printf(out, "%s: %s\n", clean, what);
}

/* True when there was a file and it had no mistake. */
static bool read_file(struct config *c, const char *path, bool may_be_missing, struct buf *mistakes)
{
	struct buf bytes;
	struct reader r;
	bool is_right = false;
	int rc;

	buf_init(&bytes, CONFIG_MAX_BYTES + 65536);
	rc = read_whole(path, &bytes);
	if (rc == 0) {
		reader_init(&r, path, folder_of(&c->arena, path), c);
		r.known = c->args->names;
		reader_run(&r, bytes.data == NULL ? "" : bytes.data,
			   bytes.is_over ? CONFIG_MAX_BYTES + 1 : bytes.len);
		reader_report(&r, mistakes);
		is_right = r.nmistakes == 0;
		reader_release(&r);
	} else if (rc == EISDIR) {
		say_line(mistakes, path, "is a folder; name a file");
	} else if (!may_be_missing || (rc != ENOENT && rc != ENOTDIR)) {
		say_line(mistakes, path,
			 arena_printf(&c->arena, "cannot be read: %s; name a file you may read",
				      strerror(rc)));
	}
	buf_release(&bytes);
	return is_right;
}

const char *config_default_file(struct arena *a)
{
	const char *base = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

	if (base != NULL && base[0] == '/')
		return arena_printf(a, "%s/sparkops/config.yaml", base);
	if (home != NULL && home[0] == '/')
		return arena_printf(a, "%s/.config/sparkops/config.yaml", home);
	return NULL;
}

/* --- limits of the system's file --- */

struct limits {
	bool read_only;
	const struct text *label;
	unsigned actions;
	size_t njobs;
	const struct config_job *jobs;
};

static bool same(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

static bool is_same_job(const struct config_job *a, const struct config_job *b)
{
	return same(text_str(a->name), text_str(b->name)) || same(a->health, b->health) ||
	       same(a->ui, b->ui) || same(a->dlq, b->dlq);
}

static struct limits limits_of(const struct config *c)
{
	return (struct limits){c->read_only, c->label, c->actions, c->njobs, c->jobs};
}

void config_job_finish(struct config_job *j)
{
	int64_t interval = is_absent(j->trigger_interval_ms) ? 0 : j->trigger_interval_ms;

	if (is_absent(j->stale_after_ms))
		j->stale_after_ms = max_i64(DEFAULT_STALE_MS, 3 * interval);
	if (j->found_by == NULL)
		j->found_by = "config";
}

static int compare_names(const void *a, const void *b)
{
	const struct config_job *const *x = a, *const *y = b;

	return text_cmp((*x)->name, (*y)->name);
}

void config_order(struct config *c)
{
	const struct config_job **list =
		ARENA_ARRAY(&c->arena, const struct config_job *, c->njobs + 1);

	for (size_t i = 0; i < c->njobs; i++)
		list[i] = &c->jobs[i];
	qsort(list, c->njobs, sizeof(*list), compare_names);
	c->by_name = list;
}

static int compare_to_name(const void *name, const void *job)
{
	const struct config_job *const *j = job;

	return strcmp(name, text_str((*j)->name));
}

const struct config_job *config_job(const struct config *c, const char *name)
{
	const struct config_job *const *found;

	if (name == NULL)
		return NULL;
	for (size_t i = 0; c->by_name == NULL && c->jobs != NULL && i < c->njobs; i++)
		if (text_is(c->jobs[i].name, name))
			return &c->jobs[i];
	found = c->by_name == NULL
			? NULL
			: bsearch(name, c->by_name, c->njobs, sizeof(*found), compare_to_name);
	return found == NULL ? NULL : *found;
}

static void apply_limits(struct config *c, const struct limits *l)
{
	struct config_job *jobs = (struct config_job *)(uintptr_t)c->jobs; /* nobody has c yet */

	c->read_only = c->read_only || l->read_only;
	c->label = l->label != NULL ? l->label : c->label;
	c->actions &= l->actions;
	for (size_t i = 0; i < c->njobs; i++) {
		jobs[i].actions &= c->actions;
		for (size_t k = 0; k < l->njobs; k++)
			if (is_same_job(&jobs[i], &l->jobs[k]))
				jobs[i].actions &= l->jobs[k].actions;
		config_job_finish(&jobs[i]);
	}
	config_order(c);
}

/* --- putting it together --- */

static void apply_args(struct config *c, const struct config_args *args)
{
	const char *no_color = getenv("NO_COLOR");

	c->discover = c->discover && !args->no_discover;
	c->is_wall = args->wall;
	c->read_only = c->read_only || args->read_only || args->wall;
	c->is_ascii = c->is_ascii || args->ascii;
	c->no_color = args->no_color || (no_color != NULL && *no_color != '\0');
	c->is_once = args->once || args->look;
	c->is_look = args->look;
	c->is_verb = args->verb;
	c->only = args->only;
	c->interval_ms = is_absent(args->interval_ms) ? c->interval_ms : args->interval_ms;
	c->timeout_ms = is_absent(args->timeout_ms) ? c->timeout_ms : args->timeout_ms;
	c->dlq_limit = is_absent(args->limit) ? c->dlq_limit : args->limit;
	c->theme = args->theme != NULL ? args->theme : c->theme;
	c->view = args->view != NULL ? args->view : c->view;
	c->log_file = args->log_file;
	c->state_dir = config_state_dir(&c->arena, args->state_dir);
}

static uint64_t stamp_of(const char *system_file, const char *user)
{
	return file_stamp(file_stamp(0, system_file), user);
}

int config_load_files(const char *system_file, const struct config_args *args,
		      const struct config **out, struct buf *mistakes)
{
	struct config *c = config_new();
	const char *user = args->config != NULL ? args->config : config_default_file(&c->arena);
	size_t before = mistakes->len;
	struct limits limits;
	int rc = 0;

	c->args = args;
	c->stamp = stamp_of(system_file, user);
	read_file(c, system_file, true, mistakes);
	limits = limits_of(c);
	if (user != NULL && read_file(c, user, args->config == NULL, mistakes))
		c->file = user;
	if (mistakes->len > before)
		rc = -ERR_CONFIG;
	else
		rc = config_add_args(c, args, mistakes);
	apply_limits(c, &limits);
	apply_args(c, args);
	if (rc != 0) {
		config_unref(c);
		c = NULL;
	}
	*out = c;
	return rc;
}

int config_load(const struct config_args *args, const struct config **out, struct buf *mistakes)
{
	return config_load_files(CONFIG_SYSTEM_FILE, args, out, mistakes);
}

/* Read-only mode does not end while the program runs: the kernel would refuse what a file allows
 * again. */
int config_reload(const struct config *old, const struct config **out, struct buf *mistakes)
{
	union {
		const struct config *c;
		struct config *fresh;
	} u;
	int rc = config_load(old->args, out, mistakes);

	if (rc != 0 || !old->read_only || (*out)->read_only)
		return rc;
	log_msg(LOG_WARN, "read_only: false changes nothing while sparkops runs; it is read-only "
			  "until it is started again");
	u.c = *out;
	u.fresh->read_only = true;
	return 0;
}

bool config_has_changed(const struct config *c)
{
	struct arena a;
	bool has_changed;

	if (c->args == NULL)
		return false;
	arena_init(&a);
	has_changed = c->stamp !=
		      stamp_of(CONFIG_SYSTEM_FILE,
			       c->args->config != NULL ? c->args->config : config_default_file(&a));
	arena_release(&a);
	return has_changed;
}

int config_parse(const char *name, const char *bytes, size_t len, const struct config **out,
		 struct buf *mistakes)
{
	struct config *c = config_new();
	struct limits limits = limits_of(c);
	struct reader r;
	bool is_right;

	reader_init(&r, name, NULL, c);
	reader_run(&r, bytes, len);
	reader_report(&r, mistakes);
	is_right = r.nmistakes == 0;
	reader_release(&r);
	apply_limits(c, &limits);
	*out = is_right ? c : NULL;
	if (!is_right)
		config_unref(c);
	return is_right ? 0 : -ERR_CONFIG;
}
