/*
 * Defects on purpose, which `./analyse --self-test` must find with each tool; the lines
 * where they are to be found are marked. Not compiled into anything.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int planted_leak(const char *text)
{
	char *copy = malloc(strlen(text) + 1);
	if (!copy)
		return -1;
	if (text[0] == '#')
		return 0; /* FOUND memory that is lost */
	strcpy(copy, text);
	int result = puts(copy);
	free(copy);
	return result;
}

int planted_use_after_free(int number)
{
	char *copy = malloc(2);
	if (!copy)
		return -1;
	copy[0] = (char)number;
	free(copy);
	return puts(copy) + copy[0]; /* FOUND memory used after it was freed */
}

int planted_null(const char *text)
{
	int *number = NULL;
	if (text)
		printf("%s\n", text);
	return *number; /* FOUND a null pointer followed */
}
