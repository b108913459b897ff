/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What irqcts.sys decides: whether a request makes sense, which interface an
 * operation goes to, what is answered.  Portable C without allocation, so that
 * the same source runs in the kernel and under a fuzzer; the driver supplies
 * the routines and the buffers.
 */
#ifndef IRQCTS_WINDOWS_DISPATCH_H
#define IRQCTS_WINDOWS_DISPATCH_H

#include "irqcts_windows/annotations.h"
#include "irqcts_windows/ioctl.h"
#include "irqcts_windows/status.h"
#include "migration_calls.h"

#include <stddef.h>

/* The device, as the driver reaches it.  A routine that is NULL is not there. */
struct irqcts_target {
    void *context;
    void (*describe)(void *context, struct irqcts_io_description *out);
    /* SetTableEntry and its siblings of one function's interface, at a level.  *value for the two reads. */
    irqcts_ntstatus (*routing)(void *context, const struct irqcts_operation *operation, uint32_t level,
                               uint64_t *value);
    /* The levels that can be reached, as irqcts_io_description.levels. */
    uint32_t (*levels)(void *context);
    /* A routine of another driver is about to be called: the level is noted.  NULL where there are no levels. */
    void (*note_level)(void *context);
    uint32_t (*noted_level)(void *context); /* enum irqcts_windows_level */
    /* To D0 … D3. */
    irqcts_ntstatus (*power)(void *context, uint32_t state);
    /* The DDIs of a display miniport; NULL or with nothing offered where there is none. */
    const struct irqcts_dxgk_routines *virtualized;
    struct irqcts_migration *migration;
    /* Everything else. */
    irqcts_ntstatus (*operate)(void *context, const struct irqcts_operation *operation, uint64_t *value);
    /* IRP_MN_QUERY_INTERFACE with these arguments; *value as IRQCTS_WINDOWS_QUERIED. */
    irqcts_ntstatus (*query)(void *context, const struct irqcts_operation *operation, uint64_t *value);
    /* MessageCount of the connected interrupts. */
    irqcts_ntstatus (*message_count)(void *context, uint64_t *value);
    /* Not 0: the device takes calls of several threads. */
    uint32_t concurrent;
    uint32_t reserved;
    /* Returns when nothing has arrived for so long. */
    void (*settle)(void *context, uint32_t microseconds);
    /* Arrivals since the last call. */
    void (*poll)(void *context, struct irqcts_delivery_buffer *deliveries);
    irqcts_ntstatus (*messages)(void *context, const struct irqcts_io_messages *which, struct irqcts_message *out);
    irqcts_ntstatus (*simulate)(void *context, const char *options, char *sentence, size_t sentence_size);
    /* Not 0: nobody waits for this request any more, or the device is leaving.  Asked before each operation of a RUN
     * with a context of its own, because it is about the request; NULL: each runs to its end. */
    uint32_t (*ended)(void *request);
    void *request;
};

/* How many bytes of answer a request may have, from its input alone; 0 with a
 * request that makes no sense.  The caller allocates that much. */
size_t irqcts_dispatch_room(uint32_t code, _In_reads_bytes_opt_(input_size) const void *input, size_t input_size,
                            size_t output_size);

/* Whether a RUN wants to be executed beside others (IRQCTS_IO_BESIDE). */
int irqcts_dispatch_beside(_In_reads_bytes_opt_(input_size) const void *input, size_t input_size);

/* Answers one request; a RUN that is ended before its last operation leaves the rest IRQCTS_STATUS_NOT_EXECUTED, and
 * irqcts_io_ran.executed says how far it came.  `output` is aligned to 8 bytes, `input` need not be; they do not
 * overlap; nothing behind `output_size` is written; *written counts what was.  IRQCTS_IO_WAIT is not answered here: it
 * pends. */
irqcts_ntstatus irqcts_dispatch(_In_ const struct irqcts_target *target, uint32_t code,
                                _In_reads_bytes_opt_(input_size) const void *input, size_t input_size,
                                _Out_writes_bytes_to_(output_size, *written) void *output, size_t output_size,
                                _Out_ size_t *written);

/* The suite's word for a status. */
uint32_t irqcts_dispatch_status(irqcts_ntstatus status);

#endif
