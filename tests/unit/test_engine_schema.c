/*
 * The document of the language is the loader's own tables, line by line.
 */
#define _POSIX_C_SOURCE 200809L

#include "unit.h"

#include <string.h>

#include "scenarios/engine/engine.h"
#include "scenarios/engine/schema.h"

#define DOCUMENT "scenarios/README.md"
#define LINE 4096

/* Moves `f` behind the sentence that opens the tables. */
static bool seek_reference(FILE *f)
{
	char line[LINE];

	while (fgets(line, sizeof(line), f))
		if (strncmp(line, "The tables below are those of the loader", 40) == 0)
			return fgets(line, sizeof(line), f) != NULL;
	return false;
}

START_TEST(test_schema_document_says_what_the_loader_takes)
{
	FILE *document = fopen(DOCUMENT, "r"), *tables = tmpfile();
	char want[LINE], got[LINE];
	unsigned lines = 0;

	ck_assert_ptr_nonnull(document);
	ck_assert_ptr_nonnull(tables);
	scenario_print_schema(tables);
	rewind(tables);
	ck_assert(seek_reference(document));
	while (fgets(want, sizeof(want), tables)) {
		ck_assert_msg(fgets(got, sizeof(got), document) != NULL,
			      "the document ends before: %s", want);
		ck_assert_str_eq(got, want);
		lines++;
	}
	ck_assert_msg(!fgets(got, sizeof(got), document),
		      "the document has more than the loader: %s", got);
	ck_assert_uint_gt(lines, 300);
	fclose(document);
	fclose(tables);
}
END_TEST

START_TEST(test_schema_verbs_are_whole_and_named_once)
{
	const struct verb *v;

	for (uint32_t i = 0; (v = verb_at(i)) != NULL; i++) {
		ck_assert_ptr_nonnull(v->run);
		ck_assert_ptr_nonnull(v->help);
		ck_assert_ptr_eq(verb_find(v->name), v);
		for (const struct prop_desc *d = v->props; d->name; d++) {
			bool named = d->type == TYPE_NAME || d->type == TYPE_NAMES;

			ck_assert_msg(d->help != NULL, "%s: %s", v->name, d->name);
			ck_assert_msg(named == (d->names != NULL), "%s: %s", v->name, d->name);
			ck_assert_ptr_eq(desc_find(v->props, d->name), d);
			ck_assert_msg(!desc_find(schema_step, d->name), "%s: %s", v->name, d->name);
		}
	}
}
END_TEST

START_TEST(test_schema_nearest_name)
{
	ck_assert_uint_eq(name_distance("unmap", "unmap"), 0);
	ck_assert_uint_eq(name_distance("unamp", "unmap"), 2);
	ck_assert_uint_eq(name_distance("", "map"), 3);
	ck_assert_uint_eq(name_distance("kitten", "sitting"), 3);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("engine schema");
	TCase *tc = tcase_create("schema");

	tcase_add_test(tc, test_schema_document_says_what_the_loader_takes);
	tcase_add_test(tc, test_schema_verbs_are_whole_and_named_once);
	tcase_add_test(tc, test_schema_nearest_name);
	suite_add_tcase(s, tc);
	return s;
}

UNIT_MAIN(make_suite)
