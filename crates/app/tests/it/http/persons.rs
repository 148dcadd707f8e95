//! One person: everything that is kept about them in one piece, and nothing of it any more once they were
//! erased, while books and proofs stand.

use std::{collections::BTreeMap, path::PathBuf};

use serde_json::{Value, json};

use super::assert_refused;
use crate::support::{
    client::{Answer, Call},
    database::Database,
    firm::{Firm, id},
    log::{hex, leaf_of, root},
    receiver::Receiver,
    server::{Options, Server},
    target::Target,
    tokens,
};

/// Where rows are looked at from outside.
enum Rows {
    File(PathBuf),
    Postgres(String),
}

impl Rows {
    fn of(database: &Database) -> Self {
        match database {
            Database::File(folder) => Self::File(folder.path().join("test.db")),
            Database::Postgres { database, .. } => Self::Postgres(database.name.clone()),
        }
    }

    /// The first column of each row.
    fn ask(&self, sql: &str) -> Vec<String> {
        match self {
            Self::File(path) => {
                let database = rusqlite::Connection::open(path).unwrap();
                let mut statement = database.prepare(sql).unwrap();
                let rows = statement.query_map([], |row| row.get(0)).unwrap();
                rows.map(Result::unwrap).collect()
            }
            Self::Postgres(name) => {
                let rows = throwaway::Cluster::shared().sql(name, sql);
                rows.into_iter().map(|mut row| row.swap_remove(0)).collect()
            }
        }
    }

    fn tables(&self) -> Vec<String> {
        self.ask(match self {
            Self::File(_) => "select name from sqlite_master where type = 'table'",
            Self::Postgres(_) => "select tablename from pg_tables where schemaname = 'public'",
        })
    }

    /// The table's columns, those of bytes or all.
    fn columns(&self, table: &str, only_bytes: bool) -> Vec<String> {
        let (all, bytes) = match self {
            Self::File(_) => (
                format!("select name from pragma_table_info('{table}')"),
                " where upper(type) = 'BLOB'",
            ),
            Self::Postgres(_) => {
                let all = "select column_name from information_schema.columns where table_name = ";
                (format!("{all}'{table}'"), " and data_type = 'bytea'")
            }
        };
        self.ask(&if only_bytes { format!("{all}{bytes}") } else { all })
    }

    /// How many rows of each table hold this id in some column: whatever tables there are.
    fn naming(&self, id: &str) -> BTreeMap<String, usize> {
        let literal = match self {
            Self::File(_) => format!("x'{id}'"),
            Self::Postgres(_) => format!("'\\x{id}'::bytea"),
        };
        let mut found = BTreeMap::new();
        for table in self.tables() {
            let columns = self.columns(&table, true);
            if columns.is_empty() {
                continue;
            }
            let is = columns.iter().map(|column| format!("{column} = {literal}"));
            let is = is.collect::<Vec<_>>().join(" or ");
            let sql = format!("select cast(count(*) as text) from {table} where {is}");
            let count: usize = self.ask(&sql)[0].parse().unwrap();
            if count > 0 {
                found.insert(camel_case(&table), count);
            }
        }
        found
    }

    /// Every value of every row, in lower case: text as it is, bytes in hex.
    fn dump(&self) -> String {
        let mut dump = String::new();
        for table in self.tables() {
            for column in self.columns(&table, false) {
                let sql = match self {
                    Self::File(_) => format!(
                        "select case typeof({column}) when 'blob' then hex({column})
                         else cast({column} as text) end from {table} where {column} is not null"
                    ),
                    Self::Postgres(_) => {
                        format!("select {column}::text from {table} where {column} is not null")
                    }
                };
                let line = |value: String| format!("{table}.{column} {}\n", value.to_lowercase());
                dump.extend(self.ask(&sql).into_iter().map(line));
            }
        }
        dump
    }
}

fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap().to_owned();
    words.fold(first, |all, word| all + &word[..1].to_uppercase() + &word[1..])
}

/// Each database, with a server on it.
async fn each() -> [(Target, Rows); 2] {
    let (file, postgres) = (Database::file(), Database::postgres().await);
    let rows = [Rows::of(&file), Rows::of(&postgres)];
    let [on_file, on_postgres] = rows;
    let ours = Target::of(Server::on(file, 1, Options::default()).await);
    let others = Target::of(Server::on(postgres, 2, Options::default()).await);
    [(ours, on_file), (others, on_postgres)]
}

/// What is said about a person; every text about them has it.
struct Said {
    name: &'static str,
    phone: &'static str,
    national_id: &'static str,
}

const NOURA: Said = Said { name: "Quraishi", phone: "+966500000042", national_id: "1012345678" };
const SALIM: Said = Said { name: "Sulaiman", phone: "+966500000043", national_id: "1087654321" };

