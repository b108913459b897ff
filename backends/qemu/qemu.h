/* SPDX-License-Identifier: Apache-2.0 */
/* One open backend: a running QEMU, the device under test in it, and what counts its messages. */
#ifndef IRQCTS_QEMU_QEMU_H
#define IRQCTS_QEMU_QEMU_H

#include "devices.h"
#include "ivshmem.h"
#include "pci.h"
#include "process.h"
#include "qtest.h"
#include "sriov.h"

#include "irqcts/backend.h"

#define QEMU_COUNTERS 2u
#define QEMU_SLOTS IRQCTS_SLOTS_MAX
#define QEMU_DEVICE_SLOT 4u /* of the bus; the counters follow */
#define QEMU_VIRTUAL_MAX 4u

/* A QEMU process and the connections of its ivshmem devices. */
struct incarnation {
    struct process process;
    int bells[QEMU_COUNTERS + 1u]; /* of the counters, then of the device where it is an ivshmem itself; -1 none */
};

struct qemu {
    struct incarnation now;
    struct qtest qtest;
    struct ivshmem counter[QEMU_COUNTERS];
    struct ivshmem device_server;
    struct pci_function counter_function[QEMU_COUNTERS];
    struct pci_function function[1u + QEMU_VIRTUAL_MAX]; /* of the device under test; 0: the physical one */
    struct sriov sriov;
    const struct device_kind *kind;
    char folder[64]; /* where the counters listen */
    char path[256];
    char version[64];
    uint32_t vectors;  /* asked for, 0: the device's own */
    uint32_t messages; /* of the physical function that can be counted, and are granted at most */
    uint32_t granted;  /* M of the last CONFIGURE */
    uint32_t virtual_functions; /* turned on by the last CONFIGURE */
    uint32_t virtual_granted;   /* M of each of them */
    int configured;
    int paused;
    int deferred; /* an event was caused that the main loop has not come to for certain */
    int saved[QEMU_SLOTS]; /* a migration stream in memory each, -1: none */
    struct problem problem;
};

/* launch.c */
int qemu_start(struct qemu *qemu);
/* What makes the root port and extended configuration space reachable, after every
 * reset of the machine, for devices that have them. */
int qemu_open_buses(struct qemu *qemu);
/* Another QEMU with the same devices, that begins with what `stream` (a shell
 * command's output) holds; it takes the place of the present one when it has
 * taken it in.  1: done; 0: it refused the stream; -1: a problem. */
int qemu_replace(struct qemu *qemu, const char *stream);
void qemu_end(struct qemu *qemu);

/* save.c: 0, the outcome in `result`; -1: a problem. */
int qemu_pause(struct qemu *qemu, int on, struct irqcts_result *result);
int qemu_save(struct qemu *qemu, const struct irqcts_operation *operation, struct irqcts_result *result);
int qemu_restore(struct qemu *qemu, const struct irqcts_operation *operation, struct irqcts_result *result);
void qemu_forget_saved(struct qemu *qemu);

/* deliveries.c */
struct irqcts_message qemu_message(const struct qemu *qemu, uint32_t function, uint32_t message);
/* Everything sent, every reply read, and what the main loop owes done. */
int qemu_settle(struct qemu *qemu);
/* The same, then what arrived since the last time; `deliveries` NULL: forgets it. */
int qemu_collect(struct qemu *qemu, struct irqcts_delivery_buffer *deliveries);

#endif
