/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What recording a disk and judging its states have in common: the files. */
#ifndef STRAIN_KIT_ATOMIC_CRASH_H
#define STRAIN_KIT_ATOMIC_CRASH_H

#define CRASH_ATOMIC "mnt/atomic"   /* written with RWF_ATOMIC */
#define CRASH_CONTROL "mnt/control" /* the same units, written plainly */
#define CRASH_ATOMIC_ID 1           /* their numbers in stamps */
#define CRASH_CONTROL_ID 2

#endif
