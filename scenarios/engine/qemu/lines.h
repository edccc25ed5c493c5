/*
 * A peer that sends lines: both of QEMU's protocols are such. Every wait ends at a time of the monotonic clock.
 */
#ifndef ENGINE_QEMU_LINES_H
#define ENGINE_QEMU_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lines {
	int fd;
	char *buf;
	size_t size, have, used; /* of `buf`: its size, bytes received, bytes handed out */
	size_t limit;            /* of one line */
};

enum lines_rc {
	LINES_OK,
	LINES_LATE,   /* nothing complete came in time */
	LINES_CLOSED, /* the peer is gone */
	LINES_LONG,   /* a line beyond the limit */
	LINES_MEMORY
};

uint64_t lines_now_ms(void);

/* Takes the descriptor over. */
void lines_open(struct lines *l, int fd, size_t limit);
void lines_close(struct lines *l);

/* The next line without its end, valid until the next call. A NUL inside it becomes '?'. */
enum lines_rc lines_get(struct lines *l, uint64_t until_ms, char **line);
enum lines_rc lines_put(struct lines *l, uint64_t until_ms, const char *text, size_t len);

const char *lines_rc_text(enum lines_rc rc);

#endif
