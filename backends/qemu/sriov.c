/* SPDX-License-Identifier: Apache-2.0 */
/* PCI Express Base Specification, Single Root I/O Virtualization extended capability. */
#include "sriov.h"

#include <string.h>

enum {
    EXTENDED_FIRST = 0x100,
    EXTENDED_MAX = 64,
    CAPABILITY_SRIOV = 0x10,
    CONTROL = 0x08,
    CONTROL_ENABLE = 1,
    CONTROL_MEMORY = 8,
    TOTAL_FUNCTIONS = 0x0e,
    FUNCTIONS = 0x10,
    FIRST_OFFSET = 0x14, /* from the physical function's routing ID; the stride follows */
    FIRST_BAR = 0x24,
    BAR_64 = 4
};

static int find(struct sriov *sriov, const struct pci_function *physical, struct qtest *qtest, struct problem *problem)
{
    uint32_t at = EXTENDED_FIRST;

    for (int i = 0; at >= EXTENDED_FIRST && i < EXTENDED_MAX; i++) {
        uint32_t header;
        if (pci_extended_get(qtest, physical->routing_id, at, 4, &header, problem) != 0) {
            return -1;
        }
        if ((header & 0xffffu) == CAPABILITY_SRIOV) {
            sriov->at = at;
            return 0;
        }
        at = header >> 20 & 0xffcu;
    }
    return problem_set(problem, "this QEMU's device has no SR-IOV capability");
}

/* How large each virtual function's part of a BAR is: the ones that stay of all ones written. */
static int size_bars(struct sriov *sriov, uint32_t count, const struct pci_function *physical, struct qtest *qtest,
                     uint64_t *next, struct problem *problem)
{
    for (uint32_t bar = 0; bar < PCI_BARS; bar++) {
        uint32_t at = sriov->at + FIRST_BAR + 4u * bar;
        uint32_t this_bar = bar;
        uint32_t low;
        uint32_t high = UINT32_MAX;
        uint64_t size;
        if (pci_extended_write(qtest, physical->routing_id, at, 4, UINT32_MAX, problem) != 0 ||
            pci_extended_get(qtest, physical->routing_id, at, 4, &low, problem) != 0) {
            return -1;
        }
        if (low == 0) {
            continue;
        }
        if ((low & BAR_64) != 0) {
            bar++;
            if (pci_extended_write(qtest, physical->routing_id, at + 4u, 4, UINT32_MAX, problem) != 0 ||
                pci_extended_get(qtest, physical->routing_id, at + 4u, 4, &high, problem) != 0) {
                return -1;
            }
        }
        size = ~((uint64_t)high << 32 | (low & ~0xfu)) + 1u;
        *next = (*next + size - 1u) & ~(size - 1u);
        sriov->bar_size[this_bar] = size;
        sriov->bar_address[this_bar] = *next;
        *next += size * count;
    }
    return 0;
}

int sriov_set_up(const struct sriov *sriov, const struct pci_function *functions, uint32_t count,
                 const struct pci_function *physical, struct qtest *qtest, struct problem *problem)
{
    uint32_t id = physical->routing_id;

    /* The number may change only while they are off. */
    if (pci_extended_write(qtest, id, sriov->at + CONTROL, 2, 0, problem) != 0 ||
        pci_extended_write(qtest, id, sriov->at + FUNCTIONS, 2, count, problem) != 0) {
        return -1;
    }
    for (uint32_t bar = 0; bar < PCI_BARS; bar++) {
        if (pci_extended_write(qtest, id, sriov->at + FIRST_BAR + 4u * bar, 4, (uint32_t)sriov->bar_address[bar],
                               problem) != 0) {
            return -1;
        }
    }
    if (count > 0 &&
        pci_extended_write(qtest, id, sriov->at + CONTROL, 2, CONTROL_ENABLE | CONTROL_MEMORY, problem) != 0) {
        return -1;
    }
    for (uint32_t i = 0; functions != NULL && i < count; i++) {
        if (pci_set_up(&functions[i], qtest, problem) != 0) {
            return -1;
        }
    }
    return qtest_flush(qtest, problem);
}

int sriov_discover(struct sriov *sriov, struct pci_function *out, uint32_t count, const struct pci_function *physical,
                   struct qtest *qtest, uint64_t *next, struct problem *problem)
{
    uint32_t total;
    uint32_t places;

    memset(sriov, 0, sizeof(*sriov));
    if (find(sriov, physical, qtest, problem) != 0 ||
        pci_extended_get(qtest, physical->routing_id, sriov->at + TOTAL_FUNCTIONS, 2, &total, problem) != 0) {
        return -1;
    }
    if (total < count) {
        return problem_set(problem, "this QEMU's device has %u virtual functions, not %u", total, count);
    }
    if (size_bars(sriov, count, physical, qtest, next, problem) != 0 ||
        sriov_set_up(sriov, NULL, count, physical, qtest, problem) != 0 ||
        pci_extended_get(qtest, physical->routing_id, sriov->at + FIRST_OFFSET, 4, &places, problem) != 0) {
        return -1;
    }
    for (uint32_t i = 0; i < count; i++) {
        memset(&out[i], 0, sizeof(out[i]));
        out[i].routing_id = physical->routing_id + (places & 0xffffu) + i * (places >> 16);
        out[i].virtual_number = 1u + i;
        for (uint32_t bar = 0; bar < PCI_BARS; bar++) {
            out[i].bar_size[bar] = sriov->bar_size[bar];
            out[i].bar_address[bar] = sriov->bar_address[bar] + i * sriov->bar_size[bar];
        }
        if (pci_find_capabilities(&out[i], qtest, problem) != 0 || pci_set_up(&out[i], qtest, problem) != 0) {
            return -1;
        }
    }
    return 0;
}
