//! Which system calls a box does not have.
//!
//! Four programs, the strictest answer wins: a guard that ends callers of foreign calling
//! conventions and hides calls newer than this file; one that answers `ENOSYS`, for calls whose
//! callers then take an older way; one that answers `EPERM`; one that says yes and does nothing.

use std::collections::BTreeMap;

use crate::inside::{NAMING, OPENING};
use libc::sock_filter;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch,
};

#[cfg(target_arch = "x86_64")]
const ARCH: TargetArch = TargetArch::x86_64;
#[cfg(target_arch = "aarch64")]
const ARCH: TargetArch = TargetArch::aarch64;

/// The highest call that was looked at when this list was made (`file_setattr`, Linux 6.17).
const CALL_MAX: u32 = 469;

/// Set in the number of an x32 call.
const X32_BIT: u32 = 0x4000_0000;

const SYS_FCHMODAT2: i64 = 452;
const SYS_STATMOUNT: i64 = 457;
const SYS_LISTMOUNT: i64 = 458;
const SYS_OPEN_TREE_ATTR: i64 = 467;

/// Calls that a program has a fallback for.
const ABSENT: &[i64] = &[
    libc::SYS_clone3,
    libc::SYS_memfd_create,
    libc::SYS_memfd_secret,
    libc::SYS_shmget,
    libc::SYS_shmat,
    libc::SYS_shmctl,
    libc::SYS_semget,
    libc::SYS_semop,
    libc::SYS_semctl,
    libc::SYS_semtimedop,
    libc::SYS_msgget,
    libc::SYS_msgsnd,
    libc::SYS_msgrcv,
    libc::SYS_msgctl,
    libc::SYS_mq_open,
    libc::SYS_mq_unlink,
    SYS_STATMOUNT,
    SYS_LISTMOUNT,
];

/// Calls that change the machine, look into others, or have let others out before.
const FORBIDDEN: &[i64] = &[
    libc::SYS_acct,
    libc::SYS_add_key,
    libc::SYS_adjtimex,
    libc::SYS_bpf,
    libc::SYS_chroot,
    libc::SYS_clock_adjtime,
    libc::SYS_clock_settime,
    libc::SYS_delete_module,
    libc::SYS_fanotify_init,
    libc::SYS_fanotify_mark,
    libc::SYS_finit_module,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fsopen,
    libc::SYS_fspick,
    libc::SYS_init_module,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_io_uring_setup,
    libc::SYS_kcmp,
    libc::SYS_kexec_file_load,
    libc::SYS_kexec_load,
    libc::SYS_keyctl,
    libc::SYS_lookup_dcookie,
    libc::SYS_migrate_pages,
    libc::SYS_mount,
    libc::SYS_mount_setattr,
    libc::SYS_move_mount,
    libc::SYS_move_pages,
    libc::SYS_name_to_handle_at,
    libc::SYS_nfsservctl,
    libc::SYS_open_by_handle_at,
    libc::SYS_open_tree,
    libc::SYS_perf_event_open,
    libc::SYS_pidfd_getfd,
    libc::SYS_pivot_root,
    libc::SYS_process_madvise,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_ptrace,
    libc::SYS_quotactl,
    libc::SYS_quotactl_fd,
    libc::SYS_reboot,
    libc::SYS_request_key,
    libc::SYS_setdomainname,
    libc::SYS_sethostname,
    libc::SYS_setns,
    libc::SYS_settimeofday,
    libc::SYS_swapoff,
    libc::SYS_swapon,
    libc::SYS_syslog,
    libc::SYS_umount2,
    libc::SYS_unshare,
    libc::SYS_userfaultfd,
    libc::SYS_vhangup,
    SYS_OPEN_TREE_ATTR,
];

#[cfg(target_arch = "x86_64")]
const FORBIDDEN_HERE: &[i64] = &[
    libc::SYS_ioperm,
    libc::SYS_iopl,
    libc::SYS_modify_ldt,
    libc::SYS_uselib,
    libc::SYS_ustat,
    libc::SYS__sysctl,
];
#[cfg(not(target_arch = "x86_64"))]
const FORBIDDEN_HERE: &[i64] = &[];

