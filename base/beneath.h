/*
 * Beneath: opening a path below a folder without ever leaving it.
 */
#ifndef BASE_BENEATH_H
#define BASE_BENEATH_H

/*
 * Opens `path` below the folder `root` with the given open(2) flags; O_CLOEXEC is added.
 * Symlinks are followed as long as they stay below root. Returns a descriptor, or -1 with
 * errno: EXDEV where the path leads out, ELOOP where links go round in circles.
 */
int amp_open_beneath(int root, const char *path, int flags);

/* The same without openat2(2), for kernels and sandboxes that do not have it. */
int amp_open_beneath_slow(int root, const char *path, int flags);

#endif
