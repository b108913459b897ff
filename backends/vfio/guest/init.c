/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first and only process of the guest in which the VFIO backend runs: loads
 * the modules, gives the device to vfio-pci, starts and stops the agent on
 * request, and passes on the kernel's log.  Statically linked, so that the
 * guest needs no file but this one, the agent and the modules.
 *
 * Two channels to the host, the virtio-serial ports irqcts.agent and
 * irqcts.control, or with irqcts.transport=serial on the kernel's command line
 * the second and third serial port, for a kernel without virtio:
 *
 *   agent     becomes the agent's standard input and output
 *   control   lines of text, read and written by this program
 *
 *     host -> guest   start ARGUMENTS…       starts /irqcts-agent with them
 *                     stop                   ends it: SIGTERM, after two seconds SIGKILL
 *                     write PATH TEXT        writes TEXT to PATH (sysfs, sysrq)
 *                     sync TOKEN             everything the kernel logged so far comes before the answer
 *                     end                    stops the agent and ends the machine
 *     guest -> host   ready RELEASE               once
 *                     problem SENTENCE            something that this program tried and could not do
 *                     started | stopped | written ERRNO | synced TOKEN | bye
 *                     exited CODE | killed SIGNAL  the agent ended
 *                     kmsg LEVEL SEQUENCE MICROSECONDS TEXT
 *
 * The machine ends through the isa-debug-exit port with a value of its own: a
 * kernel panic and a power-off both give QEMU's exit status 0, which therefore
 * proves nothing.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define EXIT_PORT 0x501u  /* -device isa-debug-exit,iobase=0x501,iosize=4 */
#define EXIT_ENDED 0x15u  /* as asked; QEMU ends with (value << 1) | 1 = 43 */
#define EXIT_NO_CHANNEL 0x16u /* no way to reach the host; QEMU ends with 45 */
#define ARGUMENTS_MAX 32
#define LINE_MAX_BYTES 4096
#define STOP_PATIENCE_MS 2000
#define DEVICE_PATIENCE_MS 3000

struct guest {
    char agent_path[64];
    int control;
    int kernel_log;
    int signals;
    pid_t agent;
    char line[LINE_MAX_BYTES];
    size_t line_length;
};

static void write_all(int file, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t written = write(file, bytes, length);
        if (written < 0 && (errno == EINTR || errno == EAGAIN)) {
            continue;
        }
        if (written <= 0) {
            return; /* the host is gone; its time limit ends this machine */
        }
        bytes += written;
        length -= (size_t)written;
    }
}

__attribute__((format(printf, 2, 3))) static void say(const struct guest *guest, const char *format, ...)
{
    char text[LINE_MAX_BYTES + 64];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text - 1, format, arguments);
    va_end(arguments);
    if (length < 0) {
        return;
    }
    size_t used = (size_t)length < sizeof text - 1 ? (size_t)length : sizeof text - 2;
    text[used++] = '\n';
    write_all(guest->control, text, used);
}

static void sleep_ms(long milliseconds)
{
    struct timespec pause = { milliseconds / 1000, milliseconds % 1000 * 1000000L };
    nanosleep(&pause, NULL);
}

/* Writes a short text to a file that exists; 0 or an errno. */
static int write_text(const char *path, const char *text)
{
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0) {
        return errno;
    }
    ssize_t written = write(file, text, strlen(text));
    int code = written < 0 ? errno : 0;
    close(file);
    return code;
}

static size_t read_text(const char *path, char *text, size_t size)
{
    text[0] = '\0';
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return 0;
    }
    ssize_t length = read(file, text, size - 1);
    close(file);
    if (length < 0) {
        length = 0;
    }
    text[length] = '\0';
    return (size_t)length;
}

/* What could not be done before there was a channel to say it on. */
static char early_problems[2048];

__attribute__((format(printf, 1, 2))) static void note_problem(const char *format, ...)
{
    size_t used = strlen(early_problems);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(early_problems + used, sizeof early_problems - used, format, arguments);
    va_end(arguments);
}

static void mount_file_systems(void)
{
    mkdir("/dev", 0755);
    mkdir("/proc", 0755);
    mkdir("/sys", 0755);
    if (mount("devtmpfs", "/dev", "devtmpfs", 0, "") < 0) {
        note_problem("cannot mount /dev: %s\n", strerror(errno));
    }
    if (mount("proc", "/proc", "proc", 0, "") < 0) {
        note_problem("cannot mount /proc: %s\n", strerror(errno));
    }
    if (mount("sysfs", "/sys", "sysfs", 0, "") < 0) {
        note_problem("cannot mount /sys: %s\n", strerror(errno));
    }
    /* The archive has no device nodes, so the kernel could not open a console for this process. */
    int console = open("/dev/console", O_RDWR | O_NOCTTY);
    for (int file = STDIN_FILENO; console >= 0 && file <= STDERR_FILENO; file++) {
        if (file != console) {
            dup2(console, file);
        }
    }
}

