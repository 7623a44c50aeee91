/* rule/errors_known.c - what error types mean and what to do about them, as the reference
 * deployments and Spark's own texts have it. A type may come with its package; only its last part
 * is looked up. Types of one meaning share an alias, under which the errors view merges them. */
#include <string.h>

#include "errors.h"

#define NAMES 6

static const struct known {
	const char *names[NAMES]; /* the first is the alias */
	const struct text *alias, *cause, *recommendation;
} known[] = {
	{{"ServerSelectionTimeoutError", "AutoReconnect", "NetworkTimeout"},
	 TEXT("ServerSelectionTimeoutError"),
	 TEXT("the job could not reach MongoDB in time; the batch was not written"),
	 TEXT("Retry after 30 seconds - Check MongoDB connection")},
	{{"Timeout", "ReadTimeout", "ConnectTimeout", "TimeoutError", "TimeoutException"},
	 TEXT("Timeout"),
	 TEXT("a service that the job calls did not answer in time"),
	 TEXT("Retry after 60 seconds - Check API availability")},
	{{"SchemaError", "AnalysisException"},
	 TEXT("SchemaError"),
	 TEXT("the data has not the columns or types that the query expects; trying again does not "
	      "help"),
	 TEXT("Check data schema and collection structure")},
	{{"OutOfMemoryError"},
	 TEXT("OutOfMemoryError"),
	 TEXT("the heap of a driver or executor is too small for the work; later errors of a lost "
	      "session "
	      "follow from it"),
	 TEXT("Raise spark.driver.memory or spark.executor.memory, or lower the cores per "
	      "executor; then start "
	      "the job again")},
	{{"Py4JNetworkError", "Py4JError"},
	 TEXT("Py4JNetworkError"),
	 TEXT("Python lost its driver's JVM: it died, or one of its gateway threads did"),
	 TEXT("Look for an OutOfMemoryError before it; the session is dead, start the job again")},
	{{"ConnectionRefusedError"},
	 TEXT("ConnectionRefusedError"),
	 TEXT("nothing listens where the job connects; after a JVM died, the dead session itself"),
	 TEXT("Look for the first error before it; check that the service it calls runs")},
	{{"ConnectionError", "ConnectionResetError", "BrokenPipeError"},
	 TEXT("ConnectionError"),
	 TEXT("a connection of the job broke"),
	 TEXT("Check the service it calls and the network between")},
	{{"Py4JJavaError"},
	 TEXT("Py4JJavaError"),
	 TEXT("an exception inside the JVM; the Java class in its message says which"),
	 TEXT("Read the Java class in the message; OutOfMemoryError there means the driver's "
	      "heap")},
	{{"StreamingQueryException"},
	 TEXT("StreamingQueryException"),
	 TEXT("a streaming query ended with an exception; its sibling queries may go on without "
	      "it"),
	 TEXT("Read the exception in its message, then start the query again")},
	{{"SparkException", "SparkRuntimeException"},
	 TEXT("SparkException"),
	 TEXT("Spark gave up a job, mostly after a task failed four times"),
	 TEXT("Look at the failed stage for the first task's error")},
	{{"ExecutorLostFailure", "FetchFailedException"},
	 TEXT("ExecutorLostFailure"),
	 TEXT("an executor was lost with its tasks and its shuffle files"),
	 TEXT("Look at the executors view for why it was lost; exit 52 is out of memory")},
	{{"IllegalStateException"},
	 TEXT("IllegalStateException"),
	 TEXT("a call on something already stopped, mostly a SparkContext"),
	 TEXT("A stopped SparkContext does not come back: start the job again")},
	{{"KeyError", "IndexError", "AttributeError"},
	 TEXT("KeyError"),
	 TEXT("the job's code expects a field that a record has not"),
	 TEXT("Compare the sample records in the dead-letter queue with what the code reads")},
	{{"ValueError", "TypeError", "NumberFormatException", "JSONDecodeError",
	  "ArithmeticException"},
	 TEXT("ValueError"),
	 TEXT("a value in the data is not what the job's code can read"),
	 TEXT("Look at the sample records in the dead-letter queue for the odd value")},
	{{"FileNotFoundError", "FileNotFoundException"},
	 TEXT("FileNotFoundError"),
	 TEXT("a file that the job reads is gone or not yet there"),
	 TEXT("Check the path and who cleans it up")},
	{{"PermissionError", "AccessControlException", "AccessDeniedException"},
	 TEXT("PermissionError"),
	 TEXT("the job may not do what it tried"),
	 TEXT("Check its user's rights and credentials")},
};

const char *error_short_name(const char *type)
{
	const char *dot = strrchr(type, '.');

	return dot && dot[1] ? dot + 1 : type;
}

static const struct known *lookup(const char *type)
{
	const char *name = error_short_name(type);

	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		for (size_t k = 0; k < NAMES && known[i].names[k]; k++) {
			if (!strcmp(known[i].names[k], name))
				return &known[i];
		}
	}
	return NULL;
}

struct error_kind error_kind_of(const char *type)
{
	const struct known *k = lookup(type);

	if (k)
		return (struct error_kind){k->alias, k->cause, k->recommendation};
	return (struct error_kind){NULL, NULL, TEXT("Review stack trace and DLQ entry")};
}

bool error_is_same(const char *type, const char *other)
{
	const struct known *k;

	if (!strcmp(type, other) || !strcmp(error_short_name(type), error_short_name(other)))
		return true;
	k = lookup(type);
	return k && k == lookup(other);
}
