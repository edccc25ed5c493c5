/*
 * The machine below the example kernel: ports, time, serial line, end.
 */
#ifndef BAREMETAL_MACHINE_H
#define BAREMETAL_MACHINE_H

#include <stdint.h>

/* Ends the emulator with success or failure (QEMU's isa-debug-exit at port F4h); halts where there is none. */
#define MACHINE_PASSED 0x10u
#define MACHINE_FAILED 0x11u
_Noreturn void machine_exit(uint32_t code);

uint8_t machine_in8(uint16_t port);
uint32_t machine_in32(uint16_t port);
void machine_out8(uint16_t port, uint8_t val);
void machine_out32(uint16_t port, uint32_t val);

/* Measures the time stamp counter against the programmable interval timer; once, before machine_now_ns. */
void machine_time_init(void);

/* Nanoseconds since then. */
uint64_t machine_now_ns(void);

/* Sets up the first serial port. */
void machine_serial_init(void);

/* Text, a number, and end of line on the serial port. */
void put(const char *text);
void put_hex(uint64_t val);
void put_dec(uint64_t val);
void put_line(const char *text);

#endif
