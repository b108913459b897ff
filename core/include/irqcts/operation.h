/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The vocabulary: what can be done to a PCI function with MSI-X, and what can
 * be observed of it.  Programs, the wire form, the oracle and every backend
 * share these records and nothing else.
 *
 * Words, as in the PCI and Windows documents: an *entry* is an index into the
 * MSI-X table, a *message* is an index into the messages granted to the
 * driver, a *function* is 0 for the physical function and 1 + v for virtual
 * function v.
 */
#ifndef IRQCTS_OPERATION_H
#define IRQCTS_OPERATION_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define IRQCTS_ENTRIES_MAX 2048u          /* CAP-TABLE-SIZE */
#define IRQCTS_VIRTUAL_FUNCTIONS_MAX 64u
#define IRQCTS_FUNCTIONS_MAX (1u + IRQCTS_VIRTUAL_FUNCTIONS_MAX)
#define IRQCTS_ENTRY_BYTES 16u            /* ENTRY-LAYOUT */
#define IRQCTS_SLOTS_MAX 4u               /* places to keep saved state in a program */
#define IRQCTS_MESSAGE_STRAY UINT32_MAX   /* a delivery that is no granted message */

/* Operation kinds.  The fields each one uses are listed; all others are 0. */
enum irqcts_operation_kind {
    IRQCTS_OPERATION_NONE = 0,
    /* Brings the device to the state after reset, with memory decoding and Bus
     * Master on.  First in every program and only there.  entry = N, message =
     * M of the physical function, value = virtual functions, data and control =
     * their N and M.  N = 0: a function without the MSI-X capability. */
    IRQCTS_OPERATION_CONFIGURE = 1,

    /* Routing view (function; Windows: PCI_MSIX_TABLE_CONFIG_INTERFACE). */
    IRQCTS_OPERATION_START = 2,        /* the driver starts: default assignment programmed, every entry
                                        * unmasked, MSI-X enabled (ROUTE-DEFAULT-*) */
    IRQCTS_OPERATION_SET_ENTRY = 3,    /* entry, message */
    IRQCTS_OPERATION_MASK = 4,         /* entry */
    IRQCTS_OPERATION_UNMASK = 5,       /* entry */
    IRQCTS_OPERATION_GET_ENTRY = 6,    /* entry; value observed: message | masked << 32 */
    IRQCTS_OPERATION_GET_SIZE = 7,     /* value observed: N */

    /* Register view (function, address = byte offset, width = 1, 2, 4 or 8). */
    IRQCTS_OPERATION_TABLE_READ = 8,        /* offset from the start of the table */
    IRQCTS_OPERATION_TABLE_WRITE = 9,       /* value, or IRQCTS_OPERATION_FROM_MESSAGE */
    IRQCTS_OPERATION_PBA_READ = 10,         /* offset from the start of the PBA */
    IRQCTS_OPERATION_PBA_WRITE = 11,        /* value */
    IRQCTS_OPERATION_CAPABILITY_READ = 12,  /* offset from the MSI-X capability; width 1, 2 or 4 */
    IRQCTS_OPERATION_CAPABILITY_WRITE = 13, /* value */
    IRQCTS_OPERATION_CONFIG_READ = 14,      /* offset in configuration space; width 1, 2 or 4 */
    IRQCTS_OPERATION_CONFIG_WRITE = 15,     /* value */
    IRQCTS_OPERATION_ENABLE = 16,           /* value 0 or 1: MSI-X Enable, the rest of the word kept */
    IRQCTS_OPERATION_FUNCTION_MASK = 17,    /* value 0 or 1: Function Mask, the rest of the word kept */
    IRQCTS_OPERATION_BUS_MASTER = 18,       /* value 0 or 1: Bus Master Enable */

    /* The device (function, entry). */
    IRQCTS_OPERATION_RAISE = 19,    /* an event on the entry inside the device */
    IRQCTS_OPERATION_WITHDRAW = 20, /* the cause is satisfied without an interrupt (PEND-WITHDRAWN) */

    /* All deliveries of all functions since the last poll, into the delivery buffer.  value = 1, in concurrent
     * histories only: those that have arrived by now, without waiting for what is under way. */
    IRQCTS_OPERATION_POLL = 21,

