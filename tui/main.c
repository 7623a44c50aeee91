/* main.c - where the program is put together: argv, configuration, then the front end that was
 * asked for. Nothing is decided here but the way and the exit code. */
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../include/backend.h"
#include "../include/log.h"
#include "headless.h"
#include "names.h"
#include "theme.h"
#include "tui.h"
#include "verb.h"

enum { REPORT_MAX = 8 << 20, TEXT_CAP = 256 << 20 };

static int usage_error(const struct err *err)
{
	fprintf(stderr, "sparkops: %s\n", err->message);
	return EXIT_USAGE;
}

static int print(const struct buf *b)
{
	if (b->len > 0)
		fwrite(b->data, 1, b->len, stdout);
	if (fflush(stdout) != 0) {
		fprintf(stderr, "sparkops: cannot write to standard output\n");
		return EXIT_UNKNOWN;
	}
	return 0;
}

static int help(const struct options *o)
{
	struct buf out;
	int rc;

	buf_init(&out, 1 << 20);
	options_help(o->verb.is, &out);
	rc = print(&out);
	buf_release(&out);
	return rc;
}

static int generate(const char *kind)
{
	struct buf out;
	int rc;

	buf_init(&out, 1 << 20);
	if (!options_generate(kind, &out)) {
		fprintf(stderr, "sparkops: --generate takes man, bash, zsh, markdown or keys\n");
		return EXIT_USAGE;
	}
	rc = print(&out);
	buf_release(&out);
	return rc;
}

static int print_config(const struct config *cfg)
{
	struct buf out;
	int rc;

	buf_init(&out, TEXT_CAP);
	config_print(cfg, &out);
	rc = print(&out);
	buf_release(&out);
	return rc;
}

static int check(const struct config *cfg)
{
	struct arena a;
	const char *user;
	char shown[512];

	if (cfg->file != NULL) {
		text_clean_to(shown, sizeof(shown), cfg->file, strlen(cfg->file));
		printf("%s: ok, %zu job%s\n", shown, cfg->njobs, cfg->njobs == 1 ? "" : "s");
		return 0;
	}
	arena_init(&a);
	user = config_default_file(&a);
	printf("no configuration at %s: ok, %zu job%s; sparkops --print-config writes one\n",
	       user == NULL ? CONFIG_SYSTEM_FILE : user, cfg->njobs, cfg->njobs == 1 ? "" : "s");
	arena_release(&a);
	return 0;
}

/* 0 or the exit code, which was said. */
static int check_name(const char *what, const char *name, const char *const *names)
{
	const char *near;
	char shown[200];
	size_t n = 0;

	for (; names[n] != NULL; n++)
		if (name == NULL || strcmp(names[n], name) == 0)
			return 0;
	if (strcmp(what, "view") == 0 && names_is_later(name)) {
		fprintf(stderr, "sparkops: --view %s: not built yet\n", name);
		return EXIT_USAGE;
	}
	text_clean_to(shown, sizeof(shown), name, strlen(name));
	fprintf(stderr, "sparkops: unknown %s \"%s\"; ", what, shown);
	near = config_nearest(name, names, n);
	if (near != NULL)
		fprintf(stderr, "did you mean \"%s\"?", near);
	for (size_t i = 0; near == NULL && i < n; i++)
		fprintf(stderr, "%s%s", i == 0 ? "there are " : ", ", names[i]);
	fprintf(stderr, "\n");
	return EXIT_USAGE;
}

/* The view of --once is another list: headless.c looks at it. */
static int check_looks(const struct options *o)
{
	int rc = check_name("theme", o->args.theme, o->args.names->themes);

	if (rc != 0 || o->mode == MODE_ONCE || o->mode == MODE_EVERY || o->mode == MODE_VERB)
		return rc;
	return check_name("view", o->args.view, o->args.names->views);
}

/* The folder `themes` beside each configuration file, the user's last, and a file by its path. */
static void read_themes(const char *theme)
{
	struct arena a;
	const char *files[2] = {CONFIG_SYSTEM_FILE};

	arena_init(&a);
	files[1] = config_default_file(&a);
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		if (files[i] != NULL)
			themes_read_folder(arena_printf(&a, "%.*s/themes",
							(int)(strrchr(files[i], '/') - files[i]),
							files[i]));
	arena_release(&a);
	if (theme != NULL && strchr(theme, '/') != NULL)
		themes_read_file(theme);
}

