/* SPDX-License-Identifier: Apache-2.0 */
/* The backend's public face: options, opening, description, running, closing. */
#include "backend.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options {
    char device[32];
    char stimulus[256];
    enum vfio_interface interface;
    bool registers;
    uint64_t settle_ns; /* 0: measured */
};

static const char *const option_help[] = {
    "device=ADDRESS  the PCI device, bound to vfio-pci, such as 0000:03:00.0",
    "interface=auto|group|cdev  how to open it; auto takes the character device where there is one",
    "stimulus=NAME|PATH|loopback  what raises events: a built-in driver, a library, or the kernel's own trigger",
    "view=vfio|registers  routing through SET_IRQS, or the device's registers with messages learnt from the table",
    "settle=MICROSECONDS  how long a poll waits for silence, instead of a multiple of the measured latency",
    NULL,
};

static int32_t copy_value(char *out, size_t size, const char *key, const char *value, char *error, size_t error_size)
{
    if (strlen(value) >= size) {
        snprintf(error, error_size, "%s=%s is longer than %zu bytes", key, value, size - 1);
        return IRQCTS_ERROR_OPEN;
    }
    memcpy(out, value, strlen(value) + 1);
    return 0;
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

static int32_t read_option(struct options *out, const char *key, const char *value, char *error, size_t error_size)
{
    if (strcmp(key, "device") == 0) {
        return copy_value(out->device, sizeof out->device, key, value, error, error_size);
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
    if (strcmp(key, "settle") == 0) {
        char *end;
        unsigned long microseconds = strtoul(value, &end, 10);
        if (*value < '0' || *value > '9' || *end != '\0' || microseconds == 0 || microseconds > 10000000) {
            snprintf(error, error_size, "settle=%s: microseconds, 1 to 10000000", value);
            return IRQCTS_ERROR_OPEN;
        }
        out->settle_ns = (uint64_t)microseconds * 1000u;
        return 0;
    }
    snprintf(error, error_size, "the vfio backend has no option '%s'; it has device, interface, stimulus, view and settle",
             key);
    return IRQCTS_ERROR_OPEN;
}

static int32_t read_options(struct options *out, const char *text, char *error, size_t error_size)
{
    *out = (struct options){ 0 };
    while (*text != '\0') {
        char item[320];
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
    return 0;
}

static void vfio_close(void *context)
{
    struct vfio_backend *backend = context;
    if (backend->device.file >= 0) {
        backend->messages = backend->messages == 0 ? 1 : backend->messages;
        (void)vfio_bring_to_reset(backend);
    }
    vfio_stimulus_close(backend);
    vfio_device_close(&backend->device);
    vfio_deliveries_release(&backend->deliveries);
    free(backend);
}

static int32_t prepare(struct vfio_backend *backend, const struct options *options, char *error, size_t error_size)
{
    if (backend->device.entries == 0) {
        snprintf(error, error_size, "%s has no MSI-X capability", backend->device.address);
        return IRQCTS_ERROR_OPEN;
    }
    backend->registers = options->registers;
    if (backend->registers && (backend->device.host_configuration < 0 || !vfio_table_access(backend, 0, 4))) {
        snprintf(error, error_size,
                 "%s: view=registers needs the mapped table and /sys/bus/pci/devices/%s/config open for writing; run as "
                 "root, or use view=vfio",
                 backend->device.address, backend->device.address);
        return IRQCTS_ERROR_OPEN;
    }
    int32_t code = vfio_stimulus_open(backend, options->stimulus, error, error_size);
    if (code < 0) {
        return code;
    }
    code = vfio_calibrate(backend, error, error_size);
    if (options->settle_ns != 0) {
        backend->settle_ns = options->settle_ns;
    }
    return code;
}

static int32_t vfio_open(void **out, const char *text, char *error, size_t error_size)
{
    struct options options;
    int32_t code = read_options(&options, text, error, error_size);
    if (code < 0) {
        return code;
    }
    struct vfio_backend *backend = calloc(1, sizeof *backend);
    if (backend == NULL) {
        snprintf(error, error_size, "out of memory");
        return IRQCTS_ERROR_MEMORY;
    }
    vfio_deliveries_clear(&backend->deliveries);
    if (vfio_device_open(&backend->device, options.device, options.interface, error, error_size) < 0) {
        free(backend);
        return IRQCTS_ERROR_OPEN;
    }
    code = prepare(backend, &options, error, error_size);
    if (code < 0) {
        vfio_close(backend);
        return code;
    }
    *out = backend;
    return 0;
}

#define BIT(kind) (UINT64_C(1) << (kind))

/* Operations that every device here has; those on the mapped table, and on what
 * only the host's configuration access reaches, are added where they work. */
static const uint64_t operations_always =
    BIT(IRQCTS_OPERATION_CONFIGURE) | BIT(IRQCTS_OPERATION_START) | BIT(IRQCTS_OPERATION_SET_ENTRY) |
    BIT(IRQCTS_OPERATION_GET_SIZE) | BIT(IRQCTS_OPERATION_CAPABILITY_READ) | BIT(IRQCTS_OPERATION_CONFIG_READ) |
    BIT(IRQCTS_OPERATION_CONFIG_WRITE) | BIT(IRQCTS_OPERATION_BUS_MASTER) | BIT(IRQCTS_OPERATION_RAISE) |
    BIT(IRQCTS_OPERATION_POLL);
static const uint64_t operations_raw = BIT(IRQCTS_OPERATION_VFIO_SET_IRQS) | BIT(IRQCTS_OPERATION_VFIO_IRQ_INFO) |
                                       BIT(IRQCTS_OPERATION_VFIO_REGION_READ) |
                                       BIT(IRQCTS_OPERATION_VFIO_REGION_WRITE) |
                                       BIT(IRQCTS_OPERATION_VFIO_REGION_INFO) | BIT(IRQCTS_OPERATION_VFIO_RESET);
/* The raw calls would pull the vectors from under view=registers. */
static const uint64_t operations_on_registers = BIT(IRQCTS_OPERATION_ENABLE) | BIT(IRQCTS_OPERATION_CAPABILITY_WRITE);
static const uint64_t operations_on_table = BIT(IRQCTS_OPERATION_MASK) | BIT(IRQCTS_OPERATION_UNMASK) |
                                            BIT(IRQCTS_OPERATION_TABLE_READ) | BIT(IRQCTS_OPERATION_TABLE_WRITE);
static const uint64_t operations_on_pba = BIT(IRQCTS_OPERATION_PBA_READ) | BIT(IRQCTS_OPERATION_PBA_WRITE);

static int32_t vfio_describe(void *context, struct irqcts_backend_description *out)
{
    const struct vfio_backend *backend = context;
    const struct vfio_device *device = &backend->device;
    const struct irqcts_stimulus_driver *stimulus = backend->stimulus;
    bool table = vfio_table_access(backend, 0, 4);
    bool pba = vfio_pba_access(backend, 0, 8);
    *out = (struct irqcts_backend_description){
        .operations = operations_always | (backend->registers ? operations_on_registers : operations_raw) | (table ? operations_on_table : 0) | (pba ? operations_on_pba : 0) |
                      (device->host_configuration >= 0 ? BIT(IRQCTS_OPERATION_FUNCTION_MASK) : 0),
        .observations = IRQCTS_OBSERVES_STATUS | IRQCTS_OBSERVES_DELIVERIES | IRQCTS_OBSERVES_CAPABILITY |
                        (stimulus == NULL || stimulus->inexact == 0 ? (uint32_t)IRQCTS_OBSERVES_EXACT_COUNTS : 0) |
                        (table ? (uint32_t)IRQCTS_OBSERVES_TABLE : 0) | (pba ? (uint32_t)IRQCTS_OBSERVES_PBA : 0),
        .stimulus = stimulus == NULL ? IRQCTS_STIMULUS_LOOPBACK : IRQCTS_STIMULUS_DEVICE,
        .properties = IRQCTS_PROPERTY_ROUTING_COMPOSED | (stimulus == NULL ? 0 : stimulus->properties),
        .entries_max = device->entries,
        .messages_max = device->entries,
        .settle_ns = (uint32_t)backend->settle_ns,
        .geometry_known = 1,
        .table_bar = device->table_bar,
        .table_offset = device->table_offset,
        .pba_bar = device->pba_bar,
        .pba_offset = device->pba_offset,
    };
    snprintf(out->name, sizeof out->name, "vfio");
    snprintf(out->device, sizeof out->device, "%s %04x:%04x%s%s", device->address, (unsigned)device->vendor,
             (unsigned)device->device, stimulus == NULL ? "" : " ", stimulus == NULL ? "" : stimulus->name);
    snprintf(out->driver, sizeof out->driver, "vfio-pci (%s), Linux %.64s", device->cdev ? "iommufd" : "group",
             device->kernel);
    snprintf(out->identity, sizeof out->identity,
             "vfio-pci on Linux %s through the %s, device %04x:%04x, %s vectors%s%s",
             device->kernel, device->cdev ? "character device and iommufd" : "group and type 1 container",
             (unsigned)device->vendor, (unsigned)device->device, device->static_vectors ? "static" : "dynamic",
             table ? "" : ", table not mappable", backend->registers ? ", view=registers" : "");
    return 0;
}

/* What follows an event must find that it has happened. */
static void let_it_happen(struct vfio_backend *backend, uint32_t kind)
{
    if (backend->happening && kind != IRQCTS_OPERATION_RAISE && kind != IRQCTS_OPERATION_POLL) {
        uint64_t last;
        (void)vfio_deliveries_collect(&backend->deliveries, backend->settle_ns, &last);
        backend->happening = false;
    }
}

static int32_t vfio_execute_all(void *context, const struct irqcts_operation *operations, uint32_t count,
                                struct irqcts_result *results, struct irqcts_delivery_buffer *deliveries, char *error,
                                size_t error_size)
{
    struct vfio_backend *backend = context;
    for (uint32_t index = 0; index < count; index++) {
        const struct irqcts_operation *operation = &operations[index];
        results[index] = (struct irqcts_result){ .status = IRQCTS_STATUS_NOT_SUPPORTED };
        if (backend->messages == 0 && operation->kind != IRQCTS_OPERATION_CONFIGURE) {
            snprintf(error, error_size, "operation %u comes before configure", index);
            return IRQCTS_ERROR_BACKEND;
        }
        let_it_happen(backend, operation->kind);
        if (operation->kind >= IRQCTS_OPERATION_VFIO_FIRST && !backend->registers) {
            vfio_execute_raw(backend, operation, &results[index]);
        } else {
            vfio_execute(backend, operation, &results[index], deliveries);
        }
    }
    return 0;
}

static int32_t vfio_messages(void *context, uint32_t function, uint32_t first, uint32_t count,
                             struct irqcts_message *out)
{
    const struct vfio_backend *backend = context;
    if (function != 0 || first > backend->messages || count > backend->messages - first) {
        return IRQCTS_ERROR_ARGUMENT;
    }
    for (uint32_t index = 0; index < count; index++) {
        const struct irqcts_message opaque = { .flags = IRQCTS_MESSAGE_OPAQUE };
        out[index] = backend->registers ? backend->message[first + index] : opaque;
    }
    return 0;
}

static const struct irqcts_backend_interface backend_interface = {
    .abi_version = IRQCTS_BACKEND_ABI_VERSION,
    .size = sizeof(struct irqcts_backend_interface),
    .name = "vfio",
    .option_help = option_help,
    .open = vfio_open,
    .describe = vfio_describe,
    .execute = vfio_execute_all,
    .messages = vfio_messages,
    .close = vfio_close,
};

const struct irqcts_backend_interface *irqcts_backend_vfio_entry(uint32_t abi_version);

const struct irqcts_backend_interface *irqcts_backend_vfio_entry(uint32_t abi_version)
{
    return abi_version == IRQCTS_BACKEND_ABI_VERSION ? &backend_interface : NULL;
}
