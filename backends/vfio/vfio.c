/* SPDX-License-Identifier: Apache-2.0 */
/* The backend's public face: opening, description, running, closing. */
#include "concurrent.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

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
/* Composed as a virtual-machine monitor composes them (pause.h). */
static const uint64_t operations_moving = BIT(IRQCTS_OPERATION_PAUSE) | BIT(IRQCTS_OPERATION_RESUME) |
                                          BIT(IRQCTS_OPERATION_SAVE) | BIT(IRQCTS_OPERATION_RESTORE);
static const uint64_t operations_on_pba = BIT(IRQCTS_OPERATION_PBA_READ) | BIT(IRQCTS_OPERATION_PBA_WRITE);

static void describe(const struct vfio_functions *functions, struct irqcts_backend_description *out)
{
    const struct vfio_backend *backend = functions->each[0];
    bool virtual_functions = functions->count > 1;
    const struct vfio_device *device = &backend->device;
    const struct irqcts_stimulus_driver *stimulus = backend->stimulus;
    bool table = vfio_table_access(backend, 0, 4);
    bool pba = vfio_pba_access(backend, 0, 8);
    uint32_t reset_kinds = vfio_reset_kinds(backend);
    char kernel[41];
    char pages[40] = "";
    snprintf(kernel, sizeof kernel, "%.40s", device->kernel);
    if (sysconf(_SC_PAGESIZE) != 4096) { /* a BAR that is smaller may have no mapping */
        snprintf(pages, sizeof pages, ", %ld KiB pages", sysconf(_SC_PAGESIZE) / 1024);
    }
    /* A local APIC has one request bit a vector: two entries with one message that send at once may be
     * seen as one interrupt.  With SET_IRQS each entry has a vector of its own, and only the eventfd is shared. */
    bool exact = !backend->registers && (stimulus == NULL || stimulus->inexact == 0);
    *out = (struct irqcts_backend_description){
        .operations = operations_always | (backend->registers ? operations_on_registers : operations_raw) |
                      (table ? operations_on_table : 0) | (pba ? operations_on_pba : 0) |
                      (device->cdev && !backend->registers ? BIT(IRQCTS_OPERATION_VFIO_UNBOUND) : 0) |
                      (!backend->registers && vfio_has_migration(device) ? BIT(IRQCTS_OPERATION_VFIO_MIGRATION) : 0) |
                      (virtual_functions ? BIT(IRQCTS_OPERATION_WRITE_VIRTUALIZED) : 0) |
                      (device->host_configuration >= 0 ? BIT(IRQCTS_OPERATION_FUNCTION_MASK) : 0) |
                      (device->host_configuration >= 0 && table && pba ? operations_moving : 0) |
                      (stimulus != NULL && stimulus->withdraw != NULL ? BIT(IRQCTS_OPERATION_WITHDRAW) : 0) |
                      (reset_kinds != 0 ? BIT(IRQCTS_OPERATION_RESET) : 0),
        .observations = IRQCTS_OBSERVES_STATUS | IRQCTS_OBSERVES_DELIVERIES | IRQCTS_OBSERVES_CAPABILITY |
                        (exact ? (uint32_t)IRQCTS_OBSERVES_EXACT_COUNTS : 0) |
                        (table ? (uint32_t)IRQCTS_OBSERVES_TABLE : 0) | (pba ? (uint32_t)IRQCTS_OBSERVES_PBA : 0),
        .stimulus = stimulus == NULL ? IRQCTS_STIMULUS_LOOPBACK : IRQCTS_STIMULUS_DEVICE,
        .properties = IRQCTS_PROPERTY_ROUTING_COMPOSED | 
                      (stimulus == NULL ? 0 : stimulus->properties & ~(uint32_t)IRQCTS_PROPERTY_CONCURRENT) |
                      (backend->registers ? 0 : (uint32_t)IRQCTS_PROPERTY_ROUTED_ON_ARRIVAL) |
                      (functions->locks != NULL ? (uint32_t)IRQCTS_PROPERTY_CONCURRENT : 0) |
                      (virtual_functions ? (uint32_t)IRQCTS_PROPERTY_VIRTUALIZED_COMPOSED : 0),
        .entries_max = device->entries,
        .messages_max = device->entries,
        .virtual_functions_max = functions->count - 1,
        .virtual_entries_max = virtual_functions ? functions->each[1]->device.entries : 0,
        .virtual_messages_max = virtual_functions ? functions->each[1]->device.entries : 0,
        .reset_kinds = reset_kinds,
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
    snprintf(out->driver, sizeof out->driver, "%s (%s), Linux %s", device->driver,
             device->cdev ? "iommufd" : "group", kernel);
    snprintf(out->identity, sizeof out->identity,
             "%s on Linux %s through the %s, device %04x:%04x, %s vectors%s%s%s%s",
             device->driver, kernel, device->cdev ? "character device and iommufd" : "group and type 1 container",
             (unsigned)device->vendor, (unsigned)device->device, device->static_vectors ? "static" : "dynamic",
             pages, table ? "" : ", table not mappable", backend->registers ? ", view=registers" : "",
             virtual_functions ? ", other devices in the place of virtual functions" : "");
}

/* Nothing of it changes while the device is open, or after it was taken away. */
static int32_t vfio_describe(void *context, struct irqcts_backend_description *out)
{
    const struct vfio_functions *functions = context;
    *out = functions->description;
    return 0;
}

static int32_t vfio_open(void **out, const char *text, char *error, size_t error_size)
{
    struct vfio_options options;
    struct vfio_functions *functions;
    int32_t code = vfio_options_read(&options, text, error, error_size);
    code = code < 0 ? code : vfio_functions_open(&functions, &options, error, error_size);
    if (code == 0) {
        describe(functions, &functions->description);
        *out = functions;
    }
    return code;
}

static int32_t vfio_execute_all(void *context, const struct irqcts_operation *operations, uint32_t count,
                                struct irqcts_result *results, struct irqcts_delivery_buffer *deliveries, char *error,
                                size_t error_size)
{
    struct vfio_functions *functions = context;
    for (uint32_t index = 0; index < count; index++) {
        if (functions->several_threads &&
            vfio_concurrent_execute(functions, &operations[index], &results[index], deliveries)) {
            continue;
        }
        if (!functions->configured && operations[index].kind != IRQCTS_OPERATION_CONFIGURE) {
            snprintf(error, error_size, "operation %u comes before configure", index);
            return IRQCTS_ERROR_BACKEND;
        }
        if (index == 0 || operations[index].kind == IRQCTS_OPERATION_POLL) {
            vfio_functions_release_unplugged(functions);
        }
        if (functions->gone[0] != '\0') {
            snprintf(error, error_size, "%s is being unplugged or unbound: the kernel asked for it back before operation "
                     "%u, and has it", functions->gone, index);
            return IRQCTS_ERROR_BACKEND;
        }
        vfio_functions_execute(functions, &operations[index], &results[index], deliveries);
        const char *endless = vfio_functions_endless(functions);
        if (endless != NULL) {
            snprintf(error, error_size, VFIO_ENDLESS_SENTENCE " (operation %u)", endless, index);
            return IRQCTS_ERROR_BACKEND;
        }
    }
    return 0;
}

static int32_t vfio_messages(void *context, uint32_t function, uint32_t first, uint32_t count,
                             struct irqcts_message *out, char *error, size_t error_size)
{
    const struct vfio_functions *functions = context;
    const struct vfio_backend *backend = function < functions->count ? functions->each[function] : NULL;
    if (backend == NULL || first > backend->messages || count > backend->messages - first) {
        snprintf(error, error_size, "function %u has no messages %u to %u", function, first, first + count - 1u);
        return IRQCTS_ERROR_ARGUMENT;
    }
    for (uint32_t index = 0; index < count; index++) {
        const struct irqcts_message opaque = { .flags = IRQCTS_MESSAGE_OPAQUE };
        out[index] = backend->registers ? backend->message[first + index] : opaque;
    }
    return 0;
}

static void vfio_close(void *context)
{
    vfio_functions_close(context);
}

static const struct irqcts_backend_interface backend_interface = {
    .abi_version = IRQCTS_BACKEND_ABI_VERSION,
    .size = sizeof(struct irqcts_backend_interface),
    .name = "vfio",
    .option_help = vfio_option_help,
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
