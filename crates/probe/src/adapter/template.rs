//! `{{name}}` is replaced; `{{#name}}…{{/name}}` stands only if the name is known, `{{^name}}…{{/name}}`
//! only if it is not. Nothing else: an adapter is data.

use std::collections::BTreeMap;

/// What can be put in.
pub(super) type Vars = BTreeMap<&'static str, String>;

const NAMES: [&str; 14] = [
    "on", "amount", "to", "client", "invoice", "retainer", "field", "value", "version", "tenant",
    "token", "request", "key", "cursor",
];

/// Whether every name is known and every section closed.
pub(super) fn check(text: &str) -> Result<(), String> {
    let mut open = Vec::new();
    let mut rest = text;
    while let Some((_, tag, after)) = next(rest) {
        let (mark, name) = split(tag);
        if !NAMES.contains(&name) {
            return Err(format!("{{{{{tag}}}}} is not known; these are: {}", NAMES.join(", ")));
        }
        match mark {
            '#' | '^' => open.push(name),
            '/' if open.pop() == Some(name) => {}
            '/' => return Err(format!("{{{{/{name}}}}} closes nothing")),
            _ => {}
        }
        rest = after;
    }
    open.pop().map_or(Ok(()), |name| Err(format!("{{{{#{name}}}}} is not closed")))
}

/// The text with everything put in.
pub(super) fn render(text: &str, vars: &Vars) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, tag, after)) = next(rest) {
        out.push_str(before);
        rest = after;
        let (mark, name) = split(tag);
        let value = vars.get(name);
        let is_left_out = mark == '#' && value.is_none() || mark == '^' && value.is_some();
        if is_left_out {
            let close = format!("{{{{/{name}}}}}");
            rest = rest.split_once(&close).map_or("", |(_, after)| after);
        } else if mark == ' '
            && let Some(value) = value
        {
            out.push_str(&escaped(value));
        }
    }
    out.push_str(rest);
    out
}

fn next(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once("{{")?;
    let (tag, after) = rest.split_once("}}")?;
    Some((before, tag.trim(), after))
}

fn split(tag: &str) -> (char, &str) {
    match tag.split_at_checked(1) {
        Some((mark @ ("#" | "^" | "/"), name)) => (mark.chars().next().unwrap_or(' '), name.trim()),
        _ => (' ', tag),
    }
}

/// Safe between the quotes of a JSON text.
fn escaped(value: &str) -> String {
    let quoted = serde_json::to_string(value).unwrap_or_default();
    quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_sections_are_put_in() {
        let vars = Vars::from([("amount", "60".to_owned()), ("value", "a\"b".to_owned())]);
        let text =
            r#"{"a": {{amount}}{{#invoice}}, "i": "{{invoice}}"{{/invoice}}, "v": "{{value}}"}"#;
        assert_eq!(render(text, &vars), r#"{"a": 60, "v": "a\"b"}"#);
        let vars = Vars::from([("invoice", "i1".to_owned())]);
        assert_eq!(render("{{#invoice}}x{{/invoice}}{{^invoice}}y{{/invoice}}", &vars), "x");
    }

    #[test]
    fn mistakes_are_named() {
        assert!(check("{{amount}}{{#to}}{{to}}{{/to}}").is_ok());
        assert!(check("{{amuont}}").unwrap_err().contains("amuont"));
        assert!(check("{{#to}}").unwrap_err().contains("not closed"));
        assert!(check("{{/to}}").unwrap_err().contains("closes nothing"));
    }
}