impl Said {
    /// Keys are the caller's, and stay: they are no place for a name.
    fn key(&self) -> &str {
        &self.name[..1]
    }

    fn words(&self) -> [String; 3] {
        [self.name, self.phone, self.national_id].map(str::to_lowercase)
    }

    /// The lines of `dump` that have any of it: as text, or as bytes in hex.
    fn found_in(&self, dump: &str) -> Vec<String> {
        let hexed = |word: &String| hex(word.as_bytes());
        let capital = hex(self.name.as_bytes());
        let all = self.words().into_iter().flat_map(|word| [hexed(&word), word]);
        let all = all.chain([capital]);
        let words: Vec<String> = all.collect();
        let has = |line: &&str| words.iter().any(|word| line.contains(word.as_str()));
        dump.lines().filter(has).map(str::to_owned).collect()
    }
}

/// A client with one of each of everything, all of it settled; their id and their login.
async fn everything(firm: &Firm<'_>, said: &Said) -> (String, String) {
    let (login, name) = (tokens::new_id(), said.name);
    let text = format!("{name} called");
    let keyed =
        |path: &str, body: &Value| firm.post(path, body).key(format!("{} {path}", said.key()));
    let body = json!({"fullName": format!("Noura {name}"), "email": format!("{name}@example.com"),
        "phone": said.phone, "nationalId": said.national_id, "address": text, "city": text,
        "notes": text, "userId": login});
    let client = id(&firm.make(keyed("/api/clients", &body)).await);
    let body = json!({"clientId": client, "title": format!("{name} v. bank"), "description": text,
        "caseNumber": format!("{}/1447", said.national_id.len() + name.len() * usize::from(name == "Sulaiman"))});
    let case = id(&firm.make(keyed("/api/cases", &body)).await);
    let terms = json!({"minimumBalance": 50, "notes": text});
    let retainer = firm.retainer_of(&client, 100, &terms).await;
    let body = json!({"amount": 60, "description": text});
    firm.make(keyed(&format!("/api/retainers/{retainer}/consume"), &body)).await;
    let body = json!({"clientId": client, "vatRate": 0, "notes": text,
        "items": [{"type": "flat_fee", "description": text, "unitPrice": 100}]});
    let invoice = id(&firm.make(keyed("/api/invoices", &body)).await);
    firm.make(firm.on_invoice(&invoice, "send", &json!({}))).await;
    let viewed = Call::post(format!("/api/invoices/{invoice}/viewed"), &json!({}));
    firm.make(viewed.token(&firm.token_of(&login, "client")).key(said.key())).await;
    let body = json!({"amount": 50, "paymentMethod": "cash", "notes": text});
    firm.make(firm.on_invoice(&invoice, "record-payment", &body)).await;
    let body = json!({"amount": 10, "retainerId": retainer});
    firm.make(firm.on_invoice(&invoice, "apply-retainer", &body)).await;
    let body = json!({"amount": 40, "reason": text});
    firm.make(firm.on_invoice(&invoice, "convert-to-credit-note", &body)).await;
    firm.make(firm.refund(&retainer)).await;
    let more = json!({"status": "completed", "notes": text, "transactionId": text});
    let payment = firm.pending(&client, 30, &more).await;
    let body = json!({"amount": 30, "reason": text});
    firm.make(firm.on_payment(&payment, "refund", &body)).await;
    let body = json!({"type": "income", "amount": 5, "clientId": client, "description": text});
    firm.make(firm.post("/api/transactions", &body)).await;
    let body = json!({"clientId": client, "minutes": 30, "hourlyRate": 100, "description": text});
    firm.make(firm.post("/api/time-entries", &body)).await;
    let body = json!({"clientId": client, "amount": 7, "description": text});
    let expense = id(&firm.make(firm.post("/api/expenses", &body)).await);
    firm.make(firm.delete(format!("/api/expenses/{expense}"))).await;
    firm.make(firm.put(format!("/api/cases/{case}"), &json!({"status": "closed"}))).await;
    // In the market they are whoever their token says.
    let token = tokens::token(&login, &firm.id, "lawyer");
    let job = json!({"title": "Review of a lease"});
    firm.make(Call::post("/api/jobs", &job).token(&token)).await;
    let others = tokens::token(&tokens::new_id(), &firm.id, "client");
    let job = id(&firm.make(Call::post("/api/jobs", &job).token(&others)).await);
    let offer = json!({"jobId": job, "proposedAmount": 9, "coverLetter": "I"});
    firm.make(Call::post("/api/proposals", &offer).token(&token)).await;
    (client, login)
}

