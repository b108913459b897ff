/* SPDX-License-Identifier: Apache-2.0 */
/* Finding a stimulus for a device, built in or loaded, on registers that are memory. */
#include "backend.h"

#include "check.h"

#define IVAR_E1000E 0xe4u

static uint32_t registers[16384];

static struct vfio_backend backend_of(uint16_t vendor, uint16_t device)
{
    struct vfio_backend backend = { .device = { .vendor = vendor, .device = device, .entries = 4 } };
    backend.device.bar[0] = registers;
    backend.device.regions[0].size = sizeof registers;
    memset(registers, 0, sizeof registers);
    return backend;
}

static void opens(struct vfio_backend *backend, const char *stimulus, const char *name)
{
    char error[512] = "";
    CHECK_EQ(vfio_stimulus_open(backend, stimulus, error, sizeof error), 0);
    CHECK(backend->stimulus != NULL);
    CHECK_TEXT(backend->stimulus->name, name);
}

static void refuses(uint16_t vendor, uint16_t device, const char *stimulus, const char *part_of_sentence)
{
    struct vfio_backend backend = backend_of(vendor, device);
    char error[512] = "";
    CHECK(vfio_stimulus_open(&backend, stimulus, error, sizeof error) < 0);
    if (strstr(error, part_of_sentence) == NULL) {
        (void)fprintf(stderr, "\"%s\" does not contain \"%s\"\n", error, part_of_sentence);
        exit(1);
    }
    CHECK(backend.stimulus == NULL);
    vfio_stimulus_close(&backend);
}

static void raises(struct vfio_backend *backend, uint32_t entry, uint32_t offset, uint32_t value)
{
    struct irqcts_result result = { 0 };
    vfio_stimulus_arm(backend);
    vfio_stimulus_raise(backend, entry, &result);
    CHECK_EQ(result.status, IRQCTS_STATUS_OK);
    CHECK_EQ(registers[offset / 4], value);
    CHECK(backend->raised_ns != 0);
}

int main(int count, char **values)
{
    CHECK_EQ(count, 2);
    struct vfio_backend backend = backend_of(0x1b36, 0x0006);
    opens(&backend, "", "rocker");
    raises(&backend, 3, 0x20, 3);
    vfio_stimulus_close(&backend);

    backend = backend_of(0x8086, 0x10d3);
    registers[IVAR_E1000E / 4] = 0x12345678;
    opens(&backend, "e1000e", "e1000e");
    raises(&backend, 4, 0xc8, 1u << 24);
    CHECK(registers[IVAR_E1000E / 4] != 0x12345678);
    struct irqcts_result result = { 0 };
    vfio_stimulus_raise(&backend, 5, &result); /* it has five causes */
    CHECK_EQ(result.status, IRQCTS_STATUS_NOT_SUPPORTED);
    vfio_stimulus_close(&backend);
    CHECK_EQ(registers[IVAR_E1000E / 4], 0x12345678);

    backend = backend_of(0x1234, 0x0001); /* nobody knows it: loopback is left */
    char error[512] = "";
    CHECK_EQ(vfio_stimulus_open(&backend, "", error, sizeof error), 0);
    CHECK(backend.stimulus == NULL);
    opens(&backend, values[1], "example");
    raises(&backend, 2, 0x40, 0x80000002u);
    vfio_stimulus_close(&backend);
    CHECK_EQ(registers[0x40 / 4], 0);

    refuses(0x1b36, 0x0006, "igb", "does not know the device 1b36:0006");
    refuses(0x1b36, 0x0006, "abacus", "no driver of that name");
    refuses(0x1b36, 0x0006, "./no-such-library.so", "cannot be loaded");
    refuses(0x1b36, 0x0006, values[1], "does not know the device");
    return 0;
}