    /* Virtual-function view. */
    /* function = 1 + vf (any value, also one that names none), entry = index as
     * INT16 sign-extended to 32 bits; address, data, control, or
     * IRQCTS_OPERATION_FROM_MESSAGE.  Windows: DxgkDdiWriteVirtualizedInterrupt. */
    IRQCTS_OPERATION_WRITE_VIRTUALIZED = 22,
    IRQCTS_OPERATION_PAUSE = 23,   /* function */
    IRQCTS_OPERATION_RESUME = 24,  /* function */
    IRQCTS_OPERATION_SAVE = 25,    /* function, value = slot; the function is paused */
    IRQCTS_OPERATION_RESTORE = 26, /* function, value = slot, data = enum irqcts_corruption; paused */
    /* function, value = enum irqcts_reset_kind.  As an operating system does it:
     * BARs, memory decoding, Bus Master and virtual functions are set up again
     * afterwards, nothing of MSI-X is. */
    IRQCTS_OPERATION_RESET = 27,

    IRQCTS_OPERATION_KIND_COUNT = 28,

    /* Linux VFIO with raw arguments (uapi/linux/vfio.h), for the VFIO clauses.
     * The oracle does not follow them: what they must do is stated by the
     * program's author.  Of a refused call the value observed is the errno. */
    IRQCTS_OPERATION_VFIO_FIRST = 32,
    /* VFIO_DEVICE_SET_IRQS: message = index, entry = start, data = count,
     * control = flags, address = argsz (0: the structure's own size), value =
     * payload (below), width = 1: the argument's pages are not readable. */
    IRQCTS_OPERATION_VFIO_SET_IRQS = 32,
    /* VFIO_DEVICE_GET_IRQ_INFO: message = index, address = argsz (0: right);
     * value observed: flags | count << 32. */
    IRQCTS_OPERATION_VFIO_IRQ_INFO = 33,
    /* message = region, address = offset, width = 1, 2, 4 or 8; control = 0:
     * value observed is what was read; 1: how many bytes the call returned. */
    IRQCTS_OPERATION_VFIO_REGION_READ = 34,
    /* The same with value written; value observed: how many bytes the call returned. */
    IRQCTS_OPERATION_VFIO_REGION_WRITE = 35,
    /* VFIO_DEVICE_GET_REGION_INFO: message = region; control = 0: value
     * observed is the flags | 1 << 32 if the region may be mapped with the
     * MSI-X table in it; 1: the region's size. */
    IRQCTS_OPERATION_VFIO_REGION_INFO = 36,
    IRQCTS_OPERATION_VFIO_RESET = 37, /* VFIO_DEVICE_RESET */
    /* A device call on a second opening of the character device that was not
     * bound to iommufd: message = enum irqcts_vfio_call. */
    IRQCTS_OPERATION_VFIO_UNBOUND = 38,
    /* The device's migration state, for drivers that have one (VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE): control
     * = 0: set it to message = enum vfio_device_mig_state; 1: value observed is the state. */
    IRQCTS_OPERATION_VFIO_MIGRATION = 39,
    IRQCTS_OPERATION_VFIO_END = 40,

    /* Windows, with raw arguments, for the IFACE clauses; followed by the oracle as little as the VFIO calls are.
     * IRP_MN_QUERY_INTERFACE: message = enum irqcts_windows_interface, entry = Size, data = Version; value
     * observed: IRQCTS_WINDOWS_QUERIED, or the NTSTATUS of a refusal. */
    IRQCTS_OPERATION_WINDOWS_QUERY = 40,
    /* Value observed: MessageCount of what IoConnectInterruptEx supplied. */
    IRQCTS_OPERATION_WINDOWS_MESSAGES = 41,
    /* From here on the routines of the routing view are called at message = enum irqcts_windows_level.
     * NOT_SUPPORTED where the platform does not tell that level from PASSIVE_LEVEL (ROUTE-IRQL). */
    IRQCTS_OPERATION_WINDOWS_LEVEL = 42,
    /* Value observed: the level found when a routine of another driver was last called, as enum
     * irqcts_windows_level; NOT_SUPPORTED as above. */
    IRQCTS_OPERATION_WINDOWS_CALLED = 43,
    /* The device goes to power state D0 (message = 0) to D3 (3), by IRP_MN_SET_POWER through its stack. */
    IRQCTS_OPERATION_WINDOWS_POWER = 44,
    IRQCTS_OPERATION_END = 45
};

enum irqcts_windows_level {
    IRQCTS_WINDOWS_PASSIVE = 0,  /* PASSIVE_LEVEL */
    IRQCTS_WINDOWS_DISPATCH = 1, /* DISPATCH_LEVEL */
    IRQCTS_WINDOWS_DEVICE = 2,   /* DIRQL of the first message */
    IRQCTS_WINDOWS_LEVEL_COUNT = 3
};

