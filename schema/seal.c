#include "schema/seal.h"

#include <string.h>

#define MARK "seal=\""
#define PREFIX "sha256:"
#define DIGITS ((size_t)64)
/* The seal stands in the root tag, behind at most an XML declaration. */
#define HEAD ((size_t)1024)

static const char *find(const char *bytes, size_t length, const char *what)
{
	return memmem(bytes, length < HEAD ? length : HEAD, what, strlen(what));
}

/* The digest with zeros in the place of the digits at `digits`. */
static void compute(
	const char *bytes, size_t length, size_t digits, char out[AMP_DIGEST_SIZE])
{
	struct amp_digest digest;
	amp_digest_init(&digest);
	amp_digest_bytes(&digest, bytes, digits);
	amp_digest_bytes(&digest, AMP_SEAL_OPEN + strlen(PREFIX), DIGITS);
	amp_digest_bytes(&digest, bytes + digits + DIGITS, length - digits - DIGITS);
	amp_digest_end(&digest, out);
}

enum amp_seal amp_seal_check(const char *bytes, size_t length)
{
	const char *mark = find(bytes, length, MARK PREFIX);
	if (!mark)
		/* one altered byte does not hide both */
		return find(bytes, length, "<plan") || find(bytes, length, MARK)
			? AMP_SEAL_BROKEN
			: AMP_SEAL_NONE;
	size_t digits = (size_t)(mark - bytes) + strlen(MARK PREFIX);
	char seal[AMP_DIGEST_SIZE];
	if (length - digits < DIGITS)
		return AMP_SEAL_BROKEN;
	compute(bytes, length, digits, seal);
	return memcmp(seal + strlen(PREFIX), bytes + digits, DIGITS) ? AMP_SEAL_BROKEN
								     : AMP_SEAL_HOLDS;
}

void amp_seal_close(char *bytes, size_t length, size_t at)
{
	char seal[AMP_DIGEST_SIZE];
	compute(bytes, length, at + strlen(PREFIX), seal);
	memcpy(bytes + at, seal, AMP_DIGEST_SIZE - 1);
}
