//! The limit that a large swarm meets first: open files, one for each client.

use emqx_rebalance_core::{Error, Problem, Result};

/// Makes sure that `clients` sockets can be open, raising the soft limit if that is allowed.
///
/// # Errors
/// `config_invalid` with the number of clients that fit.
pub(crate) fn reserve(clients: u64) -> Result<()> {
    match raise(clients.saturating_add(OTHERS)) {
        Some(limit) if limit < clients.saturating_add(OTHERS) => {
            let bound = format!(
                "at most {}: this process may open {limit} files; raise it with `ulimit -n {}`, or \
                 start several swarms",
                limit.saturating_sub(OTHERS),
                clients.saturating_add(OTHERS),
            );
            Err(Error::invalid("swarm", vec![Problem::new("clients", clients, bound)]))
        }
        _ => Ok(()),
    }
}

/// Raises the soft limit towards `wish`; the limit then, `None` if there is none.
#[cfg(unix)]
fn raise(wish: u64) -> Option<u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let now = getrlimit(Resource::Nofile);
    if now.current.is_none_or(|limit| limit >= wish) {
        return now.current;
    }
    let current = now.maximum.map_or(wish, |maximum| maximum.min(wish));
    match setrlimit(Resource::Nofile, Rlimit { current: Some(current), ..now }) {
        Ok(()) => Some(current),
        Err(_) => now.current,
    }
}

#[cfg(not(unix))]
fn raise(_: u64) -> Option<u64> {
    None
}

/// Files that are open beside the clients' sockets: the standard ones, the runtime's, libraries.
const OTHERS: u64 = 50;

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn more_clients_than_files_are_refused_with_the_number_that_fits() {
        reserve(10).unwrap();
        let Some(limit) = raise(0) else { return };
        let error = reserve(u64::from(u32::MAX)).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("ulimit -n") && text.contains("clients"), "{text}");
        assert!(raise(0) >= Some(limit));
    }
}
