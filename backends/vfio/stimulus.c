/* SPDX-License-Identifier: Apache-2.0 */
/* Choosing the stimulus, and raising events with it. */
#include "backend.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

static int32_t map_for_driver(void *host, void *memory, uint64_t bytes, uint64_t iova)
{
    return vfio_map_memory(host, memory, bytes, iova);
}

static void describe_device(struct vfio_backend *backend)
{
    struct vfio_device *device = &backend->device;
    struct irqcts_stimulus_device *out = &backend->stimulus_device;
    for (uint32_t bar = 0; bar < VFIO_DEVICE_BARS; bar++) {
        out->bar[bar] = device->bar[bar];
        out->bar_bytes[bar] = device->bar[bar] == NULL ? 0 : device->regions[bar].size;
    }
    out->vendor = device->vendor;
    out->device = device->device;
    out->class_code = device->class_code;
    out->entries = device->entries;
    out->map_memory = map_for_driver;
    out->host = device;
}

static const struct irqcts_stimulus_driver *load_driver(struct vfio_backend *backend, const char *path, char *error,
                                                        size_t error_size)
{
    backend->stimulus_library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (backend->stimulus_library == NULL) {
        snprintf(error, error_size, "stimulus=%s cannot be loaded: %s", path, dlerror());
        return NULL;
    }
    irqcts_stimulus_entry_function entry;
    void *symbol = dlsym(backend->stimulus_library, IRQCTS_STIMULUS_ENTRY_SYMBOL);
    memcpy(&entry, &symbol, sizeof entry); /* POSIX: an object pointer that is a function's address */
    const struct irqcts_stimulus_driver *driver = symbol == NULL ? NULL : entry(IRQCTS_STIMULUS_ABI_VERSION);
    if (driver == NULL || driver->abi_version != IRQCTS_STIMULUS_ABI_VERSION) {
        snprintf(error, error_size, "stimulus=%s is no stimulus driver of interface version %u (%s)", path,
                 IRQCTS_STIMULUS_ABI_VERSION, symbol == NULL ? "it does not export " IRQCTS_STIMULUS_ENTRY_SYMBOL
                                                             : "it speaks another version");
        return NULL;
    }
    return driver;
}

static const struct irqcts_stimulus_driver *find_driver(const struct vfio_backend *backend, const char *name)
{
    for (uint32_t index = 0; irqcts_stimulus_drivers[index] != NULL; index++) {
        const struct irqcts_stimulus_driver *driver = irqcts_stimulus_drivers[index];
        if (name[0] == '\0' ? driver->matches(&backend->stimulus_device) != 0 : strcmp(driver->name, name) == 0) {
            return driver;
        }
    }
    return NULL;
}

int32_t vfio_stimulus_open(struct vfio_backend *backend, const char *name, char *error, size_t error_size)
{
    const struct irqcts_stimulus_driver *driver;
    describe_device(backend);
    if (strcmp(name, "loopback") == 0) {
        return 0;
    }
    if (strchr(name, '/') != NULL) {
        driver = load_driver(backend, name, error, error_size);
        if (driver == NULL) {
            return IRQCTS_ERROR_OPEN;
        }
    } else {
        driver = find_driver(backend, name);
        if (driver == NULL && name[0] == '\0') {
            return 0; /* nothing knows this device: loopback is left */
        }
        if (driver == NULL) {
            snprintf(error, error_size, "stimulus=%s: no driver of that name; a path to a library needs a slash", name);
            return IRQCTS_ERROR_OPEN;
        }
    }
    if (driver->matches(&backend->stimulus_device) == 0) {
        snprintf(error, error_size, "stimulus=%s does not know the device %04x:%04x", name,
                 (unsigned)backend->device.vendor, (unsigned)backend->device.device);
        return IRQCTS_ERROR_OPEN;
    }
    int32_t code = driver->prepare(&backend->stimulus_state, &backend->stimulus_device, error, error_size);
    if (code < 0) {
        return code;
    }
    backend->stimulus = driver;
    return 0;
}

void vfio_stimulus_close(struct vfio_backend *backend)
{
    if (backend->stimulus != NULL) {
        backend->stimulus->restore(backend->stimulus_state);
        backend->stimulus = NULL;
    }
    if (backend->stimulus_library != NULL) {
        dlclose(backend->stimulus_library);
        backend->stimulus_library = NULL;
    }
}

void vfio_stimulus_arm(struct vfio_backend *backend)
{
    if (backend->stimulus == NULL) {
        return;
    }
    /* One vector without an eventfd: enabled, with nothing live (VFIO-NO-LIVE-VECTOR). */
    const int32_t nothing = -1;
    bool enabled =
        backend->stimulus->arm_enabled != 0 && vfio_set_eventfds(&backend->device, 0, 1, &nothing) == 0;
    backend->stimulus->arm(backend->stimulus_state);
    if (enabled) {
        (void)vfio_disable_index(&backend->device, VFIO_PCI_MSIX_IRQ_INDEX);
        vfio_clear_table(backend);
    }
}

void vfio_stimulus_raise(struct vfio_backend *backend, uint32_t entry, struct irqcts_result *result)
{
    backend->raised_ns = vfio_monotonic_ns();
    if (backend->stimulus != NULL) {
        result->status = backend->stimulus->raise(backend->stimulus_state, entry);
        backend->happening = backend->stimulus->asynchronous != 0;
        return;
    }
    vfio_result_from_errno(result, vfio_trigger_loopback(&backend->device, entry));
}

/* One event on entry 0, waited for; 0 when it did not arrive, else how long it took from when raise had returned, which
 * is where waiting for silence begins: what the device does before that (an NVMe command) needs no patience. */
