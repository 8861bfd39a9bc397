//! What the kernel knows of another process.

use std::time::Duration;

use anyhow::{Context, Result};
use nix::time::{ClockId, clock_getcpuclockid};
use nix::unistd::Pid;

/// The CPU clock of a process: user and system time of all its threads, those that have ended included.
pub(crate) struct CpuClock(ClockId);

impl CpuClock {
    /// The clock of the process with this id.
    pub(crate) fn of(pid: u32) -> Result<Self> {
        let pid = Pid::from_raw(pid.try_into().context("a process id is a small number")?);
        clock_getcpuclockid(pid)
            .map(Self)
            .context("the process has no CPU clock")
    }

    /// The CPU time that the process has used so far.
    pub(crate) fn read(&self) -> Result<Duration> {
        let time = self.0.now().context("the process is gone")?;
        Ok(time.into())
    }
}

/// The most memory that a process has held at once, in bytes.
pub(crate) fn peak_memory(pid: u32) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).context("the process is gone")?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .context("the kernel does not count the process's memory")?;
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kilobytes * 1024)
}
