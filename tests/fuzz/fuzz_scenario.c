/*
 * The scenario loader on a devicetree blob of any bytes, and the ACPI tables of a machine it took: what the engine writes
 * the driver has to read without a word, unless the scenario breaks it.
 */
#include <unistd.h>

#include "acpi/discover.h"
#include "engine.h"
#include "fuzz.h"
#include "run.h"

static void tables(const struct scenario *sc)
{
	struct setting *s = malloc(sizeof(*s));
	struct discovery *d;
	const char *why;

	if (!s)
		return;
	*s = sc->setting;
	vary_apply(&sc->vary, 0, &sc->machine, s);
	d = discover(&sc->machine, s, &why);
	for (uint32_t i = 0; d && i < sc->machine.devices; i++) {
		struct discovery_place at;

		(void)discovery_device(d, i, &at);
	}
	discovery_free(d);
	free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[64];
	struct engine_error error;
	struct scenario *sc;
	FILE *f;

	snprintf(path, sizeof(path), "/tmp/fuzz-scenario-%ld.dtb", (long)getpid());
	f = fopen(path, "wb");
	if (!f || fwrite(data, 1, size, f) != size || fclose(f) != 0)
		fuzz_finding("the input could not be written to /tmp");
	sc = scenario_load(path, &error);
	(void)unlink(path);
	if (!sc && !error.text[0])
		fuzz_finding("refused without a word");
	if (sc) {
		if (!scenario_permutations(sc) || !scenario_permutation_id(sc, 0))
			fuzz_finding("a scenario without a permutation");
		tables(sc);
		scenario_free(sc);
	}
	return 0;
}
