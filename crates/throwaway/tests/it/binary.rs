//! `throwaway -- COMMAND…`.

use std::process::{Command, Output};

/// The program, asked to run this.
pub fn throwaway(command: &[&str]) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_throwaway"));
    program.arg("--").args(command);
    program
}

fn run(command: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = throwaway(command).output().expect("it was built");
    let text = |bytes| String::from_utf8(bytes).expect("it is text");
    (status.code(), text(stdout), text(stderr))
}

#[test]
fn a_command_finds_its_database_in_the_environment() {
    let script = "psql -At \"$DATABASE_URL\" -c 'create table kept (line int)'
        psql -At -c \"select relname from pg_class where relname = 'kept'\"";
    assert_eq!(run(&["sh", "-ec", script]).1, "CREATE TABLE\nkept\n");
}

#[test]
fn it_ends_as_the_command_does_and_the_cluster_with_it() {
    let script = "psql -At -c 'show data_directory'; exit 7";
    let (code, folder, _) = run(&["sh", "-c", script]);
    assert_eq!(code, Some(7));
    assert!(folder.starts_with("/tmp/throwaway-"), "{folder}");
    assert!(!std::path::Path::new(folder.trim_end()).exists());
    assert_eq!(run(&["sh", "-c", "kill -9 $$"]).0, Some(128 + 9));
}

#[test]
fn a_command_that_is_missing_or_unknown_is_told() {
    let (code, _, error) = run(&[]);
    assert_eq!((code, error.starts_with("usage: ")), (Some(2), true), "{error}");
    let (code, _, error) = run(&["/no/such/command"]);
    assert_eq!((code, error.starts_with("can't run /no/such")), (Some(127), true), "{error}");
}