/* In names of modules the two are one (the kernel's parameq). */
static char with_underscore(char letter)
{
    return letter == '-' ? '_' : letter;
}

/* The words of the kernel's command line that are about a module ("vfio_pci.disable_idle_d3=1"), without its
 * name: the kernel itself looks for them only when the driver is built in. */
static void module_parameters(const char *file, char *parameters, size_t size)
{
    static char line[LINE_MAX_BYTES];
    size_t name_length = strcspn(file, ".");
    size_t used = 0;
    read_text("/proc/cmdline", line, sizeof line);
    parameters[0] = '\0';
    char *state = NULL;
    for (char *word = strtok_r(line, " \n", &state); word != NULL; word = strtok_r(NULL, " \n", &state)) {
        size_t same = 0;
        while (same < name_length && with_underscore(word[same]) == with_underscore(file[same])) {
            same++;
        }
        if (same == name_length && word[same] == '.' && used < size) {
            used += (size_t)snprintf(parameters + used, size - used, "%s ", word + same + 1);
        }
    }
}

/* /modules/list names the files beside it in the order of their dependencies. */
static void load_modules(void)
{
    static char list[LINE_MAX_BYTES];
    static char parameters[LINE_MAX_BYTES];
    read_text("/modules/list", list, sizeof list);
    char *state = NULL;
    for (char *name = strtok_r(list, "\n", &state); name != NULL; name = strtok_r(NULL, "\n", &state)) {
        char path[256];
        snprintf(path, sizeof path, "/modules/%s", name);
        int file = open(path, O_RDONLY | O_CLOEXEC);
        module_parameters(name, parameters, sizeof parameters);
        if (file < 0 || syscall(SYS_finit_module, file, parameters, 0) < 0) {
            note_problem("cannot load module %s: %s\n", name, strerror(errno));
        }
        if (file >= 0) {
            close(file);
        }
    }
}

/* The value of a "key=value" word of the kernel command line, or "". */
static void command_line_value(const char *key, char *value, size_t size)
{
    static char line[LINE_MAX_BYTES];
    read_text("/proc/cmdline", line, sizeof line);
    value[0] = '\0';
    size_t key_length = strlen(key);
    char *state = NULL;
    for (char *word = strtok_r(line, " \n", &state); word != NULL; word = strtok_r(NULL, " \n", &state)) {
        if (strncmp(word, key, key_length) == 0 && word[key_length] == '=') {
            snprintf(value, size, "%s", word + key_length + 1);
        }
    }
}

/* Gives the device to the driver (vfio-pci or one that stands in for it), taking it from one that already has it. */
static void bind_device(const char *address, const char *driver)
{
    char path[256];
    snprintf(path, sizeof path, "/sys/bus/pci/devices/%s/driver_override", address);
    int code = write_text(path, driver);
    if (code != 0) {
        note_problem("cannot set %s: %s\n", path, strerror(code));
        return;
    }
    snprintf(path, sizeof path, "/sys/bus/pci/devices/%s/driver/unbind", address);
    code = write_text(path, address);
    if (code != 0 && code != ENOENT) {
        note_problem("cannot unbind %s: %s\n", address, strerror(code));
    }
    code = write_text("/sys/bus/pci/drivers_probe", address);
    snprintf(path, sizeof path, "/sys/bus/pci/devices/%s/driver", address);
    char target[256] = "";
    ssize_t length = readlink(path, target, sizeof target - 1);
    const char *taker = length > 0 ? strrchr(target, '/') : NULL;
    if (taker == NULL || strcmp(taker + 1, driver) != 0) {
        note_problem("%s did not take %s (probe: %s); is VFIO in this kernel or among the modules?\n", driver, address,
                     strerror(code));
    }
}

/* The device file of the virtio-serial port with that name. */
static bool find_port(const char *wanted, char *path, size_t size)
{
    DIR *ports = opendir("/sys/class/virtio-ports");
    if (ports == NULL) {
        return false;
    }
    bool found = false;
    for (struct dirent *port; !found && (port = readdir(ports)) != NULL;) {
        char name_path[320];
        char name[64];
        if (port->d_name[0] == '.') {
            continue;
        }
        snprintf(name_path, sizeof name_path, "/sys/class/virtio-ports/%s/name", port->d_name);
        size_t length = read_text(name_path, name, sizeof name);
        if (length > 0 && name[length - 1] == '\n') {
            name[length - 1] = '\0';
        }
        if (strcmp(name, wanted) == 0) {
            found = snprintf(path, size, "/dev/%s", port->d_name) < (int)size;
        }
    }
    closedir(ports);
    return found;
}

