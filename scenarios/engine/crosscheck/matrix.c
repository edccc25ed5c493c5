/* What became of each permutation on each QEMU. */
#include "matrix.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "cli.h"
#include "json.h"
#include "report.h"

/* ---- filling it ---- */

struct matrix_column *matrix_add(struct matrix *m, const struct session *s)
{
	struct matrix_column *c = &m->column[m->columns++];

	c->cell = cli_alloc(s->suite.jobs, sizeof(*c->cell));
	return c;
}

void matrix_free(struct matrix *m, const struct session *s)
{
	for (uint32_t k = 0; k < m->columns; k++) {
		struct matrix_column *c = &m->column[k];

		for (size_t i = 0; i < s->suite.jobs; i++)
			free(c->cell[i].text);
		for (uint32_t i = 0; i < c->machines; i++)
			free(c->machine[i]);
		free(c->cell);
	}
	m->columns = 0;
}

static void take_machine(struct matrix_column *c, const char *machine)
{
	for (uint32_t i = 0; i < c->machines; i++)
		if (strcmp(c->machine[i], machine) == 0)
			return;
	/* what was skipped before a machine was started has none */
	if (strncmp(machine, "q35", 3) == 0 && c->machines < MATRIX_MACHINES)
		c->machine[c->machines++] = cli_copy(machine);
}

void matrix_take(struct matrix_column *c, size_t job, const struct trial *t, const char *text)
{
	struct matrix_cell *cell = &c->cell[job];

	cell->outcome = t->outcome;
	cell->cut = t->cut;
	memcpy(cell->fired, t->fired, sizeof(cell->fired));
	cell->text = *text ? cli_copy(text) : NULL;
	c->count[t->outcome]++;
	c->records += t->records;
	take_machine(c, t->machine);
}

/* ---- machines: "q35,OPTIONS MEMORY DEVICE...", as the command line has them ---- */

static bool is_unit(const char *word)
{
	return strncmp(word, "intel-iommu", 11) == 0 || strncmp(word, "amd-iommu", 9) == 0;
}

/* Word n of a machine; false beyond the last. */
static bool machine_word(const char *machine, uint32_t n, char *buf, size_t size)
{
	const char *at = machine;

	for (; n && *at; n--) {
		at += strcspn(at, " ");
		at += strspn(at, " ");
	}
	snprintf(buf, size, "%.*s", (int)strcspn(at, " "), at);
	return *at != '\0';
}

/* Type, memory and the unit, without what makes requests. */
static void machine_in_short(const char *machine, char *buf, size_t size)
{
	char word[256], type[64], memory[32], unit[256] = "";

	(void)machine_word(machine, 0, type, sizeof(type));
	(void)machine_word(machine, 1, memory, sizeof(memory));
	for (uint32_t i = 2; machine_word(machine, i, word, sizeof(word)); i++)
		if (is_unit(word))
			snprintf(unit, sizeof(unit), "%s", word);
	snprintf(buf, size, "%s %s %s", type, memory, unit);
}

void matrix_print_machines(const struct matrix_column *c)
{
	char one[400], other[400];

	for (uint32_t i = 0; i < c->machines; i++) {
		bool known = false;

		machine_in_short(c->machine[i], one, sizeof(one));
		for (uint32_t k = 0; !known && k < i; k++) {
			machine_in_short(c->machine[k], other, sizeof(other));
			known = strcmp(one, other) == 0;
		}
		if (!known)
			printf("          machine %s\n", one);
	}
}

/* ---- the table ---- */

/* Of one scenario's permutations: "2 equal, 3 V9 V36, 7 skipped". */
static void cell_text(const struct matrix_column *c, size_t first, size_t end, char *buf,
		      size_t size)
{
	uint32_t count[TRIAL_OUTCOMES] = { 0 };
	bool fired[ROWS_MAX] = { false };
	size_t at = 0;

	for (size_t i = first; i < end; i++) {
		count[c->cell[i].outcome]++;
		for (uint32_t r = 0; c->cell[i].outcome == TRIAL_ROWS && r < ROWS_MAX; r++)
			fired[r] = fired[r] || c->cell[i].fired[r];
	}
	buf[0] = '\0';
	for (uint32_t o = 0; o < TRIAL_OUTCOMES; o++) {
		if (!count[o])
			continue;
		at = strlen(buf);
		snprintf(buf + at, size - at, "%s%u %s", at ? ", " : "", count[o],
			 o == TRIAL_ROWS ? "by" : trial_outcome_name((enum trial_outcome)o));
		for (uint32_t r = 0; o == TRIAL_ROWS && r < ROWS_MAX; r++) {
			at = strlen(buf);
			if (fired[r])
				snprintf(buf + at, size - at, " %s", rows_at(r)->id);
		}
	}
}

void matrix_print(const struct matrix *m, const struct session *s)
{
	for (size_t first = 0, end; first < s->suite.jobs; first = end) {
		size_t entry = s->suite.job[first].entry;

		for (end = first; end < s->suite.jobs && s->suite.job[end].entry == entry;)
			end++;
		report_clean(stdout, s->suite.entry[entry].path, false);
		putchar('\n');
		for (uint32_t k = 0; k < m->columns; k++) {
			char text[512];

			cell_text(&m->column[k], first, end, text, sizeof(text));
			printf("\t%-14s %s\n", s->sides.qemu[k]->name, text);
		}
	}
}

/* ---- JSON ---- */

static void put_rows(cJSON *object, const bool fired[ROWS_MAX])
{
	cJSON *rows = cli_need(cJSON_AddArrayToObject(object, "rows"));

	for (uint32_t i = 0; i < ROWS_MAX; i++)
		if (fired[i])
			cJSON_AddItemToArray(rows, cli_need(cJSON_CreateString(rows_at(i)->id)));
}

