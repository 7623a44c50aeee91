/* dlq/mask.c - personal data. In sample records every text is masked but dates, times and the words
 * of an enumeration (by key); numbers and truth values stay, since without them a failure cannot be
 * understood. Keys that name a person, an address, an account or a secret mask their value wherever
 * it stands, numbers and whole containers included; of a secret not even the end is shown. */
#include <string.h>

#include "../../include/clock.h"
#include "mask.h"

enum { KEY_MAX = 128, SHOWN = 3, LONG = 6 };

/* Words of a key (userId is `user id`). */
static const char *const personal[] = {
	"user",      "username", "userid",    "login",     "mail",     "email",   "phone",
	"mobile",    "tel",      "telephone", "fax",       "address",  "addr",    "street",
	"zip",       "postcode", "postal",    "city",      "iban",     "bic",     "card",
	"passport",  "birth",    "birthday",  "birthdate", "dob",      "lat",     "lon",
	"lng",       "latitude", "longitude", "customer",  "patient",  "person",  "client",
	"firstname", "lastname", "surname",   "fullname",  "nickname", "account", "ip",
	"owner",     "gender",
};
static const char *const secret[] = {
	"password", "passwd", "passphrase", "secret", "token", "credential", "credentials",
	"apikey",   "auth",   "pan",        "cvv",    "cvc",   "ssn",        "pin",
};
/* A `key` after these words is no name of a row. */
static const char *const before_key[] = {"api", "access", "private", "signing", "encryption"};
/* `name` alone is a person's, and after these words; a table's or a host's is not. */
static const char *const before_name[] = {
	"first", "last", "full", "given", "family", "middle", "maiden", "display", "nick", "sur",
};
static const char *const plain_keys[] = {
	"status", "state", "type", "kind", "unit", "currency", "level", "code", "event", "source",
};

static bool is_in(const char *word, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (*word == *list[i] && !strcmp(word, list[i]))
			return true;
	return false;
}

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || is_upper(c);
}

/* The next word of the key from *at on, in small letters; false: there is none. */
static bool next_word(const struct buf *key, size_t *at, char word[static KEY_MAX])
{
	size_t n = 0, i = *at;

	while (i < key->len && !is_letter(key->data[i]))
		i++;
	for (; i < key->len && is_letter(key->data[i]) && n < KEY_MAX - 1; i++) {
		bool starts = is_upper(key->data[i]) && n && !is_upper(key->data[i - 1]);
		if (starts)
			break;
		word[n++] = (char)(key->data[i] | 0x20);
	}
	word[n] = '\0';
	*at = i;
	return n > 0;
}

unsigned mask_of_key(struct span token)
{
	char word[KEY_MAX], last[KEY_MAX] = "";
	struct buf key;
	size_t at = 0, words = 0;
	unsigned reasons = 0;

	buf_init(&key, KEY_MAX * 4);
	if (token.len <= KEY_MAX)
		token_decode(token, &key);
	while (next_word(&key, &at, word)) {
		if (is_in(word, secret, ARRAY_LEN(secret)) ||
		    (!strcmp(word, "key") && is_in(last, before_key, ARRAY_LEN(before_key))))
			reasons |= MASK_SECRET;
		if (is_in(word, personal, ARRAY_LEN(personal)) ||
		    (!strcmp(word, "name") && (is_in(last, before_name, ARRAY_LEN(before_name)) ||
					       (!words && at == key.len))))
			reasons |= MASK_PERSONAL;
		memcpy(last, word, sizeof(last));
		words++;
	}
	buf_release(&key);
	return reasons;
}

/* 2026-11-21, 09:45, 2026-11-20 20:38:34.324000 */
static bool is_date(const char *p, size_t len)
{
	enum time_zone_kind kind;
	size_t digits = 0;

	if (len > 40 || !len)
		return false;
	if (!is_absent(clock_parse(p, len, &kind)))
		return true;
	for (size_t i = 0; i < len; i++) {
		if (p[i] >= '0' && p[i] <= '9')
			digits++;
		else if (!(p[i] == ':' || p[i] == '-' || p[i] == '.') || !i)
			return false;
	}
	bool day = len == 10 && digits == 8 && p[4] == '-' && p[7] == '-';
	bool time = (len == 5 || len >= 8) && p[2] == ':' && digits + (len > 5 ? 2 : 1) <= len;
	return day || time;
}

static bool is_enum_word(struct span key, struct span value)
{
	if (value.len > 26)
		return false;
	for (size_t i = 1; i + 1 < value.len; i++)
		if (!is_letter(value.p[i]) && value.p[i] != '_' && value.p[i] != '-')
			return false;
	for (size_t i = 0; i < ARRAY_LEN(plain_keys); i++)
		if (key.len && token_is(key, plain_keys[i]))
			return true;
	return false;
}

bool mask_hides(struct span key, struct span value, unsigned reasons)
{
	bool is_number = value.p[0] == '-' || (value.p[0] >= '0' && value.p[0] <= '9');

	if (!token_is_string(value))
		return (reasons & (MASK_PERSONAL | MASK_SECRET)) && is_number;
	if (value.len <= 2)
		return false;
	if (reasons & (MASK_PERSONAL | MASK_SECRET))
		return true;
	return (reasons & MASK_SAMPLE) && !is_date(value.p + 1, value.len - 2) &&
	       !is_enum_word(key, value);
}

void mask_put(struct span value, unsigned reasons, struct buf *out)
{
	struct buf plain;
	size_t from, shown = 0, all = 0;

	buf_puts(out, "••••");
	if (reasons & MASK_SECRET)
		return;
	buf_init(&plain, value.len * 3 + 16);
	if (token_is_string(value))
		token_decode(value, &plain);
	else
		buf_putn(&plain, value.p, value.len);
	for (size_t i = 0; i < plain.len; i++)
		all += (plain.data[i] & 0xc0) != 0x80;
	for (from = plain.len; all > LONG && from > 0 && shown < SHOWN;)
		shown += (plain.data[--from] & 0xc0) != 0x80;
	if (all > LONG)
		buf_putn(out, plain.data + from, plain.len - from);
	buf_release(&plain);
}
