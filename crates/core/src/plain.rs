//! Text that cannot steer a terminal, a log or a page.

use std::borrow::Cow;

/// `text` with every character that is not seen as itself written out: control characters, and marks
/// that hide text or turn its direction, such as `\u{202e}`.
///
/// Files, flags and EMQX's answers may hold them; messages show them and are not changed by them.
///
/// ```
/// assert_eq!(emqx_rebalance_core::plain("all\u{1b}[2Jgone"), "all\\u{1b}[2Jgone");
/// ```
pub fn plain(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let shown = text.chars().map(|c| match c {
        c if is_plain(c) => c.to_string(),
        c => c.escape_default().to_string(),
    });
    Cow::Owned(shown.collect())
}

/// Whether `c` is seen as itself.
pub(crate) fn is_plain(c: char) -> bool {
    if c.is_ascii() {
        return !c.is_ascii_control();
    }
    // The standard library knows what is printable only by the way it escapes. After a letter, so
    // that marks which combine with one stay; and wide and fixed spaces are spaces.
    let is_space = c.is_whitespace() && !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}');
    is_space || format!("a{c}").escape_debug().count() == 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_steer_a_terminal_is_written_out() {
        assert_eq!(plain("a\u{1b}[2Jb\n\u{202e}c\u{200b}\u{feff}"), {
            "a\\u{1b}[2Jb\\n\\u{202e}c\\u{200b}\\u{feff}"
        });
    }

    #[test]
    fn what_people_write_stays() {
        for text in ["it's \"1\u{a0}%\" \\ ok", "Über 北京\u{3000}– “hm”…", "นี่ हिन्दी e\u{301}", ""]
        {
            assert_eq!(plain(text), text);
        }
    }
}
