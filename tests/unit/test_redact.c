/* Secrets in command lines are not shown, and what is no secret is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "../../backend/redact.h"

static const struct {
	const char *line; /* | stands for the NUL between arguments */
	const char *shown;
} cases[] = {
	{"java|-Xmx1g|-cp|/opt/a.jar:/opt/b.jar|org.apache.spark.deploy.SparkSubmit",
	 "java -Xmx1g -cp /opt/a.jar:/opt/b.jar org.apache.spark.deploy.SparkSubmit"},
	{"--conf|spark.hadoop.fs.s3a.secret.key=Zx/9+==",
	 "--conf spark.hadoop.fs.s3a.secret.key=***"},
	{"--conf|spark.hadoop.fs.s3a.access.key=AKIAIOSFODNN7EXAMPLE",
	 "--conf spark.hadoop.fs.s3a.access.key=***"},
	{"-Djavax.net.ssl.keyStorePassword=a b;c", "-Djavax.net.ssl.keyStorePassword=***"},
	{"--conf|spark.ui.port=4041", "--conf spark.ui.port=4041"},
	{"--password|hunter2|--name|etl", "--password *** --name etl"},
	{"--password|--name|etl", "--password --name etl"},
	{"--API-KEY|x", "--API-KEY ***"},
	{"jdbc:postgresql://db:5432/x?user=u&password=p&ssl=true",
	 "jdbc:postgresql://db:5432/x?user=u&password=***&ssl=true"},
	{"jdbc:sqlserver://db;user=u;PWD=p;encrypt=true",
	 "jdbc:sqlserver://db;user=u;PWD=***;encrypt=true"},
	{"mongodb://etl:s3cret@10.0.0.7:27017/x", "mongodb://etl:***@10.0.0.7:27017/x"},
	{"http://127.0.0.1:4040/a@b:c", "http://127.0.0.1:4040/a@b:c"},
	{"spark://CoarseGrainedScheduler@host:39655", "spark://CoarseGrainedScheduler@host:39655"},
	{"--id|ASIAIOSFODNN7EXAMPLE", "--id ***"},
	{"AKIA is a name", "AKIA is a name"},
	{"--bearer|eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
	 "--bearer ***"},
	{"TOKEN=abc|job.py", "TOKEN=*** job.py"},
	{"--conf|spark.app.name=tokens are fun", "--conf spark.app.name=tokens are fun"},
	{"||", " "},
	{"", ""},
	{"secret=", "secret="},
};

static void lines_are_shown_without_secrets(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		size_t len = strlen(cases[i].line);
		char *args = xmalloc(len + 1); /* as long as it is, so that a byte more is seen */
		struct buf out;

		for (size_t k = 0; k < len; k++)
			args[k] = cases[i].line[k] == '|' ? '\0' : cases[i].line[k];
		buf_init(&out, 1 << 16);
		args = xrealloc(args, len ? len : 1);
		redact_line(args, len, &out);
		buf_putc(&out, '\0');
		assert_string_equal(out.data, cases[i].shown);
		buf_release(&out);
		free(args);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(lines_are_shown_without_secrets)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
