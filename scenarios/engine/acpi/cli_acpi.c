/* iommu-sim acpi: the tables of a scenario's machine, as text, as acpidump gives them, or as files. */
#include "acpi/cli_acpi.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acpi/tables.h"
#include "cli.h"
#include "cli_suite.h"
#include "run.h"

static const char help[] =
	"Usage: iommu-sim acpi [OPTION...] SCENARIO[#ID]\n"
	"\n"
	"Makes the ACPI tables firmware would give of the scenario's machine: DMAR of its VT-d\n"
	"units, IVRS of its AMD-Vi units. Without #ID the machine is that of the first\n"
	"permutation. By default prints what is where in them.\n"
	"\n"
	"  -x, --hex      print the bytes, as acpidump does and acpixtract reads\n"
	"  -o, --out DIR  write DIR/dmar.dat and DIR/ivrs.dat, which iasl -d takes\n"
	"  -h, --help     this text\n";

static const char *const signature[ACPI_TABLES] = { [ACPI_DMAR] = "DMAR", [ACPI_IVRS] = "IVRS" };

static void print_text(const struct machine *m, const struct acpi_tables *t)
{
	for (uint32_t i = 0; i < ACPI_TABLES; i++) {
		const struct acpi_bytes *b = t->table + i;

		for (uint32_t n = 0; n < b->notes; n++)
			printf("%s+0x%04x  %s\n", signature[i], b->note[n].at, b->note[n].text);
		if (b->size)
			printf("%s+0x%04x  end\n", signature[i], b->size);
	}
	for (uint32_t i = 0; i < m->acpi.items; i++) {
		const struct acpi_item *it = m->acpi.item + i;

		if (it->kind != ACPI_PATCH)
			continue;
		if (it->cut)
			printf("%s+0x%04x  patch %s: cut off here\n", signature[it->table], it->cut,
			       it->node->name);
		else
			printf("%s+0x%04x  patch %s: %u bytes\n", signature[it->table], it->at,
			       it->node->name, it->data->len);
	}
}

static void print_hex(const struct acpi_tables *t)
{
	for (uint32_t i = 0; i < ACPI_TABLES; i++) {
		const struct acpi_bytes *b = t->table + i;

		if (b->size)
			printf("%s @ 0x0000000000000000\n", signature[i]);
		for (uint32_t at = 0; at < b->size; at += 16) {
			printf("    %04X:", at);
			for (uint32_t k = at; k < at + 16; k++)
				if (k < b->size)
					printf(" %02X", b->p[k]);
				else
					printf("   ");
			printf("  ");
			for (uint32_t k = at; k < at + 16 && k < b->size; k++)
				putchar(isprint(b->p[k]) ? b->p[k] : '.');
			putchar('\n');
		}
		if (b->size)
			putchar('\n');
	}
}

static bool write_file(const char *dir, enum acpi_table_kind kind, const struct acpi_bytes *b)
{
	size_t need = strlen(dir) + 12;
	char *path = cli_alloc(need, 1);
	FILE *f;
	bool good;

	snprintf(path, need, "%s/%s.dat", dir, acpi_table_at(kind));
	f = fopen(path, "wb");
	good = f && fwrite(b->p, 1, b->size, f) == b->size;
	good = f && fclose(f) == 0 && good;
	if (!good)
		cli_error("acpi: %s: cannot write it: %s", path, strerror(errno));
	else
		puts(path);
	free(path);
	return good;
}

struct wanted {
	bool hex;
	const char *out;
};

static int show(const struct scenario *sc, uint32_t permutation, const struct wanted *w)
{
	struct setting *s = cli_alloc(1, sizeof(*s));
	struct acpi_tables *t;
	int status = CLI_OK;
	const char *why;

	*s = sc->setting;
	vary_apply(&sc->vary, permutation, &sc->machine, s);
	t = acpi_tables_make(&sc->machine, s, &why);
	free(s);
	if (!t) {
		cli_error("acpi: %s: %s", scenario_path(sc), why);
		return CLI_USAGE;
	}
	for (uint32_t i = 0; w->out && i < ACPI_TABLES; i++)
		if (t->table[i].size && !write_file(w->out, (enum acpi_table_kind)i, t->table + i))
			status = CLI_USAGE;
	if (w->hex)
		print_hex(t);
	else if (!w->out)
		print_text(&sc->machine, t);
	acpi_tables_free(t);
	return status;
}

/* The one scenario that the argument names. */
static int show_argument(const char *arg, const struct wanted *w)
{
	struct suite suite = { 0 };
	int status = CLI_USAGE;

	suite_add(&suite, arg);
	if (suite.entries > 1)
		cli_error("acpi: %s: has more than one scenario; name one, or one of the lines of "
			  "iommu-sim list -p %s",
			  arg, arg);
	else if (!suite.bad && suite.jobs)
		status = show(suite.entry[0].scenario, suite.job[0].permutation, w);
	suite_free(&suite);
	return status;
}

int cli_acpi(const char *program, int argc, char **argv)
{
	static const struct option options[] = {
		{ "hex", no_argument, NULL, 'x' },
		{ "out", required_argument, NULL, 'o' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	struct wanted w = { 0 };
	int opt;

	(void)program;
	while ((opt = getopt_long(argc, argv, ":hxo:", options, NULL)) != -1) {
		if (opt == 'h') {
			fputs(help, stdout);
			return cli_finish(CLI_OK);
		}
		if (opt == 'x')
			w.hex = true;
		else if (opt == 'o')
			w.out = optarg;
		else
			return cli_bad_option("acpi", argc, argv, opt);
	}
	if (argc - optind != 1) {
		cli_error("acpi: expected one scenario, got %d; see iommu-sim acpi --help",
			  argc - optind);
		return CLI_USAGE;
	}
	return cli_finish(show_argument(argv[optind], &w));
}
