/* launcher.c - see launcher.h. */
#include "launcher.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void take(struct args *args, char *word)
{
	if (!word || args->n + 1 >= ARGS_MAX)
		abort();
	args->v[args->n++] = word;
	args->v[args->n] = NULL;
}

void args_add(struct args *args, const char *format, ...)
{
	va_list list;
	char *word = NULL;

	va_start(list, format);
	if (vasprintf(&word, format, list) < 0)
		word = NULL;
	va_end(list);
	take(args, word);
}

void args_split(struct args *args, const char *words)
{
	while (*(words += strspn(words, " "))) {
		size_t size = strcspn(words, " ");
		args_add(args, "%.*s", (int)size, words);
		words += size;
	}
}

void args_free(struct args *args)
{
	while (args->n > 0)
		free(args->v[--args->n]);
}

void launch_begin(struct args *args, const char *java, const char *options)
{
	args_add(args, "%s", java);
	args_add(args, "-cp");
	args_add(args, "/opt/spark/conf:%s/opt/spark/jars/*",
		 args->is_v4 ? "/opt/spark/jars/slf4j-api-2.0.17.jar:" : "");
	args_split(args, options ? options : "");
}

void launch_opens(struct args *args, bool is_driver)
{
	static const char *const packages[] = {
		"java.lang",
		"java.lang.invoke",
		"java.lang.reflect",
		"java.io",
		"java.net",
		"java.nio",
		"java.util",
		"java.util.concurrent",
		"java.util.concurrent.atomic",
		"jdk.internal.ref",
		"sun.nio.ch",
		"sun.nio.cs",
		"sun.security.action",
		"sun.util.calendar",
	};
	args_add(args, "-XX:+IgnoreUnrecognizedVMOptions");
	if (args->is_v4)
		args_add(args, "--add-modules=jdk.incubator.vector");
	for (size_t i = 0; i < sizeof(packages) / sizeof(*packages); i++)
		args_add(args, "--add-opens=java.base/%s=ALL-UNNAMED", packages[i]);
	args_add(args, "--add-opens=java.security.jgss/sun.security.krb5=ALL-UNNAMED");
	if (!args->is_v4) {
		args_add(args, "-Djdk.reflect.useDirectMethodHandle=false");
		return;
	}
	args_split(args,
		   "-Dio.netty.tryReflectionSetAccessible=true "
		   "-Dio.netty.allocator.type=pooled "
		   "-Dio.netty.handler.ssl.defaultEndpointVerificationAlgorithm=NONE "
		   "--sun-misc-unsafe-memory-access=allow --enable-native-access=ALL-UNNAMED");
	if (is_driver)
		args_add(args, "-Dderby.connection.requireAuthentication=false");
}

char *launch_beside(const char *file)
{
	char own[PATH_MAX], *path = NULL;
	ssize_t size = readlink("/proc/self/exe", own, sizeof(own) - 1);

	own[size > 0 ? size : 0] = '\0';
	char *slash = strrchr(own, '/');
	if (slash)
		*slash = '\0';
	return asprintf(&path, "%s/%s", own, file) < 0 ? NULL : path;
}
