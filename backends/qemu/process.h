/* SPDX-License-Identifier: Apache-2.0 */
/* A QEMU process in a private folder; both are gone when it is closed, however that comes about. */
#ifndef IRQCTS_QEMU_PROCESS_H
#define IRQCTS_QEMU_PROCESS_H

#include "problem.h"
#include "stream.h"

#include <sys/types.h>

struct process {
    pid_t pid;
    char folder[64];
    int qtest_listener;
    int qmp_listener;
    struct stream qtest;
    struct stream qmp;
};

#define PROCESS_NONE \
    {.pid = -1, .qtest_listener = -1, .qmp_listener = -1, .qtest = {.fd = -1}, .qmp = {.fd = -1}}

/* A private folder for sockets, and its end with all that is in it. */
int process_folder(char *out, size_t size, struct problem *problem);
void process_remove_folder(char *folder);
/* The folder and the listening sockets, before the command line can be made. */
int process_prepare(struct process *process, struct problem *problem);
/* Starts QEMU with the machine's own arguments and `arguments` (ends with NULL). */
int process_start(struct process *process, const char *path, const char *const *arguments, struct problem *problem);
/* Waits for both connections; its devices' own sockets have been served before. */
int process_connect(struct process *process, struct problem *problem);
/* Adds how QEMU ended and what it said last to a problem, if it has ended. */
void process_explain(struct process *process, struct problem *problem);
/* Whether it ended because the stream that came in was refused. */
int process_refused_stream(struct process *process);
void process_close(struct process *process);
/* The version line of a QEMU ("7.2.22"), into `out`. */
int process_version(char *out, size_t size, const char *path, struct problem *problem);

int qmp_connect(struct process *process, struct problem *problem);
/* Waits for the migration under way, outgoing or incoming: 1 completed, 0 failed, -1 a problem. */
int qmp_await_migration(struct process *process, struct problem *problem);
/* QMP: a command without a reply to look at; waits for `event` if it is not NULL. */
int qmp_command(struct process *process, const char *command, const char *event, struct problem *problem);

#endif
