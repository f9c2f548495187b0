//! The handler of fatal signals: writes a report, then lets the signal end the process as if there was no handler.
//!
//! The handler calls only async-signal-safe functions: it makes its text in a buffer on the stack (`core::fmt` neither
//! allocates nor locks), and uses openat, poll, write, close, prctl, clock_gettime, getpid, sigaction and raise. It runs on the
//! alternate stack that the standard library gives to the main thread and to each thread of `std::thread`, so that it works
//! when the stack of the thread is full.

use std::ffi::c_int;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};

use super::DIRECTORY;
use super::report::{Cause, Report};

const SIGNALS: [(c_int, &str); 5] = [
    (libc::SIGSEGV, "SIGSEGV"),
    (libc::SIGBUS, "SIGBUS"),
    (libc::SIGILL, "SIGILL"),
    (libc::SIGFPE, "SIGFPE"),
    (libc::SIGABRT, "SIGABRT"),
];

static IS_HANDLING: AtomicBool = AtomicBool::new(false);

/// Where the program is in memory: the shift of its addresses, and the range of its code.
static SHIFT: AtomicUsize = AtomicUsize::new(0);
static CODE_START: AtomicUsize = AtomicUsize::new(0);
static CODE_END: AtomicUsize = AtomicUsize::new(0);

pub fn install() {
    find_program();
    for (number, _) in SIGNALS {
        // SAFETY: a zeroed sigaction is valid, and the handler has the type that SA_SIGINFO asks for. The mask blocks the
        // others of SIGNALS, so that a fault within the handler ends the process at once.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            let handler: extern "C" fn(c_int, *mut libc::siginfo_t, *mut libc::c_void) = on_signal;
            action.sa_sigaction = handler as usize;
            action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
            libc::sigemptyset(&raw mut action.sa_mask);
            for (other, _) in SIGNALS {
                libc::sigaddset(&raw mut action.sa_mask, other);
            }
            libc::sigaction(number, &raw const action, std::ptr::null_mut());
        }
    }
}

extern "C" fn on_signal(number: c_int, _: *mut libc::siginfo_t, context: *mut libc::c_void) {
    if IS_HANDLING.swap(true, SeqCst) {
        loop {
            // SAFETY: it has no arguments. The first thread ends the process.
            unsafe { libc::pause() };
        }
    }
    let name = SIGNALS.iter().find(|(one, _)| *one == number).map_or("?", |(_, name)| name);
    let report = Report { cause: Cause::Signal(name, instruction(context).and_then(within_program)), location: None };
    let text = report.text();
    if let Some(directory) = DIRECTORY.get() {
        directory.save(directory.signal_name(), text.as_bytes());
    }
    log(text.as_bytes());
    // SAFETY: a zeroed sigaction is SIG_DFL without flags. The signal is blocked here: it ends the process on return.
    unsafe {
        let action: libc::sigaction = std::mem::zeroed();
        libc::sigaction(number, &raw const action, std::ptr::null_mut());
        libc::raise(number);
    }
}

/// Writes to stderr, unless it is full: then the report alone has it.
pub fn log(line: &[u8]) {
    let mut stderr = libc::pollfd { fd: libc::STDERR_FILENO, events: libc::POLLOUT, revents: 0 };
    // SAFETY: both calls are async-signal-safe; `stderr` and `line` outlive them. A pipe that is writable takes the line whole.
    unsafe {
        if libc::poll(&raw mut stderr, 1, 0) == 1 && stderr.revents & libc::POLLOUT != 0 {
            libc::write(libc::STDERR_FILENO, line.as_ptr().cast(), line.len());
        }
    }
}

/// The address as in the file of the program, for addr2line.
fn within_program(address: usize) -> Option<usize> {
    let is_inside = (CODE_START.load(SeqCst)..CODE_END.load(SeqCst)).contains(&address);
    is_inside.then(|| address.wrapping_sub(SHIFT.load(SeqCst)))
}

/// The address of the instruction that the signal interrupted.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn instruction(context: *mut libc::c_void) -> Option<usize> {
    // SAFETY: with SA_SIGINFO the kernel passes a ucontext_t.
    let registers = unsafe { (*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs };
    usize::try_from(registers[libc::REG_RIP as usize]).ok()
}

#[cfg(all(target_os = "linux", target_arch = "aarch64"))]
fn instruction(context: *mut libc::c_void) -> Option<usize> {
    // SAFETY: with SA_SIGINFO the kernel passes a ucontext_t.
    usize::try_from(unsafe { (*context.cast::<libc::ucontext_t>()).uc_mcontext.pc }).ok()
}

#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
fn instruction(_: *mut libc::c_void) -> Option<usize> {
    None
}

#[cfg(target_os = "linux")]
fn find_program() {
    extern "C" fn first(info: *mut libc::dl_phdr_info, _: usize, _: *mut libc::c_void) -> c_int {
        // SAFETY: the linker passes a valid object, the program first, with `dlpi_phnum` headers.
        let (shift, headers) = unsafe {
            let info = &*info;
            (info.dlpi_addr as usize, std::slice::from_raw_parts(info.dlpi_phdr, usize::from(info.dlpi_phnum)))
        };
        let code = headers.iter().find(|header| header.p_type == libc::PT_LOAD && header.p_flags & libc::PF_X != 0);
        if let Some(code) = code {
            let start = shift.wrapping_add(code.p_vaddr as usize);
            SHIFT.store(shift, SeqCst);
            CODE_START.store(start, SeqCst);
            CODE_END.store(start.wrapping_add(code.p_memsz as usize), SeqCst);
        }
        1
    }
    // SAFETY: the callback has the expected type and ignores its data.
    unsafe { libc::dl_iterate_phdr(Some(first), std::ptr::null_mut()) };
}

#[cfg(not(target_os = "linux"))]
fn find_program() {}
