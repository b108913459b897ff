// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
/*
 * A VFIO driver that can stop its device, for any PCI device with MSI-X: the
 * counterpart of VFIO-MIGRATION-STOP where no real one is at hand.  Everything but
 * the stopping is the kernel's: vfio_pci_core gives user space the device, and the
 * VFIO core checks and walks the migration states.
 *
 * Stopped is Function Mask, as pause.h of the backend has it: an event pends.  Nobody
 * but this driver sees the bit, so configuration space stays what its user left.
 * The saved state is empty; what the clause is about is the silence.
 *
 *   fault=delivers   it stops nothing
 *   fault=forgets    it stops by masking every entry, and the user's masks are lost
 *   fault=shows      its Function Mask is seen in configuration space
 *   fault=deaf       memory decoding is off while it is stopped: the table does not answer
 */
#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/uaccess.h>
#include <linux/vfio_pci_core.h>
#include <linux/version.h>

static char *fault = "";
module_param(fault, charp, 0444);
MODULE_PARM_DESC(fault, "what it does wrong: delivers, forgets, shows or deaf");

struct migrating_device {
	struct vfio_pci_core_device core;
	struct mutex state_lock; /* of state and transfer, and of the device's stopping */
	enum vfio_device_mig_state state;
	struct file *transfer; /* in STOP_COPY and RESUMING */
};

static bool fails_by(const char *how)
{
	return strcmp(fault, how) == 0;
}

static struct migrating_device *migrating_from(struct vfio_device *device)
{
	return container_of(device, struct migrating_device, core.vdev);
}

static void change_control(struct pci_dev *device, u16 clear, u16 set)
{
	u16 control;

	pci_read_config_word(device, device->msix_cap + PCI_MSIX_FLAGS, &control);
	control = (control & ~clear) | set;
	pci_write_config_word(device, device->msix_cap + PCI_MSIX_FLAGS, control);
}

static void mask_every_entry(struct pci_dev *device, bool mask)
{
	u32 place, entries;
	u16 control;
	u8 __iomem *table;

	pci_read_config_word(device, device->msix_cap + PCI_MSIX_FLAGS, &control);
	pci_read_config_dword(device, device->msix_cap + PCI_MSIX_TABLE, &place);
	entries = (control & PCI_MSIX_FLAGS_QSIZE) + 1;
	table = ioremap(pci_resource_start(device, place & PCI_MSIX_TABLE_BIR) + (place & PCI_MSIX_TABLE_OFFSET),
			entries * PCI_MSIX_ENTRY_SIZE);
	if (!table)
		return;
	for (u32 entry = 0; entry < entries; entry++)
		writel(mask, table + entry * PCI_MSIX_ENTRY_SIZE + PCI_MSIX_ENTRY_VECTOR_CTRL);
	iounmap(table);
}

static void stop_device(struct migrating_device *migrating, bool stop)
{
	struct pci_dev *device = migrating->core.pdev;

	if (fails_by("delivers"))
		return;
	if (fails_by("forgets")) {
		mask_every_entry(device, stop);
		return;
	}
	change_control(device, PCI_MSIX_FLAGS_MASKALL, stop ? PCI_MSIX_FLAGS_MASKALL : 0);
	if (fails_by("deaf")) {
		u16 command;

		pci_read_config_word(device, PCI_COMMAND, &command);
		command = stop ? command & ~PCI_COMMAND_MEMORY : command | PCI_COMMAND_MEMORY;
		pci_write_config_word(device, PCI_COMMAND, command);
	}
}

/* The empty state. */

static ssize_t transfer_read(struct file *file, char __user *bytes, size_t length, loff_t *position)
{
	return 0;
}

static ssize_t transfer_write(struct file *file, const char __user *bytes, size_t length, loff_t *position)
{
	return length == 0 ? 0 : -EINVAL;
}

