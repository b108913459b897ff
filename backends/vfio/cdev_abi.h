/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What this backend uses of the VFIO character device (Linux 6.6) and of
 * iommufd (Linux 6.2), restated because the headers that a distribution ships
 * may be older than the kernel that runs.  Layouts as in uapi/linux/vfio.h and
 * uapi/linux/iommufd.h.
 */
#ifndef IRQCTS_VFIO_CDEV_ABI_H
#define IRQCTS_VFIO_CDEV_ABI_H

#include <linux/ioctl.h>
#include <stdint.h>

#define CDEV_BIND_IOMMUFD _IO(';', 118)
#define CDEV_ATTACH_PAGE_TABLE _IO(';', 119)
#define IOMMUFD_SPACE_ALLOCATE _IO(';', 0x81)
#define IOMMUFD_SPACE_MAP _IO(';', 0x85)
#define IOMMUFD_MAP_FIXED 1u
#define IOMMUFD_MAP_WRITEABLE 2u
#define IOMMUFD_MAP_READABLE 4u

struct cdev_bind_iommufd {
    uint32_t argsz;
    uint32_t flags;
    int32_t iommufd;
    uint32_t out_device;
};

struct cdev_attach_page_table {
    uint32_t argsz;
    uint32_t flags;
    uint32_t page_table;
};

struct iommufd_space_allocate {
    uint32_t size;
    uint32_t flags;
    uint32_t out_space;
};

struct iommufd_space_map {
    uint32_t size;
    uint32_t flags;
    uint32_t space;
    uint32_t reserved;
    uint64_t user_address;
    uint64_t length;
    uint64_t iova;
};

#endif
