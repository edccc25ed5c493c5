# One makefile for everything; products only under build/. `make help` lists the targets.
#
#   make V=1            show every command
#   make SAN=1 ...      AddressSanitizer and UndefinedBehaviorSanitizer, under build/san
#   make COV=1 ...      lines and branches of driver and simulator counted, under build/cov
#   make FUZZ=1 ...     both, and libFuzzer's coverage with clang, under build/clang-fuzz or build/fuzz
#   make CC=clang ...   another compiler, under build/clang (with SAN=1: build/clang-san)
#   make DEPS=no ...    never look for, or install, missing packages

.SUFFIXES:
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules
.DEFAULT_GOAL := all

# ---- variant ---------------------------------------------------------------------------------------------------------

comma := ,
variant := $(if $(filter clang%,$(notdir $(firstword $(CC)))),clang) $(if $(SAN),san) $(if $(COV),cov) $(if $(FUZZ),fuzz)
variant := $(strip $(variant))
B := build$(if $(variant),/$(subst $() ,-,$(variant)))

is_clang := $(shell $(CC) --version 2>/dev/null | grep -q clang && echo yes)
cc_include := $(shell $(CC) -print-file-name=include 2>/dev/null)

ifeq ($(V),)
Q := @
say = @printf '  %-7s %s\n' $(1) $(2)
else
Q :=
say = @:
endif

PREFIX ?= /usr/local
AR ?= ar

# ---- flags -----------------------------------------------------------------------------------------------------------

WARN := -Wall -Wextra -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes -Wmissing-prototypes -Wcast-qual \
	-Wpointer-arith -Wundef -Wvla -Werror
OPT := -O2
VARIANT_FLAGS :=
KERNEL_OPT := $(OPT)
ifneq ($(SAN),)
OPT := -O1
VARIANT_FLAGS += -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
endif
ifneq ($(FUZZ),)
OPT := -O1
VARIANT_FLAGS += -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
VARIANT_FLAGS += $(if $(is_clang),-fsanitize=fuzzer-no-link)
endif
# Counted are the driver and the simulator; what drives them runs at full speed.
ifneq ($(COV),)
VARIANT_FLAGS += --coverage
COUNTED := -O0 --coverage
endif

# -MD, not -MMD: the layering rules need the system headers too.
BASE := -MD -MP -std=c11 -g $(OPT) $(WARN) -Iinclude $(if $(COV),,$(VARIANT_FLAGS)) $(CFLAGS)
HOSTED := $(BASE) -D_POSIX_C_SOURCE=200809L

# Private folders go on the quote path only, so that no header of ours hides a system header such as <check.h>.
SIM_FLAGS := $(HOSTED) $(COUNTED) -iquote sim
FREESTANDING := -ffreestanding -nostdinc -isystem $(cc_include) -iquote driver
DRIVER_FLAGS := $(BASE) $(COUNTED) $(FREESTANDING)
# Which blocks of the driver a scenario reaches.
ifneq ($(COV),)
DRIVER_FLAGS += -fsanitize-coverage=trace-pc
HOOK := $(B)/obj/coverage/hook.o
endif
ifeq ($(is_clang)$(SAN)$(COV)$(FUZZ),)
DRIVER_FLAGS += -Wstack-usage=1024
endif
# What a kernel links: no variant reaches these objects.
KERNEL_FLAGS := -MD -MP -std=c11 -g $(KERNEL_OPT) $(WARN) -Iinclude $(CFLAGS) -ffreestanding -nostdinc -isystem $(cc_include) \
	-mno-red-zone -mgeneral-regs-only -mcmodel=kernel -fno-pic -fno-stack-protector -ffunction-sections -fdata-sections
ENGINE_FLAGS := $(HOSTED) -iquote scenarios/engine
UNIT_FLAGS := $(HOSTED) -iquote tests/unit -iquote scenarios/engine -iquote .
TOY_FLAGS := $(HOSTED) -iquote tests/toy
FUZZ_FLAGS := $(HOSTED) -iquote tests/fuzz -iquote tests/unit -iquote scenarios/engine -iquote .
BENCH_FLAGS := $(HOSTED) -iquote tests/bench -iquote .

