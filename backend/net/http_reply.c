/* http_reply.c - what became of a transfer, in our words.
 *
 * A person reads these sentences beside the URL, so they do not repeat it; texts that come from
 * libraries pass the one door for text. */
#include "http_parts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* curl keeps its own from an address that did not answer, whatever became of the next ones. */
static int os_error(const struct http_transfer *t)
{
	long os_errno = 0;

	curl_easy_getinfo(t->easy, CURLINFO_OS_ERRNO, &os_errno);
	return t->open_errno ? t->open_errno : (int)os_errno;
}

enum http_result http_result_of(const struct http_transfer *t, CURLcode code)
{
	int os_errno;

	if (t->is_over)
		return HTTP_TOO_LARGE;
	if (t->is_slow)
		return HTTP_TIMED_OUT;
	switch (code) {
	case CURLE_OK:
		return t->has_head ? HTTP_ANSWERED : HTTP_BROKEN;
	case CURLE_COULDNT_CONNECT:
		os_errno = os_error(t);
		return os_errno == ECONNREFUSED ? HTTP_REFUSED
		       : os_errno == ETIMEDOUT  ? HTTP_TIMED_OUT
		       : os_errno == ECONNRESET ? HTTP_BROKEN
						: HTTP_OTHER;
	case CURLE_OPERATION_TIMEDOUT:
		return HTTP_TIMED_OUT;
	case CURLE_COULDNT_RESOLVE_HOST:
		return HTTP_NO_NAME;
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_GOT_NOTHING:
	case CURLE_PARTIAL_FILE:
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_BAD_CONTENT_ENCODING:
	case CURLE_UNSUPPORTED_PROTOCOL: /* an answer without a status line */
	case CURLE_WRITE_ERROR:          /* unpacking failed */
		return HTTP_BROKEN;
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_ENGINE_INITFAILED:
		return HTTP_TLS;
	default:
		return HTTP_OTHER;
	}
}

static bool is_unpacked(CURLcode code)
{
	return code != CURLE_BAD_CONTENT_ENCODING && code != CURLE_WRITE_ERROR;
}

/* Somebody is there and speaks, which an answer that breaks off does not show. */
bool http_is_nonsense(enum http_result result, CURLcode code)
{
	return result == HTTP_BROKEN &&
	       (!is_unpacked(code) || code == CURLE_OK || code == CURLE_WEIRD_SERVER_REPLY ||
		code == CURLE_UNSUPPORTED_PROTOCOL);
}

/* What this host lacked, or the URL: no probe was sent. */
bool http_is_unasked(const struct http_transfer *t, CURLcode code)
{
	int os_errno;

	if (code == CURLE_URL_MALFORMAT || code == CURLE_LOGIN_DENIED ||
	    code == CURLE_SSL_CACERT_BADFILE || code == CURLE_OUT_OF_MEMORY)
		return true;
	if (code != CURLE_COULDNT_CONNECT)
		return false;
	os_errno = os_error(t);
	return os_errno == EMFILE || os_errno == ENFILE || os_errno == ENOBUFS ||
	       os_errno == ENOMEM || os_errno == EADDRNOTAVAIL;
}

static void describe_silence(struct http_transfer *t)
{
	curl_off_t connected = 0;
	long asked = 0;

	curl_easy_getinfo(t->easy, CURLINFO_REQUEST_SIZE, &asked);
	curl_easy_getinfo(t->easy, CURLINFO_CONNECT_TIME_T, &connected);
	if (t->is_slow)
		snprintf(t->problem, sizeof(t->problem),
			 "the answer comes slower than %d bytes a second", HTTP_SLOW_BYTES);
	else if (t->header_bytes)
		snprintf(t->problem, sizeof(t->problem),
			 "the answer began and did not end within %g s",
			 (double)t->limits.total_ms / 1000.0);
	else if (asked)
		snprintf(t->problem, sizeof(t->problem), "connected, but no answer within %g s",
			 (double)t->limits.total_ms / 1000.0);
	else if (connected)
		snprintf(t->problem, sizeof(t->problem), "connected, but no handshake within %g s",
			 (double)min_i64(t->limits.connect_ms, t->limits.total_ms) / 1000.0);
	else
		snprintf(t->problem, sizeof(t->problem), "no connection within %g s",
			 (double)min_i64(t->limits.connect_ms, t->limits.total_ms) / 1000.0);
}

/* `error:0A00010B:SSL routines::wrong version number` is nothing for people. */
static const char *last_words(const char *s)
{
	const char *colons = strstr(s, "::");

	return colons ? colons + 2 : s;
}

void http_describe_tls(CURLcode code, const char *tls_why, char *out, size_t size)
{
	const char *why = tls_why[0] ? last_words(tls_why) : curl_easy_strerror(code);
	char line[CURL_ERROR_SIZE + 80];

	if (code == CURLE_PEER_FAILED_VERIFICATION)
		snprintf(line, sizeof(line), "its TLS certificate does not hold: %s", why);
	else if (strstr(why, "wrong version number") || strstr(why, "packet length too long"))
		snprintf(line, sizeof(line), "it does not speak TLS: is it http:// there?");
	else
		snprintf(line, sizeof(line), "no TLS connection: %s", why);
	text_clean_to(out, size, line, strlen(line));
}

void http_describe(struct http_transfer *t, enum http_result result, CURLcode code)
{
	const char *text = NULL;
	int os_errno;

	switch (result) {
	case HTTP_ANSWERED:
		return;
	case HTTP_TIMED_OUT:
		describe_silence(t);
		return;
	case HTTP_REFUSED:
		text = "connection refused: nothing listens there";
		break;
	case HTTP_NO_NAME:
		text = "the host's name is not known";
		break;
	case HTTP_TOO_LARGE:
		if (t->header_bytes > HTTP_HEADER_CAP)
			snprintf(t->problem, sizeof(t->problem), "its headers are over %d KiB",
				 HTTP_HEADER_CAP / 1024);
		else
			snprintf(t->problem, sizeof(t->problem), "its body is over %zu KiB",
				 t->limits.body_cap / 1024);
		return;
	case HTTP_BROKEN:
		text = code == CURLE_PARTIAL_FILE  ? "the answer ended half-way"
		       : code == CURLE_GOT_NOTHING ? "the connection was closed without an answer"
		       : code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR
			       ? "the connection was reset"
		       : !is_unpacked(code) ? "answers, but with a body that cannot be unpacked"
					    : "answers, but not in HTTP; is this the right port?";
		break;
	case HTTP_TLS:
		http_describe_tls(code, t->tls_why, t->problem, sizeof(t->problem));
		return;
	case HTTP_OTHER:
		os_errno = os_error(t);
		text = code == CURLE_COULDNT_CONNECT && os_errno ? strerror(os_errno)
		       : code == CURLE_LOGIN_DENIED
			       ? "a user name in the URL is not used: put it under `auth:`"
			       : curl_easy_strerror(code);
		break;
	}
	text_clean_to(t->problem, sizeof(t->problem), text, strlen(text));
}
