//! The life of a case, line by line: what is asked and what comes of it.

use crate::{
    Command, Ref, Rejection, Role,
    billing::delete_clients::DeleteClients,
    matters::{
        Standing,
        create_case::CreateCase,
        delete_case::DeleteCase,
        update_case::{CaseEdit, UpdateCase},
    },
    practice::Practice,
    reply::Shown,
    rows::{Case, Client},
};

/// Number, title, status and outcome of the case a command answered about, or the refusal's code.
fn told(shown: Result<Shown, Rejection>) -> String {
    match shown {
        Ok(Shown::Case { case, .. }) => {
            let number = case.number.as_deref().unwrap_or("-");
            let outcome = case.outcome.as_deref().unwrap_or("-");
            format!("{number} {} {} {outcome}", case.title, case.status.name())
        }
        Ok(Shown::Deleted(_)) => "deleted".into(),
        Ok(shown) => panic!("{shown:?}"),
        Err(rejection) => rejection.code().into(),
    }
}

fn check(practice: &mut Practice, lines: Vec<(Command, &str)>) {
    for (n, (command, expected)) in lines.into_iter().enumerate() {
        let asked = format!("line {}: {command:?}", n + 1);
        assert_eq!(told(practice.ask(command)), expected, "{asked}");
    }
}

fn client(n: u32) -> Ref<Client> {
    Ref::Number(format!("CLT-2026-{n:04}"))
}

fn case(number: &str) -> Ref<Case> {
    Ref::Number(number.into())
}

fn new_case(number: &str, title: &str) -> CreateCase {
    CreateCase {
        title: title.into(),
        number: Some(number.into()),
        client: Some(client(1)),
        standing: None,
        description: None,
    }
}

fn open(number: &str, title: &str) -> Command {
    new_case(number, title).into()
}

fn edit(number: &str, edit: CaseEdit) -> Command {
    UpdateCase { case: case(number), version: None, edit }.into()
}

fn stand(number: &str, standing: Standing) -> Command {
    edit(number, CaseEdit { standing: Some(standing), ..CaseEdit::default() })
}

fn close(number: &str, outcome: Option<&str>) -> Command {
    stand(number, Standing::Closed { outcome: outcome.map(str::to_owned) })
}

fn delete(number: &str) -> Command {
    DeleteCase { case: case(number) }.into()
}

fn delete_client() -> Command {
    DeleteClients { clients: vec![client(1)] }.into()
}

#[test]
fn a_case_number_is_one_cases_for_good() {
    let unnumbered = CreateCase { number: Some("  ".into()), ..new_case("", "بلا رقم") };
    check(
        &mut Practice::new(),
        vec![
            (open("12/1447", " "), "title_required"),
            (open("12/1447", "نزاع"), "12/1447 نزاع active -"),
            (open("12/1447", "غيره"), "case_number_taken"),
            (open(" 12/1447 ", "غيره"), "case_number_taken"),
            (unnumbered.clone().into(), "- بلا رقم active -"),
            (unnumbered.into(), "- بلا رقم active -"),
            (delete("12/1447"), "deleted"),
            (delete("12/1447"), "case_not_found"),
            (close("12/1447", None), "case_not_found"),
            // What was printed on papers is not given to another matter.
            (open("12/1447", "غيره"), "case_number_taken"),
        ],
    );
}

#[test]
fn a_case_gets_its_number_later_and_keeps_it() {
    let mut practice = Practice::new();
    let unnumbered = CreateCase { number: None, ..new_case("", "نزاع") };
    let Ok(Shown::Case { case, .. }) = practice.ask(unnumbered) else { panic!("refused") };
    let number = |number: &str| {
        let edit = CaseEdit { number: Some(number.into()), ..CaseEdit::default() };
        Command::from(UpdateCase { case: Ref::Id(case.id), version: None, edit })
    };
    check(
        &mut practice,
        vec![
            (open("1", "أخرى"), "1 أخرى active -"),
            (number("1"), "case_number_taken"),
            (number("2"), "2 نزاع active -"),
            (number("2"), "2 نزاع active -"),
            (number("3"), "case_number_fixed"),
            (close("2", None), "2 نزاع closed -"),
        ],
    );
}

#[test]
fn an_outcome_is_given_once() {
    check(
        &mut Practice::new(),
        vec![
            (open("1", "نزاع"), "1 نزاع active -"),
            (stand("1", Standing::OnHold), "1 نزاع on_hold -"),
            (close("1", None), "1 نزاع closed -"),
            // Closed too early: nothing was said yet of how it ended.
            (stand("1", Standing::Active), "1 نزاع active -"),
            (close("1", Some("won")), "1 نزاع closed won"),
            (close("1", Some("lost")), "case_closed"),
            (close("1", Some("won")), "case_closed"),
            (stand("1", Standing::Active), "case_closed"),
            (close("1", None), "1 نزاع closed won"),
            (
                edit("1", CaseEdit { title: Some("صلح".into()), ..CaseEdit::default() }),
                "1 صلح closed won",
            ),
            (
                edit("1", CaseEdit { title: Some("".into()), ..CaseEdit::default() }),
                "title_required",
            ),
        ],
    );
    let settled = Standing::Closed { outcome: Some("settled".into()) };
    let imported = CreateCase { standing: Some(settled), ..new_case("2", "قديمة") };
    check(
        &mut Practice::new(),
        vec![(imported.into(), "2 قديمة closed settled"), (close("2", Some("won")), "case_closed")],
    );
}

#[test]
fn an_archived_client_has_no_active_case() {
    check(
        &mut Practice::new(),
        vec![
            (open("1", "نزاع"), "1 نزاع active -"),
            (delete_client(), "client_has_active_cases"),
            (stand("1", Standing::OnHold), "1 نزاع on_hold -"),
            (delete_client(), "client_has_active_cases"),
            (close("1", None), "1 نزاع closed -"),
            (delete_client(), "deleted"),
            (open("2", "أخرى"), "client_not_found"),
            (stand("1", Standing::Active), "client_not_found"),
            (close("1", Some("won")), "1 نزاع closed won"),
        ],
    );
}

#[test]
fn an_edit_is_made_on_the_version_that_was_read() {
    let edit = |version| {
        let edit = CaseEdit { description: Some("…".into()), ..CaseEdit::default() };
        Command::from(UpdateCase { case: case("1"), version: Some(version), edit })
    };
    check(
        &mut Practice::new(),
        vec![
            (edit(0), "case_not_found"),
            (open("1", "نزاع"), "1 نزاع active -"),
            (edit(0), "1 نزاع active -"),
            (edit(0), "version_conflict"),
            (edit(1), "1 نزاع active -"),
        ],
    );
}

#[test]
fn roles_open_and_change_cases_as_they_do_clients() {
    let mut practice = Practice::new();
    practice.ask(open("1", "نزاع")).unwrap();
    let roles = [
        (Role::Partner, "2 أخرى active -", "2 أخرى closed -"),
        (Role::Lawyer, "3 أخرى active -", "3 أخرى closed -"),
        (Role::Secretary, "4 أخرى active -", "forbidden"),
        (Role::Accountant, "forbidden", "forbidden"),
        (Role::Client, "forbidden", "forbidden"),
    ];
    for (n, (role, opened, closed)) in (2..).zip(roles) {
        practice.user = 10 + n;
        practice.role = role;
        let number = n.to_string();
        check(&mut practice, vec![(open(&number, "أخرى"), opened), (close(&number, None), closed)]);
    }
}
