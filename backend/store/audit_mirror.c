/* store/audit_mirror.c - each row of the audit in the system's log as well: who can rewrite the
 * file cannot rewrite what has left it. Where nobody listens at /dev/log nothing happens. */
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "../../include/text.h"
#include "ledger_parts.h"

static void to_syslog(const char *line)
{
	syslog(LOG_AUTHPRIV | LOG_NOTICE, "%s", line);
}

static audit_mirror_fn *mirror = to_syslog;

void audit_mirror_to(audit_mirror_fn *fn)
{
	mirror = fn;
}

static const char *or_none(const char *s)
{
	return s == NULL ? "-" : s;
}

void audit_mirror_line(const struct audit_entry *e, struct buf *lines)
{
	char line[1200], clean[1200];
	int len;

	if (mirror == NULL)
		return;
	len = snprintf(line, sizeof(line),
		       "sparkops audit %lld %s of=%lld hash=%.64s action=%s job=\"%.200s\" "
		       "target=\"%.200s\" state=%s user=%s tty=%s says=\"%.300s\"",
		       (long long)e->seq, or_none(e->kind), (long long)e->intent, or_none(e->hash),
		       or_none(e->action), or_none(e->job), or_none(e->target), or_none(e->state),
		       or_none(e->user), or_none(e->tty), or_none(e->says));
	text_clean_to(clean, sizeof(clean), line, min_size((size_t)len, sizeof(line) - 1));
	if (lines->len < (1U << 20))
		buf_printf(lines, "%s\n", clean);
}

void audit_mirror_send(struct buf *lines)
{
	char *end;

	for (char *line = lines->data; mirror != NULL && line != NULL; line = end + 1) {
		end = strchr(line, '\n');
		if (end == NULL)
			return;
		*end = '\0';
		mirror(line);
	}
}
