/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stimulus drivers: how to make a real device have an event on a given MSI-X
 * entry.  One small file a device, behind this one interface; a vendor adds one
 * either as a source file (stimulus_list.c) or as a shared library that exports
 * irqcts_stimulus_entry and is named with the option stimulus=PATH.
 *
 * A driver works on the device's mapped BARs.  It must not touch the MSI-X
 * table, the PBA or configuration space: they are what is under test.
 */
#ifndef IRQCTS_VFIO_STIMULUS_H
#define IRQCTS_VFIO_STIMULUS_H

#include "irqcts/backend.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define IRQCTS_STIMULUS_ABI_VERSION 2u
#define IRQCTS_STIMULUS_ENTRY_SYMBOL "irqcts_stimulus_entry"
#define IRQCTS_STIMULUS_BARS 6u

/* What a driver is given.  Owned by the backend; valid until restore returns. */
struct irqcts_stimulus_device {
    volatile void *bar[IRQCTS_STIMULUS_BARS]; /* NULL where the kernel does not allow the mapping */
    uint64_t bar_bytes[IRQCTS_STIMULUS_BARS];
    uint16_t vendor; /* of configuration space; vfio-pci shows the real ones */
    uint16_t device;
    uint32_t class_code; /* base class << 16 | subclass << 8 | interface */
    uint32_t entries;    /* N */

    /* Makes `bytes` at `memory` (both multiples of the page size) visible to the
     * device at `iova`.  0 or a negative errno.  Undone when the device is closed. */
    int32_t (*map_memory)(void *host, void *memory, uint64_t bytes, uint64_t iova);
    void *host; /* first argument of map_memory */
};

struct irqcts_stimulus_driver {
    uint32_t abi_version;
    const char *name;
    /* IRQCTS_PROPERTY_REPEATS when one event may send its message more than once; IRQCTS_PROPERTY_CONCURRENT when
     * several threads may call raise at once. */
    uint32_t properties;
    uint32_t inexact;     /* 1: how often a message arrives means nothing, only whether it does */
    uint32_t arm_enabled; /* 1: arm needs MSI-X enabled (with every entry masked) to set the device up */
    /* 1: the event happens some time after raise returned; the backend then lets
     * as long pass as messages take before it does anything else.  On real hardware
     * that is the rule, because writes are posted; 0 only where raise ends with a
     * read from the device that the device orders behind the event. */
    uint32_t asynchronous;

    /* Nonzero when this driver knows the device. */
    uint32_t (*matches)(const struct irqcts_stimulus_device *device);
    /* Once, after the device was opened: allocates state, remembers what it is
     * going to change.  0, or a negative value with a sentence in error. */
    int32_t (*prepare)(void **out, const struct irqcts_stimulus_device *device, char *error, size_t error_size);
    /* Once before the first raise, before every program and after every reset:
     * brings the device to where raise works, with no event outstanding.  What
     * fails here shows in raise. */
    void (*arm)(void *state);
    /* One event on an entry below N; IRQCTS_STATUS_OK, or
     * IRQCTS_STATUS_NOT_SUPPORTED where the device has no event for that entry, or
     * none in the state that it is in. */
    uint32_t (*raise)(void *state, uint32_t entry);
    /* The cause of the entry's event is satisfied without an interrupt, so that what
     * is pending for it need not be sent (PEND-WITHDRAWN).  NULL where the device has
     * no way to do that. */
    uint32_t (*withdraw)(void *state, uint32_t entry);
    /* Puts back what was changed and frees the state. */
    void (*restore)(void *state);
};

/* The exported symbol of a loadable driver; NULL for a version it does not speak. */
typedef const struct irqcts_stimulus_driver *(*irqcts_stimulus_entry_function)(uint32_t abi_version);

/* The drivers that are built in; ends with NULL. */
extern const struct irqcts_stimulus_driver *const irqcts_stimulus_drivers[];

/* Registers are little-endian and accessed at their own width. */
static inline uint32_t irqcts_register_read(const struct irqcts_stimulus_device *device, uint32_t bar, uint64_t offset)
{
    return *(const volatile uint32_t *)((const volatile uint8_t *)device->bar[bar] + offset);
}

static inline void irqcts_register_write(const struct irqcts_stimulus_device *device, uint32_t bar, uint64_t offset,
                                         uint32_t value)
{
    *(volatile uint32_t *)((volatile uint8_t *)device->bar[bar] + offset) = value;
}

#ifdef __cplusplus
}
#endif
#endif
