//! A violation in curl: a shell script that makes the same objects again, sends the requests that were
//! accepted side by side, and reads what is left. As near as anybody comes without the prober: what is
//! released to the microsecond here is sent as fast as a shell can.

use std::collections::BTreeMap;

use crate::{
    adapter::{Adapter, Sender},
    history::{Args, History, Op, Outcome, Phase},
    judge::Finding,
    wire::Endpoint,
};

/// What stands for a name until everything else has been quoted.
const MARK: &str = "@@";

/// The script, line by line. `jq` picks the ids.
pub fn script(
    adapter: &Adapter,
    endpoints: &[Endpoint],
    history: &History,
    findings: &[Finding],
) -> Vec<String> {
    let mut shell = Shell { adapter, endpoints, names: BTreeMap::new() };
    // Keys and names of a second try have to be others.
    let mut lines = vec!["RUN=$(date +%s)".to_owned()];
    for op in history.ops.iter().filter(|op| op.phase == Phase::Setup) {
        lines.extend(shell.made(op));
    }
    let raced = racers(history, findings);
    lines.extend(raced.iter().filter_map(|op| Some(format!("{} &", shell.curl(op)?))));
    lines.push("wait; echo".to_owned());
    for made in history.ops.iter().filter(|op| op.phase == Phase::Setup) {
        let Some(verb) = made.verb.reader() else { continue };
        let read = Op { verb, args: Args::default(), key: None, ..made.clone() };
        lines.extend(shell.curl(&read).map(|curl| format!("{curl}; echo")));
    }
    lines
}

/// Those that a finding blames, or else all that changed something: two at least.
fn racers<'a>(history: &'a History, findings: &[Finding]) -> Vec<&'a Op> {
    let changes = history.raced().filter(|op| !op.verb.is_read() && !op.verb.is_from_outside());
    let changes: Vec<&Op> = changes.filter(|op| op.outcome != Outcome::Refused).collect();
    let is_blamed = |op: &&&Op| findings.iter().any(|finding| finding.ops.contains(&op.id));
    let blamed: Vec<&Op> = changes.iter().filter(is_blamed).copied().collect();
    if blamed.len() > 1 { blamed } else { changes }
}

struct Shell<'a> {
    adapter: &'a Adapter,
    endpoints: &'a [Endpoint],
    /// The variable of each object.
    names: BTreeMap<String, String>,
}

impl Shell<'_> {
    /// A set-up step; what it makes gets a name.
    fn made(&mut self, op: &Op) -> Option<String> {
        let curl = self.curl(op)?;
        let id = op.on.as_ref().filter(|_| op.verb.is_creation());
        let place = self.adapter.ops.get(&op.verb)?.see.id.as_ref();
        let (Some(id), Some(place)) = (id, place) else { return Some(format!("{curl}; echo")) };
        let kind = op.verb.name().rsplit('_').next().unwrap_or("OBJECT").to_uppercase();
        let name = format!("{kind}_{}", self.names.len() + 1);
        self.names.insert(id.clone(), name.clone());
        Some(format!("{name}=$({curl} | jq -r '{}')", jq(place)))
    }

    fn curl(&self, op: &Op) -> Option<String> {
        let (token, request) = (self.mark(&format!("TOKEN_{}", op.tenant)), op.request.as_deref());
        let again = |text: &str| format!("{text}-{}", self.mark("RUN"));
        let (request, key) = (again(request.unwrap_or("probe")), op.key.as_deref().map(again));
        let sender =
            Sender { tenant: &op.tenant, token: &token, request: &request, key: key.as_deref() };
        let on = op.on.as_deref().filter(|_| !op.verb.is_creation());
        let on = on.map(|id| self.named(id));
        let call = self.adapter.call(op.verb, on.as_deref(), &self.args(&op.args), sender, None)?;
        let at = self.endpoints.get(op.target).or(self.endpoints.first())?;
        let scheme = if at.is_tls { "https" } else { "http" };
        let url = format!("{scheme}://{}{}{}", at.authority(), at.base, call.path);
        let mut curl = format!("curl -s -X {} {}", call.method, quoted(&url));
        for (name, value) in &call.headers {
            curl += &format!(" -H {}", quoted(&format!("{name}: {value}")));
        }
        curl += &call.body.map_or(String::new(), |body| format!(" -d {}", quoted(&body)));
        Some(curl)
    }

    fn args(&self, args: &Args) -> Args {
        let named = |id: &Option<String>| id.as_deref().map(|id| self.named(id));
        Args {
            to: named(&args.to),
            client: named(&args.client),
            invoice: named(&args.invoice),
            retainer: named(&args.retainer),
            ..args.clone()
        }
    }

    fn named(&self, id: &str) -> String {
        self.names.get(id).map_or(id.to_owned(), |name| self.mark(name))
    }

    fn mark(&self, name: &str) -> String {
        format!("{MARK}{name}{MARK}")
    }
}

/// Between double quotes; marks become variables.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for (n, part) in text.split(MARK).enumerate() {
        if n % 2 == 1 {
            out += &format!("${{{part}}}");
            continue;
        }
        for c in part.chars() {
            if matches!(c, '"' | '\\' | '$' | '`') {
                out.push('\\');
            }
            out.push(c);
        }
    }
    out + "\""
}

/// `/data/_id|/retainer/_id` as jq has it.
fn jq(pointers: &str) -> String {
    let path = |pointer: &str| {
        let parts = pointer.split('/').skip(1);
        let parts: Vec<String> = parts
            .map(|part| match part.parse::<usize>() {
                Ok(n) => format!("[{n}]"),
                Err(_) => format!("[\"{part}\"]"),
            })
            .collect();
        format!(".{}", parts.concat())
    };
    pointers.split('|').map(path).collect::<Vec<_>>().join(" // ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_would_read_is_quoted_and_names_are_variables() {
        assert_eq!(quoted("{\"a\": \"$x`\"}"), "\"{\\\"a\\\": \\\"\\$x\\`\\\"}\"");
        assert_eq!(quoted("/pay/@@PAYMENT_2@@/x"), "\"/pay/${PAYMENT_2}/x\"");
    }

    #[test]
    fn pointers_become_paths() {
        assert_eq!(jq("/data/_id"), ".[\"data\"][\"_id\"]");
        assert_eq!(jq("/rows/0/id|/id"), ".[\"rows\"][0][\"id\"] // .[\"id\"]");
    }
}
