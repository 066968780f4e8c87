//! The picture in the README: what the demo really prints.

use crate::step::step;
use anstyle_svg::Term;
use anyhow::Result;
use xshell::{Shell, cmd};

const PICTURE: &str = "docs/demo.svg";

/// Runs the demo and draws what it prints.
pub(crate) fn demo(shell: &Shell) -> Result<()> {
    step("picture of the demo", || {
        let demo =
            cmd!(shell, "cargo run --release --quiet --package emqx-rebalance -- demo --yes");
        let text = demo.env("CLICOLOR_FORCE", "1").env("COLUMNS", "80").read()?;
        let svg = Term::new().min_width_px(720).render_svg(&text);
        Ok(shell.write_file(PICTURE, svg)?)
    })
}
