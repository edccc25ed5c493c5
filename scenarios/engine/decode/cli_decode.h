/* iommu-sim decode. */
#ifndef ENGINE_DECODE_CLI_DECODE_H
#define ENGINE_DECODE_CLI_DECODE_H

/* Explains fault reports; see its help text. Returns an enum cli_exit. */
int cli_decode(const char *program, int argc, char **argv);

#endif
