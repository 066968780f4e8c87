//! How the clients of a cluster come back.

use super::Rng;

/// How the clients of a cluster come back: parts of them, each evenly between two times.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Fleet {
    pub(crate) name: &'static str,
    /// Share, from, to; the rest never comes.
    parts: &'static [(f64, f64, f64)],
}

impl Fleet {
    /// All are back soon.
    pub(crate) const PROMPT: Self = Self { name: "in 0.5-1.5 s", parts: &[(1.0, 0.5, 1.5)] };

    /// Every fleet that plans are judged with.
    pub(crate) const ALL: [Self; 7] = [
        Self::PROMPT,
        Self { name: "in 2-5 s", parts: &[(1.0, 2.0, 5.0)] },
        Self { name: "80 % soon, 20 % in 5-30 s", parts: &[(0.8, 0.5, 1.5), (0.2, 5.0, 30.0)] },
        Self { name: "half soon, half in 10-60 s", parts: &[(0.5, 0.5, 1.5), (0.5, 10.0, 60.0)] },
        Self { name: "95 % soon, 5 % never", parts: &[(0.95, 0.5, 1.5)] },
        Self {
            name: "backoff 1-16 s",
            parts: &[(0.5, 0.5, 1.5), (0.25, 2.0, 4.0), (0.15, 5.0, 9.0), (0.1, 10.0, 18.0)],
        },
        Self {
            name: "mobile, 2 % never",
            parts: &[(0.6, 1.0, 4.0), (0.3, 4.0, 20.0), (0.08, 20.0, 120.0)],
        },
    ];

    /// Seconds until a client that is dropped knocks again; `None` if it never does.
    pub(crate) fn wait(self, rng: &mut Rng) -> Option<f64> {
        let mut left = rng.unit();
        for (share, from, to) in self.parts {
            if left < *share {
                return Some(rng.between(*from, *to));
            }
            left -= share;
        }
        None
    }

    /// As a reconnect profile.
    pub(crate) fn points(self) -> Vec<(f64, f64)> {
        let mut points = Vec::new();
        let mut back = 0.0;
        for (share, from, to) in self.parts {
            points.push((*from, back));
            back += share;
            points.push((*to, f64::min(back, 1.0)));
        }
        points
    }
}
