/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which acceleration boots a kernel here.
 *
 * A /dev/kvm that opens proves nothing: under some hypervisors guests start and
 * die in the first instructions. KVM is taken only where this very kernel was
 * seen to say HELLO under it within 10 s. What was found is kept for this boot of
 * the host.
 */
#ifndef STRAIN_VM_MATRIX_QEMU_ACCEL_H
#define STRAIN_VM_MATRIX_QEMU_ACCEL_H

#include "vm-matrix/qemu/vm.h"

/*
 * @spec as for the cell (its .accel and .state are ignored); @digest identifies
 * the kernel; @cache_dir may be NULL: nothing is kept. *why gets one line that
 * says what decided, to free.
 */
enum vm_accel vm_accel_probe(const struct vm_spec *spec, const char *digest,
			     const char *cache_dir, char **why);

#endif
