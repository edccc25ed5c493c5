/*
 * Ports, time and serial line of a PC.
 */
#include "machine.h"

enum {
	COM1 = 0x3F8,
	COM_IER = COM1 + 1,
	COM_FCR = COM1 + 2,
	COM_LCR = COM1 + 3,
	COM_LSR = COM1 + 5,
	COM_LSR_EMPTY = 0x20,
	PIT_CHANNEL2 = 0x42,
	PIT_COMMAND = 0x43,
	PIT_GATE = 0x61,
	PIT_GATE_OUT = 0x20,
	PIT_TICKS = 11932, /* 10 ms at 1193182 Hz */
	DEBUG_EXIT = 0xF4
};

uint8_t machine_in8(uint16_t port)
{
	uint8_t val;

	__asm__ volatile("inb %1, %0" : "=a"(val) : "Nd"(port));
	return val;
}

uint32_t machine_in32(uint16_t port)
{
	uint32_t val;

	__asm__ volatile("inl %1, %0" : "=a"(val) : "Nd"(port));
	return val;
}

void machine_out8(uint16_t port, uint8_t val)
{
	__asm__ volatile("outb %0, %1" : : "a"(val), "Nd"(port));
}

void machine_out32(uint16_t port, uint32_t val)
{
	__asm__ volatile("outl %0, %1" : : "a"(val), "Nd"(port));
}

_Noreturn void machine_exit(uint32_t code)
{
	machine_out32(DEBUG_EXIT, code);
	for (;;)
		__asm__ volatile("cli; hlt");
}

static uint64_t tsc(void)
{
	uint32_t lo, hi;

	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi) : : "memory");
	return (uint64_t)hi << 32 | lo;
}

/* An example kernel has one machine; a real one keeps this with its clock. */
static uint64_t tsc_start, tsc_10ms;

/* Channel 2 counts down once (mode 0) while its gate is open; bit 5 of port 61h shows when it arrived. */
void machine_time_init(void)
{
	uint8_t gate = (uint8_t)(machine_in8(PIT_GATE) & ~2u);

	machine_out8(PIT_GATE, gate & 0xFE);
	machine_out8(PIT_COMMAND, 0xB0);
	machine_out8(PIT_CHANNEL2, PIT_TICKS & 0xFF);
	machine_out8(PIT_CHANNEL2, PIT_TICKS >> 8);
	machine_out8(PIT_GATE, gate | 1);
	tsc_start = tsc();
	for (uint32_t i = 0; i < 10000000 && !(machine_in8(PIT_GATE) & PIT_GATE_OUT); i++)
		;
	tsc_10ms = tsc() - tsc_start;
	if (!tsc_10ms)
		tsc_10ms = 1;
}

/* Whole units first: the product of the whole counter would overflow within minutes. */
uint64_t machine_now_ns(void)
{
	uint64_t t = tsc() - tsc_start;

	return t / tsc_10ms * 10000000 + t % tsc_10ms * 10000000 / tsc_10ms;
}

void machine_serial_init(void)
{
	machine_out8(COM_IER, 0);
	machine_out8(COM_LCR, 0x80); /* divisor latch: 115200 baud */
	machine_out8(COM1, 1);
	machine_out8(COM_IER, 0);
	machine_out8(COM_LCR, 3); /* 8 data bits, no parity */
	machine_out8(COM_FCR, 7);
}

static void put_char(char c)
{
	for (uint32_t i = 0; i < 100000 && !(machine_in8(COM_LSR) & COM_LSR_EMPTY); i++)
		;
	machine_out8(COM1, (uint8_t)c);
}

void put(const char *text)
{
	for (; *text; text++)
		put_char(*text);
}

static void put_number(uint64_t val, uint32_t base)
{
	char digits[20];
	uint32_t n = 0;

	do {
		digits[n++] = "0123456789abcdef"[val % base];
		val /= base;
	} while (val);
	while (n)
		put_char(digits[--n]);
}

void put_hex(uint64_t val)
{
	put("0x");
	put_number(val, 16);
}

void put_dec(uint64_t val)
{
	put_number(val, 10);
}

void put_line(const char *text)
{
	put(text);
	put("\n");
}
