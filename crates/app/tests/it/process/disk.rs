//! A disk that fails to sync: what the commit came to can't be known from inside, so nobody is told
//! "failed", the program ends, and after a restart the key tells.

use std::{path::Path, process::Command};

use serde_json::json;

use super::{Process, amanah, output, url};
use crate::support::{client::Call, firm::id, tokens};

/// Every sync fails while the file named in `BREAK_SYNC` is there.
const SHIM: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
static int broken(void) {
    const char *file = getenv("BREAK_SYNC");
    return file && access(file, F_OK) == 0;
}
int fsync(int fd) {
    if (broken()) { errno = EIO; return -1; }
    return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(fd);
}
int fdatasync(int fd) {
    if (broken()) { errno = EIO; return -1; }
    return ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(fd);
}
"#;

fn shim(folder: &Path) -> std::path::PathBuf {
    let (source, library) = (folder.join("shim.c"), folder.join("shim.so"));
    std::fs::write(&source, SHIM).unwrap();
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-o"])
        .args([&library, &source])
        .arg("-ldl")
        .status()
        .expect("the C compiler that builds SQLite runs");
    assert!(built.success());
    library
}

#[tokio::test]
async fn a_commit_that_could_not_be_synced_is_unknown_and_the_key_tells() {
    let folder = tempfile::tempdir().unwrap();
    let (database, broken) = (folder.path().join("books.db"), folder.path().join("broken"));
    let mut serve = amanah(&["serve", "--database", &url(&database), "--listen", "127.0.0.1:0"]);
    serve.env("LD_PRELOAD", shim(folder.path())).env("BREAK_SYNC", &broken);
    let mut process = Process::start(serve);
    let token = tokens::token(&tokens::new_id(), &tokens::new_id(), "owner");
    let post = |path: &str, body: serde_json::Value| Call::post(path, &body).token(&token);
    let client = process.send(&post("/api/clients", json!({"fullName": "Noura"}))).await.json();
    let open = json!({"clientId": id(&client["data"]), "initialAmount": 100});
    let retainer = id(&process.send(&post("/api/retainers", open)).await.json()["data"]);
    let consume =
        post(&format!("/api/retainers/{retainer}/consume"), json!({"amount": 60})).key("k");

    std::fs::write(&broken, "").unwrap();
    let answer = process.send(&consume).await;
    assert_eq!(answer.status, 504, "{}", answer.json());
    assert_eq!(answer.json()["code"], "outcome_unknown");
    assert!(!process.ended().success(), "a server that can't know must not go on");

    std::fs::remove_file(&broken).unwrap();
    let process = Process::serve(&database);
    let answer = process.send(&consume).await;
    assert_eq!(answer.status, 200, "{}", answer.json());
    assert_eq!(answer.json()["retainer"]["currentBalance"].to_string(), "40");
    let history = Call::get(format!("/api/retainers/{retainer}/history")).token(&token);
    let movements = process.send(&history).await.json()["data"].as_array().unwrap().len();
    assert_eq!(movements, 2, "drawn once, whether or not the first commit reached the disk");
    drop(process);
    let verified = output(amanah(&["verify", "--database", &url(&database)]));
    assert_eq!(verified.status.code(), Some(0));
}