static void make_raw(int file)
{
    struct termios settings;
    if (tcgetattr(file, &settings) == 0) {
        cfmakeraw(&settings);
        settings.c_cflag |= CLOCAL;
        cfsetspeed(&settings, B115200);
        tcsetattr(file, TCSANOW, &settings);
    }
}

/* Leaves QEMU with a status that says why. */
__attribute__((noreturn)) static void exit_machine(unsigned value)
{
    if (ioperm(EXIT_PORT, 4, 1) == 0) {
        outl(value, EXIT_PORT);
    }
    reboot(RB_POWER_OFF);
    for (;;) {
        pause();
    }
}

static void open_channels(struct guest *guest)
{
    char control_path[64] = "/dev/ttyS2";
    char transport[32];
    snprintf(guest->agent_path, sizeof guest->agent_path, "/dev/ttyS1");
    command_line_value("irqcts.transport", transport, sizeof transport);
    bool found = strcmp(transport, "serial") == 0;
    for (int waited = 0; !found && waited <= DEVICE_PATIENCE_MS; waited += 10) {
        found = find_port("irqcts.agent", guest->agent_path, sizeof guest->agent_path) &&
                find_port("irqcts.control", control_path, sizeof control_path);
        if (!found) {
            sleep_ms(10);
        }
    }
    if (found) {
        guest->control = open(control_path, O_RDWR | O_CLOEXEC | O_NOCTTY);
    }
    if (guest->control < 0) {
        fprintf(stderr, "irqcts: no channel to the host (%s); a kernel without virtio needs the serial transport\n",
                found ? strerror(errno) : "no virtio-serial ports");
        exit_machine(EXIT_NO_CHANNEL);
    }
    make_raw(guest->control);
}

static void start_agent(struct guest *guest, char *arguments)
{
    char *words[ARGUMENTS_MAX + 2] = { "/irqcts-agent" };
    int count = 1;
    char *state = NULL;
    for (char *word = strtok_r(arguments, " ", &state); word != NULL && count <= ARGUMENTS_MAX;
         word = strtok_r(NULL, " ", &state)) {
        words[count++] = word;
    }
    if (guest->agent > 0) {
        say(guest, "problem the agent is already running");
        return;
    }
    pid_t child = fork();
    if (child == 0) {
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        int channel = open(guest->agent_path, O_RDWR | O_NOCTTY);
        if (channel < 0) {
            _exit(126);
        }
        make_raw(channel);
        dup2(channel, STDIN_FILENO);
        dup2(channel, STDOUT_FILENO);
        if (channel > STDERR_FILENO) {
            close(channel);
        }
        setenv("IRQCTS_BACKEND_PATH", "/lib/irqcts", 1);
        execv(words[0], words);
        _exit(127);
    }
    if (child < 0) {
        say(guest, "problem cannot start the agent: %s", strerror(errno));
        return;
    }
    guest->agent = child;
    say(guest, "started");
}

static void report_end(struct guest *guest, int status)
{
    guest->agent = 0;
    if (WIFSIGNALED(status)) {
        say(guest, "killed %d", WTERMSIG(status));
    } else {
        say(guest, "exited %d", WEXITSTATUS(status));
    }
}

static void reap(struct guest *guest)
{
    int status;
    for (pid_t child; (child = waitpid(-1, &status, WNOHANG)) > 0;) {
        if (child == guest->agent) {
            report_end(guest, status);
        }
    }
}

static void stop_agent(struct guest *guest)
{
    if (guest->agent > 0) {
        kill(guest->agent, SIGTERM);
        for (int waited = 0; guest->agent > 0 && waited < STOP_PATIENCE_MS; waited += 2) {
            reap(guest);
            if (guest->agent > 0) {
                sleep_ms(2);
            }
        }
    }
    if (guest->agent > 0) {
        int status;
        kill(guest->agent, SIGKILL);
        if (waitpid(guest->agent, &status, 0) == guest->agent) {
            report_end(guest, status);
        }
    }
    say(guest, "stopped");
}

/* Passes on every record that the kernel's log holds by now.  A record is
 * "priority,sequence,microseconds,flags;text" and, after a line end, properties
 * that are of no interest here. */
