//! Tests made of the OpenAPI document: every route, whoever adds it, meets every role, another firm's
//! ids, and bodies that are none.

use std::sync::LazyLock;

use domain::{Action, Role, actor::Reach};
use serde_json::{Value, json};

use super::ours;
use crate::support::{
    client::{self, Answer, Call},
    firm::{Firm, id},
    tokens,
};

static DOCUMENT: LazyLock<Value> = LazyLock::new(amanah::http::openapi);

/// One method of one path.
struct Operation {
    method: &'static str,
    path: String,
    action: String,
    value: &'static Value,
}

fn operations() -> Vec<Operation> {
    let mut all = Vec::new();
    for (path, methods) in DOCUMENT["paths"].as_object().unwrap() {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            let value = &methods[method.to_ascii_lowercase()];
            if let Some(action) = value["x-action"].as_str() {
                let (path, action) = (path.clone(), action.to_owned());
                all.push(Operation { method, path, action, value });
            }
        }
    }
    assert!(all.len() > 100, "only {} operations are described", all.len());
    all
}

impl Operation {
    /// The document's own example of a body; nothing where none is needed.
    fn example(&self) -> Option<Value> {
        let schema = &self.value["requestBody"]["content"]["application/json"]["schema"];
        let name = schema["$ref"].as_str()?.rsplit('/').next()?;
        let schema = &DOCUMENT["components"]["schemas"][name];
        Some(schema["examples"].get(0).cloned().unwrap_or_else(|| json!({})))
    }

    /// The path with `id` in every place that names a row.
    fn path_of(&self, id: &str) -> String {
        let named =
            |part: &str| if part.starts_with('{') { id.to_owned() } else { part.to_owned() };
        self.path.split('/').map(named).collect::<Vec<_>>().join("/")
    }

    fn names_rows(&self) -> bool {
        self.path.contains('{')
    }

    fn takes_body(&self) -> bool {
        !self.value["requestBody"].is_null()
    }

    fn call(&self, path: &str, token: &str) -> Call {
        let call = Call::new(self.method, path).token(token);
        match self.example() {
            Some(body) => call.json(&body),
            None => call,
        }
    }
}

/// The envelope of a refusal, whatever was asked.
fn assert_refused(answer: &Answer, asked: &str) {
    let body = answer.json();
    let holds = (400..500).contains(&answer.status)
        && body["success"] == false
        && ["code", "message", "messageAr", "messageEn", "requestId"]
            .iter()
            .all(|name| body[name].as_str().is_some_and(|text| !text.is_empty()));
    assert!(holds, "{asked}: {} {}", answer.status, answer.text());
}

#[tokio::test]
async fn every_route_answers_every_role_as_the_table_says() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    firm.client().await;
    let mut refused = 0;
    for operation in operations() {
        let Some(action) = Action::from_name(&operation.action) else {
            assert!(["public", "signed_in"].contains(&operation.action.as_str()));
            continue;
        };
        // Nobody has a token of the product itself.
        for role in Role::ALL.iter().filter(|role| **role != Role::System) {
            let token = firm.token_of(&tokens::new_id(), role.name());
            let path = operation.path_of(&tokens::new_id());
            // A stream has no end; one that is wrongly asked for has.
            let call = operation.call(&path, &token).header("Last-Event-ID", "x");
            let answer = ours.send(&call).await;
            let asked = format!("{} {path} as {}", operation.method, role.name());
            let is_forbidden = (answer.status, answer.code().as_str()) == (403, "forbidden");
            match role.reach(action) {
                Reach::Nothing => {
                    assert!(is_forbidden, "{asked}: {}", answer.text());
                    refused += 1;
                }
                Reach::Firm => assert!(
                    // Only a job's owner may do more with it than look.
                    !is_forbidden && answer.status < 500,
                    "{asked}: {}",
                    answer.text()
                ),
                // Some things a portal login does with its own rows; the others it may not do at all.
                Reach::Own => assert!(answer.status < 500, "{asked}: {}", answer.text()),
            }
        }
        let path = operation.path_of(&tokens::new_id());
        let nobody = Call { headers: Vec::new(), ..operation.call(&path, "") };
        let nobody = nobody.header("Content-Type", "application/json");
        assert_eq!(ours.send(&nobody).await.status, 401, "{} {path}", operation.method);
    }
    assert!(refused > 200, "only {refused} refusals were tried");
    ours.check().await;
}

