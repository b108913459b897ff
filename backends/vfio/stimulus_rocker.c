/* SPDX-License-Identifier: Apache-2.0 */
/*
 * QEMU's rocker switch: its test register raises any of its interrupts, exactly
 * once a write (QEMU, docs/specs/rocker: "TEST_IRQ").
 */
#include "stimulus_drivers.h"

#define VENDOR_RED_HAT 0x1b36u
#define DEVICE_ROCKER 0x0006u
#define REGISTERS_BAR 0u
#define TEST_IRQ 0x20u /* write: the vector */

static uint32_t rocker_matches(const struct irqcts_stimulus_device *device)
{
    return device->vendor == VENDOR_RED_HAT && device->device == DEVICE_ROCKER &&
           device->bar[REGISTERS_BAR] != NULL;
}

static int32_t rocker_prepare(void **out, const struct irqcts_stimulus_device *device, char *error, size_t error_size)
{
    (void)error;
    (void)error_size;
    *out = (void *)(uintptr_t)device; /* stateless: the register needs no preparation and nothing put back */
    return 0;
}

static void rocker_arm(void *state)
{
    (void)state;
}

static uint32_t rocker_raise(void *state, uint32_t entry)
{
    irqcts_register_write(state, REGISTERS_BAR, TEST_IRQ, entry);
    return IRQCTS_STATUS_OK;
}

static void rocker_restore(void *state)
{
    (void)state;
}

const struct irqcts_stimulus_driver irqcts_stimulus_rocker = {
    .abi_version = IRQCTS_STIMULUS_ABI_VERSION,
    .name = "rocker",
    .properties = IRQCTS_PROPERTY_CONCURRENT, /* an event is one register write */
    .matches = rocker_matches,
    .prepare = rocker_prepare,
    .arm = rocker_arm,
    .raise = rocker_raise,
    .restore = rocker_restore,
};
