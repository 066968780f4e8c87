//! From values to places in a picture.

/// An axis from 0 to `end`, over `length` units of the picture.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    pub(crate) end: f64,
    pub(crate) step: f64,
    length: f64,
}

impl Scale {
    /// An axis that holds `max` and ends at a round number.
    pub(crate) fn up_to(max: f64, length: f64, ticks: f64, steps: &[f64]) -> Self {
        let step = round_step(max.max(1.0) / ticks, steps);
        let end = (max.max(1.0) / step).ceil() * step;
        Self { end, step, length }
    }

    /// An axis of time: it ends where the course does.
    pub(crate) fn of_time(end: f64, length: f64) -> Self {
        let end = end.max(1.0);
        let steps = if end > 240.0 { MINUTES } else { DECIMAL };
        Self { end, step: round_step(end / 10.0, steps), length }
    }

    /// An axis of counts.
    pub(crate) fn of_counts(max: f64, length: f64) -> Self {
        Self::up_to(max, length, 5.0, DECIMAL)
    }

    /// Where `value` stands.
    pub(crate) fn at(&self, value: f64) -> f64 {
        (value / self.end).clamp(0.0, 1.0) * self.length
    }

    /// The values to name, from 0 on.
    pub(crate) fn ticks(&self) -> impl Iterator<Item = f64> {
        let Self { end, step, .. } = *self;
        (0..=MAX_TICKS).map(move |n| f64::from(n) * step).take_while(move |at| *at <= end * 1.0001)
    }
}

/// The smallest of `steps`, times powers of ten, that is at least `least`; at least 1.
fn round_step(least: f64, steps: &[f64]) -> f64 {
    let mut unit = 1.0;
    for _ in 0..20 {
        if let Some(step) = steps.iter().map(|step| step * unit).find(|step| *step >= least) {
            return step;
        }
        unit *= 10.0;
    }
    least
}

const DECIMAL: &[f64] = &[1.0, 2.0, 5.0];
const MINUTES: &[f64] = &[30.0, 60.0, 120.0, 300.0, 600.0, 1200.0, 1800.0, 3600.0];
const MAX_TICKS: u32 = 30;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_end_at_round_numbers() {
        let axis = Scale::of_counts(3334.0, 100.0);
        assert!((axis.end - 4000.0).abs() < 1e-9 && (axis.step - 1000.0).abs() < 1e-9);
        assert_eq!(axis.ticks().count(), 5);
        assert!((axis.at(2000.0) - 50.0).abs() < 1e-9);
        assert_eq!(Scale::of_counts(0.0, 1.0).ticks().count(), 2);
        assert!(Scale::of_time(78.0, 1.0).ticks().count() <= 11);
        assert!((Scale::of_time(500.0, 1.0).step - 60.0).abs() < 1e-9);
    }
}
