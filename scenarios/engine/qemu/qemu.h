/*
 * QEMU's q35 as a backend: somebody else's IOMMU, through the qtest protocol.
 *
 * Registers cross a socket, memory is a file mapped by both sides, device requests are made by `edu` devices. What a
 * version cannot present is told by the ops `cannot`, and the run is skipped with its reason; a QEMU that dies, hangs or
 * answers nonsense is told by `broken`, and the run fails with it.
 */
#ifndef ENGINE_QEMU_H
#define ENGINE_QEMU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend.h"

#define QEMU_VERSION(major, minor) ((uint32_t)((major) << 16 | (minor)))

/* What one program says of itself; probed once, before anything is run on it. */
struct qemu_program {
	char binary[1024]; /* as it is started */
	char prefix[1024]; /* "": installed where it was built for */
	char version[128]; /* "7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)" */
	uint32_t number;   /* QEMU_VERSION, to compare ranges with */
	bool accel_qtest;  /* has the accelerator that stands still, and clock_step */
	bool testdev;      /* has iommu-testdev */
	char vtd[2048];    /* names of intel-iommu's options, each between spaces */
	char amdvi[2048];  /* of amd-iommu */
};

/* Instances that outlive a run, reset between runs; of one process, and ended with it at the latest. */
struct qemu_keep;

struct be_qemu_options {
	const char *binary; /* NULL: qemu-system-x86_64 of PATH */
	const char *
		prefix; /* NULL, or the folder that other version was unpacked to: its usr/share and usr/lib are used */
	const struct qemu_program *program; /* NULL: probed from the two above */
	struct qemu_keep *keep;             /* NULL: started for each run and ended with it */
	uint32_t timeout_ms;                /* of every exchange; 0: 20 s */
};

/*
 * Asks the program for its version and devices. False with one message in `error`: what is wrong with it and what to do.
 * A binary below PREFIX/usr/bin has PREFIX as its prefix unless one is given.
 */
bool qemu_probe(const char *binary, const char *prefix, struct qemu_program *out, char *error,
		size_t size);

struct qemu_keep *qemu_keep_new(void);
/* Ends the instances that this process started. */
void qemu_keep_free(struct qemu_keep *keep);

/* NULL when out of memory. What cannot be started is told by unit_add, or by `broken` of the first operation. */
struct backend *backend_qemu_open(const struct be_config *config,
				  const struct be_qemu_options *options);

extern const struct backend_ops backend_qemu_ops;

/* Of a backend opened here; texts live until it is closed. */
const struct qemu_program *backend_qemu_program(const struct backend *be);
const char *backend_qemu_machine(const struct backend *be); /* machine type and device options */
/* The last commands, each with its answer, oldest first, then the end of standard error. */
void backend_qemu_log(const struct backend *be, char *buf, size_t size);

/*
 * Divergences of section 10 of the reference that a run came upon, by id: "V1", "A13" ("" when none), separated by
 * blanks.
 */
const char *backend_qemu_divergences(const struct backend *be);

#endif
