/* SPDX-License-Identifier: Apache-2.0 */
/* Pause, save, restore; what they are is said in pause.h. */
#include "pause.h"
#include "backend.h"
#include "saved.h"

#include <errno.h>
#include <linux/pci_regs.h>
#include <stdlib.h>
#include <string.h>

static bool test_bit(const uint64_t *bits, uint32_t entry)
{
    return (bits[entry / 64u] >> entry % 64u & 1u) != 0;
}

/* Pending in the device itself. */
static bool is_pending(const struct vfio_backend *backend, uint32_t entry)
{
    const struct vfio_device *device = &backend->device;
    uint64_t offset = entry / 32u * 4u;
    return vfio_pba_access(backend, offset, 4) &&
           (vfio_mapped_read(backend, device->pba_bar, device->pba_offset + offset, 4) >> entry % 32u & 1u) != 0;
}

void vfio_pause(struct vfio_backend *backend, bool on, struct irqcts_result *result)
{
    uint16_t control;
    if (backend->pause.paused == on) {
        result->status = IRQCTS_STATUS_INVALID_STATE;
        return;
    }
    int32_t code = vfio_control_read(backend, &control);
    bool masked = (control & PCI_MSIX_FLAGS_MASKALL) != 0;
    if (code == 0 && (on || !masked)) {
        code = vfio_host_control(backend, on ? PCI_MSIX_FLAGS_MASKALL : 0, on ? 0 : PCI_MSIX_FLAGS_MASKALL);
    }
    if (code == 0) {
        backend->pause.paused = on;
        backend->pause.function_mask = masked;
    }
    vfio_result_from_errno(result, code);
}

void vfio_pause_forget(struct vfio_backend *backend)
{
    backend->pause = (struct vfio_pause){ 0 };
}

/* Pending bits that travelled ------------------------------------------------------------------------ */

uint64_t vfio_travelled_bits(const struct vfio_backend *backend, uint64_t offset, uint32_t width)
{
    uint64_t bits = 0;
    for (uint32_t byte = 0; byte < width && offset + byte < sizeof backend->pause.travelled; byte++) {
        uint64_t at = offset + byte;
        bits |= (backend->pause.travelled[at / 8u] >> at % 8u * 8u & 0xffu) << byte * 8u;
    }
    return bits;
}

static void forget_travelled(struct vfio_backend *backend, uint32_t entry)
{
    backend->pause.travelled[entry / 64u] &= ~(UINT64_C(1) << entry % 64u);
}

static void note_whether_any_is_left(struct vfio_backend *backend)
{
    uint64_t any = 0;
    for (uint32_t word = 0; word < VFIO_PENDING_WORDS; word++) {
        any |= backend->pause.travelled[word];
    }
    backend->pause.travelled_any = any != 0;
}

void vfio_travelled_merge(struct vfio_backend *backend)
{
    if (!backend->pause.travelled_any) {
        return; /* nearly always */
    }
    for (uint32_t entry = 0; entry < backend->device.entries; entry++) {
        if (test_bit(backend->pause.travelled, entry) && is_pending(backend, entry)) {
            forget_travelled(backend, entry);
        }
    }
    note_whether_any_is_left(backend);
}

/* The vector behind which the entry's message arrives, `entries` when it is no vector's. */
static uint32_t vector_of(const struct vfio_backend *backend, uint32_t entry)
{
    if (!backend->registers) {
        return entry;
    }
    struct irqcts_message what = vfio_entry_message(backend, entry);
    for (uint32_t message = 0; message < backend->messages; message++) {
        if (backend->message[message].address == what.address && backend->message[message].data == what.data) {
            return message;
        }
    }
    return backend->device.entries;
}

void vfio_travelled_release(struct vfio_backend *backend)
{
    uint16_t control = 0;
    uint16_t command = 0;
    if (!backend->pause.travelled_any || vfio_host_control_read(backend, &control) < 0 ||
        (control & PCI_MSIX_FLAGS_ENABLE) == 0 || (control & PCI_MSIX_FLAGS_MASKALL) != 0 ||
        vfio_region_read(&backend->device, VFIO_PCI_CONFIG_REGION_INDEX, PCI_COMMAND, &command, sizeof command) < 0 ||
        (command & PCI_COMMAND_MASTER) == 0) {
        return;
    }
    for (uint32_t entry = 0; entry < backend->device.entries; entry++) {
        if (test_bit(backend->pause.travelled, entry) &&
            (vfio_entry_read(backend, entry, PCI_MSIX_ENTRY_VECTOR_CTRL) & PCI_MSIX_ENTRY_CTRL_MASKBIT) == 0) {
            uint32_t vector = vector_of(backend, entry);
            if (vector < backend->device.entries) {
                (void)vfio_trigger_loopback(&backend->device, vector);
            }
            forget_travelled(backend, entry);
        }
    }
    note_whether_any_is_left(backend);
}

/* Save and restore ----------------------------------------------------------------------------------- */

static bool is_as_after_reset(const struct vfio_saved_entry *record)
{
    return record->vector_control == PCI_MSIX_ENTRY_CTRL_MASKBIT && record->pending == 0 && record->route == VFIO_NO_ROUTE &&
           record->address == 0 && record->data == 0;
}

