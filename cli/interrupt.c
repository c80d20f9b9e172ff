#include "cli/interrupt.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

/* Handlers have no argument of ours: the one variable that must be global. */
static volatile sig_atomic_t came;

static void on_signal(int number)
{
	(void)number;
	if (came)
		_exit(1);
	came = 1;
}

static void catch (int number)
{
	struct sigaction before, action = {.sa_handler = on_signal};
	sigemptyset(&action.sa_mask);
	if (!sigaction(number, NULL, &before) && before.sa_handler != SIG_IGN)
		sigaction(number, &action, NULL);
}

void interrupt_init(void)
{
	catch (SIGINT);
	catch (SIGTERM);
	signal(SIGPIPE, SIG_IGN);
}

bool interrupt_came(void)
{
	return came;
}

void interrupt_undo(void)
{
	signal(SIGPIPE, SIG_DFL);
}
