//! The documentation of reconnect profiles, with the presets as the core has them.

use crate::{MARK, words};
use anyhow::{Context, Result};
use emqx_rebalance_core::NamedProfile;

/// A page of how clients come back.
///
/// # Errors
/// If a preset has no documentation.
pub(crate) fn page() -> Result<String> {
    let meanings = words::of::<NamedProfile>()?.words;
    let rows = NamedProfile::ALL.map(|named| {
        let meaning = meanings.iter().find(|(word, _)| word == named.as_str());
        let (word, meaning) = meaning.context("a preset without documentation")?;
        let source =
            named.source().map_or_else(|| "our assumption".to_owned(), |url| format!("<{url}>"));
        Ok(format!("| `{word}` | {meaning} | {} | {source} |\n", back(named)))
    });
    let rows: String = rows.into_iter().collect::<Result<_>>()?;
    let page = include_str!("reconnects.md").replace("{presets}", &rows);
    Ok(format!("<!-- {MARK} -->\n\n{page}"))
}

/// Who is back when, in words.
fn back(named: NamedProfile) -> String {
    let profile = named.profile();
    let points: Vec<(f64, f64)> = profile.points().collect();
    if let [(from_s, _), (to_s, _)] = points.as_slice() {
        return format!("{from_s} to {to_s} s");
    }
    let rising = points.iter().filter(|(_, share)| *share > 0.0);
    let parts: Vec<String> =
        rising.map(|(at_s, share)| format!("{} % by {at_s} s", percent(*share))).collect();
    parts.join(", ")
}

/// A share as people write it: 99.9, not 99.90000000000001.
fn percent(share: f64) -> String {
    let text = format!("{:.2}", share * 100.0);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
