//! Every statement that PostgreSQL is sent while random programs run names one firm, so that a cluster can
//! send it to the one node that has the firm.

use std::collections::BTreeSet;

use engine::Store as _;
use proptest::{
    strategy::{Strategy as _, ValueTree as _},
    test_runner::TestRunner,
};
use throwaway::{Cluster, Database};

use super::{FIRMS, program, run};

/// What is sent to no table of the firms: transactions, settings, and what a new server is asked.
const WITHOUT_TABLE: &[&str] = &[
    "begin",
    "commit",
    "rollback",
    "set ",
    "select current_setting(",
    "select ('x' || substr(",
    "select to_regclass('schema_migrations')",
    "select number, name, checksum from schema_migrations",
];
/// The tables are there already.
const OPENING: store::Opening = store::Opening { lane_count: 1, migrates: false };

/// A statement as the server took it, on one line, and its parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Captured {
    statement: String,
    parameters: String,
}

/// A cluster that writes down what it is sent.
struct Listening {
    cluster: Cluster,
    database: Database,
    tables: BTreeSet<String>,
}

impl Listening {
    /// A migrated database; what made it is not listened to.
    fn new() -> Self {
        let cluster = Cluster::start();
        let database = cluster.fresh_database();
        store::migrate(&database.url).unwrap();
        let tables = "select relname from pg_class where relkind = 'r'
                      and relnamespace = 'public'::regnamespace and relname <> 'schema_migrations'";
        let tables = cluster.sql(&database.name, tables).into_iter().flatten().collect();
        cluster.set("log_statement", "all");
        Self { cluster, database, tables }
    }

    /// All that a server of ours has sent so far.
    fn captured(&self) -> Vec<Captured> {
        let mut all: Vec<Captured> = Vec::new();
        let mut goes_on = None;
        let ours = format!("] amanah {} ", self.database.name);
        for line in self.cluster.log().lines() {
            if let Some(more) = line.strip_prefix('\t') {
                if let (Some(true), Some(last)) = (goes_on, all.last_mut()) {
                    last.statement = format!("{} {}", last.statement, more.trim());
                }
                continue;
            }
            goes_on = None;
            let Some((_, said)) = line.split_once(&ours) else { continue };
            let sent = said
                .strip_prefix("LOG:  ")
                .filter(|said| said.starts_with("statement: ") || said.starts_with("execute "));
            if let Some((_, statement)) = sent.and_then(|said| said.split_once(": ")) {
                let (statement, parameters) = (statement.trim().to_owned(), String::new());
                all.push(Captured { statement, parameters });
                goes_on = Some(true);
            } else if let Some(parameters) = said.strip_prefix("DETAIL:  parameters: ")
                && let Some(last) = all.last_mut()
            {
                parameters.clone_into(&mut last.parameters);
            }
        }
        all
    }

    /// The table that a statement reads or writes, and how; or what is wrong with it.
    fn judge(&self, captured: &Captured) -> Result<Option<(String, &'static str)>, String> {
        let Captured { statement, parameters } = captured;
        let words: Vec<&str> = statement
            .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.'))
            .filter(|word| !word.is_empty())
            .collect();
        let named = words.windows(2).filter(|pair| {
            ["from", "into", "update", "join"].contains(&pair[0]) && self.tables.contains(pair[1])
        });
        let named: Vec<&str> = named.map(|pair| pair[1]).collect();
        let table = match named[..] {
            [] if WITHOUT_TABLE.iter().any(|start| statement.starts_with(start)) => {
                return Ok(None);
            }
            [table] => table,
            _ => return Err(format!("{} tables: {statement}", named.len())),
        };
        let owner = if table == "firms" { "id" } else { "firm_id" };
        let (verb, names_firm) = if statement.starts_with("insert into ") {
            let firm_first = statement.starts_with(&format!("insert into {table} ({owner}, "))
                && (table == "firms" || statement.contains(") select $1, u.* from unnest("));
            ("insert", firm_first)
        } else {
            let outer = outside_brackets(statement);
            let (_, condition) = outer.split_once(" where ").unwrap_or_default();
            let condition = condition.split_once(" order by ").map_or(condition, |split| split.0);
            let first = condition.split(" and ").next().unwrap_or_default();
            let first = first.split(" for ").next().unwrap_or_default().trim();
            let owns =
                first == format!("{owner} = $1") || first.ends_with(&format!(".{owner} = $1"));
            let verb = if statement.starts_with("update ") { "update" } else { "select" };
            (verb, owns && !condition.contains(" or "))
        };
        if !names_firm {
            return Err(format!("no firm: {statement}"));
        }
        let is_of_one = FIRMS.iter().any(|firm| {
            let hex: String = firm.bytes().iter().map(|byte| format!("{byte:02x}")).collect();
            parameters.starts_with(&format!("$1 = '\\x{hex}'"))
        });
        if !is_of_one {
            return Err(format!("the first parameter is no firm: {statement}: {parameters}"));
        }
        Ok(Some((table.to_owned(), verb)))
    }
}

