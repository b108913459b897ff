/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Intel network controllers whose interrupt causes software can set itself: one
 * procedure over each controller's own registers.
 *
 *   e1000e   82574 (data sheet, 10.2.4): five causes, two receive queues, two
 *            transmit queues and "other", each routed to the entry of its number
 *   igb      82576 (data sheet, 8.8): the extended causes, one an entry, in
 *            multiple-message mode
 *
 * Both throttle and may send a message again, so counts say nothing.
 */
#include "stimulus_drivers.h"

#include <stdio.h>
#include <stdlib.h>

#define VENDOR_INTEL 0x8086u
#define REGISTERS_BAR 0u
#define PENDING_CLEAR 0x5b68u /* write 1: the pending bit of that entry, its cause being satisfied */
#define SETTINGS_MAX 8u

struct setting {
    uint32_t offset;
    uint32_t value;
};

struct controller {
    uint16_t device;
    uint16_t causes;            /* entries 0 .. causes-1 have one */
    uint32_t first_bit;         /* of the first cause in the registers below */
    uint32_t cause;             /* read: the causes, and clears them; write 1: clears */
    uint32_t cause_set;
    uint32_t enable;            /* write 1: enables a cause; reads what is enabled */
    uint32_t disable;           /* write 1: disables a cause */
    struct setting settings[SETTINGS_MAX]; /* what arm sets, and restore puts back; ends with offset 0 */
};

/* Interrupt routing: four bits a cause, 8 | entry.  Automatic clearing: a sent
 * message clears its cause.  Throttling: no minimum time between messages. */
static const struct controller controller_82574 = {
    .device = 0x10d3,
    .causes = 5,
    .first_bit = 20,
    .cause = 0x00c0,
    .cause_set = 0x00c8,
    .enable = 0x00d0,
    .disable = 0x00d8,
    .settings = { { 0x00e4, 0x000cba98 }, /* IVAR */
                  { 0x00dc, 0x01f00000 }, /* EIAC */
                  { 0x00e8, 0 }, { 0x00ec, 0 }, { 0x00f0, 0 }, { 0x00f4, 0 }, { 0x00f8, 0 } }, /* EITR */
};

/* General Purpose Interrupt Enable: multiple messages, pending bits as in MSI-X. */
static const struct controller controller_82576 = {
    .device = 0x10c9,
    .causes = 10,
    .first_bit = 0,
    .cause = 0x1580,
    .cause_set = 0x1520,
    .enable = 0x1524,
    .disable = 0x1528,
    .settings = { { 0x1514, 0x80000010 }, /* GPIE */
                  { 0x152c, 0x000003ff } }, /* EIAC */
};

struct intel {
    const struct irqcts_stimulus_device *device;
    const struct controller *controller;
    uint32_t former[SETTINGS_MAX];
    uint32_t former_enabled;
};

static uint32_t is(const struct irqcts_stimulus_device *device, const struct controller *controller)
{
    return device->vendor == VENDOR_INTEL && device->device == controller->device &&
           device->bar[REGISTERS_BAR] != NULL;
}

static uint32_t e1000e_matches(const struct irqcts_stimulus_device *device)
{
    return is(device, &controller_82574);
}

static uint32_t igb_matches(const struct irqcts_stimulus_device *device)
{
    return is(device, &controller_82576);
}

static uint32_t read_register(const struct intel *state, uint32_t offset)
{
    return irqcts_register_read(state->device, REGISTERS_BAR, offset);
}

static void write_register(const struct intel *state, uint32_t offset, uint32_t value)
{
    irqcts_register_write(state->device, REGISTERS_BAR, offset, value);
}

static uint32_t bit_of(const struct intel *state, uint32_t entry)
{
    return 1u << (state->controller->first_bit + entry);
}

static int32_t intel_prepare(void **out, const struct irqcts_stimulus_device *device, char *error, size_t error_size)
{
    struct intel *state = calloc(1, sizeof *state);
    if (state == NULL) {
        snprintf(error, error_size, "Intel network controller: out of memory");
        return IRQCTS_ERROR_MEMORY;
    }
    state->device = device;
    state->controller = igb_matches(device) != 0 ? &controller_82576 : &controller_82574;
    const struct setting *settings = state->controller->settings;
    for (uint32_t index = 0; index < SETTINGS_MAX && settings[index].offset != 0; index++) {
        state->former[index] = read_register(state, settings[index].offset);
    }
    state->former_enabled = read_register(state, state->controller->enable);
    *out = state;
    return 0;
}

static void intel_arm(void *opaque)
{
    const struct intel *state = opaque;
    const struct controller *controller = state->controller;
    write_register(state, controller->disable, UINT32_MAX);
    for (uint32_t index = 0; index < SETTINGS_MAX && controller->settings[index].offset != 0; index++) {
        write_register(state, controller->settings[index].offset, controller->settings[index].value);
    }
    (void)read_register(state, controller->cause);
    write_register(state, controller->enable, (bit_of(state, controller->causes) - 1u) & ~(bit_of(state, 0) - 1u));
}

static uint32_t intel_raise(void *opaque, uint32_t entry)
{
    const struct intel *state = opaque;
    if (entry >= state->controller->causes) {
        return IRQCTS_STATUS_NOT_SUPPORTED;
    }
    /* A cause that is still set from an event without a message, while MSI-X was
     * disabled say, is no new event.  Sending a message clears the cause by itself,
     * and on the 82574 with it its enable bit. */
    write_register(state, state->controller->cause, bit_of(state, entry));
    write_register(state, state->controller->enable, bit_of(state, entry));
    write_register(state, state->controller->cause_set, bit_of(state, entry));
    return IRQCTS_STATUS_OK;
}

static uint32_t intel_withdraw(void *opaque, uint32_t entry)
{
    const struct intel *state = opaque;
    if (entry >= state->controller->causes) {
        return IRQCTS_STATUS_NOT_SUPPORTED;
    }
    write_register(state, state->controller->cause, bit_of(state, entry));
    write_register(state, PENDING_CLEAR, 1u << entry);
    return IRQCTS_STATUS_OK;
}

static void intel_restore(void *opaque)
{
    struct intel *state = opaque;
    const struct controller *controller = state->controller;
    write_register(state, controller->disable, UINT32_MAX);
    for (uint32_t index = 0; index < SETTINGS_MAX && controller->settings[index].offset != 0; index++) {
        write_register(state, controller->settings[index].offset, state->former[index]);
    }
    (void)read_register(state, controller->cause);
    write_register(state, controller->enable, state->former_enabled);
    free(state);
}

#define INTEL_DRIVER(its_name, its_matches)                                                                         \
    {                                                                                                              \
        .abi_version = IRQCTS_STIMULUS_ABI_VERSION, .name = its_name, .properties = IRQCTS_PROPERTY_REPEATS,        \
        .inexact = 1, .asynchronous = 1, .matches = its_matches, .prepare = intel_prepare, .arm = intel_arm,        \
        .raise = intel_raise, .withdraw = intel_withdraw, .restore = intel_restore                                  \
    }

const struct irqcts_stimulus_driver irqcts_stimulus_e1000e = INTEL_DRIVER("e1000e", e1000e_matches);
const struct irqcts_stimulus_driver irqcts_stimulus_igb = INTEL_DRIVER("igb", igb_matches);
