//! Fleets of which a part is slow, levelled by one wave of a plan that knows it.
//!
//! Bounds of counts are six standard deviations of clients that come each by itself, and those of a
//! whole curve are what one run in a thousand million breaks (Dvoretzky, Kiefer and Wolfowitz).

use crate::story::{Scene, Story};
use emqx_rebalance_core::driver::DriverOptions;
use emqx_rebalance_core::{Curve, ReconnectProfile};
use emqx_rebalance_swarm::Reconnect;

#[tokio::test(flavor = "multi_thread")]
async fn a_fleet_of_which_a_fifth_is_slow_ends_level() {
    levels(&[(0.5, 0.0), (1.5, 0.8), (5.0, 0.8), (15.0, 1.0)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fleet_of_which_half_is_slow_ends_level() {
    levels(&[(0.5, 0.0), (1.0, 0.5), (3.0, 0.5), (12.0, 1.0)]).await;
}

async fn levels(points: &[(f64, f64)]) {
    let fleet = ReconnectProfile::new(points).unwrap();
    let story = Story::of(Scene {
        clients: [1000, 600, 0, 0, 0],
        conn_evict_rate: 100,
        reconnect: Reconnect { profile: Some(fleet.clone()), ..Reconnect::default() },
        told: Some(fleet.clone()),
        driver: one_wave(),
    })
    .await;
    story.tell(points);
    story.assert_clients_come_as(&fleet);
    story.assert_forecast_holds();
    story.assert_nothing_is_lost();
    // 0.31 to 1.25 % in twelve runs: one client more than its share, on a node of 320, is 0.31 %.
    let over = story.over_percent();
    assert!(over <= 2.5, "{over:.2} % over: {:?}", story.end);
    let (dropped, fewest) = (story.dropped(), story.plan.bounds.fewest_disconnects);
    assert!(dropped * 100 <= fewest * 105, "{dropped} dropped, {fewest} at least");
}

/// The forecast is one of one wave.
fn one_wave() -> DriverOptions {
    DriverOptions { max_waves: 1, ..DriverOptions::default() }
}

impl Story {
    fn tell(&self, points: &[(f64, f64)]) {
        println!(
            "{points:?}: {:.2} % over, {} dropped, back after {:.1} s of {} s, {:.2} off the curve, \
             verdict after {} s",
            self.over_percent(),
            self.dropped(),
            self.back_s(),
            self.plan.forecast.back_s,
            self.off_the_curve(),
            self.status.progress.elapsed_s
        );
    }

    /// Every client is back, at times that are those of `fleet`.
    fn assert_clients_come_as(&self, fleet: &ReconnectProfile) {
        let (reconnects, dropped) = (&self.swarm.reconnects, self.dropped());
        assert_eq!((reconnects.count, reconnects.stayed_away), (dropped, 0));
        assert_eq!(self.end.connections(), self.swarm.clients);
        let ms = reconnects.ms.unwrap();
        let bound = (2e9_f64.ln() / (2.0 * number(dropped))).sqrt();
        for (part, at_ms) in [(0.5, ms.p50), (0.9, ms.p90), (0.99, ms.p99)] {
            let back = fleet.back_by(number(at_ms) / 1000.0);
            assert!((back - part).abs() <= bound, "{part} back after {at_ms} ms");
        }
    }

    /// Clients were away as was forecast, and back when it was.
    fn assert_forecast_holds(&self) {
        let forecast = &self.plan.forecast;
        assert_eq!(forecast.missing, 0);
        let off = self.off_the_curve();
        assert!(off <= 6.0, "{off:.2} standard deviations off the curve: {:?}", self.away);
        let (back_s, forecast_s) = (self.back_s(), number(forecast.back_s));
        assert!((back_s - forecast_s).abs() <= BACK_S, "{back_s:.1} s, not {forecast_s} s");
    }

    /// Seconds until 99 % of those that were dropped were back for good.
    fn back_s(&self) -> f64 {
        let few = self.dropped() / 100;
        let last = self.away.iter().rposition(|(_, away)| *away > few);
        last.and_then(|last| self.away.get(last + 1)).map_or(0.0, |(at_s, _)| *at_s)
    }

    /// How many standard deviations the clients that were away were outside of the forecast's band in the
    /// worst second.
    fn off_the_curve(&self) -> f64 {
        let curve = &self.plan.forecast.curve;
        let seconds = 0..=*curve.times_s.last().unwrap();
        let off = seconds.map(|second| {
            let (least, most) = band(curve, second);
            let away = self.mean_away(number(second));
            (away - most).max(least - away) / most.max(1.0).sqrt()
        });
        off.fold(0.0, f64::max)
    }

    /// Clients that were away in the second from `from_s` on, on average: EMQX drops those of a second all
    /// at once, and nobody knows when in it.
    fn mean_away(&self, from_s: f64) -> f64 {
        let ends = self.away.iter().skip(1).map(|(at_s, _)| *at_s).chain([f64::INFINITY]);
        let within = |at_s: f64| (at_s - from_s).clamp(0.0, 1.0);
        let spans = self.away.iter().zip(ends);
        spans.map(|((at_s, away), end_s)| number(*away) * (within(end_s) - within(*at_s))).sum()
    }
}

/// The fewest and the most clients away that are forecast for about the second from `second` on: there
/// is one more to either side for the beats of EMQX and of the load balancer.
fn band(curve: &Curve, second: u64) -> (f64, f64) {
    let near =
        |(time_s, _): &(&u64, &u64)| (second.saturating_sub(1)..=second + 2).contains(time_s);
    let away = curve.times_s.iter().zip(&curve.away).filter(near).map(|(_, away)| number(*away));
    away.fold((f64::INFINITY, 0.0), |(least, most), away| (least.min(away), most.max(away)))
}

fn number(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap())
}

/// Seconds by which the last hundredth may come before or after it is forecast: when ten clients are
/// away and three come in a second, one standard deviation is one second.
const BACK_S: f64 = 5.0;
