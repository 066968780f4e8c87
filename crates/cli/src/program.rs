//! What starts this command once more.

use std::ffi::OsString;
use std::io;
use tokio::process::Command;

/// What starts this command once more.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Program(Vec<OsString>);

impl Program {
    /// The program that runs now.
    pub fn this() -> Self {
        Self(Vec::new())
    }

    /// The program and arguments `line`, such as `python -m emqx_rebalance`. The program that runs now
    /// if it is empty.
    pub fn new(line: Vec<OsString>) -> Self {
        Self(line)
    }

    /// The command without arguments of its own.
    pub(crate) fn command(&self) -> io::Result<Command> {
        let Some((program, args)) = self.0.split_first() else {
            return std::env::current_exe().map(Command::new);
        };
        let mut command = Command::new(program);
        command.args(args);
        Ok(command)
    }
}
