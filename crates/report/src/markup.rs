//! Text that cannot become markup.

use emqx_rebalance_core::plain;
use std::fmt;

/// `plain` as HTML text or the value of a quoted attribute.
pub(crate) fn text(shown: impl fmt::Display) -> String {
    let mut safe = String::new();
    for c in plain(&shown.to_string()).chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}

/// JSON that stands inside a `script` element: no `<` can end it.
pub(crate) fn script_json(value: &serde_json::Value) -> String {
    value
        .to_string()
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
        .replace('\'', "\\u0027")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_means_something_to_a_browser_is_left() {
        let safe = text("<b onclick='x'>\"&\u{7}\u{202e}");
        assert_eq!(safe, "&lt;b onclick=&#39;x&#39;&gt;&quot;&amp;\\u{7}\\u{202e}");
        let json = script_json(&serde_json::json!("</script><!--"));
        assert!(!json.contains('<') && serde_json::from_str::<String>(&json).is_ok());
    }
}
