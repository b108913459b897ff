/* SPDX-License-Identifier: Apache-2.0 */
/* A device's regions, mappings and interrupts.  How it is opened: open.c. */
#define _GNU_SOURCE
#include "device.h"
#include "cdev_abi.h"
#include "open.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

int32_t vfio_region_read(const struct vfio_device *device, uint32_t region, uint64_t offset, void *out, size_t bytes)
{
    ssize_t length = pread(device->file, out, bytes, (off_t)(device->regions[region].offset + offset));
    if (length < 0) {
        return -errno;
    }
    return (size_t)length == bytes ? 0 : -EIO;
}

int32_t vfio_region_write(const struct vfio_device *device, uint32_t region, uint64_t offset, const void *bytes_in,
                          size_t bytes)
{
    ssize_t length = pwrite(device->file, bytes_in, bytes, (off_t)(device->regions[region].offset + offset));
    if (length < 0) {
        return -errno;
    }
    return (size_t)length == bytes ? 0 : -EIO;
}

int32_t vfio_device_set_command(struct vfio_device *device, uint16_t set, uint16_t clear)
{
    uint16_t command = 0;
    int32_t code = vfio_region_read(device, VFIO_PCI_CONFIG_REGION_INDEX, PCI_COMMAND, &command, sizeof command);
    if (code < 0) {
        return code;
    }
    command = (uint16_t)((command & ~clear) | set);
    return vfio_region_write(device, VFIO_PCI_CONFIG_REGION_INDEX, PCI_COMMAND, &command, sizeof command);
}

int32_t vfio_set_eventfds(const struct vfio_device *device, uint32_t start, uint32_t count, const int32_t *eventfds)
{
    size_t bytes = sizeof(struct vfio_irq_set) + count * sizeof(int32_t);
    struct vfio_irq_set *request = calloc(1, bytes);
    if (request == NULL) {
        return -ENOMEM;
    }
    request->argsz = (uint32_t)bytes;
    request->flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER;
    request->index = VFIO_PCI_MSIX_IRQ_INDEX;
    request->start = start;
    request->count = count;
    memcpy(request->data, eventfds, count * sizeof(int32_t));
    int result = ioctl(device->file, VFIO_DEVICE_SET_IRQS, request);
    int32_t code = result < 0 ? -errno : result;
    free(request);
    return code;
}

/* Kernels without the request interrupt answer EINVAL; their devices then just vanish. */
static void open_request(struct vfio_device *device)
{
    union {
        struct vfio_irq_set request;
        uint8_t room[sizeof(struct vfio_irq_set) + sizeof(int32_t)];
    } argument = { .request = { .argsz = sizeof argument,
                                .flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER,
                                .index = VFIO_PCI_REQ_IRQ_INDEX,
                                .count = 1 } };
    int32_t file = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    memcpy(argument.request.data, &file, sizeof file);
    if (file >= 0 && ioctl(device->file, VFIO_DEVICE_SET_IRQS, &argument.request) < 0) {
        close(file);
        file = -1;
    }
    device->request = file;
}

bool vfio_device_is_wanted_back(const struct vfio_device *device)
{
    uint64_t count;
    return device->request >= 0 && read(device->request, &count, sizeof count) == (ssize_t)sizeof count;
}

int32_t vfio_disable_index(const struct vfio_device *device, uint32_t index)
{
    struct vfio_irq_set request = {
        .argsz = sizeof request,
        .flags = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER,
        .index = index,
    };
    return ioctl(device->file, VFIO_DEVICE_SET_IRQS, &request) < 0 ? -errno : 0;
}

int32_t vfio_trigger_loopback(const struct vfio_device *device, uint32_t vector)
{
    struct vfio_irq_set request = {
        .argsz = sizeof request,
        .flags = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER,
        .index = VFIO_PCI_MSIX_IRQ_INDEX,
        .start = vector,
        .count = 1,
    };
    return ioctl(device->file, VFIO_DEVICE_SET_IRQS, &request) < 0 ? -errno : 0;
}

