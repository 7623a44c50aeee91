/* themes.c - which themes there are: those carried along, and the user's own files. Files are read
 * once, before the console begins, so that choosing a theme reads nothing. One that is wrong is
 * kept with its mistake: who chooses it is told where it is, and --check tells of all. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../include/arena.h"
#include "../include/config.h"
#include "theme.h"

enum { OWN_MAX = 64, BYTES_MAX = 1 << 16, COLOURS = 256 };

static const char suffix[] = ".theme";

struct own {
	const char *name, *file;
	const char *text, *problem; /* one of the two */
};

static struct arena memory;
static struct own own[OWN_MAX];
static size_t nown;

/* Its text, or why there is none. */
static void read_text(struct own *o, const char *path)
{
	char *text = arena_alloc_raw(&memory, BYTES_MAX + 1, 1);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	ssize_t n = -1;

	o->problem = NULL;
	if (fd < 0 || fstat(fd, &st) < 0)
		o->problem = strerror(errno);
	else if (!S_ISREG(st.st_mode))
		o->problem = "is no file";
	else if (st.st_size > BYTES_MAX)
		o->problem = "is larger than a theme can be, 64 KiB";
	else if ((n = read(fd, text, BYTES_MAX)) < 0)
		o->problem = strerror(errno);
	if (fd >= 0)
		close(fd);
	text[n < 0 ? 0 : n] = '\0';
	o->text = text;
}

static void add(const char *name, const char *path)
{
	char shown[512];
	struct own *o = NULL;

	for (size_t i = 0; i < nown; i++)
		if (!strcmp(own[i].name, name))
			o = &own[i]; /* the folder read last is nearer to the user */
	if (!o && nown == OWN_MAX)
		return;
	if (!nown)
		arena_init(&memory);
	o = o ? o : &own[nown++];
	text_clean_to(shown, sizeof(shown), path, strlen(path));
	o->name = arena_strdup(&memory, name);
	o->file = arena_strdup(&memory, shown);
	read_text(o, path);
}

void themes_read_file(const char *path)
{
	add(path, path);
}

void themes_read_folder(const char *folder)
{
	DIR *dir = opendir(folder);
	const struct dirent *e;
	char name[256], path[4096];

	while (dir && (e = readdir(dir)) != NULL) {
		size_t len = strlen(e->d_name);

		if (len < sizeof(suffix) || len >= sizeof(name) || e->d_name[0] == '.' ||
		    strcmp(e->d_name + len - (sizeof(suffix) - 1), suffix) != 0)
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)(len - (sizeof(suffix) - 1)), e->d_name);
		snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		add(name, path);
	}
	if (dir)
		closedir(dir);
}

static const struct own *own_find(const char *name)
{
	for (size_t i = 0; i < nown; i++)
		if (!strcmp(own[i].name, name))
			return &own[i];
	return NULL;
}

const char *theme_name(size_t i)
{
	for (const struct embedded_file *f = embedded_themes; f->name; f++) {
		if (own_find(f->name))
			continue;
		if (!i--)
			return f->name;
	}
	return i < nown ? own[i].name : NULL;
}

static int load_own(const struct own *o, int ncolours, struct theme *out, struct err *err)
{
	int rc;

	if (o->problem)
		return err_set(err, ERR_CONFIG, "%s: %s", o->file, o->problem);
	rc = theme_parse(o->file, o->text, strlen(o->text), ncolours, out, err);
	out->name = o->name;
	return rc;
}

int theme_load(const char *name, int ncolours, struct theme *out, struct err *err)
{
	const char *names[OWN_MAX + 16], *near;
	const struct own *mine = own_find(name);
	char all[200] = "";
	size_t n = 0;

	if (mine)
		return load_own(mine, ncolours, out, err);
	for (const struct embedded_file *f = embedded_themes; f->name; f++)
		if (!strcmp(f->name, name))
			return theme_parse(f->name, f->text, strlen(f->text), ncolours, out, err);
	for (; n < ARRAY_LEN(names) && theme_name(n); n++) {
		size_t len = strlen(all);

		names[n] = theme_name(n);
		snprintf(all + len, sizeof(all) - len, "%s%s", n ? ", " : "", names[n]);
	}
	near = config_nearest(name, names, n);
	if (near)
		return err_set(err, ERR_CONFIG, "no theme \"%s\", nearest: %s", name, near);
	return err_set(err, ERR_CONFIG, "no theme \"%s\"; there are %s", name, all);
}

bool themes_check(struct buf *mistakes)
{
	struct theme th;
	struct err err;
	bool is_right = true;

	for (size_t i = 0; i < nown; i++)
		if (load_own(&own[i], COLOURS, &th, &err) < 0) {
			buf_printf(mistakes, "%s\n", err.message);
			is_right = false;
		}
	return is_right;
}
