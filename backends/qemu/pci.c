/* SPDX-License-Identifier: Apache-2.0 */
#include "pci.h"

#include <string.h>

enum {
    PORT_ADDRESS = 0xcf8,
    PORT_DATA = 0xcfc,
    VENDOR_ID = 0x00,
    COMMAND = 0x04,
    COMMAND_MEMORY = 2,
    COMMAND_BUS_MASTER = 4,
    STATUS_HIGH_BYTE = 0x06,
    STATUS_CAPABILITIES = 0x10,
    FIRST_BAR = 0x10,
    BAR_PORTS = 1,
    BAR_64 = 4,
    CAPABILITIES = 0x34,
    CAPABILITY_EXPRESS = 0x10,
    CAPABILITY_MSIX = 0x11,
    DEVICE_CAPABILITIES = 4, /* in the PCI Express capability */
    DEVICE_FLR = 1 << 28,
    DEVICE_CONTROL = 8,
    DEVICE_CONTROL_FLR = 0x8000,
    CAPABILITIES_MAX = 48,
    BRIDGE_BUSES = 0x18,  /* primary, secondary, subordinate */
    BRIDGE_MEMORY = 0x20, /* base and limit, in units of 1 MiB */
    MEMORY_CONTROLLER = 0,
    EXTENDED_CONFIGURATION = 0x60 /* PCIEXBAR of q35's memory controller */
};

static int select_register(struct qtest *qtest, uint32_t routing_id, uint32_t offset, struct problem *problem)
{
    return qtest_port_write(qtest, PORT_ADDRESS, 4, 0x80000000u | routing_id << 8 | (offset & 0xfcu), problem);
}

int pci_config_write(struct qtest *qtest, uint32_t routing_id, uint32_t offset, uint32_t width, uint32_t value,
                     struct problem *problem)
{
    return select_register(qtest, routing_id, offset, problem) != 0
               ? -1
               : qtest_port_write(qtest, PORT_DATA + (offset & 3u), width, value, problem);
}

int pci_config_read(struct qtest *qtest, uint32_t routing_id, uint32_t offset, uint32_t width, uint64_t *value,
                    struct problem *problem)
{
    return select_register(qtest, routing_id, offset, problem) != 0
               ? -1
               : qtest_port_read(qtest, PORT_DATA + (offset & 3u), width, value, problem);
}

int pci_config_get(struct qtest *qtest, uint32_t routing_id, uint32_t offset, uint32_t width, uint32_t *out,
                   struct problem *problem)
{
    uint64_t value = 0;

    if (pci_config_read(qtest, routing_id, offset, width, &value, problem) != 0 || qtest_flush(qtest, problem) != 0) {
        return -1;
    }
    *out = (uint32_t)value;
    return 0;
}

/* Writes ones to a BAR and reads back which stay; returns the number of registers that it takes, 0 on failure. */
static uint32_t size_bar(struct pci_function *function, struct qtest *qtest, uint32_t bar, uint64_t *next,
                         struct problem *problem)
{
    uint32_t at = FIRST_BAR + 4u * bar;
    uint32_t low = 0;
    uint32_t high = UINT32_MAX;
    uint32_t wide;

    if (pci_config_write(qtest, function->routing_id, at, 4, UINT32_MAX, problem) != 0 ||
        pci_config_get(qtest, function->routing_id, at, 4, &low, problem) != 0) {
        return 0;
    }
    wide = (low & (BAR_64 | BAR_PORTS)) == BAR_64 && bar + 1 < PCI_BARS;
    if (wide && (pci_config_write(qtest, function->routing_id, at + 4u, 4, UINT32_MAX, problem) != 0 ||
                 pci_config_get(qtest, function->routing_id, at + 4u, 4, &high, problem) != 0)) {
        return 0;
    }
    if (low != 0 && (low & BAR_PORTS) == 0) {
        uint64_t size = ~((uint64_t)high << 32 | (low & ~0xfu)) + 1u;
        *next = (*next + size - 1u) & ~(size - 1u);
        function->bar_size[bar] = size;
        function->bar_address[bar] = *next;
        *next += size;
    }
    return 1u + wide;
}

static int read_msix(struct pci_function *function, struct qtest *qtest, uint32_t at, uint32_t header,
                     struct problem *problem)
{
    uint32_t table;
    uint32_t pba;

    if (pci_config_get(qtest, function->routing_id, at + 4u, 4, &table, problem) != 0 ||
        pci_config_get(qtest, function->routing_id, at + 8u, 4, &pba, problem) != 0) {
        return -1;
    }
    function->msix = at;
    function->entries = ((header >> 16) & 0x7ffu) + 1u;
    function->table_bar = table & 7u;
    function->table_offset = table & ~7u;
    function->pba_bar = pba & 7u;
    function->pba_offset = pba & ~7u;
    return 0;
}

static int read_express(struct pci_function *function, struct qtest *qtest, uint32_t at, struct problem *problem)
{
    uint32_t capabilities;

    if (pci_config_get(qtest, function->routing_id, at + DEVICE_CAPABILITIES, 4, &capabilities, problem) != 0) {
        return -1;
    }
    function->express = at;
    function->resettable = (capabilities & DEVICE_FLR) != 0;
    return 0;
}

