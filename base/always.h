/*
 * Always, never: conditions that are believed to hold, and are tested all the same.
 *
 *	if (AMP_NEVER(!keys->count)) // why it cannot be
 *		return false;
 *
 * In what is shipped both are the plain condition, so a wrong belief does no harm. In
 * tests a wrong belief stops the program. For ./coverage they are constants, because a
 * branch that cannot be taken cannot be tested; it lists them with their reasons.
 */
#ifndef BASE_ALWAYS_H
#define BASE_ALWAYS_H

#if defined(AMPLAN_COVERAGE)
#define AMP_ALWAYS(condition) (1)
#define AMP_NEVER(condition) (0)
#elif defined(AMPLAN_SANITIZE)
#define AMP_ALWAYS(condition) ((condition) ? 1 : (__builtin_trap(), 0))
#define AMP_NEVER(condition) ((condition) ? (__builtin_trap(), 1) : 0)
#else
#define AMP_ALWAYS(condition) (condition)
#define AMP_NEVER(condition) (condition)
#endif

#endif
