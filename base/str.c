#include "base/str.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void amp_str_deinit(struct amp_str *str)
{
	free(str->data);
	*str = (struct amp_str){0};
}

void amp_str_clear(struct amp_str *str)
{
	str->length = 0;
	if (str->data)
		str->data[0] = '\0';
}

static bool reserve(struct amp_str *str, size_t more)
{
	if (str->failed)
		return false;
	if (more >= SIZE_MAX / 4 || str->length >= SIZE_MAX / 4) {
		str->failed = true;
		return false;
	}
	size_t need = str->length + more + 1;
	if (need <= str->capacity)
		return true;
	size_t capacity = str->capacity ? str->capacity : 64;
	while (capacity < need)
		capacity *= 2;
	char *data = realloc(str->data, capacity);
	if (!data) {
		str->failed = true;
		return false;
	}
	str->data = data;
	str->capacity = capacity;
	return true;
}

void amp_str_addn(struct amp_str *str, const char *bytes, size_t length)
{
	if (!reserve(str, length))
		return;
	if (length)
		memcpy(str->data + str->length, bytes, length);
	str->length += length;
	str->data[str->length] = '\0';
}

void amp_str_add(struct amp_str *str, const char *string)
{
	amp_str_addn(str, string, strlen(string));
}

void amp_str_addc(struct amp_str *str, char byte)
{
	amp_str_addn(str, &byte, 1);
}

void amp_str_vaddf(struct amp_str *str, const char *format, va_list args)
{
	va_list again;
	va_copy(again, args);
	int length = vsnprintf(NULL, 0, format, args);
	if (length < 0)
		str->failed = true;
	else if (reserve(str, (size_t)length)) {
		vsnprintf(str->data + str->length, (size_t)length + 1, format, again);
		str->length += (size_t)length;
	}
	va_end(again);
}

void amp_str_addf(struct amp_str *str, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	amp_str_vaddf(str, format, args);
	va_end(args);
}

char *amp_str_room(struct amp_str *str, size_t length)
{
	return reserve(str, length) ? str->data + str->length : NULL;
}

void amp_str_take(struct amp_str *str, size_t length)
{
	str->length += length;
	str->data[str->length] = '\0';
}

const char *amp_str_text(const struct amp_str *str)
{
	return str->data ? str->data : "";
}
