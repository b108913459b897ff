/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The annotations by which Windows' own tools (SAL, Code Analysis, Static Driver
 * Verifier) know what a routine may be given and at which level it runs.  The
 * WDK has all of them; what other headers lack, and everything on Linux, is
 * defined as nothing here.  Where <ntddk.h> is included it comes before this.
 */
#ifndef IRQCTS_WINDOWS_ANNOTATIONS_H
#define IRQCTS_WINDOWS_ANNOTATIONS_H

#ifdef _WIN32 /* the WDK's headers bring both along, mingw-w64's neither */
#  include <sal.h>
#  ifdef _NTDDK_
#    include <driverspecs.h>
#  endif
#endif

#ifndef _In_
#  define _In_
#endif
#ifndef _In_opt_
#  define _In_opt_
#endif
#ifndef _In_z_
#  define _In_z_
#endif
#ifndef _In_reads_
#  define _In_reads_(count)
#endif
#ifndef _In_reads_bytes_
#  define _In_reads_bytes_(size)
#endif
#ifndef _In_reads_bytes_opt_
#  define _In_reads_bytes_opt_(size)
#endif
#ifndef _Inout_
#  define _Inout_
#endif
#ifndef _Out_
#  define _Out_
#endif
#ifndef _Outptr_
#  define _Outptr_
#endif
#ifndef _Out_writes_
#  define _Out_writes_(count)
#endif
#ifndef _Out_writes_bytes_to_
#  define _Out_writes_bytes_to_(size, count)
#endif
#ifndef _Out_writes_bytes_all_
#  define _Out_writes_bytes_all_(size)
#endif
#ifndef _Out_writes_bytes_opt_
#  define _Out_writes_bytes_opt_(size)
#endif
#ifndef _In_range_
#  define _In_range_(low, high)
#endif
#ifndef _Inout_opt_
#  define _Inout_opt_
#endif
#ifndef _Requires_lock_not_held_
#  define _Requires_lock_not_held_(lock)
#endif
#ifndef _IRQL_uses_cancel_
#  define _IRQL_uses_cancel_
#endif
#ifndef _Out_writes_bytes_
#  define _Out_writes_bytes_(size)
#endif
#ifndef _Out_writes_z_
#  define _Out_writes_z_(count)
#endif
#ifndef _Must_inspect_result_
#  define _Must_inspect_result_
#endif
#ifndef _Ret_maybenull_
#  define _Ret_maybenull_
#endif
#ifndef _Use_decl_annotations_
#  define _Use_decl_annotations_
#endif
#ifndef _Function_class_
#  define _Function_class_(name)
#endif
#ifndef _Dispatch_type_
#  define _Dispatch_type_(major)
#endif
#ifndef _IRQL_requires_
#  define _IRQL_requires_(level)
#endif
#ifndef _IRQL_requires_max_
#  define _IRQL_requires_max_(level)
#endif
#ifndef _IRQL_requires_same_
#  define _IRQL_requires_same_
#endif
#ifndef __drv_allocatesMem
#  define __drv_allocatesMem(kind)
#endif
#ifndef __drv_freesMem
#  define __drv_freesMem(kind)
#endif

#endif
