/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IRQCTS_AGENT_REGISTRY_H
#define IRQCTS_AGENT_REGISTRY_H

/* Makes the backends that are linked into this agent known by name; none in
 * the ordinary agent, which loads shared libraries. */
void agent_register_backends(void);

#endif
