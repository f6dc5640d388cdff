#include "runtime/confine/profiles.hpp"

#include <array>

namespace conclave::confine {
namespace {

constexpr std::array kOrdinary = {
    // memory
    "brk", "mmap", "munmap", "mprotect", "mremap", "madvise", "mlock", "mlock2", "munlock",
    "mlockall", "munlockall", "msync", "mincore", "membarrier", "memfd_create", "get_mempolicy",
    // threads and signals; clone, kill and tgkill have conditions of their own
    "futex", "futex_waitv", "set_robust_list", "get_robust_list", "set_tid_address", "rseq",
    "arch_prctl", "gettid", "getpid", "getppid", "sched_yield", "sched_getaffinity",
    "sched_setaffinity", "sched_getparam", "sched_getscheduler", "sched_get_priority_max",
    "sched_get_priority_min", "getcpu", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn",
    "rt_sigpending", "rt_sigtimedwait", "rt_sigsuspend", "sigaltstack", "restart_syscall", "exit",
    "exit_group", "signalfd4", "pause",
    // time
    "clock_gettime", "clock_getres", "clock_nanosleep", "nanosleep", "gettimeofday", "time",
    "times", "timerfd_create", "timerfd_settime", "timerfd_gettime", "timer_create",
    "timer_settime", "timer_delete", "setitimer", "getitimer", "alarm",
    // descriptors and waiting
    "read", "readv", "pread64", "preadv", "preadv2", "write", "writev", "pwrite64", "pwritev",
    "pwritev2", "close", "close_range", "dup", "dup2", "dup3", "fcntl", "lseek", "pipe", "pipe2",
    "eventfd2", "epoll_create1", "epoll_create", "epoll_ctl", "epoll_wait", "epoll_pwait",
    "epoll_pwait2", "poll", "ppoll", "select", "pselect6", "sendfile", "splice",
    // files
    "open", "openat", "openat2", "creat", "stat", "lstat", "fstat", "newfstatat", "statx",
    "statfs", "fstatfs", "access", "faccessat", "faccessat2", "readlink", "readlinkat", "getcwd",
    "chdir", "fchdir", "getdents", "getdents64", "fsync", "fdatasync", "sync_file_range",
    "ftruncate", "truncate", "fallocate", "fadvise64", "flock", "mkdir", "mkdirat", "rmdir",
    "unlink", "unlinkat", "rename", "renameat", "renameat2", "link", "linkat", "symlink",
    "symlinkat", "chmod", "fchmod", "fchmodat", "chown", "fchown", "fchownat", "lchown", "umask",
    "utime", "utimes", "utimensat", "futimesat", "copy_file_range", "inotify_init1",
    "inotify_add_watch", "inotify_rm_watch",
    // sockets; socket and socketpair have conditions of their own
    "bind", "listen", "accept", "accept4", "connect", "getsockname", "getpeername", "getsockopt",
    "setsockopt", "shutdown", "sendto", "sendmsg", "sendmmsg", "recvfrom", "recvmsg", "recvmmsg",
    // who and how much; none of it raises a right
    "getuid", "geteuid", "getgid", "getegid", "getresuid", "getresgid", "getgroups", "getpgrp",
    "getpgid", "getsid", "getrlimit", "getrusage", "sysinfo", "uname", "getrandom", "getpriority",
    "capget",
};

constexpr std::array kDeadly = {
    "ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd", "kcmp", "bpf",
    "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register",
    "keyctl", "add_key", "request_key", "kexec_load", "kexec_file_load", "init_module",
    "finit_module", "delete_module", "mount", "umount2", "pivot_root", "chroot", "move_mount",
    "open_tree", "fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr", "setns", "unshare",
    "open_by_handle_at", "reboot", "swapon", "swapoff", "acct", "quotactl", "ioperm", "iopl",
    "settimeofday", "clock_settime", "adjtimex", "clock_adjtime", "sethostname", "setdomainname",
    "syslog", "vhangup", "lookup_dcookie", "uselib", "modify_ldt",
};

}  // namespace

std::span<const char* const> ordinary_calls() { return kOrdinary; }

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CONCLAVE_LEAK_CHECKER 1
#endif
#endif

#ifdef CONCLAVE_LEAK_CHECKER
// The leak checker stops the process from a clone of itself and reads it with ptrace.
constexpr std::array kSanitizer = {"ptrace", "clone", "wait4", "prctl", "process_vm_readv"};
std::span<const char* const> sanitizer_calls() { return kSanitizer; }
#else
std::span<const char* const> sanitizer_calls() { return {}; }
#endif

std::span<const char* const> deadly_calls() { return kDeadly; }

}  // namespace conclave::confine
