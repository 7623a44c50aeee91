/* answer.c - requests taken apart, and the answers that many places share. */
#include "answer.h"

#include <stdio.h>
#include <string.h>

#include "heap.h"

struct request *request_new(const char *method, const char *uri, int64_t now)
{
	struct request *request = heap_zero(sizeof(*request));
	request->method = heap_text(method);
	request->path = heap_text(uri);
	char *query = strchr(request->path, '?');
	request->query = heap_text(query ? query + 1 : "");
	request->form = heap_text("");
	request->host = heap_text("127.0.0.1");
	request->key = heap_text("");
	request->now = now;
	if (query)
		*query = '\0';
	return request;
}

void request_free(struct request *request)
{
	if (!request)
		return;
	heap_free(request->method);
	heap_free(request->path);
	heap_free(request->query);
	heap_free(request->form);
	heap_free(request->host);
	heap_free(request->key);
	heap_free(request);
}

/* The value of the first KEY= at or after FROM in a query, its size in *SIZE; NULL: no more. */
static const char *find_value(const char *from, const char *key, size_t *size)
{
	size_t key_size = strlen(key);
	while (*from) {
		size_t pair = strcspn(from, "&");
		if (pair > key_size && strncmp(from, key, key_size) == 0 && from[key_size] == '=') {
			*size = pair - key_size - 1;
			return from + key_size + 1;
		}
		from += pair + (from[pair] == '&');
	}
	return NULL;
}

bool request_has(const struct request *request, const char *key, const char *value)
{
	size_t size;
	const char *from = request->query;
	while ((from = find_value(from, key, &size))) {
		if (strlen(value) == size && strncasecmp(from, value, size) == 0)
			return true;
		from += size + (from[size] == '&');
	}
	return false;
}

bool request_asks(const struct request *request, const char *key)
{
	size_t size;
	return find_value(request->query, key, &size) != NULL;
}

bool request_gives(const struct request *request, const char *key, char *out, size_t size)
{
	size_t n;
	const char *value = find_value(request->form, key, &n);

	if (!value)
		value = find_value(request->query, key, &n);
	if (!value || n >= size)
		return false;
	memcpy(out, value, n);
	out[n] = '\0';
	return true;
}

void answer_init(struct answer *answer)
{
	memset(answer, 0, sizeof(*answer));
	answer->status = 200;
	writer_init(&answer->body, WRITER_JACKSON);
}

void answer_release(struct answer *answer)
{
	heap_free(answer->location);
	writer_release(&answer->body);
}

void answer_line(struct answer *answer, int status, const char *type, const char *line)
{
	answer->status = status;
	answer->type = type;
	writer_print(&answer->body, "%s", line);
}

void answer_jetty(struct answer *answer, int status, const struct request *request)
{
	const char *words = status == 404 ? "Not Found" : "Method Not Allowed";
	answer->status = status;
	answer->type = "text/html;charset=iso-8859-1";
	writer_print(&answer->body,
		     "<html>\n<head>\n<meta http-equiv=\"Content-Type\" "
		     "content=\"text/html;charset=ISO-8859-1\"/>\n<title>Error %d %s</title>\n"
		     "</head>\n<body><h2>HTTP ERROR %d %s</h2>\n<table>\n"
		     "<tr><th>URI:</th><td>%s</td></tr>\n<tr><th>STATUS:</th><td>%d</td></tr>\n"
		     "</table>\n\n</body>\n</html>\n",
		     status, words, status, words, request->path, status);
}

void answer_page(struct answer *answer, const char *title)
{
	answer->type = "text/html;charset=utf-8";
	writer_print(
		&answer->body,
		"<!DOCTYPE html><html>\n      <head>\n        <meta http-equiv=\"Content-type\" "
		"content=\"text/html; charset=utf-8\"/>\n        <title>%s</title>\n"
		"      </head>\n      <body><h3>%s</h3></body>\n    </html>",
		title, title);
}

void answer_redirect(struct answer *answer, int status, const struct request *request,
		     const char *path)
{
	answer->status = status;
	answer->location = heap_print("http://%s%s", request->host, path);
}
