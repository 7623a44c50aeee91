/* discover/ports.c - which port is asked next, by role, queue length and number. */
#include "ports.h"

#include <stdlib.h>
#include <string.h>

#include "../rule/jvms.h"

enum {
	UI_PORT = 4040,
	MASTER_PORT = 8080,
	WORKER_PORT = 8081,
	HISTORY_PORT = 18080,
	LIVY_PORT = 8998,
	RETRIES = 16,      /* spark.port.maxRetries */
	JAVA_BACKLOG = 50, /* the JDK's default; RPC and block manager have 4096 */
	RPC_BACKLOG = 4096,
	PYTHON_BACKLOG = 5, /* socketserver's default */
	PORTS_MAX = 64,     /* more are not looked at */
	QUICK_TRIES = 5,    /* with the shortest pause, then each is twice as long */
	WEB_TRIES = 60,  /* so many of what is most likely a web server of Spark's that comes up */
	PAUSE_MS = 1000, /* shorter than from look to look: at each of them */
	LONG_PAUSE_MS = 300000,
	FORGET_MS = 60000,
};

/* The lower it stands the earlier it is asked; in front of these the ports a role
 * has by default. */
enum rank { RANK_FIRST, RANK_LIKELY, RANK_CHOSEN, RANK_GIVEN, RANK_LAST };

struct candidate {
	const struct jvm_port *port;
	const char *owner;
	unsigned what;
	enum rank rank;
	bool is_doubtful;
};

struct candidates {
	struct candidate v[PORTS_MAX];
	size_t n;
};

/* --- the book --- */

void port_book_init(struct port_book *b, int64_t ephemeral_from)
{
	*b = (struct port_book){.ephemeral_from = ephemeral_from};
}

void port_book_release(struct port_book *b)
{
	free(b->v);
	free(b->slots);
	port_book_init(b, b->ephemeral_from);
}

/* The slot of that port, or the free one where it belongs. */
static uint32_t *book_slot(const struct port_book *b, const char *owner, int64_t port)
{
	uint64_t hash = UINT64_C(14695981039346656037) ^ (uint64_t)port;
	size_t at;

	for (const char *p = owner; *p; p++)
		hash = (hash ^ (unsigned char)*p) * UINT64_C(1099511628211);
	for (at = hash & (b->nslots - 1); b->slots[at]; at = (at + 1) & (b->nslots - 1)) {
		const struct port_answer *a = &b->v[b->slots[at] - 1];

		if (a->port == port && strcmp(a->owner, owner) == 0)
			break;
	}
	return &b->slots[at];
}

static void book_index(struct port_book *b)
{
	size_t want = 64;

	while (want < b->size * 2)
		want *= 2;
	free(b->slots);
	b->nslots = want;
	b->slots = xcalloc(want, sizeof(*b->slots));
	for (size_t i = 0; i < b->n; i++)
		*book_slot(b, b->v[i].owner, b->v[i].port) = (uint32_t)i + 1;
}

const struct port_answer *port_book_find(const struct port_book *b, const char *owner, int64_t port)
{
	uint32_t index = b->nslots ? *book_slot(b, owner, port) : 0;

	return index ? &b->v[index - 1] : NULL;
}

static struct port_answer *book_add(struct port_book *b, const struct port_answer *answer)
{
	if (b->n == b->size) {
		b->size = b->size ? b->size * 2 : 16;
		b->v = xrealloc(b->v, b->size * sizeof(*b->v));
		book_index(b);
	}
	*book_slot(b, answer->owner, answer->port) = (uint32_t)b->n + 1;
	b->v[b->n] = (struct port_answer){.is = PORT_IS_ASKED};
	return &b->v[b->n++];
}

void port_book_set(struct port_book *b, const struct port_answer *answer)
{
	uint32_t index = b->nslots ? *book_slot(b, answer->owner, answer->port) : 0;
	struct port_answer *entry = index ? &b->v[index - 1] : book_add(b, answer);
	enum port_is was = entry->is == PORT_IS_ASKED ? entry->was : entry->is;
	unsigned tries = entry->tries;

	if (answer->is == PORT_IS_ASKED)
		tries++;
	else if (answer->is != was)
		tries = 1;
	*entry = *answer;
	entry->was = was;
	entry->tries = tries;
	entry->seen_ms = answer->said_ms;
}

static bool is_use(enum port_is is)
{
	return is < PORT_IS_STARTING;
}

bool ports_have(const struct jvm_ports *ports, int64_t port)
{
	for (size_t i = 0; i < ports->n; i++)
		if (ports->v[i].port == port)
			return true;
	return false;
}