enum irqcts_windows_interface {
    IRQCTS_WINDOWS_MSIX = 0,    /* GUID_MSIX_TABLE_CONFIG_INTERFACE */
    IRQCTS_WINDOWS_UNKNOWN = 1, /* a GUID that no bus driver knows */
    IRQCTS_WINDOWS_NEARLY = 2   /* the first with its last bit turned over */
};
/* What a query that succeeded returned: bit k of `members` says that member k of the
 * interface, counted from Context, is not NULL; `beyond`: bytes behind Size were written. */
#define IRQCTS_WINDOWS_QUERIED(size, version, members, beyond)                                        \
    ((uint64_t)(size) | (uint64_t)(version) << 16 | (uint64_t)(members) << 32 | (uint64_t)(beyond) << 48)

/* The payload of VFIO_SET_IRQS.  With DATA_BOOL: eight bytes, repeated.  With
 * DATA_EVENTFD: position i carries the eventfd of message (first + i * step)
 * mod M, except for `length` positions from `position`. */
#define IRQCTS_VFIO_PAYLOAD(first, step, exception, position, length)                                     \
    ((uint64_t)(first) | (uint64_t)(step) << 16 | (uint64_t)(exception) << 24 | (uint64_t)(position) << 32 | \
     (uint64_t)(length) << 48)
enum irqcts_vfio_call {
    IRQCTS_VFIO_CALL_GET_INFO = 0,
    IRQCTS_VFIO_CALL_GET_REGION_INFO = 1,
    IRQCTS_VFIO_CALL_GET_IRQ_INFO = 2,
    IRQCTS_VFIO_CALL_SET_IRQS = 3,
    IRQCTS_VFIO_CALL_RESET = 4
};
enum irqcts_vfio_exception {
    IRQCTS_VFIO_EXCEPTION_NONE = 0,
    IRQCTS_VFIO_EXCEPTION_MINUS_ONE = 1,
    IRQCTS_VFIO_EXCEPTION_MINUS_TWO = 2,
    IRQCTS_VFIO_EXCEPTION_CLOSED = 3,      /* a descriptor that is not open */
    IRQCTS_VFIO_EXCEPTION_NO_EVENTFD = 4   /* a descriptor of something else */
};

/* Where a FROM_MESSAGE write takes its bytes: the 16-byte entry {address and
 * data of message `message` of function `message_function`, Vector Control =
 * `control`}; a TABLE_WRITE then writes the bytes that its offset covers. The
 * address and data are known only once the backend has been configured, so a
 * program names the message instead. */
#define IRQCTS_OPERATION_FROM_MESSAGE 1u
/* Of a CONFIGURE, in concurrent histories only: from now on several threads call execute(), until the next CONFIGURE. */
#define IRQCTS_OPERATION_SEVERAL_THREADS 2u

enum irqcts_reset_kind {
    IRQCTS_RESET_CONVENTIONAL = 0, /* every function of the device */
    IRQCTS_RESET_FUNCTION_LEVEL = 1 /* the function; for the physical one its virtual ones too */
};

/* What a restore does to a copy of the saved state first (SAVE-REJECT-INCONSISTENT). */
enum irqcts_corruption {
    IRQCTS_CORRUPTION_NONE = 0,
    IRQCTS_CORRUPTION_SIZE = 1,      /* fewer bytes than the state's own size says */
    IRQCTS_CORRUPTION_DUPLICATE = 2, /* the same entry twice */
    IRQCTS_CORRUPTION_INDEX = 3      /* an entry index that is not in the table */
};

struct irqcts_operation {
    uint16_t kind;  /* enum irqcts_operation_kind */
    uint8_t width;  /* bytes */
    uint8_t flags;  /* IRQCTS_OPERATION_FROM_MESSAGE, IRQCTS_OPERATION_SEVERAL_THREADS or 0 */
    uint32_t function;
    uint32_t entry;
    uint32_t message;
    uint64_t address; /* byte offset, or a message address */
    uint64_t value;
    uint32_t data;
    uint32_t control;
    uint32_t message_function; /* with FROM_MESSAGE: whose message; normally = function */
    uint32_t reserved;
};

/* What the device answered, in the suite's words; the native code (errno,
 * NTSTATUS) travels beside it. */
enum irqcts_status {
    IRQCTS_STATUS_OK = 0,
    IRQCTS_STATUS_INVALID_PARAMETER = 1,
    IRQCTS_STATUS_NOT_SUPPORTED = 2,
    IRQCTS_STATUS_INVALID_STATE = 3,
    IRQCTS_STATUS_NO_RESOURCES = 4,
    IRQCTS_STATUS_ACCESS_DENIED = 5,
    IRQCTS_STATUS_DEVICE_ERROR = 6,  /* any other refusal by the device */
    IRQCTS_STATUS_GONE = 7,          /* the device is no longer there */
    IRQCTS_STATUS_NOT_EXECUTED = 8,  /* the backend never got to it */
    IRQCTS_STATUS_COUNT = 9
};