/* A theme that nobody chose stops nothing: what is wrong with it stands among the messages. */
static void log_themes(void)
{
	struct buf mistakes;
	char *save = NULL;

	buf_init(&mistakes, REPORT_MAX);
	if (!themes_check(&mistakes))
		for (char *l = strtok_r(mistakes.data, "\n", &save); l != NULL;
		     l = strtok_r(NULL, "\n", &save))
			log_msg(LOG_WARN, "theme %s", l);
	buf_release(&mistakes);
}

static int console(const struct config *cfg)
{
	struct err err = {0};
	int rc;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		fprintf(stderr, "sparkops: the console needs a terminal; without one: "
				"sparkops --once --text\n");
		return EXIT_USAGE;
	}
	log_themes();
	rc = tui_run(cfg, &err);
	if (rc >= 0)
		return rc;
	fprintf(stderr, "sparkops: %s\n", err.message);
	return rc == -ERR_CONFIG                         ? EXIT_CONFIG
	       : rc == -ERR_TERMINAL || rc == -ERR_USAGE ? EXIT_USAGE
							 : EXIT_UNKNOWN;
}

static int verb(const struct config *cfg, const struct options *o)
{
	return o->verb.is->action < 0 ? verb_audit(cfg, o) : verb_run(cfg, o);
}

/* Lines about a file begin with the file, those about the command line as all of ours. */
static void say_mistakes(const char *lines, bool is_usage)
{
	while (*lines != '\0') {
		size_t n = strcspn(lines, "\n");

		fprintf(stderr, "%s%.*s\n", is_usage ? "sparkops: " : "", (int)n, lines);
		lines += n + (lines[n] == '\n');
	}
}

/* NULL after everything that is wrong was said; *code is then the exit code. */
static const struct config *load(const struct options *o, int *code)
{
	const struct config *cfg = NULL;
	struct buf mistakes;
	int rc;

	buf_init(&mistakes, REPORT_MAX);
	rc = config_load(&o->args, &cfg, &mistakes);
	if (o->mode == MODE_CHECK && !themes_check(&mistakes) && rc == 0) {
		config_unref(cfg);
		cfg = NULL;
		rc = -ERR_CONFIG;
	}
	if (rc != 0) {
		*code = rc == -ERR_USAGE ? EXIT_USAGE : EXIT_CONFIG;
		say_mistakes(mistakes.data, rc == -ERR_USAGE);
	}
	buf_release(&mistakes);
	return cfg;
}

static int run(const struct config *cfg, const struct options *o)
{
	struct err err = {0};
	int rc;

	if (o->mode == MODE_CHECK)
		return check(cfg);
	if (o->mode == MODE_PRINT_CONFIG)
		return cfg->discover ? headless_print_config(cfg) : print_config(cfg);
	if (log_open(cfg->log_file, &err) != 0) {
		fprintf(stderr, "sparkops: %s\n", err.message);
		return EXIT_CONFIG;
	}
	rc = o->mode == MODE_ONCE    ? headless_once(cfg, o)
	     : o->mode == MODE_EVERY ? headless_every(cfg, o)
	     : o->mode == MODE_VERB  ? verb(cfg, o)
				     : console(cfg);
	if (backend_is_left_behind()) {
		fflush(NULL);
		_exit(rc);
	}
	log_close();
	return rc;
}

int main(int argc, char **argv)
{
	struct options o;
	struct err err = {0};
	const struct config *cfg;
	int code = 0;

	/* Only how characters look; numbers are written alike everywhere. */
	setlocale(LC_CTYPE, "");
	signal(SIGPIPE, SIG_IGN);
	if (options_parse(&o, argc, argv, &err) != 0) {
		options_release(&o);
		return usage_error(&err);
	}
	if (o.mode == MODE_HELP) {
		code = help(&o);
	} else if (o.mode == MODE_VERSION) {
		code = printf("sparkops " SPARKOPS_VERSION "\n") < 0;
	} else if (o.mode == MODE_GENERATE) {
		code = generate(o.generate);
	} else {
		read_themes(o.args.theme);
		o.args.names = names_known();
		code = check_looks(&o);
		cfg = code == 0 ? load(&o, &code) : NULL;
		if (cfg != NULL)
			code = run(cfg, &o);
		config_unref(cfg);
	}
	options_release(&o);
	return code;
}
