/* QEMU's machine protocol. */
#include "qmp.h"

#include <cjson/cJSON.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QMP_LINE (1u << 20)

__attribute__((format(printf, 2, 3))) static bool die(struct qmp *q, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(q->error, sizeof(q->error), fmt, ap);
	va_end(ap);
	qemu_journal_add(q->journal, "** %s", q->error);
	q->dead = true;
	return false;
}

/* The next message, to be deleted; NULL when the protocol failed. */
static cJSON *message(struct qmp *q, uint64_t until_ms)
{
	char *line;
	enum lines_rc rc = lines_get(&q->lines, until_ms, &line);
	cJSON *m;

	if (rc != LINES_OK) {
		(void)die(q, "machine protocol: %s (within %u ms)", lines_rc_text(rc),
			  q->timeout_ms);
		return NULL;
	}
	m = cJSON_Parse(line);
	if (!m || !cJSON_IsObject(m)) {
		(void)die(q, "machine protocol: not a message: \"%.100s\"", line);
		cJSON_Delete(m);
		return NULL;
	}
	return m;
}

static bool is_event(const cJSON *m, const char *name)
{
	const cJSON *e = cJSON_GetObjectItemCaseSensitive(m, "event");

	return cJSON_IsString(e) && strcmp(e->valuestring, name) == 0;
}

/* Carries a command out; when `event` is given, waits for it too. *answer is to be deleted. */
static bool execute(struct qmp *q, const char *text, const char *event, cJSON **answer)
{
	uint64_t until = lines_now_ms() + q->timeout_ms;
	bool answered = false, come = event == NULL;
	enum lines_rc rc;

	if (q->dead)
		return false;
	qemu_journal_add(q->journal, "%s", text);
	rc = lines_put(&q->lines, until, text, strlen(text));
	if (rc == LINES_OK)
		rc = lines_put(&q->lines, until, "\n", 1);
	if (rc != LINES_OK)
		return die(q, "machine protocol: %s, when it was told something",
			   lines_rc_text(rc));
	while (!answered || !come) {
		cJSON *m = message(q, until), *value;

		if (!m)
			return false;
		value = cJSON_GetObjectItemCaseSensitive(m, "return");
		if (event && is_event(m, event))
			come = true;
		if (value && !answered && answer)
			*answer = cJSON_DetachItemViaPointer(m, value);
		answered |= value != NULL;
		if (cJSON_HasObjectItem(m, "error")) {
			cJSON_Delete(m);
			return die(q, "machine protocol: refused: %s", text);
		}
		cJSON_Delete(m);
	}
	return true;
}

bool qmp_open(struct qmp *q, int fd, uint32_t timeout_ms, struct qemu_journal *journal)
{
	cJSON *greeting;

	memset(q, 0, sizeof(*q));
	lines_open(&q->lines, fd, QMP_LINE);
	q->timeout_ms = timeout_ms;
	q->journal = journal;
	greeting = message(q, lines_now_ms() + timeout_ms);
	if (!greeting)
		return false;
	if (!cJSON_HasObjectItem(greeting, "QMP")) {
		cJSON_Delete(greeting);
		return die(q, "machine protocol: no greeting");
	}
	cJSON_Delete(greeting);
	return execute(q, "{\"execute\":\"qmp_capabilities\"}", NULL, NULL);
}

void qmp_close(struct qmp *q)
{
	lines_close(&q->lines);
	q->dead = true;
}

bool qmp_device_add(struct qmp *q, const char *device)
{
	char text[512];
	cJSON *answer = NULL;
	bool ok;

	snprintf(text, sizeof(text),
		 "{\"execute\":\"human-monitor-command\",\"arguments\":{\"command-line\":"
		 "\"device_add %s\"}}",
		 device);
	ok = execute(q, text, NULL, &answer);
	/* its words are the complaint */
	if (ok && cJSON_IsString(answer) && answer->valuestring[0])
		ok = die(q, "it cannot add \"%s\": %.200s", device, answer->valuestring);
	cJSON_Delete(answer);
	return ok;
}

bool qmp_reset(struct qmp *q)
{
	return execute(q, "{\"execute\":\"system_reset\"}", "RESET", NULL);
}

/* The numbers of one line that begins with `name`, up to its end. */
static void take_vectors(const char *text, const char *name, bool seen[QMP_VECTORS])
{
	const char *at = text;

	while (at && strncmp(at, name, strlen(name)) != 0) {
		at = strchr(at, '\n');
		at = at ? at + 1 : NULL;
	}
	if (!at)
		return;
	for (at += strlen(name); *at && *at != '\n' && *at != '\r';) {
		char *end;
		unsigned long n;

		if (*at < '0' || *at > '9') {
			at++;
			continue;
		}
		n = strtoul(at, &end, 10);
		if (n < QMP_VECTORS)
			seen[n] = true;
		at = end;
		/* behind a number stands how it was triggered, in brackets */
		if (*at == '(')
			at += strcspn(at, ")\r\n");
	}
}

void qmp_parse_lapic(const char *text, bool seen[QMP_VECTORS])
{
	take_vectors(text, "IRR", seen);
	take_vectors(text, "ISR", seen);
}

bool qmp_vectors(struct qmp *q, uint32_t processor, bool seen[QMP_VECTORS])
{
	cJSON *answer = NULL;
	char text[128];
	bool ok;

	snprintf(text, sizeof(text),
		 "{\"execute\":\"human-monitor-command\",\"arguments\":"
		 "{\"command-line\":\"info lapic %u\"}}",
		 processor);
	ok = execute(q, text, NULL, &answer);

	memset(seen, 0, QMP_VECTORS * sizeof(*seen));
	if (ok && cJSON_IsString(answer))
		qmp_parse_lapic(answer->valuestring, seen);
	else if (ok)
		ok = die(q, "machine protocol: \"info lapic\" gave no text");
	cJSON_Delete(answer);
	return ok;
}
