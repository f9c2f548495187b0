//! Memory of the process against its limit. Without a known limit there is no pressure.

use std::fs::read_to_string;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// How near the memory limit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Pressure {
    None,
    /// Over 85 %: not ready.
    High,
    /// Over 95 %: requests are refused.
    Full,
}

/// Percents of the limit: above HIGH, until not above LOW, the daemon is not ready; above FULL it refuses requests.
const HIGH: u64 = 85;
const LOW: u64 = 75;
const FULL: u64 = 95;

/// The pressure now; `limit` defaults to that of the control group or machine.
pub fn pressure(limit: Option<u64>, was_high: bool) -> Pressure {
    static MACHINE: OnceLock<u64> = OnceLock::new();
    pressure_of(resident(), limit.unwrap_or_else(|| *MACHINE.get_or_init(machine_limit)), was_high)
}

fn pressure_of(held: u64, limit: u64, was_high: bool) -> Pressure {
    let above = |percent: u64| u128::from(held) * 100 > u128::from(limit) * u128::from(percent);
    if above(FULL) {
        Pressure::Full
    } else if above(if was_high { LOW } else { HIGH }) {
        Pressure::High
    } else {
        Pressure::None
    }
}

/// Resident memory of the process, in bytes.
fn resident() -> u64 {
    let status = read_to_string("/proc/self/status").unwrap_or_default();
    bytes_of_field(&status, "VmRSS:").unwrap_or(0)
}

/// Resident memory, without and with shared pages in proportion, in bytes.
pub fn resident_and_proportional() -> (u64, u64) {
    let rollup = read_to_string("/proc/self/smaps_rollup").unwrap_or_default();
    let rss = bytes_of_field(&rollup, "Rss:").unwrap_or_else(resident);
    (rss, bytes_of_field(&rollup, "Pss:").unwrap_or(rss))
}

/// Bytes that the allocator has given out, and bytes that it holds.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub fn allocator() -> Option<(u64, u64)> {
    type Mallinfo2 = unsafe extern "C" fn() -> libc::mallinfo2;
    // Looked up at run time: glibc has it from 2.33 on, and releases are linked against 2.17.
    static FOUND: OnceLock<Option<Mallinfo2>> = OnceLock::new();
    let mallinfo2 = (*FOUND.get_or_init(|| {
        // SAFETY: the name ends with a zero byte, and the function of this name in glibc has this type.
        unsafe {
            let symbol = libc::dlsym(libc::RTLD_DEFAULT, c"mallinfo2".as_ptr());
            (!symbol.is_null()).then(|| std::mem::transmute::<*mut libc::c_void, Mallinfo2>(symbol))
        }
    }))?;
    // SAFETY: the call has no arguments and locks each arena itself.
    let info = unsafe { mallinfo2() };
    Some(((info.uordblks + info.hblkhd) as u64, (info.arena + info.hblkhd) as u64))
}

/// Other allocators do not tell.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn allocator() -> Option<(u64, u64)> {
    None
}

/// Memory in use as far as it is known: allocated, else resident.
pub fn in_use() -> u64 {
    allocator().map_or_else(resident, |(allocated, _)| allocated)
}

/// The limit of the control group, else the memory of the machine.
fn machine_limit() -> u64 {
    let machine = bytes_of_field(&read_to_string("/proc/meminfo").unwrap_or_default(), "MemTotal:").unwrap_or(u64::MAX);
    let groups = read_to_string("/proc/self/cgroup").unwrap_or_default();
    groups.lines().filter_map(group_limit).fold(machine, u64::min)
}

/// The lowest limit of the groups in one line of `/proc/self/cgroup`, up to the root.
fn group_limit(line: &str) -> Option<u64> {
    let mut parts = line.splitn(3, ':').skip(1);
    let (controllers, path) = (parts.next()?, parts.next()?);
    let (root, file) = match controllers {
        "" => ("/sys/fs/cgroup", "memory.max"),
        _ if controllers.split(',').any(|one| one == "memory") => ("/sys/fs/cgroup/memory", "memory.limit_in_bytes"),
        _ => return None,
    };
    // In a container the path may be that of the host, and only the root is there.
    let group = PathBuf::from(format!("{root}{path}"));
    let groups = group.ancestors().take_while(|group| group.starts_with(root)).map(Path::to_path_buf);
    groups.filter_map(|group| read_to_string(group.join(file)).ok()?.trim().parse().ok()).min()
}

fn bytes_of_field(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let number: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(number * 1_024)
}

#[cfg(test)]
mod tests {
    use super::{Pressure, pressure_of};

    #[test]
    fn pressure_is_high_above_85_percent_until_75_and_full_above_95() {
        let cases = [
            (85, false, Pressure::None),
            (86, false, Pressure::High),
            (76, true, Pressure::High),
            (75, true, Pressure::None),
            (95, true, Pressure::High),
            (96, false, Pressure::Full),
        ];
        for (held, was_high, expected) in cases {
            assert_eq!(pressure_of(held, 100, was_high), expected, "{held} {was_high}");
        }
    }
}
