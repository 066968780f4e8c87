//! Who starts a plan, and why.

use emqx_rebalance_core::driver::Purpose;

/// The user at this host, for `reason`.
pub(crate) fn purpose(reason: Option<&str>) -> Purpose {
    let reason = reason.map(str::trim).filter(|reason| !reason.is_empty());
    Purpose { who: who(), reason: reason.map(str::to_owned) }
}

fn who() -> Option<String> {
    let user = ["USER", "LOGNAME"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|user| !user.is_empty()))?;
    let system = rustix::system::uname();
    Some(format!("{user}@{}", system.nodename().to_string_lossy()))
}
