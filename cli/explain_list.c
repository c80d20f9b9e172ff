/*
 * Explain list: both lists of texts as one.
 */
#include <stdbool.h>
#include <string.h>

#include "cli/explain_texts.h"

const struct explain_text *explain_at(size_t index)
{
	const struct explain_text *left = explain_texts, *right = explain_lint;
	for (;;) {
		bool first = left->kind &&
			(!right->kind || strcmp(left->kind, right->kind) < 0);
		const struct explain_text *text = first ? left : right;
		if (!text->kind || !index--)
			return text;
		if (first)
			left++;
		else
			right++;
	}
}

const struct explain_text *explain_find(const char *kind)
{
	for (size_t i = 0; explain_at(i)->kind; i++)
		if (!strcmp(explain_at(i)->kind, kind))
			return explain_at(i);
	return NULL;
}
