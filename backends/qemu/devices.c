/* SPDX-License-Identifier: Apache-2.0 */
#include "devices.h"

#include "ivshmem.h"

#include <string.h>

/* rocker: the register TEST_IRQ of BAR 0 sends the vector that is written to it. */
static int raise_rocker(struct qtest *qtest, const struct pci_function *function, uint32_t entry,
                        struct problem *problem)
{
    enum { TEST_IRQ = 0x20 };
    return qtest_write(qtest, function->bar_address[0] + TEST_IRQ, 4, entry, problem);
}

/* ivshmem: the device rings its own doorbell; the eventfd behind it is read by the main loop. */
static int raise_ivshmem(struct qtest *qtest, const struct pci_function *function, uint32_t entry,
                         struct problem *problem)
{
    return qtest_write(qtest, function->bar_address[0] + IVSHMEM_DOORBELL, 4, IVSHMEM_DEVICE_ID << 16 | entry, problem);
}

/* MSI-X PBA Clear of Intel's controllers: write 1, the entry's pending bit goes, its cause being satisfied. */
enum { INTEL_PBACL = 0x5b68 };

/* e1000e, an Intel 82574: five causes, each routed to the entry of its own
 * number, set by the Interrupt Cause Set register (its data sheet, 10.2.4). */
enum {
    E1000E_ICR = 0xc0, /* the causes; write 1: satisfied */
    E1000E_ICS = 0xc8,
    E1000E_IMS = 0xd0,
    E1000E_IMC = 0xd8,
    E1000E_EIAC = 0xdc, /* causes that a message clears by itself */
    E1000E_IVAR = 0xe4,
    E1000E_EITR = 0xe8, /* one an entry: least time between messages */
    E1000E_CAUSES = 5,
    E1000E_FIRST_CAUSE = 20,
    E1000E_ALL_CAUSES = 0x1f << E1000E_FIRST_CAUSE,
    E1000E_EACH_ITS_OWN = 0xcba98 /* four bits a cause: 8 | entry */
};

static int arm_e1000e(struct qtest *qtest, const struct pci_function *function, struct problem *problem)
{
    uint64_t registers = function->bar_address[0];

    if (qtest_write(qtest, registers + E1000E_IMC, 4, UINT32_MAX, problem) != 0 ||
        qtest_write(qtest, registers + E1000E_IVAR, 4, E1000E_EACH_ITS_OWN, problem) != 0 ||
        qtest_write(qtest, registers + E1000E_EIAC, 4, E1000E_ALL_CAUSES, problem) != 0) {
        return -1;
    }
    for (uint32_t entry = 0; entry < E1000E_CAUSES; entry++) {
        if (qtest_write(qtest, registers + E1000E_EITR + 4u * entry, 4, 0, problem) != 0) {
            return -1;
        }
    }
    return qtest_write(qtest, registers + E1000E_IMS, 4, E1000E_ALL_CAUSES, problem);
}

/* A message clears its cause (EIAC), and with it the cause's enable bit. */
static int raise_e1000e(struct qtest *qtest, const struct pci_function *function, uint32_t entry,
                        struct problem *problem)
{
    uint64_t registers = function->bar_address[0];
    uint32_t cause = entry < E1000E_CAUSES ? UINT32_C(1) << (E1000E_FIRST_CAUSE + entry) : 0u;

    return qtest_write(qtest, registers + E1000E_IMS, 4, cause, problem) != 0
               ? -1
               : qtest_write(qtest, registers + E1000E_ICS, 4, cause, problem);
}

static int withdraw_e1000e(struct qtest *qtest, const struct pci_function *function, uint32_t entry,
                           struct problem *problem)
{
    uint64_t registers = function->bar_address[0];

    return qtest_write(qtest, registers + E1000E_ICR, 4, UINT32_C(1) << (E1000E_FIRST_CAUSE + entry), problem) != 0
               ? -1
               : qtest_write(qtest, registers + INTEL_PBACL, 4, UINT32_C(1) << entry, problem);
}

/* igb, an Intel 82576: extended causes, one an entry, set by Extended Interrupt
 * Cause Set (its data sheet, 8.8); a virtual function has three of its own in
 * registers at the same offsets.  Nothing is throttled while EITR is 0, as after
 * reset, and a message clears its cause, so each event sends one message. */
