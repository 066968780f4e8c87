//! What `--version` says: of this build, and of what it understands.

use emqx_rebalance_client::ApiVersion;
use emqx_rebalance_core::Contract;

/// The version, the commit, and the versions of all that this release reads. What scripts look for
/// is the first line, which is all that `-V` says.
pub(crate) fn long() -> String {
    format!(
        "{}\ncommit: {}\nJSON: {}\nEMQX API: {}",
        env!("CARGO_PKG_VERSION"),
        env!("EMQX_REBALANCE_COMMIT"),
        list(Contract::ALL, |contract| format!("{} {}", contract.as_str(), contract.version())),
        list(ApiVersion::ALL, |api| format!("{api} (since EMQX {})", api.first())),
    )
}

fn list<T>(all: impl IntoIterator<Item = T>, say: impl Fn(T) -> String) -> String {
    all.into_iter().map(say).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Cli;
    use clap::CommandFactory;

    #[test]
    fn it_says_what_is_read() {
        let said = long();
        let lines: Vec<_> = said.lines().collect();
        let [version, commit, json, api] = lines[..] else { panic!("{said}") };
        assert_eq!(version, env!("CARGO_PKG_VERSION"));
        assert!(commit.starts_with("commit: "), "{commit}");
        let read = "JSON: snapshot 1, plan 1, state 1, record 1, reconnect profile 1";
        assert_eq!(json, read);
        assert_eq!(api, "EMQX API: v5 (since EMQX 5.1.0), v4 (since EMQX 4.4.12)");
    }

    #[test]
    fn the_commit_is_a_commit_or_not_known() {
        let commit = env!("EMQX_REBALANCE_COMMIT");
        let is_hash = commit.len() >= 7 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
        assert!(is_hash || commit == "unknown", "{commit}");
    }

    #[test]
    fn the_first_line_is_all_that_the_short_flag_says() {
        let command = Cli::command();
        let (short, long) = (command.render_version(), command.render_long_version());
        assert_eq!(short, concat!("emqx-rebalance ", env!("CARGO_PKG_VERSION"), "\n"));
        assert_eq!(long.lines().next(), short.lines().next());
        assert_eq!(long.lines().count(), 4);
    }
}