#[tokio::test]
async fn who_has_left_the_firm_is_refused_everywhere() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    firm.client().await;
    let clerk = tokens::new_id();
    let token = firm.token_of(&clerk, "admin");
    firm.make(firm.put(format!("/api/members/{clerk}"), &json!({"active": false}))).await;
    let mut tried = 0;
    for operation in operations().iter().filter(|operation| operation.action != "public") {
        let path = operation.path_of(&tokens::new_id());
        let answer = ours.send(&operation.call(&path, &token)).await;
        // Of many commands each has an answer of its own.
        let body = answer.json();
        let refusal = if path == "/api/commands/bulk" { &body["data"][0] } else { &body };
        let status = refusal["status"].as_u64().unwrap_or(answer.status.into());
        let asked = format!("{} {path}: {body}", operation.method);
        assert_eq!((status, &refusal["code"]), (403, &json!("member_left")), "{asked}");
        tried += 1;
    }
    assert!(tried > 100, "only {tried} were tried");
    ours.check().await;
}

/// One row of every kind that a path or a body can name, by the name under which it is named.
async fn rows_of(firm: &Firm<'_>) -> Vec<(&'static str, String)> {
    let client = firm.client().await;
    let retainer = firm.retainer_of(&client, 100, &json!({})).await;
    let invoice = firm.invoice(&client, 100).await;
    let payment = firm.pending(&client, 10, &json!({"status": "completed"})).await;
    let refund = id(&firm.make(firm.give_back(&payment, 1)).await);
    let post = async |path: &str, body: Value| id(&firm.make(firm.post(path, &body)).await);
    let case = post("/api/cases", json!({"title": "Lease", "clientId": client})).await;
    let time = json!({"clientId": client, "minutes": 60, "hourlyRate": 100});
    let time = post("/api/time-entries", time).await;
    let expense = post("/api/expenses", json!({"clientId": client, "amount": 5})).await;
    let transaction = post("/api/transactions", json!({"type": "income", "amount": 5})).await;
    let note = format!("/api/invoices/{invoice}/convert-to-credit-note");
    let note = post(&note, json!({"amount": 1})).await;
    vec![
        ("clients", client),
        ("retainers", retainer),
        ("invoices", invoice),
        ("payments", payment),
        ("refunds", refund),
        ("cases", case),
        ("time-entries", time),
        ("expenses", expense),
        ("transactions", transaction),
        ("credit-notes", note),
    ]
}

/// What differs from answer to answer, taken out.
fn without_request_id(answer: &Answer) -> Value {
    let mut body = answer.json();
    body.as_object_mut().map(|body| body.remove("requestId"));
    body
}

#[tokio::test]
async fn another_firms_ids_are_as_if_they_were_nobodys() {
    let ours = ours().await;
    let (theirs, mine) = (Firm::new(&ours), Firm::new(&ours));
    let rows = rows_of(&theirs).await;
    rows_of(&mine).await;
    let mut tried = 0;
    for operation in operations().iter().filter(|operation| operation.names_rows()) {
        for (_, row) in &rows {
            let answers = [row, &tokens::new_id()].map(|id| operation.path_of(id));
            let [there, nowhere] = &answers;
            let there = ours.send(&operation.call(there, &mine.token)).await;
            let nowhere = ours.send(&operation.call(nowhere, &mine.token)).await;
            let asked = format!("{} {} of {row}", operation.method, operation.path);
            assert_eq!(there.status, nowhere.status, "{asked}: {}", there.text());
            // A member is whoever is set as one: there the id is the caller's own choice.
            if operation.path.starts_with("/api/members") {
                continue;
            }
            assert_eq!(without_request_id(&there), without_request_id(&nowhere), "{asked}");
            tried += 1;
        }
    }
    assert!(tried > 500, "only {tried} were tried");
    // Named in bodies and in the filters of lists, they are nobody's either.
    let one = |name: &str| rows.iter().find(|(kind, _)| *kind == name).unwrap().1.clone();
    for (field, kind) in [
        ("clientId", "clients"),
        ("invoiceId", "invoices"),
        ("caseId", "cases"),
        ("retainerId", "retainers"),
    ] {
        for operation in operations() {
            let there = |id: String| {
                let mut body = operation.example()?;
                let has = body.get(field).is_some() || operation.method == "GET";
                has.then(|| {
                    body[field] = json!(id);
                    Call::new(operation.method, operation.path_of(&tokens::new_id()))
                        .json(&body)
                        .token(&mine.token)
                })
            };
            let (Some(there), Some(nowhere)) = (there(one(kind)), there(tokens::new_id())) else {
                continue;
            };
            let (there, nowhere) = (ours.send(&there).await, ours.send(&nowhere).await);
            let asked = format!("{} {} with {field}", operation.method, operation.path);
            assert_eq!(without_request_id(&there), without_request_id(&nowhere), "{asked}");
        }
        for list in operations().iter().filter(|operation| {
            operation.method == "GET" && !operation.names_rows() && has_parameter(operation, field)
        }) {
            let asked = format!("{}?{field}={}", list.path, one(kind));
            let listed = mine.get(&asked).await;
            assert_eq!(listed["data"], json!([]), "{asked}");
            assert_eq!(listed["pagination"]["total"], 0, "{asked}");
        }
    }
    ours.check().await;
}

