/* Words, numbers and PCI addresses in a line of text. */
#include "decode/scan.h"

#include <string.h>

#include "decode/decoded.h"

bool scan_after(const char **at, const char *word)
{
	const char *found = strstr(*at, word);

	if (!found)
		return false;
	*at = found + strlen(word);
	return true;
}

bool scan_here(const char **at, const char *word)
{
	const char *p = *at + strspn(*at, " \t");

	if (strncmp(p, word, strlen(word)) != 0)
		return false;
	*at = p + strlen(word);
	return true;
}

static int digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *found;

	if (c >= 'A' && c <= 'F')
		c = (char)(c - 'A' + 'a');
	found = c ? strchr(digits, c) : NULL;
	return found ? (int)(found - digits) : -1;
}

/* Digits of `base`; false when there is none or when the number has more than 64 bits. */
static bool digits(const char **at, uint32_t base, uint64_t *out)
{
	const char *p = *at;
	uint64_t value = 0;
	int d;

	for (; (d = digit(*p)) >= 0 && (uint32_t)d < base; p++) {
		if (value > (UINT64_MAX - (uint32_t)d) / base)
			return false;
		value = value * base + (uint32_t)d;
	}
	if (p == *at)
		return false;
	*at = p;
	*out = value;
	return true;
}

bool scan_decimal(const char **at, uint64_t *out)
{
	return digits(at, 10, out);
}

static bool prefix(const char **at)
{
	if ((*at)[0] != '0' || ((*at)[1] != 'x' && (*at)[1] != 'X') || digit((*at)[2]) < 0)
		return false;
	*at += 2;
	return true;
}

bool scan_hex(const char **at, uint64_t *out)
{
	const char *p = *at + strspn(*at, " \t");

	prefix(&p);
	if (!digits(&p, 16, out))
		return false;
	*at = p;
	return true;
}

bool scan_number(const char **at, uint64_t *out, bool *decimal)
{
	const char *p = *at + strspn(*at, " \t");

	*decimal = !prefix(&p);
	if (!digits(&p, *decimal ? 10 : 16, out))
		return false;
	*at = p;
	return true;
}

bool scan_bdf(const char **at, struct decoded *d)
{
	const char *p = *at + strspn(*at, " \t[");
	uint64_t part[4];
	uint32_t n = 0;
	bool segment;

	for (;; n++) {
		if (n == 4 || !scan_hex(&p, &part[n]))
			return false;
		if (*p == '.') {
			p++;
			break;
		}
		if (*p++ != ':')
			return false;
	}
	segment = n == 2;
	if ((n != 1 && n != 2) || !scan_hex(&p, &part[3]))
		return false;
	if (part[n - 1] > 0xFF || part[n] > 0x1F || part[3] > 7 || (segment && part[0] > 0xFFFF))
		return false;
	d->rid = (uint16_t)(part[n - 1] << 8 | part[n] << 3 | part[3]);
	d->has_rid = true;
	d->segment = segment ? (uint16_t)part[0] : 0;
	d->has_segment = segment;
	*at = p;
	return true;
}

bool scan_key(const char *line, const char *name, uint64_t *out)
{
	size_t len = strlen(name);
	const char *p = line;

	while ((p = strstr(p, name))) {
		bool starts = p == line || strchr(" [,", p[-1]);

		p += len;
		if (starts && *p == '=') {
			p++;
			return scan_hex(&p, out);
		}
	}
	return false;
}
