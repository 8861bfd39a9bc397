//! What AWS charges, in US dollars: us-east-1, on demand, without free tiers, as of November 2026.
//!
//! The DynamoDB prices are those since 1 November 2024. Other regions charge more or less in proportion.

use crate::proxy::Consumed;

/// Where and since when these prices hold, for the report.
pub(crate) const SOURCE: &str = "us-east-1, on demand, as published since November 2024";

/// A million write request units.
const WRITES: f64 = 0.625;
/// A million read request units.
const READS: f64 = 0.125;
/// A GB of memory for a second, on arm64.
const GIGABYTE_SECOND: f64 = 0.000_013_333_4;
/// A million calls of functions.
const INVOCATIONS: f64 = 0.20;
/// A million requests to an HTTP API.
const API_REQUESTS: f64 = 1.00;

/// The memory that the template gives a function, in GB.
const MEMORY: f64 = 0.25;

/// What a million calls cost.
pub(crate) struct Million {
    /// DynamoDB's part.
    pub(crate) dynamodb: f64,
    /// Lambda's part.
    pub(crate) lambda: f64,
    /// API Gateway's part.
    pub(crate) api: f64,
}

impl Million {
    /// A million calls that consume so much and take so long, in ms. Lambda counts whole milliseconds.
    pub(crate) fn calls(consumed: Consumed, duration: f64) -> Self {
        Self {
            dynamodb: consumed.writes * WRITES + consumed.reads * READS,
            lambda: INVOCATIONS + milliseconds(duration.ceil()),
            api: API_REQUESTS,
        }
    }

    /// All of it.
    pub(crate) fn total(&self) -> f64 {
        self.dynamodb + self.lambda + self.api
    }
}

/// What so many milliseconds of a function cost, a million times.
pub(crate) fn milliseconds(duration: f64) -> f64 {
    duration / 1000.0 * MEMORY * GIGABYTE_SECOND * 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_reads_cost_what_the_price_list_says() {
        let read = Consumed {
            requests: 1,
            reads: 1.0,
            writes: 0.0,
        };
        let million = Million::calls(read, 0.4);
        assert!((million.total() - (0.125 + 0.20 + 0.003_333_35 + 1.00)).abs() < 1e-9);
    }
}
