//! Transfer: trust money changes its retainer and stays the client's. It is neither earned nor
//! returned, so both retainers say what it was: in their sums it counts as returned here and as
//! deposited there.

use crate::{
    actor::Action,
    book::Book,
    change::Key,
    command::Decide,
    decision::{Decision, Stop},
    id::Ref,
    ledger,
    money::Decimal,
    rejection::Rejection,
    reply::Shown,
    rows::{MovementKind, Retainer, RetainerStatus},
};

use super::{Moving, covers, move_money, shown, takes};

/// Move money from one retainer to another of the same client.
#[derive(Debug, Clone)]
pub struct TransferRetainer {
    /// The retainer it leaves.
    pub retainer: Ref<Retainer>,
    /// The retainer it goes to.
    pub to: Ref<Retainer>,
    /// How much.
    pub amount: Decimal,
    /// Free text, on both sides.
    pub description: Option<String>,
}

impl Decide for TransferRetainer {
    const NAME: &'static str = "transfer_retainer";
    const ACTION: Action = Action::ManageRetainers;
    const MOVES_MONEY: bool = true;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.push(Key::Retainer(self.retainer.clone()));
        keys.push(Key::Retainer(self.to.clone()));
    }

    fn object(&self, book: &Book) -> Option<[u8; 12]> {
        book.id_of(&self.retainer)
    }

    /// Refuses, in this order: `retainer_not_found`, `amount_…`, `same_retainer`,
    /// `retainer_client_mismatch`, `currency_mismatch`, `retainer_not_active` (the one is not active,
    /// the other neither active nor depleted), `insufficient_balance`, `amount_too_large` (more than
    /// the other can hold).
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let from = d.find(&self.retainer)?;
        let to = d.find(&self.to)?;
        let amount = self.amount.positive(from.currency())?;
        if from.id == to.id {
            return Err(Rejection::SameRetainer.into());
        }
        if from.client != to.client {
            return Err(Rejection::RetainerClientMismatch.into());
        }
        to.balance.plus(amount)?;
        if from.status(d.today) != RetainerStatus::Active
            || !matches!(to.status(d.today), RetainerStatus::Active | RetainerStatus::Depleted)
        {
            return Err(Rejection::RetainerNotActive.into());
        }
        covers(d, &from, d.today, amount)?;
        takes(&to, amount)?;

        // From here on the command succeeds.
        d.post(d.today, ledger::transfer(from.id, to.id, amount));
        let moving = |kind| Moving {
            kind,
            amount,
            day: d.today,
            description: self.description.clone(),
            invoice: None,
            payment: None,
        };
        let (out, into) = (moving(MovementKind::TransferOut), moving(MovementKind::TransferIn));
        let (from, movement) = move_money(d, Retainer::clone(&from), out)?;
        let (to, _) = move_money(d, Retainer::clone(&to), into)?;
        let mut answer = shown(d, from, Some(movement))?;
        if let Shown::Retainer { to: filled, .. } = &mut answer {
            *filled = Some(to);
        }
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Command, Currency,
        practice::{DAY_MICROS, Practice, amount, moment},
        rows::AlertKind,
        trust::{
            consume::ConsumeRetainer,
            open::{OpenRetainer, Terms},
            refund::RefundRetainer,
        },
    };

    /// Balance and status of both retainers, or the refusal's code.
    fn told(practice: &mut Practice, command: Command) -> String {
        let shown = match practice.ask(command) {
            Ok(shown) => shown,
            Err(rejection) => return rejection.code().into(),
        };
        let today = crate::Timestamp::from_micros(practice.now).day_in(&practice.book.firm.zone);
        let Shown::Retainer { retainer, to, .. } = shown else { panic!("{shown:?}") };
        let said = |row: &Retainer| format!("{} {}", row.balance, row.status(today).name());
        to.map_or(said(&retainer), |to| format!("{}, {}", said(&retainer), said(&to)))
    }

    fn check(practice: &mut Practice, lines: Vec<(Command, &str)>) {
        for (n, (command, expected)) in lines.into_iter().enumerate() {
            let asked = format!("line {}: {command:?}", n + 1);
            assert_eq!(told(practice, command), expected, "{asked}");
        }
    }

    fn retainer(n: u32) -> Ref<Retainer> {
        Ref::Number(format!("RET-2026-{n:04}"))
    }

    fn open_with(text: &str, client: u32, terms: Terms) -> OpenRetainer {
        let client = Ref::Number(format!("CLT-2026-{client:04}"));
        OpenRetainer { client, amount: amount(text), currency: None, terms }
    }

    fn open(text: &str, client: u32) -> OpenRetainer {
        open_with(text, client, Terms::default())
    }

    fn transfer(from: u32, to: u32, text: &str) -> Command {
        let (retainer, to, amount) = (retainer(from), retainer(to), amount(text));
        TransferRetainer { retainer, to, amount, description: None }.into()
    }

    fn consume(n: u32, text: &str, date: Option<&str>) -> Command {
        let (retainer, amount, date) = (retainer(n), amount(text), date.map(moment));
        ConsumeRetainer { retainer, amount, invoice: None, date, description: None }.into()
    }

    fn refund(n: u32) -> Command {
        RefundRetainer { retainer: retainer(n), amount: None, reason: None }.into()
    }

    #[test]
    fn money_changes_its_retainer_and_none_is_made_or_lost() {
        let mut practice = Practice::new();
        check(
            &mut practice,
            vec![
                (open("100", 1).into(), "100 active"),
                (open("50", 1).into(), "50 active"),
                (transfer(1, 2, "60"), "40 active, 110 active"),
                (transfer(1, 2, "40.01"), "insufficient_balance"),
                (transfer(1, 2, "0"), "amount_required"),
                // Emptied by a transfer it is not refunded: money may come back.
                (transfer(1, 2, "40"), "0 depleted, 150 active"),
                (transfer(1, 2, "1"), "retainer_not_active"),
                (transfer(2, 1, "30"), "120 active, 30 active"),
                (consume(1, "30", None), "0 depleted"),
            ],
        );
        let books = [(1101, "30"), (1102, "120"), (2130, "-120"), (4100, "-30")];
        assert_eq!(practice.books(), books.map(|(account, sum)| (account, sum.to_owned())));
        let rows = |n: u32| {
            let id = practice.book.id_of(&retainer(n)).unwrap();
            let row = practice.book.retainers.get(crate::Id::new(id)).unwrap().unwrap();
            [row.deposits, row.consumptions, row.refunds].map(|sum| sum.to_string())
        };
        assert_eq!(rows(1), ["130", "30", "100"]);
        assert_eq!(rows(2), ["150", "0", "30"]);
    }

    #[test]
    fn both_retainers_are_one_clients_and_take_part() {
        let mut practice = Practice::new();
        practice.client("سارة");
        let dollars = OpenRetainer { currency: Some(Currency::USD), ..open("10", 1) };
        let ends = Terms { end: Some(moment("2026-06-01")), ..Terms::default() };
        check(
            &mut practice,
            vec![
                (open("100", 1).into(), "100 active"),
                (open("50", 2).into(), "50 active"),
                (dollars.into(), "10 active"),
                (open("20", 1).into(), "20 active"),
                (refund(4), "0 refunded"),
                (open_with("30", 1, ends).into(), "30 active"),
                (transfer(9, 1, "5"), "retainer_not_found"),
                (transfer(1, 9, "5"), "retainer_not_found"),
                (transfer(1, 1, "5"), "same_retainer"),
                (transfer(1, 2, "5"), "retainer_client_mismatch"),
                (transfer(1, 3, "500"), "currency_mismatch"),
                (transfer(4, 1, "5"), "retainer_not_active"),
                (transfer(1, 4, "5"), "retainer_not_active"),
                (transfer(5, 1, "5"), "25 active, 105 active"),
            ],
        );
        practice.now += DAY_MICROS;
        check(
            &mut practice,
            vec![
                (transfer(5, 1, "5"), "retainer_not_active"),
                (transfer(1, 5, "5"), "retainer_not_active"),
            ],
        );
    }

    #[test]
    fn what_was_moved_away_can_not_be_drawn_on_an_earlier_day() {
        let mut practice = Practice::new();
        check(
            &mut practice,
            vec![(open("100", 1).into(), "100 active"), (open("50", 1).into(), "50 active")],
        );
        practice.now += DAY_MICROS;
        check(
            &mut practice,
            vec![
                (transfer(1, 2, "60"), "40 active, 110 active"),
                (consume(1, "41", Some("2026-06-01")), "insufficient_balance"),
                (consume(2, "51", Some("2026-06-01")), "insufficient_balance_on_date"),
                (consume(2, "50", Some("2026-06-01")), "60 active"),
            ],
        );
    }

    #[test]
    fn a_retainer_takes_no_more_than_can_be_added_up() {
        check(
            &mut Practice::new(),
            vec![
                (open("10000000000000", 1).into(), "10000000000000 active"),
                (open("1", 1).into(), "1 active"),
                (transfer(2, 1, "1"), "amount_too_large"),
            ],
        );
    }

    #[test]
    fn a_transfer_raises_the_low_balance_alert_and_takes_it_back() {
        let low = Terms { minimum_balance: Some(amount("50")), ..Terms::default() };
        let mut practice = Practice::new();
        check(
            &mut practice,
            vec![
                (open_with("100", 1, low).into(), "100 active"),
                (open("50", 1).into(), "50 active"),
                (transfer(1, 2, "50"), "50 active, 100 active"),
                (transfer(2, 1, "50"), "50 active, 100 active"),
                (transfer(1, 2, "60"), "40 active, 110 active"),
            ],
        );
        assert_eq!(practice.alerts(AlertKind::LowBalance), 2);
    }
}