fn outside_brackets(text: &str) -> String {
    let mut depth = 0_usize;
    let outside = text.chars().filter(|letter| match letter {
        '(' => {
            depth += 1;
            false
        }
        ')' => {
            depth = depth.saturating_sub(1);
            false
        }
        _ => depth == 0,
    });
    outside.collect()
}

#[test]
fn every_statement_of_a_batch_names_one_firm() {
    const PROGRAMS_MAX: usize = 40;
    let listening = Listening::new();
    let mut runner = TestRunner::deterministic();
    let mut seen: BTreeSet<(String, &str)> = BTreeSet::new();
    let mut judged = 0;
    for n in 0..PROGRAMS_MAX {
        let program = program().new_tree(&mut runner).unwrap().current();
        let mut database = store::open(&listening.database.url, OPENING).unwrap();
        for settled in run(database.stores.remove(0), &program, 1 + n % 17) {
            settled.unwrap();
        }
        // The programs take the same ids: each begins on an empty database.
        let all = listening.captured();
        for captured in &all[judged..] {
            seen.extend(listening.judge(captured).unwrap_or_else(|wrong| panic!("{wrong}")));
        }
        judged = all.len();
        let tables: BTreeSet<_> = seen.iter().filter(|(_, verb)| *verb == "insert").collect();
        if tables.len() + 1 >= listening.tables.len() && n > 3 {
            break;
        }
        let truncate = listening.tables.iter().cloned().collect::<Vec<_>>().join(", ");
        listening.cluster.sql(&listening.database.name, &format!("truncate {truncate}"));
    }
    let of = |wanted: &str| -> BTreeSet<String> {
        seen.iter().filter(|(_, verb)| *verb == wanted).map(|(table, _)| table.clone()).collect()
    };
    // A node is written with every 256th record: no program is that long.
    let mut expected = listening.tables.clone();
    expected.remove("audit_nodes");
    assert_eq!(of("insert"), expected, "a table that nothing was written to");
    assert!(of("select").len() > 15 && of("update").len() > 8, "{seen:?}");
}

#[test]
fn a_statement_without_its_firm_is_found() {
    let listening = Listening::new();
    for statement in [
        "select r.balance from retainers r where r.id = $1",
        "select r.balance from retainers r where r.id = $1 and r.firm_id = r.firm_id",
        "select r.balance from retainers r where r.firm_id = $1 or r.number = 'x'",
        "select r.id from retainers r join clients c on c.id = r.client_id where r.firm_id = $1",
        "update retainers t set notes = u.id from unnest($1) u (id) where t.id = u.id",
        "insert into account_days (account, firm_id) select u.* from unnest($1) u",
        "select number from schema_migrations",
        "vacuum",
    ] {
        let parameters = format!("$1 = '\\x{}'", "01".repeat(12));
        let captured = Captured { statement: statement.to_owned(), parameters };
        listening.judge(&captured).unwrap_err();
    }
    let nobodys = Captured {
        statement: "select r.balance from retainers r where r.firm_id = $1".to_owned(),
        parameters: "$1 = '\\x6e6f626f6479'".to_owned(),
    };
    listening.judge(&nobodys).unwrap_err();

    // Also one that went all the way to the server, under a server's name.
    let before = listening.captured().len();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let url = format!("{}?application_name=amanah", listening.database.url);
        let (client, connection) =
            tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        let wrong = "select balance\n from retainers where id = $1";
        client.query(wrong, &[&FIRMS[0].bytes().as_slice()]).await.unwrap();
        let mut database = store::open(&listening.database.url, OPENING).unwrap();
        database.stores[0].begin(&FIRMS[..1]).await.unwrap();
        database.stores[0].rollback().await;
    });
    let captured = listening.captured();
    let wrong: Vec<_> = captured[before..].iter().map(|one| listening.judge(one)).collect();
    assert_eq!(wrong.iter().filter(|verdict| verdict.is_err()).count(), 1, "{wrong:?}");
    assert!(wrong.contains(&Ok(Some(("firms".to_owned(), "select")))), "{wrong:?}");
}
