/* SPDX-License-Identifier: Apache-2.0 */
/* The agent over TCP, for a machine that a harness reaches only through a network. */
#ifndef IRQCTS_AGENT_LISTEN_H
#define IRQCTS_AGENT_LISTEN_H

#include <stddef.h>

/* Waits for one connection on `place`, "PORT" or "ADDRESS:PORT" (without an
 * address: 127.0.0.1, for a tunnel to end at), and makes it the standard input
 * and output.  Port 0 takes a free one; the port is told on standard error.
 * 0, or -1 with a sentence in error. */
int agent_listen(const char *place, char *error, size_t error_size);

#endif
