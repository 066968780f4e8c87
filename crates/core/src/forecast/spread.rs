//! To which nodes a load balancer sends clients.

use crate::number::float;

/// How clients spread over the nodes that accept them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Spread {
    /// Each gets as many: round robin, and random on average.
    Evenly,
    /// The emptiest gets the next one: least connections.
    ToEmptiest,
}

impl Spread {
    /// Sends `clients` to the nodes of `counts` for which `open` holds, of which there must be one.
    pub(crate) fn send(self, clients: f64, counts: &mut [f64], open: &[bool]) {
        let level = match self {
            Self::Evenly => f64::INFINITY,
            Self::ToEmptiest => level(clients, counts, open),
        };
        let share = clients / float(open.iter().filter(|open| **open).count() as u64).max(1.0);
        for (count, _) in counts.iter_mut().zip(open).filter(|(_, open)| **open) {
            *count = if level.is_finite() { count.max(level) } else { *count + share };
        }
    }
}

/// The level to which `clients` fill the emptiest open nodes.
fn level(clients: f64, counts: &[f64], open: &[bool]) -> f64 {
    let mut levels: Vec<f64> =
        counts.iter().zip(open).filter(|(_, open)| **open).map(|(count, _)| *count).collect();
    levels.sort_by(f64::total_cmp);
    let (mut level, mut sum) = (0.0, clients);
    for (n, count) in levels.into_iter().enumerate() {
        if n > 0 && level <= count {
            break;
        }
        sum += count;
        level = sum / float(n as u64 + 1);
    }
    level
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn even_spreading_gives_all_open_nodes_as_many() {
        let mut counts = [0.0, 5.0, 9.0];
        Spread::Evenly.send(6.0, &mut counts, &[true, false, true]);
        assert_eq!(counts.map(f64::to_bits), [3.0, 5.0, 12.0].map(f64::to_bits));
    }

    #[test]
    fn the_emptiest_are_filled_first() {
        let mut counts = [0.0, 5.0, 9.0, 1.0];
        Spread::ToEmptiest.send(11.0, &mut counts, &[true, true, true, false]);
        assert_eq!(counts.map(f64::to_bits), [8.0, 8.0, 9.0, 1.0].map(f64::to_bits));
    }
}