int pci_find_capabilities(struct pci_function *function, struct qtest *qtest, struct problem *problem)
{
    uint32_t routing_id = function->routing_id;
    uint32_t word;
    uint32_t at;

    if (pci_config_get(qtest, routing_id, STATUS_HIGH_BYTE, 1, &word, problem) != 0 ||
        pci_config_get(qtest, routing_id, CAPABILITIES, 1, &at, problem) != 0) {
        return -1;
    }
    for (int i = 0; (word & STATUS_CAPABILITIES) != 0 && at >= 0x40 && i < CAPABILITIES_MAX; i++) {
        uint32_t header;
        if (pci_config_get(qtest, routing_id, at, 4, &header, problem) != 0 ||
            ((header & 0xffu) == CAPABILITY_MSIX && read_msix(function, qtest, at, header, problem) != 0) ||
            ((header & 0xffu) == CAPABILITY_EXPRESS && read_express(function, qtest, at, problem) != 0)) {
            return -1;
        }
        at = (header >> 8) & 0xfcu;
    }
    return 0;
}

int pci_discover(struct pci_function *out, struct qtest *qtest, uint32_t routing_id, uint64_t *next,
                 struct problem *problem)
{
    uint32_t vendor;

    memset(out, 0, sizeof(*out));
    out->routing_id = routing_id;
    if (pci_config_get(qtest, routing_id, VENDOR_ID, 2, &vendor, problem) != 0) {
        return -1;
    }
    if (vendor == 0xffff) {
        return problem_set(problem, "QEMU has no device at %02x:%02x.%x", routing_id >> 8,
                           routing_id >> 3 & 0x1fu, routing_id & 7u);
    }
    for (uint32_t bar = 0; bar < PCI_BARS;) {
        uint32_t used = size_bar(out, qtest, bar, next, problem);
        if (used == 0) {
            return -1;
        }
        bar += used;
    }
    if (pci_find_capabilities(out, qtest, problem) != 0) {
        return -1;
    }
    return pci_set_up(out, qtest, problem);
}

int pci_function_reset(const struct pci_function *function, struct qtest *qtest, struct problem *problem)
{
    uint32_t control;
    uint32_t at = function->express + DEVICE_CONTROL;

    if (pci_config_get(qtest, function->routing_id, at, 2, &control, problem) != 0 ||
        pci_config_write(qtest, function->routing_id, at, 2, control | DEVICE_CONTROL_FLR, problem) != 0) {
        return -1;
    }
    return qtest_flush(qtest, problem);
}

int pci_set_up(const struct pci_function *function, struct qtest *qtest, struct problem *problem)
{
    for (uint32_t bar = 0; bar < PCI_BARS && function->virtual_number == 0; bar++) { /* a virtual one has none here */
        if (function->bar_size[bar] != 0 &&
            (pci_config_write(qtest, function->routing_id, FIRST_BAR + 4u * bar, 4,
                              (uint32_t)function->bar_address[bar], problem) != 0)) {
            return -1;
        }
        if (function->bar_size[bar] == 0) { /* upper halves, absent BARs, ports */
            if (pci_config_write(qtest, function->routing_id, FIRST_BAR + 4u * bar, 4, 0, problem) != 0) {
                return -1;
            }
        }
    }
    if (pci_config_write(qtest, function->routing_id, COMMAND, 2, COMMAND_MEMORY | COMMAND_BUS_MASTER, problem) != 0) {
        return -1;
    }
    return qtest_flush(qtest, problem);
}

int pci_open_port(struct qtest *qtest, uint32_t routing_id, uint64_t first, uint64_t last, struct problem *problem)
{
    uint32_t window = (uint32_t)(first >> 16 & 0xfff0u) | (uint32_t)(last & 0xfff00000u);

    return pci_config_write(qtest, routing_id, BRIDGE_BUSES, 4, PCI_PORT_BUS << 8 | PCI_PORT_BUS << 16, problem) != 0 ||
                   pci_config_write(qtest, routing_id, BRIDGE_MEMORY, 4, window, problem) != 0 ||
                   pci_config_write(qtest, routing_id, COMMAND, 2, COMMAND_MEMORY | COMMAND_BUS_MASTER, problem) != 0
               ? -1
               : 0;
}

/* ---- extended configuration space, through q35's memory window ---- */

static const uint64_t window_address = 0xb0000000;

static uint64_t extended_address(uint32_t routing_id, uint32_t offset)
{
    return window_address + ((uint64_t)routing_id << 12) + offset;
}

int pci_open_extended(struct qtest *qtest, struct problem *problem)
{
    return pci_config_write(qtest, MEMORY_CONTROLLER, EXTENDED_CONFIGURATION, 4, (uint32_t)window_address | 1u,
                            problem);
}

int pci_extended_write(struct qtest *qtest, uint32_t routing_id, uint32_t offset, uint32_t width, uint32_t value,
                       struct problem *problem)
{
    return qtest_write(qtest, extended_address(routing_id, offset), width, value, problem);
}

int pci_extended_get(struct qtest *qtest, uint32_t routing_id, uint32_t offset, uint32_t width, uint32_t *out,
                     struct problem *problem)
{
    uint64_t value = 0;

    if (qtest_read(qtest, extended_address(routing_id, offset), width, &value, 0, problem) != 0 ||
        qtest_flush(qtest, problem) != 0) {
        return -1;
    }
    *out = (uint32_t)value;
    return 0;
}