/* A process whose ports are known. */
struct owner {
	const char *id;
	const struct jvm_ports *ports;
};

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct owner *)a)->id, ((const struct owner *)b)->id);
}

static struct owner *owners_of(const struct jvm_row *const *jvms, size_t n, size_t *count)
{
	struct owner *v = xcalloc(2 * n + 1, sizeof(*v));

	*count = 0;
	for (size_t i = 0; i < n; i++) {
		struct python_half python = python_of(jvms[i]);

		if (jvms[i]->id)
			v[(*count)++] = (struct owner){text_str(jvms[i]->id), &jvms[i]->listens};
		if (python.id)
			v[(*count)++] = (struct owner){text_str(python.id), python.listens};
	}
	qsort(v, *count, sizeof(*v), by_id);
	return v;
}

void port_book_sweep(struct port_book *b, const struct jvm_row *const *jvms, size_t n, int64_t now)
{
	size_t kept = 0, nowners;
	struct owner *owners = owners_of(jvms, n, &nowners);

	for (size_t i = 0; i < b->n; i++) {
		struct port_answer *a = &b->v[i];
		struct owner key = {a->owner, NULL};
		const struct owner *o = bsearch(&key, owners, nowners, sizeof(*owners), by_id);
		bool is_open = o && (is_use(a->is) || ports_have(o->ports, a->port));

		if (is_open)
			a->seen_ms = now;
		if (is_open || (!o && now - a->seen_ms <= FORGET_MS) || a->is == PORT_IS_ASKED)
			b->v[kept++] = *a;
	}
	free(owners);
	if (kept < b->n) {
		b->n = kept;
		book_index(b);
	}
}

/* --- what may be asked --- */

static bool is_between(int64_t v, int64_t low, int64_t high)
{
	return v >= low && v <= high;
}

/* Nobody would answer, or somebody else is spoken with there. A row that does not know its queue
 * (no rights) does not hinder: the deadline is short. */
static bool may_ask(const struct jvm_port *p, bool is_jvms)
{
	/* A Python that asks the UI of its JVM is connected to it, too: that is no gateway. */
	bool is_web = is_jvms && is_between(p->backlog, 1, UI_BACKLOG_MAX);

	return (!p->is_linked || is_web) && (is_absent(p->queue) || p->queue == 0);
}

static void add(struct candidates *c, const struct candidate *one)
{
	if (one->what && c->n < PORTS_MAX)
		c->v[c->n++] = *one;
}

/* A port of Spark's own web servers, by its queue, or by its number where that is not known. */
static enum rank web_rank(const struct jvm_port *p, int64_t usual, int64_t chosen, bool *is_web)
{
	bool is_usual = is_between(p->port, usual, usual + RETRIES);
	bool is_small = is_between(p->backlog, 1, UI_BACKLOG_MAX);

	*is_web = is_small || (is_usual && (is_absent(p->backlog) || p->backlog < JAVA_BACKLOG)) ||
		  (p->port == chosen && !is_between(p->backlog, JAVA_BACKLOG, INT64_MAX));
	return p->port == chosen ? RANK_FIRST : is_usual ? RANK_LIKELY : RANK_CHOSEN;
}

static bool is_own_server(const struct jvm_port *p, const struct port_book *b)
{
	return is_between(p->backlog, 1, JAVA_BACKLOG) && p->port < b->ephemeral_from;
}

static void add_driver(struct candidates *c, const struct jvm_row *jvm, const struct port_book *b)
{
	for (size_t i = 0; i < jvm->listens.n; i++) {
		const struct jvm_port *p = &jvm->listens.v[i];
		struct candidate one = {.port = p, .owner = text_str(jvm->id)};
		bool is_web;

		one.rank = web_rank(p, UI_PORT, jvm->ui_port, &is_web);
		one.what = is_web ? ASK_UI : 0;
		if (is_own_server(p, b) || (is_web && is_between(p->backlog, 1, JAVA_BACKLOG)))
			one.what |= ASK_HEALTH;
		if (!is_web)
			one.rank = RANK_GIVEN;
		add(c, &one);
	}
}

static void add_daemon(struct candidates *c, const struct jvm_row *jvm, int64_t usual,
		       unsigned what)
{
	for (size_t i = 0; i < jvm->listens.n; i++) {
		const struct jvm_port *p = &jvm->listens.v[i];
		struct candidate one = {.port = p, .owner = text_str(jvm->id)};
		bool is_web;

		one.rank = web_rank(p, usual, usual, &is_web);
		if (p->port == usual && (what == ASK_HISTORY || p->backlog < RPC_BACKLOG))
			is_web = true; /* a history server has no RPC */
		one.what = is_web ? what : 0;
		add(c, &one);
	}
}

