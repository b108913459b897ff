/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Intel 82576 and QEMU's igb: writing the Extended Interrupt Cause Set register
 * raises any entry (Intel 82576 data sheet, 8.8).  Multiple-message mode must be
 * on and the cause enabled.
 */
#include "stimulus_drivers.h"

#include <stdio.h>
#include <stdlib.h>

#define VENDOR_INTEL 0x8086u
#define DEVICE_82576 0x10c9u
#define REGISTERS_BAR 0u
#define GPIE 0x1514u /* bit 4: multiple messages; bits 30 and 31: automatic masking off, PBA as in MSI-X */
#define GPIE_MULTIPLE_MESSAGES 0x00000010u
#define GPIE_PBA_SUPPORT 0x80000000u
#define EICS 0x1520u
#define EIMS 0x1524u
#define EIMC 0x1528u
#define EIAC 0x152cu
#define EICR 0x1580u
#define ENTRIES 10u
#define ALL_ENTRIES ((1u << ENTRIES) - 1u)

struct igb {
    const struct irqcts_stimulus_device *device;
    uint32_t former_gpie;
    uint32_t former_eiac;
    uint32_t former_eims;
};

static uint32_t igb_matches(const struct irqcts_stimulus_device *device)
{
    return device->vendor == VENDOR_INTEL && device->device == DEVICE_82576 && device->bar[REGISTERS_BAR] != NULL;
}

static int32_t igb_prepare(void **out, const struct irqcts_stimulus_device *device, char *error, size_t error_size)
{
    struct igb *state = calloc(1, sizeof *state);
    if (state == NULL) {
        snprintf(error, error_size, "igb: out of memory");
        return IRQCTS_ERROR_MEMORY;
    }
    state->device = device;
    state->former_gpie = irqcts_register_read(device, REGISTERS_BAR, GPIE);
    state->former_eiac = irqcts_register_read(device, REGISTERS_BAR, EIAC);
    state->former_eims = irqcts_register_read(device, REGISTERS_BAR, EIMS);
    *out = state;
    return 0;
}

static void igb_arm(void *opaque)
{
    const struct irqcts_stimulus_device *device = ((struct igb *)opaque)->device;
    irqcts_register_write(device, REGISTERS_BAR, EIMC, ALL_ENTRIES);
    irqcts_register_write(device, REGISTERS_BAR, GPIE, GPIE_MULTIPLE_MESSAGES | GPIE_PBA_SUPPORT);
    irqcts_register_write(device, REGISTERS_BAR, EIAC, ALL_ENTRIES);
    (void)irqcts_register_read(device, REGISTERS_BAR, EICR);
    irqcts_register_write(device, REGISTERS_BAR, EIMS, ALL_ENTRIES);
}

static uint32_t igb_raise(void *opaque, uint32_t entry)
{
    const struct irqcts_stimulus_device *device = ((struct igb *)opaque)->device;
    if (entry >= ENTRIES) {
        return IRQCTS_STATUS_NOT_SUPPORTED;
    }
    irqcts_register_write(device, REGISTERS_BAR, EICS, 1u << entry);
    return IRQCTS_STATUS_OK;
}

static void igb_restore(void *opaque)
{
    struct igb *state = opaque;
    irqcts_register_write(state->device, REGISTERS_BAR, EIMC, ALL_ENTRIES);
    irqcts_register_write(state->device, REGISTERS_BAR, GPIE, state->former_gpie);
    irqcts_register_write(state->device, REGISTERS_BAR, EIAC, state->former_eiac);
    (void)irqcts_register_read(state->device, REGISTERS_BAR, EICR);
    irqcts_register_write(state->device, REGISTERS_BAR, EIMS, state->former_eims);
    free(state);
}

const struct irqcts_stimulus_driver irqcts_stimulus_igb = {
    .abi_version = IRQCTS_STIMULUS_ABI_VERSION,
    .name = "igb",
    .inexact = 1,
    .asynchronous = 1,
    .matches = igb_matches,
    .prepare = igb_prepare,
    .arm = igb_arm,
    .raise = igb_raise,
    .restore = igb_restore,
};
