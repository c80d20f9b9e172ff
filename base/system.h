/*
 * System: time, host name and random bytes.
 */
#ifndef BASE_SYSTEM_H
#define BASE_SYSTEM_H

#include <stddef.h>
#include <stdint.h>

#define AMP_TIME_SIZE 32
#define AMP_HOST_SIZE 256

/* Milliseconds on a clock that never jumps. */
int64_t amp_now_ms(void);
/* The time now, UTC, RFC 3339 with milliseconds: "2026-11-23T01:02:03.456Z". */
void amp_now_utc(char out[AMP_TIME_SIZE]);
void amp_host_name(char out[AMP_HOST_SIZE]);
void amp_sleep_ms(int64_t milliseconds);
/* 32 hexadecimal digits from the system's random source; 0, or -1 where it has none. */
int amp_random_hex(char out[33]);

/* What an errno means, in English whatever the locale; never NULL. */
const char *amp_errno_text(int number);

#endif