static void add_livy(struct candidates *c, const struct jvm_row *jvm, const struct port_book *b)
{
	for (size_t i = 0; i < jvm->listens.n; i++) {
		const struct jvm_port *p = &jvm->listens.v[i];
		struct candidate one = {.port = p, .owner = text_str(jvm->id)};

		one.rank = p->port == LIVY_PORT ? RANK_FIRST : RANK_CHOSEN;
		one.what = p->port == LIVY_PORT || is_own_server(p, b) ? ASK_LIVY : 0;
		add(c, &one);
	}
}

/* Looks as PySpark's accumulator server does, which takes an HTTP request badly. */
static bool is_doubtful(const struct jvm_port *p, const struct port_book *b)
{
	return p->is_loopback && p->port >= b->ephemeral_from && p->backlog == PYTHON_BACKLOG;
}

/* A gateway that is spoken through: then Python has an accumulator server as well, also when its
 * JVM is dead. */
static bool has_gateway(const struct jvm_row *jvm)
{
	if (jvm_is_dead(jvm))
		return true;
	for (size_t i = 0; i < jvm->listens.n; i++)
		if (jvm->listens.v[i].is_linked)
			return true;
	return false;
}

static void add_python(struct candidates *c, const struct jvm_row *jvm, const struct port_book *b)
{
	struct python_half python = python_of(jvm);
	const struct jvm_ports *ports = python.listens;
	size_t doubtful = 0;

	if (!python.id)
		return;
	for (size_t i = 0; i < ports->n; i++)
		doubtful += is_doubtful(&ports->v[i], b) && !ports->v[i].is_linked;
	for (size_t i = 0; i < ports->n; i++) {
		const struct jvm_port *p = &ports->v[i];
		struct candidate one = {p, text_str(python.id), ASK_HEALTH, RANK_LIKELY, false};

		if (p->port >= b->ephemeral_from)
			one.rank = RANK_GIVEN;
		if (is_doubtful(p, b) && has_gateway(jvm)) {
			one.rank = RANK_LAST;
			one.is_doubtful = true;
			one.what = doubtful > 1 ? ASK_HEALTH : 0;
		}
		add(c, &one);
	}
}

static int by_rank(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return (x->port->port > y->port->port) - (x->port->port < y->port->port);
}

static void find_candidates(const struct jvm_row *jvm, const struct port_book *b,
			    struct candidates *c)
{
	c->n = 0;
	if (!jvm->id || text_len(jvm->id) >= PROCESS_ID_MAX)
		return;
	switch (jvm->role) {
	case JVM_DRIVER:
		add_driver(c, jvm, b);
		add_python(c, jvm, b);
		break;
	case JVM_MASTER:
		add_daemon(c, jvm, MASTER_PORT, ASK_DAEMON);
		break;
	case JVM_WORKER:
		add_daemon(c, jvm, WORKER_PORT, ASK_DAEMON);
		break;
	case JVM_HISTORY:
		add_daemon(c, jvm, HISTORY_PORT, ASK_HISTORY);
		break;
	case JVM_LIVY:
		add_livy(c, jvm, b);
		break;
	default:
		break;
	}
	qsort(c->v, c->n, sizeof(c->v[0]), by_rank);
}

/* --- what is known --- */

static const struct port_answer *known_of(const struct text *id, const struct jvm_ports *ports,
					  const struct port_book *b, enum port_is is)
{
	for (size_t i = 0; id && i < ports->n; i++) {
		const struct port_answer *a = port_book_find(b, text_str(id), ports->v[i].port);

		if (a && a->is == is)
			return a;
	}
	return NULL;
}

/* A silent port of a driver that nothing but a UI would have. */
static const struct port_answer *silent_ui(const struct jvm_row *jvm, const struct port_book *b)
{
	for (size_t i = 0; jvm->id && i < jvm->listens.n; i++) {
		const struct jvm_port *p = &jvm->listens.v[i];
		const struct port_answer *a = port_book_find(b, text_str(jvm->id), p->port);
		bool is_usual = is_between(p->port, UI_PORT, UI_PORT + RETRIES);
		bool is_small = is_between(p->backlog, 1, UI_BACKLOG_MAX);

		if (a && a->is == PORT_IS_SILENT && is_small &&
		    (is_usual || p->port == jvm->ui_port))
			return a;
	}
	return NULL;
}

const struct port_answer *ports_known(const struct jvm_row *jvm, const struct port_book *b,
				      enum port_is is)
{
	struct python_half python = python_of(jvm);
	const struct port_answer *a = known_of(jvm->id, &jvm->listens, b, is);

