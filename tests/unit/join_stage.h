/* join_stage.h - a few JVMs and jobs that are to be joined, all plain until a test says more. */
#ifndef SPARKOPS_TESTS_JOIN_STAGE_H
#define SPARKOPS_TESTS_JOIN_STAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../backend/rule/jvms.h"

enum { MOST = 8 };

static const char *const own[] = {"ops-box-1", "10.0.0.7", NULL};

struct stand {
	struct jvm_row jvms[MOST];
	const struct jvm_row *rows[MOST];
	struct jvm_port ports[MOST][2], parent_ports[MOST][1];
	struct config_job cfgs[MOST];
	struct config_found found[MOST];
	struct join_job jobs[MOST];
	int job_of[MOST];
	size_t n, njobs;
};

static inline struct jvm_row *jvm(struct stand *s, const char *id, int role, int64_t port)
{
	size_t i = s->n++;

	s->ports[i][0] = (struct jvm_port){.port = port};
	s->ports[i][1] = (struct jvm_port){.port = 41000 + (int64_t)i};
	s->rows[i] = &s->jvms[i];
	s->jvms[i] = (struct jvm_row){.id = (const struct text *)(const void *)id,
				      .role = role,
				      .state = 'S',
				      .started_at = 1000 + (int64_t)i,
				      .listens = {2, s->ports[i]}};
	return &s->jvms[i];
}

static inline void parent_port(struct stand *s, struct jvm_row *row, int64_t port)
{
	size_t i = (size_t)(row - s->jvms);

	s->parent_ports[i][0] = (struct jvm_port){.port = port};
	row->parent_listens = (struct jvm_ports){1, s->parent_ports[i]};
}

static inline struct join_job *add_job(struct stand *s, const char *ui, const char *health)
{
	size_t i = s->njobs++;

	s->cfgs[i] = (struct config_job){.name = TEXT("job"), .ui = ui, .health = health};
	s->jobs[i] = (struct join_job){&s->cfgs[i], "", "", false, own, ABSENT};
	return &s->jobs[i];
}

static inline struct config_job *cfg_of(struct stand *s, const struct join_job *j)
{
	return &s->cfgs[j - s->jobs];
}

static inline void join(struct stand *s)
{
	jvms_join(s->rows, s->n, s->jobs, s->njobs, s->job_of);
}

#endif
