/* SPDX-License-Identifier: Apache-2.0 */
/* The public symbol of irqcts_windows.dll. */
#include "irqcts/backend.h"

const struct irqcts_backend_interface *irqcts_backend_windows_entry(uint32_t abi_version);
__declspec(dllexport) const struct irqcts_backend_interface *irqcts_backend_entry(uint32_t abi_version);

const struct irqcts_backend_interface *irqcts_backend_entry(uint32_t abi_version)
{
    return irqcts_backend_windows_entry(abi_version);
}