int32_t vfio_map_memory(struct vfio_device *device, void *memory, uint64_t bytes, uint64_t iova)
{
    if (device->cdev) {
        struct iommufd_space_map request = {
            .size = sizeof request,
            .flags = IOMMUFD_MAP_FIXED | IOMMUFD_MAP_WRITEABLE | IOMMUFD_MAP_READABLE,
            .space = device->io_space,
            .user_address = (uintptr_t)memory,
            .length = bytes,
            .iova = iova,
        };
        return ioctl(device->container, IOMMUFD_SPACE_MAP, &request) < 0 ? -errno : 0;
    }
    struct vfio_iommu_type1_dma_map request = {
        .argsz = sizeof request,
        .flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
        .vaddr = (uintptr_t)memory,
        .iova = iova,
        .size = bytes,
    };
    return ioctl(device->container, VFIO_IOMMU_MAP_DMA, &request) < 0 ? -errno : 0;
}

/* The capability chain of one region: only whether the table may be mapped matters here. */
static uint32_t region_is_msix_mappable(const struct vfio_region_info *information)
{
    if ((information->flags & VFIO_REGION_INFO_FLAG_CAPS) == 0) {
        return 0;
    }
    uint32_t offset = information->cap_offset;
    while (offset != 0 && offset + sizeof(struct vfio_info_cap_header) <= information->argsz) {
        struct vfio_info_cap_header header;
        memcpy(&header, (const char *)information + offset, sizeof header);
        if (header.id == VFIO_REGION_INFO_CAP_MSIX_MAPPABLE) {
            return 1;
        }
        offset = header.next;
    }
    return 0;
}

static int32_t read_region(struct vfio_device *device, uint32_t index)
{
    union {
        struct vfio_region_info information;
        char room[1024]; /* the capability chain follows */
    } answer = { .information = { .argsz = sizeof answer, .index = index } };
    if (ioctl(device->file, VFIO_DEVICE_GET_REGION_INFO, &answer.information) < 0) {
        return -errno;
    }
    device->regions[index] = (struct vfio_region){
        .offset = answer.information.offset,
        .size = answer.information.size,
        .flags = answer.information.flags,
        .msix_mappable = region_is_msix_mappable(&answer.information),
    };
    return 0;
}

/* Maps a BAR whole.  One that holds the table only where the kernel says that
 * it may be mapped (older kernels leave a hole there); a BAR without a mapping
 * is simply not there for the rest of the backend. */
static void map_bar(struct vfio_device *device, uint32_t index)
{
    const struct vfio_region *region = &device->regions[index];
    uint32_t needed = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE | VFIO_REGION_INFO_FLAG_MMAP;
    bool holds_table = device->capability != 0 && index == device->table_bar;
    if (region->size == 0 || (region->flags & needed) != needed || (holds_table && region->msix_mappable == 0)) {
        return;
    }
    void *memory = mmap(NULL, region->size, PROT_READ | PROT_WRITE, MAP_SHARED, device->file, (off_t)region->offset);
    device->bar[index] = memory == MAP_FAILED ? NULL : memory;
}

static int32_t find_capability(struct vfio_device *device)
{
    uint8_t offset = 0;
    int32_t code = vfio_region_read(device, VFIO_PCI_CONFIG_REGION_INDEX, PCI_CAPABILITY_LIST, &offset, 1);
    for (int guard = 0; code == 0 && offset >= PCI_STD_HEADER_SIZEOF && guard < 48; guard++) {
        uint8_t header[2];
        code = vfio_region_read(device, VFIO_PCI_CONFIG_REGION_INDEX, offset & 0xfcu, header, sizeof header);
        if (code == 0 && header[0] == PCI_CAP_ID_MSIX) {
            uint32_t registers[2];
            device->capability = offset & 0xfcu;
            code = vfio_region_read(device, VFIO_PCI_CONFIG_REGION_INDEX, device->capability + PCI_MSIX_TABLE,
                                    registers, sizeof registers);
            device->table_bar = registers[0] & PCI_MSIX_TABLE_BIR;
            device->table_offset = registers[0] & PCI_MSIX_TABLE_OFFSET;
            device->pba_bar = registers[1] & PCI_MSIX_PBA_BIR;
            device->pba_offset = registers[1] & PCI_MSIX_PBA_OFFSET;
            return code;
        }
        offset = header[1];
    }
    return code;
}

