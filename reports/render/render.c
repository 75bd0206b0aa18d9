/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reports/render/render.h"

#include <math.h>
#include <string.h>
#include <time.h>

#include "base/msg.h"

const struct renderer *const renderers[] = {
	&render_text, &render_markdown, &render_html, &render_ktap,
	&render_junit, &render_kcidb, &render_openmetrics, &render_csv,
	&render_bug, NULL,
};

const struct renderer *renderer_find(const char *name)
{
	for (size_t i = 0; renderers[i]; i++)
		if (!strcmp(renderers[i]->name, name))
			return renderers[i];
	return NULL;
}

char *render_number(const json_t *value)
{
	if (json_is_integer(value))
		return xasprintf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
	if (json_is_real(value) && isfinite(json_real_value(value)))
		return xasprintf("%.15g", json_real_value(value));
	return xstrdup("");
}

const char *render_kernel(const json_t *report)
{
	return text_get(json_object_get(report, "kernel"), "release");
}

char *render_time(double since_epoch, bool zone)
{
	/* years of four digits: what every format's grammar has room for */
	double last = 253402300799.0;
	char text[32];
	struct tm tm;
	time_t at;

	if (!(since_epoch >= 0 && since_epoch <= last))
		return xstrdup("");
	at = (time_t)since_epoch;
	if (!gmtime_r(&at, &tm) ||
	    !strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm))
		return xstrdup("");
	return xasprintf("%s%s", text, zone ? "Z" : "");
}

const char *render_base_unit(const char *unit, double *factor)
{
	static const struct {
		const char *unit, *base;
		double factor;
	} units[] = {
		{ "ns", "seconds", 1e-9 },  { "us", "seconds", 1e-6 },
		{ "ms", "seconds", 1e-3 },  { "s", "seconds", 1 },
		{ "bytes", "bytes", 1 },    { "ratio", "ratio", 1 },
		{ "%", "ratio", 1e-2 },     { "ppm", "ratio", 1e-6 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (!strcmp(units[i].unit, unit)) {
			*factor = units[i].factor;
			return units[i].base;
		}
	*factor = 1;
	return "";
}
