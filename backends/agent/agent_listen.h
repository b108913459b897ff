/* SPDX-License-Identifier: Apache-2.0 */
/* The agent over TCP, for a machine that a harness reaches only through a network. */
#ifndef IRQCTS_AGENT_LISTEN_H
#define IRQCTS_AGENT_LISTEN_H

#include <stddef.h>

/* Listens on `place`, "PORT" or "ADDRESS:PORT" (without an address: 127.0.0.1, for
 * a tunnel to end at), until a signal ends it.  Returns 0 in a process of its own
 * for each connection, one after the other, with the connection as standard input
 * and output: what a device does to one process leaves the next connection its
 * agent.  A process that outlives its connection is ended.  Port 0 takes a free
 * port; the port is told on standard error.  -1 with a sentence in error when it
 * cannot listen. */
int agent_listen(const char *place, char *error, size_t error_size);

#endif
