/* SPDX-License-Identifier: Apache-2.0 */
#include "agent_registry.h"

void agent_register_backends(void)
{
}
