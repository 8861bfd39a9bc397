//! `docs/performance.md`: prose by people, and figures between markers.

use std::{path::PathBuf, process::Command, time::Duration};

use anyhow::{Context, Result};
use indicatif::HumanCount;
use procfs::Current;

/// The end of every block.
const END: &str = "<!-- /bench -->";

/// `docs/performance.md` and the charts beside it.
pub(crate) struct Report {
    path: PathBuf,
    text: String,
}

impl Report {
    /// Reads the document.
    pub(crate) fn open() -> Result<Self> {
        let path = ::tests::root().join("docs/performance.md");
        let text = std::fs::read_to_string(&path).with_context(|| format!("no {}", path.display()))?;
        Ok(Self { path, text })
    }

    /// Replaces the content of the block `name`; a missing block is added at the end.
    pub(crate) fn set(&mut self, name: &str, content: &str) {
        let begin = format!("<!-- bench:{name} -->");
        let (before, rest) = self.text.split_once(&begin).unwrap_or((&self.text, ""));
        let after = rest.split_once(END).map_or("\n", |(_, after)| after);
        self.text = format!("{before}{begin}\n{}\n{END}{after}", content.trim_end());
    }

    /// The path of the chart `name`.
    pub(crate) fn chart(&self, name: &str) -> PathBuf {
        self.path.with_extension("").join(format!("{name}.svg"))
    }

    /// Writes the document.
    pub(crate) fn save(&self) -> Result<()> {
        std::fs::write(&self.path, &self.text)?;
        eprintln!("the figures are in {}", self.path.display());
        Ok(())
    }
}

/// A Markdown table from a head and rows with ` | ` between cells. All columns but the first are right-aligned.
pub(crate) fn table(head: &str, rows: impl IntoIterator<Item = String>) -> String {
    let rule = format!("---{}", " | ---:".repeat(head.matches('|').count()));
    let lines = [head.to_owned(), rule].into_iter().chain(rows);
    lines.map(|cells| format!("| {cells} |\n")).collect()
}

/// A number with about three significant digits.
pub(crate) fn figure(value: f64) -> String {
    match value.abs() {
        size if size >= 99.95 => HumanCount(value.round() as u64).to_string(),
        size if size >= 9.995 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// Measurements of one quantity. Medians and quantiles are reported, never means: other load on the machine makes a few
/// measurements long and leaves the rest as they are.
#[derive(Default)]
pub(crate) struct Sample(Vec<f64>);

impl Sample {
    /// Adds a measurement.
    pub(crate) fn push(&mut self, value: f64) {
        self.0.push(value);
    }

    /// Adds a duration, in milliseconds.
    pub(crate) fn push_time(&mut self, time: Duration) {
        self.push(time.as_secs_f64() * 1000.0);
    }

    /// The value that this share of the measurements does not exceed; 0 if there are none.
    pub(crate) fn quantile(&self, share: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let place = sorted.len().saturating_sub(1) as f64 * share;
        sorted.get(place.round() as usize).copied().unwrap_or_default()
    }

    /// The quantile of 0.5.
    pub(crate) fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    /// Quantiles as table cells.
    pub(crate) fn cells(&self, shares: &[f64]) -> String {
        let figures = shares.iter().map(|share| figure(self.quantile(*share)));
        figures.collect::<Vec<_>>().join(" | ")
    }
}

/// The date, the machine and the compiler, as a sentence.
pub(crate) fn machine() -> Result<String> {
    let date = chrono::Utc::now().format("%-d %B %Y");
    let processors = procfs::CpuInfo::current()?;
    let (processor, cores) = (processors.model_name(0), processors.num_cores());
    let processor = processor.unwrap_or("unknown processor");
    let memory = procfs::Meminfo::current()?.mem_total as f64 / f64::from(1 << 30);
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease")?;
    let compiler = Command::new("rustc").arg("--version").output()?.stdout;
    let (kernel, compiler) = (kernel.trim(), String::from_utf8_lossy(&compiler));
    let machine = format!("{processor} with {cores} cores and {memory:.0} GiB of memory");
    Ok(format!("{date}: {machine}, Linux {kernel}, {}.", compiler.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_replaced_and_the_prose_around_it_kept() {
        let text = "a\n<!-- bench:x -->\nold\n<!-- /bench -->\nb\n".to_owned();
        let path = PathBuf::new();
        let mut report = Report { path, text };
        report.set("x", "new\n");
        assert_eq!(report.text, "a\n<!-- bench:x -->\nnew\n<!-- /bench -->\nb\n");
    }

    #[test]
    fn a_table_shows_quantiles_with_three_digits() {
        let sample = Sample(vec![12.34, 1_234_567.0, 0.256, 9.99, 123.4]);
        let row = sample.cells(&[0.0, 0.25, 0.5, 0.75, 1.0]);
        assert_eq!(row, "0.26 | 9.99 | 12.3 | 123 | 1,234,567");
        assert_eq!(
            table("a | b", ["c | d".to_owned()]),
            "| a | b |\n| --- | ---: |\n| c | d |\n"
        );
    }
}
