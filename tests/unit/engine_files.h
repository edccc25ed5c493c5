/*
 * Scenario files for tests of the engine: a folder of their own with the machines in reach.
 */
#ifndef TESTS_ENGINE_FILES_H
#define TESTS_ENGINE_FILES_H

#include <stddef.h>

#include "scenarios/engine/engine.h"

/* The head of a scenario on the machine vtd.dtsi, up to the nodes of the root. */
#define SCENARIO_HEAD "/dts-v1/;\n/include/ \"vtd.dtsi\"\n/ {\n\ttitle = \"t\";\n\tspec = \"s\";\n"

/* A domain with the card attached and four pages at 0x5000 mapped to 0x200000. */
#define SCENARIO_MAPPED                                                                         \
	"start { do = \"start\"; };\n"                                                          \
	"domain { do = \"domain\"; domain = <1>; };\n"                                          \
	"attach { do = \"attach\"; domain = <1>; dev = <&nic>; };\n"                            \
	"map { do = \"map\"; domain = <1>; iova = <0x5000>; pa = <0x200000>; size = <0x4000>; " \
	"};\n"

/* Writes `text` as a file NAME; returns its path, valid until the next call. */
const char *scenario_file(const char *name, const char *text);

/* Writes a scenario of these steps, and after the root `tail`, and loads it; it has to load. */
struct scenario *scenario_of(const char *vary, const char *steps, const char *tail);

/* Runs permutation n with seed 1 on the simulator. */
void scenario_once(const struct scenario *sc, uint32_t n, struct run_result *result);

#endif