static int32_t read_description(struct vfio_device *device)
{
    struct vfio_device_info information = { .argsz = sizeof information };
    if (ioctl(device->file, VFIO_DEVICE_GET_INFO, &information) < 0) {
        return -errno;
    }
    device->flags = information.flags;
    for (uint32_t index = 0; index < VFIO_PCI_NUM_REGIONS; index++) {
        int32_t code = read_region(device, index);
        if (code < 0 && index <= VFIO_PCI_CONFIG_REGION_INDEX) {
            return code;
        }
    }
    struct vfio_irq_info interrupts = { .argsz = sizeof interrupts, .index = VFIO_PCI_MSIX_IRQ_INDEX };
    if (ioctl(device->file, VFIO_DEVICE_GET_IRQ_INFO, &interrupts) < 0) {
        return -errno;
    }
    device->entries = interrupts.count;
    device->static_vectors = (interrupts.flags & VFIO_IRQ_INFO_NORESIZE) != 0;

    uint8_t header[PCI_STD_HEADER_SIZEOF];
    int32_t code = vfio_region_read(device, VFIO_PCI_CONFIG_REGION_INDEX, 0, header, sizeof header);
    if (code < 0) {
        return code;
    }
    memcpy(&device->vendor, header + PCI_VENDOR_ID, 2);
    memcpy(&device->device, header + PCI_DEVICE_ID, 2);
    memcpy(&device->former_command, header + PCI_COMMAND, 2);
    device->class_code =
        (uint32_t)header[PCI_CLASS_DEVICE + 1] << 16 | (uint32_t)header[PCI_CLASS_DEVICE] << 8 | header[PCI_CLASS_PROG];
    return find_capability(device);
}

/* -1 where it cannot be written.  Kernel lockdown lets it be opened for that and refuses
 * each write, so Message Control is written back to itself. */
static int open_host_configuration(const struct vfio_device *device)
{
    char path[64];
    uint16_t control;
    off_t offset = (off_t)device->capability + PCI_MSIX_FLAGS;
    snprintf(path, sizeof path, "/sys/bus/pci/devices/%s/config", device->address);
    int file = open(path, O_RDWR | O_CLOEXEC);
    if (file >= 0 && device->capability != 0 &&
        (pread(file, &control, sizeof control, offset) != (ssize_t)sizeof control ||
         pwrite(file, &control, sizeof control, offset) != (ssize_t)sizeof control)) {
        close(file);
        return -1;
    }
    return file;
}

int32_t vfio_device_open(struct vfio_device *out, const char *address, enum vfio_interface interface, char *error,
                         size_t error_size)
{
    *out = (struct vfio_device){ .container = -1, .group = -1, .file = -1, .host_configuration = -1, .request = -1 };
    struct utsname system;
    if (uname(&system) == 0) {
        snprintf(out->kernel, sizeof out->kernel, "%s", system.release);
    }
    int32_t code = vfio_open_files(out, address, interface, error, error_size);
    if (code < 0) {
        vfio_device_close(out);
        return code;
    }
    code = read_description(out);
    if (code == 0) {
        code = vfio_device_set_command(out, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 0);
    }
    if (code < 0) {
        snprintf(error, error_size, "%s: cannot read what VFIO says about the device: %s", out->address,
                 strerror(-code));
        vfio_device_close(out);
        return code;
    }
    for (uint32_t index = 0; index < VFIO_DEVICE_BARS; index++) {
        map_bar(out, index);
    }
    out->host_configuration = open_host_configuration(out);
    open_request(out);
    return 0;
}

void vfio_device_close(struct vfio_device *device)
{
    if (device->file >= 0 && device->regions[VFIO_PCI_CONFIG_REGION_INDEX].size > 0) {
        (void)vfio_region_write(device, VFIO_PCI_CONFIG_REGION_INDEX, PCI_COMMAND, &device->former_command,
                                sizeof device->former_command);
    }
    for (uint32_t index = 0; index < VFIO_DEVICE_BARS; index++) {
        if (device->bar[index] != NULL) {
            munmap(device->bar[index], device->regions[index].size);
            device->bar[index] = NULL;
        }
    }
    int *files[] = { &device->file, &device->group, &device->container, &device->host_configuration,
                     &device->request };
    for (size_t index = 0; index < sizeof files / sizeof files[0]; index++) {
        if (*files[index] >= 0) {
            close(*files[index]);
            *files[index] = -1;
        }
    }
}
