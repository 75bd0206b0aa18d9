# SPDX-License-Identifier: GPL-2.0-or-later
# One non-recursive makefile; `./configure` first, `make help` lists targets.
MAKEFLAGS += -rR
.SUFFIXES:
.DELETE_ON_ERROR:
.SECONDARY:

-include config.mak
ifeq ($(srcdir),)
srcdir := .
ifneq ($(filter-out clean help dist,$(or $(MAKECMDGOALS),all)),)
$(error not configured here: run ./configure first)
endif
endif

all: strain

help:
	@sed -n 's/^## //p' $(srcdir)/Makefile

## all          the program, ./strain
## check        build also with sanitizers and run the tests;
##              T=WORD: those that name it, SHARD=1/4: a part of them,
##              CHANGED=REV: of the stressors' tests, those changed since
## run          stress this machine for about a minute, write a report
## fuzz         what reads reports, with inputs that clang's libFuzzer finds;
##              FUZZ_RUNS=N of them (-1: until stopped), FUZZ_ARGS=...
## bench        cost of the harness, beside that of others
## bench-boots  what a virtual machine costs beside a bare boot
## lint         analyzers and the checkers of tools/
## static       static/strain, which needs no libraries
## guest        guests/ARCH/strain, the first process of virtual machines
## guests       that for all architectures with a compiler, ARCHES="arm64 ..."
## install      program, manual pages, completions, classes, schema, matrices
## uninstall    takes away what install puts there; both know DESTDIR
## dist         strain-VERSION.tar.gz of the committed files
## clean        takes away what was built, not the configuration
## V=1          shows commands

# Q hides commands unless V=1; $(call say,KIND,FILE) is shown instead, by make
# itself: a process for each would be 2 % of a build.
Q := $(if $(filter 1,$(V)),,@)
say = $(if $(Q),$(info $()  $(1)	$(2)))

