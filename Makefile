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

# Q hides commands unless V=1; $(call say,KIND) is the line shown instead.
ifeq ($(V),1)
Q :=
say =
else
Q := @
say = @printf '  %-7s %s\n' $(1) $(patsubst $(srcdir)/%,%,$(2))
endif

layers := base core reports commands kit vm-matrix
sources := $(foreach d,$(layers),$(wildcard $(srcdir)/$d/*.c))
stressors := $(wildcard $(srcdir)/stressors/*/*.c)
generated := build embedded
units := $(patsubst $(srcdir)/tests/unit/%.c,%,$(wildcard $(srcdir)/tests/unit/*.c))
objects := $(patsubst $(srcdir)/%.c,%.o,$(sort $(sources)) $(sort $(stressors)))
objects += $(generated:%=gen/%.o)

flags = -std=gnu11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -include config.h \
	-I$(srcdir) -Igen $(CPPFLAGS) $(LIB_CFLAGS) $(WARN) $(CFLAGS) -pthread
libs = $(LIBS) -lm -pthread

# --- generated files: rewritten only when they change -----------------------

FORCE:
# $(call update,COMMAND): the target becomes what COMMAND prints.
update = @mkdir -p $(@D) && { $(1); } >$@.new && \
	if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

gen/stressors.inc: FORCE
	$(call update,$(srcdir)/tools/gen-stressors $(stressors))
gen/embedded.c: FORCE
	$(call update,$(srcdir)/tools/gen-embedded \
		$(wildcard $(srcdir)/classes/* $(srcdir)/man/*.in))
gen/build.c: FORCE
	$(call update,$(srcdir)/tools/gen-build $(srcdir))

# --- objects: obj/ as configured, obj-asan/ with sanitizers ------------------

define variant
$(1)/%.o: $(srcdir)/%.c config.h config.mak
	@mkdir -p $$(@D)
	$$(call say,CC,$$@)
	$$(Q)$$(CC) $$(flags) $(2) -MMD -MP -c -o $$@ $$<
$(1)/gen/%.o: gen/%.c config.h config.mak
	@mkdir -p $$(@D)
	$$(call say,CC,$$@)
	$$(Q)$$(CC) $$(flags) $(2) -DBUILD_CFLAGS='"$$(strip $$(CFLAGS) $(2))"' \
		-MMD -MP -c -o $$@ $$<
$(1)/libstrain.a: $(objects:%=$(1)/%)
	$$(call say,AR,$$@)
	$$(Q)rm -f $$@ && $$(AR) rcs $$@ $$^
$(1)/strain: $(1)/strain.o $(1)/libstrain.a
	$$(call say,LD,$$@)
	$$(Q)$$(CC) $$(CFLAGS) $(2) -pthread -o $$@ $$^ $$(LDFLAGS) $$(libs)
$(1)/unit/%: $(1)/tests/unit/%.o $(1)/libstrain.a
	@mkdir -p $$(@D)
	$$(call say,LD,$$@)
	$$(Q)$$(CC) $$(CFLAGS) $(2) -pthread -o $$@ $$^ $$(LDFLAGS) \
		$$(CMOCKA_LIBS) $$(libs)
$(1)/core/registry.o: gen/stressors.inc
-include $$(patsubst %.o,$(1)/%.d,$$(objects) strain.o $$(units:%=tests/unit/%.o))
endef
$(eval $(call variant,obj,))
$(eval $(call variant,obj-asan,$(SAN)))

strain: obj/strain
	$(Q)cp -f $< $@

objects: $(objects:%=obj/%) $(patsubst $(srcdir)/%.c,obj/%.o,$(wildcard $(srcdir)/strain.c))
units: $(units:%=obj/unit/%)
asan: obj-asan/strain $(units:%=obj-asan/unit/%)

check: strain asan
	@$(srcdir)/tests/run T=$(T) SHARD=$(SHARD)
# Without the program, while only parts of it are there.
check-units: $(units:%=obj-asan/unit/%)
	@$(srcdir)/tests/run UNITS=1 T=$(T) SHARD=$(SHARD)

clean:
	rm -rf obj obj-asan gen strain

.PHONY: all objects units asan check check-units clean FORCE