void vfio_save(struct vfio_backend *backend, struct vfio_saved **slot, struct irqcts_result *result)
{
    uint16_t control;
    if (!backend->pause.paused) {
        result->status = IRQCTS_STATUS_INVALID_STATE;
        return;
    }
    int32_t code = vfio_control_read(backend, &control);
    struct vfio_saved *saved = code < 0 ? NULL : vfio_saved_create(backend->device.entries);
    if (saved == NULL) {
        vfio_result_from_errno(result, code < 0 ? code : -ENOMEM);
        return;
    }
    saved->source = backend;
    saved->messages = backend->messages;
    saved->control = control & (PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
    for (uint32_t entry = 0; entry < backend->device.entries; entry++) {
        struct irqcts_message what = vfio_entry_message(backend, entry);
        const struct vfio_saved_entry record = {
            .entry = entry,
            .pending = is_pending(backend, entry) || test_bit(backend->pause.travelled, entry),
            .route = backend->registers ? VFIO_NO_ROUTE : backend->route[entry],
            .address = what.address,
            .data = what.data,
            .vector_control = vfio_entry_read(backend, entry, PCI_MSIX_ENTRY_VECTOR_CTRL),
        };
        if (!is_as_after_reset(&record)) {
            saved->records[saved->count++] = record;
        }
    }
    saved->bytes += (uint64_t)saved->count * sizeof(struct vfio_saved_entry);
    free(*slot);
    *slot = saved;
    result->status = IRQCTS_STATUS_OK;
}

/* Message Control as it was saved, behind the pause's Function Mask. */
static int32_t restore_control(struct vfio_backend *backend, uint32_t control)
{
    backend->pause.function_mask = (control & PCI_MSIX_FLAGS_MASKALL) != 0;
    uint16_t enable = (uint16_t)(control & PCI_MSIX_FLAGS_ENABLE);
    return vfio_host_control(backend, enable | PCI_MSIX_FLAGS_MASKALL, PCI_MSIX_FLAGS_ENABLE ^ enable);
}

/* With view=registers the vectors are there all the time, and the table says which is whose. */
static int32_t restore_registers(struct vfio_backend *backend, const struct vfio_saved *saved)
{
    int32_t code = vfio_reissue_messages(backend); /* SAVE-REARM */
    code = code < 0 ? code : restore_control(backend, saved->control);
    for (uint32_t index = 0; code == 0 && index < saved->count; index++) {
        const struct vfio_saved_entry *record = &saved->records[index];
        const struct irqcts_message what = { .address = record->address, .data = record->data };
        vfio_entry_write(backend, record->entry, &what, record->vector_control);
    }
    return code;
}

/* Every route issued again, then the masks. */
static int32_t restore_routes(struct vfio_backend *backend, const struct vfio_saved *saved)
{
    int32_t eventfds[IRQCTS_ENTRIES_MAX];
    for (uint32_t entry = 0; entry < saved->entries; entry++) {
        eventfds[entry] = -1;
        backend->route[entry] = VFIO_NO_ROUTE;
    }
    for (uint32_t index = 0; index < saved->count; index++) {
        const struct vfio_saved_entry *record = &saved->records[index];
        if (record->route != VFIO_NO_ROUTE) {
            eventfds[record->entry] = backend->deliveries.eventfd[record->route];
            backend->route[record->entry] = record->route;
        }
    }
    if ((saved->control & PCI_MSIX_FLAGS_ENABLE) != 0) {
        int32_t code = vfio_enable_every_entry(backend, eventfds);
        if (code < 0) {
            return code;
        }
    }
    int32_t code = restore_control(backend, saved->control);
    for (uint32_t index = 0; code == 0 && index < saved->count; index++) {
        vfio_entry_control(backend, saved->records[index].entry, saved->records[index].vector_control);
    }
    return code;
}

static int32_t restore(struct vfio_backend *backend, const struct vfio_saved *saved)
{
    /* What the target had pending is none of the saved state's. */
    int32_t code = vfio_drop_pending(backend);
    if (code == 0) {
        code = backend->registers ? restore_registers(backend, saved) : restore_routes(backend, saved);
    }
    memset(backend->pause.travelled, 0, sizeof backend->pause.travelled);
    for (uint32_t index = 0; code == 0 && index < saved->count; index++) {
        const struct vfio_saved_entry *record = &saved->records[index];
        backend->pause.travelled[record->entry / 64u] |= (uint64_t)record->pending << record->entry % 64u;
    }
    note_whether_any_is_left(backend);
    return code;
}

void vfio_restore(struct vfio_backend *backend, const struct vfio_saved *slot, uint32_t corruption,
                  struct irqcts_result *result)
{
    if (!backend->pause.paused) {
        result->status = IRQCTS_STATUS_INVALID_STATE;
        return;
    }
    if (slot == NULL) {
        result->status = IRQCTS_STATUS_INVALID_PARAMETER;
        return;
    }
    if (slot->source != backend) {
        return; /* not supported: its messages belong to another device's interrupt remapping */
    }
    struct vfio_saved *read_back = vfio_saved_corrupted(slot, corruption);
    if (read_back == NULL) {
        vfio_result_from_errno(result, -ENOMEM);
        return;
    }
    if (vfio_saved_consistent(read_back, backend->device.entries, backend->messages)) {
        vfio_result_from_errno(result, restore(backend, read_back));
    } else {
        result->status = IRQCTS_STATUS_INVALID_PARAMETER;
    }
    free(read_back);
}