	if (!a)
		a = known_of(python.id, python.listens, b, is);
	if (!a && is == PORT_IS_UI && jvm->role == JVM_DRIVER)
		a = silent_ui(jvm, b);
	return a;
}

/* A web server of Spark's comes up however long it takes; who is doubted is asked rarely. */
static int64_t pause_ms(const struct port_answer *a, unsigned what)
{
	bool is_web = what & (ASK_UI | ASK_HISTORY | ASK_DAEMON);
	unsigned quick = a->is_doubtful ? 1 : is_web ? WEB_TRIES : QUICK_TRIES;
	int64_t pause = PAUSE_MS;

	for (unsigned i = quick; i < a->tries && pause < LONG_PAUSE_MS; i++)
		pause *= 2;
	return min_i64(pause, LONG_PAUSE_MS);
}

static bool is_due(const struct port_answer *a, unsigned what, int64_t now)
{
	bool is_open = !a || (a->is == PORT_IS_OTHER ? a->may_pass : !is_use(a->is));

	return is_open && (!a || now - a->said_ms >= pause_ms(a, what));
}

static bool is_stopped(const struct jvm_row *jvm)
{
	return jvm->state != 0 && strchr("TtZXx", jvm->state) != NULL;
}

/* What of the question is still open. */
static unsigned still_wanted(const struct jvm_row *jvm, const struct port_book *b, unsigned what)
{
	if (jvm->role != JVM_DRIVER)
		return ports_known(jvm, b, PORT_IS_MASTER) || ports_known(jvm, b, PORT_IS_WORKER) ||
				       ports_known(jvm, b, PORT_IS_HISTORY) ||
				       ports_known(jvm, b, PORT_IS_LIVY)
			       ? 0
			       : what;
	if (known_of(jvm->id, &jvm->listens, b, PORT_IS_UI))
		what &= ~(unsigned)ASK_UI;
	if (ports_known(jvm, b, PORT_IS_HEALTH))
		what &= ~(unsigned)ASK_HEALTH;
	return what;
}

static bool next_of(const struct jvm_row *jvm, const struct port_book *b, int64_t now,
		    unsigned asked, struct port_ask *out)
{
	struct candidates c;

	find_candidates(jvm, b, &c);
	for (size_t i = 0; i < c.n; i++) {
		const struct candidate *one = &c.v[i];
		unsigned what = still_wanted(jvm, b, one->what & asked);
		bool is_own = strcmp(one->owner, text_str(jvm->id)) == 0;
		const struct port_answer *said = port_book_find(b, one->owner, one->port->port);

		if (!what || !may_ask(one->port, is_own) || (is_own && is_stopped(jvm)) ||
		    strlen(one->owner) >= PROCESS_ID_MAX || !is_due(said, one->what, now))
			continue;
		*out = (struct port_ask){.port = one->port->port,
					 .what = what,
					 .is_doubtful = one->is_doubtful,
					 .is_brief = one->is_doubtful && !said};
		memcpy(out->owner, one->owner, strlen(one->owner) + 1);
		return true;
	}
	return false;
}

static bool is_being_asked(const struct jvm_row *jvm, const struct port_book *b)
{
	struct python_half python = python_of(jvm);

	return known_of(jvm->id, &jvm->listens, b, PORT_IS_ASKED) ||
	       known_of(python.id, python.listens, b, PORT_IS_ASKED);
}

bool ports_next(const struct jvm_row *jvm, const struct port_book *b, int64_t now,
		struct port_ask *out)
{
	return !is_being_asked(jvm, b) && next_of(jvm, b, now, ~0U, out);
}

/* Was it asked, and has it not just been begun with? */
static bool has_answered(const struct port_answer *a)
{
	return a && (a->is != PORT_IS_ASKED || a->was != PORT_IS_ASKED);
}

const struct jvm_port *ports_presumed(const struct jvm_row *jvm, const struct port_book *b)
{
	struct candidates c;

	find_candidates(jvm, b, &c);
	for (size_t i = 0; i < c.n; i++)
		if (!has_answered(port_book_find(b, c.v[i].owner, c.v[i].port->port)) &&
		    may_ask(c.v[i].port, true) && !is_stopped(jvm))
			return NULL;
	return c.n ? c.v[0].port : NULL;
}

bool ports_are_pending(const struct jvm_row *jvm, const struct port_book *b, int64_t now,
		       unsigned what)
{
	struct port_ask ask;

	return known_of(jvm->id, &jvm->listens, b, PORT_IS_ASKED) ||
	       next_of(jvm, b, now, what, &ask);
}
