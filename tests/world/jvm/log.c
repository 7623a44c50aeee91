/* log.c - see log.h. Texts are of recorded drivers of Spark 3.5.9. */
#include "log.h"

#include <stdio.h>
#include <time.h>

#define TASK_STACK                                                                                 \
	"java.lang.OutOfMemoryError: Java heap space\n"                                            \
	"\tat org.apache.spark.unsafe.types.UTF8String.repeat(UTF8String.java:736)\n"              \
	"\tat org.apache.spark.sql.execution.BufferedRowIterator.hasNext"                          \
	"(BufferedRowIterator.java:43)\n"                                                          \
	"\tat org.apache.spark.rdd.RDD.iterator(RDD.scala:331)\n"                                  \
	"\tat org.apache.spark.scheduler.ResultTask.runTask(ResultTask.scala:93)\n"                \
	"\tat org.apache.spark.scheduler.Task.run(Task.scala:141)\n"                               \
	"\tat org.apache.spark.executor.Executor$TaskRunner.run(Executor.scala:624)\n"             \
	"\tat java.base/java.util.concurrent.ThreadPoolExecutor.runWorker"                         \
	"(ThreadPoolExecutor.java:1136)\n"                                                         \
	"\tat java.base/java.lang.Thread.run(Thread.java:840)"
#define TASK "task 1.0 in stage 6.0 (TID 7)"

void log_record(const char *level, const char *class, const char *message)
{
	time_t now = time(NULL);
	struct tm parts;
	char stamp[32];

	localtime_r(&now, &parts);
	strftime(stamp, sizeof(stamp), "%m/%d %H:%M:%S", &parts);
	fprintf(stderr, "%02d/%s %s %s: %s\n", parts.tm_year % 100, stamp, level, class, message);
}

void log_begin(void)
{
	fputs("Setting default log level to \"WARN\".\nTo adjust logging level use "
	      "sc.setLogLevel(newLevel). For SparkR, use setLogLevel(newLevel).\n",
	      stderr);
	log_record("WARN", "NativeCodeLoader",
		   "Unable to load native-hadoop library for your platform... using builtin-java "
		   "classes where applicable");
}

void log_task_oom(void)
{
	fputs("\r[Stage 6:>                                                          (0 + 2) / 2]",
	      stderr);
	log_record("ERROR", "Executor", "Exception in " TASK "\n" TASK_STACK);
	log_record("ERROR", "SparkUncaughtExceptionHandler",
		   "Uncaught exception in thread Thread[Executor task launch worker for " TASK
		   ",5,main]\n" TASK_STACK);
}

void log_crippled(void)
{
	static const char *const threads[] = {"Spark Context Cleaner", "refresh progress",
					      "RemoteBlock-temp-file-clean-thread"};
	for (int i = 0; i < 3; i++)
		fprintf(stderr,
			"\nException: java.lang.OutOfMemoryError thrown from the "
			"UncaughtExceptionHandler in thread \"%s\"\n",
			threads[i]);
	log_record("WARN", "QueuedThreadPool", "\njava.lang.OutOfMemoryError: Java heap space");
	log_record("WARN", "EatWhatYouKill", "\njava.lang.OutOfMemoryError: Java heap space");
}
