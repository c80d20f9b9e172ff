/*
 * Digest: SHA-256 in the form "sha256:" and 64 hexadecimal digits.
 *
 * Fields are fed with their length in front, so that no two different lists of fields
 * give the same input.
 */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#define AMP_DIGEST_SIZE 72 /* "sha256:" + 64 digits + NUL */
#define AMP_DIGEST_RAW 32

struct amp_digest {
	uint64_t opaque[32]; /* room for the library's own state, checked in digest.c */
};

void amp_digest_init(struct amp_digest *digest);
/* Raw bytes, no length in front. */
void amp_digest_bytes(struct amp_digest *digest, const void *bytes, size_t length);
/* One field: length, then bytes. */
void amp_digest_field(struct amp_digest *digest, const char *text, size_t length);
void amp_digest_string(struct amp_digest *digest, const char *string); /* NULL is "" */
void amp_digest_number(struct amp_digest *digest, int64_t number);
void amp_digest_end(struct amp_digest *digest, char out[AMP_DIGEST_SIZE]);
/* The same as 32 bytes, for digests over many digests. */
void amp_digest_end_raw(struct amp_digest *digest, uint8_t out[AMP_DIGEST_RAW]);

#endif
