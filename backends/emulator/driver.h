/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The software beside the device: finds the MSI-X capability, sets up BARs and
 * command register, and gives the routing view (ROUTE-*) and the
 * virtual-function view (VWRITE-*) by configuration and memory accesses alone.
 */
#ifndef IRQCTS_EMULATOR_DRIVER_H
#define IRQCTS_EMULATOR_DRIVER_H

#include "device.h"
#include "lock.h"
#include "irqcts/operation.h"

/* What the driver knows of a function: what it read, where it put the BARs. */
struct emulator_driver_function {
    uint32_t capability;    /* offset of the MSI-X capability; 0: none */
    uint32_t entries;       /* N, from Table Size; 0 without the capability */
    uint64_t table_address; /* 0: out of reach */
    uint64_t table_window;  /* bytes from there to the end of the BAR */
    uint64_t pba_address;
    uint64_t pba_window;
};

struct emulator_driver {
    struct emulator_device *device;
    uint32_t messages;         /* granted to the physical function */
    uint32_t virtual_messages; /* and to each virtual one */
    struct emulator_lock *yields; /* locking=access: given up between accesses; else NULL */
    struct emulator_driver_function functions[EMULATOR_FUNCTIONS_MAX];
};

/* As an operating system does after power-on and after a reset: finds the
 * capability, assigns BARs, turns memory decoding and Bus Master on. */
void emulator_driver_set_up(struct emulator_driver *driver, uint32_t function);

static inline uint32_t driver_messages(const struct emulator_driver *driver, uint32_t function)
{
    return function == 0 ? driver->messages : driver->virtual_messages;
}

/* Each returns an irqcts_status. */
uint32_t emulator_driver_start(struct emulator_driver *driver, uint32_t function);
uint32_t emulator_driver_set_entry(struct emulator_driver *driver, uint32_t function, uint32_t entry, uint32_t message);
uint32_t emulator_driver_mask(struct emulator_driver *driver, uint32_t function, uint32_t entry, int mask);
/* *out: message | masked << 32; IRQCTS_MESSAGE_STRAY when the entry holds none of the function's messages. */
uint32_t emulator_driver_get_entry(struct emulator_driver *driver, uint32_t function, uint32_t entry, uint64_t *out);
/* A bit of Message Control or of the command register, the rest of the word kept. */
uint32_t emulator_driver_control(struct emulator_driver *driver, uint32_t function, uint32_t bit, int on);
uint32_t emulator_driver_bus_master(struct emulator_driver *driver, uint32_t function, int on);
uint32_t emulator_driver_write_virtualized(struct emulator_driver *driver, uint32_t function, int32_t index,
                                           uint64_t address, uint32_t data, uint32_t control);
uint32_t emulator_driver_reset(struct emulator_driver *driver, uint32_t function, uint32_t kind);

#define CONTROL_ENABLE 0x8000u
#define CONTROL_FUNCTION_MASK 0x4000u

#endif
