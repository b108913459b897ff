/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What irqcts.sys answers to DeviceIoControl.  METHOD_BUFFERED, read and write
 * access; every structure begins with the version that it speaks.
 *
 * The status of an operation travels in the output of a *successful* request: a
 * failed one reaches user mode as a Win32 error, into which several NTSTATUS
 * values fall together.  A request itself fails only when it makes no sense, is
 * cancelled, or its device is removed meanwhile.
 */
#ifndef IRQCTS_WINDOWS_IOCTL_H
#define IRQCTS_WINDOWS_IOCTL_H

#include "irqcts/operation.h"

#define IRQCTS_IO_VERSION 2u
#define IRQCTS_IO_OPERATIONS_MAX 16384u
#define IRQCTS_IO_DELIVERIES_MAX 262144u
#define IRQCTS_IO_OPTIONS_MAX 192u
#define IRQCTS_IO_SETTLE_US_MAX 1000000u

/* CTL_CODE(0x8a4d, function, METHOD_BUFFERED, FILE_READ_DATA | FILE_WRITE_DATA) */
#define IRQCTS_IO_CODE(function) (0x8a4dc000u | (uint32_t)(function) << 2)
#define IRQCTS_IO_DESCRIBE IRQCTS_IO_CODE(0x800) /* -> irqcts_io_description */
#define IRQCTS_IO_RUN IRQCTS_IO_CODE(0x801)      /* irqcts_io_run, operations -> irqcts_io_ran, results, deliveries */
#define IRQCTS_IO_WAIT IRQCTS_IO_CODE(0x802)     /* pends until a message of function 0 arrives -> irqcts_io_waited */
#define IRQCTS_IO_MESSAGES IRQCTS_IO_CODE(0x803) /* irqcts_io_messages -> irqcts_message, one each */
#define IRQCTS_IO_SIMULATE IRQCTS_IO_CODE(0x804) /* irqcts_io_simulate -> irqcts_io_simulated */

enum irqcts_io_parts {
    IRQCTS_IO_HAS_ROUTING = 1,     /* the stack below gave a PCI_MSIX_TABLE_CONFIG_INTERFACE */
    IRQCTS_IO_HAS_VIRTUALIZED = 2, /* … an IRQCTS_VIRTUALIZED_INTERFACE */
    IRQCTS_IO_HAS_SIMULATION = 4,  /* … an IRQCTS_SIMULATION_INTERFACE: the device is simulated */
    IRQCTS_IO_HAS_INTERRUPTS = 8,  /* IoConnectInterruptEx connected message-signaled interrupts */
    IRQCTS_IO_HAS_STIMULUS = 16,   /* … an IRQCTS_STIMULUS_INTERFACE */
    IRQCTS_IO_REPEATS = 32,        /* its properties */
    IRQCTS_IO_INEXACT = 64,
    IRQCTS_IO_CONCURRENT = 128,    /* the device takes calls of several threads */
    IRQCTS_IO_HAS_OPTIONS = 256    /* the stack below gave an IRQCTS_OPTIONS_INTERFACE: IRQCTS_IO_SIMULATE */
};

enum irqcts_io_run_flag {
    /* Executed beside other requests that say so, by a thread of its own.  For a device with IRQCTS_IO_CONCURRENT, and
     * for MASK, UNMASK, SET_ENTRY, RAISE and POLL of function 0; on the simulated bus at PASSIVE_LEVEL. */
    IRQCTS_IO_BESIDE = 1
};

struct irqcts_io_description {
    uint32_t version;
    uint32_t parts; /* enum irqcts_io_parts */
    uint64_t operations; /* bit k: operation kind k */
    uint32_t entries_max;
    uint32_t messages_max;
    uint32_t virtual_functions_max;
    uint32_t levels; /* bit k: enum irqcts_windows_level k can be reached */
};

struct irqcts_io_run {
    uint32_t version;
    uint32_t level; /* enum irqcts_windows_level: of the routines of the routing view (ROUTE-IRQL) */
    uint32_t count;
    uint32_t delivery_capacity;
    uint32_t settle_us; /* before a poll: until so long nothing arrived; 0: all has arrived already */
    uint32_t flags;     /* enum irqcts_io_run_flag */
};

struct irqcts_io_ran {
    uint32_t version;
    uint32_t executed;
    uint32_t delivery_count;
    uint32_t delivery_lost;
};

struct irqcts_io_waited {
    uint32_t version;
    uint32_t message;
};

struct irqcts_io_messages {
    uint32_t version;
    uint32_t function;
    uint32_t first;
    uint32_t count;
};

struct irqcts_io_simulate {
    uint32_t version;
    uint32_t reserved;
    char options[IRQCTS_IO_OPTIONS_MAX]; /* of the emulator; ends in a zero byte */
};

struct irqcts_io_simulated {
    uint32_t version;
    int32_t refused; /* not 0: the sentence says why */
    char sentence[512];
};

_Static_assert(sizeof(struct irqcts_operation) == 48, "operations travel as they are");
_Static_assert(sizeof(struct irqcts_result) == 32, "results travel as they are");
_Static_assert(sizeof(struct irqcts_delivery) == 24, "deliveries travel as they are");
_Static_assert(sizeof(struct irqcts_io_description) == 32 && sizeof(struct irqcts_io_run) == 24 &&
                   sizeof(struct irqcts_io_ran) == 16 && sizeof(struct irqcts_io_messages) == 16,
               "requests have no padding");

#endif
