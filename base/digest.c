#include "base/digest.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <sha2.h> /* libmd */

_Static_assert(sizeof(SHA2_CTX) <= sizeof(struct amp_digest), "room for libmd's state");
_Static_assert(
	_Alignof(SHA2_CTX) <= _Alignof(struct amp_digest), "alignment of libmd's state");

static SHA2_CTX *state(struct amp_digest *digest)
{
	return (SHA2_CTX *)(void *)digest;
}

void amp_digest_init(struct amp_digest *digest)
{
	SHA256Init(state(digest));
}

void amp_digest_bytes(struct amp_digest *digest, const void *bytes, size_t length)
{
	if (length)
		SHA256Update(state(digest), bytes, length);
}

void amp_digest_field(struct amp_digest *digest, const char *text, size_t length)
{
	char prefix[32];
	size_t at = sizeof(prefix), left = length;
	prefix[--at] = ':';
	do
		prefix[--at] = (char)('0' + left % 10);
	while (left /= 10);
	amp_digest_bytes(digest, prefix + at, sizeof(prefix) - at);
	amp_digest_bytes(digest, text, length);
}

void amp_digest_string(struct amp_digest *digest, const char *string)
{
	amp_digest_field(digest, string, string ? strlen(string) : 0);
}

void amp_digest_number(struct amp_digest *digest, int64_t number)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "%" PRId64, number);
	amp_digest_field(digest, text, (size_t)n);
}

void amp_digest_end_raw(struct amp_digest *digest, uint8_t out[AMP_DIGEST_RAW])
{
	SHA256Final(out, state(digest));
}

void amp_digest_end(struct amp_digest *digest, char out[AMP_DIGEST_SIZE])
{
	uint8_t hash[AMP_DIGEST_RAW];
	amp_digest_end_raw(digest, hash);
	memcpy(out, "sha256:", 7);
	for (size_t i = 0; i < sizeof(hash); i++) {
		out[7 + 2 * i] = "0123456789abcdef"[hash[i] >> 4];
		out[8 + 2 * i] = "0123456789abcdef"[hash[i] & 15];
	}
	out[AMP_DIGEST_SIZE - 1] = '\0';
}
