/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two ways to a device's file.  Each failure names the file or call, the
 * kernel's answer, and what to do about it, because nearly every one of them is
 * a matter of how the machine is set up.
 */
#define _GNU_SOURCE
#include "open.h"
#include "cdev_abi.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define CONTAINER "/dev/vfio/vfio"
#define IOMMU "/dev/iommu"

struct failure {
    char *text;
    size_t size;
};

__attribute__((format(printf, 3, 4))) static int32_t fail(const struct failure *failure, int code, const char *format,
                                                          ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(failure->text, failure->size, format, arguments);
    va_end(arguments);
    return code == 0 ? -EIO : -code;
}

/* The last component of a symbolic link, "" when there is none. */
static void link_name(const char *path, char *name, size_t size)
{
    char target[512];
    ssize_t length = readlink(path, target, sizeof target - 1);
    name[0] = '\0';
    if (length > 0) {
        target[length] = '\0';
        const char *slash = strrchr(target, '/');
        snprintf(name, size, "%.31s", slash == NULL ? target : slash + 1);
    }
}

/* "0000:00:04.0" or "00:04.0"; domains have more than four digits behind Intel's VMD ("10000:e1:00.0"). */
static bool read_address(const char *text, char *address, size_t size)
{
    unsigned domain = 0;
    unsigned bus;
    unsigned slot;
    unsigned function;
    char rest;
    if (sscanf(text, "%8x:%2x:%2x.%1x%c", &domain, &bus, &slot, &function, &rest) != 4) {
        domain = 0;
        if (sscanf(text, "%2x:%2x.%1x%c", &bus, &slot, &function, &rest) != 3) {
            return false;
        }
    }
    snprintf(address, size, "%04x:%02x:%02x.%x", domain, bus, slot & 0x1fu, function & 7u);
    return true;
}

static int32_t open_group(struct vfio_device *device, const struct failure *failure)
{
    char path[128];
    char group[32];
    snprintf(path, sizeof path, "/sys/bus/pci/devices/%s/iommu_group", device->address);
    link_name(path, group, sizeof group);
    if (group[0] == '\0') {
        return fail(failure, ENODEV,
                    "%s is in no IOMMU group: the IOMMU is off. Turn it on in the firmware and boot with "
                    "intel_iommu=on (AMD: on by default)",
                    device->address);
    }
    device->container = open(CONTAINER, O_RDWR | O_CLOEXEC);
    if (device->container < 0) {
        int code = errno;
        return fail(failure, code, "/dev/vfio/vfio: %s; load the module with 'modprobe vfio-pci', and run as a user "
                                   "who may open it", strerror(code));
    }
    if (ioctl(device->container, VFIO_GET_API_VERSION) != VFIO_API_VERSION) {
        return fail(failure, EPROTO, "/dev/vfio/vfio speaks another version of the VFIO interface than %d",
                    VFIO_API_VERSION);
    }
    snprintf(path, sizeof path, "/dev/vfio/%s", group);
    device->group = open(path, O_RDWR | O_CLOEXEC);
    if (device->group < 0) {
        int code = errno;
        return fail(failure, code, "%s: %s; %s", path, strerror(code),
                    code == EBUSY ? "another program has this group open"
                                  : "run as a user who may open it ('chown USER' of that file)");
    }
    struct vfio_group_status status = { .argsz = sizeof status };
    if (ioctl(device->group, VFIO_GROUP_GET_STATUS, &status) < 0 || (status.flags & VFIO_GROUP_FLAGS_VIABLE) == 0) {
        return fail(failure, EPERM,
                    "IOMMU group %s is not viable: every device in /sys/kernel/iommu_groups/%s/devices must be bound "
                    "to vfio-pci or to no driver",
                    group, group);
    }
    if (ioctl(device->group, VFIO_GROUP_SET_CONTAINER, &device->container) < 0) {
        int code = errno;
        return fail(failure, code, "cannot put IOMMU group %s into a container: %s", group, strerror(code));
    }
    if (ioctl(device->container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU) < 0) {
        int code = errno;
        return fail(failure, code, "cannot use the type 1 IOMMU: %s; load the module with 'modprobe vfio_iommu_type1'. "
                                   "Without interrupt remapping its option allow_unsafe_interrupts=1 is needed",
                    strerror(code));
    }
    device->file = ioctl(device->group, VFIO_GROUP_GET_DEVICE_FD, device->address);
    if (device->file < 0) {
        int code = errno;
        return fail(failure, code, "cannot get %s from its group: %s", device->address, strerror(code));
    }
    return 0;
}

