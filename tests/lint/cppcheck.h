/* Macros of system headers that cppcheck does not read, in a form it can parse. Compiled by nothing. */
#define fdt_for_each_property_offset(p, f, n) for ((p) = (f) != 0; (p) < (n); (p)++)
#define fdt_for_each_subnode(c, f, n) for ((c) = (f) != 0; (c) < (n); (c)++)
