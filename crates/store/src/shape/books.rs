//! The firm's own books, and the work and outlays that can be billed.

use domain::rows::{
    Expense, PaymentMethod, Review, TimeEntry, Transaction, TransactionStatus, TransactionType,
};

use super::{Columns, Read, Shape, columns, searched};

impl Shape for Transaction {
    columns! {
        self in "transactions" as "t";
        fixed {
            id = id(&self.id),
            number = words(&self.number),
            created_by = id(&self.created_by),
            created_at = at(self.created_at),
            deleted = flag(self.deleted),
        }
        changing {
            kind = name(self.kind.name()),
            status = name(self.status.name()),
            currency = currency(self.amount.currency()),
            amount = money(self.amount),
            category = words_option(self.category.as_ref()),
            description = words_option(self.description.as_ref()),
            method = name_option(self.method.map(PaymentMethod::name)),
            reference = words_option(self.reference.as_ref()),
            client_id = id_option(self.client.as_ref()),
            case_id = id_option(self.case.as_ref()),
            day = day(self.day),
            reason = words_option(self.reason.as_ref()),
            version = count(self.version),
            updated_at = at(self.updated_at),
            searched_by = made(searched([
                Some(&self.number),
                self.description.as_ref(),
                self.category.as_ref(),
                self.reference.as_ref(),
            ])),
        }
    }
}

impl Read for Transaction {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        let transaction = Self {
            id: row.id()?,
            number: row.words()?,
            created_by: row.id()?,
            created_at: row.at()?,
            deleted: row.flag()?,
            kind: row.name(TransactionType::from_name)?,
            status: row.name(TransactionStatus::from_name)?,
            amount: {
                let currency = row.currency()?;
                row.money(currency)?
            },
            category: row.words_option()?,
            description: row.words_option()?,
            method: row.name_option(PaymentMethod::from_name)?,
            reference: row.words_option()?,
            client: row.id_option()?,
            case: row.id_option()?,
            day: row.day()?,
            reason: row.words_option()?,
            version: row.count()?,
            updated_at: row.at()?,
        };
        row.pass(1);
        Ok(transaction)
    }
}

impl Shape for TimeEntry {
    columns! {
        self in "time_entries" as "w";
        fixed {
            id = id(&self.id),
            created_by = id(&self.created_by),
            created_at = at(self.created_at),
            deleted = flag(self.deleted),
        }
        changing {
            client_id = id_option(self.client.as_ref()),
            case_id = id_option(self.case.as_ref()),
            day = day(self.day),
            minutes = count(self.minutes),
            currency = currency(self.amount.currency()),
            hourly_rate = money(self.hourly_rate),
            amount = money(self.amount),
            billable = flag(self.billable),
            description = words_option(self.description.as_ref()),
            review = name(self.review.name()),
            invoice_id = id_option(self.invoice.as_ref()),
            started_at = at_option(self.started_at),
            version = count(self.version),
            updated_at = at(self.updated_at),
        }
    }
}

impl Read for TimeEntry {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        let (id, created_by, created_at, deleted) = (row.id()?, row.id()?, row.at()?, row.flag()?);
        let (client, case, day, minutes) =
            (row.id_option()?, row.id_option()?, row.day()?, row.count()?);
        let currency = row.currency()?;
        Ok(Self {
            id,
            created_by,
            created_at,
            deleted,
            client,
            case,
            day,
            minutes,
            hourly_rate: row.money(currency)?,
            amount: row.money(currency)?,
            billable: row.flag()?,
            description: row.words_option()?,
            review: row.name(Review::from_name)?,
            invoice: row.id_option()?,
            started_at: row.at_option()?,
            version: row.count()?,
            updated_at: row.at()?,
        })
    }
}

impl Shape for Expense {
    columns! {
        self in "expenses" as "x";
        fixed {
            id = id(&self.id),
            created_by = id(&self.created_by),
            created_at = at(self.created_at),
            deleted = flag(self.deleted),
        }
        changing {
            client_id = id_option(self.client.as_ref()),
            case_id = id_option(self.case.as_ref()),
            day = day(self.day),
            currency = currency(self.amount.currency()),
            amount = money(self.amount),
            category = words_option(self.category.as_ref()),
            billable = flag(self.billable),
            description = words_option(self.description.as_ref()),
            review = name(self.review.name()),
            invoice_id = id_option(self.invoice.as_ref()),
            version = count(self.version),
            updated_at = at(self.updated_at),
        }
    }
}

impl Read for Expense {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        Ok(Self {
            id: row.id()?,
            created_by: row.id()?,
            created_at: row.at()?,
            deleted: row.flag()?,
            client: row.id_option()?,
            case: row.id_option()?,
            day: row.day()?,
            amount: {
                let currency = row.currency()?;
                row.money(currency)?
            },
            category: row.words_option()?,
            billable: row.flag()?,
            description: row.words_option()?,
            review: row.name(Review::from_name)?,
            invoice: row.id_option()?,
            version: row.count()?,
            updated_at: row.at()?,
        })
    }
}
