/* verb_audit.c - `sparkops audit`: what was done, by whom, and whether the chain of its rows is
 * whole. Reads only, and needs no console that runs. */
#include <stdio.h>
#include <string.h>

#include "../include/audit.h"
#include "../include/clock.h"
#include "verb.h"
#include "verb_say.h"

enum { OUTPUT_CAP = 1 << 30, EXIT_UNREADABLE = 1, EXIT_BROKEN = 2 };

static void local_time(int64_t at, char out[static 32])
{
	clock_rfc3339(at + clock_local_offset_ms(at), out);
	out[10] = ' ';
	out[19] = '\0';
}

static void word(const struct text *t, struct buf *out)
{
	if (t && text_len(t) > 0)
		buf_printf(out, "  %s", text_str(t));
}

/* Whom it is about: said once, by the intent; its steps and its end say it in their own words. */
static const struct text *target(const struct audit_row *r)
{
	static const char job[] = "job ";
	bool is_told = text_is(r->kind, "step") || text_is(r->kind, "outcome");
	const char *s = r->target ? text_str(r->target) : "";

	if (is_told ||
	    (strncmp(s, job, sizeof(job) - 1) == 0 && text_is(r->job, s + sizeof(job) - 1)))
		return NULL;
	return r->target;
}

/* `17  2026-11-20 14:03:27  ann@ops-box-1  kill outcome done  migration  java
 * 18423 ended  proof` */
static void put_text(const struct audit_row *r, struct buf *out)
{
	char at[32];

	local_time(r->at, at);
	buf_printf(out, "%lld  %s  %s@%s  %s %s", (long long)r->number, at,
		   r->user ? text_str(r->user) : "-", r->host ? text_str(r->host) : "-",
		   r->action ? text_str(r->action) : "-", r->kind ? text_str(r->kind) : "-");
	word(r->state, out);
	word(r->job, out);
	word(target(r), out);
	word(r->says, out);
	word(r->proof, out);
	buf_putc(out, '\n');
}

static void put_json(const struct rowset *rows, struct buf *out)
{
	say_json_head(out);
	buf_puts(out, ", \"audit\": [");
	for (size_t i = 0; i < rows->n; i++) {
		buf_puts(out, i ? ", " : "");
		field_json_row(&schema_audit, rows->rows[i], out);
	}
	buf_puts(out, "]}\n");
}

static int list(const struct config *cfg, const struct options *o, struct buf *out, struct err *err)
{
	struct dataset *d = NULL;
	const struct rowset *rows;
	int64_t most = o->verb.limit > 0 ? o->verb.limit : ABSENT;
	int rc = audit_rows(cfg->state_dir, most, &d, err);

	if (rc != 0)
		return rc;
	rows = dataset_rows(d, &schema_audit);
	if (o->json)
		put_json(rows, out);
	for (size_t i = 0; !o->json && i < rows->n; i++)
		put_text(rows->rows[i], out);
	dataset_unref(d);
	return 0;
}

static int verify(const struct config *cfg, const struct options *o, struct buf *out,
		  bool *is_whole, struct err *err)
{
	struct audit_proof proof;
	int rc = audit_proved(cfg->state_dir, &proof, err);

	if (rc != 0)
		return rc;
	*is_whole = proof.is_whole;
	if (!o->json) {
		buf_printf(out, "%s\n", proof.says);
		return 0;
	}
	say_json_head(out);
	buf_printf(out, ", \"verdict\": \"%s\", \"is_whole\": %s, \"rows\": %lld, \"first_bad\": ",
		   proof.kind, proof.is_whole ? "true" : "false", (long long)proof.rows);
	if (is_absent(proof.first_bad))
		buf_puts(out, "null");
	else
		buf_printf(out, "%lld", (long long)proof.first_bad);
	buf_printf(out, ", \"head\": %s%s%s, \"says\": ", proof.head[0] ? "\"" : "",
		   proof.head[0] ? proof.head : "null", proof.head[0] ? "\"" : "");
	field_json_string(proof.says, out);
	buf_puts(out, "}\n");
	return 0;
}

int verb_audit(const struct config *cfg, const struct options *o)
{
	bool is_whole = true;
	struct err err = {0};
	struct buf out;
	int rc, code = 0;

	buf_init(&out, OUTPUT_CAP);
	if (o->what && strcmp(o->what, "verify") == 0)
		rc = verify(cfg, o, &out, &is_whole, &err);
	else
		rc = list(cfg, o, &out, &err);
	if (rc != 0) {
		fprintf(stderr, "sparkops: audit: %s\n", err.message);
		code = EXIT_UNREADABLE;
	} else if (!is_whole) {
		code = EXIT_BROKEN;
	}
	if (out.len)
		fwrite(out.data, 1, out.len, stdout);
	if (fflush(stdout) != 0) {
		fprintf(stderr, "sparkops: cannot write to standard output\n");
		code = EXIT_UNREADABLE;
	}
	buf_release(&out);
	return code;
}
