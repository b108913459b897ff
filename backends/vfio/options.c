/* SPDX-License-Identifier: Apache-2.0 */
/* The options' text, read and checked. */
#include "options.h"

#include "irqcts/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SETTLE_US_MAX = 4000000 }; /* the description tells it in nanoseconds, in 32 bits */

const char *const vfio_option_help[] = {
    "device=ADDRESS  the PCI device, bound to vfio-pci, such as 0000:03:00.0",
    "functions=ADDRESS+ADDRESS...  devices that stand for its virtual functions (view=registers)",
    "interface=auto|group|cdev  how to open it; auto takes the character device where this user may",
    "stimulus=NAME|PATH|loopback  what raises events: a built-in driver, a library, or the kernel's own trigger",
    "view=vfio|registers  routing through SET_IRQS, or the device's registers with messages learnt from the table",
    "settle=MICROSECONDS  how long a poll waits for silence, instead of a multiple of the measured latency",
    "beyond=no|yes  whether tests may access what lies behind the table's last entry, which may be any register",
    NULL,
};

static int32_t copy_value(char *out, size_t size, const char *key, const char *value, char *error, size_t error_size)
{
    if ((size_t)snprintf(out, size, "%s", value) < size) {
        return 0;
    }
    snprintf(error, error_size, "%s=%s is longer than %zu bytes", key, value, size - 1);
    return IRQCTS_ERROR_OPEN;
}

static int32_t read_interface(enum vfio_interface *out, const char *value, char *error, size_t error_size)
{
    static const char *const names[] = { "auto", "group", "cdev" };
    for (uint32_t index = 0; index < sizeof names / sizeof names[0]; index++) {
        if (strcmp(value, names[index]) == 0) {
            *out = (enum vfio_interface)index;
            return 0;
        }
    }
    snprintf(error, error_size, "interface=%s: it is auto, group or cdev", value);
    return IRQCTS_ERROR_OPEN;
}

static int32_t read_option(struct vfio_options *out, const char *key, const char *value, char *error, size_t error_size)
{
    if (strcmp(key, "device") == 0) {
        return copy_value(out->device, sizeof out->device, key, value, error, error_size);
    }
    if (strcmp(key, "functions") == 0) {
        return copy_value(out->functions, sizeof out->functions, key, value, error, error_size);
    }
    if (strcmp(key, "stimulus") == 0) {
        return copy_value(out->stimulus, sizeof out->stimulus, key, value, error, error_size);
    }
    if (strcmp(key, "interface") == 0) {
        return read_interface(&out->interface, value, error, error_size);
    }
    if (strcmp(key, "view") == 0) {
        out->registers = strcmp(value, "registers") == 0;
        if (!out->registers && strcmp(value, "vfio") != 0) {
            snprintf(error, error_size, "view=%s: it is vfio or registers", value);
            return IRQCTS_ERROR_OPEN;
        }
        return 0;
    }
    if (strcmp(key, "beyond") == 0) {
        out->beyond = strcmp(value, "yes") == 0;
        if (!out->beyond && strcmp(value, "no") != 0) {
            snprintf(error, error_size, "beyond=%s: it is no or yes", value);
            return IRQCTS_ERROR_OPEN;
        }
        return 0;
    }
    if (strcmp(key, "settle") == 0) {
        char *end;
        unsigned long microseconds = strtoul(value, &end, 10);
        if (*value < '0' || *end != '\0' || microseconds == 0 || microseconds > SETTLE_US_MAX) {
            snprintf(error, error_size, "settle=%s: microseconds, 1 to %d", value, SETTLE_US_MAX);
            return IRQCTS_ERROR_OPEN;
        }
        out->settle_ns = (uint64_t)microseconds * 1000u;
        return 0;
    }
    snprintf(error, error_size,
             "the vfio backend has no option '%s'; it has device, functions, interface, stimulus, view, settle and "
             "beyond",
             key);
    return IRQCTS_ERROR_OPEN;
}

int32_t vfio_options_read(struct vfio_options *out, const char *text, char *error, size_t error_size)
{
    *out = (struct vfio_options){ 0 };
    while (*text != '\0') {
        char item[16 + sizeof out->functions]; /* a key, and the longest value */
        size_t length = strcspn(text, ",");
        if (length >= sizeof item) {
            snprintf(error, error_size, "an option of the vfio backend is longer than %zu bytes", sizeof item - 1);
            return IRQCTS_ERROR_OPEN;
        }
        memcpy(item, text, length);
        item[length] = '\0';
        text += length + (text[length] == ',');
        char *value = strchr(item, '=');
        if (value == NULL) {
            snprintf(error, error_size, "'%s' is no option of the form key=value", item);
            return IRQCTS_ERROR_OPEN;
        }
        *value++ = '\0';
        int32_t code = read_option(out, item, value, error, error_size);
        if (code < 0) {
            return code;
        }
    }
    if (out->device[0] == '\0') {
        snprintf(error, error_size, "the vfio backend needs device=ADDRESS, such as device=0000:03:00.0");
        return IRQCTS_ERROR_OPEN;
    }
    if (out->functions[0] != '\0' && !out->registers) {
        snprintf(error, error_size, "functions=%s needs view=registers: virtualized writes name messages", out->functions);
        return IRQCTS_ERROR_OPEN;
    }
    return 0;
}
