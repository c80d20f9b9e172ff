#include "base/system.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

int64_t amp_now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void amp_now_utc(char out[AMP_TIME_SIZE])
{
	struct timespec now;
	struct tm tm = {0};
	char date[24] = "";
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out, AMP_TIME_SIZE, "%s.%03dZ", date, (int)(now.tv_nsec / 1000000));
}

void amp_host_name(char out[AMP_HOST_SIZE])
{
	if (gethostname(out, AMP_HOST_SIZE))
		out[0] = '\0';
	out[AMP_HOST_SIZE - 1] = '\0';
}

void amp_sleep_ms(int64_t milliseconds)
{
	struct timespec left = {
		.tv_sec = (time_t)(milliseconds / 1000),
		.tv_nsec = (long)(milliseconds % 1000) * 1000000,
	};
	/* a signal cuts the sleep short on purpose: the caller then asks whether to stop */
	nanosleep(&left, NULL);
}

int amp_random_hex(char out[33])
{
	unsigned char bytes[16];
	ssize_t got;
	do
		got = getrandom(bytes, sizeof(bytes), 0);
	while (got < 0 && errno == EINTR);
	if (got != (ssize_t)sizeof(bytes))
		return -1;
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(out + 2 * i, 3, "%02x", bytes[i]);
	return 0;
}

const char *amp_errno_text(int number)
{
	const char *text = strerrordesc_np(number);
	return text ? text : "unknown error";
}
