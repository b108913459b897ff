/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ivshmem-doorbell ringing its own doorbell (QEMU, docs/specs/ivshmem-spec).
 * The ring goes through an eventfd of the ivshmem server, so events that follow
 * one another closely may be merged before the device sees them: how often a
 * message arrives says nothing.
 */
#include "stimulus_drivers.h"

#define VENDOR_RED_HAT_QUMRANET 0x1af4u
#define DEVICE_IVSHMEM 0x1110u
#define REGISTERS_BAR 0u
#define POSITION 8u  /* read: this peer's number */
#define DOORBELL 12u /* write: peer << 16 | vector */

static uint32_t ivshmem_matches(const struct irqcts_stimulus_device *device)
{
    return device->vendor == VENDOR_RED_HAT_QUMRANET && device->device == DEVICE_IVSHMEM &&
           device->bar[REGISTERS_BAR] != NULL;
}

static int32_t ivshmem_prepare(void **out, const struct irqcts_stimulus_device *device, char *error, size_t error_size)
{
    (void)error;
    (void)error_size;
    *out = (void *)(uintptr_t)device;
    return 0;
}

static void ivshmem_arm(void *state)
{
    (void)state;
}

static uint32_t ivshmem_raise(void *state, uint32_t entry)
{
    uint32_t self = irqcts_register_read(state, REGISTERS_BAR, POSITION);
    irqcts_register_write(state, REGISTERS_BAR, DOORBELL, self << 16 | entry);
    return IRQCTS_STATUS_OK;
}

static void ivshmem_restore(void *state)
{
    (void)state;
}

const struct irqcts_stimulus_driver irqcts_stimulus_ivshmem = {
    .abi_version = IRQCTS_STIMULUS_ABI_VERSION,
    .name = "ivshmem",
    .inexact = 1,
    .asynchronous = 1,
    .matches = ivshmem_matches,
    .prepare = ivshmem_prepare,
    .arm = ivshmem_arm,
    .raise = ivshmem_raise,
    .restore = ivshmem_restore,
};