/* The name of the device's character device under /dev/vfio/devices. */
static bool find_cdev(const struct vfio_device *device, char *path, size_t size)
{
    char folder[128];
    snprintf(folder, sizeof folder, "/sys/bus/pci/devices/%s/vfio-dev", device->address);
    DIR *entries = opendir(folder);
    if (entries == NULL) {
        return false;
    }
    bool found = false;
    for (struct dirent *entry; !found && (entry = readdir(entries)) != NULL;) {
        if (strncmp(entry->d_name, "vfio", 4) == 0) {
            found = snprintf(path, size, "/dev/vfio/devices/%s", entry->d_name) < (int)size;
        }
    }
    closedir(entries);
    return found && access(path, F_OK) == 0;
}

static int32_t open_cdev(struct vfio_device *device, const char *path, const struct failure *failure)
{
    device->cdev = true;
    snprintf(device->path, sizeof device->path, "%.63s", path);
    device->container = open(IOMMU, O_RDWR | O_CLOEXEC);
    if (device->container < 0) {
        int code = errno;
        return fail(failure, code, "/dev/iommu: %s; load the module with 'modprobe iommufd', and run as a user who may "
                                   "open it", strerror(code));
    }
    device->file = open(path, O_RDWR | O_CLOEXEC);
    if (device->file < 0) {
        int code = errno;
        return fail(failure, code, "%s: %s; %s", path, strerror(code),
                    code == EBUSY ? "another program has this device open" : "run as a user who may open it");
    }
    struct cdev_bind_iommufd bind = { .argsz = sizeof bind, .iommufd = device->container };
    if (ioctl(device->file, CDEV_BIND_IOMMUFD, &bind) < 0) {
        int code = errno;
        return fail(failure, code, "%s: cannot bind it to iommufd: %s", path, strerror(code));
    }
    struct iommufd_space_allocate allocate = { .size = sizeof allocate };
    if (ioctl(device->container, IOMMUFD_SPACE_ALLOCATE, &allocate) < 0) {
        int code = errno;
        return fail(failure, code, "/dev/iommu: cannot allocate an I/O address space: %s", strerror(code));
    }
    device->io_space = allocate.out_space;
    struct cdev_attach_page_table attach = { .argsz = sizeof attach, .page_table = allocate.out_space };
    if (ioctl(device->file, CDEV_ATTACH_PAGE_TABLE, &attach) < 0) {
        int code = errno;
        return fail(failure, code, "%s: cannot attach it to its I/O address space: %s", path, strerror(code));
    }
    return 0;
}

/* vfio-pci, or a vendor's driver in its place (mlx5_vfio_pci, …): Linux shows which are since 6.1. */
static bool gives_vfio(const struct vfio_device *device)
{
    char path[128];
    snprintf(path, sizeof path, "/sys/bus/pci/devices/%s/vfio-dev", device->address);
    return strcmp(device->driver, "vfio-pci") == 0 || access(path, F_OK) == 0;
}

int32_t vfio_open_files(struct vfio_device *out, const char *address, enum vfio_interface interface, char *error,
                        size_t error_size)
{
    struct failure failure = { error, error_size };
    char path[128];
    if (!read_address(address, out->address, sizeof out->address)) {
        return fail(&failure, EINVAL, "device=%s is not a PCI address such as 0000:03:00.0", address);
    }
    snprintf(path, sizeof path, "/sys/bus/pci/devices/%s", out->address);
    if (access(path, F_OK) != 0) {
        return fail(&failure, ENODEV, "there is no PCI device %s; 'lspci -D' lists them", out->address);
    }
    snprintf(path, sizeof path, "/sys/bus/pci/devices/%s/driver", out->address);
    link_name(path, out->driver, sizeof out->driver);
    if (!gives_vfio(out)) {
        return fail(&failure, ENODEV, "%s belongs to %s%s; give it to vfio-pci with './irqcts bind %s'", out->address,
                    out->driver[0] == '\0' ? "no driver" : "the driver ", out->driver, out->address);
    }
    bool cdev = find_cdev(out, path, sizeof path) && access(IOMMU, F_OK) == 0;
    if (interface == VFIO_INTERFACE_CDEV && !cdev) {
        return fail(&failure, ENODEV,
                    "%s has no VFIO character device, or there is no /dev/iommu: this needs Linux 6.6 with "
                    "CONFIG_VFIO_DEVICE_CDEV and CONFIG_IOMMUFD",
                    out->address);
    }
    /* Of two ways the one that this user may go: often only the group's file was given to him. */
    bool may_open = access(IOMMU, R_OK | W_OK) == 0 && access(path, R_OK | W_OK) == 0;
    bool use_cdev = cdev && interface != VFIO_INTERFACE_GROUP &&
                    (interface == VFIO_INTERFACE_CDEV || may_open || access(CONTAINER, F_OK) != 0);
    return use_cdev ? open_cdev(out, path, &failure) : open_group(out, &failure);
}
