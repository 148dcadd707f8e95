//! JUnit, for a CI's list of tests.

use std::io;

use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};

use super::{Report, headline};
use crate::attack::Result;

pub(super) fn xml(report: &Report) -> io::Result<String> {
    let mut suite = TestSuite::new(report.server.as_str());
    for cell in &report.cells {
        let status = match cell.result {
            Result::Clean => TestCaseStatus::success(),
            Result::Skipped => TestCaseStatus::skipped(),
            Result::Violation => TestCaseStatus::non_success(NonSuccessKind::Failure),
            Result::Inconclusive | Result::Error => {
                TestCaseStatus::non_success(NonSuccessKind::Error)
            }
        };
        let mut status = status;
        status.set_message(headline(cell));
        let name = format!("{} {}", cell.scenario, cell.delivery);
        let mut case = TestCase::new(name, status);
        case.set_time(std::time::Duration::from_secs_f64(cell.seconds));
        suite.add_test_case(case);
    }
    let mut all = quick_junit::Report::new("probe");
    all.add_test_suite(suite);
    all.to_string().map_err(io::Error::other)
}
