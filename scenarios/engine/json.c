/* Numbers of 64 bits and text of any bytes in JSON. */
#include "json.h"

#include <inttypes.h>
#include <stdlib.h>

#include <cjson/cJSON.h>

#include "cli.h"
#include "report.h"

void json_number(struct cJSON *object, const char *name, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	cli_need(cJSON_AddRawToObject(object, name, text));
}

void json_hex(struct cJSON *object, const char *name, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%" PRIx64, value);
	cli_need(cJSON_AddStringToObject(object, name, text));
}

void json_text(struct cJSON *object, const char *name, const char *text)
{
	char *clean = NULL;
	size_t size = 0;
	FILE *f = cli_memory(&clean, &size);

	report_clean(f, text, true);
	fclose(f);
	cli_need(cJSON_AddStringToObject(object, name, clean));
	free(clean);
}