static cJSON *machine_object(const char *machine)
{
	cJSON *o = cli_need(cJSON_CreateObject());
	cJSON *devices = NULL;
	char word[256];

	(void)machine_word(machine, 0, word, sizeof(word));
	json_text(o, "type", word);
	(void)machine_word(machine, 1, word, sizeof(word));
	json_text(o, "memory", word);
	devices = cli_need(cJSON_AddArrayToObject(o, "devices"));
	for (uint32_t i = 2; machine_word(machine, i, word, sizeof(word)); i++)
		if (is_unit(word))
			json_text(o, "unit", word);
		else
			cJSON_AddItemToArray(devices, cli_need(cJSON_CreateString(word)));
	return o;
}

/* Rows that something needed, with how many permutations did. */
static void put_needed(cJSON *object, const struct matrix_column *c, size_t jobs)
{
	cJSON *rows = cli_need(cJSON_AddArrayToObject(object, "needed"));

	for (uint32_t r = 0; rows_at(r); r++) {
		uint32_t count = 0;
		cJSON *o;

		for (size_t i = 0; i < jobs; i++)
			count += c->cell[i].fired[r];
		if (!count)
			continue;
		o = cli_need(cJSON_CreateObject());
		json_text(o, "row", rows_at(r)->id);
		json_text(o, "rule", rows_rule(rows_at(r)->rule));
		json_text(o, "what", rows_at(r)->what);
		json_number(o, "permutations", count);
		cJSON_AddItemToArray(rows, o);
	}
}

static void put_column(cJSON *array, const struct matrix *m, const struct session *s, uint32_t k)
{
	static const char *const names[] = { "equal", "rows", "skipped", "differ" };
	const struct matrix_column *c = &m->column[k];
	cJSON *o = cli_need(cJSON_CreateObject());
	cJSON *machines;

	json_text(o, "version", s->sides.qemu[k]->program.version);
	json_text(o, "program", s->sides.qemu[k]->program.binary);
	for (uint32_t i = 0; i < TRIAL_OUTCOMES; i++)
		json_number(o, names[i], c->count[i]);
	json_number(o, "records", c->records);
	machines = cli_need(cJSON_AddArrayToObject(o, "machines"));
	for (uint32_t i = 0; i < c->machines; i++)
		cJSON_AddItemToArray(machines, machine_object(c->machine[i]));
	put_needed(o, c, s->suite.jobs);
	cJSON_AddItemToArray(array, o);
}

static cJSON *result_of(const struct matrix *m, const struct session *s, size_t job)
{
	cJSON *o = cli_need(cJSON_CreateObject());
	cJSON *on = NULL;

	json_text(o, "path", s->suite.entry[s->suite.job[job].entry].path);
	json_text(o, "permutation", suite_job_id(&s->suite, &s->suite.job[job]));
	on = cli_need(cJSON_AddArrayToObject(o, "qemu"));
	for (uint32_t k = 0; k < m->columns; k++) {
		const struct matrix_cell *cell = &m->column[k].cell[job];
		cJSON *one = cli_need(cJSON_CreateObject());

		json_text(one, "outcome", trial_outcome_name(cell->outcome));
		put_rows(one, cell->fired);
		cli_need(cJSON_AddBoolToObject(one, "cut", cell->cut));
		if (cell->text)
			json_text(one, "text", cell->text);
		cJSON_AddItemToArray(on, one);
	}
	return o;
}

void matrix_put(const struct matrix *m, const struct session *s)
{
	cJSON *array = cli_need(cJSON_AddArrayToObject(s->report, "qemu"));

	for (uint32_t k = 0; k < m->columns; k++)
		put_column(array, m, s, k);
	array = cli_need(cJSON_AddArrayToObject(s->report, "results"));
	for (size_t i = 0; m->columns && i < s->suite.jobs; i++)
		cJSON_AddItemToArray(array, result_of(m, s, i));
}

/* ---- rows that nothing needs ---- */

/* Whether the scenario that a row names ran there, in any permutation. */
static bool witness_ran(const struct matrix_column *c, const struct session *s, const char *witness)
{
	size_t len = strlen(witness);

	for (size_t i = 0; i < s->suite.jobs; i++) {
		const char *path = s->suite.entry[s->suite.job[i].entry].path;
		size_t have = strlen(path);

		if (c->cell[i].outcome != TRIAL_SKIPPED && have > len &&
		    strcmp(path + have - len, witness) == 0)
			return true;
	}
	return false;
}

static bool needed(const struct matrix_column *c, const struct session *s, uint32_t row)
{
	for (size_t i = 0; i < s->suite.jobs; i++)
		if (c->cell[i].fired[row])
			return true;
	return false;
}

uint32_t matrix_judge_rows(const struct matrix *m, const struct session *s)
{
	uint32_t bad = 0;

	for (uint32_t k = 0; k < m->columns; k++) {
		uint32_t open = 0;

		for (uint32_t i = 0; rows_at(i); i++) {
			const struct row *row = rows_at(i);
			const char *witness = rows_witness(row->id);

			if (!witness || !row_applies(row, s->sides.qemu[k]->program.number))
				continue;
			if (needed(&m->column[k], s, i))
				continue;
			if (!witness_ran(&m->column[k], s, witness)) {
				open++;
				continue;
			}
			printf("FAIL    row %s: nothing needed it on %s, not even %s; is it still "
			       "so? (rows.c)\n",
			       row->id, s->sides.qemu[k]->name, witness);
			bad++;
		}
		if (open)
			printf("rows    %s: %u not judged, for the scenarios that need them did "
			       "not run\n",
			       s->sides.qemu[k]->name, open);
	}
	return bad;
}
