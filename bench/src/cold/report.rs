use anyhow::Result;

use super::Cold;
use crate::chart::{Bar, Bars};
use crate::report::Report;
use crate::stats::Sample;
use crate::table::{Table, figure};

impl Cold {
    /// Writes the figures.
    pub(crate) fn report(&self, report: &mut Report) -> Result<()> {
        let mut times = Table::new([
            "function",
            "init ms",
            "init CPU ms",
            "first call ms",
            "first call CPU ms",
            "CPU of both ms",
            "peak memory MB",
            "connections",
        ]);
        let mut sizes = Table::new(["binary", "MB", "zipped MB"]);
        for subject in &self.subjects {
            times.row([
                subject.binary.to_owned(),
                spread(&subject.init_wall),
                spread(&subject.init_cpu),
                spread(&subject.first_wall),
                spread(&subject.first_cpu),
                spread(&subject.cpu),
                figure(subject.memory.median()),
                subject.connections.median().to_string(),
            ]);
            sizes.row([
                subject.binary.to_owned(),
                figure(subject.size),
                figure(subject.zipped),
            ]);
        }
        let starts = self.subjects.first().map_or(0, |subject| subject.cpu.count());
        let text = format!(
            "{}\n{}\n{starts} starts of each function, in turn: the median, and in brackets the middle half. \
             Connections are those to the database at the end of the init phase. The database's TLS front does as \
             DynamoDB's: TLS 1.3 with AES-128-GCM, and a chain of three certificates with RSA keys of 2048 bits.\n",
            Report::image("cold", "CPU time of a cold start"),
            times.markdown(),
        );
        report.set("cold", &text);
        report.set("size", &sizes.markdown());
        self.chart(report)
    }

    fn chart(&self, report: &Report) -> Result<()> {
        let bars: Vec<_> = self
            .subjects
            .iter()
            .map(|subject| Bar {
                name: subject.binary,
                parts: [subject.init_cpu.median(), subject.first_cpu.median()],
                whole: subject.cpu.median(),
            })
            .collect();
        Bars {
            title: "A cold start: CPU time in ms, median",
            parts: ["init", "first call"],
            bars: &bars,
        }
        .draw(&report.chart("cold"))
    }
}

/// The median and the middle half.
fn spread(sample: &Sample) -> String {
    format!(
        "{} ({}–{})",
        figure(sample.median()),
        figure(sample.quantile(0.25)),
        figure(sample.quantile(0.75))
    )
}
