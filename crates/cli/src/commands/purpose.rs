//! Who starts a plan, and why.

use emqx_rebalance_core::driver::Purpose;

/// The user at this host, for `reason`.
pub(crate) fn purpose(reason: Option<&str>) -> Purpose {
    let reason = reason.map(str::trim).filter(|reason| !reason.is_empty());
    Purpose { who: Some(who()), reason: reason.map(str::to_owned) }
}

/// The user's name, or number where the environment has none, at this host.
pub(crate) fn who() -> String {
    let named = ["USER", "LOGNAME"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|user| !user.is_empty()));
    let user = named.unwrap_or_else(|| format!("uid {}", rustix::process::getuid().as_raw()));
    format!("{user}@{}", rustix::system::uname().nodename().to_string_lossy())
}
