/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A device that is not simulated, by what Windows gives a function driver: the
 * routing routines, configuration space, the table and the PBA to read, and a
 * stimulus where a vendor supplies one.  Portable C over routines that the driver
 * fills in, so that all of it runs on Linux too.
 *
 * N and M are the device's own and what Windows granted.  There is no reset
 * behind CONFIGURE: it flushes what is pending, restores the default assignment
 * (ROUTE-DEFAULT-*) and masks every entry; START unmasks them.
 */
#ifndef IRQCTS_WINDOWS_REAL_DEVICE_H
#define IRQCTS_WINDOWS_REAL_DEVICE_H

#include "irqcts/operation.h"
#include "irqcts_windows/annotations.h"
#include "irqcts_windows/status.h"

/* A routine that is NULL is not there; the first two always are. */
struct irqcts_real_device {
    void *context;
    uint32_t entries;  /* N; 0: no MSI-X */
    uint32_t messages; /* M */
    uint32_t capability; /* offset of the MSI-X capability */
    uint32_t reserved;
    /* SetTableEntry and its siblings at PASSIVE_LEVEL. */
    irqcts_ntstatus (*route)(void *context, const struct irqcts_operation *operation, uint64_t *value);
    /* Lets what is under way arrive, then forgets all that arrived. */
    void (*forget)(void *context);
    /* The stimulus (IRQCTS_STIMULUS_INTERFACE). */
    irqcts_ntstatus (*arm)(void *context);
    irqcts_ntstatus (*raise)(void *context, uint32_t entry);
    irqcts_ntstatus (*withdraw)(void *context, uint32_t entry);
    /* `width` bytes of configuration space. */
    irqcts_ntstatus (*config_read)(void *context, uint32_t offset, uint32_t width, uint32_t *value);
    /* Mapped for reading; NULL where the resources do not allow it. */
    const volatile void *table;
    const volatile void *pba;
};

/* Bit k: operation kind k can be done. */
uint64_t irqcts_real_operations(_In_ const struct irqcts_real_device *device);
_Must_inspect_result_
irqcts_ntstatus irqcts_real_operate(_In_ const struct irqcts_real_device *device,
                                    _In_ const struct irqcts_operation *operation, _Out_ uint64_t *value);

#endif
