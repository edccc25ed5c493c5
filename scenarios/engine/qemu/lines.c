/* A peer that sends lines. */
#include "lines.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define FIRST_SIZE 4096u

uint64_t lines_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u;
}

void lines_open(struct lines *l, int fd, size_t limit)
{
	*l = (struct lines){ .fd = fd, .limit = limit };
}

void lines_close(struct lines *l)
{
	if (l->fd >= 0)
		close(l->fd);
	free(l->buf);
	*l = (struct lines){ .fd = -1 };
}

const char *lines_rc_text(enum lines_rc rc)
{
	static const char *const text[] = { [LINES_OK] = "nothing is wrong",
					    [LINES_LATE] = "no answer in time",
					    [LINES_CLOSED] = "it closed the connection",
					    [LINES_LONG] = "a line longer than any answer",
					    [LINES_MEMORY] = "out of memory" };

	return text[rc];
}

/* Waits for the descriptor. */
static enum lines_rc ready(const struct lines *l, short events, uint64_t until_ms)
{
	for (;;) {
		uint64_t now = lines_now_ms();
		struct pollfd p = { .fd = l->fd, .events = events };
		int n = poll(&p, 1, now < until_ms ? (int)(until_ms - now) : 0);

		if (n > 0)
			return LINES_OK;
		if (n == 0 && lines_now_ms() >= until_ms)
			return LINES_LATE;
		if (n < 0 && errno != EINTR)
			return LINES_CLOSED;
	}
}

/* Makes room behind what was received. */
static enum lines_rc room(struct lines *l)
{
	size_t size = l->size ? 2 * l->size : FIRST_SIZE;
	char *buf;

	if (l->used) {
		memmove(l->buf, l->buf + l->used, l->have - l->used);
		l->have -= l->used;
		l->used = 0;
	}
	if (l->have < l->size)
		return LINES_OK;
	if (l->size >= l->limit)
		return LINES_LONG;
	if (size > l->limit)
		size = l->limit;
	buf = realloc(l->buf, size);
	if (!buf)
		return LINES_MEMORY;
	l->buf = buf;
	l->size = size;
	return LINES_OK;
}

static enum lines_rc receive(struct lines *l, uint64_t until_ms)
{
	enum lines_rc rc = room(l);
	ssize_t n;

	if (rc == LINES_OK)
		rc = ready(l, POLLIN, until_ms);
	if (rc != LINES_OK)
		return rc;
	n = recv(l->fd, l->buf + l->have, l->size - l->have, MSG_DONTWAIT);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return LINES_OK;
	if (n <= 0)
		return LINES_CLOSED;
	l->have += (size_t)n;
	return LINES_OK;
}

enum lines_rc lines_get(struct lines *l, uint64_t until_ms, char **line)
{
	size_t looked = 0;

	for (;;) {
		char *from = l->buf ? l->buf + l->used : NULL;
		size_t have = l->have - l->used;
		char *end = have > looked ? memchr(from + looked, '\n', have - looked) : NULL;
		enum lines_rc rc;

		if (end) {
			for (char *c = from; c < end; c++)
				if (*c == '\0')
					*c = '?';
			*end = '\0';
			if (end > from && end[-1] == '\r')
				end[-1] = '\0';
			l->used = (size_t)(end + 1 - l->buf);
			*line = from;
			return LINES_OK;
		}
		looked = have;
		rc = receive(l, until_ms);
		if (rc != LINES_OK)
			return rc;
	}
}

enum lines_rc lines_put(struct lines *l, uint64_t until_ms, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = send(l->fd, text, len, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n > 0) {
			text += n;
			len -= (size_t)n;
		} else if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
			enum lines_rc rc = ready(l, POLLOUT, until_ms);

			if (rc != LINES_OK)
				return rc;
		} else {
			return LINES_CLOSED;
		}
	}
	return LINES_OK;
}