enum irqcts_native_kind {
    IRQCTS_NATIVE_NONE = 0,
    IRQCTS_NATIVE_ERRNO = 1,
    IRQCTS_NATIVE_NTSTATUS = 2
};

/* One operation's outcome. */
struct irqcts_result {
    uint32_t status;         /* enum irqcts_status */
    uint32_t native_kind;    /* enum irqcts_native_kind */
    uint32_t native_code;
    uint32_t delivery_first; /* POLL: its records in the delivery buffer */
    uint32_t delivery_count;
    uint32_t latency_ns;     /* POLL: from the last raise to the last arrival, 0 if not measured */
    uint64_t value;          /* reads, GET_ENTRY, GET_SIZE */
};

/* Messages of one kind that arrived between two polls.  For a stray, `message`
 * is IRQCTS_MESSAGE_STRAY and address and data are what arrived (0 when the
 * backend cannot tell). */
struct irqcts_delivery {
    uint32_t function;
    uint32_t message;
    uint32_t count;
    uint32_t data;
    uint64_t address;
};

/* Caller-owned room for delivery records; `lost` counts those that did not fit. */
struct irqcts_delivery_buffer {
    struct irqcts_delivery *records;
    uint32_t capacity;
    uint32_t count;
    uint32_t lost;
    uint32_t reserved;
};

/* What makes message `message` of a function: the write of `data` to `address`.
 * IRQCTS_MESSAGE_OPAQUE: the backend delivers the message but neither shows nor
 * lets anyone choose its address and data (VFIO eventfds, Windows). */
#define IRQCTS_MESSAGE_OPAQUE 1u
struct irqcts_message {
    uint64_t address;
    uint32_t data;
    uint32_t flags;
};

/* What the backend can see (of the device, through a backend). */
enum irqcts_observation {
    IRQCTS_OBSERVES_STATUS = 1,        /* statuses are the device's or driver's own answer */
    IRQCTS_OBSERVES_DELIVERIES = 2,    /* which messages arrived */
    IRQCTS_OBSERVES_EXACT_COUNTS = 4,  /* and how often; without it, a count only says "at least one" */
    IRQCTS_OBSERVES_STRAYS = 8,        /* messages that match no granted message */
    IRQCTS_OBSERVES_TABLE = 16,        /* TABLE_READ shows the device's table */
    IRQCTS_OBSERVES_PBA = 32,
    IRQCTS_OBSERVES_CAPABILITY = 64
};

enum irqcts_stimulus {
    IRQCTS_STIMULUS_NONE = 0,
    IRQCTS_STIMULUS_LOOPBACK = 1, /* the path is exercised, the device is not (it ignores masks) */
    IRQCTS_STIMULUS_DEVICE = 2    /* a real event inside the device */
};

enum irqcts_property {
    /* Everything that an operation causes has happened when execute() returns. */
    IRQCTS_PROPERTY_SYNCHRONOUS = 1,
    /* The backend itself composes the routing view from register accesses: a
     * refusal of bad arguments there is the backend's, not a driver's. */
    IRQCTS_PROPERTY_ROUTING_COMPOSED = 2,
    /* The same for the virtual-function view. */
    IRQCTS_PROPERTY_VIRTUALIZED_COMPOSED = 4,
    /* N, M and the number of virtual functions can be chosen up to the limits;
     * without it they are exactly the limits (M: any number up to it). */
    IRQCTS_PROPERTY_CONFIGURABLE = 8,
    /* Several instances may run at once (pytest-xdist). */
    IRQCTS_PROPERTY_PARALLEL = 16,
    /* Not a device but a playing-back of the oracle. */
    IRQCTS_PROPERTY_MODEL = 32,
    /* One event may send its message more than once (a level cause, throttling). */
    IRQCTS_PROPERTY_REPEATS = 64,
    /* After CONFIGURE with IRQCTS_OPERATION_SEVERAL_THREADS and START, several threads may call execute() at once, each
     * with a delivery buffer of its own; one of them polls. */
    IRQCTS_PROPERTY_CONCURRENT = 128,
    /* A message's identity is not in what the device sends but is settled where it arrives (VFIO: the eventfd that its
     * vector has then): what is under way when an entry is set may come as the new message. */
    IRQCTS_PROPERTY_ROUTED_ON_ARRIVAL = 256,
    /* M is messages_max and no other number: what Windows granted when the device was started. */
    IRQCTS_PROPERTY_MESSAGES_FIXED = 512
};

#ifdef __cplusplus
}
#endif
#endif
