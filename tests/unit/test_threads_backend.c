/* test_threads_backend.c - the door under ThreadSanitizer: a reader that keeps old snapshots and
 * walks them, requests from another thread, and targets of every kind meanwhile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>

#include "backend_world.h"

enum { KEPT = 16, PICTURES = 60 };

struct world {
	struct backend *backend;
	atomic_bool is_over;
	atomic_uint refused;
};

static void *ask_often(void *data)
{
	struct world *w = data;
	struct request r = {.kind = REQUEST_POLL_NOW};
	struct err err;

	for (unsigned i = 0; !w->is_over; i++) {
		r.kind = i % 7 ? REQUEST_POLL_NOW : REQUEST_DLQ_PAGE;
		if (backend_request(w->backend, &r, &err))
			w->refused++;
		if (i % 100 == 0)
			world_nap(1);
	}
	return NULL;
}

/* Touches everything a front end may touch. */
static size_t walk(const struct snapshot *s)
{
	size_t sum = s->nsections + (s->banner ? strlen(s->banner) : 0);
	const struct dataset *derived[] = {s->jobs,      s->incidents, s->errors,
					   s->executors, s->targets,   s->dlq};

	for (size_t i = 0; i < s->nsections; i++) {
		const struct section *one = s->sections[i];

		sum += strlen(one->where) + (one->problem ? strlen(one->problem) : 0);
		for (size_t k = 0; one->data && k < one->data->nsets; k++)
			sum += one->data->sets[k].n;
	}
	for (size_t i = 0; i < ARRAY_LEN(derived); i++) {
		for (size_t k = 0; derived[i] && k < derived[i]->nsets; k++) {
			const struct rowset *set = &derived[i]->sets[k];
			struct buf out;

			buf_init(&out, 1 << 20);
			for (size_t row = 0; row < set->n; row++)
				field_json_row(set->schema, set->rows[row], &out);
			sum += out.len;
			buf_release(&out);
		}
	}
	return sum;
}

static bool is_newer(const struct snapshot *s, void *data)
{
	return s->seq > *(uint64_t *)data;
}

static void readers_and_requests(void **state)
{
	static const enum fault_kind kinds[] = {FAULT_NONE, FAULT_SILENT, FAULT_REFUSED,
						FAULT_CLOSE_AT};
	struct fault_server *server = fault_start();
	struct world w = {0};
	const struct snapshot *kept[KEPT] = {NULL};
	const struct config *cfg;
	int ports[12];
	pthread_t asker;
	struct err err;
	uint64_t seq = 0;
	size_t sum = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ports); i++)
		ports[i] = fault_port(server, kinds[i % ARRAY_LEN(kinds)], 20, NULL, 0);
	cfg = world_jobs(ports, ARRAY_LEN(ports), 200);
	w.backend = backend_start(cfg, &err);
	assert_non_null(w.backend);
	assert_int_equal(pthread_create(&asker, NULL, ask_often, &w), 0);
	for (size_t i = 0; i < PICTURES; i++) {
		const struct snapshot *s = world_wait(w.backend, is_newer, &seq);

		assert_non_null(s);
		seq = s->seq;
		snapshot_unref(kept[i % KEPT]);
		kept[i % KEPT] = s;
		sum += walk(s) + walk(kept[(i * 7) % (i < KEPT ? i + 1 : KEPT)]);
	}
	w.is_over = true;
	pthread_join(asker, NULL);
	backend_stop(w.backend);
	for (size_t i = 0; i < KEPT; i++) { /* they outlive the backend */
		sum += walk(kept[i]);
		snapshot_unref(kept[i]);
	}
	assert_true(sum > 0);
	config_unref(cfg);
	fault_stop(server);
}

static void starts_and_stops(void **state)
{
	struct fault_server *server = fault_start();
	int ports[] = {fault_port(server, FAULT_NONE, 0, NULL, 0),
		       fault_port(server, FAULT_SILENT, 0, NULL, 0)};
	const struct config *cfg = world_jobs(ports, 2, 200);

	(void)state;
	for (int i = 0; i < 50; i++) {
		struct world w = {0};
		pthread_t asker;
		struct err err;

		w.backend = backend_start(cfg, &err);
		assert_int_equal(pthread_create(&asker, NULL, ask_often, &w), 0);
		backend_settle(w.backend, i % 5);
		w.is_over = true;
		pthread_join(asker, NULL);
		backend_stop(w.backend);
	}
	config_unref(cfg);
	fault_stop(server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(readers_and_requests),
		cmocka_unit_test(starts_and_stops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
