//! Reads the text that `/metrics` answers with. It is our own: no label in it needs to be escaped.

/// Every metric with its samples, in the order of the text.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Family<'a> {
    /// Without the suffix that a sample may have.
    pub name: &'a str,
    pub kind: &'a str,
    pub help: &'a str,
    pub samples: Vec<Sample<'a>>,
}

#[derive(Debug, PartialEq)]
pub(super) struct Sample<'a> {
    /// What the name has after the family's: empty, `_total`, `_bucket`, `_sum`, `_count`.
    pub suffix: &'a str,
    pub labels: Vec<(&'a str, &'a str)>,
    pub value: f64,
}

/// Reads it; a line that is none of ours is left out.
pub(super) fn families(text: &str) -> Vec<Family<'_>> {
    let mut families: Vec<Family<'_>> = Vec::new();
    for line in text.lines() {
        if let Some(said) = line.strip_prefix("# ") {
            let mut words = said.splitn(3, ' ');
            let (Some(what), Some(name)) = (words.next(), words.next()) else { continue };
            let rest = words.next().unwrap_or_default();
            if families.last().is_none_or(|last| last.name != name) {
                families.push(Family { name, ..Family::default() });
            }
            if let Some(family) = families.last_mut() {
                match what {
                    "HELP" => family.help = rest.trim_end_matches('.'),
                    "TYPE" => family.kind = rest,
                    _ => {}
                }
            }
        } else if let Some(family) = families.last_mut() {
            family.samples.extend(sample(family.name, line));
        }
    }
    families.retain(|family| !family.kind.is_empty());
    families
}

fn sample<'a>(family: &str, line: &'a str) -> Option<Sample<'a>> {
    let (named, value) = line.rsplit_once(' ')?;
    let (name, labels) = named.split_once('{').unwrap_or((named, "}"));
    let labels = labels.strip_suffix('}')?.split("\",").filter_map(|label| {
        let (name, value) = label.split_once("=\"")?;
        Some((name, value.trim_end_matches('"')))
    });
    Some(Sample {
        suffix: name.strip_prefix(family)?,
        labels: labels.collect(),
        value: value.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let text = "# HELP amanah_up Whether it is.\n# TYPE amanah_up gauge\namanah_up 1\n\
                    # HELP amanah_n How many, how long.\n# TYPE amanah_n counter\n\
                    amanah_n_total{of=\"a\",by=\"x, y\"} 3\namanah_n_total{of=\"b\",by=\"\"} 0.5\n\
                    # TYPE amanah_t histogram\namanah_t_sum 1.5\namanah_t_bucket{le=\"+Inf\"} 2\n# EOF\n";
        let found = families(text);
        assert_eq!(found.len(), 3, "{found:?}");
        assert_eq!((found[0].kind, found[0].help), ("gauge", "Whether it is"));
        let sample = |suffix, labels, value| Sample { suffix, labels, value };
        assert_eq!(found[0].samples, [sample("", vec![], 1.0)]);
        assert_eq!(
            found[1].samples,
            [
                sample("_total", vec![("of", "a"), ("by", "x, y")], 3.0),
                sample("_total", vec![("of", "b"), ("by", "")], 0.5)
            ]
        );
        let infinite = sample("_bucket", vec![("le", "+Inf")], 2.0);
        assert_eq!(found[2].samples, [sample("_sum", vec![], 1.5), infinite]);
    }
}
