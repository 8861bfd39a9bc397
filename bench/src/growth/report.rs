use anyhow::Result;

use super::{Growth, OPERATIONS};
use crate::chart::{Lines, Series};
use crate::report::Report;
use crate::table::{Table, count, figure};

impl Growth {
    /// Writes the figures.
    pub(crate) fn report(&self, report: &mut Report) -> Result<()> {
        let mut table = Table::new([
            "operation",
            "customers",
            "p50 ms",
            "p90 ms",
            "read units",
            "write units",
        ]);
        for operation in &OPERATIONS {
            for step in self.steps.iter().filter(|step| step.name == operation.name) {
                table.row([
                    step.name.to_owned(),
                    count(step.customers),
                    figure(step.wall.median()),
                    figure(step.wall.quantile(0.9)),
                    step.consumed.reads.to_string(),
                    step.consumed.writes.to_string(),
                ]);
            }
        }
        let text = format!(
            "{}\n{}\nWarm functions and the embedded database in memory, without TLS. The capacity units are what \
             DynamoDB would charge for; the milliseconds are the embedded database's, not DynamoDB's.\n",
            Report::image("growth", "Latency by number of customers"),
            table.markdown(),
        );
        report.set("growth", &text);
        self.chart(report)
    }

    fn chart(&self, report: &Report) -> Result<()> {
        let series = OPERATIONS.map(|operation| Series {
            name: operation.name,
            points: self
                .steps
                .iter()
                .filter(|step| step.name == operation.name)
                .map(|step| step.wall.median())
                .collect(),
        });
        Lines {
            title: "Growth: the median call",
            x: "customers",
            y: "milliseconds",
            columns: self.sizes,
            series: &series,
        }
        .draw(&report.chart("growth"))
    }
}
