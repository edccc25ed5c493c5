/*
 * See hw_layout.h. Slow and obvious on purpose: not the arithmetic of hw/bits.h.
 */
#include "hw_layout.h"
#include <stdbool.h>
#include <string.h>
#include "unit.h"

/* The number after the dot: which 64-bit word of its entry this is. */
static unsigned word_number(const char *word)
{
	const char *dot = strchr(word, '.');

	return dot ? (unsigned)strtoul(dot + 1, NULL, 10) : 0;
}

static unsigned word_bits(const struct layout *l, const char *word)
{
	size_t i;

	for (i = 0; i < l->words32_count; i++)
		if (strcmp(word, l->words32[i]) == 0)
			return 32;
	return 64;
}

static uint64_t bits_of(const struct row *r)
{
	uint64_t bits = 0;
	unsigned n;

	for (n = r->lo; n <= r->hi; n++)
		bits |= UINT64_C(1) << (n % 64);
	return bits;
}

static bool listed(const char *const *list, const char *name)
{
	for (; *list; list++)
		if (strcmp(*list, name) == 0)
			return true;
	return false;
}

/* The bits that the rows of a word before index end cover; views do not count. */
static uint64_t covered(const struct layout *l, const char *word, size_t end)
{
	uint64_t bits = 0;
	size_t i;

	for (i = 0; i < end; i++)
		if (l->rows[i].kind != ROW_VIEW && strcmp(l->rows[i].word, word) == 0)
			bits |= bits_of(&l->rows[i]);
	return bits;
}

uint64_t layout_fields_of(const struct layout *l, const char *word)
{
	uint64_t bits = 0;
	size_t i;

	for (i = 0; i < l->count; i++)
		if (l->rows[i].kind == ROW_FIELD && strcmp(l->rows[i].word, word) == 0)
			bits |= l->rows[i].mask;
	return bits;
}

void layout_check_rows_lie_in_their_words(const struct layout *l)
{
	size_t i;

	for (i = 0; i < l->count; i++) {
		const struct row *r = &l->rows[i];
		unsigned first = 64 * word_number(r->word);

		ck_assert_msg(r->hi >= r->lo, "%s %u:%u", r->word, r->hi, r->lo);
		ck_assert_msg(r->lo >= first && r->hi < first + word_bits(l, r->word), "%s %u:%u",
			      r->word, r->hi, r->lo);
	}
}

void layout_check_masks(const struct layout *l)
{
	size_t i;

	for (i = 0; i < l->count; i++) {
		const struct row *r = &l->rows[i];

		if (!r->name)
			continue;
		ck_assert_msg(r->mask == bits_of(r), "%s is %#llx, not bits %u:%u of %s", r->name,
			      (unsigned long long)r->mask, r->hi, r->lo, r->word);
		ck_assert_msg(8 * r->bytes == word_bits(l, r->word), "%s has %zu bytes", r->name,
			      r->bytes);
	}
}

void layout_check_names(const struct layout *l)
{
	size_t i;

	for (i = 0; i < l->count; i++) {
		const struct row *r = &l->rows[i];
		const char *end;

		if (!r->name || !strchr(r->word, '.') || listed(l->common, r->name))
			continue;
		ck_assert_msg(strncmp(r->name, l->prefix, strlen(l->prefix)) == 0, "%s", r->name);
		end = strchr(r->name + strlen(l->prefix), '_');
		ck_assert_ptr_nonnull(end);
		ck_assert_msg((unsigned)(end[-1] - '0') == word_number(r->word), "%s in %s",
			      r->name, r->word);
	}
}

void layout_check_no_overlap(const struct layout *l)
{
	size_t i;

	for (i = 0; i < l->count; i++) {
		const struct row *r = &l->rows[i];
		uint64_t twice = covered(l, r->word, i) & bits_of(r);

		if (r->kind == ROW_VIEW)
			continue;
		ck_assert_msg(twice == 0, "%s %s: %#llx", r->word, r->name ? r->name : "-",
			      (unsigned long long)twice);
	}
}

void layout_check_words_are_covered(const struct layout *l)
{
	size_t i;

	for (i = 0; i < l->count; i++) {
		const char *word = l->rows[i].word;
		uint64_t all = word_bits(l, word) == 32 ? UINT64_C(0xFFFFFFFF) : ~UINT64_C(0);
		uint64_t missing = all & ~covered(l, word, l->count);

		ck_assert_msg(missing == 0, "%s: %#llx", word, (unsigned long long)missing);
	}
}

void layout_check_views_are_covered(const struct layout *l)
{
	size_t i;

	for (i = 0; i < l->count; i++) {
		const struct row *r = &l->rows[i];

		ck_assert_msg((bits_of(r) & ~covered(l, r->word, l->count)) == 0, "%s", r->word);
	}
}

void layout_check_words32_have_rows(const struct layout *l)
{
	size_t i;

	for (i = 0; i < l->words32_count; i++)
		ck_assert_msg(covered(l, l->words32[i], l->count) != 0, "%s", l->words32[i]);
}

void layout_check_encodings(const struct encoding *e, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		ck_assert_msg(e[i].value == e[i].typed, "%s", e[i].name);
		ck_assert_msg(e[i].value <= e[i].mask / (e[i].mask & (~e[i].mask + 1)), "%s",
			      e[i].name);
	}
}

static uint64_t ignored_of(const struct ignored *ign, size_t count, const char *word)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (strcmp(ign[i].word, word) == 0)
			return ign[i].hex;
	return 0;
}

void layout_check_reserved_hex(const struct reserved *r, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		ck_assert_msg(r[i].mask == r[i].hex, "%s: %#llx", r[i].name,
			      (unsigned long long)r[i].mask);
}

void layout_check_reserved_complement(const struct layout *l, const struct reserved *r,
				      size_t count, const struct ignored *ign, size_t ign_count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		uint64_t fields = layout_fields_of(l, r[i].word);
		uint64_t used = fields | ignored_of(ign, ign_count, r[i].word);

		ck_assert_msg((fields & r[i].mask) == 0, "%s", r[i].name);
		ck_assert_msg(r[i].mask == ~used, "%s: %#llx", r[i].name,
			      (unsigned long long)~used);
	}
}

void layout_check_reserved_complete(const struct layout *l, const struct reserved *r, size_t count,
				    const char *const *exempt)
{
	size_t i, k;

	for (i = 0; i < l->count; i++) {
		const char *word = l->rows[i].word;

		if (!strchr(word, '.') || listed(exempt, word))
			continue;
		for (k = 0; k < count && strcmp(r[k].word, word) != 0; k++)
			;
		ck_assert_msg(k < count, "%s", word);
	}
}

void layout_check_ignored_words_exist(const struct layout *l, const struct ignored *ign,
				      size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		ck_assert_msg(layout_fields_of(l, ign[i].word) != 0, "%s", ign[i].word);
}
