/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Intel 82574 and QEMU's e1000e: five causes (two receive queues, two transmit
 * queues, other), each routed to the MSI-X entry of its own number, set by
 * writing the Interrupt Cause Set register (Intel 82574 data sheet, 10.2.4).
 * The device throttles and may send a message again, so counts say nothing.
 */
#include "stimulus_drivers.h"

#include <stdio.h>
#include <stdlib.h>

#define VENDOR_INTEL 0x8086u
#define DEVICE_82574L 0x10d3u
#define REGISTERS_BAR 0u
#define ICR 0x00c0u  /* read: the causes, and clears them */
#define ICS 0x00c8u
#define IMS 0x00d0u
#define IMC 0x00d8u
#define EIAC 0x00dcu /* causes that a sent MSI-X message clears by itself */
#define IVAR 0x00e4u
#define EITR 0x00e8u /* one register an entry: minimum time between messages */
#define CAUSE_FIRST_BIT 20u
#define CAUSES 5u
#define ALL_CAUSES (((1u << CAUSES) - 1u) << CAUSE_FIRST_BIT)
/* Four bits a cause: 8 | entry. */
#define IVAR_EACH_ITS_OWN 0x000cba98u

struct e1000e {
    const struct irqcts_stimulus_device *device;
    uint32_t former_ivar;
    uint32_t former_eiac;
    uint32_t former_ims;
};

static uint32_t e1000e_matches(const struct irqcts_stimulus_device *device)
{
    return device->vendor == VENDOR_INTEL && device->device == DEVICE_82574L && device->bar[REGISTERS_BAR] != NULL;
}

static int32_t e1000e_prepare(void **out, const struct irqcts_stimulus_device *device, char *error, size_t error_size)
{
    struct e1000e *state = calloc(1, sizeof *state);
    if (state == NULL) {
        snprintf(error, error_size, "e1000e: out of memory");
        return IRQCTS_ERROR_MEMORY;
    }
    state->device = device;
    state->former_ivar = irqcts_register_read(device, REGISTERS_BAR, IVAR);
    state->former_eiac = irqcts_register_read(device, REGISTERS_BAR, EIAC);
    state->former_ims = irqcts_register_read(device, REGISTERS_BAR, IMS);
    *out = state;
    return 0;
}

static void e1000e_arm(void *opaque)
{
    const struct irqcts_stimulus_device *device = ((struct e1000e *)opaque)->device;
    irqcts_register_write(device, REGISTERS_BAR, IMC, UINT32_MAX);
    irqcts_register_write(device, REGISTERS_BAR, IVAR, IVAR_EACH_ITS_OWN);
    irqcts_register_write(device, REGISTERS_BAR, EIAC, ALL_CAUSES);
    for (uint32_t entry = 0; entry < CAUSES; entry++) {
        irqcts_register_write(device, REGISTERS_BAR, EITR + 4u * entry, 0);
    }
    (void)irqcts_register_read(device, REGISTERS_BAR, ICR);
    irqcts_register_write(device, REGISTERS_BAR, IMS, ALL_CAUSES);
}

static uint32_t e1000e_raise(void *opaque, uint32_t entry)
{
    const struct irqcts_stimulus_device *device = ((struct e1000e *)opaque)->device;
    if (entry >= CAUSES) {
        return IRQCTS_STATUS_NOT_SUPPORTED;
    }
    /* Sending a message clears the cause by itself (EIAC), and with it its enable bit. */
    irqcts_register_write(device, REGISTERS_BAR, IMS, 1u << (CAUSE_FIRST_BIT + entry));
    irqcts_register_write(device, REGISTERS_BAR, ICS, 1u << (CAUSE_FIRST_BIT + entry));
    return IRQCTS_STATUS_OK;
}

static void e1000e_restore(void *opaque)
{
    struct e1000e *state = opaque;
    irqcts_register_write(state->device, REGISTERS_BAR, IMC, UINT32_MAX);
    irqcts_register_write(state->device, REGISTERS_BAR, IVAR, state->former_ivar);
    irqcts_register_write(state->device, REGISTERS_BAR, EIAC, state->former_eiac);
    (void)irqcts_register_read(state->device, REGISTERS_BAR, ICR);
    irqcts_register_write(state->device, REGISTERS_BAR, IMS, state->former_ims);
    free(state);
}

const struct irqcts_stimulus_driver irqcts_stimulus_e1000e = {
    .abi_version = IRQCTS_STIMULUS_ABI_VERSION,
    .name = "e1000e",
    .properties = IRQCTS_PROPERTY_REPEATS,
    .inexact = 1,
    .asynchronous = 1,
    .matches = e1000e_matches,
    .prepare = e1000e_prepare,
    .arm = e1000e_arm,
    .raise = e1000e_raise,
    .restore = e1000e_restore,
};