fn erase(firm: &Firm<'_>, client: &str) -> Call {
    firm.post(format!("/api/clients/{client}/erase"), &json!({"reason": "asked for"}))
}

async fn export(firm: &Firm<'_>, client: &str) -> Answer {
    let call = Call::get(format!("/api/clients/{client}/export")).token(&firm.token);
    let answer = firm.target.send(&call).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer
}

#[tokio::test]
async fn everything_about_a_client_is_exported_and_nothing_of_another() {
    for (ours, rows) in each().await {
        let firm = Firm::new(&ours);
        let receiver = Receiver::start().await;
        firm.make(firm.post("/api/webhooks", &json!({"url": receiver.url()}))).await;
        let (client, login) = everything(&firm, &NOURA).await;
        let (other, others_login) = everything(&firm, &SALIM).await;
        let answer = export(&firm, &client).await;
        let exported = answer.json()["data"].clone();
        assert_eq!(exported["clientId"], json!(client));
        let tables = exported["tables"].as_object().unwrap();
        for (table, rows) in tables {
            assert!(!rows.as_array().unwrap().is_empty(), "no {table}");
        }
        let about = |id: &str| -> BTreeMap<String, usize> {
            let holds = |row: &&Value| {
                row.as_object().unwrap().values().any(|value| value.as_str() == Some(id))
            };
            let count = |rows: &Value| rows.as_array().unwrap().iter().filter(holds).count();
            let counts = tables.iter().map(|(table, rows)| (table.clone(), count(rows)));
            counts.filter(|(_, count)| *count > 0).collect()
        };
        // Whatever tables there are.
        assert_eq!(about(&client), rows.naming(&client));
        assert_eq!(about(&login), rows.naming(&login));
        assert!(rows.naming(&client).len() > 12, "{:?}", rows.naming(&client));
        let text = answer.text().to_lowercase();
        assert_eq!(SALIM.found_in(&text), Vec::<String>::new());
        assert!(!text.contains(&other) && !text.contains(&others_login));
        let row = |table: &str| tables[table][0].clone();
        assert_eq!(row("clients")["nationalId"], json!(NOURA.national_id));
        assert_eq!(row("retainers")["deposits"], json!(100));
        assert_eq!(row("movements")["day"], json!("2026-06-01T00:00:00.000Z"));
        assert_eq!(row("invoices")["lines"][0]["description"], json!("Quraishi called"));
        assert_eq!(row("expenses")["deleted"], json!(true));

        let nobody = Call::get(format!("/api/clients/{}/export", tokens::new_id()));
        let answer = ours.send(&nobody.token(&firm.token)).await;
        assert_refused(&answer, 404, "client_not_found");
        ours.check().await;
    }
}