fn has_parameter(operation: &Operation, name: &str) -> bool {
    let parameters = operation.value["parameters"].as_array();
    parameters.into_iter().flatten().any(|parameter| parameter["name"] == name)
}

/// Bodies that are none, whatever the route.
fn malformed() -> Vec<(&'static str, Vec<u8>)> {
    let deep = |open: &str, close: &str, n: usize| {
        [
            br#"{"notes":"#.as_slice(),
            open.repeat(n).as_bytes(),
            b"1",
            close.repeat(n).as_bytes(),
            b"}",
        ]
        .concat()
    };
    vec![
        ("no JSON", b"{".to_vec()),
        ("text", b"hello".to_vec()),
        ("a list", b"[1,2]".to_vec()),
        ("a number", b"7".to_vec()),
        ("two documents", b"{} {}".to_vec()),
        ("no UTF-8", b"{\"notes\":\"\xff\xfe\"}".to_vec()),
        ("an unknown field", br#"{"unheardOf":1}"#.to_vec()),
        ("a field twice", br#"{"unheardOf":1,"unheardOf":2}"#.to_vec()),
        ("deep lists", deep("[", "]", 5_000)),
        ("deep objects", deep(r#"{"a":"#, "}", 5_000)),
        ("a half escape", b"{\"notes\":\"\\ud800\"}".to_vec()),
    ]
}

#[tokio::test]
async fn bodies_that_are_none_are_refused_by_every_route() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    firm.client().await;
    let mut tried = 0;
    for operation in operations().iter().filter(|operation| operation.takes_body()) {
        let path = operation.path_of(&tokens::new_id());
        let call = || Call::new(operation.method, &path).token(&firm.token);
        let json = || call().header("Content-Type", "application/json");
        for (what, body) in malformed() {
            let asked = format!("{} {path} with {what}", operation.method);
            assert_refused(&ours.send(&json().bytes(body)).await, &asked);
            tried += 1;
        }
        let asked = format!("{} {path}", operation.method);
        let text = call().header("Content-Type", "text/plain").bytes("{}");
        assert_eq!(ours.send(&text).await.status, 415, "{asked}");
        let huge = vec![b' '; 5 * 1_024 * 1_024];
        let huge = client::send(ours.address(), &json().bytes(huge)).await;
        // The server may close before all of it was sent.
        assert!(huge.is_err() || huge.is_ok_and(|answer| answer.status == 413), "{asked}");
        // Every field of the example, as what it is not; and said twice.
        for field in operation.example().iter().filter_map(Value::as_object).flatten() {
            let (name, value) = field;
            for wrong in [json!({"a": [1]}), json!([[]]), json!(true), json!("\u{0}\u{202e}")] {
                let mut body = operation.example().unwrap();
                body[name] = wrong.clone();
                let answer = ours.send(&call().json(&body)).await;
                // A flag may be true, and text may be strange.
                let asked = format!("{asked} with {name}: {wrong}");
                if wrong.is_object() || !answer.is_ok() {
                    assert_refused(&answer, &asked);
                }
                tried += 1;
            }
            let twice = format!(r#"{{"{name}":{value},"{name}":{value}}}"#);
            assert_refused(
                &ours.send(&json().bytes(twice)).await,
                &format!("{asked}: {name} twice"),
            );
        }
    }
    assert!(tried > 1_000, "only {tried} were tried");
    ours.check().await;
}

#[tokio::test]
async fn questions_that_are_none_are_refused_or_ignored_and_never_a_defect() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    firm.client().await;
    for operation in operations() {
        for odd in ["%00", "%FF", "..%2f", "a%20b", "%D8%B1", &"x".repeat(300)] {
            if operation.names_rows() {
                let path = operation.path_of(odd);
                let answer = ours.send(&operation.call(&path, &firm.token)).await;
                assert!(answer.status < 500, "{} {path}: {}", operation.method, answer.text());
            }
            let parameters = operation.value["parameters"].as_array();
            let names = parameters.into_iter().flatten().filter(|known| known["in"] == "query");
            for name in names.filter_map(|known| known["name"].as_str()) {
                let path = format!("{}?{name}={odd}", operation.path_of(&tokens::new_id()));
                let answer = ours.send(&operation.call(&path, &firm.token)).await;
                assert!(answer.status < 500, "{} {path}: {}", operation.method, answer.text());
            }
        }
    }
}
