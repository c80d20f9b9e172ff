#include "schema/complain.h"

#include <stdarg.h>
#include <string.h>

#define SHOWN_MAX ((size_t)80)

struct amplan_finding *amp_complain(const struct amp_complain *complain,
	struct amp_scan_range at, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	const char *message = amp_arena_vprintf(complain->findings->arena, format, args);
	va_end(args);
	if (!message)
		complain->findings->failed = true;
	struct amplan_finding *finding = amp_finding_add(complain->findings, AMPLAN_ERROR,
		complain->kind, "%s", message ? message : "");
	amp_finding_at(finding, complain->source, at.offset, at.length);
	return finding;
}

void amp_complain_hint(const struct amp_complain *complain,
	struct amplan_finding *finding, const char *hint)
{
	amp_finding_hint(complain->findings, finding, "%s", hint);
}

const char *amp_shown(struct amp_findings *findings, const char *text, size_t length)
{
	size_t kept = length;
	if (length > SHOWN_MAX) {
		kept = SHOWN_MAX - 3;
		while (kept && ((unsigned char)text[kept] & 0xc0) == 0x80)
			kept--;
	}
	const char *shown = amp_arena_printf(
		findings->arena, "%.*s%s", (int)kept, text, kept < length ? "..." : "");
	if (!shown)
		findings->failed = true;
	return shown ? shown : "";
}
