#include <amplan/version.h>

const char *amplan_version(void)
{
	return AMPLAN_VERSION;
}
