use anyhow::Result;

use super::{CLIENTS, Served};
use crate::chart::{Lines, Series};
use crate::report::Report;
use crate::table::{Table, figure};

impl Served {
    /// Writes the figures.
    pub(crate) fn report(&self, report: &mut Report) -> Result<()> {
        let mut table = Table::new([
            "request",
            "clients",
            "requests a second",
            "p50 ms",
            "p90 ms",
            "p99 ms",
        ]);
        for round in &self.rounds {
            let latency = &round.load.latency;
            table.row([
                round.name.to_owned(),
                round.clients.to_string(),
                figure(round.load.rate),
                figure(latency.median()),
                figure(latency.quantile(0.9)),
                figure(latency.quantile(0.99)),
            ]);
        }
        let text = format!(
            "{}\n{}\nThe clients run on the same cores as the server. The embedded database makes transactions \
             slower the more of them it has seen in the last ten minutes, and a creation is one.\n",
            Report::image("server", "Requests a second by clients"),
            table.markdown(),
        );
        report.set("server", &text);
        self.chart(report)
    }

    fn chart(&self, report: &Report) -> Result<()> {
        let series = ["get", "list 10", "create"].map(|name| Series {
            name,
            points: self
                .rounds
                .iter()
                .filter(|round| round.name == name)
                .map(|round| round.load.rate)
                .collect(),
        });
        Lines {
            title: "The local server",
            x: "clients at once",
            y: "requests a second",
            columns: &CLIENTS,
            series: &series,
        }
        .draw(&report.chart("server"))
    }
}
