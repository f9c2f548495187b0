//! What the process holds, what it may hold, and how near it is. Where the system does not say, it is far.

use std::fs::read_to_string;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::shared::{Memory, Shared};

/// Percents of the limit: not ready above the first, until under the second; no requests at all above the third.
const HIGH: u64 = 85;
const LOW: u64 = 75;
const FULL: u64 = 95;

/// Looks at the memory, and tells the service how near it is.
pub fn check(shared: &Shared) {
    static MACHINE: OnceLock<u64> = OnceLock::new();
    let limit = shared.settings.memory_limit.unwrap_or_else(|| *MACHINE.get_or_init(machine_limit));
    shared.set_memory(nearness(resident(), limit, shared.is_short_of_memory()));
}

fn nearness(held: u64, limit: u64, was_short: bool) -> Memory {
    let above = |percent: u64| u128::from(held) * 100 > u128::from(limit) * u128::from(percent);
    if above(FULL) {
        Memory::Full
    } else if above(if was_short { LOW } else { HIGH }) {
        Memory::High
    } else {
        Memory::Fine
    }
}

/// Resident memory of the process, in bytes.
fn resident() -> u64 {
    let status = read_to_string("/proc/self/status").unwrap_or_default();
    kilobytes(&status, "VmRSS:").unwrap_or(0)
}

/// Resident memory, and the same with shared pages in proportion.
pub fn resident_and_proportional() -> (u64, u64) {
    let rollup = read_to_string("/proc/self/smaps_rollup").unwrap_or_default();
    let rss = kilobytes(&rollup, "Rss:").unwrap_or_else(resident);
    (rss, kilobytes(&rollup, "Pss:").unwrap_or(rss))
}

/// What the allocator has given out, and what it holds.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub fn allocator() -> (u64, u64) {
    // SAFETY: it takes nothing, and asks each arena in turn under its lock.
    let info = unsafe { libc::mallinfo2() };
    ((info.uordblks + info.hblkhd) as u64, (info.arena + info.hblkhd) as u64)
}

/// Other allocators do not say.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn allocator() -> (u64, u64) {
    (0, 0)
}

/// What the control group grants, else what there is.
fn machine_limit() -> u64 {
    let machine = kilobytes(&read_to_string("/proc/meminfo").unwrap_or_default(), "MemTotal:").unwrap_or(u64::MAX);
    let groups = read_to_string("/proc/self/cgroup").unwrap_or_default();
    groups.lines().filter_map(group_limit).fold(machine, u64::min)
}

/// The least that one line of `/proc/self/cgroup` grants, from its group up to the root.
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

fn kilobytes(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let number: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(number * 1_024)
}

#[cfg(test)]
mod tests {
    use super::nearness;
    use crate::shared::Memory;

    #[test]
    fn memory_is_short_above_85_percent_until_under_75_and_full_above_95() {
        let cases = [
            (85, false, Memory::Fine),
            (86, false, Memory::High),
            (76, true, Memory::High),
            (75, true, Memory::Fine),
            (95, true, Memory::High),
            (96, false, Memory::Full),
        ];
        for (held, was_short, expected) in cases {
            assert_eq!(nearness(held, 100, was_short), expected, "{held} {was_short}");
        }
    }
}
