/* dlq/stream.h - the bytes of one file from an offset on, plain or unpacked, and its lines.
 *
 * pread only: a file that is cut short under us ends early and kills nobody. A packed file is
 * unpacked as it is read, members one behind the other; it ends where it is damaged, cut, or where
 * it unpacks to more than anybody would write. Blocking: on a pool thread only. */
#ifndef SPARKOPS_DLQ_STREAM_H
#define SPARKOPS_DLQ_STREAM_H

#include <sys/stat.h>
#include <zlib.h>

#include "../../include/base.h"

enum { STREAM_BUF = 256 * 1024 };

struct stream {
	int fd;
	bool is_gz;
	bool is_over;    /* the file unpacks to more than the cap */
	bool is_broken;  /* read error, or damaged packing */
	int64_t file_at; /* next byte of the file */
	int64_t at;      /* offset of the next byte that stream_line() gives out */
	size_t from, to; /* what is buffered for stream_line() */
	size_t piece;    /* how much was read at once last */
	char *buf, *packed;
	z_stream z;
	bool has_z;
	bool is_member, has_member; /* inside a member, behind one */
	bool is_end;                /* padding behind the last member */
};

/* Opens a regular file inside the folder dir; false: it cannot be, errno says why. A symbolic link
 * is refused (ELOOP): who may write into the folder could make it show, and replay, any file that
 * we may read and they may not. Where the folder itself lies is the configuration's word. */
MUST_CHECK bool stream_open(struct stream *s, int dir, const char *name, bool is_gz);
void stream_close(struct stream *s);
/* A packed file of which everything was read: does it end in the middle? */
bool stream_is_cut(const struct stream *s);
/* Up to len more bytes; 0 at the end (for now). Not to be mixed with stream_line(). */
size_t stream_read(struct stream *s, char *p, size_t len);
/* Goes to an offset (of the unpacked bytes); false: the end comes before it. */
MUST_CHECK bool stream_seek(struct stream *s, int64_t offset);
/* Hands the rest of this line, without LF or CR LF, to the sink in pieces. 1: the line was whole,
 * 0: the end came first. */
typedef void stream_sink_fn(void *data, const char *p, size_t len);
int stream_line(struct stream *s, stream_sink_fn *sink, void *data);

#endif
