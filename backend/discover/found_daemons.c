/* discover/found_daemons.c - the masters, workers, history servers and Livys of this host.
 *
 * One that answers is known by its answer. One that does not is listed all the same, where it
 * should answer: that its poll fails, and why, is what a person wants to know. */
#include "../rule/jvms.h"
#include "found_parts.h"

static bool daemon_look(struct found *f, const struct jvm_row *jvm, enum port_is is,
			const struct port_book *book, struct found_daemon *d)
{
	const struct port_answer *a = ports_known(jvm, book, is);
	const struct jvm_port *p = a ? NULL : ports_presumed(jvm, book);

	*d = (struct found_daemon){.is = is, .pid = jvm->pid, .name = ""};
	if (a) {
		d->port = a->port;
		d->name = arena_strdup(&f->now, a->name);
	} else if (p) {
		d->port = p->port;
		a = port_book_find(book, text_str(jvm->id), p->port);
		if (a && a->is == PORT_IS_OTHER && a->says[0])
			d->says = arena_strdup(&f->now, a->says);
	}
	return d->port > 0;
}

void found_look_at_daemons(struct found *f, const struct found_look *look)
{
	static const enum port_is by_role[] = {[JVM_MASTER] = PORT_IS_MASTER,
					       [JVM_WORKER] = PORT_IS_WORKER,
					       [JVM_HISTORY] = PORT_IS_HISTORY,
					       [JVM_LIVY] = PORT_IS_LIVY};

	arena_reset(&f->now);
	f->ndaemons = 0;
	f->daemons = ARENA_ARRAY(&f->now, struct found_daemon, look->n + 1);
	for (size_t i = 0; i < look->n; i++) {
		const struct jvm_row *jvm = look->jvms[i];
		unsigned role = (unsigned)jvm->role;

		if (role < ARRAY_LEN(by_role) && by_role[role] && !jvm_is_dead(jvm))
			f->ndaemons += daemon_look(f, jvm, by_role[role], look->book,
						   &f->daemons[f->ndaemons]);
	}
}
