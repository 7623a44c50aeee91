/* theme.c - reads theme files and works out what every role looks like on every ground.
 *
 * A table of role x ground is made once, so that encoding a cell is one look-up. Inheritance is by
 * the parent in STYLE_LIST: what a line does not say (foreground, background, attributes) comes
 * from there. The ground gives its background and its reverse to every role that has no background
 * of its own. */
#include "theme.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../include/config.h"

const char *const style_names[] = {
#define X(id, name, parent) name,
	STYLE_LIST(X)
#undef X
		NULL};

static const int parents[] = {
#define X(id, name, parent) STYLE_##parent,
	STYLE_LIST(X)
#undef X
};

static const char *const colour_names[] = {"black",   "red",  "green", "yellow", "blue",
					   "magenta", "cyan", "white", "default"};
static const char *const attr_names[] = {"bold", "reverse", "underline", "strike"};

enum { HAS_FG = 1, HAS_BG = 2, HAS_ATTRS = 4 };

/* What a file says of one role; eight and mono stand beside the full colours. */
struct entry {
	unsigned has, has_eight, has_mono;
	int fg, bg, fg8, bg8;
	unsigned attrs, eight, mono;
};

struct reader {
	const char *name;
	int line;
	struct entry entries[STYLE_COUNT];
	struct err *err;
};

static int colour_to_8(int c)
{
	int r, g, b;

	if (c < 8)
		return c; /* also COLOUR_DEFAULT */
	if (c < 16)
		return c - 8;
	if (c >= 232)
		return c < 238 ? 0 : COLOUR_DEFAULT;
	r = (c - 16) / 36;
	g = (c - 16) / 6 % 6;
	b = (c - 16) % 6;
	return (r > 2 ? 1 : 0) | (g > 2 ? 2 : 0) | (b > 2 ? 4 : 0);
}

static int problem(struct reader *r, const char *what, const char *word, const char *const *names,
		   size_t n)
{
	const char *near = config_nearest(word, names, n);
	char clean[96], all[400] = "";

	text_clean_to(clean, sizeof(clean), word, strlen(word));
	if (near)
		return err_set(r->err, ERR_CONFIG, "%s:%d: unknown %s \"%s\", nearest: %s", r->name,
			       r->line, what, clean, near);
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(all);

		snprintf(all + len, sizeof(all) - len, "%s%s", i ? ", " : "", names[i]);
	}
	return err_set(r->err, ERR_CONFIG, "%s:%d: unknown %s \"%s\"; there are %s", r->name,
		       r->line, what, clean, all);
}

static int parse_colour(struct reader *r, const char *word, int *out)
{
	char *end;
	long v;

	for (size_t i = 0; i < ARRAY_LEN(colour_names); i++)
		if (!strcmp(word, colour_names[i])) {
			*out = i == 8 ? COLOUR_DEFAULT : (int)i;
			return 0;
		}
	if (*word >= '0' && *word <= '9') {
		v = strtol(word, &end, 10);
		if (!*end && v <= 255) {
			*out = (int)v;
			return 0;
		}
		return err_set(r->err, ERR_CONFIG, "%s:%d: a colour is 0 to 255 or a name", r->name,
			       r->line);
	}
	return problem(r, "colour", word, colour_names, ARRAY_LEN(colour_names));
}

/* `203,red` */
static int parse_pair(struct reader *r, char *word, int *full, int *eight)
{
	char *comma = strchr(word, ',');
	int rc;

	if (comma)
		*comma++ = '\0';
	rc = parse_colour(r, word, full);
	if (rc)
		return rc;
	*eight = colour_to_8(*full);
	if (!comma)
		return 0;
	rc = parse_colour(r, comma, eight);
	if (!rc && *eight >= 8)
		return err_set(r->err, ERR_CONFIG,
			       "%s:%d: after the comma stands one of eight colours by name",
			       r->name, r->line);
	return rc;
}

static int parse_attr(struct reader *r, const char *word, unsigned *out)
{
	for (size_t i = 0; i < ARRAY_LEN(attr_names); i++)
		if (!strcmp(word, attr_names[i])) {
			*out |= 1U << i;
			return 0;
		}
	return problem(r, "attribute", word, attr_names, ARRAY_LEN(attr_names));
}

/* `reverse+bold` or `none` */
static int parse_attrs(struct reader *r, char *word, unsigned *out)
{
	char *save = NULL;

	*out = 0;
	if (!strcmp(word, "none"))
		return 0;
	for (char *w = strtok_r(word, "+", &save); w; w = strtok_r(NULL, "+", &save)) {
		int rc = parse_attr(r, w, out);

		if (rc)
			return rc;
	}
	return 0;
}

