/*
 * Seal: a digest over all bytes of a plan file but its own digits.
 */
#ifndef SCHEMA_SEAL_H
#define SCHEMA_SEAL_H

#include <stddef.h>

#include "base/digest.h"

/* What a file has in the place of the digits while it is not sealed. */
#define AMP_SEAL_OPEN \
	"sha256:0000000000000000000000000000000000000000000000000000000000000000"

enum amp_seal {
	AMP_SEAL_HOLDS,
	AMP_SEAL_BROKEN,
	AMP_SEAL_NONE, /* nothing about this looks like a plan */
};

enum amp_seal amp_seal_check(const char *bytes, size_t length);

/* Replaces AMP_SEAL_OPEN at `at` by the seal. */
void amp_seal_close(char *bytes, size_t length, size_t at);

#endif
