/* clip.c - what is copied as bytes for the terminal, through whatever stands between. */
#include "clip.h"

#include <string.h>

/* Of a DCS string GNU screen keeps 256 bytes, newer ones 768. */
enum { SCREEN_PIECE = 240 };

static bool is_set(const char *variable)
{
	return variable && *variable;
}

static bool begins(const char *term, const char *with)
{
	return term && !strncmp(term, with, strlen(with));
}

enum clip_way clip_way(const char *term, const char *tmux, const char *sty)
{
	/* Consoles of kernels, and terminals older than the sequence with what copies them. */
	static const char *const without[] = {"linux", "vt52", "vt1",  "vt2", "vt3",
					      "vt4",   "ansi", "cons", "sun", "dumb"};

	for (size_t i = 0; i < ARRAY_LEN(without); i++)
		if (begins(term, without[i]))
			return CLIP_NONE;
	if (is_set(tmux) || begins(term, "tmux"))
		return CLIP_TMUX;
	if (is_set(sty))
		return CLIP_SCREEN;
	return begins(term, "screen") ? CLIP_MAYBE_TMUX : CLIP_TERMINAL;
}

static void base64(const char *in, size_t len, struct buf *out)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < len; i += 3) {
		uint32_t v = (uint32_t)(unsigned char)in[i] << 16;

		if (i + 1 < len)
			v |= (uint32_t)(unsigned char)in[i + 1] << 8;
		if (i + 2 < len)
			v |= (uint32_t)(unsigned char)in[i + 2];
		buf_putc(out, digits[v >> 18]);
		buf_putc(out, digits[v >> 12 & 63]);
		buf_putc(out, i + 1 < len ? digits[v >> 6 & 63] : '=');
		buf_putc(out, i + 2 < len ? digits[v & 63] : '=');
	}
}

static void plain(const char *text, size_t len, struct buf *out)
{
	buf_puts(out, "\x1b]52;c;");
	base64(text, len, out);
	buf_puts(out, "\x1b\\");
}

/* What tmux before 3.3, or with allow-passthrough, hands on as it is; each Esc is doubled. */
static void past_tmux(const char *text, size_t len, struct buf *out)
{
	buf_puts(out, "\x1bPtmux;\x1b\x1b]52;c;");
	base64(text, len, out);
	buf_puts(out, "\x1b\x1b\\\x1b\\");
}

/* Each piece is a string of screen's own, which it hands on bare. The Esc and the backslash of the
 * inner end go in two of them, or they would end the outer one. */
static void in_pieces(const char *text, size_t len, struct buf *out)
{
	const size_t piece = SCREEN_PIECE / 4 * 3;

	buf_puts(out, "\x1bP\x1b]52;c;\x1b\\");
	for (size_t i = 0; i < len; i += piece) {
		buf_puts(out, "\x1bP");
		base64(text + i, min_size(piece, len - i), out);
		buf_puts(out, "\x1b\\");
	}
	buf_puts(out, "\x1bP\x1b\x1b\\\x1bP\\\x1b\\");
}

bool clip_encode(enum clip_way way, const char *text, size_t len, struct buf *out)
{
	size_t room = out->cap - out->len;

	/* 4 bytes for 3, twice for tmux, and what stands around it. */
	if (way == CLIP_NONE || room < 128 || len > (room - 128) / 3)
		return false;
	if (way == CLIP_SCREEN)
		in_pieces(text, len, out);
	else
		plain(text, len, out);
	if (way == CLIP_TMUX)
		past_tmux(text, len, out);
	return true;
}

const char *clip_says(enum clip_way way)
{
	switch (way) {
	case CLIP_TERMINAL:
		return "sent to the terminal's clipboard";
	case CLIP_TMUX:
	case CLIP_MAYBE_TMUX:
		return "sent to tmux, which takes it if set-clipboard is on";
	case CLIP_SCREEN:
		return "sent through screen to the terminal's clipboard";
	case CLIP_NONE:
		break;
	}
	return "this terminal has no clipboard; tmux with set-clipboard on keeps what y copies";
}
