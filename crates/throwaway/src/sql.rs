//! One statement from blocking code, also inside a runtime.

use tokio_postgres::{Client, Config, Error, NoTls, SimpleQueryMessage};

/// The rows of `statements`, each value as text; null is empty.
pub fn rows(config: &Config, statements: &str) -> Result<Vec<Vec<String>>, Error> {
    // A thread of its own: a runtime can't be started inside another one.
    std::thread::scope(|scope| {
        let asked = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime can be made").block_on(ask(config, statements))
        });
        asked.join().expect("asking panics never")
    })
}

async fn ask(config: &Config, statements: &str) -> Result<Vec<Vec<String>>, Error> {
    let (client, connection) = config.connect(NoTls).await?;
    let connection = tokio::spawn(connection);
    let answer = simple(&client, statements).await;
    // Gone when we return: a database with a connection can't be a template.
    drop(client);
    let _ = connection.await;
    answer
}

async fn simple(client: &Client, statements: &str) -> Result<Vec<Vec<String>>, Error> {
    let mut rows = Vec::new();
    for message in client.simple_query(statements).await? {
        if let SimpleQueryMessage::Row(row) = message {
            rows.push((0..row.len()).map(|at| row.get(at).unwrap_or("").to_owned()).collect());
        }
    }
    Ok(rows)
}

/// A value inside a statement.
pub fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}
