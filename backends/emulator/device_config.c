/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration space: header, BARs, the MSI-X capability (CAP-*, ENABLE-*). */
#include "device_internal.h"

uint32_t emulator_config_read(const struct emulator_device *device, uint32_t index, uint32_t offset, uint32_t width)
{
    const struct emulator_function *function = &device->functions[index];
    uint32_t value = 0;
    uint32_t i;

    if (width == 2 && offset + 2 <= EMULATOR_CONFIG_BYTES) {
        return (uint32_t)function->config[offset] | (uint32_t)function->config[offset + 1] << 8;
    }
    for (i = 0; i < width && offset + i < EMULATOR_CONFIG_BYTES; i++) {
        value |= (uint32_t)function->config[offset + i] << (8u * i);
    }
    return value;
}

/* Message Control has changed from `was` to `is` (its upper byte). */
static inline void control_changed(struct emulator_device *device, struct emulator_function *function, uint32_t was,
                                   uint32_t is)
{
    int enabled = (is & CONTROL_HIGH_ENABLE) != 0;

    if (!enabled || (is & CONTROL_HIGH_FUNCTION_MASK) != 0) {
        forget_former(function); /* whatever is sent next comes after an unmask */
    }
    if ((was & CONTROL_HIGH_ENABLE) != 0 && !enabled && device->choices.disable_clears_pending) {
        memset(function->pba, 0, pba_bytes(function->entries));
    }
    if (FAULTY(device)) {
        faulted_control(device, function, was, is);
    }
    if (was != is) {
        release_all(device, function); /* PEND-RELEASE, PEND-RELEASE-MANY */
    }
}

void emulator_config_write(struct emulator_device *device, uint32_t index, uint32_t offset, uint32_t width,
                           uint32_t value)
{
    struct emulator_function *function = &device->functions[index];
    const uint8_t *writable = device->writable[index != 0];
    uint32_t control = control_high(function);
    uint32_t end;
    uint32_t i;

    if (offset == CONFIG_MSIX + 2 && width == 2 && !FAULTY(device)) { /* the common write: Message Control */
        uint32_t bits = writable[CONFIG_MSIX + 3];
        function->config_dirty = 1;
        function->config[CONFIG_MSIX + 3] = (uint8_t)((control & ~bits) | ((value >> 8) & bits));
        control_changed(device, function, control, control_high(function));
        return;
    }
    if (FAULTY(device) && faulted_config_write(device, function, offset, width, &value)) {
        return;
    }
    if (offset >= EMULATOR_CONFIG_BYTES) {
        return;
    }
    end = offset + width < EMULATOR_CONFIG_BYTES ? offset + width : EMULATOR_CONFIG_BYTES;
    function->config_dirty = 1;
    for (i = offset; i < end; i++) { /* CAP-WRITE-WIDTHS: the writable bits covered, and no others */
        uint8_t byte = (uint8_t)(value >> (8u * (i - offset)));
        function->config[i] = (uint8_t)((function->config[i] & ~writable[i]) | (byte & writable[i]));
    }
    if (offset <= CONFIG_MSIX + 3 && end > CONFIG_MSIX + 3 && function->entries > 0) {
        control_changed(device, function, control, control_high(function));
    } else if (offset < CONFIG_BAR0 + 24 && end > CONFIG_COMMAND) {
        update_decoding(device, function);
        if (bus_master_on(device, function) && function->entries > 0 &&
            !(FAULTY(device) && faulted_bus_master(device, function))) {
            release_all(device, function); /* what Bus Master off made pend (SEND-BUS-MASTER-OFF) */
        }
    } else if (offset <= CONFIG_DEVICE_CONTROL + 1 && end > CONFIG_DEVICE_CONTROL + 1 &&
               ((value >> (8u * (CONFIG_DEVICE_CONTROL + 1u - offset))) & (DEVICE_CONTROL_FLR >> 8)) != 0) {
        function_level_reset(device, function);
    }
}
