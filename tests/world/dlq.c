/* dlq.c - see dlq.h. Each append opens and closes the file, as the played Python does: whoever
 * follows the file sees it rotate, vanish and come back. */
#include "dlq.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "heap.h"
#include "job.h"
#include "poison.h"
#include "when.h"
#include "writer.h"

#define PLAIN_DAYS 3 /* younger files are not compressed */

/* clang-format off */
static const struct known_error {
	const char *type, *message, *recommendation;
} known_errors[] = {
	{"ServerSelectionTimeoutError",
	 "No suitable servers found within 30000ms, Timeout: 30s, Topology Description: "
	 "<TopologyDescription id: 0, topology_type: Single>",
	 "Retry after 30 seconds - Check MongoDB connection"},
	{"Timeout",
	 "HTTPSConnectionPool(host='api.example.com', port=443): Read timed out. (read timeout=30)",
	 "Retry after 60 seconds - Check API availability"},
	{"SchemaError",
	 "[UNRESOLVED_COLUMN.WITH_SUGGESTION] A column or function parameter with name `steps` cannot "
	 "be resolved. Did you mean one of the following? [`userId`, `date`].;\n'Project ['steps]\n",
	 "Check data schema and collection structure"},
	{"AnalysisException",
	 "[UNRESOLVED_COLUMN.WITH_SUGGESTION] A column or function parameter with name `heartRate` "
	 "cannot be resolved. Did you mean one of the following? [`steps`].;\n'Project ['heartRate]\n",
	 "Check data schema and collection structure"},
	{"OutOfMemoryError",
	 "An error occurred while calling o57.save.\n: java.lang.OutOfMemoryError: Java heap space",
	 "Review stack trace and DLQ entry"},
	{"Py4JNetworkError",
	 "Answer from Java side is empty",
	 "Review stack trace and DLQ entry"},
	{"ConnectionRefusedError",
	 "[Errno 111] Connection refused",
	 "Review stack trace and DLQ entry"},
	{NULL,
	 "Something that this job did not expect",
	 "Review stack trace and DLQ entry"},
};
/* clang-format on */

static const struct known_error *find_error(const char *type)
{
	const struct known_error *error = known_errors;
	while (error->type && strcmp(error->type, type) != 0)
		error++;
	return error;
}

const char *dlq_recommendation(const char *type)
{
	return find_error(type)->recommendation;
}

static char *day_file(const struct job *job, int64_t at, const char *end)
{
	char day[WHEN_SIZE];
	return heap_print("%s/failed_batches_%s.json%s", job->dlq,
			  when_day(at + job->dlq_days * DAY_MS, job->zone_ms, day), end);
}

static void append(const char *path, const char *bytes, size_t size)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, bytes, size) != (ssize_t)size)
		fprintf(stderr, "world: cannot write %s\n", path);
	if (fd >= 0)
		close(fd);
}

static void append_compressed(const char *path, const char *bytes, size_t size)
{
	gzFile file = gzopen(path, "ab");
	if (!file || gzwrite(file, bytes, (unsigned)size) != (int)size)
		fprintf(stderr, "world: cannot write %s\n", path);
	if (file)
		gzclose(file);
}

static void write_samples(struct writer *writer, const struct job *job, int64_t batch, int64_t at)
{
	char day[WHEN_SIZE], text[WHEN_SIZE];
	when_python(at, job->zone_ms, day);
	day[10] = '\0';
	writer_array(writer, "sample_records");
	for (int i = 0; i < 2; i++) {
		int64_t user = (batch * 7 + i * 333 + job->seed) % 900 + 100;
		writer_object(writer, NULL);
		snprintf(text, sizeof(text), "user%lld", (long long)user);
		writer_text(writer, "userId", text);
		writer_text(writer, "date", day);
		writer_int(writer, "steps", 4000 + user * 11 % 9000);
		writer_end(writer);
	}
	writer_end(writer);
}

static void write_entry(struct writer *writer, const struct job *job, int64_t batch, int64_t at,
			const char *type)
{
	char text[WHEN_SIZE];
	const struct known_error *error = find_error(type);

	writer_object(writer, NULL);
	writer_int(writer, "batch_id", batch);
	writer_text(writer, "timestamp", when_python(at, job->zone_ms, text));
	writer_object(writer, "error");
	writer_text(writer, "type", type);
	writer_text(writer, "message", error->message);
	writer_text(writer, "recommendation", error->recommendation);
	writer_text(writer, "action", "Continue to next batch");
	writer_end(writer);
	writer_object(writer, "context");
	writer_int(writer, "batch_id", batch);
	writer_text(writer, "last_ts", when_python(at - job->interval_ms, job->zone_ms, text));
	writer_int(writer, "records_queried", batch % 500);
	writer_end(writer);
	write_samples(writer, job, batch, at);
	writer_end(writer);
	writer_raw(writer, "\n", 1);
}

void dlq_write(struct job *job, int64_t batch, int64_t at, const char *type)
{
	struct poison poison;
	struct writer writer;

	if (!job->dlq)
		return;
	writer_init(&writer, WRITER_PYTHON);
	poison_init(&poison, job->dlq_lines++);
	if (fault_on(&job->faults, FAULT_POISONED))
		writer.poison = &poison;
	write_entry(&writer, job, batch, at, type);
	bool is_old = when_now() - at > PLAIN_DAYS * DAY_MS;
	char *path = day_file(job, at, is_old ? ".gz" : "");
	if (is_old)
		append_compressed(path, writer.text, writer.size);
	else
		append(path, writer.text, writer.size);
	heap_free(path);
	writer_release(&writer);
}

void dlq_write_bad(struct job *job, int64_t now)
{
	static const char *const lines[] = {
		"{\"batch_id\": 17, \"timestamp\": \"2025-11-21T09:4\n",
		"Traceback (most recent call last):\n",
		"[1, 2, 3]\n",
	};
	if (!job->dlq)
		return;
	const char *line = lines[job->dlq_lines++ % 3];
	char *path = day_file(job, now, "");
	append(path, line, strlen(line));
	heap_free(path);
}

static void copy_file(const char *from, const char *to)
{
	char bytes[4096];
	size_t size;
	FILE *in = fopen(from, "re");
	while (in && (size = fread(bytes, 1, sizeof(bytes), in)) > 0)
		append(to, bytes, size);
	if (in)
		fclose(in);
}

void dlq_harm(struct job *job, enum dlq_harm harm, int64_t now)
{
	if (!job->dlq)
		return;
	char *path = day_file(job, now, "");
	char *copy = day_file(job, now, ".1");
	if (harm == DLQ_COPY_TRUNCATE)
		copy_file(path, copy);
	if (harm == DLQ_DELETE ? unlink(path) : truncate(path, 0))
		fprintf(stderr, "world: cannot harm %s\n", path);
	heap_free(copy);
	heap_free(path);
}
