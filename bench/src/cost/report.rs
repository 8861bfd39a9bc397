use super::Cost;
use crate::prices::{SOURCE, milliseconds};
use crate::report::Report;
use crate::table::Table;

impl Cost {
    /// Writes the figures.
    pub(crate) fn report(&self, report: &mut Report) {
        let mut table = Table::new([
            "operation",
            "requests",
            "read units",
            "write units",
            "DynamoDB",
            "Lambda",
            "API Gateway",
            "a million calls",
        ]);
        for line in &self.lines {
            table.row([
                line.name.to_owned(),
                line.call.requests.to_string(),
                line.call.reads.to_string(),
                line.call.writes.to_string(),
                dollars(line.million.dynamodb),
                dollars(line.million.lambda),
                dollars(line.million.api),
                dollars(line.million.total()),
            ]);
        }
        let start = self.lines.iter().map(|line| line.start.reads).fold(0.0, f64::max);
        let text = format!(
            "{}\nUnits as the database counted them for a customer of less than 1 KB, the index's share included; a \
             refused conditional write counts as one unit. US dollars: {SOURCE}; Lambda on arm64 with 256 MB, for \
             the warm duration measured here, in whole milliseconds. Each millisecond that a function waits longer, \
             as it does for a database across a network, adds {} to a million calls. Opening the \
             connection at a cold start reads {start} more.\n",
            table.markdown(),
            dollars(milliseconds(1.0)),
        );
        report.set("cost", &text);
    }
}

fn dollars(amount: f64) -> String {
    format!("${amount:.3}")
}
