/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Libraries that a build may lack. For .unsupported of a method: NULL where the
 * library is there, else how to get it. LIBRARY_MISSING() says so always: for
 * STRESSOR_UNSUPPORTED().
 */
#ifndef STRAIN_KIT_LIBRARY_H
#define STRAIN_KIT_LIBRARY_H

#define LIBRARY_MISSING(name) \
	"needs " name ": install " name "-dev and configure again"

#ifdef HAVE_LIBURING
#define LIBRARY_URING NULL
#else
#define LIBRARY_URING LIBRARY_MISSING("liburing")
#endif

#ifdef HAVE_LIBAIO
#define LIBRARY_AIO NULL
#else
#define LIBRARY_AIO LIBRARY_MISSING("libaio")
#endif

#ifdef HAVE_LIBFUSE3
#define LIBRARY_FUSE NULL
#else
#define LIBRARY_FUSE LIBRARY_MISSING("libfuse3")
#endif

#endif
