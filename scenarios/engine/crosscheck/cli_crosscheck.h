/* iommu-sim crosscheck. */
#ifndef CROSSCHECK_CLI_CROSSCHECK_H
#define CROSSCHECK_CLI_CROSSCHECK_H

/* Compares the simulator with the reference walker and with QEMU; see its help text. Returns an enum cli_exit. */
int cli_crosscheck(const char *program, int argc, char **argv);

#endif