static const struct file_operations transfer_operations = {
	.owner = THIS_MODULE,
	.read = transfer_read,
	.write = transfer_write,
};

static struct file *open_transfer(struct migrating_device *migrating, int flags)
{
	struct file *file = anon_inode_getfile("irqcts-migrating", &transfer_operations, migrating, flags);

	if (!IS_ERR(file)) {
		get_file(file); /* one for the caller, one for this driver */
		migrating->transfer = file;
	}
	return file;
}

static void close_transfer(struct migrating_device *migrating)
{
	if (migrating->transfer)
		fput(migrating->transfer);
	migrating->transfer = NULL;
}

/* One arc of the VFIO core's state machine. */
static struct file *take_arc(struct migrating_device *migrating, enum vfio_device_mig_state next)
{
	enum vfio_device_mig_state from = migrating->state;

	if (from == VFIO_DEVICE_STATE_RUNNING && next == VFIO_DEVICE_STATE_STOP) {
		stop_device(migrating, true);
		return NULL;
	}
	if (from == VFIO_DEVICE_STATE_STOP && next == VFIO_DEVICE_STATE_RUNNING) {
		stop_device(migrating, false);
		return NULL;
	}
	if (from == VFIO_DEVICE_STATE_STOP && next == VFIO_DEVICE_STATE_STOP_COPY)
		return open_transfer(migrating, O_RDONLY);
	if (from == VFIO_DEVICE_STATE_STOP && next == VFIO_DEVICE_STATE_RESUMING)
		return open_transfer(migrating, O_WRONLY);
	close_transfer(migrating); /* STOP_COPY or RESUMING to STOP */
	return NULL;
}

static struct file *migrating_set_state(struct vfio_device *device, enum vfio_device_mig_state wanted)
{
	struct migrating_device *migrating = migrating_from(device);
	struct file *file = NULL;

	mutex_lock(&migrating->state_lock);
	while (migrating->state != wanted) {
		enum vfio_device_mig_state next;
		int code = vfio_mig_get_next_state(device, migrating->state, wanted, &next);

		file = code ? ERR_PTR(code) : take_arc(migrating, next);
		if (IS_ERR(file))
			break;
		migrating->state = next;
		if (file && next != wanted) { /* the core's arcs open a file only as their last */
			WARN_ON_ONCE(1);
			fput(file);
			file = NULL;
		}
	}
	mutex_unlock(&migrating->state_lock);
	return file;
}

static int migrating_get_state(struct vfio_device *device, enum vfio_device_mig_state *state)
{
	struct migrating_device *migrating = migrating_from(device);

	mutex_lock(&migrating->state_lock);
	*state = migrating->state;
	mutex_unlock(&migrating->state_lock);
	return 0;
}

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
static int migrating_get_size(struct vfio_device *device, unsigned long *bytes)
{
	*bytes = 0;
	return 0;
}
#endif

static const struct vfio_migration_ops migration_operations = {
	.migration_set_state = migrating_set_state,
	.migration_get_state = migrating_get_state,
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
	.migration_get_data_size = migrating_get_size,
#endif
};

/* The device for its user. */

/* Function Mask is this driver's while the device is stopped; its user cannot write the bit, and reads 0. */
static ssize_t migrating_read(struct vfio_device *device, char __user *bytes, size_t length, loff_t *position)
{
	struct migrating_device *migrating = migrating_from(device);
	u64 high = migrating->core.pdev->msix_cap + PCI_MSIX_FLAGS + 1;
	u64 first = *position & VFIO_PCI_OFFSET_MASK;
	bool configuration = VFIO_PCI_OFFSET_TO_INDEX(*position) == VFIO_PCI_CONFIG_REGION_INDEX;
	ssize_t done = vfio_pci_core_read(device, bytes, length, position);
	bool hide = configuration && done > 0 && first <= high && high < first + done && !fails_by("shows");
	u8 byte;

	if (hide && migrating->state != VFIO_DEVICE_STATE_RUNNING) {
		if (get_user(byte, (u8 __user *)bytes + (high - first)))
			return -EFAULT;
		byte &= ~(PCI_MSIX_FLAGS_MASKALL >> 8);
		if (put_user(byte, (u8 __user *)bytes + (high - first)))
			return -EFAULT;
	}
	return done;
}

