/* order_parse.c - the grammar of script lines (script.h has it in words). */
#include <stdlib.h>
#include <string.h>

#include "heap.h"
#include "order.h"
#include "when.h"

static const char *const verbs[] = {
	[VERB_SET] = "",
	[VERB_FAULT] = "fault",
	[VERB_WELL] = "well",
	[VERB_FAIL] = "fail",
	[VERB_BAD] = "bad",
	[VERB_ROTATE] = "rotate",
	[VERB_TRUNCATE] = "truncate",
	[VERB_COPY_TRUNCATE] = "copytruncate",
	[VERB_DELETE] = "delete",
	[VERB_LOG] = "log",
	[VERB_RESTART] = "restart",
};

static void split(struct order *order)
{
	char *from = order->text;
	from[strcspn(from, "#\r\n")] = '\0';
	while (order->word_count < ORDER_WORDS) {
		from += strspn(from, " \t");
		if (!*from)
			return;
		order->words[order->word_count++] = from;
		from += strcspn(from, " \t");
		if (*from)
			*from++ = '\0';
	}
}

static const char *word(const struct order *order, int i)
{
	return i < order->word_count ? order->words[i] : "";
}

/* NAME[.health|.ui|.dlq] */
static bool parse_target(struct order *order, char *name)
{
	static const char *const scopes[] = {"", "health", "ui", "dlq"};
	char *dot = strrchr(name, '.');

	for (enum scope scope = SCOPE_HEALTH; dot && scope <= SCOPE_DLQ; scope++)
		if (strcmp(dot + 1, scopes[scope]) == 0) {
			order->scope = scope;
			*dot = '\0';
		}
	order->target = name;
	const char *allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	return *name && !name[strspn(name, allowed)];
}

static bool parse_number(const struct order *order, int i, bool is_span, int64_t *number)
{
	char *end;
	const char *text = word(order, i);
	if (is_span)
		return when_span(text, number);
	long long n = strtoll(text, &end, 10);
	if (end == text || *end || n < 0)
		return false;
	*number = n;
	return true;
}

/* xN, since SPAN, until SPAN, unfiled: in any order from word I on. */
static bool parse_tail(struct order *order, int i, char **why)
{
	for (; i < order->word_count; i++) {
		const char *text = order->words[i];
		char *end;
		bool is_good;
		if (strcmp(text, "since") == 0) {
			is_good = when_span(word(order, ++i), &order->since_ms);
		} else if (strcmp(text, "until") == 0) {
			is_good = when_span(word(order, ++i), &order->until_ms);
		} else if (strcmp(text, "unfiled") == 0) {
			order->is_unfiled = is_good = true;
		} else {
			order->count = *text == 'x' ? strtoll(text + 1, &end, 10) : 0;
			is_good = order->count > 0 && !*end;
		}
		if (!is_good) {
			*why = heap_print("cannot read `%s`; it would be xN, since SPAN, until "
					  "SPAN or unfiled",
					  text);
			return false;
		}
	}
	return true;
}

static bool parse_fault(struct order *order, int i, char **why)
{
	order->fault = fault_find(word(order, i));
	if (order->fault == FAULT_COUNT) {
		*why = heap_print("there is no fault `%s`; --help lists them", word(order, i));
		return false;
	}
	const struct fault_kind *kind = &fault_kinds[order->fault];
	order->number = kind->number;
	i++;
	if (kind->argument && parse_number(order, i, kind->is_span, &order->number))
		i++;
	return parse_tail(order, i, why);
}

static bool parse_verb(struct order *order, int i, char **why)
{
	const char *name = word(order, i);

	order->first = i;
	if (strchr(name, '=') || strcmp(name, "jvm") == 0) {
		order->verb = VERB_SET;
		return true;
	}
	order->verb = VERB_FAULT;
	while (order->verb < VERB_RESTART && strcmp(verbs[order->verb], name) != 0)
		order->verb++;
	if (strcmp(verbs[order->verb], name) != 0) {
		*why = heap_print(
			"there is no order `%s`; it would be KEY=VALUE, jvm, fault, well, fail, "
			"bad, rotate, truncate, copytruncate, delete, log or restart",
			name);
		return false;
	}
	order->first = ++i;
	if (order->verb == VERB_FAULT)
		return parse_fault(order, i, why);
	if (order->verb == VERB_WELL && i < order->word_count)
		return parse_fault(order, i, why);
	if (order->verb == VERB_LOG) {
		if (i + 2 < order->word_count)
			return true;
		*why = heap_text("log needs a level, a class and a text: log WARN TaskSetManager "
				 "Lost task");
		return false;
	}
	if (order->verb == VERB_FAIL) {
		if (i >= order->word_count) {
			*why = heap_text("fail needs the type of the error");
			return false;
		}
		order->type = order->words[i++];
	}
	return parse_tail(order, i, why);
}

bool order_parse(struct order *order, const char *text, int line, char **why)
{
	int i = 0;

	*order = (struct order){.text = heap_text(text),
				.line = line,
				.at_ms = -1,
				.count = 1,
				.fault = FAULT_COUNT};
	split(order);
	if (order->word_count == 0)
		return true;
	if (strcmp(word(order, i), "at") == 0) {
		if (!when_span(word(order, i + 1), &order->at_ms)) {
			*why = heap_print("`%s` is no span; it would be 10s or 6m12",
					  word(order, i + 1));
			return false;
		}
		i += 2;
	}
	if (strcmp(word(order, i), "master") == 0) {
		i += 1;
	} else if (strcmp(word(order, i), "job") == 0 && i + 1 < order->word_count &&
		   parse_target(order, order->words[i + 1])) {
		i += 2;
	} else {
		*why = heap_text("a line is [at SPAN] job NAME ORDER or [at SPAN] master ORDER");
		return false;
	}
	return parse_verb(order, i, why);
}

void order_release(struct order *order)
{
	heap_free(order->text);
	order->text = NULL;
}
