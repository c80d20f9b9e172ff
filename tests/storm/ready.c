/*
 * Ready: the application that a starter becomes. Says when it began, and what startup told
 * it, in one write, so that lines of many do not mix.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int main(void)
{
	struct timespec now;
	char line[4096];
	const char *result = getenv("AMPLAN_RESULT"), *applied = getenv("AMPLAN_APPLIED");
	clock_gettime(CLOCK_REALTIME, &now);
	int length = snprintf(line, sizeof(line), "%ld %lld %s %s\n", (long)getpid(),
		(long long)now.tv_sec * 1000000 + now.tv_nsec / 1000,
		result ? result : "nothing", applied ? applied : "");
	if (length >= (int)sizeof(line))
		return 1;
	return write(STDOUT_FILENO, line, (size_t)length) != length;
}
