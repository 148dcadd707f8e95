//! The days that a question is about, as its caller writes them.

use domain::{Day, Moment, rows::Firm};
use store::Days;

use crate::http::{error::Refusal, field::When, read::Question};

/// From the one to the other; both count, and either may be open.
pub(super) async fn between<F: Sync>(
    question: &Question<F>,
    from: &When,
    to: &When,
) -> Result<Days, Refusal> {
    Ok(Days { from: day(question, from).await?, to: day(question, to).await? })
}

/// The civil day that is meant; an instant falls on one in the firm's zone.
pub(super) async fn day<F: Sync>(
    question: &Question<F>,
    when: &When,
) -> Result<Option<Day>, Refusal> {
    Ok(match when.0 {
        None => None,
        Some(Moment::Day(day)) => Some(day),
        Some(at @ Moment::At(_)) => Some(at.day_in(&firm(question).await?.zone)),
    })
}

/// The firm of who asks; one that has not been heard of is as a new one.
pub(super) async fn firm<F: Sync>(question: &Question<F>) -> Result<Firm, Refusal> {
    let firm = question.firm();
    Ok(question.reader.firm(firm).await?.unwrap_or_else(|| Firm::new(firm)))
}