static void pass_kernel_log(struct guest *guest)
{
    char record[2048];
    for (;;) {
        ssize_t length = read(guest->kernel_log, record, sizeof record - 1);
        if (length < 0 && errno == EPIPE) {
            continue; /* records were overwritten before they were read */
        }
        if (length <= 0) {
            return;
        }
        record[length] = '\0';
        unsigned long priority = 0;
        unsigned long long sequence = 0;
        unsigned long long microseconds = 0;
        char *text = strchr(record, ';');
        if (text == NULL || sscanf(record, "%lu,%llu,%llu", &priority, &sequence, &microseconds) != 3) {
            continue;
        }
        text++;
        text[strcspn(text, "\n")] = '\0';
        say(guest, "kmsg %lu %llu %llu %s", priority & 7u, sequence, microseconds, text);
    }
}

__attribute__((noreturn)) static void end_machine(struct guest *guest)
{
    stop_agent(guest);
    pass_kernel_log(guest);
    say(guest, "bye");
    (void)tcdrain(guest->control); /* a serial line empties slower than this program runs */
    sleep_ms(5);
    exit_machine(EXIT_ENDED);
}

static void obey(struct guest *guest, char *line)
{
    if (strncmp(line, "start ", 6) == 0) {
        start_agent(guest, line + 6);
    } else if (strcmp(line, "stop") == 0) {
        stop_agent(guest);
    } else if (strncmp(line, "sync ", 5) == 0) {
        /* A record of our own completes one that the kernel left without a line end. */
        write_text("/dev/kmsg", "<7>irqcts: sync\n");
        pass_kernel_log(guest);
        say(guest, "synced %s", line + 5);
    } else if (strncmp(line, "write ", 6) == 0) {
        char *text = strchr(line + 6, ' ');
        if (text != NULL) {
            *text++ = '\0';
        }
        say(guest, "written %d", text == NULL ? EINVAL : write_text(line + 6, text));
    } else if (strcmp(line, "end") == 0) {
        end_machine(guest);
    } else {
        say(guest, "problem not a command: %s", line);
    }
}

static void read_control(struct guest *guest)
{
    size_t room = sizeof guest->line - guest->line_length - 1;
    ssize_t length = read(guest->control, guest->line + guest->line_length, room);
    if (length <= 0) {
        return;
    }
    guest->line_length += (size_t)length;
    guest->line[guest->line_length] = '\0';
    char *start = guest->line;
    for (char *end; (end = strchr(start, '\n')) != NULL; start = end + 1) {
        *end = '\0';
        obey(guest, start);
    }
    guest->line_length = strlen(start);
    memmove(guest->line, start, guest->line_length + 1);
    if (guest->line_length == sizeof guest->line - 1) {
        say(guest, "problem a command line longer than %zu bytes", sizeof guest->line);
        guest->line_length = 0;
    }
}

static void report_ready(const struct guest *guest)
{
    char *state = NULL;
    for (char *line = strtok_r(early_problems, "\n", &state); line != NULL; line = strtok_r(NULL, "\n", &state)) {
        say(guest, "problem %s", line);
    }
    struct utsname kernel;
    if (uname(&kernel) < 0) {
        snprintf(kernel.release, sizeof kernel.release, "unknown");
    }
    say(guest, "ready %s", kernel.release);
}

int main(void)
{
    static struct guest guest = { .control = -1, .kernel_log = -1 };
    mount_file_systems();
    load_modules();
    char addresses[256];
    char driver[64];
    command_line_value("irqcts.bind", addresses, sizeof addresses);
    command_line_value("irqcts.driver", driver, sizeof driver);
    char *state = NULL;
    for (char *address = strtok_r(addresses, ",", &state); address != NULL; address = strtok_r(NULL, ",", &state)) {
        bind_device(address, driver[0] == '\0' ? "vfio-pci" : driver);
    }
    open_channels(&guest);
    guest.kernel_log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

    sigset_t children;
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    sigprocmask(SIG_BLOCK, &children, NULL);
    guest.signals = signalfd(-1, &children, SFD_NONBLOCK | SFD_CLOEXEC);
    report_ready(&guest);

    struct pollfd watched[3] = {
        { .fd = guest.control, .events = POLLIN },
        { .fd = guest.kernel_log, .events = POLLIN },
        { .fd = guest.signals, .events = POLLIN },
    };
    for (;;) {
        if (poll(watched, 3, -1) < 0) {
            continue;
        }
        if (watched[1].revents != 0) {
            pass_kernel_log(&guest);
        }
        if (watched[2].revents != 0) {
            struct signalfd_siginfo information;
            while (read(guest.signals, &information, sizeof information) > 0) {
            }
            reap(&guest);
        }
        if ((watched[0].revents & POLLHUP) != 0) {
            end_machine(&guest); /* the host's end was closed: its program is gone */
        }
        if (watched[0].revents != 0) {
            read_control(&guest);
        }
    }
}
