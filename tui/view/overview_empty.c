/* overview_empty.c - the first minute without a job: where it was looked, and what to write. */
#include <stdio.h>

#include "../../include/row/jvm.h"
#include "overview_parts.h"

/* Nobody has looked at the processes of this host yet. */
static bool is_looking(const struct ui *ui)
{
	for (size_t i = 0; ui->snap && i < ui->snap->nsections; i++) {
		const struct section *s = ui->snap->sections[i];

		if (s->source == SOURCE_JVM)
			return s->state == SECTION_WAITING;
	}
	return true;
}

void overview_empty(struct ui *ui, struct area a)
{
	const struct rowset *jvms = ui->snap ? dataset_rows(ui->snap->jvms, &schema_jvm) : NULL;
	const char *file = ui->cfg->file ? ui->cfg->file : config_default_file(&ui->frame);
	size_t n = jvms ? jvms->n : 0;
	char line[320];
	int y = 0;

	if (ui->cfg->njobs || ui->cfg->nclusters) {
		draw_str_cut(a, LABEL_X, 0, a.w - 4, STYLE_DIM, "waiting for the first answers");
		return;
	}
	if (ui->cfg->discover && is_looking(ui)) {
		draw_str_cut(a, LABEL_X, 0, a.w - 4, STYLE_DIM,
			     "looking at the processes of this host");
		return;
	}
	draw_str_cut(a, LABEL_X, y, a.w - 4, STYLE_TEXT,
		     ui->cfg->discover
			     ? "No Spark job was found on this host, and none is configured."
			     : "No job is configured.");
	y += 2;
	if (!ui->cfg->discover)
		overview_line(a, y++, "looked", STYLE_DIM, STYLE_DIM,
			      "not at this host: discovery is off");
	else if (n)
		draw_strf(a, TEXT_X, y++, STYLE_TEXT,
			  "%zu Spark JVM%s here, none of them a driver; 7 shows them", n,
			  n == 1 ? "" : "s");
	else
		overview_line(a, y++, "looked", STYLE_DIM, STYLE_DIM,
			      "at the processes of this host: no Spark JVM; it goes on looking");
	snprintf(line, sizeof(line), "no job is named in " CONFIG_SYSTEM_FILE " or %.250s",
		 file ? file : "a file of your own");
	overview_line(a, y++, "read", STYLE_DIM, STYLE_DIM, line);
	snprintf(line, sizeof(line), "sparkops --print-config > %.250s",
		 file ? file : "config.yaml");
	overview_line(a, y++, "write", STYLE_DIM, STYLE_DIM, line);
	overview_line(a, y++, "or name", STYLE_DIM, STYLE_DIM,
		      "sparkops --health http://HOST:PORT      a job by its health endpoint");
	overview_line(a, y++, "", STYLE_DIM, STYLE_DIM,
		      "sparkops --ui http://HOST:4040          a Spark driver's own page");
	overview_line(a, y, "", STYLE_DIM, STYLE_DIM,
		      "sparkops --dlq FOLDER                   a dead-letter queue");
}
