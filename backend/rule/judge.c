/* rule/judge.c - the sentences that several checks say: what happened, to what, with the number and
 * the limit. */
#include "judge.h"

#include <stdio.h>

void judge_say(struct judge *j, const char *fmt, ...)
{
	const struct text *said;
	char line[600];
	va_list ap;

	if (j->n == EVIDENCE_MAX)
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	said = text_clean(j->a, line, strlen(line));
	for (size_t i = 0; i < j->n; i++) {
		if (text_cmp(j->evidence[i], said) == 0)
			return;
	}
	j->evidence[j->n++] = said;
}

const char *age_words(struct arena *a, int64_t ms)
{
	char *out = arena_alloc_raw(a, 16, 1);
	size_t n = format_age((double)ms / 1000, out, 16);

	if (n > 3 && (!strcmp(out + n - 3, "m00") || !strcmp(out + n - 3, "h00")))
		out[n - 2] = '\0';
	return out;
}

/* `no answer to 3 probes in 12s from 127.0.0.1:5001`, or who refuses. */
void judge_say_down(struct judge *j, const struct probe *p, const char *what)
{
	if (p->answer == ANSWER_REFUSED)
		judge_say(j, "nothing listens at its %s %s: connection refused", what, p->where);
	else if (p->silent_probes > 1)
		judge_say(j, "no answer to %lld probes in %s from its %s %s%s%s",
			  (long long)p->silent_probes, age(j, p->silent_ms), what, p->where,
			  p->cause ? ": " : "", p->cause ? p->cause : "");
	else
		judge_say(j, "no answer to %s from its %s %s%s%s",
			  p->silent_probes == 1 ? "1 probe" : "a probe", what, p->where,
			  p->cause ? ": " : "", p->cause ? p->cause : "");
}

void judge_say_jvm(struct judge *j)
{
	judge_say_jvm_from(j, 0);
}

void judge_say_jvm_from(struct judge *j, size_t first)
{
	const struct jvm_row *jvm = j->f->jvm;

	for (size_t i = first; i < jvm->evidence.n; i++)
		judge_say(j, "java %lld: %s", (long long)jvm->pid, text_str(jvm->evidence.v[i]));
}

void judge_say_errors(struct judge *j)
{
	const struct job_facts *f = j->f;
	int64_t n = f->errors_5m.at_least;

	judge_say(j, "%s%lld error%s in the last 5 minutes",
		  is_absent(f->errors_5m.n) ? "at least " : "", (long long)n, s_of(n));
	if (f->top_type)
		judge_say(j, "%lld x %s %s", (long long)f->top_count, f->top_type, f->top_when);
}

void judge_say_own_word(struct judge *j)
{
	const struct job_facts *f = j->f;

	if (!is_absent(f->errors))
		judge_say(j, "says %s: %lld error%s since start, %s", f->says, (long long)f->errors,
			  s_of(f->errors),
			  f->errors_5m.at_least > 0 ? "not all of them dated"
						    : "nothing dates them");
	else
		judge_say(j, "says %s, since start: nothing dates its errors", f->says);
}
