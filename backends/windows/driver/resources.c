/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A real device's table and PBA, for observation: found by configuration space
 * (BUS_INTERFACE_STANDARD) and the memory resources of START_DEVICE, mapped
 * read-only.  Under Wine START_DEVICE has no resources, so nothing is mapped there.
 */
#include "driver.h"

enum { RESOURCES_MAX = 16 };

typedef PVOID(NTAPI *map_routine)(PHYSICAL_ADDRESS address, SIZE_T bytes, ULONG protect);

/* Length of a memory resource; 0 when it is something else. */
static uint64_t memory_length(const CM_PARTIAL_RESOURCE_DESCRIPTOR *descriptor)
{
    if (descriptor->Type == CmResourceTypeMemory) {
        return descriptor->u.Memory.Length;
    }
    if (descriptor->Type != CmResourceTypeMemoryLarge) {
        return 0;
    }
    /* Large ones count in units of 2^8, 2^16 or 2^32 bytes. */
    if ((descriptor->Flags & CM_RESOURCE_MEMORY_LARGE_40) != 0) {
        return (uint64_t)descriptor->u.Memory.Length << 8;
    }
    if ((descriptor->Flags & CM_RESOURCE_MEMORY_LARGE_48) != 0) {
        return (uint64_t)descriptor->u.Memory.Length << 16;
    }
    return (uint64_t)descriptor->u.Memory.Length << 32;
}

/* Both lists have the same descriptors in the same order. */
static uint32_t memory_resources(const CM_RESOURCE_LIST *raw, const CM_RESOURCE_LIST *translated,
                                 struct irqcts_memory_resource *out)
{
    const CM_PARTIAL_RESOURCE_LIST *bus;
    const CM_PARTIAL_RESOURCE_LIST *physical;
    uint32_t found = 0;

    if (raw == NULL || translated == NULL || raw->Count == 0 || translated->Count == 0) {
        return 0;
    }
    bus = &raw->List[0].PartialResourceList;
    physical = &translated->List[0].PartialResourceList;
    for (ULONG i = 0; i < bus->Count && i < physical->Count && found < RESOURCES_MAX; i++) {
        uint64_t length = memory_length(&physical->PartialDescriptors[i]);
        if (length > 0 && memory_length(&bus->PartialDescriptors[i]) > 0) {
            out[found++] = (struct irqcts_memory_resource){
                (uint64_t)bus->PartialDescriptors[i].u.Memory.Start.QuadPart,
                (uint64_t)physical->PartialDescriptors[i].u.Memory.Start.QuadPart, length};
        }
    }
    return found;
}

/* MmMapIoSpaceEx is missing before Windows 10; without it the mapping is writable and nobody writes. */
static PVOID map(uint64_t physical, SIZE_T bytes)
{
    PHYSICAL_ADDRESS address = {.QuadPart = (LONGLONG)physical};
    map_routine map_readonly;

    if (physical == 0) {
        return NULL;
    }
    driver_resolve(&map_readonly, L"MmMapIoSpaceEx");
    return map_readonly != NULL ? map_readonly(address, bytes, PAGE_READONLY | PAGE_NOCACHE)
                                : MmMapIoSpace(address, bytes, MmNonCached);
}

void driver_map_device(struct irqcts_device *device, PCM_RESOURCE_LIST raw, PCM_RESOURCE_LIST translated)
{
    struct irqcts_memory_resource resources[RESOURCES_MAX];
    struct irqcts_location location = {0};
    UCHAR config[IRQCTS_LOCATION_CONFIG_BYTES];

    device->real.entries = 0;
    device->real.capability = 0;
    if (device->bus.GetBusData != NULL &&
        device->bus.GetBusData(device->bus.Context, PCI_WHICHSPACE_CONFIG, config, 0, sizeof(config)) ==
            sizeof(config)) {
        irqcts_locate(&location, config, resources, memory_resources(raw, translated, resources));
        device->real.entries = location.entries;
        device->real.capability = location.capability;
    } else if (device->msix.GetTableSize != NULL) { /* "reserved for future use", and all that is left */
        ULONG size = 0;
        if (NT_SUCCESS(device->msix.GetTableSize(device->msix.Context, &size)) && size <= IRQCTS_ENTRIES_MAX) {
            device->real.entries = size;
        }
    }
    device->table_bytes = (SIZE_T)location.entries * IRQCTS_ENTRY_BYTES;
    device->pba_bytes = ((SIZE_T)location.entries + 63u) / 64u * 8u;
    device->table = map(location.table, device->table_bytes);
    device->pba = map(location.pba, device->pba_bytes);
}

void driver_unmap_device(struct irqcts_device *device)
{
    if (device->table != NULL) {
        MmUnmapIoSpace(device->table, device->table_bytes);
    }
    if (device->pba != NULL) {
        MmUnmapIoSpace(device->pba, device->pba_bytes);
    }
    device->table = NULL;
    device->pba = NULL;
}
