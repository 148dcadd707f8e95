//! Prometheus' text format, as little of it as counting needs.

/// The sum of all series of the selector's name that have all of its labels; `None`: there is none.
pub(super) fn sum(text: &str, selector: &str) -> Option<u64> {
    let (name, wanted) = split(selector);
    let samples = text.lines().filter_map(sample);
    let ours = samples.filter(|(found, labels, _)| {
        *found == name && wanted.iter().all(|label| labels.contains(label))
    });
    ours.map(|(_, _, value)| value).reduce(|sum, value| sum.saturating_add(value))
}

fn sample(line: &str) -> Option<(&str, Vec<&str>, u64)> {
    // What follows a second # is an example, not the sample.
    let line = line.trim().split(" # ").next()?;
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    let end = line.rfind('}').map_or_else(|| line.find(' '), |end| Some(end + 1))?;
    let (series, rest) = line.split_at(end);
    let (name, labels) = split(series);
    Some((name, labels, count(rest.split_whitespace().next()?)?))
}

/// `name{a="b",c="d"}`: the name, and each `a="b"`. A comma between quotes is none.
fn split(series: &str) -> (&str, Vec<&str>) {
    let Some((name, labels)) = series.trim().split_once('{') else {
        return (series.trim(), Vec::new());
    };
    let mut is_quoted = false;
    let parts = labels.trim_end_matches('}').split(move |c| {
        is_quoted ^= c == '"';
        c == ',' && !is_quoted
    });
    (name, parts.map(str::trim).filter(|label| !label.is_empty()).collect())
}

/// Counters are whole, however they are written: `3`, `3.0`, `3e0`.
fn count(text: &str) -> Option<u64> {
    let value: f64 = text.parse().ok().filter(|value: &f64| value.is_finite())?;
    format!("{value:.0}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# HELP a What it is\n# TYPE a counter\n\
        a_total{of=\"x\",by=\"p,q\"} 3\na_total{of=\"y\",by=\"p,q\"} 4.0 1700000000\nb 1e1 # {x=\"1\"} 5\n";

    #[test]
    fn series_are_added_up_by_their_labels() {
        assert_eq!(sum(TEXT, "a_total"), Some(7));
        assert_eq!(sum(TEXT, "a_total{of=\"y\"}"), Some(4));
        assert_eq!(sum(TEXT, "a_total{by=\"p,q\",of=\"x\"}"), Some(3));
        assert_eq!(sum(TEXT, "b"), Some(10));
    }

    #[test]
    fn what_is_not_there_is_not_zero() {
        for absent in ["a", "c", "a_total{of=\"z\"}", "a_total{by=\"p\"}"] {
            assert_eq!(sum(TEXT, absent), None, "{absent}");
        }
        assert_eq!(sum("a NaN\na\n{}", "a"), None);
    }
}