#[tokio::test]
async fn an_erased_person_is_nowhere_and_the_books_stand() {
    for (ours, rows) in each().await {
        let firm = Firm::new(&ours);
        let (other, _) = everything(&firm, &SALIM).await;
        let (client, _) = everything(&firm, &NOURA).await;
        assert!(!NOURA.found_in(&rows.dump()).is_empty());
        let others = export(&firm, &other).await.json()["data"]["tables"].clone();
        // What an auditor was given.
        let log = async |path: &str| {
            let call = Call::get(format!("/api/audit/{path}")).token(&firm.token);
            ours.send(&call).await
        };
        let lines = async || -> Vec<Value> {
            let export = log("export").await.text();
            export.lines().skip(1).map(|line| serde_json::from_str(line).unwrap()).collect()
        };
        let before = lines().await;
        let size = before.len();
        let leaves: Vec<_> = before.iter().map(leaf_of).collect();
        let tree = hex(&root(&leaves));
        let proof = log(&format!("proof/{}", size - 1)).await.json()["data"].clone();
        let money = async || {
            let books = firm.books().await.unwrap();
            let report = firm.get("/api/reports/trial-balance").await["data"].clone();
            (books.credit(), books.held(), report)
        };
        let counted = money().await;
        let replayed = firm.post("/api/clients", &json!({"fullName": "x"}));
        let kept = format!("{} /api/clients", NOURA.key());

        let erasing = erase(&firm, &client).key("erase");
        let answer = ours.send(&erasing).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.json()["client"]["fullName"], json!("erased"));
        assert_eq!(answer.json()["client"]["notes"], json!("asked for"));
        let again = ours.send(&erasing).await;
        assert!(again.is_replayed() && again.body == answer.body, "{}", again.text());
        let again = ours.send(&erase(&firm, &client)).await;
        assert_eq!(again.json()["client"], answer.json()["client"]);

        // Not in any row, nor in a file.
        assert_eq!(NOURA.found_in(&rows.dump()), Vec::<String>::new());
        if let Rows::File(path) = &rows {
            for end in ["", "-wal"] {
                let file = PathBuf::from(format!("{}{end}", path.display()));
                let bytes = std::fs::read(file).unwrap_or_default();
                let text = String::from_utf8_lossy(&bytes).to_lowercase();
                assert_eq!(NOURA.found_in(&text), Vec::<String>::new(), "in the file{end}");
                assert!(end == "-wal" || !SALIM.found_in(&text).is_empty());
            }
        }
        // Repeating what was asked brings nothing back, under any key of theirs.
        assert_refused(&ours.send(&replayed.key(kept.clone())).await, 422, "outcome_erased");
        let key = kept.replace(' ', "%20").replace('/', "%2F");
        let asked = Call::get(format!("/api/outcomes/{key}")).token(&firm.token);
        assert_refused(&ours.send(&asked).await, 404, "outcome_erased");
        for answer in [
            ours.send(&Call::get(format!("/api/clients/{client}")).token(&firm.token)).await,
            ours.send(&firm.put(format!("/api/clients/{client}"), &json!({"name": "N"}))).await,
        ] {
            assert_refused(&answer, 404, "client_not_found");
        }
        let left = export(&firm, &client).await;
        assert_eq!(NOURA.found_in(&left.text().to_lowercase()), Vec::<String>::new());

        // Money, numbers and what others are stay.
        assert_eq!(money().await, counted);
        assert_eq!(export(&firm, &other).await.json()["data"]["tables"], others);
        assert_eq!(left.json()["data"]["tables"]["invoices"][0]["total"], json!(100));

        // The log is the one that was signed: what was given away before, and what is given now.
        let after = lines().await;
        let erased = after[..size].iter().filter(|record| record["salt"].is_null()).count();
        assert!(erased > 10 && erased < size, "{erased} of {size}");
        assert_eq!(after[..size].iter().map(leaf_of).collect::<Vec<_>>(), leaves);
        let consistency = log(&format!("consistency?from={size}")).await.json()["data"].clone();
        assert_eq!(consistency["from"]["root"], json!(tree));
        let same = log(&format!("proof/{}?size={size}", size - 1)).await.json()["data"].clone();
        assert_eq!((&same["tree"], &same["proof"]), (&proof["tree"], &proof["proof"]));
        assert_eq!(same["record"]["leaf"], proof["record"]["leaf"]);
        for record in after[..size].iter().filter(|record| record["salt"].is_null()) {
            for field in ["origin", "requestId", "fingerprint", "kept"] {
                assert!(record[field].is_null(), "{field} of {record}");
            }
        }
        ours.check().await;
    }
}

#[tokio::test]
async fn whoever_is_not_settled_or_not_asked_for_stays() {
    for (ours, _) in each().await {
        let firm = Firm::new(&ours);
        let client = firm.client().await;
        let path = format!("/api/clients/{client}/erase");
        for reason in [json!({}), json!({"reason": ""}), json!({"reason": " "})] {
            assert_refused(&ours.send(&firm.post(&path, &reason)).await, 400, "reason_required");
        }
        let retainer = firm.retainer_of(&client, 100, &json!({})).await;
        assert_refused(&ours.send(&erase(&firm, &client)).await, 400, "client_has_retainers");
        firm.make(firm.refund(&retainer)).await;
        let nobody = erase(&firm, &tokens::new_id());
        assert_refused(&ours.send(&nobody).await, 404, "client_not_found");
        // What others of a group say of the person would be kept with the answer to all.
        let name = json!({"fullName": "Quraishi"});
        let group = json!({"atomic": true, "commands": [
            {"command": "update_client", "id": client, "body": name},
            {"command": "erase_client", "id": client, "body": {"reason": "x"}},
        ]});
        let answer = ours.send(&firm.post("/api/commands/bulk", &group).key("group")).await;
        let body = assert_refused(&answer, 400, "atomic_refused");
        assert!(body.to_string().contains("not_in_group"), "{body}");
        // Each for itself they may, whatever comes before and after.
        let each = json!({"commands": [
            {"command": "update_client", "id": client, "body": name, "idempotencyKey": "a"},
            {"command": "erase_client", "id": client, "body": {"reason": "x"}},
            {"command": "update_client", "id": client, "body": name, "idempotencyKey": "a"},
        ]});
        let answer = ours.send(&firm.post("/api/commands/bulk", &each)).await.json();
        let told: Vec<_> = answer["data"].as_array().unwrap().iter().collect();
        assert_eq!(told[0]["success"], json!(true), "{answer}");
        assert_eq!(told[1]["client"]["fullName"], json!("erased"), "{answer}");
        assert_eq!(told[2]["code"], json!("outcome_erased"), "{answer}");
        ours.check().await;
    }
}
