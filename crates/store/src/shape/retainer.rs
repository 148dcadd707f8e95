//! Retainers: written with almost every command, so nothing here allocates.

use domain::rows::{AutoReplenish, Retainer, RetainerTerms, RetainerType};

use super::{Columns, Read, Shape, columns};

impl Shape for Retainer {
    columns! {
        self in "retainers" as "r";
        fixed {
            id = id(&self.id),
            number = words(&self.number),
            client_id = id(&self.client),
            currency = currency(self.currency()),
            initial_amount = money(self.initial_amount),
            created_by = id(&self.created_by),
            created_at = at(self.created_at),
        }
        changing {
            kind = name(self.terms.kind.name()),
            minimum_balance = money(self.terms.minimum_balance),
            start_day = day(self.terms.start),
            end_day = day_option(self.terms.end),
            replenish_threshold = money_option(self.terms.auto_replenish.map(|ask| ask.threshold)),
            replenish_amount = money_option(self.terms.auto_replenish.map(|ask| ask.amount)),
            case_id = id_option(self.terms.case.as_ref()),
            agreement_url = words_option(self.terms.agreement_url.as_ref()),
            agreement_day = day_option(self.terms.agreement_signed),
            notes = words_option(self.terms.notes.as_ref()),
            balance = money(self.balance),
            deposits = money(self.deposits),
            consumptions = money(self.consumptions),
            refunds = money(self.refunds),
            movements = count(self.movements),
            latest_day = day(self.latest_day),
            low_balance_alerted = flag(self.low_balance_alerted),
            expiry_alerted = flag(self.expiry_alerted),
            replenish_request = id_option(self.replenish_request.as_ref()),
            refunded = flag(self.refunded),
            version = count(self.version),
            updated_at = at(self.updated_at),
        }
    }
}

impl Read for Retainer {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        let (id, number, client, currency) = (row.id()?, row.words()?, row.id()?, row.currency()?);
        Ok(Self {
            id,
            number,
            client,
            initial_amount: row.money(currency)?,
            created_by: row.id()?,
            created_at: row.at()?,
            terms: RetainerTerms {
                kind: row.name(RetainerType::from_name)?,
                minimum_balance: row.money(currency)?,
                start: row.day()?,
                end: row.day_option()?,
                auto_replenish: {
                    let threshold = row.money_option(currency)?;
                    let amount = row.money_option(currency)?;
                    let both = threshold.zip(amount);
                    both.map(|(threshold, amount)| AutoReplenish { threshold, amount })
                },
                case: row.id_option()?,
                agreement_url: row.words_option()?,
                agreement_signed: row.day_option()?,
                notes: row.words_option()?,
            },
            balance: row.money(currency)?,
            deposits: row.money(currency)?,
            consumptions: row.money(currency)?,
            refunds: row.money(currency)?,
            movements: row.count()?,
            latest_day: row.day()?,
            low_balance_alerted: row.flag()?,
            expiry_alerted: row.flag()?,
            replenish_request: row.id_option()?,
            refunded: row.flag()?,
            version: row.count()?,
            updated_at: row.at()?,
        })
    }
}
