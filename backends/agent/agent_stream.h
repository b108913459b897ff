/* SPDX-License-Identifier: Apache-2.0 */
/* Binary standard input and output, and ending on a signal. */
#ifndef IRQCTS_AGENT_STREAM_H
#define IRQCTS_AGENT_STREAM_H

#include <stddef.h>

/* Before the first read or write: binary mode; SIGTERM, SIGINT and SIGHUP end
 * the input instead of the process, so that the backend is closed. */
void agent_stream_open(void);

/* All of `size` bytes.  0; 1 at the end of input before the first byte; -1 when
 * it ends in the middle or fails. */
int agent_read(void *bytes, size_t size);

/* All of `size` bytes.  0, or -1 when the other end is gone. */
int agent_write(const void *bytes, size_t size);

#endif
