//! Percentiles and medians of measured values. Pure.

use serde::Serialize;
use std::time::Duration;

/// How long messages took, from the moment each was due to be published to its arrival, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Latency {
    /// Half of the messages were at least this fast.
    pub p50: f64,
    /// 95 of 100 were.
    pub p95: f64,
    /// 99 of 100 were.
    pub p99: f64,
}

impl Latency {
    /// The percentiles of these durations; none where there are none.
    pub(super) fn of(mut durations: Vec<Duration>) -> Option<Self> {
        durations.sort_unstable();
        let at = |percent: usize| percentile_ms(&durations, percent);
        Some(Self { p50: at(50)?, p95: at(95)?, p99: at(99)? })
    }
}

/// The nearest-rank percentile of sorted durations, in milliseconds with two decimals.
fn percentile_ms(sorted: &[Duration], percent: usize) -> Option<f64> {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).map(|duration| rounded(duration.as_secs_f64() * 1000.0, 2))
}

/// The middle of the values; the mean of the middle two where their number is even; 0 where there are none.
pub(super) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => 0.0,
        odd if odd % 2 == 1 => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}

/// The value with this many decimals.
pub(super) fn rounded(value: f64, decimals: i32) -> f64 {
    let factor = 10_f64.powi(decimals);
    (value * factor).round() / factor
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let durations = (1..=100).rev().map(Duration::from_millis).collect();
        assert_eq!(Latency::of(durations), Some(Latency { p50: 50.0, p95: 95.0, p99: 99.0 }));
        assert_eq!(Latency::of(vec![Duration::from_micros(1234)]), Some(Latency { p50: 1.23, p95: 1.23, p99: 1.23 }));
        assert_eq!(Latency::of(Vec::new()), None);
    }

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(median(vec![5.0, 1.0, 3.0]), 3.0);
        assert_eq!(median(vec![4.0, 1.0, 3.0, 2.0]), 2.5);
        assert_eq!(median(Vec::new()), 0.0);
    }
}
