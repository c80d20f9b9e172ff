#include "schema/values.h"

#include <string.h>

#include "base/text.h"

#define ID_MAX 128
#define NUMBER_MAX 18 /* digits: fits into an int64_t */

static bool is_id(const char *text, size_t length)
{
	if (length == 0 || length > ID_MAX || strchr("_.-", text[0]))
		return false;
	for (size_t i = 0; i < length; i++)
		if (!amp_text_is_id_byte(text[i]))
			return false;
	return true;
}

static bool is_reference(const char *text)
{
	const char *colon = strchr(text, ':');
	if (!colon)
		return is_id(text, strlen(text));
	size_t module = (size_t)(colon - text);
	return (module == 0 || is_id(text, module)) &&
		is_id(colon + 1, strlen(colon + 1));
}

static bool is_blank(const char *text)
{
	return text[strspn(text, " \t\r\n")] == '\0';
}

/* Components that neither lead up nor hide, and a name that says SQL. */
/* "../" in front is for descriptors in subfolders; what it leads to is checked later. */
static bool is_file(const char *text)
{
	while (!strncmp(text, "../", 3))
		text += 3;
	size_t length = strlen(text);
	if (length < 5 || strcmp(text + length - 4, ".sql") != 0)
		return false;
	for (const char *at = text; *at; at++) {
		bool first = at == text || at[-1] == '/';
		if ((unsigned char)*at < 0x20 || *at == 0x7f || *at == '\\')
			return false;
		if (first && (*at == '/' || *at == '.'))
			return false;
	}
	return true;
}

/* Words of small letters, joined by '-'. */
static bool is_kind(const char *text)
{
	for (const char *at = text; *at; at++) {
		bool edge = at == text || at[1] == '\0' || at[-1] == '-';
		if ((*at < 'a' || *at > 'z') && (*at != '-' || edge))
			return false;
	}
	return *text != '\0';
}

static bool is_number(const char *text)
{
	size_t digits = strspn(text, "0123456789");
	return digits && digits <= NUMBER_MAX && !text[digits] &&
		(digits == 1 || text[0] != '0');
}

static bool is_seal(const char *text)
{
	return !strncmp(text, "sha256:", 7) &&
		strspn(text + 7, "0123456789abcdef") == 64 && text[71] == '\0';
}

bool amp_value_fits(enum amp_value_type type, const char *value)
{
	switch (type) {
	case AMP_VALUE_ID:
		return is_id(value, strlen(value));
	case AMP_VALUE_REFERENCE:
		return is_reference(value);
	case AMP_VALUE_REASON:
		return !is_blank(value);
	case AMP_VALUE_FILE:
		return is_file(value);
	case AMP_VALUE_KIND:
		return is_kind(value);
	case AMP_VALUE_NUMBER:
		return is_number(value);
	case AMP_VALUE_SEAL:
		return is_seal(value);
	case AMP_VALUE_ANY:
	case AMP_VALUE_WORD:
		break;
	}
	return true;
}

const char *amp_value_rule(enum amp_value_type type)
{
	switch (type) {
	case AMP_VALUE_ID:
		return "1 to 128 letters, digits, '_', '.' or '-', beginning with a "
		       "letter or digit";
	case AMP_VALUE_REFERENCE:
		return "write 'id', 'module:id', or ':id' for one without a module";
	case AMP_VALUE_REASON:
		return "say why, in a few words";
	case AMP_VALUE_FILE:
		return "a path such as 'sql/users.sql', relative to the descriptor, without "
		       "'\\' and names that begin with '.', inside the folder";
	case AMP_VALUE_KIND:
		return "the kind of a finding, such as 'row-loss'";
	case AMP_VALUE_NUMBER:
		return "a number without sign or leading zeros";
	case AMP_VALUE_SEAL:
		return "'sha256:' and 64 hexadecimal digits";
	case AMP_VALUE_ANY:
	case AMP_VALUE_WORD:
		break;
	}
	return "";
}
