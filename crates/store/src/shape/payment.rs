//! Payments and refunds.

use domain::rows::{
    Arrival, Check, CheckState, Overpayment, Payment, PaymentMethod, PaymentStage, PaymentType,
    Refund,
};

use super::{Columns, Read, Shape, columns, json};

impl Shape for Payment {
    columns! {
        self in "payments" as "p";
        fixed {
            id = id(&self.id),
            number = words(&self.number),
            client_id = id_option(self.client.as_ref()),
            kind = name(self.kind.name()),
            currency = currency(self.amount.currency()),
            created_by = id(&self.created_by),
            created_at = at(self.created_at),
            deleted = flag(self.deleted),
        }
        changing {
            method = name(self.method.name()),
            stage = name(self.stage.name()),
            amount = money(self.amount),
            unapplied = money(self.unapplied),
            refunded = money(self.refunded),
            claims = made(json::claims(&self.claims)),
            wanted = made(json::wanted(&self.wanted)),
            invoice_id = id_option(self.invoice.as_ref()),
            retainer_id = id_option(self.retainer.as_ref()),
            fills_retainer = flag(self.fills_retainer),
            case_id = id_option(self.case.as_ref()),
            overpayment = name(self.overpayment.name()),
            gateway = words_option(self.gateway.as_ref()),
            reference = words_option(self.reference.as_ref()),
            check_state = name_option(self.check.as_ref().map(|check| check.state.name())),
            check_number = words_option(self.check.as_ref().and_then(|check| check.number.as_ref())),
            check_bank = words_option(self.check.as_ref().and_then(|check| check.bank.as_ref())),
            check_day = day_option(self.check.as_ref().and_then(|check| check.day)),
            details = words_option(self.details.as_ref()),
            notes = words_option(self.notes.as_ref()),
            failure = words_option(self.failure.as_ref()),
            day = day(self.day),
            arrived_seq = count_option(self.arrived.map(|arrival| arrival.seq)),
            arrived_at = at_option(self.arrived.map(|arrival| arrival.at)),
            reconciled_at = at_option(self.reconciled_at),
            receipt_sent = flag(self.receipt_sent),
            version = count(self.version),
            updated_at = at(self.updated_at),
            applied = money(self.applied()),
            deposited = money(self.deposited()),
            status = name(self.status().name()),
        }
    }
}

impl Read for Payment {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        let (id, number, client) = (row.id()?, row.words()?, row.id_option()?);
        let (kind, currency) = (row.name(PaymentType::from_name)?, row.currency()?);
        let payment = Self {
            id,
            number,
            client,
            kind,
            created_by: row.id()?,
            created_at: row.at()?,
            deleted: row.flag()?,
            method: row.name(PaymentMethod::from_name)?,
            stage: row.name(PaymentStage::from_name)?,
            amount: row.money(currency)?,
            unapplied: row.money(currency)?,
            refunded: row.money(currency)?,
            claims: row.json(|text| json::read_claims(text, currency))?,
            wanted: row.json(|text| json::read_wanted(text, currency))?,
            invoice: row.id_option()?,
            retainer: row.id_option()?,
            fills_retainer: row.flag()?,
            case: row.id_option()?,
            overpayment: row.name(Overpayment::from_name)?,
            gateway: row.words_option()?,
            reference: row.words_option()?,
            check: check(row)?,
            details: row.words_option()?,
            notes: row.words_option()?,
            failure: row.words_option()?,
            day: row.day()?,
            arrived: {
                let (seq, at) = (row.integer()?, row.at_option()?);
                seq.zip(at).map(|(seq, at)| Arrival { seq, at })
            },
            reconciled_at: row.at_option()?,
            receipt_sent: row.flag()?,
            version: row.count()?,
            updated_at: row.at()?,
        };
        // Kept for the constraints; the claims are what counts.
        row.repeats(payment.applied())?;
        row.repeats(payment.deposited())?;
        row.pass(1);
        Ok(payment)
    }
}

fn check<C: Columns>(row: &mut C) -> Result<Option<Check>, C::Error> {
    let state = row.name_option(CheckState::from_name)?;
    let (number, bank, day) = (row.words_option()?, row.words_option()?, row.day_option()?);
    Ok(state.map(|state| Check { state, number, bank, day }))
}

impl Shape for Refund {
    columns! {
        self in "refunds" as "f";
        fixed {
            id = id(&self.id),
            number = words(&self.number),
            payment_id = id(&self.payment),
            client_id = id(&self.client),
            currency = currency(self.amount.currency()),
            amount = money(self.amount),
            from_credit = money(self.from_credit),
            from_retainers = money(self.from_retainers),
            from_invoices = money(self.from_invoices),
            method = name(self.method.name()),
            day = day(self.day),
            created_by = id(&self.created_by),
            created_at = at(self.created_at),
        }
        changing {
            reason = words_option(self.reason.as_ref()),
            version = count(self.version),
            updated_at = at(self.updated_at),
        }
    }
}

impl Read for Refund {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        let (id, number, payment, client) = (row.id()?, row.words()?, row.id()?, row.id()?);
        let currency = row.currency()?;
        Ok(Self {
            id,
            number,
            payment,
            client,
            amount: row.money(currency)?,
            from_credit: row.money(currency)?,
            from_retainers: row.money(currency)?,
            from_invoices: row.money(currency)?,
            method: row.name(PaymentMethod::from_name)?,
            day: row.day()?,
            created_by: row.id()?,
            created_at: row.at()?,
            reason: row.words_option()?,
            version: row.count()?,
            updated_at: row.at()?,
        })
    }
}
