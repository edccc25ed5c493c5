/*
 * Checks of include/hw that do not depend on the architecture: fields typed again, bit by bit, against the headers' masks.
 *
 * Bits are numbered as the specification numbers them: through the whole entry, so bit 87 of an entry lies in its second
 * word. The word column says which word that is ("context.1"); a word without a dot stands alone. All rows of a word
 * together must cover each of its bits exactly once; V rows are other views of bits already covered.
 */
#ifndef TESTS_UNIT_HW_LAYOUT_H
#define TESTS_UNIT_HW_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

enum row_kind {
	ROW_FIELD, /* a field */
	ROW_VIEW,  /* another meaning of bits that another row covers: not checked for overlap */
	ROW_RSVD,  /* reserved */
	ROW_IGN,   /* ignored by hardware */
};

struct row {
	const char *word;
	enum row_kind kind;
	const char *name; /* NULL for bits without a field */
	uint64_t mask;
	size_t bytes; /* of the mask's type */
	unsigned hi, lo;
};

struct layout {
	const struct row *rows;
	size_t count;
	const char *const *words32; /* the words of 32 bits; all others have 64 */
	size_t words32_count;
	const char *prefix;        /* of every name */
	const char *const *common; /* names without a word's number, ends with NULL */
};

/* A reserved mask of the header beside hexadecimal typed by hand. */
struct reserved {
	const char *word, *name;
	uint64_t mask, hex;
};

/* What hardware ignores in a word, typed by hand; every other word ignores nothing. */
struct ignored {
	const char *word;
	uint64_t hex;
};

/* A value of a field, typed again. */
struct encoding {
	const char *name;
	uint64_t mask, value, typed;
};

/* The union of the header's masks for the fields of a word. */
uint64_t layout_fields_of(const struct layout *l, const char *word);

void layout_check_rows_lie_in_their_words(const struct layout *l);
void layout_check_masks(const struct layout *l);
/* VTD_CE1_DID: the digit before the second underscore is the word's number. */
void layout_check_names(const struct layout *l);
void layout_check_no_overlap(const struct layout *l);
void layout_check_words_are_covered(const struct layout *l);
void layout_check_views_are_covered(const struct layout *l);
/* A misspelt name would silently make a word 64 bits wide. */
void layout_check_words32_have_rows(const struct layout *l);

void layout_check_encodings(const struct encoding *e, size_t count);

void layout_check_reserved_hex(const struct reserved *r, size_t count);
/* Reserved bits are what the fields and the ignored bits of a word leave. */
void layout_check_reserved_complement(const struct layout *l, const struct reserved *r,
				      size_t count, const struct ignored *ign, size_t ign_count);
/* Every numbered word has a reserved mask, but for those in exempt, which ends with NULL. */
void layout_check_reserved_complete(const struct layout *l, const struct reserved *r, size_t count,
				    const char *const *exempt);
void layout_check_ignored_words_exist(const struct layout *l, const struct ignored *ign,
				      size_t count);

#endif