static int parse_word(struct reader *r, struct entry *e, char *word)
{
	if (!strncmp(word, "fg=", 3)) {
		e->has |= HAS_FG;
		return parse_pair(r, word + 3, &e->fg, &e->fg8);
	}
	if (!strncmp(word, "bg=", 3)) {
		e->has |= HAS_BG;
		return parse_pair(r, word + 3, &e->bg, &e->bg8);
	}
	if (!strncmp(word, "mono=", 5)) {
		e->has_mono = 1;
		return parse_attrs(r, word + 5, &e->mono);
	}
	if (!strncmp(word, "eight=", 6)) {
		e->has_eight = 1;
		return parse_attrs(r, word + 6, &e->eight);
	}
	e->has |= HAS_ATTRS;
	return parse_attr(r, word, &e->attrs);
}

static int parse_line(struct reader *r, char *line)
{
	char *save = NULL, *word, *hash = strchr(line, '#');
	int role = -1;

	if (hash)
		*hash = '\0';
	word = strtok_r(line, " \t\r", &save);
	if (!word)
		return 0;
	for (int i = 0; i < STYLE_COUNT; i++)
		if (!strcmp(word, style_names[i]))
			role = i;
	if (role < 0)
		return problem(r, "role", word, style_names, STYLE_COUNT);
	/* The last line about a role is the one that counts. */
	r->entries[role] = (struct entry){.has = HAS_ATTRS};
	for (word = strtok_r(NULL, " \t\r", &save); word; word = strtok_r(NULL, " \t\r", &save)) {
		int rc = parse_word(r, &r->entries[role], word);

		if (rc)
			return rc;
	}
	return 0;
}

static struct look look_of(const struct entry *e, int ncolours, struct look parent)
{
	struct look l = parent;
	unsigned attrs = e->attrs;

	if (e->has & HAS_FG)
		l.fg = (int16_t)(ncolours >= 256 ? e->fg : e->fg8);
	if (e->has & HAS_BG)
		l.bg = (int16_t)(ncolours >= 256 ? e->bg : e->bg8);
	if (!ncolours) {
		l.fg = l.bg = COLOUR_DEFAULT;
		if (e->has_mono)
			attrs = e->mono;
	} else if (ncolours < 256 && e->has_eight) {
		attrs = e->eight;
	}
	if (e->has || e->has_mono || e->has_eight)
		l.attrs = (uint8_t)attrs;
	return l;
}

static void resolve(const struct reader *r, struct theme *out)
{
	static const enum style grounds[] = {
		[GROUND_BAR] = STYLE_BAR, [GROUND_CURSOR] = STYLE_CURSOR};
	struct look base[STYLE_COUNT];

	for (int i = 0; i < STYLE_COUNT; i++) {
		struct look none = {COLOUR_DEFAULT, COLOUR_DEFAULT, 0};
		/* Parents stand before their children in the list, the first is its own. */
		struct look up = parents[i] == i ? none : base[parents[i]];

		base[i] = look_of(&r->entries[i], out->ncolours, up);
	}
	for (int i = 0; i < STYLE_COUNT; i++) {
		out->looks[i][GROUND_NONE] = base[i];
		for (int g = GROUND_BAR; g < GROUND_COUNT; g++) {
			struct look l = base[i], ground = base[grounds[g]];

			if (l.bg == COLOUR_DEFAULT)
				l.bg = ground.bg;
			if (l.fg == COLOUR_DEFAULT)
				l.fg = ground.fg;
			l.attrs |= ground.attrs & ATTR_REVERSE;
			out->looks[i][g] = l;
		}
	}
}

int theme_parse(const char *name, const char *text, size_t len, int ncolours, struct theme *out,
		struct err *err)
{
	struct reader r = {.name = name, .err = err};
	const char *p = text, *end = text + len;
	char line[512];
	int rc;

	out->name = name;
	out->ncolours = ncolours;
	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t n = (size_t)((nl ? nl : end) - p);

		r.line++;
		if (n >= sizeof(line))
			return err_set(err, ERR_CONFIG, "%s:%d: line longer than %zu bytes", name,
				       r.line, sizeof(line) - 1);
		memcpy(line, p, n);
		line[n] = '\0';
		rc = parse_line(&r, line);
		if (rc)
			return rc;
		p += n + 1;
	}
	resolve(&r, out);
	return 0;
}
