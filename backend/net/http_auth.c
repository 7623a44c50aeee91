/* http_auth.c - which credentials go where.
 *
 * The configuration names a URL prefix and a file (or an environment variable), never a secret. The
 * longest prefix that matches wins. Credentials leave this host only through TLS; a secret that
 * cannot be read, or must not be sent, means that the request is not sent at all, with the reason
 * in its problem. Nothing here is logged but names of files and variables. */
#include "http_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { SECRET_MAX = 16 * 1024, READ_AGAIN_S = 60 };

struct http_auth {
	const struct config_auth *conf;
	char *secret; /* without its line end; NULL: not read, or not readable */
	uint64_t read_ns;
	char problem[300];
};

struct http_auths {
	const struct config *cfg;
	size_t n;
	struct http_auth v[];
};

struct http_auths *http_auths_new(const struct config *cfg)
{
	size_t n = cfg ? cfg->nauths : 0;
	struct http_auths *a = xcalloc(1, sizeof(*a) + n * sizeof(a->v[0]));

	a->cfg = cfg ? config_ref(cfg) : NULL;
	a->n = n;
	for (size_t i = 0; i < n; i++)
		a->v[i].conf = &cfg->auths[i];
	return a;
}

static void secret_drop(struct http_auth *a)
{
	if (a->secret)
		explicit_bzero(a->secret, strlen(a->secret));
	free(a->secret);
	a->secret = NULL;
}

void http_auths_free(struct http_auths *a)
{
	for (size_t i = 0; i < a->n; i++)
		secret_drop(&a->v[i]);
	if (a->cfg)
		config_unref(a->cfg);
	free(a);
}

/* Scheme and host without regard to case, the path exactly; the prefix ends where a part of the
 * URL ends, so that https://spark.example is no prefix of https://spark.example.org. */
bool http_url_matches(const char *url, const char *prefix)
{
	const char *host = strstr(prefix, "://");
	size_t len = strlen(prefix), authority;
	char next;

	if (!host || strstr(url, "/.."))
		return false;
	authority = (size_t)(host - prefix) + 3 + strcspn(host + 3, "/?#");
	if (strncasecmp(url, prefix, authority) != 0 ||
	    strncmp(url + authority, prefix + authority, len - authority) != 0)
		return false;
	next = url[len];
	return next == '\0' || next == '/' || next == '?' || next == '#' ||
	       (len > authority && prefix[len - 1] == '/');
}

bool http_url_is_private(const char *url)
{
	static const char *const loopback[] = {"localhost", "[::1]"};
	const char *host;
	size_t len;

	if (strncasecmp(url, "https://", 8) == 0)
		return true;
	if (strncasecmp(url, "http://", 7) != 0)
		return false;
	host = url + 7;
	len = strcspn(host, "/?#");
	if (memchr(host, '@', len))
		return false;
	if (host[0] != '[')
		len = strcspn(host, "/?#:");
	else
		len = strcspn(host, "]") + 1;
	for (size_t i = 0; i < ARRAY_LEN(loopback); i++) {
		if (len == strlen(loopback[i]) && strncasecmp(host, loopback[i], len) == 0)
			return true;
	}
	/* 127.0.0.0/8, digits and dots only: 127.evil.example is a name */
	return len > 4 && strncmp(host, "127.", 4) == 0 && strspn(host, "0123456789.") >= len;
}

static int secret_read_file(const char *path, char out[static SECRET_MAX], struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n = fd < 0 ? -1 : read(fd, out, SECRET_MAX - 1);
	int why = errno;

	if (fd >= 0)
		close(fd);
	if (n < 0)
		return err_set(err, ERR_IO, "the credentials in %s cannot be read: %s", path,
			       strerror(why));
	out[n] = '\0';
	while (n && strchr("\r\n", out[n - 1]))
		out[--n] = '\0';
	if (n == 0 || strlen(out) != (size_t)n || strpbrk(out, "\r\n"))
		return err_set(err, ERR_FORMAT, "%s does not hold one line with a secret", path);
	return 0;
}

