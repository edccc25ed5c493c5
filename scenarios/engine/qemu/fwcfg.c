/*
 * fw_cfg by DMA: a request in memory, its address to two ports, and the bytes are in memory when the port is written.
 * QEMU's docs/specs/fw_cfg: everything in it is big-endian.
 */
#include "fwcfg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PORT_HIGH 0x514
#define PORT_LOW 0x518
#define DIRECTORY 0x19u
#define CONTROL_ERROR 1u
#define CONTROL_READ 2u
#define CONTROL_SELECT 8u

#define ENTRY_BYTES 64u
#define ENTRY_SELECT 4
#define ENTRY_NAME 8
#define NAME_BYTES 56u
#define ENTRIES_MOST 1024u

/* Where the request and what it brings lie in the guest's memory. */
#define REQUEST UINT64_C(0x100000)
#define BYTES UINT64_C(0x200000)

static void put32(uint8_t *at, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(v >> (24 - 8 * i));
}

static uint32_t get32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static uint32_t swap32(uint32_t v)
{
	uint8_t b[4];

	put32(b, v);
	return (uint32_t)b[3] << 24 | (uint32_t)b[2] << 16 | (uint32_t)b[1] << 8 | b[0];
}

/* The first `len` bytes of an item; they lie at BYTES then. NULL: the machine broke or refused. */
static const uint8_t *take(struct vm *vm, uint32_t item, uint32_t len)
{
	uint8_t request[16] = { 0 };

	put32(request, item << 16 | CONTROL_SELECT | CONTROL_READ);
	put32(request + 4, len);
	put32(request + 12, (uint32_t)BYTES);
	if (!ram_store(&vm->ram, REQUEST, request, sizeof(request)))
		return NULL;
	qtest_out(&vm->qtest, PORT_HIGH, 0);
	qtest_out(&vm->qtest, PORT_LOW, swap32((uint32_t)REQUEST));
	if (vm_broken(vm) || !ram_load(&vm->ram, REQUEST, request, sizeof(request)))
		return NULL;
	return get32(request) & CONTROL_ERROR || get32(request) ? NULL
								: ram_at(&vm->ram, BYTES, len);
}

/* The directory's line for a name; NULL: there is none. */
static const uint8_t *find(struct vm *vm, const char *name)
{
	const uint8_t *at = take(vm, DIRECTORY, 4);
	uint32_t count = at ? get32(at) : 0;

	if (count > ENTRIES_MOST)
		count = ENTRIES_MOST;
	at = count ? take(vm, DIRECTORY, 4 + count * ENTRY_BYTES) : NULL;
	for (uint32_t i = 0; at && i < count; i++) {
		const uint8_t *e = at + 4 + (size_t)i * ENTRY_BYTES;

		if (strncmp((const char *)e + ENTRY_NAME, name, NAME_BYTES) == 0)
			return e;
	}
	return NULL;
}

uint8_t *fwcfg_file(struct vm *vm, const char *name, uint32_t *size, char *why, size_t why_size)
{
	const uint8_t *e = find(vm, name), *bytes;
	uint8_t *out = NULL;

	*size = e ? get32(e) : 0;
	if (*size && *size <= FWCFG_MOST) {
		uint32_t item = (uint32_t)e[ENTRY_SELECT] << 8 | e[ENTRY_SELECT + 1];

		out = malloc(*size);
		bytes = out ? take(vm, item, *size) : NULL;
		if (bytes) {
			memcpy(out, bytes, *size);
			return out;
		}
	}
	free(out);
	snprintf(why, why_size, "%s",
		 vm_broken(vm) ? vm_broken(vm) : "its fw_cfg has no file of that name");
	return NULL;
}