# Asked when the recipe runs, not when this file is read: the packages may arrive in between.
CHECK_CFLAGS := $$(pkg-config --cflags check)
CHECK_LIBS := $$(pkg-config --libs check)
ENGINE_LIBS := $$(pkg-config --libs libfdt 2>/dev/null || echo -lfdt) $$(pkg-config --libs libcjson libelf)

# ---- sources and products --------------------------------------------------------------------------------------------

SIM_SRC := $(sort $(wildcard sim/*.c sim/*/*.c))
DRIVER_SRC := $(sort $(wildcard driver/*.c driver/*/*.c))
ENGINE_SRC := $(sort $(wildcard scenarios/engine/*.c scenarios/engine/*/*.c))
UNIT_SRC := $(sort $(wildcard tests/unit/test_*.c))
HELPER_SRC := $(filter-out $(UNIT_SRC),$(sort $(wildcard tests/unit/*.c)))
FUZZ_SRC := $(sort $(wildcard tests/fuzz/fuzz_*.c))
TOY_SRC := $(sort $(wildcard tests/toy/*.c))
BENCH_SRC := $(sort $(wildcard tests/bench/*.c))

objs = $(patsubst %.c,$(B)/obj/%.o,$(1))
SIM_OBJ := $(call objs,$(SIM_SRC))
DRIVER_OBJ := $(call objs,$(DRIVER_SRC))
ENGINE_OBJ := $(call objs,$(ENGINE_SRC))
MAIN_OBJ := $(filter %/engine/main.o,$(ENGINE_OBJ))
UNIT_OBJ := $(call objs,$(UNIT_SRC))
HELPER_OBJ := $(call objs,$(HELPER_SRC))
FUZZ_OBJ := $(call objs,$(FUZZ_SRC))
REPLAY_OBJ := $(call objs,tests/fuzz/replay.c)
TOY_OBJ := $(call objs,$(TOY_SRC))
BENCH_OBJ := $(call objs,$(BENCH_SRC))
IMAGE_SRC := $(sort $(wildcard tests/baremetal/*.c))
IMAGE_OBJ := $(patsubst %.c,$(B)/obj/%.o,$(IMAGE_SRC)) $(B)/obj/tests/baremetal/start.o
KERNEL_OBJ := $(patsubst %.c,$(B)/kernel/obj/%.o,$(DRIVER_SRC))
INLINE_OBJ := $(patsubst %.c,$(B)/obj-inline/%.o,$(DRIVER_SRC))

LIBSIM := $(B)/libiommusim.a
LIBDRIVER := $(B)/libiommu.a
LIBKERNEL := $(if $(findstring x86_64,$(shell $(CC) -dumpmachine 2>/dev/null)),$(B)/kernel/libiommu.a)
IMAGE := $(B)/tests/baremetal.elf
LIBENGINE := $(B)/obj/libengine.a
LIBHELPER := $(B)/obj/libhelper.a
BIN := $(B)/iommu-sim
UNIT_BIN := $(patsubst %.c,$(B)/%,$(UNIT_SRC))
FUZZ_BIN := $(patsubst %.c,$(B)/%,$(FUZZ_SRC))
TOY_BIN := $(if $(TOY_SRC),$(B)/tests/toy-driver)

DEPS_STAMP := $(if $(filter no,$(DEPS)),,build/.deps-build)

.PHONY: all help driver sim unit toy rust cli check smoke mutants scenarios layering crosscheck lint coverage bench install clean deps \
	FORCE

all: $(LIBSIM) $(LIBDRIVER) $(BIN)

driver: $(LIBDRIVER) $(LIBKERNEL)
	@B=$(B) tests/lint/kernel.sh sizes

sim: $(LIBSIM)

help:
	@printf '%s\n' \
	'make              both archives and the iommu-sim command, under build/' \
	'make scenarios    build, then run the scenario suite (ARGS=... adds options)' \
	'make rust         a Rust program that links both archives' \
	'make check        all tests: unit, toy driver, Rust program, command, scenarios, layering' \
	'make unit         the unit tests alone; T=noun runs tests/unit/test_noun.c' \
	'make cli          the tests of the command alone' \
	'make mutants      the driver with one step gone or one bug in it, many times: does the suite notice? (ARGS=-h)' \
	'make crosscheck   generated cases and scenarios: the simulator beside a reference and QEMU (ARGS=... adds options)' \
	'make smoke        a bare-metal image with the kernel flavour of libiommu.a, under QEMU, VT-d and AMD-Vi' \
	'make lint         layering, archives, stack, kernel flags, headers, format, static analysis' \
	'make coverage     lines and branches of driver and simulator, and what of the specifications the scenarios reach' \
	'make bench        the benchmark' \
	'make fuzz         fuzz targets (T="dmar ivrs" FUZZ_SECONDS=60)' \
	'make driver       libiommu.a alone, for the host and for a kernel, with sizes; make sim: libiommusim.a alone (no packages needed)' \
	'make install      command, archives, headers and man page (PREFIX=/usr/local, DESTDIR=)' \
	'make deps         look for missing packages again, and install them' \
	'make clean        remove build/' \
	'Variables: V=1 CC=clang SAN=1 COV=1 DEPS=no'

# ---- packages --------------------------------------------------------------------------------------------------------

build/.deps-%: .ci/deps
	$(Q)mkdir -p build
	$(Q)CC='$(CC)' .ci/deps $*
	$(Q)touch $@

deps:
	$(Q)rm -f build/.deps-*
	$(Q)mkdir -p build
	$(Q)CC='$(CC)' .ci/deps build && touch build/.deps-build

# ---- rules -----------------------------------------------------------------------------------------------------------

# Rewritten only when compiler or flags change; then everything is built again.
FLAGS_FILE := $(B)/.flags
FLAGS_TEXT := $(CC) $(DRIVER_FLAGS) / $(HOSTED) / $(KERNEL_FLAGS)
$(FLAGS_FILE): FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(FLAGS_TEXT)' | cmp -s - $@ || printf '%s\n' '$(FLAGS_TEXT)' >$@
FORCE:

define compile
$(call say,CC,$<)
@mkdir -p $(@D)
$(Q)$(CC) $(1) -c -o $@ $<
endef

$(SIM_OBJ): $(B)/obj/%.o: %.c $(FLAGS_FILE)
	$(call compile,$(SIM_FLAGS))

$(DRIVER_OBJ): $(B)/obj/%.o: %.c $(FLAGS_FILE)
	$(call compile,$(DRIVER_FLAGS))

$(ENGINE_OBJ): $(B)/obj/%.o: %.c $(FLAGS_FILE) | $(DEPS_STAMP)
	$(call compile,$(ENGINE_FLAGS))

$(UNIT_OBJ) $(HELPER_OBJ): $(B)/obj/%.o: %.c $(FLAGS_FILE) | $(DEPS_STAMP)
	$(call compile,$(UNIT_FLAGS) $(CHECK_CFLAGS))

$(B)/obj/coverage/hook.o: $(B)/obj/%.o: %.c $(FLAGS_FILE)
	$(call compile,$(ENGINE_FLAGS))

$(TOY_OBJ): $(B)/obj/%.o: %.c $(FLAGS_FILE)
	$(call compile,$(TOY_FLAGS))

$(FUZZ_OBJ) $(REPLAY_OBJ): $(B)/obj/%.o: %.c $(FLAGS_FILE) | $(DEPS_STAMP)
	$(call compile,$(FUZZ_FLAGS))

$(BENCH_OBJ): $(B)/obj/%.o: %.c $(FLAGS_FILE)
	$(call compile,$(BENCH_FLAGS))

$(INLINE_OBJ): $(B)/obj-inline/%.o: %.c $(FLAGS_FILE)
	$(call compile,$(DRIVER_FLAGS) -iquote . -DIOMMU_PLAT_INLINE='"tests/bench/plat_inline.h"')

$(KERNEL_OBJ): $(B)/kernel/obj/%.o: %.c $(FLAGS_FILE)
	$(call compile,$(KERNEL_FLAGS) -iquote driver -fstack-usage)

$(filter-out %/start.o,$(IMAGE_OBJ)): $(B)/obj/%.o: %.c $(FLAGS_FILE)
	$(call compile,$(KERNEL_FLAGS) -iquote tests/baremetal)

$(B)/obj/tests/baremetal/start.o: tests/baremetal/start.S $(FLAGS_FILE)
	$(call compile,)

# The list of members is a prerequisite, so that a deleted source leaves the archive too.
define archive
$(call say,AR,$@)
@mkdir -p $(@D)
$(Q)rm -f $@ && $(AR) rcsD $@ $(filter %.o,$^)
endef

$(B)/.members: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' $(SIM_SRC) $(DRIVER_SRC) $(ENGINE_SRC) $(HELPER_SRC) | cmp -s - $@ || \
		printf '%s\n' $(SIM_SRC) $(DRIVER_SRC) $(ENGINE_SRC) $(HELPER_SRC) >$@

$(LIBSIM): $(SIM_OBJ) $(B)/.members
	$(archive)

$(LIBDRIVER): $(DRIVER_OBJ) $(B)/.members
	$(archive)

# One object that shows iommu_* and nothing else, so that no name of the driver's inside meets one of the kernel's. Functions
# stay in sections of their own: the kernel's --gc-sections drops those it does not call.
$(B)/kernel/libiommu.a: $(KERNEL_OBJ) $(B)/.members
	$(call say,AR,$@)
	@mkdir -p $(@D)
	$(Q)ld -r --unique -o $(B)/kernel/iommu.tmp $(filter %.o,$^)
	$(Q)objcopy --wildcard --keep-global-symbol='iommu_*' $(B)/kernel/iommu.tmp $(B)/kernel/iommu.o
	$(Q)rm -f $@ $(B)/kernel/iommu.tmp && $(AR) rcsD $@ $(B)/kernel/iommu.o

# As a multiboot loader takes it: an ELF file of 32 bits.
$(IMAGE): $(IMAGE_OBJ) tests/baremetal/image.ld $(B)/kernel/libiommu.a
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)ld -nostdlib -static -z max-page-size=4096 --gc-sections -T tests/baremetal/image.ld -o $@.64 $(IMAGE_OBJ) \
		$(B)/kernel/libiommu.a
	$(Q)objcopy -S -O elf32-i386 $@.64 $@

# The page of `run --report`, as lines of text in the program.
PAGE := scenarios/engine/html/page.html
PAGE_OBJ := $(B)/obj/page.o
$(B)/obj/page.c: $(PAGE)
	$(Q)mkdir -p $(@D)
	$(Q)sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/.*/	"&",/' -e '1i #include "html/report_page.h"\nconst char *const page_lines[] = {' \
		-e '$$a \	0\n};' $< >$@

$(PAGE_OBJ): $(B)/obj/page.c $(FLAGS_FILE)
	$(call say,CC,$(PAGE))
	$(Q)$(CC) $(ENGINE_FLAGS) -c -o $@ $<

$(LIBENGINE): $(filter-out $(MAIN_OBJ),$(ENGINE_OBJ)) $(PAGE_OBJ) $(B)/.members
	$(archive)

$(LIBHELPER): $(HELPER_OBJ) $(B)/.members
	$(archive)

$(BIN): $(MAIN_OBJ) $(HOOK) $(LIBENGINE) $(LIBDRIVER) $(LIBSIM)
	$(call say,LINK,$@)
	$(Q)$(CC) $(VARIANT_FLAGS) $(LDFLAGS) -o $@ $(MAIN_OBJ) $(HOOK) $(LIBENGINE) $(LIBDRIVER) $(LIBSIM) $(ENGINE_LIBS)

$(UNIT_BIN): $(B)/%: $(B)/obj/%.o $(HOOK) $(LIBHELPER) $(LIBENGINE) $(LIBDRIVER) $(LIBSIM)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(VARIANT_FLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(LIBHELPER) $(LIBENGINE) $(LIBDRIVER) $(LIBSIM) \
		$(ENGINE_LIBS) $(CHECK_LIBS)

# With clang libFuzzer brings main, else replay.c has it.
$(FUZZ_BIN): $(B)/%: $(B)/obj/%.o $(if $(is_clang),,$(REPLAY_OBJ)) $(LIBHELPER) $(LIBENGINE) $(LIBDRIVER) $(LIBSIM)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(VARIANT_FLAGS) $(if $(is_clang),-fsanitize=fuzzer) $(LDFLAGS) -o $@ $(filter %.o,$^) $(LIBHELPER) \
		$(LIBENGINE) $(LIBDRIVER) $(LIBSIM) $(ENGINE_LIBS)

# A third party's driver: the simulator archive and nothing else.
$(TOY_BIN): $(TOY_OBJ) $(LIBSIM)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(VARIANT_FLAGS) $(LDFLAGS) -o $@ $(TOY_OBJ) $(LIBSIM)

# Another language: the archives through extern "C". Opaque sizes come from the header; mirror.c tells what the C compiler
# thinks of the structures. Sanitizers and coverage would need the C compiler's run time in the link: the plain build says it all.
RUSTC ?= rustc
RUST_ASKED := $(if $(SAN)$(COV)$(FUZZ),,$(filter check rust,$(MAKECMDGOALS)))
RUST_FITS = $(shell $(RUSTC) --version 2>/dev/null | awk '{ split($$2, v, "."); if (v[1] > 1 || v[2] >= 77) print "yes" }')
RUST_BIN := $(if $(RUST_ASKED),$(if $(RUST_FITS),$(B)/tests/rust-driver))
$(B)/rust/layout.rs: include/iommu/layout.h
	@mkdir -p $(@D)
	$(Q)sed -n 's/^[[:space:]]*IOMMU_\([A-Z_]*\) = \([0-9]*\).*/#[allow(dead_code)]\npub const \1: usize = \2;/p' $< >$@

$(B)/obj/tests/rust/mirror.o: $(B)/obj/%.o: %.c $(FLAGS_FILE)
	$(call compile,$(HOSTED))

$(B)/tests/rust-driver: $(wildcard tests/rust/*.rs) $(B)/rust/layout.rs $(B)/obj/tests/rust/mirror.o $(LIBDRIVER) $(LIBSIM)
	$(call say,RUSTC,$@)
	@mkdir -p $(@D)
	$(Q)MAKEFLAGS= IOMMU_BUILD=$(abspath $(B)) $(RUSTC) --edition 2021 -D warnings -O -o $@ tests/rust/main.rs \
		-C link-arg=$(B)/obj/tests/rust/mirror.o -L native=$(B) -l static=iommu -l static=iommusim

# The driver once more with the platform inlined; every symbol gets the prefix inline_, so that one program can
# measure both.
$(B)/obj-inline/driver.o: $(INLINE_OBJ)
	$(call say,LD,$@)
	$(Q)$(CC) -nostdlib -r -o $@.tmp $^
	$(Q)objcopy --prefix-symbols=inline_ $@.tmp
	$(Q)objcopy --redefine-sym inline_memcpy=memcpy --redefine-sym inline_memset=memset \
		--redefine-sym inline_memmove=memmove --redefine-sym inline_memcmp=memcmp $@.tmp $@
	$(Q)rm -f $@.tmp

$(B)/bench: $(BENCH_OBJ) $(B)/obj-inline/driver.o $(LIBDRIVER) $(LIBSIM)
	$(call say,LINK,$@)
	$(Q)$(CC) $(VARIANT_FLAGS) $(LDFLAGS) -o $@ $(BENCH_OBJ) $(B)/obj-inline/driver.o $(LIBDRIVER) $(LIBSIM) -lm

# ---- tests -----------------------------------------------------------------------------------------------------------

check: $(LIBSIM) $(LIBDRIVER) $(BIN) $(UNIT_BIN) $(TOY_BIN) $(RUST_BIN)
	@B=$(B) CC='$(CC)' RUST_BIN=$(RUST_BIN) tests/check.sh layering unit toy rust cli scenarios

unit: $(if $(T),$(B)/tests/unit/test_$(T),$(UNIT_BIN))
	@B=$(B) CC='$(CC)' tests/check.sh unit $(if $(T),$(B)/tests/unit/test_$(T))

toy: $(TOY_BIN)
	@B=$(B) CC='$(CC)' tests/check.sh toy

rust: $(RUST_BIN)
	@B=$(B) RUST_BIN=$(RUST_BIN) tests/check.sh rust

cli: $(BIN)
	@B=$(B) CC='$(CC)' tests/check.sh cli

scenarios: $(BIN)
	@$(BIN) run $(ARGS) scenarios

# What a minute has room for, with every scenario that a row of the known differences has to be needed by.
CROSSCHECK_ROWS := scenarios/engine/crosscheck/rows_witness.c
CROSSCHECK_SUITE = $(sort $(wildcard scenarios/common/*.dts) \
	$(shell sed -n 's,.*"\([a-z]*/.*\.dts\)".*,scenarios/\1,p' $(CROSSCHECK_ROWS)))

crosscheck: $(BIN) | $(if $(filter no,$(DEPS)),,build/.deps-qemu)
	@$(BIN) crosscheck --random 400 --save $(B) $(ARGS) $(CROSSCHECK_SUITE)

layering: $(LIBSIM) $(LIBDRIVER) $(BIN)
	@B=$(B) CC='$(CC)' tests/check.sh layering

# Targets and seconds: T="dmar ivrs" FUZZ_SECONDS=60. Built apart, instrumented, with clang where there is one.
.PHONY: fuzz fuzz-run
fuzz: | $(if $(filter no,$(DEPS)),,build/.deps-build)
	+$(Q)$(MAKE) --no-print-directory FUZZ=1 $(if $(shell command -v clang),CC=clang) T='$(T)' fuzz-run

fuzz-run: $(if $(T),$(T:%=$(B)/tests/fuzz/fuzz_%),$(FUZZ_BIN)) $(BIN)
	@B=$(B) FUZZ_SECONDS='$(FUZZ_SECONDS)' tests/fuzz/run.sh $(if $(T),$(T),$(FUZZ_SRC:tests/fuzz/fuzz_%.c=%))

bench: $(B)/bench
	@$(B)/bench $(ARGS)

# Only the changed files of a mutant are compiled; everything else comes from what was built here.
mutants: $(BIN) | $(if $(filter no,$(DEPS)),,build/.deps-mutants)
	@B=$(B) CC='$(CC)' DRIVER_FLAGS='$(DRIVER_FLAGS)' ENGINE_LIBS="$(ENGINE_LIBS)" tests/mutants/run.py $(ARGS)

# The image is for x86-64; elsewhere the driver has no kernel flavour yet, and QEMU's machine would be another.
ifneq ($(LIBKERNEL),)
smoke: $(IMAGE)
	@tests/baremetal/smoke.sh $(IMAGE)
else
smoke:
	@echo '  skipped smoke: the image is for x86_64'
	@echo '0 passed, 0 failed'
endif

lint: $(LIBSIM) $(LIBDRIVER) $(LIBKERNEL) $(BIN) | $(if $(filter no,$(DEPS)),,build/.deps-lint)
	@B=$(B) CC='$(CC)' DRIVER_FLAGS='$(DRIVER_FLAGS)' WARN='$(WARN)' tests/lint/lint.sh

coverage: $(if $(filter no,$(DEPS)),,build/.deps-coverage)
	+@MAKE='$(MAKE)' CC='$(CC)' coverage/coverage.sh

# The language of the scenarios as a man page, made of its one description.
MAN5 := $(B)/iommu-sim-scenario.5
$(MAN5): scenarios/README.md docs/man.awk scenarios/engine/cli.h
	$(Q)mkdir -p $(@D)
	$(Q)awk -v version=$$(sed -n 's/^#define CLI_VERSION "\(.*\)"/\1/p' scenarios/engine/cli.h) -f docs/man.awk $< >$@

# What pkg-config tells: `pkg-config --libs iommu` for a program, `--variable=kernel_archive iommu` for a kernel.
PC_VERSION = $$(sed -n 's/^.define CLI_VERSION "\(.*\)"/\1/p' scenarios/engine/cli.h)
define pc
@mkdir -p $(B)
$(Q)printf '%s\n' 'prefix=$(PREFIX)' 'libdir=$${prefix}/lib' 'includedir=$${prefix}/include/iommu-sim' $(4) '' 'Name: $(1)' \
	'Description: $(2)' "Version: $(PC_VERSION)" 'Cflags: -I$${includedir}' 'Libs: -L$${libdir} -l$(3)' >$(B)/$(1).pc
endef

install: all $(LIBKERNEL) $(MAN5)
	$(call say,INSTALL,$(DESTDIR)$(PREFIX))
	$(Q)install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib $(DESTDIR)$(PREFIX)/share/man/man1
	$(Q)install -m 755 $(BIN) $(DESTDIR)$(PREFIX)/bin/iommu-sim
	$(Q)install -m 644 $(LIBSIM) $(LIBDRIVER) $(DESTDIR)$(PREFIX)/lib/
	$(if $(LIBKERNEL),$(Q)install -d $(DESTDIR)$(PREFIX)/lib/iommu-kernel)
	$(if $(LIBKERNEL),$(Q)install -m 644 $(LIBKERNEL) $(DESTDIR)$(PREFIX)/lib/iommu-kernel/)
	$(call pc,iommu,Reference driver for VT-d and AMD-Vi,iommu,\
		$(if $(LIBKERNEL),'kernel_archive=$${libdir}/iommu-kernel/libiommu.a'))
	$(call pc,iommusim,Register-level simulator of VT-d and AMD-Vi,iommusim)
	$(Q)install -d $(DESTDIR)$(PREFIX)/lib/pkgconfig
	$(Q)install -m 644 $(B)/iommu.pc $(B)/iommusim.pc $(DESTDIR)$(PREFIX)/lib/pkgconfig/
	$(Q)install -m 644 docs/iommu-sim.1 $(DESTDIR)$(PREFIX)/share/man/man1/
	$(Q)install -d $(DESTDIR)$(PREFIX)/share/man/man5 $(DESTDIR)$(PREFIX)/share/bash-completion/completions
	$(Q)install -m 644 $(MAN5) $(DESTDIR)$(PREFIX)/share/man/man5/
	$(Q)install -m 644 docs/completion/iommu-sim.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/iommu-sim
	$(Q)for d in hw iommu iommusim; do \
		install -d $(DESTDIR)$(PREFIX)/include/iommu-sim/$$d && \
		install -m 644 include/$$d/*.h $(DESTDIR)$(PREFIX)/include/iommu-sim/$$d/ || exit 1; done

clean:
	$(Q)rm -rf build

-include $(patsubst %.o,%.d,$(FUZZ_OBJ) $(REPLAY_OBJ) $(SIM_OBJ) $(DRIVER_OBJ) $(ENGINE_OBJ) $(UNIT_OBJ) $(HELPER_OBJ) $(TOY_OBJ) \
	$(BENCH_OBJ) $(INLINE_OBJ) $(KERNEL_OBJ) $(IMAGE_OBJ) $(B)/obj/tests/rust/mirror.o)