static int secret_read(struct http_auth *a, struct err *err)
{
	const struct config_auth *conf = a->conf;
	const char *path = conf->bearer_file ? conf->bearer_file : conf->password_file;
	char secret[SECRET_MAX];
	const char *value = secret;

	if (path) {
		if (secret_read_file(path, secret, err))
			return -(int)err->code;
	} else {
		value = conf->bearer_env ? getenv(conf->bearer_env) : NULL;
		if (!value || !value[0])
			return err_set(
				err, ERR_MISSING,
				"the environment variable %s with its credentials is not set",
				conf->bearer_env ? conf->bearer_env : "(none)");
		if (strpbrk(value, "\r\n"))
			return err_set(err, ERR_FORMAT, "%s holds a line break", conf->bearer_env);
	}
	if (!a->secret || strcmp(a->secret, value) != 0) {
		secret_drop(a);
		a->secret = xstrdup(value);
	}
	explicit_bzero(secret, sizeof(secret));
	return 0;
}

static struct http_auth *auth_find(struct http_auths *all, const char *url)
{
	struct http_auth *best = NULL;

	for (size_t i = 0; i < all->n; i++) {
		struct http_auth *a = &all->v[i];

		if (!a->conf->match || !http_url_matches(url, a->conf->match))
			continue;
		if (!best || strlen(a->conf->match) > strlen(best->conf->match))
			best = a;
	}
	return best;
}

void http_auth_clear(struct http_transfer *t)
{
	if (!t->has_auth)
		return;
	curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, NULL);
	curl_easy_setopt(t->easy, CURLOPT_USERNAME, NULL);
	curl_easy_setopt(t->easy, CURLOPT_PASSWORD, NULL);
	curl_slist_free_all(t->headers);
	t->headers = NULL;
	t->has_auth = false;
}

/* A user name is put into the handle, a token becomes one more of the headers. */
static void credentials_set(CURL *easy, struct curl_slist **headers, const struct http_auth *a)
{
	char line[SECRET_MAX + 32];

	if (a->conf->user) {
		curl_easy_setopt(easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
		curl_easy_setopt(easy, CURLOPT_USERNAME, a->conf->user);
		curl_easy_setopt(easy, CURLOPT_PASSWORD, a->secret);
		return;
	}
	snprintf(line, sizeof(line), "Authorization: Bearer %s", a->secret);
	*headers = curl_slist_append(*headers, line);
	explicit_bzero(line, strlen(line));
}

static const char only_private[] = "not %s: credentials are only sent by https or to loopback";

int http_auth_once(const struct config *cfg, CURL *easy, struct curl_slist **headers,
		   const char *url, struct err *err)
{
	struct http_auths *all = http_auths_new(cfg);
	struct http_auth *a = auth_find(all, url);
	int rc = 0;

	if (a && !http_url_is_private(url))
		rc = err_set(err, ERR_REFUSED, only_private, "sent");
	else if (a)
		rc = secret_read(a, err);
	if (a && !rc)
		credentials_set(easy, headers, a);
	http_auths_free(all);
	return rc;
}

int http_auth_apply(struct http_transfer *t, const char *url, struct err *err)
{
	struct http_auths *all = t->client->http->auths;
	struct http_auth *a = all->n ? auth_find(all, url) : NULL;
	uint64_t now;

	if (!a)
		return 0;
	if (!http_url_is_private(url))
		return err_set(err, ERR_REFUSED, only_private, "asked");
	now = uv_hrtime();
	if (!a->secret || now - a->read_ns > READ_AGAIN_S * UINT64_C(1000000000)) {
		if (secret_read(a, err))
			return -(int)err->code;
		a->read_ns = now;
	}
	t->has_auth = true;
	credentials_set(t->easy, &t->headers, a);
	if (t->headers)
		curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
	return 0;
}

void http_auth_refused(struct http_transfer *t)
{
	char *url = NULL;
	struct http_auth *a = NULL;

	if (curl_easy_getinfo(t->easy, CURLINFO_EFFECTIVE_URL, &url) == CURLE_OK && url)
		a = auth_find(t->client->http->auths, url);
	if (a)
		a->read_ns = 0;
}
