//! Where the process listens, and who may ask what.

use super::cluster::referred;
use emqx_rebalance_client::Secret;
use emqx_rebalance_core::{Fields, Loose, Problem};
use emqx_rebalance_exchange::Outside;
use std::net::SocketAddr;

/// Where the process listens, and who may ask what.
#[derive(Clone, Debug)]
pub struct Listen {
    /// The address. Others than loopback need a token.
    pub address: SocketAddr,
    /// Who may ask. Nobody in particular if empty: whoever is on this machine may look then, and do nothing.
    pub tokens: Vec<Token>,
}

impl Listen {
    /// Whether anybody may approve a proposal.
    pub(super) fn can_approve(&self) -> bool {
        self.tokens.iter().any(|token| token.role >= Role::Approver)
    }
}

/// Somebody who may ask.
#[derive(Clone, Debug)]
pub struct Token {
    /// Who that is, as decisions and records name them.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// What they show.
    pub secret: Secret,
}

/// What somebody may do.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Role {
    /// See all that there is to see.
    Viewer,
    /// Approve, reject and stop, too.
    Approver,
}

impl Role {
    /// The stable word: `viewer` or `approver`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Approver => "approver",
        }
    }
}

/// Reads `listen` and `tokens`; nothing listens if the first is not there.
pub(super) fn listen(
    fields: &mut Fields,
    outside: &dyn Outside,
    problems: &mut Vec<Problem>,
) -> Option<Listen> {
    let given = fields.text("listen", 1..=MAX_ADDRESS);
    let tokens = tokens(fields.take("tokens"), outside, problems);
    let Some(given) = given else {
        if !tokens.is_empty() {
            problems.push(Problem::new("listen", "absent", "an address, as there are `tokens`"));
        }
        return None;
    };
    let Ok(address) = given.parse::<SocketAddr>() else {
        let bound = "an address and a port, such as 127.0.0.1:8090 or [::1]:8090";
        problems.push(Problem::new("listen", given, bound));
        return None;
    };
    if !address.ip().is_loopback() && tokens.is_empty() {
        let bound = "an address of loopback, or there are `tokens`: anybody could look otherwise";
        problems.push(Problem::new("listen", address, bound));
    }
    Some(Listen { address, tokens })
}

fn tokens(value: Option<Loose>, outside: &dyn Outside, problems: &mut Vec<Problem>) -> Vec<Token> {
    let list = match value {
        None | Some(Loose::Null) => return Vec::new(),
        Some(Loose::List(list)) => list,
        Some(_) => {
            problems.push(Problem::new("tokens", "a value", "a list"));
            return Vec::new();
        }
    };
    let read = |(i, value)| token(&format!("tokens[{i}]"), value, outside, problems);
    let tokens: Vec<Token> = list.into_iter().enumerate().filter_map(read).collect();
    for (i, token) in tokens.iter().enumerate() {
        if tokens.iter().take(i).any(|other| other.name == token.name) {
            let bound = "a name of its own: decisions say who it was";
            problems.push(Problem::new(format!("tokens[{i}].name"), &token.name, bound));
        }
        let is_same = |other: &Token| other.secret.expose() == token.secret.expose();
        if let Some(other) = tokens.iter().take(i).find(|other| is_same(other)) {
            let bound =
                format!("another than that of {}: nobody knows otherwise who it was", other.name);
            problems.push(Problem::new(format!("tokens[{i}].token"), "not shown", bound));
        }
    }
    tokens
}

fn token(
    place: &str,
    value: Loose,
    outside: &dyn Outside,
    problems: &mut Vec<Problem>,
) -> Option<Token> {
    let Loose::Object(mut members) = value else {
        let bound = "an object with `name`, `role` and `token_env` or `token_file`";
        problems.push(Problem::new(place, "a value", bound));
        return None;
    };
    let secret = referred(place, "token", &mut members, outside, problems);
    let before = problems.len();
    let mut fields = Fields::from(members);
    fields.need("name");
    let name = fields.text("name", 1..=MAX_NAME);
    let role = match fields.text("role", 1..=MAX_NAME).as_deref() {
        Some("viewer") | None => Some(Role::Viewer),
        Some("approver") => Some(Role::Approver),
        Some(other) => {
            fields.problem("role", other, "viewer or approver");
            None
        }
    };
    if let Err(error) = fields.finish("token", &["name", "role", "token_env", "token_file"]) {
        problems.extend(error.problems().iter().map(|problem| Problem {
            field: format!("{place}.{}", problem.field),
            ..problem.clone()
        }));
    }
    let secret = secret?;
    if secret.expose().len() < FEWEST {
        let bound = "of 16 characters or more: whoever asks often enough guesses a shorter one";
        problems.push(Problem::new(format!("{place}.token"), "not shown", bound));
    }
    (problems.len() == before).then_some(Token { name: name?, role: role?, secret })
}

const MAX_ADDRESS: usize = 100;
const MAX_NAME: usize = 100;
const FEWEST: usize = 16;
