#include "cli/interrupt.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

/* Handlers have no argument of ours: the one variable that must be global. */
static volatile sig_atomic_t came;
static bool listens;
static bool too_large_kept; /* SIGXFSZ was ignored before, so CMD gets it so */

static void on_signal(int number)
{
	(void)number;
	if (came)
		_exit(1);
	came = 1;
}

static void handle(int number, void (*with)(int))
{
	struct sigaction before, action = {.sa_handler = with};
	sigemptyset(&action.sa_mask);
	if (!sigaction(number, NULL, &before) && before.sa_handler != SIG_IGN)
		sigaction(number, &action, NULL);
}

void interrupt_listen(void)
{
	if (listens)
		return;
	listens = true;
	handle(SIGINT, on_signal);
	handle(SIGTERM, on_signal);
}

void interrupt_rest(void)
{
	listens = false;
	handle(SIGINT, SIG_DFL);
	handle(SIGTERM, SIG_DFL);
}

void interrupt_init(void)
{
	signal(SIGPIPE, SIG_IGN);
	/* beyond the limit of a file a write fails then, like on a full disk */
	struct sigaction before;
	too_large_kept =
		!sigaction(SIGXFSZ, NULL, &before) && before.sa_handler == SIG_IGN;
	signal(SIGXFSZ, SIG_IGN);
}

bool interrupt_came(void)
{
	return came;
}

void interrupt_undo(void)
{
	signal(SIGPIPE, SIG_DFL);
	if (!too_large_kept)
		signal(SIGXFSZ, SIG_DFL);
}
