/* SPDX-License-Identifier: Apache-2.0 */
/* What the stack below offers, in nonpaged memory (IFACE-QUERY); what is not there stays empty. */
#include "driver.h"

void driver_acquire_interfaces(struct irqcts_device *device)
{
    irp_acquire_interface(device->below, &irqcts_guid_msix, IRQCTS_INTERFACE_VERSION, (PINTERFACE)&device->msix,
                          sizeof(device->msix), IRQCTS_MSIX_INTERFACE_MINIMUM);
    irp_acquire_interface(device->below, &irqcts_guid_virtualized, IRQCTS_INTERFACE_VERSION,
                          (PINTERFACE)&device->virtualized, sizeof(device->virtualized), sizeof(device->virtualized));
    irp_acquire_interface(device->below, &irqcts_guid_bus, IRQCTS_INTERFACE_VERSION, (PINTERFACE)&device->bus,
                          sizeof(device->bus), sizeof(device->bus));
    irp_acquire_interface(device->below, &irqcts_guid_stimulus, IRQCTS_INTERFACE_VERSION,
                          (PINTERFACE)&device->stimulus, sizeof(device->stimulus), sizeof(device->stimulus));
    irp_acquire_interface(device->below, &irqcts_guid_messages, IRQCTS_INTERFACE_VERSION,
                          (PINTERFACE)&device->messages, sizeof(device->messages), sizeof(device->messages));
    irp_acquire_interface(device->below, &irqcts_guid_options, IRQCTS_INTERFACE_VERSION,
                          (PINTERFACE)&device->options, sizeof(device->options), sizeof(device->options));
    irp_acquire_interface(device->below, &irqcts_guid_simulation, IRQCTS_INTERFACE_VERSION,
                          (PINTERFACE)&device->simulation, sizeof(device->simulation), sizeof(device->simulation));
}

void driver_release_interfaces(struct irqcts_device *device)
{
    irqcts_migration_forget(&device->migration);
    irp_release_interface((PINTERFACE)&device->msix, sizeof(device->msix));
    irp_release_interface((PINTERFACE)&device->virtualized, sizeof(device->virtualized));
    irp_release_interface((PINTERFACE)&device->bus, sizeof(device->bus));
    irp_release_interface((PINTERFACE)&device->stimulus, sizeof(device->stimulus));
    irp_release_interface((PINTERFACE)&device->messages, sizeof(device->messages));
    irp_release_interface((PINTERFACE)&device->options, sizeof(device->options));
    irp_release_interface((PINTERFACE)&device->simulation, sizeof(device->simulation));
}
