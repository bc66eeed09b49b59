//! The one right of root's that a process may keep when it becomes another user: to listen on ports below 1024.

use std::io;

use nix::libc;

/// The kernel's number of the right.
const NET_BIND_SERVICE: u32 = 10;

/// The version of the call that takes 64 rights in two halves.
const VERSION_3: u32 = 0x2008_0522;

#[repr(C)]
struct Header {
    version: u32,
    pid: i32,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct Half {
    effective: u32,
    permitted: u32,
    inheritable: u32,
}

/// Gives up every right but this one, and keeps it over the start of a program. To be called between fork and exec, by a
/// process that has stopped being root and kept its rights.
pub(crate) fn keep_only_ports() -> io::Result<()> {
    let header = Header { version: VERSION_3, pid: 0 };
    let right = 1 << NET_BIND_SERVICE;
    let halves = [
        Half { effective: right, permitted: right, inheritable: right },
        Half { effective: 0, permitted: 0, inheritable: 0 },
    ];
    #[expect(
        unsafe_code,
        reason = "two system calls that no library of ours has; both structures outlive them"
    )]
    let done = unsafe {
        libc::syscall(libc::SYS_capset, &raw const header, halves.as_ptr()) == 0
            && libc::prctl(libc::PR_CAP_AMBIENT, libc::PR_CAP_AMBIENT_RAISE, NET_BIND_SERVICE, 0, 0) == 0
    };
    if done { Ok(()) } else { Err(io::Error::last_os_error()) }
}
