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

/// `text` as an error repeats it: plain, and no more of it than somebody reads. Whoever gives a value may
/// give one of a gigabyte, which must not go on into logs, answers and objects.
pub(crate) fn repeated(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        None => plain(text).into_owned(),
        Some((end, _)) => {
            let (start, rest) = text.split_at(end);
            format!("{}… and {} more characters", plain(start), rest.chars().count())
        }
    }
}

/// Characters of a value that an error repeats. What EMQX says of a bad option has some 1,000.
const LONGEST: usize = 2_000;

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
    fn what_nobody_reads_is_not_repeated() {
        assert_eq!(repeated("a\u{0}"), "a\\u{0}");
        let shown = repeated(&"é".repeat(LONGEST + 7));
        assert!(shown.starts_with("ééé") && shown.ends_with("é… and 7 more characters"), "{shown}");
    }

    #[test]
    fn what_people_write_stays() {
        for text in ["it's \"1\u{a0}%\" \\ ok", "Über 北京\u{3000}– “hm”…", "นี่ हिन्दी e\u{301}", ""]
        {
            assert_eq!(plain(text), text);
        }
    }
}
