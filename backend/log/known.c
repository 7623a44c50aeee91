/* log/known.c - the built-in signatures, a line each, in the order of their rank. Behind each group
 * stands where its texts were found; the section numbers are those of the fact sheet of sources. */
#include "signature.h"

/* By hand: a row is read as a sentence, and the formatter would break it up. */
/* clang-format off */

#define QUIET(text) {text, LOG_KIND_OTHER, text, "", NULL, SIGNATURE_QUIET, 0}
#define LEVEL(text) {text, LOG_KIND_OTHER, text, "", NULL, SIGNATURE_LEVEL, 0}

#define MORE_HEAP "raise the memory of the JVM that wrote this (driver or executor) or let it do less at once"
#define MORE_OVERHEAD "raise spark.executor.memoryOverhead (of a driver: spark.driver.memoryOverhead)"
#define LOOK_AT_JVM "look at the JVM: dead (start the job again), or alive with one thread lost to memory"

const struct signature signatures_built_in[] = {
	/* Lines that hold a failure text and are none: command lines with their options, and losses
	 * that are administrative (20.2). */
	QUIET("Launch command: "),
	QUIET("Spark Executor Command: "),
	QUIET("Executor killed by driver"),
	QUIET("exited unrelated to the running tasks"),
	QUIET("exited for a reason unrelated to the task"),
	QUIET("Worker lost"),
	QUIET("TaskKilled ("),
	QUIET("Killing all running tasks in stage"),

	/* The JVM ends itself, or its memory is not on the heap (20.1) */
	{"Terminating due to java.lang.OutOfMemoryError", LOG_KIND_OOM, "OutOfMemoryError ended the JVM", "the JVM ends itself on the first OutOfMemoryError (ExitOnOutOfMemoryError)", MORE_HEAP, 0, 3},
	{"Aborting due to java.lang.OutOfMemoryError", LOG_KIND_OOM, "OutOfMemoryError aborted the JVM", "the JVM aborts on the first OutOfMemoryError (CrashOnOutOfMemoryError)", MORE_HEAP, 0, 134},
	{"# -XX:OnOutOfMemoryError", LOG_KIND_OOM, "OutOfMemoryError ran a command", "the command of OnOutOfMemoryError runs now; most often it kills the JVM", MORE_HEAP, 0, 137},
	{"java.lang.OutOfMemoryError thrown from the UncaughtExceptionHandler", LOG_KIND_OOM, "OutOfMemoryError in the handler", "the heap is so full that even the handler of the error failed; the JVM may live on, crippled", "do not wait for it: end the job and raise its memory", 0, 0},
	{"GC overhead limit exceeded", LOG_KIND_OOM, "OutOfMemoryError: GC overhead", "almost all time goes into garbage collection that frees nothing", MORE_HEAP, 0, 0},
	{"OutOfMemoryError: Metaspace", LOG_KIND_OOM, "OutOfMemoryError: Metaspace", "no room for classes; more heap does not help", "raise -XX:MaxMetaspaceSize, or look for classes made without end", 0, 0},
	{"OutOfMemoryError: Compressed class space", LOG_KIND_OOM, "OutOfMemoryError: class space", "no room for classes; more heap does not help", "raise -XX:CompressedClassSpaceSize", 0, 0},
	{"Requested array size exceeds VM limit", LOG_KIND_OOM, "OutOfMemoryError: array size", "one array was asked for that no JVM can have; more heap does not help", "look for what builds one huge value: collect(), a wide row, a long string", 0, 0},
	{"bytes of direct buffer memory", LOG_KIND_OOM, "OutOfMemoryError: direct memory", "memory for network buffers ran out, not the heap", "raise -XX:MaxDirectMemorySize and memoryOverhead", 0, 0},
	{"OutOfMemoryError: Direct buffer memory", LOG_KIND_OOM, "OutOfMemoryError: direct memory", "memory for network buffers ran out, not the heap", "raise -XX:MaxDirectMemorySize and memoryOverhead", 0, 0},
	{"OutOfDirectMemoryError", LOG_KIND_OOM, "OutOfDirectMemoryError", "Netty's memory for network buffers ran out, not the heap", "raise -XX:MaxDirectMemorySize and memoryOverhead", 0, 0},
	{"unable to create native thread", LOG_KIND_OOM, "OutOfMemoryError: threads", "the limit of threads or processes is reached, not the heap's", "look at ulimit -u, TasksMax and pids.max; find what makes threads", 0, 0},
	{"unable to create new native thread", LOG_KIND_OOM, "OutOfMemoryError: threads", "the limit of threads or processes is reached, not the heap's", "look at ulimit -u, TasksMax and pids.max; find what makes threads", 0, 0},
	{"insufficient memory for the Java Runtime Environment", LOG_KIND_OOM, "no memory for the JVM", "the host or the container had no memory left for the JVM; it ended", "free memory on the host, or lower the heap below the limit", 0, 1},

	/* YARN, Kubernetes, the kernel, systemd (20.2, 10, 16.5; systemd's [M]) */
	{"Container killed by YARN for exceeding", LOG_KIND_KILLED, "killed by YARN: memory", "the container used more memory than it asked for: what lies outside the heap", MORE_OVERHEAD, SIGNATURE_CODE, 0},
	{"Container from a bad node", LOG_KIND_KILLED, "container from a bad node", "YARN gave the container up; its exit status says why", "read the diagnostics behind it", SIGNATURE_CODE, 0},
	{"Container marked as failed", LOG_KIND_KILLED, "container failed", "YARN counts this container as failed", "read the diagnostics behind it", SIGNATURE_CODE, 0},
	{" was preempted", LOG_KIND_KILLED, "preempted", "the queue took the container back for somebody else", "nothing is broken; a queue with guaranteed capacity would keep it", 0, 0},
	{"OOMKilled", LOG_KIND_KILLED, "OOMKilled", "the kernel killed the container at its memory limit", MORE_OVERHEAD, 0, 137},
	{"Out of memory: Killed process", LOG_KIND_KILLED, "killed by the OOM killer", "the host ran out of memory and the kernel killed this process", "lower the heaps on this host, or give it more memory", 0, 137},
	{"Memory cgroup out of memory", LOG_KIND_KILLED, "killed by the OOM killer", "a container or unit reached its memory limit and the kernel killed this process", "raise the limit or lower the heap below it", 0, 137},
	{"killed by the OOM killer", LOG_KIND_KILLED, "killed by the OOM killer", "the kernel killed a process of this unit for its memory", "raise MemoryMax= or lower the heap below it", 0, 137},
	{"Failed with result 'oom-kill'", LOG_KIND_KILLED, "killed by the OOM killer", "the kernel killed a process of this unit for its memory", "raise MemoryMax= or lower the heap below it", 0, 137},

	/* The driver does not start (20.2, 20.3) */
	{"[INVALID_DRIVER_MEMORY", LOG_KIND_START_REFUSED, "driver memory too small", "Spark refuses to start a driver with less than 450 MB of heap", "raise spark.driver.memory to 1g or more", 0, 0},
	{"Java gateway process exited before sending its port number", LOG_KIND_START_REFUSED, "the JVM did not start", "Python waited for a JVM that ended at once: no java, or a heap larger than the host", "run the same spark-submit by hand and read what java says", 0, 0},

	/* The context is stopped: no retry helps (20.3) */
	{"Cannot call methods on a stopped SparkContext", LOG_KIND_STOPPED_CONTEXT, "SparkContext is stopped", "the JVM lives but its SparkContext is stopped; no retry on this session can work", "start the job again, or let it make a new session", 0, 0},
	{"SparkContext has been shutdown", LOG_KIND_STOPPED_CONTEXT, "SparkContext is stopped", "the JVM lives but its SparkContext is stopped; no retry on this session can work", "start the job again, or let it make a new session", 0, 0},

	/* Somebody ended it (20.2) */
	{"Application has been killed", LOG_KIND_KILLED, "application killed", "the standalone master ended the application", "ask who killed it in the master's UI", 0, 0},
	{"Master removed our application", LOG_KIND_KILLED, "application removed by the master", "the standalone master ended the application", "ask who killed it in the master's UI", 0, 0},
	{"killed via the Web UI", LOG_KIND_KILLED, "job killed in the UI", "somebody pressed kill in the Spark UI", NULL, 0, 0},
	{"killed via Web UI", LOG_KIND_KILLED, "job killed in the UI", "somebody pressed kill in the Spark UI", NULL, 0, 0},

	/* Heap, also where an executor's loss names it (20.1, 20.2) */
	{"OutOfMemoryError: Java heap space", LOG_KIND_OOM, "OutOfMemoryError: Java heap space", "the heap is full; the thread dies, in a Spark task the JVM too (exit 52)", MORE_HEAP, 0, 0},
	{"OutOfMemoryError (Java heap space)", LOG_KIND_OOM, "OutOfMemoryError: Java heap space", "the heap is full; the thread dies, in a Spark task the JVM too (exit 52)", MORE_HEAP, 0, 0},
	{"java.lang.OutOfMemoryError", LOG_KIND_OOM, "OutOfMemoryError", "the JVM could not get memory", MORE_HEAP, 0, 0},

	/* Executors (20.2) */
	{"Command exited with code ", LOG_KIND_EXECUTOR_LOST, "executor lost", "an executor ended", "read its stderr", SIGNATURE_CODE, 0},
	{"with no recent heartbeats", LOG_KIND_EXECUTOR_LOST, "executor without heartbeats", "an executor was given up because it was silent, most often in a long garbage collection", "look at its GC time, then at spark.executor.memory", 0, 0},
	{"Executor heartbeat timed out after", LOG_KIND_EXECUTOR_LOST, "executor without heartbeats", "an executor was given up because it was silent, most often in a long garbage collection", "look at its GC time, then at spark.executor.memory", 0, 0},
	{"Remote RPC client disassociated", LOG_KIND_EXECUTOR_LOST, "executor gone without a word", "an executor vanished; most often its container went over its memory", MORE_OVERHEAD, 0, 0},
	{"Executor self-exiting due to", LOG_KIND_EXECUTOR_LOST, "executor ends itself", "the executor lost its driver and ends", "look at the driver: it ended or could not be reached", 0, 0},
	{"worker lost: ", LOG_KIND_EXECUTOR_LOST, "worker lost", "the connection to a worker broke; its executors are lost with it", "look at the worker's host and its log", 0, 0},
	{"ExecutorLostFailure", LOG_KIND_EXECUTOR_LOST, "executor lost", "a task died with its executor", "read the executor's stderr", SIGNATURE_CODE, 0},
	{" Lost executor ", LOG_KIND_EXECUTOR_LOST, "executor lost", "an executor was lost", "read its stderr", SIGNATURE_CODE, 0},

	/* Streaming (20.3, 7.3) */
	{"] terminated with error", LOG_KIND_QUERY_DIED, "streaming query died", "a streaming query ended with an error; others of the same job may run on", "read the error below it, then start the query or the job again", 0, 0},
	{"] terminated with exception", LOG_KIND_QUERY_DIED, "streaming query died", "a streaming query ended with an error; others of the same job may run on", "read the error behind it, then start the query or the job again", 0, 0},
	{"[STREAM_FAILED]", LOG_KIND_QUERY_DIED, "streaming query died", "a streaming query ended with an error; others of the same job may run on", "read the error behind it, then start the query or the job again", 0, 0},
	{"not enough memory to load", LOG_KIND_OOM, "state too large", "a streaming state does not fit into memory", "raise the executors' memory, or keep less state (watermark, RocksDB)", 0, 0},

	/* Python and its JVM (20.3) */
	{"Answer from Java side is empty", LOG_KIND_DEAD_SESSION, "Py4J: no answer from the JVM", "the JVM closed the connection: it died, or the thread that served it ran out of memory", LOOK_AT_JVM, 0, 0},
	{"trying to connect to the Java server", LOG_KIND_DEAD_SESSION, "Py4J: no JVM", "nothing listens where the JVM was: it is dead", "start the job again; every retry on this session fails", 0, 0},
	{"Py4JNetworkError: ", LOG_KIND_DEAD_SESSION, "Py4J: connection broken", "the connection between Python and its JVM broke", LOOK_AT_JVM, 0, 0},
	{"Py4JNetworkException: ", LOG_KIND_DEAD_SESSION, "Py4J: connection broken", "the JVM lost its Python side", "look whether the Python process still lives", 0, 0},
	{"Exception while sending command", LOG_KIND_DEAD_SESSION, "Py4J: connection broken", "the connection between Python and its JVM broke", LOOK_AT_JVM, 0, 0},
	{"<exception str() failed>", LOG_KIND_DEAD_SESSION, "Py4J: the JVM died while it failed", "an exception in the JVM whose text could not be fetched any more: the JVM died", "read the JVM's own output for the cause", 0, 0},

	/* What the job needs (20.3) */
	{"ServerSelectionTimeoutError", LOG_KIND_DEPENDENCY, "MongoDB does not answer", "no MongoDB server could be reached in time", "look at the MongoDB hosts named in the line", 0, 0},
	{"No suitable servers found", LOG_KIND_DEPENDENCY, "MongoDB does not answer", "no MongoDB server could be reached in time", "look at the MongoDB hosts named in the line", 0, 0},
	{"requests.exceptions.ReadTimeout", LOG_KIND_DEPENDENCY, "HTTP service too slow", "an HTTP service did not answer in time", "look at the service named in the line", 0, 0},
	{"requests.exceptions.ConnectTimeout", LOG_KIND_DEPENDENCY, "HTTP service not reached", "an HTTP service could not be reached in time", "look at the service named in the line", 0, 0},
	{"requests.exceptions.ConnectionError", LOG_KIND_DEPENDENCY, "HTTP service not reached", "an HTTP service could not be reached", "look at the service named in the line", 0, 0},
	{"Max retries exceeded with url", LOG_KIND_DEPENDENCY, "HTTP service not reached", "an HTTP service could not be reached, again and again", "look at the service named in the line", 0, 0},
	{"Read timed out. (read timeout=", LOG_KIND_DEPENDENCY, "HTTP service too slow", "an HTTP service did not answer in time", "look at the service named in the line", 0, 0},

	/* Schema and names (20.3) */
	{"[UNRESOLVED_COLUMN", LOG_KIND_SCHEMA, "column not found", "a column the job asks for is not there: the data changed its shape, or the query is wrong", "a retry does not help; compare the schema with the query", 0, 0},
	{"AnalysisException: ", LOG_KIND_SCHEMA, "query does not fit the data", "Spark cannot resolve the query against the data", "a retry does not help; compare the schema with the query", 0, 0},

	/* Refused connections come after what explains them (20.3: a consequence, not a cause) */
	{"ConnectionRefusedError", LOG_KIND_REFUSED, "connection refused", "nothing listens there any more; behind a dead session this is the same event", "look for the first failure above it", 0, 0},
	{"Connection refused", LOG_KIND_REFUSED, "connection refused", "nothing listens there any more", "look for the first failure above it", 0, 0},

	/* What jobs say of their retries (reference: the crash runbook) */
	{"Resume with resume_from=", LOG_KIND_OTHER, "gave up; names where to resume", "the job gave up after its last attempt and says where to go on", "start it again from there, once the cause is gone", 0, 0},
	{"Detected Spark session crash", LOG_KIND_RETRY, "the job cleans up a dead session", "the job saw that its session is dead and throws it away", NULL, 0, 0},
	{"Will reinitialize on retry", LOG_KIND_RETRY, "the job cleans up a dead session", "the job saw that its session is dead and throws it away", NULL, 0, 0},
	{"Retrying in ", LOG_KIND_RETRY, "retry", "the job tries again by itself", NULL, 0, 0},
	{"Spark session initialized successfully", LOG_KIND_RECOVERED, "new Spark session", "the job has a new session and goes on", NULL, SIGNATURE_AFTER, 0},

	/* Not marks: lines whose level is worth reading (20.4) */
	LEVEL("ERROR"),
	LEVEL("FATAL"),
	LEVEL("CRITICAL"),
	LEVEL("SEVERE"),
	LEVEL("Traceback (most recent call last)"),
	LEVEL("Exception in thread "),
};
/* clang-format on */

const size_t signatures_nbuilt_in = ARRAY_LEN(signatures_built_in);
