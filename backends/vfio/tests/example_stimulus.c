/* SPDX-License-Identifier: Apache-2.0 */
/* A stimulus as a vendor would add it: a shared library, built against stimulus.h alone. */
#include "stimulus.h"

#define DOORBELL 0x40u

static uint32_t example_matches(const struct irqcts_stimulus_device *device)
{
    return device->vendor == 0x1234u && device->bar[0] != NULL;
}

static int32_t example_prepare(void **out, const struct irqcts_stimulus_device *device, char *error, size_t error_size)
{
    (void)error;
    (void)error_size;
    *out = (void *)(uintptr_t)device;
    return 0;
}

static void example_arm(void *state)
{
    irqcts_register_write(state, 0, DOORBELL, 0);
}

static uint32_t example_raise(void *state, uint32_t entry)
{
    irqcts_register_write(state, 0, DOORBELL, 0x80000000u | entry);
    return IRQCTS_STATUS_OK;
}

static void example_restore(void *state)
{
    irqcts_register_write(state, 0, DOORBELL, 0);
}

static const struct irqcts_stimulus_driver example = {
    .abi_version = IRQCTS_STIMULUS_ABI_VERSION,
    .name = "example",
    .matches = example_matches,
    .prepare = example_prepare,
    .arm = example_arm,
    .raise = example_raise,
    .restore = example_restore,
};

IRQCTS_API const struct irqcts_stimulus_driver *irqcts_stimulus_entry(uint32_t abi_version);

IRQCTS_API const struct irqcts_stimulus_driver *irqcts_stimulus_entry(uint32_t abi_version)
{
    return abi_version == IRQCTS_STIMULUS_ABI_VERSION ? &example : NULL;
}
