/* SPDX-License-Identifier: Apache-2.0 */
/* DxgkDdiQueryInterface: all that a vendor adds.  docs/miniport.md shows this file. */
#include "miniport.h"

static VOID NTAPI Reference(PVOID Context)
{
    InterlockedIncrement(&((struct miniport *)Context)->references);
}

static VOID NTAPI Dereference(PVOID Context)
{
    InterlockedDecrement(&((struct miniport *)Context)->references);
}

_Use_decl_annotations_
NTSTATUS NTAPI SampleQueryInterface(const PVOID MiniportDeviceContext, PQUERY_INTERFACE QueryInterface)
{
    IRQCTS_VIRTUALIZED_INTERFACE *out = (IRQCTS_VIRTUALIZED_INTERFACE *)QueryInterface->Interface;

    if (!IsEqualGUID(QueryInterface->InterfaceType, &irqcts_guid_virtualized)) {
        return STATUS_NOT_SUPPORTED; /* Dxgkrnl asks the next driver */
    }
    if (QueryInterface->Size < sizeof(*out) || QueryInterface->Version < IRQCTS_INTERFACE_VERSION) {
        return STATUS_INVALID_PARAMETER;
    }
    out->Size = sizeof(*out);
    out->Version = IRQCTS_INTERFACE_VERSION;
    out->Context = MiniportDeviceContext;
    out->InterfaceReference = Reference;
    out->InterfaceDereference = Dereference;
    out->Routines = (struct irqcts_dxgk_routines){
        .Adapter = MiniportDeviceContext,
        .Offered = IRQCTS_OFFERS_WRITE | IRQCTS_OFFERS_PREPARE | IRQCTS_OFFERS_SAVE | IRQCTS_OFFERS_END,
        .WriteVirtualizedInterrupt = SampleWriteVirtualizedInterrupt,
        .PrepareLiveMigration = SamplePrepareLiveMigration,
        .SaveImmutableMigrationData = SampleSaveImmutableMigrationData,
        .SaveMutableMigrationData = SampleSaveMutableMigrationData,
        .RestoreImmutableMigrationData = SampleRestoreImmutableMigrationData,
        .RestoreMutableMigrationData = SampleRestoreMutableMigrationData,
        .EndLiveMigration = SampleEndLiveMigration,
    };
    out->InterfaceReference(out->Context);
    return STATUS_SUCCESS;
}
