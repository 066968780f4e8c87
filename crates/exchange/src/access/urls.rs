//! Where a cluster is: one URL, a list of them, or text with commas between.

use super::Access;
use super::reader::{Reader, shown};
use emqx_rebalance_core::{Loose, Problem};

impl Reader<'_> {
    /// Every URL with the field that it stands in: of `url` and `urls`, or else of a variable.
    pub(super) fn urls(&mut self) -> Vec<(String, String)> {
        let mut urls = self.listed("url");
        urls.extend(self.listed("urls"));
        if urls.is_empty() && !self.has_bad_url() {
            let listed = self.outside.variable("EMQX_URL");
            urls.extend(listed.iter().flat_map(|listed| several("EMQX_URL", listed)));
        }
        urls
    }

    fn listed(&mut self, name: &str) -> Vec<(String, String)> {
        match self.take(name) {
            Some(Loose::Text(text)) => several(name, &text),
            Some(Loose::List(list)) => self.each(name, list),
            // Lua tells an empty object from an empty list by nothing.
            Some(Loose::Object(none)) if none.is_empty() => Vec::new(),
            Some(value) => {
                self.problem(name, shown(&value), "a URL of EMQX's API, or a list of them");
                Vec::new()
            }
            None => Vec::new(),
        }
    }

    fn each(&mut self, name: &str, list: Vec<Loose>) -> Vec<(String, String)> {
        let mut urls = Vec::new();
        for (i, value) in list.into_iter().enumerate() {
            let field = format!("{name}[{i}]");
            match value {
                Loose::Text(text) => urls.push((field, text)),
                value => self.problem(&field, shown(&value), "a URL of EMQX's API"),
            }
        }
        urls
    }

    fn has_bad_url(&self) -> bool {
        self.fields.has_problems_of(|field| field.starts_with("url"))
    }

    /// Notes every bad URL, each of which stands in the field of the same place.
    pub(super) fn check_urls(&mut self, access: &Access, fields: &[String]) {
        let has_bad_url = self.has_bad_url();
        let Err(error) = access.urls(self.dialect.url) else { return };
        for Problem { field, value, bound } in error.problems() {
            match place(field).and_then(|at| fields.get(at)) {
                Some(field) => self.problem(field, value, bound),
                // What could not be read is not missing.
                None if field == "urls" && has_bad_url => {}
                None => self.problem(field, value, bound),
            }
        }
    }
}

/// The URLs of a text with commas between, each with its field. One that has none is bad as a whole.
fn several(name: &str, text: &str) -> Vec<(String, String)> {
    let urls: Vec<&str> = text.split(',').map(str::trim).filter(|url| !url.is_empty()).collect();
    match urls.as_slice() {
        [] => vec![(name.to_owned(), text.to_owned())],
        [one] => vec![(name.to_owned(), (*one).to_owned())],
        urls => {
            let fields = (0..).map(|i: usize| format!("{name}[{i}]"));
            fields.zip(urls.iter().map(|url| (*url).to_owned())).collect()
        }
    }
}

/// A place in the list of URLs.
fn place(field: &str) -> Option<usize> {
    field.strip_prefix("urls[")?.strip_suffix(']')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use crate::access::Dialect;
    use crate::access::reader::tests::{problems, read};

    #[test]
    fn a_url_is_given_as_the_variable_has_it() {
        for dialect in [Dialect::LUA, Dialect::PYTHON, Dialect::JAVASCRIPT] {
            for json in [
                r#"{"url":"http://a:1, http://b:2,"}"#,
                r#"{"url":["http://a:1","http://b:2"]}"#,
                r#"{"urls":"http://a:1,http://b:2"}"#,
                r#"{"url":"http://a:1","urls":["http://b:2"]}"#,
                r#""http://a:1,http://b:2""#,
                r#"["http://a:1","http://b:2"]"#,
            ] {
                assert_eq!(
                    read(dialect, json).unwrap().urls,
                    ["http://a:1", "http://b:2"],
                    "{json}"
                );
            }
        }
    }

    #[test]
    fn a_bad_url_is_named_once_where_it_stands() {
        for (json, expected) in [
            (r#"{"url":"http://a,ftp://b"}"#, "url[1]"),
            (r#"{"url":["http://a",5]}"#, "url[1]"),
            (r#"{"url":7}"#, "url"),
            (r#"{"url":""}"#, "url"),
            (r#"{"urls":{"a":1}}"#, "urls"),
            (r#""ftp://a""#, "url"),
            (r#"{"url":"/emqx"}"#, "url"),
            (r#"{"url":"http://a","node_urls":{"a@h":"/emqx"}}"#, "node_urls[a@h]"),
            ("7", "cluster"),
            ("{}", "urls"),
        ] {
            for dialect in [Dialect::PYTHON, Dialect::LUA] {
                assert_eq!(problems(dialect, json), [expected], "{json}");
            }
        }
    }

    #[test]
    fn only_a_page_has_a_place_that_a_path_goes_on_from() {
        let json = r#"{"url":"/emqx","nodeUrls":{"a@h":"/nodes/a"}}"#;
        let access = read(Dialect::JAVASCRIPT, json).unwrap();
        assert_eq!(access.urls, ["/emqx"]);
        assert_eq!(problems(Dialect::JAVASCRIPT, r#"{"url":"//emqx"}"#), ["url"]);
    }
}