const NAMESPACE_FLAGS: &[i32] = &[
    libc::CLONE_NEWCGROUP,
    libc::CLONE_NEWIPC,
    libc::CLONE_NEWNET,
    libc::CLONE_NEWNS,
    libc::CLONE_NEWPID,
    libc::CLONE_NEWUSER,
    libc::CLONE_NEWUTS,
];

/// Terminal requests that type for, or speak to, whoever owns the terminal.
const FORBIDDEN_IOCTLS: &[u64] = &[
    libc::TIOCSTI,
    libc::TIOCLINUX,
    libc::TIOCCONS,
    libc::TIOCSETD,
];

/// The bits of a socket type that are not flags.
const SOCKET_TYPE_MASK: u64 = 0xf;

/// The programs of every box, to be installed in this order.
pub(crate) fn deny_programs(loopback: bool) -> [Vec<sock_filter>; 4] {
    let absent = ABSENT.iter().map(|call| (*call, Vec::new())).collect();
    let mut forbidden = FORBIDDEN
        .iter()
        .chain(FORBIDDEN_HERE)
        .map(|call| (*call, Vec::new()))
        .collect::<BTreeMap<_, _>>();
    forbidden.insert(
        libc::SYS_clone,
        NAMESPACE_FLAGS
            .iter()
            .map(|flag| rule(&[has_bits(0, *flag as u64)]))
            .collect(),
    );
    forbidden.insert(
        libc::SYS_ioctl,
        FORBIDDEN_IOCTLS
            .iter()
            .map(|request| rule(&[is(1, *request)]))
            .collect(),
    );
    // A lease makes others wait who open the file, for up to a minute.
    let leases = vec![rule(&[is(1, libc::F_SETLEASE as u64)])];
    forbidden.insert(libc::SYS_fcntl, leases);
    // The huge pages of the machine are few, and count for no limit.
    let huge_pages = vec![rule(&[has_bits(3, libc::MAP_HUGETLB as u64)])];
    forbidden.insert(libc::SYS_mmap, huge_pages);
    forbidden.extend(init_rules());
    forbidden.extend(mode_rules());
    forbidden.insert(libc::SYS_socketpair, {
        let unix = libc::AF_UNIX as u64;
        // A datagram socket of a pair could still be pointed at any other socket.
        vec![
            rule(&[is_not(0, unix)]),
            rule(&[is_type(libc::SOCK_DGRAM)]),
            rule(&[is_type(libc::SOCK_RAW)]),
        ]
    });
    forbidden.insert(
        libc::SYS_socket,
        if loopback {
            forbidden_sockets()
        } else {
            Vec::new()
        },
    );
    if !loopback {
        for call in [
            libc::SYS_bind,
            libc::SYS_listen,
            libc::SYS_connect,
            libc::SYS_accept,
            libc::SYS_accept4,
        ] {
            forbidden.insert(call, Vec::new());
        }
    }
    [
        guard(),
        compile(absent, libc::ENOSYS),
        compile(forbidden, libc::EPERM),
        compile(core_rules(), 0),
    ]
}

/// The limit of core files stays at the 1 that it is given: at any other, 0 included, a crash makes
/// the kernel start the program named in `core_pattern` outside, as root, on what crashed inside.
/// Programs that forbid their own core file go on, as there is none.
fn core_rules() -> BTreeMap<i64, Vec<SeccompRule>> {
    let core = is(0, u64::from(libc::RLIMIT_CORE));
    let core_of_another = is(1, u64::from(libc::RLIMIT_CORE));
    // A whole pointer: one whose lower half is zero is none, too.
    let is_set = SeccompCondition::new(2, SeccompCmpArgLen::Qword, SeccompCmpOp::Ne, 0)
        .expect("arguments go from 0 to 5");
    BTreeMap::from([
        (libc::SYS_setrlimit, vec![rule(&[core])]),
        (libc::SYS_prlimit64, vec![rule(&[core_of_another, is_set])]),
    ])
}

