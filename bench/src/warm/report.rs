use anyhow::Result;

use super::Warm;
use crate::chart::{Bar, Bars};
use crate::report::Report;
use crate::table::{Table, figure};

impl Warm {
    /// Writes the figures.
    pub(crate) fn report(&self, report: &mut Report) -> Result<()> {
        let mut table = Table::new([
            "operation",
            "p50 ms",
            "p90 ms",
            "p99 ms",
            "CPU p50 ms",
            "CPU p90 ms",
        ]);
        for line in &self.lines {
            table.row([
                line.name.to_owned(),
                figure(line.wall.median()),
                figure(line.wall.quantile(0.9)),
                figure(line.wall.quantile(0.99)),
                figure(line.cpu.median()),
                figure(line.cpu.quantile(0.9)),
            ]);
        }
        let calls = self.lines.first().map_or(0, |line| line.wall.count());
        let text = format!(
            "{}\n{}\n{calls} calls of each operation, in turn and in blocks, through TLS to the embedded database on \
             the same machine. Wall time runs from the event to its answer; CPU time is the function's own, until it \
             asks for the next event.\n",
            Report::image("warm", "CPU time of a warm call"),
            table.markdown(),
        );
        report.set("warm", &text);
        let bars: Vec<_> = self
            .lines
            .iter()
            .map(|line| Bar {
                name: line.name,
                parts: [line.cpu.median(), 0.0],
                whole: line.cpu.median(),
            })
            .collect();
        Bars {
            title: "A warm call: CPU time in ms, median",
            parts: ["call", ""],
            bars: &bars,
        }
        .draw(&report.chart("warm"))
    }
}
