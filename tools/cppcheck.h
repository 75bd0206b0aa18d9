/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For cppcheck, which does not read jansson's header: its loops. */
#define json_array_foreach(a, i, v) \
	for (i = 0; i < json_array_size(a) && (v = json_array_get(a, i)); i++)
#define json_object_foreach(o, k, v) \
	for (k = first_key(o); k && (v = value_of(o, k)); k = next_key(o, k))