/// Nobody slows down or limits the init of the box, which is process 1 and keeps the limits.
fn init_rules() -> Vec<(i64, Vec<SeccompRule>)> {
    const WHOLE_USER: u64 = 2;
    const WHOLE_USER_IO: u64 = 3;
    let of_init = |argument: u8| rule(&[is(argument, 1)]);
    vec![
        (libc::SYS_prlimit64, vec![of_init(0)]),
        (libc::SYS_sched_setaffinity, vec![of_init(0)]),
        (libc::SYS_sched_setattr, vec![of_init(0)]),
        (libc::SYS_sched_setparam, vec![of_init(0)]),
        (libc::SYS_sched_setscheduler, vec![of_init(0)]),
        (
            libc::SYS_setpriority,
            vec![of_init(1), rule(&[is(0, WHOLE_USER)])],
        ),
        (
            libc::SYS_ioprio_set,
            vec![of_init(1), rule(&[is(0, WHOLE_USER_IO)])],
        ),
    ]
}

/// No file gets the set-user-id or set-group-id bit: inside it has no effect, but the file may
/// stay behind, and outside it would run as whoever started the box.
fn mode_rules() -> Vec<(i64, Vec<SeccompRule>)> {
    let bits = [libc::S_ISUID, libc::S_ISGID].map(u64::from);
    let with_bit = |mode: u8| bits.map(|bit| rule(&[has_bits(mode, bit)])).to_vec();
    let creates = |flags: u8| has_bits(flags, libc::O_CREAT as u64);
    let temporary = |flags: u8| has_bits(flags, (libc::O_TMPFILE & !libc::O_DIRECTORY) as u64);
    // Without one of these flags the mode is whatever was in the register.
    let opening = |flags: u8, mode: u8| {
        let rules = bits.map(|bit| {
            [
                rule(&[creates(flags), has_bits(mode, bit)]),
                rule(&[temporary(flags), has_bits(mode, bit)]),
            ]
        });
        rules.concat()
    };
    vec![
        (libc::SYS_fchmod, with_bit(1)),
        (libc::SYS_fchmodat, with_bit(2)),
        (SYS_FCHMODAT2, with_bit(2)),
        (libc::SYS_mknodat, with_bit(2)),
        (libc::SYS_openat, opening(2, 3)),
        #[cfg(target_arch = "x86_64")]
        (libc::SYS_chmod, with_bit(1)),
        #[cfg(target_arch = "x86_64")]
        (libc::SYS_creat, with_bit(1)),
        #[cfg(target_arch = "x86_64")]
        (libc::SYS_mknod, with_bit(1)),
        #[cfg(target_arch = "x86_64")]
        (libc::SYS_open, opening(1, 2)),
    ]
}

/// All sockets but TCP and UDP over IP.
fn forbidden_sockets() -> Vec<SeccompRule> {
    let (inet, inet6) = (libc::AF_INET as u64, libc::AF_INET6 as u64);
    let known_protocols = [0, libc::IPPROTO_TCP as u64, libc::IPPROTO_UDP as u64];
    let mut rules = vec![
        rule(&[is_not(0, inet), is_not(0, inet6)]),
        rule(&known_protocols.map(|protocol| is_not(2, protocol))),
    ];
    rules.extend(other_types());
    rules
}

fn compile(rules: BTreeMap<i64, Vec<SeccompRule>>, errno: i32) -> Vec<sock_filter> {
    let filter = SeccompFilter::new(
        rules,
        SeccompAction::Allow,
        SeccompAction::Errno(errno as u32),
        ARCH,
    );
    let program: BpfProgram = filter
        .and_then(TryInto::try_into)
        .expect("the tables above are well formed");
    program
        .into_iter()
        .map(|i| sock_filter {
            code: i.code,
            jt: i.jt,
            jf: i.jf,
            k: i.k,
        })
        .collect()
}

fn rule(conditions: &[SeccompCondition]) -> SeccompRule {
    SeccompRule::new(conditions.to_vec()).expect("a rule has conditions")
}

