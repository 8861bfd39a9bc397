//! Many measurements of one thing.

use std::time::Duration;

/// Measurements of one thing, in the unit of whoever made them. What is reported is medians and quantiles, never
/// means: a neighbour on the machine makes single measurements long and leaves the others as they are.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sample(Vec<f64>);

impl Sample {
    /// One measurement more.
    pub(crate) fn push(&mut self, value: f64) {
        let place = self.0.partition_point(|present| *present < value);
        self.0.insert(place, value);
    }

    /// One measurement more, in milliseconds.
    pub(crate) fn push_time(&mut self, time: Duration) {
        self.push(time.as_secs_f64() * 1000.0);
    }

    /// The value that this share of the measurements does not exceed; 0 where there are none.
    pub(crate) fn quantile(&self, share: f64) -> f64 {
        let last = self.0.len().saturating_sub(1);
        let place = (last as f64 * share).round() as usize;
        self.0.get(place).copied().unwrap_or_default()
    }

    /// The value in the middle.
    pub(crate) fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    /// How many measurements there are.
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }
}

impl FromIterator<f64> for Sample {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        let mut sorted: Vec<f64> = values.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        Self(sorted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_found_whatever_the_order() {
        let mut pushed = Sample::default();
        for value in [5.0, 1.0, 4.0, 2.0, 3.0] {
            pushed.push(value);
        }
        let collected: Sample = [3.0, 5.0, 1.0, 2.0, 4.0].into_iter().collect();
        for sample in [pushed, collected] {
            assert_eq!(sample.quantile(0.0), 1.0);
            assert_eq!(sample.median(), 3.0);
            assert_eq!(sample.quantile(1.0), 5.0);
        }
    }

    #[test]
    fn nothing_measured_is_nothing() {
        assert_eq!(Sample::default().median(), 0.0);
    }
}