enum {
    IGB_GPIE = 0x1514,
    IGB_EICS = 0x1520,
    IGB_EIMS = 0x1524,
    IGB_EICR = 0x1580, /* the causes; write 1: satisfied */
    IGB_EIAC = 0x152c, /* causes that a message clears by itself */
    IGB_GPIE_MULTIPLE_MESSAGES = 0x10,
    IGB_GPIE_PBA = INT32_MIN, /* pending bits as in MSI-X */
    IGB_CAUSES = 10,
    IGB_VIRTUAL_CAUSES = 3
};

static uint32_t igb_causes(const struct pci_function *function)
{
    return function->virtual_number == 0 ? IGB_CAUSES : IGB_VIRTUAL_CAUSES;
}

static int arm_igb(struct qtest *qtest, const struct pci_function *function, struct problem *problem)
{
    uint64_t registers = function->bar_address[0];
    uint32_t all = (UINT32_C(1) << igb_causes(function)) - 1u;

    if (function->virtual_number == 0 &&
        qtest_write(qtest, registers + IGB_GPIE, 4, (uint32_t)IGB_GPIE_PBA | IGB_GPIE_MULTIPLE_MESSAGES, problem) !=
            0) {
        return -1;
    }
    return qtest_write(qtest, registers + IGB_EIAC, 4, all, problem) != 0
               ? -1
               : qtest_write(qtest, registers + IGB_EIMS, 4, all, problem);
}

static int raise_igb(struct qtest *qtest, const struct pci_function *function, uint32_t entry, struct problem *problem)
{
    uint32_t cause = entry < igb_causes(function) ? UINT32_C(1) << entry : 0u;

    return qtest_write(qtest, function->bar_address[0] + IGB_EICS, 4, cause, problem);
}

static int withdraw_igb(struct qtest *qtest, const struct pci_function *function, uint32_t entry,
                        struct problem *problem)
{
    uint64_t registers = function->bar_address[0];

    return qtest_write(qtest, registers + IGB_EICR, 4, UINT32_C(1) << entry, problem) != 0
               ? -1
               : qtest_write(qtest, registers + INTEL_PBACL, 4, UINT32_C(1) << entry, problem);
}

const char device_names[] = "rocker, ivshmem, e1000e, igb, nvme, nvme-sriov, xhci, vmxnet3, megasas";

const struct device_kind *device_find(const char *name)
{
    static const struct device_kind kinds[] = {
        {.name = "rocker", .argument = "rocker,name=switch", .raise = raise_rocker},
        {.name = "ivshmem", .default_vectors = 64, .raise = raise_ivshmem, .deferred = 1, .migratable = 1},
        {.name = "e1000e",
         .argument = "e1000e",
         .raise = raise_e1000e,
         .withdraw = withdraw_e1000e,
         .arm = arm_e1000e,
         .deferred = 1,
         .repeats = 1,
         .only_enabled = 1,
         .throttle_us = 400, /* QEMU rests a vector for 500 * 256 ns at least, whatever EITR says */
         .migratable = 1},
        {.name = "igb",
         .argument = "igb",
         .since = "8.0",
         .raise = raise_igb,
         .withdraw = withdraw_igb,
         .arm = arm_igb,
         .behind_port = 1,
         .virtual_functions = 4, /* of 8: the causes of the others are also those of the physical function */
         .virtual_messages = IGB_VIRTUAL_CAUSES},
        {.name = "nvme", .argument = "nvme,serial=irqcts"},
        {.name = "nvme-sriov", /* a virtual function begins with one vector; more come from the flexible pool */
         .argument = "nvme,serial=irqcts,subsys=subsystem,sriov_max_vfs=4,sriov_vq_flexible=8,sriov_vi_flexible=4",
         .since = "7.1",
         .before = "nvme-subsys,id=subsystem",
         .virtual_functions = 4,
         .virtual_messages = 1},
        {.name = "xhci", .argument = "qemu-xhci", .migratable = 1},
        {.name = "vmxnet3", .argument = "vmxnet3", .migratable = 1},
        {.name = "megasas", .argument = "megasas", .migratable = 1},
    };
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kinds[i].name, name) == 0) {
            return &kinds[i];
        }
    }
    return NULL;
}
