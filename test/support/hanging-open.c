// Preloaded into a process: opening the file HANG_PATH does not return, as on a network disk whose server is gone. The file
// HANG_MARK is made when the call begins.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef int opener(const char *, int, ...);

static int open_by(const char *name, const char *path, int flags, mode_t mode) {
  opener *real = (opener *)dlsym(RTLD_NEXT, name);
  const char *hang = getenv("HANG_PATH");
  const char *mark = getenv("HANG_MARK");
  if (hang && mark && strcmp(path, hang) == 0) {
    close(real(mark, O_CREAT | O_WRONLY, 0600));
    for (;;) pause();
  }
  return real(path, flags, mode);
}

#define OPENER(name)                                  \
  int name(const char *path, int flags, ...) {        \
    va_list more;                                     \
    va_start(more, flags);                            \
    mode_t mode = flags & O_CREAT ? va_arg(more, mode_t) : 0; \
    va_end(more);                                     \
    return open_by(#name, path, flags, mode);         \
  }

OPENER(open)
OPENER(open64)
