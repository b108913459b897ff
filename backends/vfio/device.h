/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One PCI device in the hands of vfio-pci: opened through its group and a type 1
 * container, or through its character device and iommufd; its regions, the
 * mappings of its BARs, its interrupts.  Linux uapi/linux/vfio.h is the
 * reference for every call.
 *
 * Functions that return int32_t give 0 or a negative errno.
 */
#ifndef IRQCTS_VFIO_DEVICE_H
#define IRQCTS_VFIO_DEVICE_H

#include <linux/vfio.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VFIO_DEVICE_BARS 6u

struct vfio_region {
    uint64_t offset; /* into the device's file */
    uint64_t size;
    uint32_t flags;         /* VFIO_REGION_INFO_FLAG_… */
    uint32_t msix_mappable; /* 1: the table may be mapped with the rest of its BAR */
};

struct vfio_device {
    char address[20];    /* "0000:00:04.0", "10000:e1:00.0" */
    char kernel[65];     /* uname -r */
    char driver[32];     /* the kernel's driver of the device: vfio-pci, or one that stands in for it */
    char path[64];       /* cdev: the character device's */
    bool cdev;           /* opened through the character device and iommufd */
    int container;       /* group: /dev/vfio/vfio; cdev: /dev/iommu */
    int group;           /* -1 with cdev */
    int file;            /* the device */
    uint32_t io_space;   /* cdev: the I/O address space's number */
    uint32_t flags;      /* VFIO_DEVICE_FLAGS_… */
    struct vfio_region regions[VFIO_PCI_NUM_REGIONS];
    void *bar[VFIO_DEVICE_BARS];
    uint32_t entries;    /* N, from GET_IRQ_INFO */
    bool static_vectors; /* NORESIZE: the enabled set cannot grow */
    uint16_t vendor;
    uint16_t device;
    uint32_t class_code;
    uint32_t capability; /* offset of the MSI-X capability, 0 without one */
    uint32_t table_bar;
    uint32_t table_offset;
    uint32_t pba_bar;
    uint32_t pba_offset;
    uint16_t former_command;
    /* The host's own view of configuration space, past VFIO's filter; -1 when
     * this process may not write it. */
    int host_configuration;
    int request; /* eventfd on which the kernel asks for the device back; -1 where it cannot */
};

/* How to open: by what is there, or one way only. */
enum vfio_interface {
    VFIO_INTERFACE_AUTOMATIC = 0,
    VFIO_INTERFACE_GROUP = 1,
    VFIO_INTERFACE_CDEV = 2
};

/* Opens, maps and describes a device that is bound to vfio-pci.  On failure
 * writes what was tried, on what, and the command that would help into `error`
 * and leaves nothing open. */
int32_t vfio_device_open(struct vfio_device *out, const char *address, enum vfio_interface interface, char *error,
                         size_t error_size);

/* Puts the command register back and closes everything; the kernel then ends
 * what was left of interrupts and mappings. */
void vfio_device_close(struct vfio_device *device);

/* Memory decoding and Bus Master, through VFIO's configuration region. */
int32_t vfio_device_set_command(struct vfio_device *device, uint16_t set, uint16_t clear);

/* Whole accesses of a region; a short one is -EIO. */
int32_t vfio_region_read(const struct vfio_device *device, uint32_t region, uint64_t offset, void *out, size_t bytes);
int32_t vfio_region_write(const struct vfio_device *device, uint32_t region, uint64_t offset, const void *bytes_in,
                          size_t bytes);

/* Assigns eventfds to MSI-X vectors start .. start+count-1. 0, a negative errno,
 * or a positive number: so many vectors there are. */
int32_t vfio_set_eventfds(const struct vfio_device *device, uint32_t start, uint32_t count, const int32_t *eventfds);
/* Disables an index (VFIO_PCI_…_IRQ_INDEX); -EINVAL when it is not enabled. */
int32_t vfio_disable_index(const struct vfio_device *device, uint32_t index);
/* Triggers a vector's eventfd from inside the kernel. */
int32_t vfio_trigger_loopback(const struct vfio_device *device, uint32_t vector);

/* Whether the kernel asked for the device back: it is being unplugged or unbound,
 * and waits until this process lets go of it. */
bool vfio_device_is_wanted_back(const struct vfio_device *device);

int32_t vfio_map_memory(struct vfio_device *device, void *memory, uint64_t bytes, uint64_t iova);

#endif