// The kernel reads these arguments as 32-bit numbers, so their upper halves must not count.
fn condition(argument: u8, operator: SeccompCmpOp, value: u64) -> SeccompCondition {
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, operator, value)
        .expect("arguments go from 0 to 5")
}

fn is(argument: u8, value: u64) -> SeccompCondition {
    condition(argument, SeccompCmpOp::Eq, value)
}

fn is_not(argument: u8, value: u64) -> SeccompCondition {
    condition(argument, SeccompCmpOp::Ne, value)
}

fn has_bits(argument: u8, bits: u64) -> SeccompCondition {
    condition(argument, SeccompCmpOp::MaskedEq(bits), bits)
}

fn is_type(socket_type: i32) -> SeccompCondition {
    condition(
        1,
        SeccompCmpOp::MaskedEq(SOCKET_TYPE_MASK),
        socket_type as u64,
    )
}

/// For each type one rule: a mask can ask for what is there, not for what is not.
fn other_types() -> Vec<SeccompRule> {
    (0..=SOCKET_TYPE_MASK as i32)
        .filter(|kind| ![libc::SOCK_STREAM, libc::SOCK_DGRAM].contains(kind))
        .map(|kind| rule(&[is_type(kind)]))
        .collect()
}

/// Ends callers of x32 calls and answers `ENOSYS` to calls that nobody looked at yet.
/// Calls of other architectures are ended by the compiled programs.
fn guard() -> Vec<sock_filter> {
    let load = |offset| {
        jump(
            (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16,
            offset,
            0,
            0,
        )
    };
    let answer = |action| jump((libc::BPF_RET | libc::BPF_K) as u16, action, 0, 0);
    let at_least = |value, yes, no| {
        jump(
            (libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K) as u16,
            value,
            yes,
            no,
        )
    };
    vec![
        load(0),
        at_least(X32_BIT, 2, 0),
        at_least(CALL_MAX + 1, 2, 0),
        answer(libc::SECCOMP_RET_ALLOW),
        answer(libc::SECCOMP_RET_KILL_PROCESS),
        answer(libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32),
    ]
}

/// The program of the command alone, not of the init that works for it: `openat2` is absent, because
/// it hides its flags and mode behind a pointer, and callers go on with `openat`. When names are
/// guarded, every call that makes or removes one is handed to the init.
pub(crate) fn command_program(is_guarded: bool) -> Vec<sock_filter> {
    let load = |offset| {
        jump(
            (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16,
            offset,
            0,
            0,
        )
    };
    let answer = |action| jump((libc::BPF_RET | libc::BPF_K) as u16, action, 0, 0);
    let equal = |value, yes, no| {
        jump(
            (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16,
            value,
            yes,
            no,
        )
    };
    let any_bit = |bits, yes, no| {
        jump(
            (libc::BPF_JMP | libc::BPF_JSET | libc::BPF_K) as u16,
            bits,
            yes,
            no,
        )
    };
    let mut program = vec![load(0)];
    let (naming, opening) = if is_guarded {
        (NAMING, OPENING)
    } else {
        (&[][..], &[][..])
    };
    for call in naming {
        program.extend([
            equal(*call as u32, 0, 1),
            answer(libc::SECCOMP_RET_USER_NOTIF),
        ]);
    }
    for (call, flags) in opening {
        // Arguments start at byte 16, eight bytes each, the low half first.
        program.extend([
            equal(*call as u32, 0, 4),
            load(16 + 8 * u32::from(*flags)),
            any_bit(libc::O_CREAT as u32, 0, 1),
            answer(libc::SECCOMP_RET_USER_NOTIF),
            answer(libc::SECCOMP_RET_ALLOW),
        ]);
    }
    program.extend([
        equal(libc::SYS_openat2 as u32, 0, 1),
        answer(libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32),
        answer(libc::SECCOMP_RET_ALLOW),
    ]);
    program
}

fn jump(code: u16, k: u32, jt: u8, jf: u8) -> sock_filter {
    sock_filter { code, jt, jf, k }
}