layers := base core reports commands kit vm-matrix
sources := $(foreach d,$(layers),$(wildcard $(srcdir)/$d/*.c $(srcdir)/$d/*/*.c))
# A guest has of the VM matrix what runs in it.
ifneq ($(guest),)
sources := $(filter-out $(srcdir)/vm-matrix/% $(srcdir)/commands/matrix%,$(sources)) \
	$(wildcard $(srcdir)/vm-matrix/*.c $(srcdir)/vm-matrix/guest/*.c)
endif
stressors := $(wildcard $(srcdir)/stressors/*/*.c)
generated := build embedded
units := $(patsubst $(srcdir)/tests/unit/%.c,%,$(wildcard $(srcdir)/tests/unit/*.c))
objects := $(patsubst $(srcdir)/%.c,%.o,$(sort $(sources)) $(sort $(stressors)))
objects += $(generated:%=gen/%.o)
folders := $(patsubst %/,%,$(sort $(dir $(objects)) bench/ tests/unit/ tests/fuzz/ unit/))

standard = -std=gnu11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64
flags = $(standard) -include config.h -I$(srcdir) -Igen $(CPPFLAGS) \
	$(LIB_CFLAGS) $(WARN) $(CFLAGS) -pthread
libs = $(LIBS) -lm -ldl -pthread

# --- configuration: repeated when configure itself changed --------------------

ifneq ($(wildcard config.status),)
config.status: $(srcdir)/configure $(srcdir)/VERSION
	./config.status
config.mak config.h: config.status
	@:
endif

# --- generated files: rewritten only when they change -------------------------

FORCE:
# $(call update,COMMAND): the target becomes what COMMAND prints.
update = @mkdir -p $(@D) && { $(1); } >$@.new && \
	if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

gen/stressors.inc: FORCE
	$(call update,$(srcdir)/tools/gen-stressors $(stressors))
gen/embedded.c: FORCE
	$(call update,$(srcdir)/tools/gen-embedded \
		$(sort $(wildcard $(srcdir)/classes/* $(srcdir)/man/*.in \
		$(srcdir)/reports/render/html/* $(srcdir)/vm-matrix/*.json)))
gen/build.c: FORCE
	$(call update,$(srcdir)/tools/gen-build $(srcdir))

# --- objects: obj/ as configured, obj-asan/ with sanitizers -------------------
# Arguments: folder, flags, what else links the program. With the C library as an
# archive the linker remarks on what it will load; that is shown if it fails.

define variant
$(folders:%=$(1)/%):
	@mkdir -p $$@
$(1)/%.o: $(srcdir)/%.c config.h config.mak | $(folders:%=$(1)/%)
	$$(call say,CC,$$@)
	$$(Q)$$(CC) $$(flags) $(2) -MMD -MP -c -o $$@ $$<
$(1)/gen/%.o: gen/%.c config.h config.mak | $(1)/gen
	$$(call say,CC,$$@)
	$$(Q)$$(CC) $$(flags) $(2) -DBUILD_CFLAGS='"$$(strip $$(CFLAGS) $(2))"' \
		-MMD -MP -c -o $$@ $$<
$(1)/libstrain.a: $(objects:%=$(1)/%)
	$$(call say,AR,$$@)
	$$(Q)rm -f $$@ && $$(AR) rcs $$@ $$^
$(1)/strain: $(1)/strain.o $(1)/libstrain.a
	$$(call say,LD,$$@)
	$$(Q)$$(CC) $$(CFLAGS) $(2) -pthread -o $$@ $$^ $$(LDFLAGS) $$(libs) $(3) \
		2>$$@.said; status=$$$$?; [ -n '$(3)$$(static:no=)' ] && [ $$$$status = 0 ] || \
		cat $$@.said >&2; exit $$$$status
$(1)/unit/%: $(1)/tests/unit/%.o $(1)/libstrain.a | $(1)/unit
	$$(call say,LD,$$@)
	$$(Q)$$(CC) $$(CFLAGS) $(2) -pthread -o $$@ $$^ $$(LDFLAGS) \
		$$(CMOCKA_LIBS) $$(libs)
$(1)/core/registry.o: gen/stressors.inc
-include $$(patsubst %.o,$(1)/%.d,$$(objects) strain.o $$(units:%=tests/unit/%.o))
endef
$(eval $(call variant,obj,,$$(START)))
$(eval $(call variant,obj-asan,$(SAN),))
# what assert_non_null() has seen the compiler does not believe
obj/tests/unit/%.o obj-asan/tests/unit/%.o: CPPFLAGS += $(CMOCKA_CFLAGS)
obj/tests/unit/%.o obj-asan/tests/unit/%.o: WARN += -Wno-null-dereference

strain: obj/strain
	$(Q)cp -f $< $@

objects: $(objects:%=obj/%) \
	$(patsubst $(srcdir)/%.c,obj/%.o,$(wildcard $(srcdir)/strain.c))
asan: obj-asan/strain $(units:%=obj-asan/unit/%)

static: FORCE
	@mkdir -p static
	cd static && $(abspath $(srcdir))/configure --static CC='$(CC)' \
		CFLAGS='$(CFLAGS)' CPPFLAGS='$(CPPFLAGS)' $(host:%=--host=%)
	+$(MAKE) -C static strain

guest: FORCE
	@mkdir -p guests/$(arch)
	cd guests/$(arch) && { [ -e config.status ] || \
		$(abspath $(srcdir))/configure --guest CC='$(CC)' \
		CPPFLAGS='$(CPPFLAGS)' $(host:%=--host=%); }
	+$(MAKE) -C guests/$(arch) strain

# WERROR=1: without warnings
guests: FORCE
	+@MAKE='$(MAKE)' CONFIGURE='$(WERROR:1=--enable-werror)' \
		$(srcdir)/tools/guests $(srcdir) $(arch) $(ARCHES)

# --- using it ----------------------------------------------------------------

check: strain asan
	@$(srcdir)/tests/run T=$(T) SHARD=$(SHARD) CHANGED=$(CHANGED)
# The programs of tests/unit alone; they link without strain.c.
check-units: $(units:%=obj-asan/unit/%)
	@$(srcdir)/tests/run UNITS=1 T=$(T) SHARD=$(SHARD)

run: strain
	./strain run --class quick

bench: strain bench/loops bench/simulate bench/resample
	@$(srcdir)/bench/run $(BENCH)
bench-boots: strain bench/boots bench/bare
	@$(srcdir)/bench/run --rounds 64 boots

bench/simulate bench/resample: obj/bench/rules.o
bench/simulate: obj/bench/draw.o
bench/loops bench/simulate bench/resample bench/boots: bench/%: obj/bench/%.o obj/libstrain.a
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) -pthread -o $@ $^ $(LDFLAGS) $(libs)
-include $(wildcard obj/bench/*.d)
bench/bare: $(srcdir)/bench/bare.c
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) -static -o $@ $<

# --- fuzzing: obj-fuzz/ by clang, whatever the rest is built with --------------

FUZZ_CC = clang
FUZZ_RUNS = 1000000
FUZZ_SAN = -fsanitize=address,undefined -fno-sanitize-recover=all
$(eval $(call variant,obj-fuzz,$(FUZZ_SAN) -fsanitize=fuzzer-no-link))
obj-fuzz/%: CC = $(FUZZ_CC)
obj-fuzz/%: CFLAGS = -O1 -g
obj-fuzz/%: WARN =
obj-fuzz/fuzz: obj-fuzz/tests/fuzz/report.o obj-fuzz/libstrain.a
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(FUZZ_SAN) -fsanitize=fuzzer -pthread -o $@ $^ \
		$(LDFLAGS) $(libs)
# New inputs go to fuzz/, what breaks something to fuzz/crash-*.
fuzz: obj-fuzz/fuzz
	@mkdir -p fuzz/corpus
	obj-fuzz/fuzz -runs=$(FUZZ_RUNS) -max_len=2000 -timeout=10 -rss_limit_mb=1024 \
		-dict=$(srcdir)/tests/fuzz/report.dict -artifact_prefix=fuzz/ \
		-print_final_stats=1 $(FUZZ_ARGS) fuzz/corpus $(srcdir)/tests/fuzz/corpus

lint: strain doc
	@CC='$(CC)' FLAGS='$(flags)' STRAIN=$(abspath strain) \
		$(srcdir)/tools/lint $(srcdir)

# --- installing --------------------------------------------------------------

# What the program says of itself; one that runs elsewhere cannot be asked.
ifeq ($(host),)
pages := $(patsubst $(srcdir)/man/%.in,man/%,$(wildcard $(srcdir)/man/*.in))
completions := completion/strain.bash completion/strain.zsh completion/strain.fish
endif
man/%: $(srcdir)/man/%.in strain
	@mkdir -p $(@D)
	$(call say,DOC,$@)
	$(Q)./strain --doc=man:$* >$@
completion/strain.%: strain
	@mkdir -p $(@D)
	$(call say,DOC,$@)
	$(Q)./strain --doc=complete:$* >$@
doc: $(pages) $(completions)

# Rows MODE:FILE:DESTINATION, read by install and uninstall.
place = $(foreach f,$(2),$(1):$f:$(3)/$(notdir $f))
installed = 755:strain:$(bindir)/strain \
	$(foreach p,$(pages),644:$p:$(mandir)/man$(patsubst .%,%,$(suffix $p))/$(notdir $p)) \
	$(if $(completions),644:completion/strain.bash:$(datadir)/bash-completion/completions/strain \
	644:completion/strain.zsh:$(datadir)/zsh/site-functions/_strain \
	644:completion/strain.fish:$(datadir)/fish/vendor_completions.d/strain.fish) \
	$(call place,644,$(wildcard $(srcdir)/classes/*),$(datadir)/strain/classes) \
	$(call place,644,$(wildcard $(srcdir)/reports/schema/*),$(datadir)/strain/schema) \
	$(call place,644,$(wildcard $(srcdir)/vm-matrix/*.json),$(datadir)/strain/matrix) \
	$(call place,644,$(wildcard $(srcdir)/LICENSE $(srcdir)/*.md $(srcdir)/docs/*.md),$(docdir))

install: strain $(pages) $(completions)
	@IFS=:; for row in $(installed:%='%'); do \
		set -- $$row; \
		echo "  INSTALL $(DESTDIR)$$3"; \
		install -D -m $$1 $$2 "$(DESTDIR)$$3" || exit 1; \
	done

uninstall:
	@IFS=:; for row in $(installed:%='%'); do \
		set -- $$row; \
		rm -f "$(DESTDIR)$$3" || exit 1; \
	done
	@for folder in $(datadir)/strain/classes $(datadir)/strain/schema \
		$(datadir)/strain/matrix \
		$(datadir)/strain $(docdir); do \
		[ ! -d "$(DESTDIR)$$folder" ] || \
			rmdir --ignore-fail-on-non-empty "$(DESTDIR)$$folder"; \
	done

version = $(shell cat $(srcdir)/VERSION)
dist:
	@mkdir -p gen
	git -C $(srcdir) rev-parse --short=12 HEAD >gen/COMMIT
	git -C $(srcdir) archive --prefix=strain-$(version)/ \
		--add-file=$(CURDIR)/gen/COMMIT HEAD | gzip -9n >strain-$(version).tar.gz
	@echo strain-$(version).tar.gz

clean:
	rm -rf obj obj-asan obj-fuzz fuzz gen static guests check completion strain \
		bench/loops bench/simulate bench/resample bench/boots bench/bare $(pages)
	@rmdir man bench 2>/dev/null || :

.PHONY: all help objects asan check check-units run bench bench-boots fuzz lint doc \
	install uninstall dist clean guest guests FORCE
