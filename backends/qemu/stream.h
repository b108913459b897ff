/* SPDX-License-Identifier: Apache-2.0 */
/* A Unix socket with a deadline on everything: a QEMU that hangs is an error, not a hang. */
#ifndef IRQCTS_QEMU_STREAM_H
#define IRQCTS_QEMU_STREAM_H

#include "problem.h"

#include <stddef.h>
#include <sys/types.h>

#define STREAM_TIMEOUT_MS 10000

struct stream {
    int fd;
    char input[65536]; /* received, not yet taken */
    size_t input_at;
    size_t input_end;
};

/* A listening socket at `path`; -1 with the problem set. */
int stream_listen(const char *path, struct problem *problem);
/* Waits until somebody connects to `listener`; gives up when the time is over or `child` has ended. */
int stream_await(int listener, pid_t child, struct problem *problem);
/* Takes one connection; `listener` stays open. */
int stream_accept(struct stream *out, int listener, pid_t child, struct problem *problem);
/* Writes all of `data`; what arrives meanwhile is kept. */
int stream_write(struct stream *stream, const char *data, size_t size, struct problem *problem);
/* The next line without its end, in the stream's own buffer until the next call. */
int stream_line(char **out, struct stream *stream, struct problem *problem);
void stream_close(struct stream *stream);

#endif
