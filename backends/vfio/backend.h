/* SPDX-License-Identifier: Apache-2.0 */
/* The context of an open VFIO backend, shared by the files that execute operations. */
#ifndef IRQCTS_VFIO_BACKEND_H
#define IRQCTS_VFIO_BACKEND_H

#include "deliveries.h"
#include "device.h"
#include "pause.h"
#include "stimulus.h"

#include "irqcts/backend.h"

struct vfio_backend {
    struct vfio_device device;
    struct vfio_deliveries deliveries;
    const struct irqcts_stimulus_driver *stimulus; /* NULL: loopback */
    struct irqcts_stimulus_device stimulus_device;
    void *stimulus_state;
    void *stimulus_library; /* dlopen's handle of a loaded driver */
    uint64_t settle_ns;
    uint64_t raised_ns; /* the last raise, 0 without one since the last poll */
    bool happening;     /* an event of an asynchronous stimulus may still be on its way */
    uint32_t messages;  /* M of the running program */
    bool registers;     /* option view=registers; see register_view.c */
    bool beyond;        /* option beyond=yes; see vfio_table_access */
    struct irqcts_message message[IRQCTS_ENTRIES_MAX]; /* with it: what makes each message */
    /* Without it: the message whose eventfd each entry's vector has, VFIO_NO_ROUTE for none. */
    uint32_t route[IRQCTS_ENTRIES_MAX];
    struct vfio_pause pause; /* see pause.h */
};

#define VFIO_NO_ROUTE UINT32_MAX

/* The device's answer to a call, in the suite's words. */
void vfio_result_from_errno(struct irqcts_result *result, int32_t negative_errno);
const char *vfio_status_name(uint32_t status);

/* The MSI-X table and PBA through the mapping; false where that is not possible. */
bool vfio_table_access(const struct vfio_backend *backend, uint64_t offset, uint32_t width);
bool vfio_pba_access(const struct vfio_backend *backend, uint64_t offset, uint32_t width);
uint64_t vfio_mapped_read(const struct vfio_backend *backend, uint32_t bar, uint64_t offset, uint32_t width);
void vfio_mapped_write(const struct vfio_backend *backend, uint32_t bar, uint64_t offset, uint32_t width,
                       uint64_t value);

/* A DWORD of an entry in the mapped table (PCI_MSIX_ENTRY_LOWER_ADDR, …); what makes its message. */
uint32_t vfio_entry_read(const struct vfio_backend *backend, uint32_t entry, uint32_t field);
struct irqcts_message vfio_entry_message(const struct vfio_backend *backend, uint32_t entry);
/* Writes its Vector Control, or all of it, masked meanwhile.  Such writes are posted: this waits until they have arrived. */
void vfio_entry_control(const struct vfio_backend *backend, uint32_t entry, uint32_t control);
void vfio_entry_write(const struct vfio_backend *backend, uint32_t entry, const struct irqcts_message *what,
                      uint32_t control);

/* Enables MSI-X with eventfds[i] for entry i, every entry live; entries behind the
 * vectors that the machine has get the contents of entry 0.  0 or a negative errno. */
int32_t vfio_enable_every_entry(const struct vfio_backend *backend, const int32_t *eventfds);

/* Every entry masked, everything else in the table zero. */
void vfio_clear_table(const struct vfio_backend *backend);

/* Brings the function to the state after reset.  0 or a negative errno. */
int32_t vfio_bring_to_reset(struct vfio_backend *backend);
/* Message Control past VFIO's filter: reading it, and setting and clearing bits of
 * it, if this process may (-EACCES).  0 or a negative errno. */
int32_t vfio_host_control_read(const struct vfio_backend *backend, uint16_t *out);
int32_t vfio_host_control(const struct vfio_backend *backend, uint16_t set, uint16_t clear);

bool vfio_anything_pending(const struct vfio_backend *backend);
/* Lets every pending message go, with MSI-X disabled before and afterwards and the table clear. */
int32_t vfio_flush_pending(struct vfio_backend *backend);
/* Disables MSI-X and does the same; what had arrived before stays collected. */
int32_t vfio_drop_pending(struct vfio_backend *backend);

/* Resets the function as the kernel does it (reset.c); which of enum irqcts_reset_kind it can. */
void vfio_reset(struct vfio_backend *backend, uint32_t kind, struct irqcts_result *result);
uint32_t vfio_reset_kinds(const struct vfio_backend *backend);

/* With view=registers, after vfio_bring_to_reset: allocates the messages' vectors,
 * learns their addresses and data from the table, and hides the traces of that. */
int32_t vfio_learn_messages(struct vfio_backend *backend);
/* The same again after the vectors were given back; -ESTALE if the kernel gave
 * others, because the program was told what makes a message. */
int32_t vfio_reissue_messages(struct vfio_backend *backend);
/* The routing view, composed from register accesses. */
int32_t vfio_registers_start(struct vfio_backend *backend);
void vfio_registers_set_entry(struct vfio_backend *backend, uint32_t entry, uint32_t message);

/* One operation below IRQCTS_OPERATION_KIND_COUNT, and one from VFIO_FIRST up. */
void vfio_execute(struct vfio_backend *backend, const struct irqcts_operation *operation,
                  struct irqcts_result *result, struct irqcts_delivery_buffer *deliveries);
void vfio_execute_raw(struct vfio_backend *backend, const struct irqcts_operation *operation,
                      struct irqcts_result *result);

/* Whether the device's driver can stop and copy it (VFIO_DEVICE_FEATURE_MIGRATION). */
bool vfio_has_migration(const struct vfio_device *device);

/* Finds the stimulus for the device: by name, by path of a library, "loopback",
 * or (empty) whichever built-in driver knows the device. */
int32_t vfio_stimulus_open(struct vfio_backend *backend, const char *name, char *error, size_t error_size);
void vfio_stimulus_close(struct vfio_backend *backend);
/* Makes the device ready for raise; MSI-X is disabled before and after. */
void vfio_stimulus_arm(struct vfio_backend *backend);
/* One event on an entry: enum irqcts_status, and for a refused loopback the errno. */
void vfio_stimulus_raise(struct vfio_backend *backend, uint32_t entry, struct irqcts_result *result);

/* Measures how long an event takes to arrive, and sets settle_ns from it. */
int32_t vfio_calibrate(struct vfio_backend *backend, char *error, size_t error_size);

#endif