static int migrating_open(struct vfio_device *device)
{
	struct migrating_device *migrating = migrating_from(device);
	int code = vfio_pci_core_enable(&migrating->core);

	if (!code) {
		migrating->state = VFIO_DEVICE_STATE_RUNNING;
		vfio_pci_core_finish_enable(&migrating->core);
	}
	return code;
}

static void migrating_close(struct vfio_device *device)
{
	struct migrating_device *migrating = migrating_from(device);

	mutex_lock(&migrating->state_lock);
	close_transfer(migrating);
	if (migrating->state != VFIO_DEVICE_STATE_RUNNING)
		stop_device(migrating, false);
	migrating->state = VFIO_DEVICE_STATE_RUNNING;
	mutex_unlock(&migrating->state_lock);
	vfio_pci_core_close_device(device);
}

static int migrating_init(struct vfio_device *device)
{
	struct migrating_device *migrating = migrating_from(device);

	mutex_init(&migrating->state_lock);
	device->migration_flags = VFIO_MIGRATION_STOP_COPY;
	device->mig_ops = &migration_operations;
	return vfio_pci_core_init_dev(device);
}

static const struct vfio_device_ops migrating_operations = {
	.name = "irqcts-migrating",
	.init = migrating_init,
	.release = vfio_pci_core_release_dev,
	.open_device = migrating_open,
	.close_device = migrating_close,
	.ioctl = vfio_pci_core_ioctl,
	.device_feature = vfio_pci_core_ioctl_feature,
	.read = migrating_read,
	.write = vfio_pci_core_write,
	.mmap = vfio_pci_core_mmap,
	.request = vfio_pci_core_request,
	.match = vfio_pci_core_match,
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
	.bind_iommufd = vfio_iommufd_physical_bind,
	.unbind_iommufd = vfio_iommufd_physical_unbind,
	.attach_ioas = vfio_iommufd_physical_attach_ioas,
#endif
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
	.detach_ioas = vfio_iommufd_physical_detach_ioas,
#endif
};

static int migrating_probe(struct pci_dev *device, const struct pci_device_id *id)
{
	struct migrating_device *migrating;
	int code;

	if (!device->msix_cap)
		return -ENODEV;
	migrating = vfio_alloc_device(migrating_device, core.vdev, &device->dev, &migrating_operations);
	if (IS_ERR(migrating))
		return PTR_ERR(migrating);
	dev_set_drvdata(&device->dev, &migrating->core);
	code = vfio_pci_core_register_device(&migrating->core);
	if (code)
		vfio_put_device(&migrating->core.vdev);
	return code;
}

static void migrating_remove(struct pci_dev *device)
{
	struct vfio_pci_core_device *core = dev_get_drvdata(&device->dev);

	vfio_pci_core_unregister_device(core);
	vfio_put_device(&core->vdev);
}

/* Only by driver_override. */
static const struct pci_device_id migrating_devices[] = {
	{ PCI_DRIVER_OVERRIDE_DEVICE_VFIO(PCI_ANY_ID, PCI_ANY_ID) },
	{}
};
MODULE_DEVICE_TABLE(pci, migrating_devices);

static struct pci_driver migrating_driver = {
	.name = "irqcts-migrating",
	.id_table = migrating_devices,
	.probe = migrating_probe,
	.remove = migrating_remove,
	.err_handler = &vfio_pci_core_err_handlers,
	.driver_managed_dma = true,
};
module_pci_driver(migrating_driver);

MODULE_DESCRIPTION("A VFIO driver that can stop its device, for tests");
MODULE_LICENSE("GPL");
