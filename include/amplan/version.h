/*
 * Version of the headers and of the library.
 */
#ifndef AMPLAN_VERSION_H
#define AMPLAN_VERSION_H

#include <amplan/error.h>

#ifdef __cplusplus
extern "C" {
#endif

#define AMPLAN_VERSION_MAJOR 0
#define AMPLAN_VERSION_MINOR 1
#define AMPLAN_VERSION_PATCH 0
#define AMPLAN_VERSION "0.1.0"

/*
 * Version of the library that is running, which may be newer than the headers.
 *
 * Returns a static string such as "0.1.0"; never NULL.
 * Since 0.1.
 */
AMPLAN_API const char *amplan_version(void);

#ifdef __cplusplus
}
#endif

#endif
